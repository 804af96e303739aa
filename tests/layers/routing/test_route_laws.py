"""Laws of routes on small random networks: what is found is what counting all paths finds, and it moves the right way."""

from itertools import pairwise

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from routing_cases import at, connecting, judged, network, seconds

from layers.roads.classes import HARD, Evidenced
from layers.roads.rules import Unsurveyed
from layers.routing.graph import ground
from layers.routing.routes import Limits, routes
from layers.routing.snap import Nearby
from layers.routing.split import cut

PLACES = [(0, 0), (1000, 0), (2000, 0), (0, 1000), (1000, 1000), (2000, 1000)]
GOOD = [Evidenced.surveyed_no_evidence, Evidenced.released_reduced, Evidenced.verified, Evidenced.released_cleared]
KINDS = [Evidenced.unsurveyed] * 4 + GOOD + [Evidenced.inside_hazard, Evidenced.closed, Evidenced.inside_buffer]


@st.composite
def cases(draw):
    """A network of up to nine roads between six places, each of up to three pieces, and two different places."""
    place = st.integers(0, len(PLACES) - 1)
    ends = draw(st.lists(st.tuples(place, place).filter(lambda e: e[0] != e[1]), min_size=2, max_size=9))
    lines = []
    for k, (a, b) in enumerate(ends):
        (ax, ay), (bx, by) = PLACES[a], PLACES[b]
        # Each road by a bend of its own: two between the same places are two, and none passes a third place.
        lines.append([(ax, ay), ((ax + bx) / 2 + 31 * (k + 1), (ay + by) / 2 + 17 * (k + 1)), (bx, by)])
    cuts = {k: draw(st.sampled_from([[], [0.5], [0.2, 0.7]])) for k in range(len(lines))}
    pieces = sum(len(c) + 1 for c in cuts.values())
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=pieces, max_size=pieces))
    exposed = draw(st.sets(st.integers(0, pieces - 1), max_size=3))
    oneway = draw(st.sets(st.integers(0, len(lines) - 1), max_size=2))
    net = network(lines, oneway=oneway)
    speed = np.array(draw(st.lists(st.sampled_from([2.0, 5.0, 11.0]), min_size=len(lines), max_size=len(lines))))
    used = sorted({p for pair in ends for p in pair})
    origin, destination = draw(st.sampled_from(used)), draw(st.sampled_from(used))
    assume(origin != destination)
    times = tuple(side / speed for side in seconds(net, 3.6))
    return net, cuts, kinds, exposed, times, PLACES[origin], PLACES[destination]


def evidence(case):
    net, cuts, kinds, exposed, *_ = case
    return judged(net, kinds, cuts=cuts, exposed=exposed)


def find(held, times, places, policy=Unsurveyed.show):
    net = held.evidence.network
    # Places are nodes: no connector leads round a piece that bars one.
    limits = Limits(max_alternatives=1000, max_snap_m=1.0)
    return routes(ground(held, times, policy), Nearby(net), places, connect=connecting(), limits=limits)


def values(found):
    return [(r.duration_s, r.exposure_m) for r in found.alternatives]


def brute(case, policy):
    """Time (s) and exposure (m) of every path that no other beats, by walking all of them piece by piece."""
    net, _, kinds, exposed, times, origin, destination = case
    pieces = evidence(case).evidence.pieces
    leaving = {}
    for edge in range(len(net)):
        rows = np.flatnonzero(pieces["edge"] == edge)
        metres = pieces["end"][rows] - pieces["begin"][rows]
        mine = [kinds[k] for k in rows]
        if any(k <= HARD or (policy == "forbid" and k == Evidenced.unsurveyed) for k in mine):
            continue
        weight = sum(
            m * ((k == Evidenced.unsurveyed) + (row in exposed)) for m, k, row in zip(metres, mine, rows, strict=True)
        )
        tail, head = (tuple(np.round(net.nodes[n], 9)) for n in (net.tail[edge], net.head[edge]))
        for a, b, time in ((tail, head, times[0][edge]), (head, tail, times[1][edge])):
            if np.isfinite(time):
                leaving.setdefault(a, []).append((b, time, weight))
    start, goal = (tuple(np.round(at(*p), 9)) for p in (origin, destination))
    found, stack = [], [(start, 0.0, 0.0, frozenset([start]))]
    while stack:
        node, time, exposure, seen = stack.pop()
        if node == goal:
            found.append((time, -int(-(exposure - 1e-5) // 10) * 10))
            continue
        stack += [(b, time + t, exposure + e, seen | {b}) for b, t, e in leaving.get(node, ()) if b not in seen]
    kept = []
    for time, exposure in sorted(found, key=lambda pair: (round(pair[0], 4), pair[1])):
        if not kept or exposure < kept[-1][1]:
            kept.append((time, exposure))
    return kept


@given(cases(), st.sampled_from(list(Unsurveyed)))
def test_the_routes_are_those_of_all_paths_and_none_exactly_where_there_is_none(case, policy):
    *_, times, origin, destination = case
    found, wanted = find(evidence(case), times, [at(*origin), at(*destination)], policy), brute(case, policy)
    assert bool(found.alternatives) == bool(wanted)
    assert bool(found.reasons) != bool(wanted)
    assert [e for _, e in values(found)] == [e for _, e in wanted]
    assert np.allclose([t for t, _ in values(found)], [t for t, _ in wanted], atol=1e-4)


@given(cases(), st.sampled_from(list(Unsurveyed)))
def test_no_route_touches_what_is_barred_and_its_pieces_fill_it(case, policy):
    *_, times, origin, destination = case
    for r in find(evidence(case), times, [at(*origin), at(*destination)], policy).alternatives:
        kinds = r.ground.judged.classes[r.sections["piece"]]
        assert (kinds > HARD).all()
        assert policy == "show" or (kinds != Evidenced.unsurveyed).all()
        assert r.sections["from_m"][0] == 0
        assert (r.sections["from_m"][1:] == r.sections["to_m"][:-1]).all()
        assert np.isclose(r.length_m, sum(leg.length for leg in r.legs))
        near = r.ground.judged.evidence.pieces["exposed"][r.sections["piece"]]
        weight = (kinds == Evidenced.unsurveyed).astype(int) + near
        exposure = ((r.sections["to_m"] - r.sections["from_m"]) * weight).sum()
        assert exposure - 1e-4 <= r.exposure_m < exposure + 10


@given(cases())
def test_no_route_beats_another(case):
    *_, times, origin, destination = case
    given_ = values(find(evidence(case), times, [at(*origin), at(*destination)]))
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(given_))


@given(cases(), st.lists(st.tuples(st.integers(0, 8), st.floats(0.05, 0.95)), min_size=1, max_size=4))
def test_cutting_roads_changes_nothing(case, wanted):
    net, *_, times, origin, destination = case
    held = evidence(case)
    # At whole millimetres, so that rounding to micrometres is the same before and after.
    cuts = [(e % len(net), round(share * float(net.length[e % len(net)]), 3)) for e, share in wanted]
    split, split_times, nodes = cut(held, times, cuts)
    assert len(split.evidence.network) == len(net) + len(set(cuts))
    assert np.isclose(split.evidence.network.length.sum(), net.length.sum())
    assert len(set(nodes.tolist())) == len(set(cuts))
    before = values(find(held, times, [at(*origin), at(*destination)]))
    after = values(find(split, split_times, [at(*origin), at(*destination)]))
    # A sum within a micrometre of a whole 10 m may fall to either side.
    assume(all(near_step(r) for r in find(held, times, [at(*origin), at(*destination)]).alternatives))
    assert [e for _, e in after] == [e for _, e in before]
    assert np.allclose([t for t, _ in after], [t for t, _ in before], atol=1e-4)


def near_step(r):
    return r.exposure == 0 or 50 < r.exposure % 10_000_000 < 9_999_950


@given(cases(), st.data())
def test_a_new_block_never_makes_a_route_better_and_clearing_never_worse(case, data):
    net, cuts, kinds, exposed, times, origin, destination = case
    places = [at(*origin), at(*destination)]
    piece = data.draw(st.integers(0, len(kinds) - 1))
    worse, better = list(kinds), list(kinds)
    worse[piece], better[piece] = Evidenced.inside_buffer, Evidenced.released_cleared
    now = values(find(evidence(case), times, places))
    after_block = values(find(judged(net, worse, cuts=cuts, exposed=exposed), times, places))
    after_clearing = values(find(judged(net, better, cuts=cuts, exposed=exposed - {piece}), times, places))
    assert all(any(t <= time and e <= exposure for t, e in now) for time, exposure in after_block)
    assert all(any(t <= time and e <= exposure for t, e in after_clearing) for time, exposure in now)
