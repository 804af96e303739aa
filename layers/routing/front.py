"""The exact front of time against exposure between two nodes: every trade that no other beats, and nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.routing.graph import Graph
from layers.routing.search import NEVER, ROOT, Ahead, Known, Reach, Star, advance, begin, label

Ints = NDArray[np.int64]

STEP = 10_000_000
"""Exposure is compared in whole 10 m, rounded up (domain rules, section 6); here in micrometres."""
MOST_LABELS = 20_000_000
"""Labels kept and waiting, at which a search gives up; about 40 bytes each."""


@dataclass(frozen=True, eq=False)
class Front:
    """The k routes between two nodes that no other dominates, the fastest first.

    Attributes:
        time: (k,) microseconds, rising.
        exposure: (k,) micrometres, before rounding; falls by at least a step from route to route once rounded.
        paths: (k,) the arcs of each route, in order.
        labels: how many partial routes were followed.
        capped: a limit was hit: the routes are real and the fastest and the least exposed are among them, but others
            may be missing.
    """

    time: Ints
    exposure: Ints
    paths: tuple[Ints, ...]
    labels: int
    capped: bool

    def __len__(self) -> int:
        """Return the number of routes."""
        return len(self.time)


def stretch(limit: float | None, fastest: int) -> int:
    """Return the longest time (microseconds) that is looked at."""
    return NEVER if limit is None else min(NEVER, int(limit * fastest))


def searches(graph: Graph, origin: int, destination: int) -> tuple[Reach, Reach] | None:
    """Search backwards for the fastest and for the least exposed way from each node of use; None where there is no way.

    Neither search goes farther than the other's answer: a node that is at least as exposed as the fastest route, or at
    least as far as the least exposed one, is on no route that beats them.
    """
    star = Star(graph.into_first, graph.into, graph.tail)
    by_time, by_exposure = (graph.time, graph.exposure), (graph.exposure, graph.time)
    fastest = begin(graph.nodes, len(graph), destination)
    advance(star, by_time, fastest, origin, 0)
    if not fastest.settled[origin]:
        return None
    least = begin(graph.nodes, len(graph), destination)
    advance(star, by_exposure, least, origin, int(fastest.best[origin, 1]))
    advance(star, by_time, fastest, origin, int(least.best[origin, 1]))
    return fastest, least


def ahead_of(fastest: Reach, least: Reach) -> Ahead:
    """Return the costs of both searches, NEVER where they are not final."""
    one = np.where(fastest.settled[:, np.newaxis], fastest.best, NEVER)
    two = np.where(least.settled[:, np.newaxis], least.best, NEVER)
    columns = (np.ascontiguousarray(column) for column in (one[:, 0], one[:, 1], two[:, 0], two[:, 1]))
    return Ahead(*columns)


def front(  # noqa: PLR0913 - a search and its limits
    graph: Graph,
    origin: int,
    destination: int,
    *,
    step: int = STEP,
    most_labels: int = MOST_LABELS,
    detour: float | None = None,
) -> Front:
    """Return the exact front of (time, exposure rounded up to whole steps) between two nodes.

    Of several routes with the same time and the same rounded exposure one is given, always the same.

    Args:
        graph: the arcs that may be used.
        origin, destination: nodes of it.
        step: exposure (micrometres) is rounded up to whole steps, of the whole route, before routes are compared.
        most_labels: the search gives up at so many partial routes, and says so.
        detour: leave out what takes more than so many times the fastest time; None for no such limit. The least exposed
            route is there all the same.

    Returns:
        The front; empty where no way leads from origin to destination.
    """
    found = searches(graph, origin, destination)
    if found is None:
        return Front(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), (), 0, capped=False)
    fastest, least = found
    lowest = -(-int(least.best[origin, 0]) // step)
    levels = -(-int(fastest.best[origin, 1]) // step) - lowest + 1
    known = Known(np.full(levels, NEVER, dtype=np.int64), np.full((levels, 2), ROOT, dtype=np.int32), step, lowest)
    star = Star(graph.first, graph.out, graph.head)
    limits = (origin, most_labels, stretch(detour, int(fastest.best[origin, 0])))
    kept, count, capped = label(star, (graph.time, graph.exposure), ahead_of(fastest, least), known, limits)
    better = np.flatnonzero(known.time < np.r_[NEVER, known.time[:-1]])[::-1]
    ways = (fastest.via, least.via)
    paths = tuple(path(graph, kept, int(at), ways[way], (origin, destination)) for at, way in known.how[better])
    exposure = np.array([graph.exposure[arcs].sum() for arcs in paths], dtype=np.int64)
    return Front(known.time[better], exposure, paths, count, capped)


def path(graph: Graph, kept: NDArray[np.int32], at: int, via: NDArray[np.int32], ends: tuple[int, int]) -> Ints:
    """Return the arcs of a route: back through its labels, then on to the destination by the arcs of a search."""
    arcs: list[int] = []
    while at != ROOT and kept[at, 1] != ROOT:
        arcs.append(int(kept[at, 1]))
        at = int(kept[at, 0])
    arcs.reverse()
    node, destination = (int(graph.head[arcs[-1]]) if arcs else ends[0]), ends[1]
    while node != destination:
        arcs.append(int(via[node]))
        node = int(graph.head[arcs[-1]])
    return np.array(arcs, dtype=np.int64)
