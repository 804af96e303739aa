"""The front is exact: it holds what brute force over all paths finds, no more and no less."""

import heapq
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.routing.front import STEP, front
from layers.routing.graph import Arcs, Graph

M = 1_000_000


def graph_of(nodes, rows):
    """Make a graph of rows (tail, head, time, exposure)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    edge = np.arange(len(table))
    ends = np.zeros(len(table))
    arcs = Arcs(table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2], table[:, 3], edge, ends, ends)
    return Graph.of(arcs, nodes)


def ceil(exposure, step):
    return -(-exposure // step)


def all_paths(rows, origin, destination):
    """Time and exposure of every simple path."""
    leaving = {}
    for tail, head, time, exposure in rows:
        leaving.setdefault(tail, []).append((head, time, exposure))
    found, stack = [], [(origin, 0, 0, frozenset([origin]))]
    while stack:
        node, time, exposure, seen = stack.pop()
        if node == destination:
            found.append((time, exposure))
            continue
        stack += [(h, time + t, exposure + e, seen | {h}) for h, t, e in leaving.get(node, ()) if h not in seen]
    return found


def brute(rows, origin, destination, step):
    """The front of all simple paths, the fastest first."""
    best, kept = None, []
    for time, exposure in sorted({(t, ceil(e, step)) for t, e in all_paths(rows, origin, destination)}):
        if best is None or exposure < best:
            kept.append((time, exposure))
            best = exposure
    return kept


@st.composite
def graphs(draw):
    nodes = draw(st.integers(2, 7))
    node = st.integers(0, nodes - 1)
    # Exposures off the whole steps, so that rounding before the end would show.
    cost = st.tuples(st.integers(1, 12), st.integers(0, 60))
    rows = draw(st.lists(st.tuples(node, node, cost), max_size=18))
    return nodes, [(a, b, time, exposure) for a, b, (time, exposure) in rows if a != b]


@given(graphs(), st.sampled_from([1, 7, 10, 25]))
def test_the_front_is_that_of_all_paths(drawn, step):
    nodes, rows = drawn
    found = front(graph_of(nodes, rows), 0, nodes - 1, step=step)
    assert not found.capped
    assert list(zip(found.time.tolist(), [ceil(e, step) for e in found.exposure.tolist()], strict=True)) == brute(
        rows, 0, nodes - 1, step
    )


@given(graphs(), st.sampled_from([1, 10]))
def test_each_route_is_a_path_that_costs_what_it_says(drawn, step):
    nodes, rows = drawn
    graph = graph_of(nodes, rows)
    found = front(graph, 0, nodes - 1, step=step)
    for time, exposure, arcs in zip(found.time, found.exposure, found.paths, strict=True):
        assert graph.tail[arcs[0]] == 0
        assert graph.head[arcs[-1]] == nodes - 1
        assert (graph.head[arcs[:-1]] == graph.tail[arcs[1:]]).all()
        assert graph.time[arcs].sum() == time
        assert graph.exposure[arcs].sum() == exposure


@given(graphs(), st.integers(2, 1_000_000))
def test_the_unit_of_exposure_does_not_matter(drawn, unit):
    nodes, rows = drawn
    plain = front(graph_of(nodes, rows), 0, nodes - 1, step=10)
    scaled = front(graph_of(nodes, [(a, b, t, e * unit) for a, b, t, e in rows]), 0, nodes - 1, step=10 * unit)
    assert scaled.time.tolist() == plain.time.tolist()
    assert scaled.exposure.tolist() == (plain.exposure * unit).tolist()


@given(graphs(), st.integers(1, 6))
def test_a_limit_on_labels_leaves_the_fastest_and_the_least_exposed(drawn, most):
    nodes, rows = drawn
    found, wanted = front(graph_of(nodes, rows), 0, nodes - 1, step=1, most_labels=most), brute(rows, 0, nodes - 1, 1)
    assert bool(len(found)) == bool(wanted)
    if wanted:
        given_ = list(zip(found.time.tolist(), found.exposure.tolist(), strict=True))
        assert given_[0] == wanted[0]
        assert given_[-1] == wanted[-1]
        assert found.capped or given_ == wanted
        assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(given_))


@given(graphs(), st.sampled_from([1.0, 1.5, 3.0]))
def test_a_limit_on_detours_leaves_out_what_is_longer_and_says_so(drawn, detour):
    nodes, rows = drawn
    found, wanted = front(graph_of(nodes, rows), 0, nodes - 1, step=1, detour=detour), brute(rows, 0, nodes - 1, 1)
    given_ = list(zip(found.time.tolist(), found.exposure.tolist(), strict=True))
    within = [pair for pair in wanted if pair[0] <= detour * wanted[0][0]]
    assert set(within) <= set(given_)
    assert given_[-1:] == wanted[-1:]
    assert found.capped or given_ == wanted


def all_labels(rows, origin, destination, step):
    """The front by keeping every partial path that no other of its node beats, whatever lies ahead."""
    leaving = {}
    for tail, head, time, exposure in rows:
        leaving.setdefault(tail, []).append((head, time, exposure))
    least, heap, kept = {}, [(0, 0, origin)], []
    while heap:
        time, exposure, node = heapq.heappop(heap)
        if exposure >= least.get(node, math.inf):
            continue
        least[node] = exposure
        if node == destination and (not kept or ceil(exposure, step) < kept[-1][1]):
            kept.append((time, ceil(exposure, step)))
        for head, t, e in leaving.get(node, ()):
            heapq.heappush(heap, (time + t, exposure + e, head))
    return kept


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12), st.sampled_from([1, 50, 400]), st.booleans())
def test_on_grids_the_front_is_that_of_all_labels(seed, side, step, trade):
    # Large enough that what lies ahead is bounded by weighted sums, and that most labels are never followed.
    rng = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    tail = np.r_[node[:-1].ravel(), node[:, :-1].ravel()]
    head = np.r_[node[1:].ravel(), node[:, 1:].ravel()]
    tail, head = np.r_[tail, head], np.r_[head, tail]
    time = rng.integers(1, 200, len(tail))
    exposure = rng.integers(0, 200, len(tail)) if not trade else 200 - time + rng.integers(0, 40, len(tail))
    rows = np.column_stack([tail, head, time, exposure]).tolist()
    found = front(graph_of(side * side, rows), 0, side * side - 1, step=step)
    given_ = list(zip(found.time.tolist(), [ceil(e, step) for e in found.exposure.tolist()], strict=True))
    assert given_ == all_labels(rows, 0, side * side - 1, step)


def test_rounding_is_of_the_whole_route():
    # Each of three arcs is 4 m exposed: 12 m, so 20 m; rounded arc by arc it would be 30 m, as bad as the other way.
    rows = [(0, 1, 2, 4 * M), (1, 2, 2, 4 * M), (2, 3, 2, 4 * M), (0, 3, 5, 21 * M)]
    found = front(graph_of(4, rows), 0, 3)
    assert found.time.tolist() == [5, 6]
    assert [ceil(e, STEP) for e in found.exposure.tolist()] == [3, 2]


def test_labels_of_a_node_are_compared_unrounded():
    # At node 1 both ways round up to 10 m; only the slower one is still under 20 m at the end.
    rows = [(0, 1, 1, 9 * M), (0, 1, 2, 6 * M), (1, 2, 1, 12 * M)]
    found = front(graph_of(3, rows), 0, 2)
    assert found.time.tolist() == [2, 3]
    assert found.exposure.tolist() == [21 * M, 18 * M]


def test_no_way_is_an_empty_front():
    found = front(graph_of(3, [(1, 0, 1, 1), (1, 2, 1, 1)]), 0, 2)
    assert len(found) == 0
    assert not found.capped


@pytest.mark.parametrize("chain", [1, 3, 9])
def test_every_trade_is_found_where_there_are_very_many(chain):
    # At each node a choice: twice the time or twice the exposure, in powers of two: no two routes are alike.
    rows = [row for k in range(chain) for row in ((k, k + 1, 2**k, 2 * 2**k * STEP), (k, k + 1, 2 * 2**k, 2**k * STEP))]
    assert len(front(graph_of(chain + 1, rows), 0, chain)) == 2**chain
