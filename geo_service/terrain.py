"""The terrain of a store: rasters of elevation in a folder beside it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo_service.store.errors import explained_files
from geo_service.store.log import Log
from layers.terrain.elevation import content_key, rasters_in, smoothed
from layers.terrain.keeping import Kept, keep

Floats = NDArray[np.float64]

FOLDER = "terrain"
"""The folder's name beside the store."""


def keep_terrain(log: Log, source: Path) -> Kept:
    """Keep a raster of elevation with a store.

    Raises:
        layers.terrain.files.NoTerrain: it is none that can be used.
        geo_service.store.errors.StoreError: the disk is full, or may not be written.
    """
    with explained_files():
        return keep(source, log.folder / FOLDER)


def height_of(log: Log) -> Callable[[Floats], Floats] | None:
    """Return what gives the elevation (v,) of places (v, 2) in m for a road network, None where no terrain is kept."""
    rasters = rasters_in(log.folder / FOLDER)
    return (lambda lonlat: smoothed(lonlat, rasters)) if rasters else None


def terrain_key(log: Log) -> str:
    """Return a name for the terrain that a store keeps, to be part of the key of what is worked out of it."""
    return content_key(log.folder / FOLDER)
