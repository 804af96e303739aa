"""Why a place is not reached, told apart by what would have to change."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components

from layers.routing.arcs import arcs, graph
from layers.routing.stretches import Stretches

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Unreached(StrEnum):
    """Why no way leads to a place (domain rules, section 6)."""

    no_road = "NO_ROAD"
    only_through_hazard = "ONLY_THROUGH_HAZARD"
    only_through_closed_road = "ONLY_THROUGH_CLOSED_ROAD"
    unsurveyed_not_allowed = "UNSURVEYED_NOT_ALLOWED"


class Reasons:
    """The roads a mode could use if something were different: any road, open roads, roads without a hard block."""

    def __init__(self, ways: Stretches) -> None:
        barred = (ways.hazards.counts > 0) | (ways.points.counts > 0)
        self._any = _Reach(ways, np.ones(len(ways.edge), bool))
        self._opened = _Reach(ways, ~ways.closed)
        # Where the mode may use whatever is not closed, roads without a hard block are those that were searched.
        choosy = bool((ways.shut & ~ways.closed).any())
        self._unbarred = _Reach(ways, ~ways.closed & ~barred) if choosy else None

    def why(self, source: int, goals: Ints) -> list[Unreached]:
        """Return for each goal that is not reached from a source why it is not."""
        out = np.full(len(goals), Unreached.only_through_closed_road, object)
        out[~self._any.reached(source, goals)] = Unreached.no_road
        out[self._opened.reached(source, goals)] = Unreached.only_through_hazard
        if self._unbarred is not None:
            out[self._unbarred.reached(source, goals)] = Unreached.unsurveyed_not_allowed
        return list(out)


class _Reach:
    """Which nodes are reached from which over some stretches."""

    def __init__(self, ways: Stretches, usable: Bools) -> None:
        self._graph = graph(arcs(ways, usable)).matrix
        _, self._group = connected_components(self._graph, directed=True, connection="strong")

    def reached(self, source: int, goals: Ints) -> Bools:
        """Return which goals are reached from a source."""
        together = np.asarray(self._group[goals] == self._group[source])
        if together.all():
            return together
        seen = np.zeros(len(self._group), bool)
        seen[breadth_first_order(self._graph, source, directed=True, return_predecessors=False)] = True
        return np.asarray(seen[goals])
