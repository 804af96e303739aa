"""Ends of roads that were not drawn onto each other to the last digit: joined within a tolerance, and reported.

Where two roads cross without a common vertex they are not joined: one may be a bridge. Roads of OpenStreetMap are
joined to each other by their nodes alone.
"""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from layers.roads.vertices import Bools, Floats, Ints, Vertices, same_places

TOLERANCE_M = 1.0
"""An end this near to another road belongs to it (m)."""
LOOSE_M = 20.0
"""An end this near to another road and not joined to it is worth a look (m)."""

_SAME_M = 0.01
"""A vertex this near is the place itself (m)."""
_STEP_M = 0.001
"""A segment is split at a whole number of these (m)."""
_A, _E2 = 6_378_137.0, 0.006_694_379_990_14
"""WGS 84: the semi-major axis (m) and the square of the eccentricity."""


@dataclass(frozen=True)
class Joined:
    """How the ends of roads were joined.

    Attributes:
        tolerance_m: the tolerance (m).
        ends: how many ends were joined to a road that they did not share a vertex with.
        farthest_m: how far off the farthest of them was (m).
        loose: how many dead ends lie within `LOOSE_M` of a road that their own does not meet.
    """

    tolerance_m: float
    ends: int
    farthest_m: float
    loose: int


def joined(vertices: Vertices, tolerance_m: float) -> tuple[Vertices, Joined]:
    """Return the vertices with near ends joined to the roads they lie on, which get a vertex there."""
    tips = np.unique(np.r_[vertices.begins, vertices.ends])
    near = _near(vertices, tips, tolerance_m)
    near = near.where(
        ~_shared(vertices, near) & ~(vertices.mapped[vertices.part[near.tip]] & near_mapped(vertices, near))
    )
    near = _nearest_places(vertices, near, tolerance_m)
    moved, pairs = _with_splits(vertices, near)
    moved = replace(moved, group=same_places(moved.group, *pairs.T))
    ends = len(np.unique(vertices.group[near.tip]))
    return moved, Joined(tolerance_m, ends, float(near.distance.max(initial=0.0)), _loose(moved))


@dataclass(frozen=True, eq=False)
class _Near:
    """Pairs of an end and a segment near it.

    Attributes:
        tip: (c,) the vertex that is an end.
        start: (c,) the vertex from which the segment runs.
        share: (c,) where on the segment the nearest point lies, from 0 to 1; length: (c,) of the segment (m).
        distance, to_start, to_end: (c,) from the end to that point and to the segment's vertices (m).
        vertex: (c,) the vertex that the end is joined to, -1 where the segment is split.
    """

    tip: Ints
    start: Ints
    share: Floats
    length: Floats
    distance: Floats
    to_start: Floats
    to_end: Floats
    vertex: Ints

    def where(self, kept: Bools | Ints) -> "_Near":
        return _Near(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


def near_mapped(vertices: Vertices, near: _Near) -> Bools:
    """Return whether the segment of each pair belongs to a road with OpenStreetMap nodes."""
    return vertices.mapped[vertices.part[near.start]]


def _metres(latitude: Floats) -> Floats:
    """Return metres per degree of longitude and latitude (n, 2) on the ellipsoid."""
    phi = np.radians(latitude)
    w = 1 - _E2 * np.sin(phi) ** 2
    return np.radians(np.column_stack([_A * np.cos(phi) / np.sqrt(w), _A * (1 - _E2) / w**1.5]))


def _near(vertices: Vertices, tips: Ints, within_m: float) -> _Near:
    """Return the pairs of an end and a segment within a distance (m), but for the end's own surroundings."""
    starts = vertices.starts
    low = np.minimum(vertices.xy[starts], vertices.xy[starts + 1])
    high = np.maximum(vertices.xy[starts], vertices.xy[starts + 1])
    places = vertices.xy[tips]
    reach = within_m / np.maximum(_metres(places[:, 1]), 1.0)
    if not len(starts) or not len(tips):
        none = np.zeros(0)
        return _Near(tips[:0], starts[:0], none, none, none, none, none, starts[:0])
    tree = shapely.STRtree(np.asarray(shapely.box(*low.T, *high.T)))
    tip, segment = tree.query(shapely.box(*(places - reach).T, *(places + reach).T))
    order = np.lexsort((segment, tip))
    tip, start = tips[tip[order]], starts[segment[order]]
    scale = _metres(vertices.xy[tip, 1])
    a = (vertices.xy[start] - vertices.xy[tip]) * scale
    b = (vertices.xy[start + 1] - vertices.xy[tip]) * scale
    run = b - a
    share = np.clip(-(a * run).sum(axis=1) / (run**2).sum(axis=1), 0, 1)
    distance = np.hypot(*(a + share[:, None] * run).T)
    found = _Near(tip, start, share, np.hypot(*run.T), distance, np.hypot(*a.T), np.hypot(*b.T), np.full(len(tip), -1))
    return found.where((distance <= within_m) & ~_own(vertices, found, within_m))


def _own(vertices: Vertices, near: _Near, within_m: float) -> Bools:
    """Return whether the segment is a piece of the end's own road that leads to it."""
    steps = np.r_[0.0, np.hypot(*(np.diff(vertices.xy, axis=0) * _metres(vertices.xy[1:, 1])).T)]
    along = np.cumsum(steps)
    before = along[near.tip] - along[near.start + 1]
    after = along[near.start] - along[near.tip]
    same = vertices.part[near.tip] == vertices.part[near.start]
    return np.asarray(same & (np.maximum(before, after) <= 2 * within_m))


def _shared(vertices: Vertices, near: _Near) -> Bools:
    """Return whether the segment's road already has a vertex at the place of the end; an own road has it twice."""
    count = int(vertices.group.max(initial=0)) + 1
    pairs, times = np.unique(vertices.part * count + vertices.group, return_counts=True)
    asked = vertices.part[near.start] * count + vertices.group[near.tip]
    at = np.minimum(np.searchsorted(pairs, asked), max(len(pairs) - 1, 0))
    own = vertices.part[near.tip] == vertices.part[near.start]
    return np.asarray((pairs[at] == asked) & (times[at] > own)) if len(pairs) else np.zeros(0, dtype=bool)


def _nearest_places(vertices: Vertices, near: _Near, tolerance_m: float) -> _Near:
    """Return which pairs are joined, and at which vertex: all ends that meet, and the nearest road that passes by."""
    is_end = np.zeros(len(vertices.xy), dtype=bool)
    is_end[vertices.begins] = is_end[vertices.ends] = True
    meeting = is_end | (np.bincount(vertices.group)[vertices.group] > 1)
    options = np.column_stack([near.start, near.start + 1])
    metres = np.column_stack([near.to_start, near.to_end])
    metres = np.where(meeting[options] & (metres <= tolerance_m), metres, np.inf)
    side = metres.argmin(axis=1)
    rows = np.arange(len(side))
    by_vertex = np.isfinite(metres[rows, side])
    # Beside a place where roads meet no second one is made; elsewhere the road is split at the nearest point.
    before, after = near.share * near.length, (1 - near.share) * near.length
    split_at = np.where(before <= _SAME_M, near.start, np.where(after <= _SAME_M, near.start + 1, -1))
    distance = np.where(by_vertex, metres[rows, side], near.distance)
    vertex = np.where(by_vertex, options[rows, side], split_at)
    part = vertices.part[near.start]
    order = np.lexsort((near.start, distance, ~by_vertex, part, near.tip))
    once = order[_first(near.tip[order], part[order])]
    chosen = replace(near.where(once), vertex=vertex[once], distance=distance[once])
    at_end = (chosen.vertex >= 0) & is_end[chosen.vertex]
    others = np.flatnonzero(~at_end)
    others = others[np.lexsort((vertices.part[chosen.start[others]], chosen.distance[others], chosen.tip[others]))]
    nearest = others[_first(chosen.tip[others])]
    return chosen.where(np.sort(np.r_[np.flatnonzero(at_end), nearest]))


def _first(*sorted_keys: Ints) -> Bools:
    """Return where a new combination of keys begins in sorted rows."""
    changes = [np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, dtype=bool) for key in sorted_keys]
    return np.asarray(np.logical_or.reduce(changes), dtype=bool)


def _with_splits(vertices: Vertices, near: _Near) -> tuple[Vertices, NDArray[np.int64]]:
    """Return the vertices with those where segments are split, and the pairs of groups (j, 2) that are one place."""
    split = near.vertex < 0
    start, share = near.start[split], near.share[split]
    steps = near.length[split] / _STEP_M
    # Places a hair's breadth apart are one: a road has no segments without length.
    places, new = np.unique(np.column_stack([start, np.rint(share * steps) / steps]), axis=0, return_inverse=True)
    start = places[:, 0].astype(np.int64)
    count = int(vertices.group.max(initial=-1)) + 1
    target = np.empty(len(near.tip), dtype=np.int64)
    target[split] = count + new.ravel()
    target[~split] = vertices.group[near.vertex[~split]]
    pairs = np.column_stack([vertices.group[near.tip], target])
    a, b = vertices.xy[start], vertices.xy[start + 1]
    xy = a + places[:, 1:] * (b - a)
    after = start + 1
    return (
        replace(
            vertices,
            xy=np.insert(vertices.xy, after, xy, axis=0),
            part=np.insert(vertices.part, after, vertices.part[start]),
            group=np.insert(vertices.group, after, count + np.arange(len(places))),
        ),
        pairs,
    )


def _loose(vertices: Vertices) -> int:
    """Return how many dead ends lie near a road that their own road does not meet."""
    times = np.bincount(vertices.group)
    tips = np.unique(np.r_[vertices.begins, vertices.ends])
    near = _near(vertices, tips[times[vertices.group[tips]] == 1], LOOSE_M)
    shared = times[vertices.group] > 1
    parts, groups = vertices.part[shared], vertices.group[shared]
    shape = (len(vertices.road), len(times))
    meets = csr_array((np.ones(len(parts), dtype=np.int32), (parts, groups)), shape=shape)
    neighbours = csr_array(meets @ meets.T)
    p, q = vertices.part[near.tip], vertices.part[near.start]
    apart = (p != q) & (np.asarray(neighbours[p, q]).ravel() == 0) if len(p) else np.zeros(0, dtype=bool)
    return len(np.unique(near.tip[apart]))
