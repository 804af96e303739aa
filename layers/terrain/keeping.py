"""Rasters of elevation kept in a folder: named by their content, compressed, and in tiles that are quick to read."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import Window

from layers.terrain.elevation import values_of
from layers.terrain.files import NoTerrain, digest, opened

LARGEST = 40_000
"""Cells that a side may have."""
_TILE = 512
_STRIP = 2_048
"""Cells of a side of what is copied at once; a whole number of tiles."""


@dataclass(frozen=True)
class Kept:
    """A raster that was kept.

    Attributes:
        path: the file; new: whether it was not there before.
        shape: rows and columns.
        bounds: west, south, east, north in the raster's own CRS.
        lowest_m, highest_m: of all heights (m).
        voids: the share of cells without a height.
    """

    path: Path
    new: bool
    shape: tuple[int, int]
    bounds: tuple[float, float, float, float]
    lowest_m: float
    highest_m: float
    voids: float


def keep(source: Path, folder: Path) -> Kept:
    """Keep a raster of elevation in a folder; one that is there already is left as it is.

    The file appears whole or not at all.

    Raises:
        NoTerrain: it can't be read, has no CRS, several bands, more than `LARGEST` cells a side, or no heights.
        OSError: the folder can't be written.
    """
    with opened(source) as raster:
        _refuse(raster, source.name)
        path = folder / f"{digest(source)[:16]}.tif"
        new = not path.is_file()
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{uuid.uuid4().hex}.part"
        try:
            facts = _copied(raster, draft) if new else _looked_at(raster)
            if not np.isfinite(facts[0]):
                raise NoTerrain(f"{source.name}: none of its cells has a height")
            if new:
                os.replace(draft, path)  # noqa: PTH105 - replaces in one step, which rename does not say
        finally:
            draft.unlink(missing_ok=True)
        return Kept(path, new, (raster.height, raster.width), tuple(raster.bounds), *facts)


def _refuse(raster: Any, name: str) -> None:
    if raster.crs is None:
        raise NoTerrain(f"{name}: it does not say its coordinate system. Write it into the file, then load it again.")
    if raster.count != 1:
        raise NoTerrain(f"{name}: it has {raster.count} bands, and elevation is one. Write that band alone.")
    if max(raster.height, raster.width) > LARGEST:
        raise NoTerrain(f"{name}: {raster.width} x {raster.height} cells are more than {LARGEST} a side. Cut it.")


def _copied(raster: Any, path: Path) -> tuple[float, float, float]:
    profile = {
        "driver": "GTiff", "height": raster.height, "width": raster.width, "count": 1, "dtype": raster.dtypes[0],
        "crs": raster.crs, "transform": raster.transform, "nodata": raster.nodata, "compress": "deflate", "tiled": True,
        "blockxsize": _TILE, "blockysize": _TILE, "predictor": 3 if "float" in raster.dtypes[0] else 2,
        "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as copy:
        copy.scales, copy.offsets = raster.scales, raster.offsets
        # What a file says of itself, such as that it is invented, goes with it.
        copy.update_tags(**{name: value for name, value in raster.tags().items() if name != "AREA_OR_POINT"})
        return _facts(raster, copy)


def _looked_at(raster: Any) -> tuple[float, float, float]:
    return _facts(raster, None)


def _facts(raster: Any, copy: Any) -> tuple[float, float, float]:
    """Return the lowest and highest height (m) and the share of voids, and copy the cells where there is a copy."""
    lowest, highest, known = np.inf, -np.inf, 0
    for window in _windows(raster):
        heights = values_of(raster, window)
        valid = heights[~np.isnan(heights)]
        known += len(valid)
        lowest, highest = min(lowest, valid.min(initial=np.inf)), max(highest, valid.max(initial=-np.inf))
        if copy is not None:
            copy.write(raster.read(1, window=window), 1, window=window)
    return float(lowest), float(highest), 1 - known / (raster.height * raster.width)


def _windows(raster: Any) -> Iterator[Window]:
    for top in range(0, raster.height, _STRIP):
        for left in range(0, raster.width, _STRIP):
            yield Window(left, top, min(_STRIP, raster.width - left), min(_STRIP, raster.height - top))
