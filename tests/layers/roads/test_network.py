"""The road network: what meets, what does not, and what must not change it."""

import dataclasses
import itertools

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod
from roads.road_cases import ORIGIN, STEP, at, roads, same, skeleton

from layers.roads.network import MODE_BITS, build
from layers.roads.pieces import pieces
from layers.roads.rules import Mode

M = 1 / 11.1
"""About a metre, in steps of the grid."""
FIELDS = ("nodes", "tail", "head", "road", "first", "lonlat", "along", "forward", "backward", "allowed", "key")

places = st.tuples(st.integers(0, 4), st.integers(0, 4))
lines = st.lists(places, min_size=2, max_size=6).filter(lambda line: all(a != b for a, b in itertools.pairwise(line)))
many = st.lists(lines, min_size=1, max_size=6).map(lambda some: {f"R{k}": line for k, line in enumerate(some)})


def run_over_each_other(some):
    """Whether two pieces of road share more than a place: then more vertices say that they meet."""
    pieces_of = np.array([shapely.LineString(pair) for line in some.values() for pair in itertools.pairwise(line)])
    a, b = np.triu_indices(len(pieces_of), 1)
    return bool((shapely.length(shapely.intersection(pieces_of[a], pieces_of[b])) > 0).any())


@given(many, st.randoms())
def test_the_order_of_the_records_changes_nothing(some, chance):
    names = list(some)
    chance.shuffle(names)
    one, other = build(roads(some)), build(roads({name: some[name] for name in names}))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.joined == other.joined


@given(many, st.data())
def test_more_vertices_on_a_line_change_nothing(some, data):
    assume(not run_over_each_other(some))
    dense = {}
    for name, line in some.items():
        points = np.array(at(*line))
        # No crossing of the grid's lines lies at these shares of a segment.
        share = data.draw(st.sampled_from([0.371, 0.613, 0.137]))
        between = points[:-1] + share * np.diff(points, axis=0)
        dense[name] = shapely.LineString(np.insert(points, np.arange(1, len(points)), between, axis=0))
    assert same(skeleton(build(roads(some))), skeleton(build(roads(dense))))


@given(many, st.data())
def test_a_road_split_where_no_other_passes_changes_nothing(some, data):
    name = data.draw(st.sampled_from(sorted(some)))
    assume(len(some[name]) > 2 and not run_over_each_other(some))
    cut = data.draw(st.integers(1, len(some[name]) - 2))
    # An end that lies on another road belongs to it: a split there says that they meet.
    place = shapely.Point(at(some[name][cut])[0])
    pieces_of = [(one, a, b) for one, line in some.items() for a, b in zip(at(*line), at(*line[1:]), strict=False)]
    own = at(*some[name])
    for one, a, b in pieces_of:
        next_to_it = one == name and (own[cut] in {a, b})
        assume(next_to_it or shapely.distance(shapely.LineString([a, b]), place) > 2e-5)
    split = {one: line for one, line in some.items() if one != name}
    split[f"{name}a"], split[f"{name}b"] = some[name][: cut + 1], some[name][cut:]
    assert same(skeleton(build(roads(some))), skeleton(build(roads(split))))


@given(many)
def test_edges_fill_the_roads_and_run_between_nodes(some):
    records = roads(some)
    network = build(records)
    whole = Geod(ellps="WGS84")
    lengths = {one: whole.geometry_length(line) for one, line in zip(records["id"], records.geometry, strict=True)}
    found = np.bincount(network.road, weights=network.length, minlength=len(records))
    np.testing.assert_allclose(found, [lengths[one] for one in network.roads["id"]], rtol=1e-9)
    begin, end = network.lonlat[network.first[:-1]], network.lonlat[network.first[1:] - 1]
    np.testing.assert_allclose(network.nodes[network.tail], begin, atol=1e-9)
    np.testing.assert_allclose(network.nodes[network.head], end, atol=1e-9)
    assert (network.along[network.first[:-1]] == 0).all()
    inside = np.ones(len(network.along) - 1, dtype=bool)
    inside[network.first[1:-1] - 1] = False
    assert (np.diff(network.along)[inside] > 0).all()


@pytest.mark.parametrize(
    ("lines", "count", "ends", "edges"),
    [
        ({"A": [(0, 0), (4, 0)], "B": [(2, 0.5 * M), (2, 4)]}, 1, 1, 3),  # half a metre short: joined, the other split
        ({"A": [(0, 0), (4, 0)], "B": [(2, 1.5 * M), (2, 4)]}, 2, 0, 2),  # a metre and a half short: not joined
        ({"A": [(0, 2), (4, 2)], "B": [(2, 0), (2, 4)]}, 2, 0, 2),  # a bridge
        ({"A": [(0, 2), (2, 2), (4, 2)], "B": [(2, 0), (2, 2), (2, 4)]}, 1, 0, 4),  # a crossing with a common vertex
        ({"A": [(0, 0), (2, 0)], "B": [(2, 0.5 * M), (4, 3)], "C": [(2 + 0.5 * M, 0), (4, -3)]}, 1, 3, 3),
        # Two roads that meet half a metre off a third: both belong to it.
        ({"A": [(0, 0), (4, 0)], "B": [(2, 0.5 * M), (0, 3)], "C": [(2, 0.5 * M), (4, 3)]}, 1, 1, 4),
        # Two ends near each other and near a third road: each finds it.
        ({"A": [(0, 0), (4, 0)], "B": [(2, 0.3 * M), (0, 3)], "C": [(2, 0.4 * M), (4, 3)]}, 1, 2, None),
        # The end of a road on its own line.
        ({"A": [(0, 0), (4, 0), (4, 3), (2, 3), (2, 0)]}, 1, 1, 2),
        ({"A": [(0, 0), (4, 0), (4, 4), (0, 0)]}, 1, 0, 1),  # a ring
        ({"A": [(0, 0), (0, 0), (4, 0)]}, 1, 0, 1),  # a repeated vertex
    ],
)  # fmt: skip
def test_ends_near_a_road_belong_to_it(lines, count, ends, edges):
    network = build(roads(lines))
    assert (pieces(network).count, network.joined.ends) == (count, ends)
    assert edges is None or len(network) == edges
    assert network.joined.farthest_m <= network.joined.tolerance_m


def test_the_distance_of_a_join_and_loose_ends_are_reported():
    network = build(roads({"A": [(0, 0), (4, 0)], "B": [(2, 0.5 * M), (2, 4)], "C": [(3, M * 15), (3, 9)]}))
    # B is joined. C begins 15 m off A; an end of A lies 17 m off C, and one of B 9 m.
    assert network.joined.farthest_m == pytest.approx(0.5 * M * STEP * 111_030, rel=1e-2)
    assert network.joined.loose == 3
    assert build(network.roads, tolerance_m=18.0).joined.loose == 0


def test_a_spur_beside_its_own_road_is_not_loose():
    assert build(roads({"A": [(0, 0), (2, 0), (4, 0)], "B": [(2, 0), (2, 1)]})).joined.loose == 0


def test_openstreetmap_joins_by_its_nodes_alone():
    extra = [{"osm_nodes": [1, 2, 3]}, {"osm_nodes": [4, 2, 5]}, {"osm_nodes": [6, 7, 8]}, {"osm_nodes": [9, 10]}]
    lines = {"osm-way-1": [(0, 2), (2, 2), (4, 2)], "osm-way-2": [(2, 0), (2, 2), (2, 4)],
             "osm-way-3": [(1, 0), (2, 2), (3, 4)], "osm-way-4": [(1, 2), (0, 4)]}  # fmt: skip
    network = build(roads(lines, extra=extra))
    # 3 lies on the node of 1 and 2 with a node of its own, and 4 ends on the line of 1 without a node there: bridges.
    assert pieces(network).count == 3
    assert len(network) == 4 + 1 + 1
    # A road of the programme's own does meet them where it ends.
    with_own = build(roads(lines | {"own": [(1, 2), (1, 6)]}, extra=[*extra, None]))
    assert pieces(with_own).count == 2


def test_two_nodes_of_a_way_at_one_place_are_one_place():
    lines = {
        "osm-way-1": [(0, 0), (2, 0), (2, 0), (4, 0)],
        "osm-way-2": [(2, 0), (2, 4)],
        "osm-way-3": [(2, 0), (2, -4)],
    }
    nodes = [{"osm_nodes": [1, 2, 3, 4]}, {"osm_nodes": [3, 5]}, {"osm_nodes": [2, 6]}]
    network = build(roads(lines, extra=nodes))
    assert (pieces(network).count, len(network), network.length.min() > 1) == (1, 4, True)


def test_a_road_moved_here_is_joined_by_where_it_lies():
    extra = [{"osm_nodes": [1, 2]}, {"osm_nodes": [2, 3]}]
    ends_apart = {"osm-way-1": [(0, 0), (2, 0)], "osm-way-2": [(2, 3), (4, 3)]}
    assert pieces(build(roads(ends_apart, extra=extra))).count == 2
    ends_near = {"osm-way-1": [(0, 0), (2, 0)], "osm-way-2": [(2, 0.5 * M), (4, 3)]}
    network = build(roads(ends_near, extra=extra))
    assert (pieces(network).count, network.joined.ends) == (1, 2)
    wrong = build(roads(ends_near, extra=[{"osm_nodes": [1]}, {"osm_nodes": [2, 3, 4]}]))
    assert pieces(wrong).count == 1


def test_a_multi_line_is_all_its_parts_and_nothing_is_left_of_an_empty_one():
    both = shapely.MultiLineString([at((0, 0), (2, 0)), at((3, 0), (4, 0))])
    network = build(roads({"A": both, "B": shapely.LineString(), "C": shapely.LineString(at((0, 0), (0, 0)))}))
    assert (len(network), pieces(network).count, network.of_road("id").tolist()) == (2, 2, ["A", "A"])
    assert len(build(roads({}))) == 0
    assert pieces(build(roads({}))).largest_share == 1.0


def test_a_key_names_an_edge_until_its_road_or_its_ground_changes():
    lines = {"A": [(0, 0), (2, 0), (4, 0)], "B": [(2, 0), (2, 4)], "C": [(9, 9), (9, 4)]}
    before = build(roads(lines))
    assert len(set(before.key.tolist())) == len(before) == 4
    status = build(roads(lines, eo_status=["not_assessed", "closed", "not_assessed"]))
    assert [a == b for a, b in zip(before.key, status.key, strict=True)] == [True, True, False, True]
    moved = build(roads(lines | {"C": [(9, 9), (9, 3)], "D": [(4, 0), (4, 4)]}))
    kept = dict(zip(moved.key.tolist(), moved.of_road("id").tolist(), strict=True))
    assert [kept.get(key) for key in before.key.tolist()] == ["A", "A", "B", None]
    # A cut elsewhere on a road leaves its other edges their keys.
    cut = build(roads(lines | {"E": [(3, 0), (3, -3)]}))
    assert set(before.key.tolist()) - set(cut.key.tolist()) == {before.key[1]}


@pytest.mark.parametrize(
    ("kind", "extra", "modes"),
    [
        ("primary", {}, "convoy car bus foot"),
        ("Primary", None, "convoy car bus foot"),
        ("motorway", {}, "convoy car bus"),
        ("path", {"motor_vehicle": "yes"}, "foot"),
        ("steps", {}, "foot"),
        ("pedestrian", {"foot": "no"}, ""),
        ("track", {"tracktype": "grade2"}, "convoy car bus foot"),
        ("track", {"tracktype": "grade3"}, "convoy car foot"),
        ("track", {}, "convoy car foot"),
        ("track", {"tracktype": "grade4"}, "car foot"),
        ("service", {"access": "private"}, ""),
        ("service", {"access": "private", "motor_vehicle": "yes"}, "convoy car bus"),
        ("residential", {"motor_vehicle": "no", "bus": "yes"}, "bus foot"),
        ("residential", {"hgv": "no"}, "car bus foot"),
        ("primary", {"foot": "no"}, "convoy car bus"),
        ("track", {"tracktype": "grade1", "smoothness": "impassable"}, "foot"),
        ("busway", {}, "bus"),
        ("a road of our own words", {}, "convoy car bus foot"),
        (None, {}, "convoy car bus foot"),
    ],
)  # fmt: skip
def test_who_may_use_a_road(kind, extra, modes):
    network = build(roads({"A": [(0, 0), (4, 0)]}, **{"class": kind, "extra": [extra]}))
    assert " ".join(mode for mode in Mode if network.allowed[0] & MODE_BITS[mode]) == modes


@pytest.mark.parametrize(
    ("oneway", "tag", "both"),
    [(False, None, (True, True)), (True, None, (True, False)), (False, "reversible", (False, False))],
)
def test_which_way_vehicles_may_go(oneway, tag, both):
    network = build(roads({"A": [(0, 0), (4, 0)]}, oneway=oneway, extra=[{"oneway": tag}]))
    assert (bool(network.forward[0]), bool(network.backward[0])) == both


def test_extra_may_be_json_text_as_files_keep_it():
    lines = {"A": [(0, 0), (2, 0)], "B": [(2, 0), (4, 0)]}
    network = build(roads(lines, extra=['{"access": "no"}', None]))
    assert network.allowed.tolist() == [0, 15]


@pytest.mark.parametrize(
    "extra",
    ["no JSON", 7, {"osm_nodes": ["a", "b"]}, {"osm_nodes": [1.5, 2.5]}, {"osm_nodes": [10**30, 2]}, {"osm_nodes": "1;2"},
     {"tunnel": None, "bridge": 1, "maxspeed": [50], "access": {"no": "no"}}],
)  # fmt: skip
def test_columns_of_strangers_mislead_nobody(extra):
    lines = {"A": [(0, 0), (2, 0)], "B": [(2, 0), (4, 0)]}
    network = build(roads(lines, extra=[extra, None]), height=lambda xy: xy[:, 0])
    assert pieces(network).count == 1
    assert network.allowed.tolist() == [15, 15]
    assert network.height[0] == pytest.approx(ORIGIN[0])


@given(many, st.randoms())
def test_no_dead_end_is_left_beside_a_road(some, chance):
    """Brute force over roads that nobody drew to the last digit: ends up to 0.9 m off the grid."""
    near = {
        name: [tuple(one + chance.uniform(-0.9, 0.9) * M * 0.7 for one in place) for place in line]
        for name, line in some.items()
    }
    network = build(roads(near))
    scale = [85_800, 111_030]  # metres per degree here
    flat = [shapely.LineString(np.array(line.coords) * scale) for line in network.roads.geometry]
    degree = np.bincount(np.r_[network.tail, network.head], minlength=len(network.nodes))
    for edge in range(len(network)):
        for node in {int(network.tail[edge]), int(network.head[edge])}:
            if degree[node] == 1:
                gaps = shapely.distance(shapely.Point(network.nodes[node] * scale), flat)
                assert (np.delete(gaps, network.road[edge]) > 0.98).all()
    for a, b in itertools.combinations(range(len(network)), 2):
        for p in (network.tail[a], network.head[a]):
            for q in (network.tail[b], network.head[b]):
                ends = degree[p] == degree[q] == 1
                assert not ends or np.hypot(*((network.nodes[p] - network.nodes[q]) * scale)) > 0.98


def test_heights_are_those_of_the_vertices_and_straight_in_a_tunnel():
    def height(lonlat):
        return (lonlat[:, 0] - ORIGIN[0]) / STEP * 10 + np.where(lonlat[:, 0] == at((1, 0))[0][0], 500, 0)

    lines = {"A": [(0, 0), (1, 0), (2, 0)], "B": [(0, 3), (1, 3), (2, 3)]}
    network = build(roads(lines, extra=[{"tunnel": "yes"}, {"tunnel": "no"}]), height=height)
    # The bump of 500 m, a line of 8.6 m to either side up and down, is 250 m on average; a tunnel passes under it.
    np.testing.assert_allclose(network.height, [0, 10, 20, 0, 260, 20], atol=0.1)
    assert np.isnan(build(roads(lines)).height).all()


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.4))
def test_heights_are_means_along_the_road(seed, unknown):
    """Against the mean of many heights between the vertices, taken one vertex after the other."""
    rng = np.random.default_rng(seed)
    line = np.column_stack([np.cumsum(rng.uniform(0.2, 9, 12)), rng.uniform(0, 1, 12)])
    raw = rng.uniform(500, 900, 24)
    raw[rng.random(24) < unknown] = np.nan
    network = build(
        roads({"A": line.tolist(), "B": (line + np.array([0, 90])).tolist()}), height=lambda xy: raw[: len(xy)]
    )
    for k in range(2):
        along, ground = network.along[12 * k : 12 * k + 12], raw[12 * k : 12 * k + 12]
        for vertex in range(12):
            half = min(100.0, along[vertex], along[-1] - along[vertex])
            some = along[vertex] + half * (2 * (np.arange(20_000) + 0.5) / 20_000 - 1)
            expected = np.interp(some, along, ground) if half else ground[[vertex]]
            found = network.height[12 * k + vertex]
            if np.isnan(ground[vertex]):
                assert np.isnan(found)
            elif not np.isnan(expected).all():
                assert found == pytest.approx(np.nanmean(expected), abs=0.5)
            else:
                assert found == ground[vertex]


def test_an_even_slope_stays_what_it_is():
    lines = {"A": [(0, 0), (1, 1), (7, 2), (30, 3), (31, 3), (60, 9)]}
    slope = build(roads(lines), height=lambda xy: 700 + (xy[:, 0] - ORIGIN[0]) / STEP)
    flat = build(roads(lines), height=lambda xy: np.full(len(xy), 700.0))
    np.testing.assert_allclose(flat.height, 700)
    begin, end = slope.height[[0, -1]]
    assert (begin, end) == (pytest.approx(700), pytest.approx(760))
    assert (np.diff(slope.height) > 0).all()


def test_what_is_no_road_network_is_refused():
    twice = roads({"A": [(0, 0), (2, 0)]})
    with pytest.raises(ValueError, match="one version of each road"):
        build(twice.loc[[0, 0]])
    with pytest.raises(ValueError, match="EPSG:4326"):
        build(twice.set_crs(32638, allow_override=True))


def test_a_network_is_a_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        build(roads({})).tail = None
