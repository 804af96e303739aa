"""Many to many: times of an independent search, the evidence of the way found, and why there is none."""

import itertools

import barred_roads
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.roads.classes import Evidenced
from layers.roads.rules import Mode
from layers.routing.matrix import matrix
from layers.routing.stretches import stretches

CLASSES = [Evidenced.inside_hazard, Evidenced.unsurveyed, Evidenced.verified, Evidenced.released_cleared]


@st.composite
def cases(draw):
    nodes = draw(st.integers(2, 6))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda e: e[0] != e[1])
    edges = draw(st.lists(st.tuples(ends, st.integers(1, 40)).map(lambda e: (*e[0], e[1])), min_size=1, max_size=12))
    classes = [draw(st.sampled_from(CLASSES)) for _ in edges]
    oneway = draw(st.sets(st.integers(0, len(edges) - 1), max_size=3))
    return nodes, edges, classes, oneway


def built(nodes, edges, classes, oneway):
    roads = barred_roads.network(nodes, edges)
    ground = barred_roads.ground([10.0])
    pieces = [
        (k, 0.0, e[2], c, [0] if c == Evidenced.inside_hazard else [], -1)
        for k, (e, c) in enumerate(zip(edges, classes, strict=True))
    ]
    found, kinds = barred_roads.evidence(roads, ground, pieces)
    forward = roads.length / 10
    backward = np.where(np.isin(np.arange(len(edges)), list(oneway)), np.inf, forward)
    judged = barred_roads.Judged(found, Mode.car, kinds, np.ones(len(edges), bool))
    return stretches(judged, (forward, backward))


def fastest(nodes, edges, classes, oneway, worst):
    """Times between all nodes over edges of at least a class, by relaxing until nothing changes."""
    times = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(times, 0)
    for k, (a, b, metres) in enumerate(edges):
        if classes[k] >= worst:
            times[a, b] = min(times[a, b], metres / 10)
            if k not in oneway:
                times[b, a] = min(times[b, a], metres / 10)
    for k, i, j in itertools.product(range(nodes), repeat=3):
        times[i, j] = min(times[i, j], times[i, k] + times[k, j])
    return times


@settings(max_examples=150)
@given(cases())
def test_matrix_is_the_fastest_of_all(case):
    nodes, edges, classes, oneway = case
    table = matrix(built(*case), range(nodes), range(nodes))
    times = fastest(nodes, edges, classes, oneway, Evidenced.unsurveyed)
    surveyed = fastest(nodes, edges, classes, oneway, Evidenced.surveyed_no_evidence)
    any_road = fastest(nodes, edges, classes, oneway, Evidenced.inside_hazard)
    for row in table.itertuples():
        a, b = row.origin, row.destination
        wanted = times[a, b]
        assert row.seconds == pytest.approx(wanted) if np.isfinite(wanted) else np.isnan(row.seconds)
        assert np.isnan(row.surveyed_seconds) == np.isinf(surveyed[a, b])
        if np.isfinite(wanted):
            assert row.reason == ""
            assert row.metres == pytest.approx(wanted * 10)
            assert row.verdict == ("insufficient_information" if row.worst == "unsurveyed" else "go_with_conditions")
            # Never reported as surveyed where every fastest way has an unsurveyed metre.
            if wanted < surveyed[a, b]:
                assert row.verdict == "insufficient_information"
        else:
            assert row.verdict == "no_go"
            assert row.reason == ("ONLY_THROUGH_HAZARD" if np.isfinite(any_road[a, b]) else "NO_ROAD")


def test_a_closed_road_and_ground_where_nobody_may_walk_are_told_apart():
    ground = barred_roads.ground([10.0])
    ways = barred_roads.ways(3, [(0, 1), (1, 2)], ground, [[], []], status=["closed", None])
    assert matrix(ways, [0], [1, 2])["reason"].tolist() == ["ONLY_THROUGH_CLOSED_ROAD"] * 2
    roads = barred_roads.network(2, [(0, 1)])
    found, kinds = barred_roads.evidence(roads, ground, [(0, 0.0, 100.0, Evidenced.unsurveyed, [], -1)])
    judged = barred_roads.Judged(found, Mode.foot, kinds, np.zeros(1, bool))
    afoot = stretches(judged, (np.ones(1), np.ones(1)))
    assert matrix(afoot, [0], [1])["reason"].tolist() == ["UNSURVEYED_NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("origins", "goals", "message"), [([], [0], "origins: name"), ([0], [9], "destinations: only")]
)
def test_bad_places_are_named(origins, goals, message):
    ways = barred_roads.ways(2, [(0, 1)], barred_roads.ground([1.0]), [[]])
    with pytest.raises(ValueError, match=message):
        matrix(ways, origins, goals)


def test_places_inside_an_edge_keep_only_their_part_of_it():
    # 100 m: the first 40 inside a hazard, then cleared. Places at 50 m and 90 m.
    roads = barred_roads.network(2, [(0, 1)])
    pieces = [(0, 0.0, 40.0, Evidenced.inside_hazard, [0], -1), (0, 40.0, 100.0, Evidenced.released_cleared, [], -1)]
    found, kinds = barred_roads.evidence(roads, barred_roads.ground([10.0]), pieces)
    judged = barred_roads.Judged(found, Mode.car, kinds, np.ones(2, bool))
    ways = stretches(judged, (np.full(1, 10.0), np.full(1, 10.0)), (np.array([0, 0, 0]), np.array([50.0, 90.0, 0.0])))
    assert ways.place[2] == 0
    assert ways.metres.sum() == 100
    table = matrix(ways, ways.place[:2], [0, 1])
    assert table["metres"].tolist()[1::2] == pytest.approx([50.0, 10.0])
    assert table["seconds"].tolist()[1::2] == pytest.approx([5.0, 1.0])
    assert table["reason"].tolist() == ["ONLY_THROUGH_HAZARD", ""] * 2
    assert table["worst"].tolist() == ["", "released_cleared"] * 2
    with pytest.raises(ValueError, match=r"place 0 lies 101\.0 m along edge 0"):
        stretches(judged, (np.ones(1), np.ones(1)), (np.array([0]), np.array([101.0])))
