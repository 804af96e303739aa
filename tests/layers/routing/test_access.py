"""Access: the best evidence first, what bars the way, settlements off the road, areas, and every settlement once."""

import barred_roads
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.roads.classes import HARD, Evidenced
from layers.roads.rules import Mode
from layers.routing.access import Asked, access
from layers.routing.barring import least_opening
from layers.routing.places import places
from layers.routing.stretches import stretches

GOOD = [Evidenced.unsurveyed, Evidenced.surveyed_no_evidence, Evidenced.verified, Evidenced.released_cleared]


def asked(roads, classes, bars, spots, ids, ground=None, points=(), **more):
    """The question, of whole edges of a class each; spots are geometries, the site first."""
    ground = ground or barred_roads.ground([10.0, 20.0, 40.0])
    pieces = []
    for k, length in enumerate(roads.length):
        kind = Evidenced.inside_hazard if bars[k] else Evidenced.inside_buffer if k in points else classes[k]
        pieces.append((k, 0.0, length, kind, bars[k], list(points).index(k) if k in points else -1))
    found, kinds = barred_roads.evidence(roads, ground, pieces, len(points))
    where = places(np.array(spots, object), found)
    judged = barred_roads.Judged(found, Mode.car, kinds, np.ones(len(pieces), bool))
    ways = stretches(judged, (roads.length / 10, roads.length / 10), (where.edge, where.along))
    return Asked(ways, ground, where, np.array(ids, object), **more)


def at(roads, node, north=0.0):
    return shapely.Point(roads.nodes[node] + [0, north])


@st.composite
def cases(draw):
    nodes = draw(st.integers(2, 6))
    # Roads between neighbours only, so that a node's own point is nearest to a road that meets it.
    edges = [(k, k + 1, draw(st.integers(1, 40))) for k in range(nodes - 1) for _ in range(draw(st.integers(1, 3)))]
    classes = [draw(st.sampled_from(GOOD)) for _ in edges]
    bars = [draw(st.lists(st.integers(0, 2), max_size=1)) for _ in edges]
    return nodes, edges, classes, bars


@settings(max_examples=80)
@given(cases())
def test_the_best_worst_class_comes_first_then_the_time(case):
    nodes, edges, classes, bars = case
    roads = barred_roads.network(nodes, edges)
    question = asked(roads, classes, bars, [at(roads, k) for k in range(nodes)], [f"S{k}" for k in range(1, nodes)])
    table = access(question)
    assert table["settlement"].tolist() == sorted(f"S{k}" for k in range(1, nodes))
    # On a line of nodes the best way takes the best roads of each step.
    steps = [[k for k, e in enumerate(edges) if e[0] == a and not bars[k]] for a in range(nodes - 1)]
    for row in table.itertuples():
        upto = int(row.settlement[1:])
        if not all(steps[:upto]):
            assert not row.reached
            assert (row.reason, row.verdict) == ("ONLY_THROUGH_HAZARD", "no_go")
            found = least_opening(question.ways, question.ground, [0], [upto])
            assert row.hazards == ";".join(found.ids)
            assert (row.m2, row.proven) == (found.m2, True)
            continue
        worst = min(max(classes[k] for k in step) for step in steps[:upto])
        metres = sum(min(edges[k][2] for k in step if classes[k] >= worst) for step in steps[:upto])
        assert row.reached
        assert Evidenced[row.worst] == worst
        assert row.metres == pytest.approx(metres)
        assert row.seconds == pytest.approx(metres / 10)
        kinds = [kind.name for kind in Evidenced if kind > HARD]
        assert sum(getattr(row, kind) for kind in kinds) == pytest.approx(row.metres)
        assert (row.verdict == "insufficient_information") == (row.unsurveyed > 0)


def line(classes=(Evidenced.verified,)):
    return barred_roads.network(2, [(0, 1, 860.0)]), list(classes)


def test_off_the_road_counts_as_unsurveyed_and_too_far_has_no_road():
    roads, classes = line()
    middle = shapely.Point(46.005, 39.501)
    far = shapely.Point(46.005, 39.51)
    table = access(asked(roads, classes, [[]], [at(roads, 0), middle, far], ["B", "A"]))
    assert table["settlement"].tolist() == ["A", "B"]
    a, b = table.to_dict("records")
    assert (a["reached"], a["reason"]) == (False, "NO_ROAD")
    assert a["road_m"] == pytest.approx(1110, rel=0.01)
    assert b["road_m"] == pytest.approx(111, rel=0.01)
    assert b["verified"] == pytest.approx(430, rel=0.01)
    assert b["unsurveyed"] == pytest.approx(b["road_m"])
    assert (b["worst"], b["verdict"]) == ("unsurveyed", "insufficient_information")


def test_a_hazard_between_the_settlement_and_its_road_bars_it():
    roads, classes = line()
    ground = barred_roads.ground([10.0])
    ground.polygons[0] = shapely.box(46.0048, 39.5013, 46.0052, 39.5016)  # across the line to the road, off the road
    house = shapely.Point(46.005, 39.502)
    row = access(asked(roads, classes, [[]], [at(roads, 0), house], ["A"], ground)).iloc[0]
    assert (row["reached"], row["reason"], row["hazards"], row["m2"]) == (False, "ONLY_THROUGH_HAZARD", "H0", 10.0)


def test_an_area_that_the_road_runs_through_is_met_there():
    roads, classes = line()
    village = shapely.box(46.004, 39.49, 46.006, 39.502)
    row = access(asked(roads, classes, [[]], [at(roads, 0), village], ["A"])).iloc[0]
    assert (row["reached"], row["road_m"], row["worst"]) == (True, 0.0, "verified")
    assert 340 < row["metres"] < 520


def test_a_point_in_the_way_is_named_and_costs_no_ground():
    roads, classes = line()
    row = access(asked(roads, classes, [[]], [at(roads, 0), at(roads, 1)], ["A"], points=[0])).iloc[0]
    assert (row["reason"], row["hazards"], row["m2"], row["points"]) == ("ONLY_THROUGH_HAZARD", "", 0.0, "0")


def test_bad_questions_are_refused():
    roads, classes = line()
    with pytest.raises(ValueError, match=r"the site is .* m from the nearest road"):
        access(asked(roads, classes, [[]], [shapely.Point(46, 39.6), at(roads, 1)], ["A"]))
    with pytest.raises(ValueError, match="places must be the site"):
        access(asked(roads, classes, [[]], [at(roads, 0), at(roads, 1)], ["A", "B"]))
    found, _ = barred_roads.evidence(roads, barred_roads.ground([1.0]), [(0, 0.0, 860.0, 3, [], -1)])
    for bad in (None, shapely.Point(), shapely.Point(np.nan, 1)):
        with pytest.raises(ValueError, match="place 1 has no geometry"):
            places(np.array([at(roads, 0), bad], object), found)


def test_places_agree_with_an_independent_projection():
    rng = np.random.default_rng(2)
    xy = np.column_stack([46 + rng.uniform(0, 0.05, 40), 39.5 + rng.uniform(0, 0.05, 40)])
    roads = barred_roads.network(40, [(k, k + 1) for k in range(39)])
    # The same edges, bent onto scattered nodes, measured in a projection.
    lines = gpd.GeoSeries([shapely.LineString(xy[k : k + 2]) for k in range(39)], crs=4326).to_crs(32638)
    metres = lines.length.to_numpy()
    object.__setattr__(roads, "nodes", xy)
    object.__setattr__(roads, "lonlat", np.stack([xy[:-1], xy[1:]], axis=1).reshape(-1, 2))
    object.__setattr__(roads, "along", np.column_stack([np.zeros(39), metres]).ravel())
    found, _ = barred_roads.evidence(
        roads, barred_roads.ground([1.0]), [(k, 0.0, metres[k], 3, [], -1) for k in range(39)]
    )
    spots = gpd.GeoSeries(shapely.points(rng.uniform([46, 39.5], [46.05, 39.55], (60, 2))), crs=4326)
    where = places(spots.to_numpy(), found)
    flat = spots.to_crs(32638)
    for k, spot in enumerate(flat):
        distances = lines.distance(spot)
        assert where.distance[k] == pytest.approx(distances.min(), rel=0.005, abs=0.5)
        own = lines.iloc[int(where.edge[k])]
        assert own.distance(spot) == pytest.approx(distances.min(), rel=0.005, abs=0.5)
        assert own.interpolate(where.along[k]).distance(spot) == pytest.approx(distances.min(), rel=0.005, abs=1)
