"""The facts of roads: what begins and ends along each edge, and what holds in between.

Nothing here depends on more than an edge and the records near it, taken in the order of their ids, so that an edge that
is looked at again comes out the same to the last digit, whatever is looked at with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.opens import OpenGround, open_ground
from layers.coverage.sets import covering_sets
from layers.coverage.standing import standing
from layers.coverage.state import CLEARED, SHA
from layers.roads import kernels
from layers.roads.network import Network
from layers.roads.outlines import Candidates, boxes_of_edges, candidates, grown
from layers.roads.plane import Segments, segments
from layers.roads.records import codes, points_that_bar
from layers.roads.rules import Rules
from layers.roads.stretches import Runs, Sets, cut, joined, sets_of, settled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[Any]

LONG_AGO = -(2**22)
"""A day before every date."""

TILE = 0.25
"""Edges are worked on together where their beginnings lie in one square of so many degrees."""

_SHAPES = 2**40
"""More than any number of shapes of a layer."""

PIECES = np.dtype(
    [
        ("edge", "i4"),
        ("begin", "f8"),  # metres along the edge
        ("end", "f8"),
        ("ground", "i1"),  # a place in layers.coverage.state.STATES
        ("source", "i4"),  # the row of `sources` that the state stands on, -1 where there is none
        (
            "blocker",
            "i4",
        ),  # the nearest CHA, else SHA, that it lies on or in whose buffer; else -1
        ("point", "i4"),  # the nearest incident or spot in whose buffer it lies, -1 where there is none
        # The latest day on which one of those that bar it was asserted; evidence must not be older. LONG_AGO: none.
        ("asserted", "i4"),
        ("reported", "i4"),  # the same of its points
        ("nearest", "i4"),  # the nearest open hazard within `listed_m`, -1 where there is none
        ("distance", "f8"),  # how near it comes (m), inf where there is none
        ("exposed", "?"),  # within `exposed_m` of open ground
    ]
)
"""Facts of a piece of road; sorted by edge, then begin; the pieces of an edge fill it. Days are since 1970-01-01."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """What evidence is found from, beside the roads.

    Attributes:
        arrangement: the ground, as known.
        day: the date (days since 1970-01-01).
        rules: the rules.
        hazards: the open ground.
        row: (records,) the row in `hazards` of each hazard record, -1 where it is not open.
        points: incidents and spots that bar.
    """

    arrangement: Arranged
    day: int
    rules: Rules
    hazards: OpenGround
    row: Ints
    points: gpd.GeoDataFrame

    def half_width(self, network: Network) -> Floats:
        """Return half of the width of each edge of a network (m)."""
        width = np.full(len(network), np.nan)
        if "width_m" in network.roads:
            width = network.of_road("width_m").astype(np.float64)
        return np.where(width > 0, width, self.rules.road_width_m) / 2


def margins(accuracy: Floats, rules: Rules) -> Floats:
    """Return the buffers (m) of hazards or points of some accuracy (m, NaN: unknown) beside a road without width."""
    known = np.where(np.isnan(accuracy), rules.accuracy_m, accuracy)
    return np.asarray(rules.buffer_m + rules.k * np.sqrt(known**2 + rules.road_accuracy_m**2))


def reaches(hazards: OpenGround, points: gpd.GeoDataFrame, rules: Rules) -> tuple[Floats, Floats]:
    """Return how far (m) each hazard and each point matters to roads without width."""
    far = max(rules.exposed_m, rules.listed_m)
    return np.maximum(margins(hazards.accuracy_m, rules), far), margins(
        points["accuracy_m"].to_numpy(np.float64), rules
    )


def gathered(arrangement: Arranged, as_of: versions.Date, rules: Rules, before: OpenGround | None = None) -> Inputs:
    """Return what evidence of a date is found from.

    Args:
        arrangement: the ground and the points, as known.
        as_of: the date.
        rules: the rules.
        before: open ground of before, to take from what has not changed.

    Raises:
        ValueError: the arrangement is planar.
    """
    if arrangement.planar:
        message = "roads are measured in longitude and latitude: give the records a CRS"
        raise ValueError(message)
    hazards = open_ground(arrangement, as_of, before)
    number = arrangement.registers.hazards.number
    row = np.full(len(number), -1, dtype=np.int64)
    row[[number[one] for one in hazards.ids.tolist()]] = np.arange(len(hazards))
    points = points_that_bar(arrangement, as_of, rules)
    return Inputs(arrangement, versions.day(as_of), rules, hazards, row, points)


@dataclass(frozen=True, eq=False)
class Facts:
    """The facts of pieces of road, in order of edge and position.

    Attributes:
        pieces: (p,) of the type `PIECES`, but `source` is a code, see `layers.roads.records.codes`.
        barred: the hazards that bar each piece.
    """

    pieces: Rows
    barred: Sets


def together(parts: list[Facts]) -> Facts:
    """Return the facts of different edges as one, in order of edge."""
    pieces = np.concatenate([np.zeros(0, dtype=PIECES), *(part.pieces for part in parts)])
    counts = np.concatenate([np.diff(part.barred.first) for part in parts])
    barred = Sets(np.r_[0, np.cumsum(counts)], np.concatenate([part.barred.names for part in parts]))
    order = np.argsort(pieces["edge"], kind="stable")
    if (order[1:] > order[:-1]).all():
        return Facts(pieces, barred)
    return Facts(pieces[order], barred.chosen(order))


def spliced(old: Facts, edges: Ints, fresh: Facts) -> Facts:
    """Return the facts of all edges with those of some edges (ascending) taken from `fresh`."""
    # Stretches of edges that follow each other: what lies between is copied as it is.
    opens = np.r_[True, edges[1:] != edges[:-1] + 1][: len(edges)]
    low, high = edges[opens], edges[np.r_[opens[1:], True][: len(edges)]] + 1
    pieces, counts, names = [], [], []
    cut, cut_fresh = (
        np.column_stack([np.searchsorted(np.ascontiguousarray(one.pieces["edge"]), side) for side in (low, high)])
        for one in (old, fresh)
    )

    def copy(one: Facts, start: int, stop: int) -> None:
        pieces.append(one.pieces[start:stop])
        counts.append(np.diff(one.barred.first[start : stop + 1]))
        names.append(one.barred.names[one.barred.first[start] : one.barred.first[stop]])

    done = 0
    for (start, stop), (fresh_start, fresh_stop) in zip(cut.tolist(), cut_fresh.tolist(), strict=True):
        copy(old, done, start)
        copy(fresh, fresh_start, fresh_stop)
        done = stop
    copy(old, done, len(old.pieces))
    return Facts(np.concatenate(pieces), Sets(np.r_[0, np.cumsum(np.concatenate(counts))], np.concatenate(names)))


def found(network: Network, edges: Ints, inputs: Inputs) -> Facts:
    """Find the facts of some edges (ascending)."""
    return together([_found(network, some, inputs) for some in _tiles(network, edges)])


def _tiles(network: Network, edges: Ints) -> Iterator[Ints]:
    """Return edges tile by tile: near ones are looked at together."""
    if not len(edges):
        yield edges
        return
    tile = np.floor(network.lonlat[network.first[edges]] / TILE).astype(np.int64)
    order = np.lexsort((edges, tile[:, 0], tile[:, 1]))
    moves = np.flatnonzero((tile[order][1:] != tile[order][:-1]).any(axis=1)) + 1
    yield from (edges[some] for some in np.split(order, moves))


def _found(network: Network, edges: Ints, inputs: Inputs) -> Facts:
    seg = segments(network, edges)
    boxes = boxes_of_edges(network, edges)
    half = inputs.half_width(network)[edges]
    far, beside = (one + half.max(initial=0.0) for one in reaches(inputs.hazards, inputs.points, inputs.rules))
    hazards = candidates(boxes, grown(inputs.hazards.boxes, far), inputs.hazards.polygons)
    spots = inputs.points.geometry.to_numpy()
    points = candidates(boxes, grown(shapely.bounds(spots).reshape(-1, 4), beside), spots)
    covers = [_covers(seg, boxes, inputs, layer) for layer in range(3)]
    buffer = half[hazards.road] + margins(inputs.hazards.accuracy_m[hazards.of], inputs.rules)[hazards.local]
    accuracy = inputs.points["accuracy_m"].to_numpy(np.float64)[points.of]
    aside = half[points.road] + margins(accuracy, inputs.rules)[points.local]
    runs = [
        *covers,
        _near(seg, hazards, buffer, hazards.of[hazards.local]),
        _near(seg, points, aside, points.of[points.local]),
        _near(seg, hazards, np.full(len(buffer), inputs.rules.exposed_m), np.zeros(len(buffer), dtype=np.int64)),
    ]
    stretches, held = cut(network.length[edges], runs)
    n = len(stretches)
    ground, source, (owner, over) = _ground(inputs, held[:3], n)
    barred = sets_of(np.concatenate([held[3][0], owner]), np.concatenate([held[3][1], over]), n)
    by_point = sets_of(*held[4], n)
    exposed = ground >= SHA
    exposed[held[5][0]] = True
    bars, pointed = np.diff(barred.first) > 0, np.diff(by_point.first) > 0
    danger = np.where(ground >= SHA, 100 * ground, 10 * (2 * bars + pointed) + CLEARED - ground)
    stretches, place = settled(stretches, danger)
    ground, source, exposed = ground[place], source[place], exposed[place]
    barred, by_point = barred.chosen(place), by_point.chosen(place)
    same = (ground[1:] == ground[:-1]) & (source[1:] == source[:-1]) & (exposed[1:] == exposed[:-1])
    same &= barred.as_before() & by_point.as_before()
    stretches, place = joined(stretches, same)
    barred, by_point = barred.chosen(place), by_point.chosen(place)
    parts = kernels.parts(seg.first, seg.length, seg.begin, seg.end, stretches.road, stretches.begin, stretches.end)
    gap = _gaps(seg, parts, barred, hazards)
    blocker = _first(barred, [gap, ~inputs.hazards.confirmed[barred.names]])
    point = _first(by_point, [_gaps(seg, parts, by_point, points)])
    lines = hazards.outlines
    nearest, distance = kernels.nearest(
        *parts, seg.start, seg.axis, seg.scale, stretches.road, hazards.first, hazards.local,
        lines.edges, lines.first, lines.boxes, inputs.rules.listed_m,
    )  # fmt: skip
    pieces = np.zeros(len(stretches), dtype=PIECES)
    pieces["edge"] = edges[stretches.road]
    pieces["begin"], pieces["end"] = stretches.begin, stretches.end
    pieces["ground"], pieces["source"], pieces["exposed"] = ground[place], source[place], exposed[place]
    pieces["blocker"], pieces["point"] = blocker, point
    pieces["asserted"] = _latest(barred, inputs.hazards.asserted)
    pieces["reported"] = _latest(by_point, versions.days(inputs.points["date"]))
    pieces["nearest"] = np.where(nearest >= 0, hazards.of[nearest], -1) if len(hazards.of) else -1
    pieces["distance"] = distance
    return Facts(pieces, barred)


def _covers(seg: Segments, boxes: Floats, inputs: Inputs, layer: int) -> Runs:
    """Return where roads lie in polygons of a layer, of all versions; ties are claimed by hazards alone."""
    shapes = inputs.arrangement.registers.each()[layer].shapes
    near = candidates(boxes, grown(shapes.bounds, np.full(len(shapes), 0.1)), shapes.polygons)
    lines = near.outlines
    names, runs = kernels.inside(
        seg.first, seg.start, seg.axis, seg.scale, seg.length, near.first, near.local,
        lines.edges, lines.first, lines.boxes, layer == 0,
    )  # fmt: skip
    return _along(seg, near, names, runs, near.of[near.local])


def _near(seg: Segments, near: Candidates, distance: Floats, name: Ints) -> Runs:
    """Return where roads are within a distance of what is near them; a distance and a name for each candidate."""
    lines = near.outlines
    names, runs = kernels.near(
        seg.first, seg.start, seg.axis, seg.scale, seg.length, seg.lean, near.first, near.local,
        lines.edges, lines.first, lines.boxes, distance,
    )  # fmt: skip
    return _along(seg, near, names, runs, name)


def _along(seg: Segments, near: Candidates, names: Ints, runs: Floats, name: Ints) -> Runs:
    segment, candidate = names[:, 0], names[:, 1]
    return Runs(near.road[candidate], name[candidate], seg.along(segment, runs[:, 0]), seg.along(segment, runs[:, 1]))


def _ground(inputs: Inputs, held: list[tuple[Ints, Ints]], count: int) -> tuple[Ints, Ints, tuple[Ints, Ints]]:
    """Return the state of each stretch, the code of what it stands on, and pairs (stretch, open hazard over it)."""
    face = np.concatenate([stretch for stretch, _ in held])
    shape = np.concatenate([shape + layer * _SHAPES for layer, (_, shape) in enumerate(held)])
    order = np.lexsort((shape, face))
    face, shape = face[order], shape[order]
    twice = np.r_[False, (face[1:] == face[:-1]) & (shape[1:] == shape[:-1])][: len(face)]
    sets = covering_sets(face[~twice], shape[~twice], np.zeros(count, dtype=np.int64))
    layer, shape = np.divmod(sets.shape, _SHAPES)
    covers = [(sets.owner[layer == one], shape[layer == one]) for one in range(3)]
    stands = standing(inputs.arrangement, inputs.day, (covers[0], covers[1], covers[2]), sets.count, inputs.row < 0)
    first = np.searchsorted(stands.owner, np.arange(sets.count + 1))
    many = np.diff(first)[sets.of_face]
    stretch = np.repeat(np.arange(count), many)
    over = inputs.row[stands.hazard[np.repeat(first[sets.of_face], many) + within(many)]]
    source = codes(stands.release, stands.survey)
    return stands.state[sets.of_face], source[sets.of_face], (stretch, over)


def _gaps(seg: Segments, parts: tuple[Ints, Ints, Floats], sets: Sets, near: Candidates) -> Floats:
    """Return how near each stretch comes to each of the names of its set (m)."""
    lines = near.outlines
    local = np.searchsorted(near.of, sets.names)
    return np.asarray(kernels.gaps(*parts, seg.start, seg.axis, seg.scale, sets.owner, local, lines.edges, lines.first))


def _first(sets: Sets, keys: list[NDArray[np.generic]]) -> Ints:
    """Return the name of each set that comes first by its last key, then the one before, then its number; else -1."""
    owner = sets.owner
    order = np.lexsort((sets.names, *keys, owner))
    found = np.full(len(sets.first) - 1, -1, dtype=np.int64)
    found[owner[order][::-1]] = sets.names[order][::-1]
    return found


def _latest(sets: Sets, day: Ints) -> Ints:
    """Return the latest day of the names of each set; LONG_AGO where it has none."""
    found = np.full(len(sets.first) - 1, LONG_AGO, dtype=np.int64)
    np.maximum.at(found, sets.owner, day[sets.names])
    return found
