"""Equal cells over an area: a square grid in an equal-area projection, and the blocks that keep validation honest."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from layers.likelihood.refused import NotEnough
from layers.measure import LONLAT, to_lonlat

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

MOST_CELLS = 1_000_000
"""Cells that a grid may have."""
_EDGE_DEGREES = 0.01
"""Edges are cut to this length before they are projected: they are straight in longitude and latitude."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Square cells over an area; those that touch it are *cells*, numbered by row (from the north), then column.

    Attributes:
        crs: an equal-area projection (LAEA) centred on the area; None for planar metres as given.
        west, north: the corner of the first cell (m).
        cell_m: length of a side (m).
        shape: rows and columns.
        row, column: (c,) where each cell lies.
        area_m2: (c,) how much of each cell lies in the area.
    """

    crs: CRS | None
    west: float
    north: float
    cell_m: float
    shape: tuple[int, int]
    row: Ints
    column: Ints
    area_m2: Floats

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def polygons(self) -> Geometries:
        """The cells (c,) as squares in the grid's projection."""
        return _squares(self.west, self.north, self.cell_m, self.row, self.column)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The cells as an index; its places are the cells' numbers."""
        return shapely.STRtree(self.polygons)

    @cached_property
    def centres(self) -> Floats:
        """The middles (c, 2) of the cells in the grid's projection (m)."""
        x = self.west + (self.column + 0.5) * self.cell_m
        y = self.north - (self.row + 0.5) * self.cell_m
        return np.column_stack([x, y])

    @property
    def lonlat(self) -> Floats:
        """The middles (c, 2) of the cells as longitude and latitude; metres where the grid has no projection."""
        if self.crs is None:
            return self.centres
        to = Transformer.from_crs(self.crs, LONLAT, always_xy=True)
        return np.column_stack(to.transform(*self.centres.T))

    def blocks(self, block_m: float) -> Ints:
        """Return the number (c,) of the square block of side `block_m` (m) in which each cell lies."""
        side = max(1, round(block_m / self.cell_m))
        return (self.row // side) * (self.shape[1] // side + 1) + self.column // side

    def project(self, frame: gpd.GeoDataFrame) -> Geometries:
        """Return a frame's geometries in the grid's projection; empty and missing ones are left out."""
        geometries = to_lonlat(frame).geometry.to_numpy()
        geometries = geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]
        return _projected(geometries, self.crs)

    def image(self, values: Floats) -> Floats:
        """Return values (c,) as an image (rows, columns), north up, NaN where there is no cell."""
        image = np.full(self.shape, np.nan)
        image[self.row, self.column] = values
        return image


def grid_over(area: gpd.GeoDataFrame, cell_m: float) -> Grid:
    """Return the grid of cells of side `cell_m` (m) that touch an area.

    Args:
        area: polygons in any CRS; without one they are planar metres.
        cell_m: length of a side (m).

    Raises:
        NotEnough: the area is empty, or has more than `MOST_CELLS` cells.
    """
    lonlat = to_lonlat(area)
    shapes = lonlat.geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shapes):
        raise NotEnough("There is no area to look at. Give districts, or polygons of the area, as `districts`.")
    crs = None
    if lonlat.crs is not None:
        west, south, east, north = shapely.total_bounds(shapes)
        # Rounded, so that a district more by some metres is the same grid.
        middle = f"+lat_0={round((south + north) / 2, 1)} +lon_0={round((west + east) / 2, 1)}"
        crs = CRS.from_proj4(f"+proj=laea {middle} +datum=WGS84 +units=m")
    whole = shapely.union_all(shapely.make_valid(_projected(shapes, crs)))
    west, south, east, north = whole.bounds
    west, north = np.floor(west / cell_m) * cell_m, np.ceil(north / cell_m) * cell_m
    rows, columns = (max(1, int(np.ceil(side / cell_m))) for side in (north - south, east - west))
    if rows * columns > MOST_CELLS:
        raise NotEnough(
            f"{rows} x {columns} cells are more than {MOST_CELLS:,}. Choose larger cells or a smaller area."
        )
    row, column = (one.ravel() for one in np.indices((rows, columns)))
    squares = _squares(west, north, cell_m, row, column)
    shapely.prepare(whole)
    inside = np.flatnonzero(shapely.intersects(whole, squares))
    area_m2 = np.full(len(inside), float(cell_m) ** 2)
    edge = ~shapely.covers(whole, squares[inside])
    area_m2[edge] = shapely.area(shapely.intersection(whole, squares[inside[edge]]))
    inside, area_m2 = inside[area_m2 > 0], area_m2[area_m2 > 0]
    return Grid(crs, float(west), float(north), float(cell_m), (rows, columns), row[inside], column[inside], area_m2)


def _squares(west: float, north: float, side: float, row: Ints, column: Ints) -> Geometries:
    left, top = west + column * side, north - row * side
    squares: Geometries = np.asarray(shapely.box(left, top - side, left + side, top))
    return squares


def _projected(geometries: Geometries, crs: CRS | None) -> Geometries:
    if crs is None:
        return geometries
    to = Transformer.from_crs(LONLAT, crs, always_xy=True)

    def move(xy: Floats) -> Floats:
        return np.column_stack(to.transform(xy[:, 0], xy[:, 1]))

    moved: Geometries = shapely.transform(shapely.segmentize(geometries, _EDGE_DEGREES), move)
    return moved
