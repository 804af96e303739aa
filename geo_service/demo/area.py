"""The invented area: a frame in kilometres around its middle, the former front line, and where both are on Earth.

Coordinates are rounded to 1e-7 degrees, about a centimetre, so that the last bits of a machine's sines change nothing.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
Rng = np.random.Generator

DECIMALS = 7
"""Of a degree."""

LARGEST_KM2 = 1_000_000.0
_MIDDLE = (46.6, 39.65)
_KM_PER_DEGREE = (111.32 * float(np.cos(np.radians(_MIDDLE[1]))), 111.03)
_STEPS = 400


def rng_of(seed: int, topic: str) -> Rng:
    """Return the random numbers of one topic: drawing more for one leaves all others as they were."""
    return np.random.default_rng([seed, *topic.encode()])


@dataclass(frozen=True)
class Area:
    """A square of land with a front line winding through it from west to east.

    Attributes:
        side: km.
        phases: two phases (radians) that shape the front line.
    """

    side: float
    phases: tuple[float, float]

    def lonlat(self, x: Floats, y: Floats) -> Floats:
        """Return degrees (n, 2), rounded, of places in km east and north of the middle."""
        east, north = _KM_PER_DEGREE
        degrees: Floats = np.column_stack((_MIDDLE[0] + x / east, _MIDDLE[1] + y / north)).astype(np.float64)
        return np.asarray(np.round(degrees, DECIMALS), dtype=np.float64)

    def local(self, lonlat: Floats) -> tuple[Floats, Floats]:
        """Return km east and north of the middle of places in degrees (n, 2)."""
        east, north = _KM_PER_DEGREE
        return (lonlat[:, 0] - _MIDDLE[0]) * east, (lonlat[:, 1] - _MIDDLE[1]) * north

    def front(self, s: Floats) -> tuple[Floats, Floats]:
        """Return places (km) on the front line; s runs from 0 in the west to 1 in the east."""
        p, q = self.phases
        bend = 0.17 * np.sin(2 * np.pi * 0.9 * s + p) + 0.05 * np.sin(2 * np.pi * 2.6 * s + q)
        return (s - 0.5) * self.side, bend * self.side

    def beside_front(self, s: Floats, offset: Floats) -> tuple[Floats, Floats, Floats]:
        """Return places (km) at `offset` km from the front line, and its direction there (radians)."""
        x, y = self.front(s)
        ahead_x, ahead_y = self.front(s + 1e-3)
        direction = np.arctan2(ahead_y - y, ahead_x - x)
        return x - offset * np.sin(direction), y + offset * np.cos(direction), direction

    def from_front(self, x: Floats, y: Floats) -> Floats:
        """Return the distance (km) of places from the front line."""
        line = shapely.linestrings(np.column_stack(self.front(np.linspace(-0.2, 1.2, _STEPS))))
        return np.asarray(shapely.distance(line, shapely.points(x, y)))


def area_of(seed: int, side: float) -> Area:
    """Return the area of a seed with a side of `side` km."""
    p, q = rng_of(seed, "front").uniform(0, 2 * np.pi, 2)
    return Area(side, (float(p), float(q)))


def rounded(geometries: Geometries) -> Geometries:
    """Return polygons with rounded coordinates; one that would not stay a polygon is left as it is."""
    found: Geometries = shapely.transform(geometries, lambda xy: np.round(xy, DECIMALS))
    bad = ~shapely.is_valid(found) | shapely.is_empty(found)
    found[bad] = geometries[bad]
    return found
