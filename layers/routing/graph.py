"""What may be travelled, as arcs: each edge that no piece bars, in each direction that its road allows.

An arc costs time, in whole microseconds, and exposure, in whole micrometres: metres that nobody surveyed, and metres
near open ground; a metre that is both counts twice. Whole numbers, so that sums are exact.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from layers.roads.classes import Evidenced
from layers.roads.network import Network
from layers.roads.rules import Unsurveyed
from layers.routing.compiled import compiled
from layers.routing.judged import Judged
from layers.routing.search import Star

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Seconds = tuple[Floats, Floats]
"""Travel times (s) of each edge along its vertices and against them, inf where it may not be used that way."""

MICRO = 1_000_000
JOINT = -1_000_000
"""The `edge` of an arc from one layer to the next, which leads nowhere on the ground."""


@compiled
def grouped(ends: Small, nodes: int) -> tuple[Ints, Small]:
    """Return where the arcs at each node begin, shape (n + 1,), and the arcs node by node, in order of number."""
    first = np.zeros(nodes + 1, dtype=np.int64)
    for v in ends:
        first[v + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    at, order = first.copy(), np.empty(len(ends), dtype=np.int32)
    for arc, v in enumerate(ends):
        order[at[v]] = arc
        at[v] += 1
    return first, order


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs, a row each.

    Attributes:
        tail, head: (m,) the nodes they lead from and to.
        time: (m,) microseconds; 0 only where nothing is travelled.
        exposure: (m,) micrometres.
        edge: (m,) the edge of the network; -1 - k for the connector of stop k.
        begin, end: (m,) metres along the edge where the arc begins and ends; against the edge where begin > end.
    """

    tail: Small
    head: Small
    time: Ints
    exposure: Ints
    edge: Ints
    begin: Floats
    end: Floats

    def __len__(self) -> int:
        """Return the number of arcs."""
        return len(self.tail)

    def joined(self, other: "Arcs") -> "Arcs":
        """Return these arcs, then the others."""
        return Arcs(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(Arcs)))

    def where(self, rows: Bools) -> "Arcs":
        """Return some of the arcs."""
        return Arcs(*(getattr(self, f.name)[rows] for f in fields(Arcs)))


class Side(NamedTuple):
    """Arcs put in order of the nodes at one end, so that a search reads them one after the other.

    Attributes:
        star: which arcs are at each node, and the node at their other end.
        time, exposure: (m,) in that order.
        arc: (m,) which arc of the graph each is.
    """

    star: Star
    time: Ints
    exposure: Ints
    arc: Small


@dataclass(frozen=True, eq=False)
class Graph(Arcs):
    """Arcs between nodes, and which arcs leave and enter each node.

    Attributes:
        nodes: how many nodes there are.
        first, out: the arcs leaving node v are out[first[v]:first[v + 1]].
        into_first, into: the arcs entering it, in the same way.
    """

    nodes: int
    first: Ints
    out: Small
    into_first: Ints
    into: Small

    @classmethod
    def of(cls, arcs: Arcs, nodes: int) -> Self:
        """Return the graph of some arcs."""
        columns: dict[str, Any] = {f.name: getattr(arcs, f.name) for f in fields(Arcs)}
        first, out = grouped(arcs.tail, nodes)
        into_first, into = grouped(arcs.head, nodes)
        return cls(**columns, nodes=nodes, first=first, out=out, into_first=into_first, into=into)

    @cached_property
    def leaving(self) -> Side:
        """The arcs by the node that they leave."""
        return Side(Star(self.first, self.head[self.out]), self.time[self.out], self.exposure[self.out], self.out)

    @cached_property
    def entering(self) -> Side:
        """The arcs by the node that they enter."""
        return Side(
            Star(self.into_first, self.tail[self.into]), self.time[self.into], self.exposure[self.into], self.into
        )


@dataclass(frozen=True)
class Stop:
    """A place on the network that a route begins, ends or calls at, and the connector that leads to it.

    Attributes:
        edge, along: the edge, and how far along it (m).
        time, exposure: of the connector (microseconds, micrometres).
    """

    edge: int
    along: float
    time: int = 0
    exposure: int = 0


def whole(values: Floats) -> Ints:
    """Return metres as whole micrometres, or seconds as whole microseconds."""
    return np.rint(np.asarray(values) * MICRO).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Ground:
    """What travel over each piece of a network means to one traveller; made once, used for many routes.

    Attributes:
        judged: the evidence.
        seconds: travel times of the edges.
        passable: (p,) which pieces may be used.
        unsurveyed: what the traveller wants of road that nobody surveyed.
    """

    judged: Judged
    seconds: Seconds
    passable: Bools
    unsurveyed: Unsurveyed = Unsurveyed.show

    @property
    def network(self) -> Network:
        """The roads."""
        return self.judged.evidence.network

    @cached_property
    def first(self) -> Ints:
        """Where the pieces of each edge begin, shape (e + 1,)."""
        return np.searchsorted(self.judged.evidence.pieces["edge"], np.arange(len(self.network) + 1))

    @cached_property
    def weight(self) -> Ints:
        """How many times a metre of each piece counts as exposure: 0, 1 or 2, shape (p,)."""
        near = self.judged.evidence.pieces["exposed"].astype(np.int64)
        return np.asarray(near + (self.judged.classes == Evidenced.unsurveyed))

    @cached_property
    def widths(self) -> dict[str, Floats]:
        """The widths (m) that records state, of the road and of what was verified of it, by field; NaN where none."""
        roads = self.network.roads
        none = np.full(len(roads), np.nan)
        names = ("width_m", "eo_width_m")
        return {name: np.asarray(roads[name], dtype=np.float64) if name in roads else none for name in names}

    @cached_property
    def usable(self) -> Bools:
        """Which edges the mode may use in some direction, shape (e,)."""
        return np.isfinite(self.seconds[0]) | np.isfinite(self.seconds[1])

    @cached_property
    def part_of(self) -> Ints:
        """The connected part of the network that each edge belongs to, by the roads of the mode, shape (e,)."""
        net, rows = self.network, self.usable
        ends = (net.tail[rows], net.head[rows])
        count = len(net.nodes)
        links = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(count, count))
        _, part = connected_components(links, directed=False)
        return np.asarray(part[net.tail], dtype=np.int64)

    @cached_property
    def arcs(self) -> Arcs:
        """The arcs of all edges that no piece bars."""
        pieces, net = self.judged.evidence.pieces, self.network
        exposure = np.r_[0, np.cumsum((whole(pieces["end"]) - whole(pieces["begin"])) * self.weight)]
        barred = np.r_[0, np.cumsum(~self.passable)]
        low, high = self.first[:-1], self.first[1:]
        open_ = barred[high] == barred[low]
        length, none = net.length, np.zeros(len(net))
        sides: list[Arcs] = []
        for seconds, ends in zip(self.seconds, ((net.tail, net.head), (net.head, net.tail)), strict=True):
            edge = np.flatnonzero(open_ & np.isfinite(seconds))
            along = (none, length) if not sides else (length, none)
            sides.append(
                Arcs(
                    ends[0][edge].astype(np.int32),
                    ends[1][edge].astype(np.int32),
                    np.maximum(whole(seconds[edge]), 1),
                    (exposure[high] - exposure[low])[edge],
                    edge,
                    along[0][edge],
                    along[1][edge],
                )
            )
        return sides[0].joined(sides[1])

    def part(self, edge: int, begin: float, end: float) -> tuple[bool, int]:
        """Return whether a stretch of an edge, begin <= end (m), may be used, and its exposure (micrometres)."""
        rows = slice(self.first[edge], self.first[edge + 1])
        pieces = self.judged.evidence.pieces[rows]
        low, high = np.maximum(pieces["begin"], begin), np.minimum(pieces["end"], end)
        met = high > low
        exposure = ((whole(high) - whole(low)) * self.weight[rows])[met].sum()
        return bool(self.passable[rows][met].all()), int(exposure)


def ground(judged: Judged, seconds: Seconds, unsurveyed: Unsurveyed = Unsurveyed.show) -> Ground:
    """Return what travel means to a traveller.

    Args:
        judged: the evidence, judged for the traveller's mode.
        seconds: travel times (s) of each edge along its vertices and against them, inf where it may not be used so.
        unsurveyed: what the traveller wants of road that nobody surveyed.
    """
    return Ground(judged, seconds, judged.passable(unsurveyed), unsurveyed)


def graph(ground: Ground, stops: Sequence[Stop] = ()) -> Graph:
    """Return the graph of a network with stops in it.

    Stop k is node n + 2k, off the road, and node n + 2k + 1 on it, with the connector between. An edge that holds stops
    is cut at them: a part is an arc where no piece of that part bars it.

    Args:
        ground: what travel means.
        stops: places on the network.
    """
    n = len(ground.network.nodes)
    if not stops:
        return Graph.of(ground.arcs, n)
    at: dict[int, list[int]] = defaultdict(list)
    rows: list[tuple[int, int, int, int, int, float, float]] = []
    for k, stop in enumerate(stops):
        off, on = n + 2 * k, n + 2 * k + 1
        cost = (stop.time, stop.exposure, -1 - k, 0.0, 0.0)
        rows += [(off, on, *cost), (on, off, *cost)]
        at[stop.edge].append(k)
    for edge, held in at.items():
        rows += parts(ground, edge, sorted((stops[k].along, n + 2 * k + 1) for k in held))
    columns = zip(*rows, strict=True)
    kinds = (np.int32, np.int32, np.int64, np.int64, np.int64, np.float64, np.float64)
    cut = Arcs(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
    whole_edges = ground.arcs.where(~np.isin(ground.arcs.edge, list(at)))
    return Graph.of(whole_edges.joined(cut), n + 2 * len(stops))


def parts(
    ground: Ground, edge: int, held: list[tuple[float, int]]
) -> list[tuple[int, int, int, int, int, float, float]]:
    """Return the arcs, as rows, of an edge cut at stops (metres along it, node), in order along it."""
    net, length = ground.network, float(ground.network.length[edge])
    ends = [(0.0, int(net.tail[edge])), *held, (length, int(net.head[edge]))]
    rows = []
    for (begin, one), (end, other) in pairwise(ends):
        may, exposure = ground.part(edge, begin, end)
        for side, seconds in enumerate(ground.seconds):
            if end == begin:  # a stop at a node is the node, whichever way its road may be used
                rows.append((one, other, 0, 0, edge, begin, end) if side == 0 else (other, one, 0, 0, edge, end, begin))
            elif may and np.isfinite(seconds[edge]):
                share = np.array([begin, end]) / length if length else np.zeros(2)
                time = int(np.diff(whole(share * seconds[edge]))[0])
                row = (one, other, time, exposure, edge, begin, end)
                rows.append(row if side == 0 else (other, one, time, exposure, edge, end, begin))
    return rows


def layered(graph: Graph, joints: Sequence[int]) -> Graph:
    """Return a graph in which a route that ends in the last layer has called at all joints, in their order.

    Layer k is a copy of the graph whose node v is v + k * nodes; at joint k one goes over into layer k + 1.

    Args:
        graph: the arcs.
        joints: nodes.
    """
    n, m, layers = graph.nodes, len(graph), len(joints) + 1
    shift = np.repeat(np.arange(layers) * n, m)
    columns = [np.tile(getattr(graph, f.name), layers) for f in fields(Arcs)]
    columns[0] = (columns[0] + shift).astype(np.int32)
    columns[1] = (columns[1] + shift).astype(np.int32)
    nodes, none = np.array(joints) + np.arange(layers - 1) * n, np.zeros(layers - 1)
    over = Arcs(
        nodes.astype(np.int32),
        (nodes + n).astype(np.int32),
        none.astype(np.int64),
        none.astype(np.int64),
        np.full(layers - 1, JOINT),
        none,
        none,
    )
    return Graph.of(Arcs(*columns).joined(over), n * layers)
