"""Irregular polygons by the hundred thousand: stars of vertices around a middle, arrays until they are drawn."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.demo.area import Area, Floats, Geometries, Rng, rounded

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPOKES = 18
"""The most vertices; every other one may be left out."""


@dataclass
class Stars:
    """Polygons that see all of their ground from one place, and so stay simple when vertices move out or in.

    Attributes:
        x, y: (n,) the place in km.
        u, v: (n, SPOKES) vertices in km from there, anticlockwise.
        used: (n, SPOKES) which vertices there are.
    """

    x: Floats
    y: Floats
    u: Floats
    v: Floats
    used: Bools

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self.x)

    def take(self, rows: Ints) -> "Stars":
        """Return a copy of some of them."""
        return Stars(self.x[rows], self.y[rows], self.u[rows], self.v[rows], self.used[rows])

    def grow(self, rows: Ints, towards: Floats, by: Floats, largest: Floats) -> None:
        """Push the vertices that look `towards` (radians) out by a share `by`; none beyond `largest` km."""
        u, v = self.u[rows], self.v[rows]
        reach = np.hypot(u, v)
        facing = np.maximum(0.0, np.cos(np.arctan2(v, u) - towards[:, None]))
        wanted = np.minimum(reach * (1 + by[:, None] * facing), np.maximum(reach, largest[:, None]))
        self.u[rows], self.v[rows] = u * wanted / reach, v * wanted / reach

    def scale(self, rows: Ints, factor: Floats) -> None:
        """Stretch some about their places."""
        self.u[rows] *= factor[:, None]
        self.v[rows] *= factor[:, None]

    def reach(self) -> Floats:
        """Return how far (km) the furthest vertex of each is from its place."""
        return np.asarray(np.hypot(self.u, self.v).max(axis=1))

    def draw(self, area: Area, rows: Ints, factor: float = 1.0) -> Geometries:
        """Return some as polygons in degrees, stretched by `factor`."""
        used = self.used[rows]
        x = (self.x[rows, None] + factor * self.u[rows])[used]
        y = (self.y[rows, None] + factor * self.v[rows])[used]
        ring = np.repeat(np.arange(len(rows)), used.sum(axis=1))
        return np.asarray(shapely.polygons(shapely.linearrings(area.lonlat(x, y), indices=ring)), dtype=object)


def stars(rng: Rng, x: Floats, y: Floats, size_km2: Floats, direction: Floats) -> Stars:
    """Return irregular polygons of about the sizes asked for, drawn out along `direction` (radians)."""
    n = len(x)
    angle = (np.arange(SPOKES) + rng.uniform(-0.3, 0.3, (n, SPOKES))) * (2 * np.pi / SPOKES)
    p, q = rng.uniform(0, 2 * np.pi, (2, n, 1))
    reach = 1 + 0.22 * np.sin(2 * angle + p) + 0.14 * np.sin(3 * angle + q) + rng.uniform(-0.12, 0.12, (n, SPOKES))
    used = np.ones((n, SPOKES), dtype=bool)
    used[:, 1::2] = rng.random((n, SPOKES // 2)) < 0.5
    stretch = np.sqrt(rng.uniform(1.0, 3.5, (n, 1)))
    u, v = reach * np.cos(angle) * stretch, reach * np.sin(angle) / stretch
    factor = np.sqrt(size_km2 / _sizes(u, v, used))[:, None]
    cos, sin = np.cos(direction)[:, None], np.sin(direction)[:, None]
    return Stars(x.copy(), y.copy(), factor * (u * cos - v * sin), factor * (u * sin + v * cos), used)


def _sizes(u: Floats, v: Floats, used: Bools) -> Floats:
    """Return the areas in the plane, by the shoelace over the vertices there are (even ones always are)."""
    even_u, even_v, odd_u, odd_v, odd = u[:, 0::2], v[:, 0::2], u[:, 1::2], v[:, 1::2], used[:, 1::2]
    next_u, next_v = np.roll(even_u, -1, axis=1), np.roll(even_v, -1, axis=1)
    base = even_u * next_v - next_u * even_v
    detour = even_u * odd_v - odd_u * even_v + odd_u * next_v - next_u * odd_v
    return np.asarray(np.where(odd, detour, base).sum(axis=1) / 2)


def cut(rng: Rng, area: Area, whole: Geometries, middle: tuple[Floats, Floats], reach: Floats) -> Geometries:
    """Return one side of each polygon, cut by a straight line near its middle (km); `reach` is its size in km."""
    n = len(whole)
    if not n:
        return whole
    angle = rng.uniform(0, 2 * np.pi, n)
    away = rng.uniform(-0.35, 0.25, n) * reach
    nx, ny = np.cos(angle), np.sin(angle)
    x, y = middle[0] + away * nx, middle[1] + away * ny
    far = 4 * reach
    corners = [(0.0, -1.0), (1.0, -1.0), (1.0, 1.0), (0.0, 1.0)]
    ring = [area.lonlat(x + far * (a * nx - b * ny), y + far * (a * ny + b * nx)) for a, b in corners]
    half = shapely.polygons(np.stack(ring, axis=1))
    pieces = rounded(np.asarray(shapely.intersection(whole, half), dtype=object))
    missed = ~np.isin(shapely.get_type_id(pieces), (3, 6)) | shapely.is_empty(pieces)
    pieces[missed] = whole[missed]
    return pieces
