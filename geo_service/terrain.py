"""The terrain of a store: the rasters of elevation that are filed with it, for slopes of roads.

Rasters that an earlier version kept in a folder beside the store are still read; loading them again files them, so that
a backup holds them.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo_service.rasters.copies import Copies
from geo_service.rasters.register import Raster, Times, holding, key, versions
from geo_service.store.log import Log
from layers.rasters.kinds import Kind
from layers.terrain.elevation import content_key, rasters_in, smoothed

Floats = NDArray[np.float64]

OLD_FOLDER = "terrain"
"""Where rasters of elevation lay before they were filed."""

LAST_DAY = dt.date.max


def terrain_of(log: Log) -> list[Raster]:
    """Return the rasters of elevation that a store holds now: of each name the version that is in force."""
    held = holding(versions(log), Times(LAST_DAY, None)).values()
    return [one for one in held if one.kind is Kind.terrain]


def files_of(log: Log, copies: Copies) -> list[Path]:
    """Return the files of a store's terrain on this machine's disk.

    Raises:
        geo_service.store.errors.StoreError: the disk is full or may not be written, or what is filed was changed.
    """
    return [*(copies.path(one) for one in terrain_of(log)), *rasters_in(log.folder / OLD_FOLDER)]


def height_of(log: Log, copies: Copies | None = None) -> Callable[[Floats], Floats] | None:
    """Return what gives the elevation (v,) of places (v, 2) in m for a road network, None where no terrain is kept."""
    rasters = files_of(log, copies or Copies(log))
    return (lambda lonlat: smoothed(lonlat, rasters)) if rasters else None


def terrain_key(log: Log) -> str:
    """Return a name for the terrain that a store keeps, to be part of the key of what is worked out of it."""
    filed, old = key(terrain_of(log)), content_key(log.folder / OLD_FOLDER)
    return hashlib.sha256(f"{filed} {old}".encode()).hexdigest()[:16]
