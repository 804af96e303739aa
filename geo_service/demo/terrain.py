"""Invented terrain: heights of smooth mountains on a grid, written as a GeoTIFF."""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin

from geo_service.demo.area import rng_of
from geo_service.demo.districts import Land

CELL_DEGREES = 0.0025
"""About 250 m."""
_WAVES = 24


def heights_of(seed: int, shape: tuple[int, int]) -> NDArray[np.int16]:
    """Return heights in metres, rows from north to south."""
    rng = rng_of(seed, "terrain")
    y, x = np.meshgrid(np.linspace(0, 1, shape[0]), np.linspace(0, 1, shape[1]), indexing="ij")
    height = 900 + 700 * (1 - y)
    for _ in range(_WAVES):
        turn, frequency, phase = rng.uniform(0, np.pi), rng.uniform(1, 14), rng.uniform(0, 2 * np.pi)
        along = x * np.cos(turn) + y * np.sin(turn)
        height += 420 / frequency**0.8 * np.sin(2 * np.pi * frequency * along + phase)
    return np.clip(height, 150, 4000).astype(np.int16)


def write_terrain(path: Path, seed: int, land: Land) -> None:
    """Write the heights of an area (m, EPSG:4326), labelled as invented."""
    west, south, east, north = shapely.bounds(land.outline).tolist()
    shape = (int(np.ceil((north - south) / CELL_DEGREES)), int(np.ceil((east - west) / CELL_DEGREES)))
    profile = {
        "driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "int16", "crs": "EPSG:4326",
        "transform": from_origin(west, north, CELL_DEGREES, CELL_DEGREES), "compress": "deflate", "tiled": True,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(heights_of(seed, shape), 1)
        raster.update_tags(SYNTHETIC="invented terrain: no real place", unit="m")
