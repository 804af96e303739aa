"""What a raster holds on some ground: sums weighted by how much of each cell lies there; what has no value is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.windows import Window

from layers import measure
from layers.rasters.cover import Cells, shares
from layers.rasters.kinds import Facts
from layers.roads.plane import metres_per_degree
from layers.terrain.files import opened

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_EDGE_DEGREES = 0.001
"""Edges straight in longitude and latitude are cut to this (about 100 m) before they are brought to another plane."""
_ROUNDING = 1e-12


@dataclass
class Sums:
    """What a raster holds on some ground.

    Attributes:
        area_m2: of the ground; with_values_m2: where the raster has values; without_values_m2: where it has none, or
            does not reach. The two sum to the area.
        total: the sum of the values, each times the share of its cell that lies there.
        per_m2: the sum of the values, each times the m2 of its cell that lie there.
        lowest, highest: of the cells that have some share there; infinite where none has a value.
        classes: m2 by value.
    """

    area_m2: float
    with_values_m2: float = 0.0
    without_values_m2: float = 0.0
    total: float = 0.0
    per_m2: float = 0.0
    lowest: float = np.inf
    highest: float = -np.inf
    classes: dict[int, float] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the raster has any value there."""
        return bool(np.isfinite(self.lowest))

    @property
    def mean(self) -> float:
        """The mean of the values over the ground that has some, by area."""
        return self.per_m2 / self.with_values_m2

    def settle(self, beyond_m2: float) -> None:
        """Bring the m2 of cells to those of the ground.

        The parts of a cell are taken to be as large as their share says, and in a coarse cell its north is smaller than
        its south: what that leaves over is spread, so that figures sum to the area.
        """
        found = self.with_values_m2 + self.without_values_m2
        scale = (self.area_m2 - beyond_m2) / found if found > 0 else 1.0
        self.with_values_m2 *= scale
        self.per_m2 *= scale
        self.classes = {number: m2 * scale for number, m2 in self.classes.items()}
        self.without_values_m2 = self.without_values_m2 * scale + (beyond_m2 if found > 0 else self.area_m2)


def sums(path: Path, facts: Facts, zones: Mapping[str, shapely.Geometry], *, by_class: bool = False) -> dict[str, Sums]:
    """Return what a raster holds in each zone.

    Args:
        path: the raster; facts: what is known of it.
        zones: valid polygons by name, edges straight in longitude and latitude (degrees, EPSG:4326).
        by_class: also the m2 of each value.

    Returns:
        Sums by name. Values are weighted by the exact share of their cell; m2 are those on the ellipsoid.
    """
    crs = CRS.from_user_input(facts.crs)
    a, _, west, _, e, north = facts.transform
    grid = Cells(west, north, a, -e, facts.height, facts.width)
    found = {}
    with opened(path) as raster:
        for name, zone in zones.items():
            area = float(measure.areas(np.array([zone], dtype=object))[0]) if not shapely.is_empty(zone) else 0.0
            found[name] = Sums(area)
            shape = in_plane(zone, crs)
            for block in grid.blocks(_box(shape)) if not shapely.is_empty(shape) else ():
                cell, share = shares(shape, block)
                if len(cell):
                    window = Window(block.left, block.top, block.columns, block.rows)
                    values = raster.read(1, window=window, masked=True)
                    _add(found[name], values, cell, share, cell_areas(block, crs, cell), by_class=by_class)
            found[name].settle(_beyond(shape, grid, crs))
    return found


def in_plane(polygon: shapely.Geometry, crs: CRS) -> shapely.Geometry:
    """Return a polygon (degrees, EPSG:4326) in the plane of a coordinate system, its edges where they were."""
    if crs.equals(measure.LONLAT, ignore_axis_order=True):
        return polygon
    to = Transformer.from_crs(measure.LONLAT, crs, always_xy=True)

    def move(xy: Floats) -> Floats:
        return np.column_stack(to.transform(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(shapely.segmentize(polygon, _EDGE_DEGREES), move)
    return moved if shapely.is_valid(moved) else shapely.make_valid(moved, method="structure", keep_collapsed=False)


def cell_areas(cells: Cells, crs: CRS, number: Ints) -> Floats:
    """Return the area (m2, on the ellipsoid) of some cells (k,) of a grid, by their number row by row."""
    row, column = np.divmod(number, cells.columns)
    if crs.is_geographic:
        north = cells.north - np.arange(cells.rows) * cells.dy
        degree = np.degrees(crs.axis_info[0].unit_conversion_factor or np.radians(1.0))
        boxes = shapely.box(0.0, (north - cells.dy) * degree, cells.dx * degree, north * degree)
        return measure.areas(np.asarray(boxes, dtype=object))[row]
    x, y = cells.west + (column + 0.5) * cells.dx, cells.north - (row + 0.5) * cells.dy
    to = Transformer.from_crs(crs, measure.LONLAT, always_xy=True)
    half = ((cells.dx / 2, 0.0), (0.0, cells.dy / 2))
    (e_lon, e_lat), (n_lon, n_lat) = (
        np.subtract(to.transform(x + dx, y + dy), to.transform(x - dx, y - dy)) for dx, dy in half
    )
    per_lon, per_lat = metres_per_degree(np.asarray(to.transform(x, y)[1]))
    return np.asarray(np.abs(e_lon * n_lat - e_lat * n_lon) * per_lon * per_lat)


def _box(shape: shapely.Geometry) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.bounds(shape).tolist()
    return west, south, east, north


def _beyond(shape: shapely.Geometry, grid: Cells, crs: CRS) -> float:
    """Return how much ground (m2) of a polygon in a grid's plane lies beyond the grid."""
    outside = shapely.difference(shape, shapely.box(*grid.bounds))
    if shapely.is_empty(outside) or shapely.area(outside) <= _ROUNDING * shapely.area(shape):
        return 0.0
    back = np.array([outside], dtype=object)
    if not crs.equals(measure.LONLAT, ignore_axis_order=True):
        back = measure.transform(back, crs)
    return float(measure.areas(back)[0])


def _add(found: Sums, values: Any, cell: Ints, share: Floats, area: Floats, *, by_class: bool) -> None:  # noqa: PLR0913
    """Add the cells of a block: their masked values (rows, columns), which cells, their shares and their m2."""
    mask = np.ma.getmaskarray(values).ravel()[cell]
    held = values.data.ravel()[cell].astype(np.float64)
    known = ~mask & ~np.isnan(held)
    area = share * area
    found.without_values_m2 += float(area[~known].sum())
    held, share, area = held[known], share[known], area[known]
    if not len(held):
        return
    found.with_values_m2 += float(area.sum())
    found.total += float((held * share).sum())
    found.per_m2 += float((held * area).sum())
    found.lowest, found.highest = min(found.lowest, float(held.min())), max(found.highest, float(held.max()))
    if by_class:
        kinds, place = np.unique(held.astype(np.int64), return_inverse=True)
        for number, m2 in zip(kinds.tolist(), np.bincount(place, weights=area).tolist(), strict=True):
            found.classes[number] = found.classes.get(number, 0.0) + m2
