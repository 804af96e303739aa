"""Edges of the network as a mode of travel meets them: what bars each, how long it takes, metres by class of evidence.

Places (settlements, sites, ends of a plan) lie somewhere along edges; an edge is cut there, and each part keeps only
the pieces it has. Everything that asks about places and not about single routes works on these stretches.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.roads.classes import HARD, Evidenced
from layers.roads.evidence import Evidence
from layers.roads.network import MODE_BITS, Network
from layers.roads.rules import Mode, Rules
from layers.routing.rows import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TOUCH_M = 1e-6
"""Pieces that share less than this with a stretch (m) only touch it."""


class Judgement(Protocol):
    """Evidence judged for a mode of travel: the class of each piece, and where the mode may go at all."""

    @property
    def evidence(self) -> Evidence:
        """The facts of all p pieces."""

    @property
    def mode(self) -> Mode:
        """Who travels."""

    @property
    def classes(self) -> NDArray[np.int8]:
        """(p,) the class of each piece."""

    @property
    def allowed(self) -> Bools:
        """(p,) whether the mode may use the piece at all; people on foot may not use all that is not barred."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """Parts of edges between nodes, for one mode.

    Attributes:
        nodes: how many nodes there are: those of the network, then one for each place inside an edge.
        edge: (k,) the edge that each stretch is of.
        begin, end: (k,) where on it (m).
        tail, head: (k,) the nodes it runs from and to.
        forward, backward: (k,) travel times (s), inf where the mode may not go that way.
        metres: (k, 9) metres of each class (`layers.roads.classes.Evidenced`).
        worst: (k,) the worst class on it.
        shut: (k,) whether it stays impassable whatever is cleared: closed by its record, or not open to the mode.
        closed: (k,) whether it is so by the record of its road.
        hazards: for each stretch, the hazards (rows of the open ground) that bar it.
        points: for each stretch, the incidents and spots (rows of the evidence's points) that bar it.
        place: (m,) the node of each place.
    """

    nodes: int
    edge: Ints
    begin: Floats
    end: Floats
    tail: Ints
    head: Ints
    forward: Floats
    backward: Floats
    metres: Floats
    worst: NDArray[np.int8]
    shut: Bools
    closed: Bools
    hazards: Rows
    points: Rows
    place: Ints

    @property
    def blocked(self) -> Bools:
        """(k,) whether a hard block lies on the stretch."""
        return self.shut | (self.hazards.counts > 0) | (self.points.counts > 0)

    @property
    def length(self) -> Floats:
        """(k,) lengths (m)."""
        return self.end - self.begin


def closed_by_record(network: Network, rules: Rules, mode: Mode) -> Bools:
    """Say which edges their road's record closes to a mode: closed, restricted too narrowly, or not open to it.

    It is asked of the record and not of the class of the pieces, because on open ground the class says `inside_hazard`
    and a closed road stays closed after clearance.
    """
    shut = (network.allowed & MODE_BITS[mode]) == 0
    if "eo_status" not in network.roads:
        return np.asarray(shut)
    status = network.of_road("eo_status").astype(object)
    narrow = np.ones(len(network), bool)
    if "eo_width_m" in network.roads:
        width = pd.to_numeric(network.roads["eo_width_m"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        narrow = ~(width >= rules.width_m[mode])[network.road]
    return np.asarray(shut | (status == "closed") | ((status == "restricted") & narrow))


def stretches(
    judged: Judgement, seconds: tuple[Floats, Floats], places: tuple[Ints, Floats] | None = None
) -> Stretches:
    """Return the edges of a network as a mode meets them, cut at places.

    Args:
        judged: what the pieces of the network are to the mode.
        seconds: (e,) and (e,) travel times of the edges forwards and backwards (s), inf where the mode may not.
        places: (m,) the edge of each place, and (m,) where on it (m from its beginning).

    Raises:
        ValueError: a place lies beyond its edge, or arrays have the wrong length.
    """
    evidence, mode, classes, allowed = judged.evidence, judged.mode, judged.classes, judged.allowed
    network = evidence.network
    if len(classes) != len(evidence.pieces) or len(allowed) != len(evidence.pieces):
        raise ValueError(
            f"{len(evidence.pieces)} pieces of road, but {len(classes)} classes and {len(allowed)} allowed"
        )
    edge, along = places or (np.zeros(0, np.int64), np.zeros(0))
    parts = _cut(network, np.asarray(edge, np.int64), np.asarray(along, np.float64))
    of, begin, end, tail, head, place, nodes = parts
    with np.errstate(invalid="ignore"):
        fraction = np.where(network.length[of] > 0, (end - begin) / network.length[of], 1.0)
    fraction = np.where(fraction > 0, fraction, 0.0)
    times = [np.where(np.isinf(s[of]), np.inf, np.where(np.isinf(s[of]), 0.0, s[of]) * fraction) for s in seconds]
    stretch, piece, metres = _lying(evidence.pieces, of, begin, end, len(network))
    count = len(of)
    kind = np.asarray(classes)[piece].astype(np.int64)
    by_class = np.bincount(stretch * len(Evidenced) + kind, metres, count * len(Evidenced))
    worst = np.full(count, max(Evidenced), np.int8)
    np.minimum.at(worst, stretch, kind.astype(np.int8))

    hard = kind <= HARD
    of_ground = hard & (kind != Evidenced.closed)
    barred = evidence.barring[piece + 1] - evidence.barring[piece]
    within = np.flatnonzero(of_ground & (barred > 0))
    per = barred[within]
    first = np.cumsum(per) - per
    by = evidence.barred_by[np.repeat(evidence.barring[piece[within]] - first, per) + np.arange(per.sum())]
    point = evidence.pieces["point"][piece].astype(np.int64)
    at = np.flatnonzero(of_ground & (point >= 0))

    may = np.asarray(allowed)[piece]
    never = (kind == Evidenced.closed) | (~hard & ~may) | (of_ground & (barred == 0) & (point < 0))
    if mode is Mode.foot:
        # Ground in a buffer is not cleared when the hazard beside it is: people on foot still may not go there.
        never |= (kind == Evidenced.inside_buffer) & ~may
    closed = closed_by_record(network, evidence.rules, mode)[of]
    closed[stretch[kind == Evidenced.closed]] = True
    shut = closed.copy()
    shut[stretch[never]] = True
    return Stretches(
        nodes=nodes,
        edge=of,
        begin=begin,
        end=end,
        tail=tail,
        head=head,
        forward=times[0],
        backward=times[1],
        metres=np.asarray(by_class, np.float64).reshape(count, len(Evidenced)),
        worst=worst,
        shut=shut,
        closed=closed,
        hazards=Rows.of(np.repeat(stretch[within], per), by, count),
        points=Rows.of(stretch[at], point[at], count),
        place=place,
    )


def _cut(network: Network, edge: Ints, along: Floats) -> tuple[Ints, Floats, Floats, Ints, Ints, Ints, int]:
    """Cut edges at places: edge, begin, end, tail, head of each part, the node of each place, the number of nodes."""
    length = network.length
    bad = (edge < 0) | (edge >= len(network)) | ~np.isfinite(along) | (along < 0)
    bad |= along > np.where(bad, 0.0, length[np.where(bad, 0, edge)]) + TOUCH_M
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        raise ValueError(f"place {k} lies {along[k]} m along edge {edge[k]}, where there is no road")
    count = len(network.nodes)
    at_tail, at_head = along <= TOUCH_M, along >= length[edge] - TOUCH_M
    place = np.where(at_tail, network.tail[edge], network.head[edge])
    inner = np.flatnonzero(~at_tail & ~at_head)
    spots, which = np.unique(np.stack([edge[inner].astype(np.float64), along[inner]]), axis=1, return_inverse=True)
    place[inner] = count + which.ravel()
    cut_edge, cut_at = spots[0].astype(np.int64), spots[1]

    of = np.concatenate([np.arange(len(network)), cut_edge])
    begin = np.concatenate([np.zeros(len(network)), cut_at])
    start = np.concatenate([network.tail, count + np.arange(len(cut_edge))])
    order = np.lexsort((begin, of))
    of, begin, start = of[order], begin[order], start[order]
    last = np.r_[of[1:] != of[:-1], np.ones(min(len(of), 1), bool)]
    end, stop = np.r_[begin[1:], 0.0][: len(of)], np.r_[start[1:], 0][: len(of)]
    end = np.where(last, length[of], end)
    stop = np.where(last, network.head[of], stop)
    return of, begin, end, start.astype(np.int64), stop.astype(np.int64), place.astype(np.int64), count + len(cut_edge)


def _lying(pieces: NDArray[np.void], of: Ints, begin: Floats, end: Floats, edges: int) -> tuple[Ints, Ints, Floats]:
    """Return pairs (stretch, piece) where the piece lies on the stretch, and how much of it (m)."""
    parts = np.bincount(of, minlength=edges)
    first = np.cumsum(parts) - parts
    edge = pieces["edge"].astype(np.int64)
    per = parts[edge]
    piece = np.repeat(np.arange(len(pieces)), per)
    stretch = np.repeat(first[edge] - (np.cumsum(per) - per), per) + np.arange(per.sum())
    metres = np.minimum(pieces["end"][piece], end[stretch]) - np.maximum(pieces["begin"][piece], begin[stretch])
    # Of an uncut edge every piece counts, however short; of a cut one those that only touch the part do not.
    there = (metres > TOUCH_M) | (parts[edge[piece]] == 1)
    return stretch[there], piece[there], np.maximum(metres[there], 0.0)
