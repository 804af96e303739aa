"""The ground of records as arrays in shares of the Web Mercator world: what tiles are cut from.

An edge is straight in longitude and latitude (domain rules, section 5) and so a curve on the map: long edges are cut
until no piece of one is further from the curve than a fifth of a tile unit at the highest zoom.
"""

from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

HIGHEST = 18
"""The highest zoom that tiles are made for."""

EXTENT = 4096
"""Units of a tile's side."""

NOTHING, POINT, LINE, POLYGON = 0, 1, 2, 3
"""Kinds of ground, as MVT numbers them."""

LIMIT = 85.0511287798066
"""The latitude at which the square of the map ends; what lies beyond is drawn on its edge, so that it is not lost."""

TOLERANCE = 0.2 * 2 * np.pi / (EXTENT << HIGHEST)
"""How far a piece may be from the curve, in radians of the map: a fifth of a unit at the highest zoom."""

MOST_PIECES = 4096
"""Pieces of an edge; enough for one of 2,400 km at 40 degrees of latitude."""


@dataclass(frozen=True)
class Shapes:
    """The ground of n records: a record has parts, a part has rings (one, but for polygons with holes), a ring points.

    Attributes:
        kind: (n,) what each record is.
        records: (n + 1,) where the parts of each record begin.
        parts: where the rings of each part begin; one more than there are parts.
        rings: where the points of each ring begin; one more than there are rings.
        points: (v, 2) shares of the world's side, from its north-western corner.
        bounds: (n, 4) west, north, east, south of each record, in the same measure; NaN where it has no ground.
        inner: (n, 2) a point on each record.
    """

    kind: NDArray[np.int8]
    records: Ints
    parts: Ints
    rings: Ints
    points: Floats
    bounds: Floats
    inner: Floats

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.kind)

    def followed_by(self, other: "Shapes") -> "Shapes":
        """Return these records and then the others."""
        starts = {
            name: np.concatenate([getattr(self, name), getattr(other, name)[1:] + getattr(self, name)[-1]])
            for name in ("records", "parts", "rings")
        }
        rest = (one.name for one in fields(self) if one.name not in starts)
        return Shapes(**starts, **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in rest})


def projected(degrees: Floats) -> Floats:
    """Return longitudes and latitudes (n, 2) as shares of the Web Mercator world's side (EPSG:3857)."""
    latitude = np.radians(np.clip(degrees[:, 1], -LIMIT, LIMIT))
    x = np.clip(degrees[:, 0] / 360 + 0.5, 0, 1)
    return np.stack([x, np.clip(0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi), 0, 1)], axis=1)


def shapes_of(ground: Geometries) -> Shapes:
    """Return geometries (degrees; points, lines, polygons, or several of one of them) as arrays."""
    count = len(ground)
    parts, record = shapely.get_parts(ground, return_index=True)
    empty = shapely.is_empty(parts)
    parts, record = parts[~empty], record[~empty]
    dimension = shapely.get_dimensions(parts)
    areal = np.flatnonzero(dimension == POLYGON - 1)
    rest = np.flatnonzero(dimension != POLYGON - 1)
    rings, owner = shapely.get_rings(parts[areal], return_index=True)
    pieces = np.concatenate([rings, parts[rest]])
    part = np.concatenate([areal[owner], rest])
    order = np.argsort(part, kind="stable")
    degrees, ring = shapely.get_coordinates(pieces[order], return_index=True)
    degrees, ring = _cut(degrees, ring)
    points = projected(degrees)
    kind = np.zeros(count, dtype=np.int8)
    kind[record] = dimension + 1
    inner = projected(shapely.get_coordinates(shapely.point_on_surface(ground[kind > 0])))
    every = np.full((count, 2), np.nan)
    every[kind > 0] = inner
    starts = _starts(ring, len(pieces))
    records = _starts(record, count)
    of_parts = _starts(part[order], len(parts))
    return Shapes(kind, records, of_parts, starts, points, _bounds(points, starts[of_parts[records]], kind > 0), every)


def _starts(owner: Ints, count: int) -> Ints:
    """Return where the entries of each owner begin; owners ascend."""
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def _bounds(points: Floats, starts: Ints, there: NDArray[np.bool_]) -> Floats:
    bounds = np.full((len(there), 4), np.nan)
    if there.any():
        first = starts[:-1][there]
        bounds[there, :2] = np.minimum.reduceat(points, first)
        bounds[there, 2:] = np.maximum.reduceat(points, first)
    return bounds


def _cut(degrees: Floats, ring: Ints) -> tuple[Floats, Ints]:
    """Return points and their rings with long edges cut, each piece straight in longitude and latitude."""
    if len(degrees) < 2:
        return degrees, ring
    here, there = degrees[:-1], degrees[1:]
    span = np.radians(there - here)
    slanted = (ring[:-1] == ring[1:]) & (span[:, 0] != 0) & (span[:, 1] != 0)
    # The map's y is curved by sec * tan of the latitude; a chord is off by an eighth of that times its span squared.
    latitude = np.radians(np.minimum(np.maximum(np.abs(here[:, 1]), np.abs(there[:, 1])), LIMIT))
    bend = np.tan(latitude) / np.cos(latitude)
    wanted = np.ceil(np.abs(span[:, 1]) * np.sqrt(bend / (8 * TOLERANCE)))
    pieces = np.where(slanted, np.clip(wanted, 1, MOST_PIECES), 1).astype(np.int64)
    if (pieces == 1).all():
        return degrees, ring
    times = np.append(pieces, 1)
    start = np.repeat(np.arange(len(degrees)), times)
    step = np.arange(len(start)) - np.repeat(np.cumsum(times) - times, times)
    share = step / times[start]
    following = np.minimum(start + 1, len(degrees) - 1)
    cut = degrees[start] + share[:, None] * (degrees[following] - degrees[start])
    return cut, ring[start]
