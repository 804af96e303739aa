"""Slope and hillshade of heights on a grid in Web Mercator, true at every latitude.

A metre of Web Mercator is less than a metre of ground, by another factor east to west than north to south on the
ellipsoid: gradients are taken in metres of ground. Method of the gradient: B. K. P. Horn, Hill shading and the
reflectance map, Proceedings of the IEEE 69 (1981), 14-47.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.roads.plane import metres_per_degree

Floats = NDArray[np.float64]

_RADIUS = 6_378_137.0
AZIMUTH, ALTITUDE = 315.0, 45.0
"""Where the light of a hillshade comes from, as maps have it (degrees)."""


@dataclass(frozen=True)
class Grid:
    """A grid of cells in Web Mercator: where its north edge lies (m), its rows, the side of a cell (m)."""

    north: float
    rows: int
    cell: float

    def ground(self) -> tuple[Floats, Floats]:
        """Return the side of the cells of each row on the ground, east to west and north to south (rows,) (m)."""
        y = self.north - (np.arange(self.rows) + 0.5) * self.cell
        latitude = np.degrees(np.arctan(np.sinh(y / _RADIUS)))
        per_lon, per_lat = metres_per_degree(latitude)
        degree = np.radians(1.0) * _RADIUS
        return self.cell * per_lon / degree, self.cell * per_lat * np.cos(np.radians(latitude)) / degree


def gradient(heights: Floats, grid: Grid) -> tuple[Floats, Floats]:
    """Return the rise to the east and to the north (m per m) of the inner cells.

    Args:
        heights: (rows, columns) in m, NaN where there is none; one row and column more on each side than is wanted.
        grid: where all rows lie.

    Returns:
        Two arrays (rows - 2, columns - 2); NaN beside a cell without a height.
    """
    across, along = grid.ground()
    h = heights
    east = (h[:-2, 2:] + 2 * h[1:-1, 2:] + h[2:, 2:]) - (h[:-2, :-2] + 2 * h[1:-1, :-2] + h[2:, :-2])
    north = (h[:-2, :-2] + 2 * h[:-2, 1:-1] + h[:-2, 2:]) - (h[2:, :-2] + 2 * h[2:, 1:-1] + h[2:, 2:])
    return east / (8 * across[1:-1, None]), north / (8 * along[1:-1, None])


def slope(heights: Floats, grid: Grid) -> Floats:
    """Return the slope (degrees) of the inner cells; see `gradient`."""
    east, north = gradient(heights, grid)
    return np.degrees(np.arctan(np.hypot(east, north)))


def hillshade(heights: Floats, grid: Grid, azimuth: float = AZIMUTH, altitude: float = ALTITUDE) -> Floats:
    """Return how much light falls on the inner cells, 0 to 1: the cosine of its angle to the ground; see `gradient`.

    Args:
        heights, grid: the ground.
        azimuth, altitude: where the light comes from (degrees, clockwise from north, above the horizon).
    """
    east, north = gradient(heights, grid)
    towards, up = np.radians(azimuth), np.radians(altitude)
    # The light's direction times the ground's normal (-east, -north, 1) of length 1.
    flat = np.cos(up) * (np.sin(towards) * east + np.cos(towards) * north)
    light = (np.sin(up) - flat) / np.sqrt(1 + east**2 + north**2)
    return np.asarray(np.clip(light, 0.0, 1.0))
