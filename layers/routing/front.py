"""The exact front of time against exposure between two nodes: every trade that no other beats, and nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.routing.graph import Graph
from layers.routing.search import (
    EXPOSURE,
    LEAST,
    NEVER,
    ROOT,
    TIME,
    Ahead,
    Known,
    Reach,
    Trail,
    advance,
    begin,
    corners,
    label,
    note,
    walk,
)

Ints = NDArray[np.int64]

STEP = 10_000_000
"""Exposure is compared in whole 10 m, rounded up (domain rules, section 6); here in micrometres."""
MOST_LABELS = 20_000_000
"""Labels kept and waiting, at which a search gives up; about 40 bytes each."""
WEIGHTINGS = 5
"""Searches by weighted sums that bound what lies between the fastest and the least exposed."""
FINE = 1000


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


@dataclass(frozen=True, eq=False)
class Backward:
    """A search from the destination by one cost, then another, and the time and exposure of the ways it found.

    Attributes:
        reach: the search.
        time, exposure: (n,) of the way from each node, NEVER where it is not final.
    """

    reach: Reach
    time: Ints
    exposure: Ints

    def at(self, node: int) -> tuple[int, int]:
        """Return time and exposure of the way from a node."""
        return int(self.time[node]), int(self.exposure[node])


class Searches:
    """Backward searches from a destination; what is of no use to a route from the origin is not looked at."""

    def __init__(self, graph: Graph, ends: tuple[int, int]) -> None:
        """Begin with none.

        Args:
            graph: the arcs.
            ends: origin and destination.
        """
        self.graph = graph
        self.origin, self.destination = ends
        self.side = graph.entering
        self.done: list[Backward] = []

    def extremes(self) -> bool:
        """Search for the fastest and the least exposed ways; say whether there is any.

        Neither search goes farther than the other's answer: a node that is at least as exposed as the fastest route,
        or as far as the least exposed one, is on no route that beats them.
        """
        star, by_time = self.side.star, (self.side.time, self.side.exposure)
        fastest = begin(self.graph.nodes, len(self.graph), self.destination)
        advance(star, by_time, fastest, self.origin, 0)
        if not fastest.settled[self.origin]:
            return False
        least = begin(self.graph.nodes, len(self.graph), self.destination)
        advance(star, by_time[::-1], least, self.origin, int(fastest.best[self.origin, 1]))
        advance(star, by_time, fastest, self.origin, int(least.best[self.origin, 1]))
        self.done.append(Backward(fastest, *final(fastest)))
        exposure, time = final(least)
        self.done.append(Backward(least, time, exposure))
        return True

    def weighted(self, weights: tuple[int, int], bound: int) -> Backward:
        """Search for the ways of least weighted sum of time and exposure, up to a bound."""
        time, exposure = weights
        reach = begin(self.graph.nodes, len(self.graph), self.destination)
        both = self.side.time * time + self.side.exposure * exposure
        advance(self.side.star, (both, self.side.time), reach, self.origin, bound)
        total, spent = final(reach)
        met = np.where(reach.settled, (total - time * spent) // exposure, NEVER)
        self.done.append(Backward(reach, spent, met))
        return self.done[-1]


def final(reach: Reach) -> tuple[Ints, Ints]:
    """Return both costs of a search, NEVER where they are not final."""
    best = np.where(reach.settled[:, np.newaxis], reach.best, NEVER)
    return np.ascontiguousarray(best[:, 0]), np.ascontiguousarray(best[:, 1])


def slope(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return weights, up to `FINE`, by which two points (time, exposure) weigh about the same."""
    time, exposure = abs(other[0] - one[0]), abs(other[1] - one[1])
    unit = max(time, exposure) / FINE
    return max(1, round(exposure / unit)), max(1, round(time / unit))


def gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return how much room two points (time, exposure) leave between them."""
    return abs(other[0] - one[0]) * abs(other[1] - one[1])


def between(searches: Searches, known: Known, most: int) -> Ints:
    """Search for ways between the fastest and the least exposed, by weighted sums; return the weights, shape (w, 2).

    Each search is weighted so that two neighbouring points found before weigh the same; it finds a point below them, or
    shows that there is none. Y. P. Aneja, K. P. K. Nair, "Bicriteria transportation problem", Management Science 25
    (1979).
    """
    pairs = [(searches.done[0].at(searches.origin), searches.done[1].at(searches.origin))]
    weights: list[tuple[int, int]] = []
    while pairs and len(weights) < most and len(known.time) > 1:
        # Where most is unknown: the widest gap between neighbouring points.
        widest = max(range(len(pairs)), key=lambda k: gap(*pairs[k]))
        one, other = pairs.pop(widest)
        weigh = slope(one, other)
        bound = int(corners(known, np.array([weigh]))[-1].max()) + 1
        weights.append(weigh)
        point = searches.weighted(weigh, bound).at(searches.origin)
        note(known, *point, 0, len(searches.done) - 1)
        if weigh[0] * (point[0] - one[0]) + weigh[1] * (point[1] - one[1]) < 0 and point not in {one, other}:
            pairs += [(one, point), (point, other)]
    return np.array(weights, dtype=np.int64).reshape(-1, 2)


def ahead_of(searches: Searches, weights: Ints) -> Ahead:
    """Return what the searches found from each node on."""
    fastest, least, *others = searches.done
    never = np.full(len(fastest.time), NEVER)
    sums = [np.where(one.reach.settled, one.reach.best[:, 0], NEVER) for one in others]
    bounds = np.column_stack([fastest.time, least.exposure, never, *sums])
    ends = np.stack([np.column_stack([one.time, one.exposure]) for one in searches.done], axis=1)
    # A node that one of the searches had no use for is on no route that is wanted.
    bounds[(bounds[:, TIME] >= NEVER) | (bounds[:, EXPOSURE] >= NEVER), LEAST] = -1
    return Ahead(bounds, np.ascontiguousarray(ends), weights)


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
    searches = Searches(graph, (origin, destination))
    if not searches.extremes():
        return Front(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), (), 0, capped=False)
    fastest, least = (one.at(origin) for one in searches.done)
    lowest = -(-least[1] // step)
    levels = -(-fastest[1] // step) - lowest + 1
    known = Known(np.full(levels, NEVER, dtype=np.int64), np.full((levels, 2), ROOT, dtype=np.int32), step, lowest)
    note(known, *fastest, 0, 0)
    note(known, *least, 0, 1)
    weights = between(searches, known, WEIGHTINGS)
    out = graph.leaving
    limits = (origin, most_labels, stretch(detour, fastest[0]))
    kept, count, capped = label(out.star, (out.time, out.exposure), ahead_of(searches, weights), known, limits)
    better = np.flatnonzero(known.time < np.r_[NEVER, known.time[:-1]])[::-1]
    ways = [one.reach.via for one in searches.done]
    trails = [Trail(kept, graph.out, graph.into, graph.head, via) for via in ways]
    paths = tuple(walk(trails[way], int(at), origin, destination) for at, way in known.how[better])
    exposure = np.array([graph.exposure[arcs].sum() for arcs in paths], dtype=np.int64)
    return Front(known.time[better], exposure, paths, count, capped)
