"""Names on a map: each is put where it hides no hazard and no other name, or is left out and counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib import patheffects
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import binary_dilation

from geo_service.printing.drawing import Window
from geo_service.printing.frames import Geometries
from geo_service.printing.paper import extent

CELL_MM = 0.4
"""How finely the paper is looked at for free room."""

MOST = 350
"""Names tried on a sheet; those given first go first."""

AROUND = ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1), (0, -1))
"""Where a name is tried around its place: to the right first."""

HALO = 0.7
"""Width of the white on each side of letters (pt)."""


@dataclass(frozen=True)
class Name:
    """A name to be put on a map.

    Attributes:
        text: what is written; size: of the letters (pt).
        spots: places (n, 2) in mm to try: around each when `gap` is not 0, over it when it is.
        gap: how far from the place its letters begin (mm).
    """

    text: str
    size: float
    spots: NDArray[np.float64]
    gap: float = 1.0
    colour: str = "#1F2933"
    bold: bool = False


class Room:
    """The room of a map that is taken, as cells of paper.

    Args:
        window: the map.
        taken: shapes (mm) that no name may hide, and how far around each (mm) none may come.
    """

    def __init__(self, window: Window, taken: Sequence[tuple[Geometries, float]]) -> None:
        west, south, east, north = window.frame
        self.west, self.south = west, south
        self.shape = int((north - south) / CELL_MM), int((east - west) / CELL_MM)
        self.taken = np.zeros(self.shape, dtype=bool)
        for shapes, reach in taken:
            self.taken |= self._around(shapes, reach)

    def _around(self, shapes: Geometries, reach: float) -> NDArray[np.bool_]:
        """Return the cells that shapes and a margin around them lie on."""
        shapes = shapes[~shapely.is_empty(shapes)]
        cells = np.zeros(self.shape, dtype=bool)
        if not len(shapes):
            return cells
        bounds = shapely.bounds(shapes)
        small = np.max(bounds[:, 2:] - bounds[:, :2], axis=1) <= CELL_MM
        if not small.all():
            down = Affine(CELL_MM, 0, self.west, 0, CELL_MM, self.south)
            cells |= rasterize(shapes[~small], self.shape, transform=down, all_touched=True, dtype="uint8") > 0
        # What is no larger than a cell lies on those of its corners.
        for x, y in ((0, 1), (2, 1), (0, 3), (2, 3)):
            column = np.floor((bounds[small, x] - self.west) / CELL_MM).astype(int)
            row = np.floor((bounds[small, y] - self.south) / CELL_MM).astype(int)
            there = (column >= 0) & (column < self.shape[1]) & (row >= 0) & (row < self.shape[0])
            cells[row[there], column[there]] = True
        turns = int(np.ceil(reach / CELL_MM))
        return np.asarray(binary_dilation(cells, np.ones((3, 3), dtype=bool), turns)) if turns else cells

    def take(self, west: float, south: float, width: float, height: float) -> bool:
        """Take a rectangle (mm) if all of it is free and on the map; say whether it was."""
        left, low = int((west - self.west) // CELL_MM), int((south - self.south) // CELL_MM)
        right, high = int((west + width - self.west) // CELL_MM) + 1, int((south + height - self.south) // CELL_MM) + 1
        if left < 0 or low < 0 or high > self.shape[0] or right > self.shape[1]:
            return False
        if self.taken[low:high, left:right].any():
            return False
        self.taken[low:high, left:right] = True
        return True


def put(window: Window, room: Room, names: Iterable[Name], order: float) -> int:
    """Put names on a map, the first ones first; answers how many found no room."""
    left_out = 0
    for number, name in enumerate(names):
        if number >= MOST or not _put(window, room, name, order):
            left_out += 1
    return left_out


def _put(window: Window, room: Room, name: Name, order: float) -> bool:
    width, height = extent(name.text, name.size, bold=name.bold)
    for x, y in name.spots:
        for side, above in AROUND if name.gap else ((0, 0),):
            west = x + (name.gap if side > 0 else -name.gap - width if side < 0 else -width / 2)
            middle = y + above * (name.gap * (1.0 if side == 0 else 0.6) + (height / 2 if above else 0))
            if room.take(west - 0.3, middle - height / 2 - 0.3, width + 0.6, height + 0.6):
                look = {
                    "va": "center_baseline", "fontweight": "bold" if name.bold else "normal",
                    }  # fmt: skip
                # Matplotlib draws letters with effects as shapes: the white around them is one, the name stays text.
                halo = [patheffects.Stroke(linewidth=HALO * 2, foreground="white")]
                window.page.text(west, middle, name.text, name.size, zorder=order, path_effects=halo, **look)
                window.page.text(west, middle, name.text, name.size, zorder=order + 0.1, color=name.colour, **look)
                return True
    return False
