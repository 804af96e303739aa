"""One way through the network: its legs, its line on the ground, and the evidence under each metre of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import within
from layers.routing.front import STEP
from layers.routing.graph import JOINT, MICRO, Graph, Ground
from layers.routing.judged import Judged
from layers.routing.snap import Anchor
from layers.routing.split import stretch

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SECTIONS = np.dtype(
    [
        ("from_m", "f8"),  # metres from the route's beginning
        ("to_m", "f8"),
        ("stop", "i4"),  # the stop whose connector it lies on, -1 on the network
        ("edge", "i4"),  # of the network, or of the connectors
        ("piece", "i4"),  # of the evidence on the network, or on the connectors
    ]
)
"""A stretch of a route that lies on one piece; they fill the route."""


@dataclass(frozen=True)
class Leg:
    """A stretch of an edge, travelled from metre `begin` to metre `end` of it; against the edge where begin > end.

    Attributes:
        edge: the edge of the network; of the connectors, where `stop` is not -1.
        begin, end: metres along the edge.
        stop: the stop whose connector it is, -1 on the network.
    """

    edge: int
    begin: float
    end: float
    stop: int = -1

    @property
    def length(self) -> float:
        """Metres."""
        return abs(self.end - self.begin)


@dataclass(frozen=True, eq=False)
class Route:
    """A way from a place to another.

    Attributes:
        ground: what travel over the network means.
        anchors: the places it begins, calls and ends at, and how each meets the road.
        legs: what it is made of, connectors included, in order.
        lonlat: (k, 2) its line: the network's own vertices, and places between them where it joins or leaves an edge.
        sections: stretches of one piece each, of the type `SECTIONS`.
        time, exposure: microseconds and micrometres.
    """

    ground: Ground
    anchors: tuple[Anchor, ...]
    legs: tuple[Leg, ...]
    lonlat: Floats
    sections: NDArray[np.void]
    time: int
    exposure: int

    @property
    def length_m(self) -> float:
        """Its length (m), connectors included."""
        return float(self.sections["to_m"][-1]) if len(self.sections) else 0.0

    @property
    def duration_s(self) -> float:
        """How long it takes (s)."""
        return self.time / MICRO

    @property
    def exposure_m(self) -> int:
        """Metres unsurveyed and metres near open ground, in whole 10 m, rounded up."""
        return -(-self.exposure // STEP) * STEP // MICRO

    def judged(self, stop: int) -> Judged:
        """Return the evidence that sections with this `stop` are pieces of."""
        held = self.ground.judged if stop < 0 else self.anchors[stop].judged
        if held is None:
            raise IndexError(f"stop {stop} lies on the carriageway and has no connector")
        return held


def legs_of(graph: Graph, arcs: Ints, anchors: Sequence[Anchor], nodes: int) -> tuple[Leg, ...]:
    """Return the legs of a path; arcs that go on along the same edge become one leg.

    Args:
        graph: the graph with its stops.
        arcs: the path.
        anchors: the stops.
        nodes: how many nodes the network has.
    """
    legs: list[Leg] = []
    columns = (graph.edge, graph.begin, graph.end, graph.tail)
    for edge, begin, end, tail in zip(*(column[arcs].tolist() for column in columns), strict=True):
        if edge == JOINT:
            continue
        if edge < 0:
            stop = -1 - edge
            held = anchors[stop]
            if held.judged is not None:
                leaving = (tail % (nodes + 2 * len(anchors)) - nodes) % 2 == 0
                ends = (0.0, held.length) if leaving else (held.length, 0.0)
                legs.append(Leg(held.row, ends[0], ends[1], stop))
            continue
        last = legs[-1] if legs else None
        if last and last.stop < 0 and (last.edge, last.end) == (edge, begin) and _goes_on(last, begin, end):
            legs[-1] = Leg(edge, last.begin, end)
        else:
            legs.append(Leg(edge, begin, end))
    return tuple(leg for leg in legs if leg.length > 0)


def _goes_on(last: Leg, begin: float, end: float) -> bool:
    """Say whether a stretch keeps the direction of the leg before it."""
    return last.length == 0 or begin == end or (last.end > last.begin) == (end > begin)


def route(ground: Ground, anchors: tuple[Anchor, ...], legs: tuple[Leg, ...], costs: tuple[int, int]) -> Route:
    """Return a route of some legs, with its line and its sections.

    Args:
        ground: what travel over the network means.
        anchors: the stops.
        legs: what the route is made of.
        costs: time (microseconds) and exposure (micrometres).
    """
    lines, blocks, so_far = [], [], 0.0
    length = ground.network.length
    for whole, some in groupby(legs, key=lambda leg: _is_whole(leg, length)):
        for part in [list(some)] if whole else [[leg] for leg in some]:
            line, sections = _of_whole(ground, part) if whole else _of_part(ground, anchors, part[0])
            sections["from_m"] += so_far
            sections["to_m"] += so_far
            lines.append(line)
            blocks.append(sections)
            so_far = float(sections["to_m"][-1])
    sections = np.concatenate(blocks) if blocks else np.empty(0, dtype=SECTIONS)
    lonlat = np.vstack(lines) if lines else np.empty((0, 2))
    if len(lonlat):
        lonlat = lonlat[np.r_[True, (np.diff(lonlat, axis=0) != 0).any(axis=1)]]
    return Route(ground, anchors, legs, lonlat, sections, *costs)


def _is_whole(leg: Leg, length: Floats) -> bool:
    """Say whether a leg is an edge of the network from one end to the other."""
    return leg.stop < 0 and min(leg.begin, leg.end) == 0 and max(leg.begin, leg.end) == length[leg.edge]


def _of_whole(ground: Ground, legs: Sequence[Leg]) -> tuple[Floats, NDArray[np.void]]:
    """Return the line and the sections of legs that are whole edges, all at once: a long route is made of them."""
    net, pieces = ground.network, ground.judged.evidence.pieces
    edge = np.array([leg.edge for leg in legs])
    against = np.array([leg.begin > leg.end for leg in legs])
    length = net.length[edge]
    line = net.lonlat[_in_turn(net.first[edge], net.first[edge + 1], against)[0]]
    row, of = _in_turn(ground.first[edge], ground.first[edge + 1], against)
    begin, end = pieces["begin"][row], pieces["end"][row]
    real = (begin < length[of]) & (end > 0)
    row, of, begin = row[real], of[real], begin[real]
    # A piece ends where the next one of its edge begins, the last at the edge's end: sections leave no gap.
    same = of[1:] == of[:-1]
    along = (against[of] & np.r_[False, same]) | (~against[of] & np.r_[same, False])
    following = np.where(against[of], np.roll(begin, 1), np.roll(begin, -1))
    end = np.where(along, following, length[of])
    turned = against[of]
    goes_on = (turned & np.r_[same, False]) | (~turned & np.r_[False, same])
    begin[~goes_on] = 0.0
    before = np.r_[0.0, np.cumsum(length)][of]
    found = np.zeros(len(row), dtype=SECTIONS)
    found["from_m"] = before + np.where(against[of], length[of] - end, begin)
    found["to_m"] = before + np.where(against[of], length[of] - begin, end)
    found["stop"], found["edge"], found["piece"] = -1, edge[of], row
    return line, found


def _in_turn(low: Ints, high: Ints, against: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return the numbers from each `low` to before its `high`, backwards where `against`, and the range of each."""
    count = high - low
    of = np.repeat(np.arange(len(low)), count)
    rank = within(count)
    return np.where(against[of], high[of] - 1 - rank, low[of] + rank), of


def _of_part(ground: Ground, anchors: tuple[Anchor, ...], leg: Leg) -> tuple[Floats, NDArray[np.void]]:
    """Return the line and the sections of a leg on part of an edge, or on a connector."""
    judged = ground.judged if leg.stop < 0 else anchors[leg.stop].judged
    if judged is None:
        raise IndexError(f"stop {leg.stop} lies on the carriageway and has no connector")
    held = (ground.first[leg.edge], ground.first[leg.edge + 1]) if leg.stop < 0 else _held(judged, leg.edge)
    line = stretch(judged.evidence.network, leg.edge, leg.begin, leg.end)
    return line, _sections(judged, leg, (int(held[0]), int(held[1])))


def _held(judged: Judged, edge: int) -> tuple[int, int]:
    """Return the first piece of a connector, and the first after it."""
    low, high = np.searchsorted(judged.evidence.pieces["edge"], [edge, edge + 1])
    return int(low), int(high)


def _sections(judged: Judged, leg: Leg, held: tuple[int, int]) -> NDArray[np.void]:
    """Return the sections of a leg, whose edge holds some pieces, in metres from its beginning."""
    pieces = judged.evidence.pieces
    rows = np.arange(*held)
    left, right = min(leg.begin, leg.end), max(leg.begin, leg.end)
    rows = rows[(pieces["begin"][rows] < right) & (pieces["end"][rows] > left)]
    # The ends of the leg are exact, so that the lengths of sections sum to the route's.
    marks = np.r_[left, pieces["begin"][rows[1:]], right] - left
    found = np.zeros(len(rows), dtype=SECTIONS)
    if leg.begin > leg.end:
        rows, marks = rows[::-1], (right - left) - marks[::-1]
    found["from_m"], found["to_m"] = marks[:-1], marks[1:]
    found["stop"], found["edge"], found["piece"] = leg.stop, leg.edge, rows
    return found
