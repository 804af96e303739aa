"""A network cut at places inside its edges, so that the places become nodes; what is known of the pieces stays."""

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.roads.network import Network
from layers.routing.judged import Judged

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Cut = tuple[int, float]
"""An edge, and metres along it."""

_NOT_PER_EDGE = ("roads", "nodes", "first", "lonlat", "along", "height")
_PER_PIECE = ("classes", "lifted", "allowed", "expired")


def place(network: Network, edge: int, along: float) -> Floats:
    """Return longitude and latitude of a place on an edge, straight between its vertices."""
    low, high = network.first[edge], network.first[edge + 1]
    metres = network.along[low:high]
    return np.array([np.interp(along, metres, network.lonlat[low:high, axis]) for axis in (0, 1)])


def stretch(network: Network, edge: int, begin: float, end: float) -> Floats:
    """Return the vertices (k, 2) of a part of an edge, from metre `begin` to metre `end`, which may lie before it."""
    low, high = network.first[edge], network.first[edge + 1]
    metres, lonlat = network.along[low:high], network.lonlat[low:high]
    left, right = min(begin, end), max(begin, end)
    inner = lonlat[(metres > left) & (metres < right)]
    line = np.vstack([place(network, edge, left), inner, place(network, edge, right)])
    return line if begin <= end else line[::-1]


def cut(
    judged: Judged, seconds: tuple[Floats, Floats], cuts: Sequence[Cut]
) -> tuple[Judged, tuple[Floats, Floats], Ints]:
    """Return evidence and travel times of a network cut at some places, and the node at each place.

    The parts of an edge share its travel time by their length. A place at an end of an edge is the node there.

    Args:
        judged: the evidence.
        seconds: travel times (s) along and against each edge.
        cuts: edges and metres along them.
    """
    net = judged.evidence.network
    marks: dict[int, list[float]] = {}
    for edge, along in cuts:
        if 0 < along < net.length[edge]:
            marks.setdefault(edge, []).append(along)
    inside = [(edge, along) for edge in sorted(marks) for along in sorted(set(marks[edge]))]
    nodes = {where: len(net.nodes) + k for k, where in enumerate(inside)}
    bounds = {e: [0.0, *sorted(set(at)), float(net.length[e])] for e, at in marks.items()}
    counts = np.ones(len(net), dtype=np.int64)
    counts[list(bounds)] = [len(at) - 1 for at in bounds.values()]
    network = _cut_network(net, bounds, nodes, counts)
    pieces, old = _cut_pieces(judged, bounds, counts)
    evidence = judged.evidence
    held = np.diff(evidence.barring)[old]
    barring = np.r_[0, np.cumsum(held)]
    rows = np.repeat(evidence.barring[:-1][old] - barring[:-1], held) + np.arange(barring[-1])
    found = replace(evidence, network=network, pieces=pieces, barring=barring, barred_by=evidence.barred_by[rows])
    shares = np.repeat(1.0, counts.sum())
    new = np.r_[0, np.cumsum(counts)]
    for edge, at in bounds.items():
        shares[new[edge] : new[edge + 1]] = np.diff(at) / at[-1]
    where = [_node(net, nodes, edge, along) for edge, along in cuts]
    times = (np.repeat(seconds[0], counts) * shares, np.repeat(seconds[1], counts) * shares)
    columns = {name: getattr(judged, name)[old] for name in _PER_PIECE}
    return replace(judged, evidence=found, **columns), times, np.array(where, dtype=np.int64)


def _node(net: Network, nodes: dict[Cut, int], edge: int, along: float) -> int:
    if (edge, along) in nodes:
        return nodes[edge, along]
    return int(net.tail[edge] if along <= 0 else net.head[edge])


def _cut_network(net: Network, bounds: dict[int, list[float]], nodes: dict[Cut, int], counts: Ints) -> Network:
    """Return the network with edges cut; `bounds` holds the metres of each cut edge's parts, ends included."""
    columns: dict[str, Any] = {f.name: getattr(net, f.name) for f in fields(net) if f.name not in _NOT_PER_EDGE}
    extra: dict[str, Any] = {
        name: np.repeat(column, counts, axis=0)
        for name, column in columns.items()
        if isinstance(column, np.ndarray) and len(column) == len(net)
    }
    new = np.r_[0, np.cumsum(counts)]
    blocks: list[tuple[Floats, Floats, Floats]] = []
    lengths = np.repeat(np.diff(net.first), counts)
    last = 0
    for edge, at in sorted(bounds.items()):
        low, high = net.first[edge], net.first[edge + 1]
        blocks.append((net.lonlat[last:low], net.along[last:low], net.height[last:low]))
        inner = [nodes[edge, metre] for metre in at[1:-1]]
        extra["tail"][new[edge] : new[edge + 1]] = [net.tail[edge], *inner]
        extra["head"][new[edge] : new[edge + 1]] = [*inner, net.head[edge]]
        metres, height = net.along[low:high], net.height[low:high]
        for part, (begin, end) in enumerate(pairwise(at)):
            along = np.r_[begin, metres[(metres > begin) & (metres < end)], end]
            line = stretch(net, edge, begin, end)
            blocks.append((line, along - begin, np.asarray(np.interp(along, metres, height), dtype=np.float64)))
            lengths[new[edge] + part] = len(along)
        last = high
    blocks.append((net.lonlat[last:], net.along[last:], net.height[last:]))
    lonlat, along, height = (np.concatenate([block[k] for block in blocks]) for k in range(3))
    places = np.array([place(net, edge, metre) for edge, metre in nodes]).reshape(-1, 2)
    vertices: dict[str, Any] = {
        "first": np.r_[0, np.cumsum(lengths)],
        "lonlat": lonlat,
        "along": along,
        "height": height,
    }
    return replace(net, nodes=np.vstack([net.nodes, places]), **extra, **vertices)


def _cut_pieces(judged: Judged, bounds: dict[int, list[float]], counts: Ints) -> tuple[NDArray[np.void], Ints]:
    """Return the pieces of the cut network, and which piece each was or was part of."""
    pieces = judged.evidence.pieces
    new = np.r_[0, np.cumsum(counts)]
    blocks, olds, last = [], [], 0
    for edge, at in sorted(bounds.items()):
        low, high = np.searchsorted(pieces["edge"], [edge, edge + 1])
        blocks.append(pieces[last:low].copy())
        olds.append(np.arange(last, low))
        blocks[-1]["edge"] = new[blocks[-1]["edge"]]
        for part, (begin, end) in enumerate(pairwise(at)):
            rows = low + np.flatnonzero((pieces["begin"][low:high] < end) & (pieces["end"][low:high] > begin))
            block = pieces[rows].copy()
            block["edge"] = new[edge] + part
            block["begin"] = np.maximum(block["begin"], begin) - begin
            block["end"] = np.minimum(block["end"], end) - begin
            blocks.append(block)
            olds.append(rows)
        last = int(high)
    rest = pieces[last:].copy()
    rest["edge"] = new[rest["edge"]]
    return np.concatenate([*blocks, rest]), np.concatenate([*olds, np.arange(last, len(pieces))])
