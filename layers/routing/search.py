"""The compiled searches: shortest paths by two costs in order, and the labels of a two-objective front.

All costs are whole numbers (microseconds, micrometres), so that sums do not depend on the order in which they are
formed, no path is lost to rounding, and ties fall the same way on every machine.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Bools = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max // 4
"""A cost that nothing reaches; two of them can be added."""
ROOT = -1

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled on its first call; the machine code is kept on disk where that can be written."""
    decorate: Any = numba.njit
    with contextlib.suppress(RuntimeError):  # a read-only installation without a home: compiled anew in each process
        kept: Callable[P, R] = decorate(cache=True)(function)
        return kept
    fresh: Callable[P, R] = decorate(function)
    return fresh


class Star(NamedTuple):
    """The arcs at each node: `arc[first[v]:first[v + 1]]`, and the node `other[a]` at the far end of each arc."""

    first: Ints
    arc: Small
    other: Small


class Heap(NamedTuple):
    """A binary heap of entries with two keys, compared in order, and two numbers that go with them."""

    keys: Ints
    data: Small


class Reach(NamedTuple):
    """A search from one node, as far as it came.

    Attributes:
        best: (n, 2) least first cost and, among those, least second cost; final where settled, NEVER where not reached.
        via: (n,) the arc by which each node is reached, ROOT at the start and where it is not reached.
        settled: (n,) whether the costs are final.
        heap: nodes in sight.
        size: (1,) how many entries the heap holds.
    """

    best: Ints
    via: Small
    settled: Bools
    heap: Heap
    size: Ints


@compiled
def rise(heap: Heap, place: int) -> None:
    """Move an entry that was put at the end of the heap up to its place."""
    keys, data = heap
    first, second = keys[place, 0], keys[place, 1]
    a, b = data[place, 0], data[place, 1]
    while place > 0:
        above = (place - 1) >> 1
        if keys[above, 0] < first or (keys[above, 0] == first and keys[above, 1] <= second):
            break
        keys[place, 0], keys[place, 1] = keys[above, 0], keys[above, 1]
        data[place, 0], data[place, 1] = data[above, 0], data[above, 1]
        place = above
    keys[place, 0], keys[place, 1] = first, second
    data[place, 0], data[place, 1] = a, b


@compiled
def sink(heap: Heap, last: int) -> None:
    """Drop the least entry: the one at `last`, the end of the heap, takes its place and moves down."""
    keys, data = heap
    first, second = keys[last, 0], keys[last, 1]
    a, b = data[last, 0], data[last, 1]
    place, below = 0, 1
    while below < last:
        right = below + 1
        if right < last and (
            keys[right, 0] < keys[below, 0] or (keys[right, 0] == keys[below, 0] and keys[right, 1] < keys[below, 1])
        ):
            below = right
        if first < keys[below, 0] or (first == keys[below, 0] and second <= keys[below, 1]):
            break
        keys[place, 0], keys[place, 1] = keys[below, 0], keys[below, 1]
        data[place, 0], data[place, 1] = data[below, 0], data[below, 1]
        place, below = below, 2 * below + 1
    keys[place, 0], keys[place, 1] = first, second
    data[place, 0], data[place, 1] = a, b


def begin(nodes: int, arcs: int, start: int) -> Reach:
    """Return a search that has seen its start only.

    Args:
        nodes, arcs: how many there are.
        start: the node to search from.
    """
    heap = Heap(np.empty((arcs + 1, 2), dtype=np.int64), np.empty((arcs + 1, 2), dtype=np.int32))
    heap.keys[0] = 0
    heap.data[0] = (start, ROOT)
    best = np.full((nodes, 2), NEVER, dtype=np.int64)
    best[start] = 0
    via = np.full(nodes, ROOT, dtype=np.int32)
    return Reach(best, via, np.zeros(nodes, dtype=np.bool_), heap, np.ones(1, dtype=np.int64))


@compiled
def advance(star: Star, costs: tuple[Ints, Ints], reach: Reach, goal: int, bound: int) -> None:
    """Go on with a search until the goal is settled and every node whose first cost is below the bound is.

    Dijkstra's search with pairs of costs, compared in order. Each arc is looked at once, so that the heap never
    outgrows the number of arcs.

    Args:
        star: the arcs, in the direction of the search.
        costs: first and second cost of each arc, shape (m,), not negative.
        reach: the search; changed.
        goal: a node, or a negative number for none.
        bound: a first cost.
    """
    size = reach.size[0]
    keys, data = reach.heap
    while size > 0 and (keys[0, 0] < bound or (goal >= 0 and not reach.settled[goal])):
        v = data[0, 0]
        size -= 1
        sink(reach.heap, size)
        if reach.settled[v]:
            continue
        reach.settled[v] = True
        for place in range(star.first[v], star.first[v + 1]):
            a = star.arc[place]
            u = star.other[a]
            one, two = reach.best[v, 0] + costs[0][a], reach.best[v, 1] + costs[1][a]
            if one < reach.best[u, 0] or (one == reach.best[u, 0] and two < reach.best[u, 1]):
                reach.best[u, 0], reach.best[u, 1] = one, two
                reach.via[u] = a
                keys[size, 0], keys[size, 1] = one, two
                data[size, 0], data[size, 1] = u, a
                rise(reach.heap, size)
                size += 1
    reach.size[0] = size


class Ahead(NamedTuple):
    """What lies between each node and the destination, by the two backward searches; NEVER where of no use.

    Attributes:
        time: least time.
        exposure_then: least exposure of the paths of that time.
        exposure: least exposure.
        time_then: least time of the paths of that exposure.
    """

    time: Ints
    exposure_then: Ints
    exposure: Ints
    time_then: Ints


class Known(NamedTuple):
    """The solutions known so far, by level of rounded exposure.

    Attributes:
        time: (l,) least time known at or below each level; never rises from level to level.
        how: (l, 2) the label it goes on from, and whether by the fastest (0) or the least exposed way (1) from there.
        step: the height of a level.
        lowest: the level of the first row, as a multiple of the step.
    """

    time: Ints
    how: Small
    step: int
    lowest: int


@compiled
def level(known: Known, exposure: int) -> int:
    """Return the row of an exposure, rounded up to whole steps."""
    return int(-(-exposure // known.step) - known.lowest)


@compiled
def note(known: Known, time: int, exposure: int, label: int, way: int) -> None:
    """Take a solution in, if it is better than what is known at its level."""
    row = level(known, exposure)
    if row >= len(known.time) or time >= known.time[row]:
        return
    known.how[row, 0], known.how[row, 1] = label, way
    while row < len(known.time) and known.time[row] > time:
        known.time[row] = time
        row += 1


@compiled
def doubled(rows: Any) -> Any:
    """Return an array of twice as many rows that begins with the given ones."""
    more = np.empty((2 * len(rows), rows.shape[1]), dtype=rows.dtype)
    more[: len(rows)] = rows
    return more


@compiled
def label(
    star: Star, costs: tuple[Ints, Ints], ahead: Ahead, known: Known, limits: tuple[int, int, int]
) -> tuple[Small, int, bool]:
    """Find all solutions that no other dominates; they end up in `known`.

    Labels are taken in order of the least time a route through them can have, so that at a node a label is dominated
    exactly when an earlier one was no more exposed: one comparison. C. Hernandez Ulloa, W. Yeoh et al., "Simple and
    efficient bi-objective search algorithms via fast dominance checks", Artificial Intelligence 314 (2023). Each label
    is also completed by the fastest and the least exposed way from its node; those solutions prune what comes later.
    Exposure is rounded only when solutions are compared, never between labels of a node.

    Args:
        star, costs: arcs leaving the nodes, their times and exposures.
        ahead: what lies ahead of each node.
        known: solutions; changed.
        limits: the origin; the most labels kept and waiting; the longest time that is looked at.

    Returns:
        For each label the label before it and the arc between; how many labels were kept; whether a limit was hit.
    """
    origin, most, latest = limits
    kept = np.empty((1024, 2), dtype=np.int32)
    heap = Heap(np.empty((1024, 2), dtype=np.int64), np.empty((1024, 2), dtype=np.int32))
    least = np.full(len(ahead.time), NEVER, dtype=np.int64)
    heap.keys[0, 0], heap.keys[0, 1] = ahead.time[origin], ahead.exposure[origin]
    heap.data[0, 0], heap.data[0, 1] = ROOT, ROOT
    count, size, cut = 0, 1, False
    while size > 0:
        time, exposed = heap.keys[0, 0], heap.keys[0, 1]
        before, a = heap.data[0, 0], heap.data[0, 1]
        size -= 1
        sink(heap, size)
        v = star.other[a] if a >= 0 else origin
        spent, met = time - ahead.time[v], exposed - ahead.exposure[v]
        if met >= least[v] or time >= known.time[level(known, exposed)]:
            continue
        if count + size >= most:
            cut = True
            break
        least[v] = met
        if count == len(kept):
            kept = doubled(kept)
        kept[count, 0], kept[count, 1] = before, a
        note(known, time, met + ahead.exposure_then[v], count, 0)
        note(known, spent + ahead.time_then[v], exposed, count, 1)
        for place in range(star.first[v], star.first[v + 1]):
            b = star.arc[place]
            w = star.other[b]
            if ahead.time[w] >= NEVER or ahead.exposure[w] >= NEVER or met + costs[1][b] >= least[w]:
                continue
            one = spent + costs[0][b] + ahead.time[w]
            two = met + costs[1][b] + ahead.exposure[w]
            row = level(known, two)
            if row >= len(known.time) or one >= known.time[row]:
                continue
            if one > latest:
                cut = True
                continue
            if size == len(heap.keys):
                heap = Heap(doubled(heap.keys), doubled(heap.data))
            heap.keys[size, 0], heap.keys[size, 1] = one, two
            heap.data[size, 0], heap.data[size, 1] = count, b
            rise(heap, size)
            size += 1
        count += 1
    return kept, count, cut
