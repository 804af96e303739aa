"""How much of each cell of a grid polygons cover: by exactextract, exactly, block by block.

Source: D. Baston, exactextract (https://github.com/isciences/exactextract): the share of a cell is the area of the
polygon in it, computed from the polygon's edges, by that of the cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from shapely.geometry import mapping

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST = 1e-9
"""A share under which a cell is only touched: rounding at the lines of the grid."""

BLOCK = 1_024
"""Cells of a side of what is in memory at once."""


@dataclass(frozen=True)
class Cells:
    """A grid of cells, or a block of one, rows from north to south.

    Attributes:
        west, north: its corner; dx, dy: the sides of a cell, both above 0; all in one plane.
        rows, columns: how many cells.
        top, left: which row and column of the whole grid its corner is.
    """

    west: float
    north: float
    dx: float
    dy: float
    rows: int
    columns: int
    top: int = 0
    left: int = 0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        return self.west, self.north - self.rows * self.dy, self.west + self.columns * self.dx, self.north

    def blocks(self, bounds: tuple[float, float, float, float], side: int = BLOCK) -> Iterator["Cells"]:
        """Go through the blocks of the grid that meet a box."""
        west, south, east, north = bounds
        first_row = max(int(np.floor((self.north - north) / self.dy)), 0)
        last_row = min(int(np.ceil((self.north - south) / self.dy)), self.rows)
        first_column = max(int(np.floor((west - self.west) / self.dx)), 0)
        last_column = min(int(np.ceil((east - self.west) / self.dx)), self.columns)
        for top in range(first_row, last_row, side):
            for left in range(first_column, last_column, side):
                yield self.block(top, left, min(side, last_row - top), min(side, last_column - left))

    def block(self, top: int, left: int, rows: int, columns: int) -> "Cells":
        """Return a block of the grid."""
        west, north = self.west + left * self.dx, self.north - top * self.dy
        return Cells(west, north, self.dx, self.dy, rows, columns, self.top + top, self.left + left)


def shares(polygon: shapely.Geometry, cells: Cells) -> tuple[Ints, Floats]:
    """Return the cells (k,) that a polygon meets, by number row by row, and the share (k,) of each that it covers.

    Args:
        polygon: a valid polygon or multipolygon in the grid's plane; what lies beyond the grid counts for nothing.
        cells: the grid.
    """
    found = shapely.clip_by_rect(polygon, *cells.bounds)
    # A clipping that only touches leaves points and lines.
    parts = [one for one in shapely.get_parts(found, return_index=False) if one.geom_type == "Polygon" and one.area > 0]
    if not parts:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    west, south, east, north = cells.bounds
    grid = NumPyRasterSource(np.zeros((cells.rows, cells.columns), dtype=np.uint8), west, south, east, north)
    shape = mapping(shapely.MultiPolygon(parts))
    source = JSONFeatureSource([{"type": "Feature", "properties": {}, "geometry": shape}])
    said = exact_extract(grid, source, ["cell_id", "coverage"], max_cells_in_memory=cells.rows * cells.columns + 1)
    held = said[0]["properties"]
    number, share = np.asarray(held["cell_id"], dtype=np.int64), np.asarray(held["coverage"], dtype=np.float64)
    some = share > _LEAST
    return number[some], share[some]
