"""The compiled searches: shortest paths by two costs in order, and the labels of a two-objective front.

All costs are whole numbers (microseconds, micrometres), so that sums do not depend on the order in which they are
formed, no path is lost to rounding, and ties fall the same way on every machine.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.routing.compiled import compiled

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Bools = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max // 4
"""A cost that nothing reaches; two of them can be added."""
ROOT = -1


class Star(NamedTuple):
    """The arcs at each node, node by node: those of v are first[v] to first[v + 1]; `other` is where they lead."""

    first: Ints
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
        costs: first and second cost of each arc, in the star's order, shape (m,), not negative.
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
        for a in range(star.first[v], star.first[v + 1]):
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


TIME, EXPOSURE, LEAST, WEIGHTED = 0, 1, 2, 3
"""Columns of `Ahead.bounds`; weighted sums from WEIGHTED on."""


class Ahead(NamedTuple):
    """What lies between each node and the destination; NEVER where a node is of no use.

    Attributes:
        bounds: (n, 3 + w) least time; least exposure; least exposure of the labels that came by (changes); and the
            least weighted sums of time and exposure.
        ends: (n, 2 + w, 2) time and exposure of the fastest way, of the least exposed, and of the least weighted sums.
        weights: (w, 2) the weights of time and of exposure.
    """

    bounds: Ints
    ends: Ints
    weights: Ints


class Known(NamedTuple):
    """The solutions known so far, by level of rounded exposure.

    Attributes:
        time: (l,) least time known at or below each level; never rises from level to level.
        how: (l, 2) the label it goes on from, and by which of `Ahead.ends` from there.
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
def corners(known: Known, weights: Ints) -> Ints:
    """Return the greatest weighted sums that a better solution can have, over 1, 2, 4, ... levels from each level on.

    Returns:
        (k, w, l): entry [k, j, r] is that over the levels r to r + 2^k - 1. Solutions added later can only lower it.
    """
    rows = len(known.time)
    depth = 1
    while 1 << depth <= rows:
        depth += 1
    found = np.empty((depth, len(weights), rows), dtype=np.int64)
    for j in range(len(weights)):
        for row in range(rows):
            # Better at this level: earlier than what is known, and no more exposed than the level's upper edge.
            exposure = (known.lowest + row) * known.step
            found[0, j, row] = weights[j, 0] * (known.time[row] - 1) + weights[j, 1] * exposure
        for k in range(1, depth):
            half = 1 << (k - 1)
            for row in range(rows):
                found[k, j, row] = max(found[k - 1, j, row], found[k - 1, j, min(row + half, rows - 1)])
    return found


@compiled
def last_beaten(known: Known, time: int, row: int) -> int:
    """Return the last level, from `row` on, at which the solution known takes longer than a time."""
    low, high = row, len(known.time) - 1
    while low < high:
        middle = (low + high + 1) >> 1
        if known.time[middle] > time:
            low = middle
        else:
            high = middle - 1
    return low


@compiled
def hopeless(known: Known, ahead: Ahead, tops: Ints, node: int, costs: tuple[int, int, int, int]) -> bool:
    """Say whether a label can lead to no solution better than those known.

    By the least time and the least exposure ahead, and by the least weighted sums: what is better at some level
    between those two has a sum below the greatest corner there.

    Args:
        known, ahead: what is known.
        tops: see `corners`.
        node: where the label is.
        costs: its time and exposure so far, and the least of the whole route.
    """
    spent, met, time, exposure = costs
    row = level(known, exposure)
    if row >= len(known.time) or time >= known.time[row]:
        return True
    if len(ahead.weights) == 0:
        return False
    last = last_beaten(known, time, row)
    k = 0
    while 2 << k <= last - row + 1:
        k += 1
    for j in range(len(ahead.weights)):
        top = max(tops[k, j, row], tops[k, j, last - (1 << k) + 1])
        if ahead.weights[j, 0] * spent + ahead.weights[j, 1] * met + ahead.bounds[node, WEIGHTED + j] > top:
            return True
    return False


@compiled
def doubled(rows: Any) -> Any:
    """Return an array of twice as many rows that begins with the given ones."""
    more = np.empty((2 * len(rows), rows.shape[1]), dtype=rows.dtype)
    more[: len(rows)] = rows
    return more


@compiled
def label(  # noqa: C901 - one loop, compiled as a whole
    star: Star, costs: tuple[Ints, Ints], ahead: Ahead, known: Known, limits: tuple[int, int, int]
) -> tuple[Small, int, bool]:
    """Find all solutions that no other dominates; they end up in `known`.

    Labels are taken in order of the least time a route through them can have, so that at a node a label is dominated
    exactly when an earlier one was no more exposed: one comparison. C. Hernandez Ulloa, W. Yeoh et al., "Simple and
    efficient bi-objective search algorithms via fast dominance checks", Artificial Intelligence 314 (2023). Each label
    is also completed by the ways known from its node; those solutions prune what comes later. Exposure is rounded only
    when solutions are compared, never between labels of a node.

    Args:
        star: the arcs leaving each node.
        costs: their times and exposures.
        ahead: what lies ahead of each node; its column LEAST changes.
        known: solutions; changed. Label 0 is the origin.
        limits: the origin; the most labels kept and waiting; the longest time that is looked at.

    Returns:
        For each label the label before it and the arc between; how many labels were kept; whether a limit was hit.
    """
    origin, most, latest = limits
    bounds, ends = ahead.bounds, ahead.ends
    kept = np.full((1024, 2), ROOT, dtype=np.int32)
    heap = Heap(np.empty((1024, 2), dtype=np.int64), np.empty((1024, 2), dtype=np.int32))
    heap.keys[0, 0], heap.keys[0, 1] = bounds[origin, TIME], bounds[origin, EXPOSURE]
    heap.data[0, 0], heap.data[0, 1] = ROOT, ROOT
    count, size, cut, fresh = 0, 1, False, 1000
    tops = corners(known, ahead.weights)
    while size > 0:
        time, exposed = heap.keys[0, 0], heap.keys[0, 1]
        before, a = heap.data[0, 0], heap.data[0, 1]
        size -= 1
        sink(heap, size)
        v = star.other[a] if a >= 0 else origin
        spent, met = time - bounds[v, TIME], exposed - bounds[v, EXPOSURE]
        if met >= bounds[v, LEAST] or hopeless(known, ahead, tops, v, (spent, met, time, exposed)):
            continue
        if count + size >= most:
            cut = True
            break
        bounds[v, LEAST] = met
        if count == len(kept):
            kept = doubled(kept)
        kept[count, 0], kept[count, 1] = before, a
        for way in range(ends.shape[1]):
            note(known, spent + ends[v, way, 0], met + ends[v, way, 1], count, way)
        if count == fresh:
            tops, fresh = corners(known, ahead.weights), fresh + min(fresh, 50_000)
        for b in range(star.first[v], star.first[v + 1]):
            w = star.other[b]
            went, saw = spent + costs[0][b], met + costs[1][b]
            if saw >= bounds[w, LEAST]:
                continue
            one, two = went + bounds[w, TIME], saw + bounds[w, EXPOSURE]
            if hopeless(known, ahead, tops, w, (went, saw, one, two)):
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


class Trail(NamedTuple):
    """What a route is read from: labels, and the search by which it goes on.

    Attributes:
        kept: for each label the label before it, and the arc between in the order of the nodes left.
        out, into: which arc of the graph each is, in the order of the nodes left and entered.
        head: the node that each arc of the graph leads to.
        via: for each node the arc by which the search goes on, in the order of the nodes entered.
    """

    kept: Small
    out: Small
    into: Small
    head: Small
    via: Small


@compiled
def walk(trail: Trail, at: int, origin: int, destination: int) -> Ints:
    """Return the arcs of a route, in order: back through its labels, then on to the destination."""
    count, before = 0, at
    while before != ROOT and trail.kept[before, 1] != ROOT:
        count, before = count + 1, trail.kept[before, 0]
    node = trail.head[trail.out[trail.kept[at, 1]]] if count else origin
    on, there = 0, node
    while there != destination:
        on, there = on + 1, trail.head[trail.into[trail.via[there]]]
    arcs = np.empty(count + on, dtype=np.int64)
    before = at
    for place in range(count - 1, -1, -1):
        arcs[place] = trail.out[trail.kept[before, 1]]
        before = trail.kept[before, 0]
    for place in range(count, count + on):
        arcs[place] = trail.into[trail.via[node]]
        node = trail.head[arcs[place]]
    return arcs
