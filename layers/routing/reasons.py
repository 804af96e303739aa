"""Why a place is not reached, told apart by what would have to change."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from layers.routing.arcs import Graph, arcs, graph
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
        self._any = graph(arcs(ways, np.ones(len(ways.edge), bool)))
        self._opened = graph(arcs(ways, ~ways.closed))
        self._unbarred = graph(arcs(ways, ~ways.closed & ~barred))

    def why(self, source: int, goals: Ints) -> list[Unreached]:
        """Return for each goal that is not reached from a source why it is not."""
        roads, opened, unbarred = (_reached(on, source)[goals] for on in (self._any, self._opened, self._unbarred))
        out = np.full(len(goals), Unreached.only_through_closed_road, object)
        out[~roads] = Unreached.no_road
        out[opened] = Unreached.only_through_hazard
        out[unbarred] = Unreached.unsurveyed_not_allowed
        return list(out)


def _reached(on: Graph, source: int) -> Bools:
    """Return which nodes are reached from one."""
    seen = np.zeros(on.arcs.nodes, bool)
    seen[breadth_first_order(on.matrix, source, directed=True, return_predecessors=False)] = True
    return seen
