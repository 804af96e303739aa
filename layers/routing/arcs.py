"""Directions in which stretches of road can be used, and the graph of the lightest between any two nodes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.routing.stretches import Stretches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Arcs:
    """Stretches in a direction.

    Attributes:
        nodes: how many nodes there are.
        stretch: (a,) the stretch of each arc.
        backward: (a,) whether it is gone from its head to its tail.
        tail, head: (a,) from which node to which.
        seconds: (a,) how long it takes (s).
    """

    nodes: int
    stretch: Ints
    backward: Bools
    tail: Ints
    head: Ints
    seconds: Floats


def arcs(ways: Stretches, usable: Bools) -> Arcs:
    """Return the directions in which some of the stretches can be used."""
    there = np.flatnonzero(usable & np.isfinite(ways.forward))
    back = np.flatnonzero(usable & np.isfinite(ways.backward))
    return Arcs(
        ways.nodes,
        np.concatenate([there, back]),
        np.repeat([False, True], [len(there), len(back)]),
        np.concatenate([ways.tail[there], ways.head[back]]),
        np.concatenate([ways.head[there], ways.tail[back]]),
        np.concatenate([ways.forward[there], ways.backward[back]]),
    )


@dataclass(frozen=True, eq=False)
class Graph:
    """The lightest arc between any two nodes; of equally light ones the first.

    Attributes:
        arcs: all arcs.
        matrix: (nodes, nodes) weights.
        key: (m,) tail * nodes + head of the arcs kept, ascending.
        arc: (m,) which arcs they are.
    """

    arcs: Arcs
    matrix: csr_array
    key: Ints
    arc: Ints

    def between(self, tail: Ints, head: Ints) -> Ints:
        """Return the arcs kept between pairs of nodes."""
        return self.arc[np.searchsorted(self.key, tail * self.arcs.nodes + head)]


def graph(of: Arcs, weight: Floats | None = None) -> Graph:
    """Return the graph of some arcs, by seconds or by another weight."""
    weight = of.seconds if weight is None else weight
    key = of.tail * of.nodes + of.head
    order = np.lexsort((weight, key))
    order = order[np.r_[True, key[order][1:] != key[order][:-1]][: len(order)]]
    order = order[of.tail[order] != of.head[order]]
    matrix = csr_array((weight[order], (of.tail[order], of.head[order])), shape=(of.nodes, of.nodes))
    return Graph(of, matrix, key[order], order)


def fastest(on: Graph, sources: Ints) -> tuple[Floats, Ints]:
    """Return the weight from the nearest source to each node (inf where none leads there), and the node before it."""
    cost, before, _ = dijkstra(on.matrix, indices=sources, min_only=True, return_predecessors=True)
    return np.asarray(cost, np.float64), before.astype(np.int64)


def traced(on: Graph, before: Ints, goal: int) -> Ints:
    """Return the arcs of the way to a goal, from its source on."""
    path = [goal]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    nodes = np.array(path[::-1], np.int64)
    return on.between(nodes[:-1], nodes[1:])
