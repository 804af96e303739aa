"""Elevation of places, from rasters: between the four cells around each place, over voids and seams of tiles."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.windows import Window

from layers.terrain.files import opened

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OVER_M = 60.0
"""The ground over which a height is taken for a slope (m): the noise of a raster is no slope of a road."""
LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""Between these all ground of the Earth lies (m); what does not is a void, said so or not (-32768, -9999, ...)."""

_BLOCK = 1024
"""Cells of a side of what is read at once."""
_SAME_SIZE = 0.01
"""Rasters whose cells differ by a smaller share are tiles of one survey."""
_LEAST = 1e-9
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, eq=False)
class _Sum:
    """Weighted heights of places as they add up over tiles: value (v,) is sum of weight * height, weight (v,)."""

    value: Floats
    weight: Floats


def heights(lonlat: Floats, rasters: Sequence[Path]) -> Floats:
    """Return the elevation (v,) of places (m), NaN where no raster knows it.

    It is interpolated bilinearly between the centres of the four cells around a place. Cells without a value are left
    out of it; where all four are, the next coarser raster is asked. Cells of several tiles with the same cell size
    count together, so that a seam is no edge.

    Args:
        lonlat: (v, 2) longitude and latitude (WGS 84).
        rasters: files that `layers.terrain.files` reads, in any CRS and order.

    Raises:
        layers.terrain.files.NoTerrain: a raster can't be read.
    """
    found = np.full(len(lonlat), np.nan)
    for _, tiles in _by_cell_size(rasters):
        missing = np.flatnonzero(np.isnan(found))
        total = _Sum(np.zeros(len(missing)), np.zeros(len(missing)))
        for tile in tiles:
            with opened(tile) as raster:
                _add(raster, lonlat[missing], total)
        known = total.weight > 0
        found[missing[known]] = total.value[known] / total.weight[known]
    return found


def smoothed(lonlat: Floats, rasters: Sequence[Path], over_m: float = OVER_M) -> Floats:
    """Return the elevation (v,) of places (m) as the mean over a cross of `over_m` from end to end around each.

    Slopes between such heights are those of ground of that size, however near to each other the places are. NaN where
    the place itself has no height.
    """
    half = over_m / 2 / _METRES_PER_DEGREE
    east = half / np.maximum(np.cos(np.radians(lonlat[:, 1])), 0.01)
    none, north = np.zeros(len(lonlat)), np.full(len(lonlat), half)
    steps = [
        np.column_stack(step) for step in ((none, none), (east, none), (-east, none), (none, north), (none, -north))
    ]
    found = heights(np.concatenate([lonlat + step for step in steps]), rasters).reshape(len(steps), -1)
    known = ~np.isnan(found)
    mean = np.where(known, found, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known[0], mean, np.nan)


def rasters_in(folder: Path) -> list[Path]:
    """Return the rasters that a folder keeps, in order of name; an absent folder keeps none."""
    return sorted(folder.glob("*.tif"))


def content_key(folder: Path) -> str:
    """Return a name for all that a folder of rasters holds: another content has another (names are digests)."""
    names = "\n".join(one.name for one in rasters_in(folder))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def _by_cell_size(rasters: Sequence[Path]) -> list[tuple[float, list[Path]]]:
    """Return rasters by the size of their cells (m), the finest first; within a size in order of name."""
    groups: list[tuple[float, list[Path]]] = []
    for size, path in sorted((_cell_size(path), path) for path in rasters):
        if groups and size <= groups[-1][0] * (1 + _SAME_SIZE):
            groups[-1][1].append(path)
        else:
            groups.append((size, [path]))
    return groups


def _cell_size(path: Path) -> float:
    with opened(path) as raster:
        size = float(np.sqrt(abs(raster.transform.determinant)))
        crs = CRS.from_user_input(raster.crs.to_wkt()) if raster.crs else None
    if crs is None or not crs.is_projected:
        return size * _METRES_PER_DEGREE
    return size * float(crs.axis_info[0].unit_conversion_factor or 1.0)


def _add(raster: Any, lonlat: Floats, total: _Sum) -> None:
    """Add what one raster says of places."""
    to = Transformer.from_crs("EPSG:4326", CRS.from_user_input(raster.crs.to_wkt()), always_xy=True)
    x, y = to.transform(lonlat[:, 0], lonlat[:, 1])
    back = ~raster.transform
    column = back.a * x + back.b * y + back.c - 0.5
    row = back.d * x + back.e * y + back.f - 0.5
    with np.errstate(invalid="ignore"):
        near = np.isfinite(row) & np.isfinite(column) & (row > -1) & (column > -1)
        near &= (row < raster.height) & (column < raster.width)
    places = np.flatnonzero(near)
    if not len(places):
        return
    down, right = (np.floor(one[places] / _BLOCK).astype(np.int64) for one in (row, column))
    block = down * (raster.width // _BLOCK + 3) + right
    order = np.argsort(block, kind="stable")
    for some in np.split(places[order], np.flatnonzero(np.diff(block[order])) + 1):
        _add_block(raster, row[some], column[some], some, total)


def _add_block(raster: Any, row: Floats, column: Floats, places: Ints, total: _Sum) -> None:
    top, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
    cells, north, west = _cells(raster, (top.min(), top.max() + 1), (left.min(), left.max() + 1))
    down, right = row - top, column - left
    corners = [(a, b, (down if a else 1 - down) * (right if b else 1 - right)) for a in (0, 1) for b in (0, 1)]
    values = np.stack([cells[top + a - north, left + b - west] for a, b, _ in corners])
    weights = np.stack([weight for _, _, weight in corners])
    valid = ~np.isnan(values)
    # Where a place lies on a void's very centre, what is known around it still counts.
    weights = np.where(valid.all(axis=0), weights, weights + _LEAST) * valid
    total.value[places] += (weights * np.where(valid, values, 0.0)).sum(axis=0)
    total.weight[places] += weights.sum(axis=0)


def _cells(raster: Any, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[Floats, int, int]:
    """Return the cells of rows and columns, ends included, and their first row and column; NaN outside and in voids."""
    north, west = int(rows[0]), int(columns[0])
    cells = np.full((int(rows[1]) - north + 1, int(columns[1]) - west + 1), np.nan)
    top, bottom = max(north, 0), min(int(rows[1]) + 1, raster.height)
    left, right = max(west, 0), min(int(columns[1]) + 1, raster.width)
    read = values_of(raster, Window(left, top, right - left, bottom - top))
    cells[top - north : bottom - north, left - west : right - west] = read
    return cells, north, west


def values_of(raster: Any, window: Window) -> Floats:
    """Return the heights (m) of a window of a raster, NaN where it has none."""
    raw = raster.read(1, window=window)
    found = raw.astype(np.float64) * raster.scales[0] + raster.offsets[0]
    void = ~((found >= LOWEST_M) & (found <= HIGHEST_M))
    if raster.nodata is not None:
        void |= raw == raster.nodata
    found[void] = np.nan
    return np.asarray(found, dtype=np.float64)
