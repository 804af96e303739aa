"""What is met along the ways of a shortest path tree: metres of each class of evidence, and the worst class."""

import numpy as np
from numpy.typing import NDArray

from layers.roads.classes import Evidenced
from layers.routing.arcs import Graph
from layers.routing.compiled import compiled
from layers.routing.stretches import Stretches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.int8]


@compiled
def _on_ways(before: Ints, goals: Ints) -> Ints:
    """Return the nodes on the ways to some goals, each once, but for the sources."""
    seen = np.zeros(len(before), np.bool_)
    for goal in goals:
        node = goal
        while before[node] >= 0 and not seen[node]:
            seen[node] = True
            node = before[node]
    return np.flatnonzero(seen).astype(np.int64)


@compiled
def _summed(  # noqa: PLR0913, PLR0917
    before: Ints, goals: Ints, row: Ints, metres: Floats, worst: Small, best: int
) -> tuple[Floats, Small]:
    """Return the metres of each class and the worst class on the way to each goal; `row` is that of a node's arc."""
    total = np.zeros((len(goals), metres.shape[1]))
    least = np.full(len(goals), best, np.int8)
    for k in range(len(goals)):
        node = goals[k]
        while before[node] >= 0:
            at = row[node]
            for kind in range(metres.shape[1]):
                total[k, kind] += metres[at, kind]
            least[k] = min(least[k], worst[at])
            node = before[node]
    return total, least


def met(ways: Stretches, on: Graph, before: Ints, goals: Ints) -> tuple[Floats, Small]:
    """Return (g, 9) metres of each class on the way to each goal, and (g,) the worst class.

    Args:
        ways: the stretches of the graph.
        on: the graph searched.
        before: (nodes,) the node before each, negative at sources and where no way leads.
        goals: (g,) nodes that are reached; at a source itself nothing is met, and the class is the best.
    """
    goals = np.asarray(goals, np.int64)
    nodes = _on_ways(before, goals)
    used = on.arcs.stretch[on.between(before[nodes], nodes)]
    row = np.full(len(before), -1, np.int64)
    row[nodes] = np.arange(len(nodes))
    return _summed(before, goals, row, ways.metres[used], ways.worst[used], int(max(Evidenced)))
