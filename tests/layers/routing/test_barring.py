"""The least ground that opens a way: equal to trying every subset of hazards."""

import itertools

import barred_roads
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.roads.classes import Evidenced
from layers.roads.rules import Mode
from layers.routing.barring import least_opening, opens
from layers.routing.passages import contract
from layers.routing.shared import SharedGround
from layers.routing.stretches import stretches


def reached(edges, bars, oneway, closed, cleared, start):
    """Which nodes are reached when some hazards are cleared."""
    seen, queue = {start}, [start]
    while queue:
        at = queue.pop()
        for k, (a, b) in enumerate(edges):
            if k in closed or not set(bars[k]) <= cleared:
                continue
            for here, there in ((a, b), (b, a)) if k not in oneway else ((a, b),):
                if here == at and there not in seen:
                    seen.add(there)
                    queue.append(there)
    return seen


def brute(edges, bars, oneway, closed, ground, start, goal, needed=()):
    """The least m2 over all subsets of hazards that lead from start to goal; None where none does."""
    least = None
    for size in range(len(ground) + 1):
        for subset in itertools.combinations(range(len(ground)), size):
            cleared = set(subset)
            if set(needed) <= cleared and goal in reached(edges, bars, oneway, closed, cleared, start):
                m2 = ground.area(np.array(subset, np.int64))
                least = m2 if least is None else min(least, m2)
    return least


@st.composite
def cases(draw):
    nodes, hazards = draw(st.integers(2, 6)), draw(st.integers(1, 5))
    edges = draw(
        st.lists(
            st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda e: e[0] != e[1]),
            min_size=1,
            max_size=12,
        )
    )
    some = st.lists(st.integers(0, hazards - 1), max_size=3, unique=True)
    bars = [draw(some) for _ in edges]
    which = st.sets(st.integers(0, len(edges) - 1), max_size=2)
    areas = draw(st.lists(st.integers(0, 50), min_size=hazards, max_size=hazards))
    shared = draw(
        st.lists(
            st.tuples(st.integers(1, 60), st.sets(st.integers(0, hazards - 1), min_size=2).map(sorted)), max_size=3
        )
        if hazards > 1
        else st.just([])
    )
    return (
        nodes,
        edges,
        bars,
        draw(which),
        draw(which),
        barred_roads.ground(areas, shared),
        draw(st.sets(st.integers(0, hazards - 1), max_size=2)),
    )


@settings(max_examples=150)
@given(cases())
def test_least_opening_is_the_least_of_all_subsets(case):
    nodes, edges, bars, oneway, closed, ground, needed = case
    status = ["closed" if k in closed else None for k in range(len(edges))]
    ways = barred_roads.ways(nodes, edges, ground, bars, oneway=oneway, status=status)
    wanted = brute(edges, bars, oneway, closed, ground, 0, nodes - 1, needed)
    found = least_opening(ways, ground, [0], [nodes - 1], needed=np.array(sorted(needed), np.int64))
    if wanted is None:
        assert found is None
        return
    assert found.proven
    assert found.m2 == wanted == ground.area(found.hazards)
    assert wanted - 1e-6 <= found.bound_m2 <= wanted
    # The way is one: it begins at the source, ends at the target, and passes nothing that stays barred.
    at = 0
    for k, back in zip(found.stretches, found.reversed, strict=True):
        ends = (int(ways.tail[k]), int(ways.head[k]))
        assert ends[1 if back else 0] == at
        at = ends[0 if back else 1]
        assert not ways.shut[k]
        assert set(ways.hazards[k]) <= set(found.hazards)
        assert not (back and k in oneway)
    assert at == nodes - 1


@settings(max_examples=100)
@given(cases(), st.integers(0, 4))
def test_clearing_never_makes_an_opening_dearer(case, cleared):
    nodes, edges, bars, oneway, _, ground, _ = case
    fewer = [[h for h in b if h != cleared] for b in bars]
    before = least_opening(barred_roads.ways(nodes, edges, ground, bars, oneway=oneway), ground, [0], [nodes - 1])
    after = least_opening(barred_roads.ways(nodes, edges, ground, fewer, oneway=oneway), ground, [0], [nodes - 1])
    assert (before is None) == (after is None)
    if before is not None:
        assert after.m2 <= before.m2


def test_ground_shared_by_hazards_counts_once():
    # Two ways: over A then B, which lie on the same 100 m2, or over C of 101 m2.
    ground = barred_roads.ground([0, 0, 101], [(100, [0, 1])])
    ways = barred_roads.ways(4, [(0, 1), (1, 3), (0, 2), (2, 3)], ground, [[0], [1], [2], []])
    found = least_opening(ways, ground, [0], [3])
    assert (found.m2, found.ids, found.proven) == (100.0, ("H0", "H1"), True)


def test_a_point_costs_no_ground_but_is_named_and_shunned():
    ground = barred_roads.ground([10.0])
    edges = [(0, 1), (0, 2), (2, 1)]
    around = least_opening(barred_roads.ways(3, edges, ground, [[], [], []], points=[0]), ground, [0], [1])
    assert (around.m2, list(around.points), list(around.stretches)) == (0.0, [], [1, 2])
    through = least_opening(barred_roads.ways(3, edges, ground, [[], [0], []], points=[0]), ground, [0], [1])
    assert (through.m2, list(through.points), list(through.stretches)) == (0.0, [0], [0])


def test_a_closed_road_on_open_ground_stays_closed():
    ground = barred_roads.ground([10.0])
    ways = barred_roads.ways(2, [(0, 1)], ground, [[0]], status=["closed"])
    assert least_opening(ways, ground, [0], [1]) is None


def test_a_way_that_is_open_costs_nothing():
    ground = barred_roads.ground([10.0])
    ways = barred_roads.ways(3, [(0, 1), (1, 2)], ground, [[], [0]])
    found = least_opening(ways, ground, [0], [1])
    assert (found.m2, found.ids, found.proven, found.seconds) == (0.0, (), True, 10.0)
    same = least_opening(ways, ground, [2], [2])
    assert (same.m2, len(same.stretches)) == (0.0, 0)


def test_no_source_is_refused():
    ground = barred_roads.ground([10.0])
    ways = barred_roads.ways(2, [(0, 1)], ground, [[0]])
    with pytest.raises(ValueError, match="at least one source"):
        least_opening(ways, ground, [], [1])


def test_a_large_question_is_bounded_and_proven():
    # 60 x 60 streets under 80 hazards that overlap in pairs: more subsets than can be tried.
    rng = np.random.default_rng(3)
    side = 60
    node = np.arange(side * side).reshape(side, side)
    edges = [*zip(node[:, :-1].ravel(), node[:, 1:].ravel()), *zip(node[:-1].ravel(), node[1:].ravel())]  # noqa: B905
    xy = np.array([[(a // side + b // side) / 2, (a % side + b % side) / 2] for a, b in edges])
    centre, reach = rng.uniform(0, side, (80, 2)), rng.uniform(2, 6, 80)
    bars = [np.flatnonzero(np.hypot(*(centre - p).T) < reach).tolist() for p in xy]
    pairs = [(float(rng.uniform(1, 300)), [k, (k + 1) % 80]) for k in range(80)]
    ground = barred_roads.ground((reach**2 * 10).tolist(), pairs)
    ways = barred_roads.ways(side * side, edges, ground, bars)
    found = least_opening(ways, ground, [0], [side * side - 1], time_limit_s=90)
    assert found.proven
    assert found.bound_m2 <= found.m2 <= found.bound_m2 * (1 + 1e-6)
    shared = SharedGround.of_open(ground)
    assert found.m2 == pytest.approx(shared.area(found.hazards))
    assert len(contract(ways)) < len(ways.edge)


def judged(kind, mode, *, may=True, point=-1):
    """One road of 100 m, of one class, near hazard H0."""
    roads = barred_roads.network(2, [(0, 1)])
    pieces = [(0, 0.0, 100.0, kind, [0], point)]
    found, kinds = barred_roads.evidence(roads, barred_roads.ground([7.0]), pieces, points=1)
    return barred_roads.Judged(found, mode, kinds, np.array([may]))


SECONDS = (np.full(1, 10.0), np.full(1, 10.0))


def test_a_lifted_buffer_bars_nobody():
    ways = stretches(judged(Evidenced.verified, Mode.car), SECONDS)
    assert not ways.blocked.any()
    assert opens(judged(Evidenced.verified, Mode.car), SECONDS, 0, 1)["m2"] == 0


@pytest.mark.parametrize(
    ("kind", "mode", "may", "wanted"),
    [
        (Evidenced.inside_hazard, Mode.car, False, ["H0"]),
        (Evidenced.inside_buffer, Mode.car, False, ["H0"]),
        # Cleared ground may be walked on once it is handed over; ground beside it is as little surveyed as before.
        (Evidenced.inside_hazard, Mode.foot, False, ["H0"]),
        (Evidenced.inside_buffer, Mode.foot, False, None),
        (Evidenced.unsurveyed, Mode.foot, False, None),
        (Evidenced.closed, Mode.car, False, None),
    ],
)
def test_what_clearance_opens_and_what_it_does_not(kind, mode, may, wanted):
    facts = opens(judged(kind, mode, may=may), SECONDS, 0, 1)
    assert facts.get("hazards") == wanted


def test_a_point_and_a_hazard_on_one_road_are_both_named():
    facts = opens(judged(Evidenced.inside_buffer, Mode.car, point=0), SECONDS, 0, 1)
    assert facts == {"hazards": ["H0"], "m2": 7.0, "bound_m2": 7.0, "proven": True, "points": ["P0"]}


@pytest.mark.parametrize(
    ("status", "width", "mode", "shut"),
    [
        ("closed", 9.0, Mode.car, True),
        ("restricted", None, Mode.car, True),
        ("restricted", 2.6, Mode.car, False),
        ("restricted", 2.6, Mode.convoy, True),
        ("verified", None, Mode.convoy, False),
        (None, None, Mode.car, False),
    ],
)
def test_a_record_closes_a_road_that_lies_on_open_ground(status, width, mode, shut):
    case = judged(Evidenced.inside_hazard, mode)
    roads = case.evidence.network.roads
    roads["eo_status"], roads["eo_width_m"] = [status], [width]
    assert stretches(case, SECONDS).closed.tolist() == [shut]
    assert (opens(case, SECONDS, 0, 1) == {}) == shut


def test_a_road_that_is_not_open_to_the_mode_stays_shut():
    case = judged(Evidenced.inside_hazard, Mode.bus)
    case.evidence.network.allowed[:] = 1  # the bit of convoys
    assert opens(case, SECONDS, 0, 1) == {}
