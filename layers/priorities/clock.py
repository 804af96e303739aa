"""When settlements open under a sequence, in m2 cleared until then; compiled, for searches ask it many thousand times.

A node of the passages opens when the last of the hazards that bar it is cleared, and is reached when the latest node of
the best way to it has opened: a search for the way whose latest opening is earliest (bottleneck shortest path, by
Dijkstra's rule).
"""

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from layers.priorities.relevant import Relevant
from layers.routing.compiled import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Arrays(NamedTuple):
    """A problem's relevant part as plain arrays (see `Relevant`), and what is cleared up to the horizon (m2)."""

    share: Floats
    of_first: Ints
    of: Ints
    need_first: Ints
    need: Ints
    bar_first: Ints
    bar: Ints
    onward_first: Ints
    onward: Ints
    sites: Ints
    place: Ints
    weight: Floats
    horizon: float


def arrays(part: Relevant, horizon_m2: float) -> Arrays:
    """Return the arrays that the compiled functions take."""
    return Arrays(
        np.ascontiguousarray(part.share, np.float64),
        *(part.of.first, part.of.items, part.needed.first, part.needed.items, part.bars.first, part.bars.items),
        *(part.onward.first, part.onward.items, part.sites.astype(np.int64), part.place.astype(np.int64)),
        np.ascontiguousarray(part.weight, np.float64),
        float(horizon_m2),
    )


@compiled
def _cleared_at(a: Arrays, sequence: Ints) -> Floats:
    """Return the m2 cleared when each hazard is (inf: never): with the last of its pieces of ground."""
    done = np.full(len(a.share), np.inf)
    clock = 0.0
    for h in sequence:
        pieces = a.of[a.of_first[h] : a.of_first[h + 1]]
        for s in pieces:
            if done[s] == np.inf:
                clock += a.share[s]
        for s in pieces:
            done[s] = min(done[s], clock)
    cleared = np.zeros(len(a.of_first) - 1)
    for h in range(len(cleared)):
        for s in a.of[a.of_first[h] : a.of_first[h + 1]]:
            cleared[h] = max(cleared[h], done[s])
    return cleared


@compiled
def _latest(cleared: Floats, since: float, hazards: Ints) -> float:
    """Return the latest of a time and the times at which some hazards are cleared."""
    for h in hazards:
        since = max(since, cleared[h])
    return since


@compiled
def _reached_at(a: Arrays, cleared: Floats) -> tuple[Floats, Ints]:
    """Return when each node is reached (inf: never), and the node before it."""
    reached = np.full(len(a.bar_first) - 1, np.inf)
    before = np.full(len(reached), -1)
    heap = [(0.0, np.int64(0))]
    heap.pop()
    for site in a.sites:
        reached[site] = 0.0
        heapq.heappush(heap, (0.0, site))
    while len(heap) > 0:
        since, node = heapq.heappop(heap)
        if since > reached[node]:
            continue
        for other in a.onward[a.onward_first[node] : a.onward_first[node + 1]]:
            if reached[other] > since:
                then = _latest(cleared, since, a.bar[a.bar_first[other] : a.bar_first[other + 1]])
                if then < reached[other]:
                    reached[other] = then
                    before[other] = node
                    heapq.heappush(heap, (then, other))
    return reached, before


@compiled
def opening_times(a: Arrays, sequence: Ints) -> tuple[Floats, Ints]:
    """Return the m2 cleared when each settlement opens (inf: never), and the node before each on its best way."""
    cleared = _cleared_at(a, sequence)
    reached, before = _reached_at(a, cleared)
    times = np.empty(len(a.place))
    for k in range(len(times)):
        times[k] = _latest(cleared, reached[a.place[k]], a.need[a.need_first[k] : a.need_first[k + 1]])
    return times, before


@compiled
def cost(a: Arrays, sequence: Ints) -> float:
    """Return the sum of weight x m2 cleared until a settlement opens, each at most the horizon."""
    times, _ = opening_times(a, sequence)
    total = 0.0
    for k in range(len(times)):
        total += a.weight[k] * min(times[k], a.horizon)
    return total
