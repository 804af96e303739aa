"""The tiles of rasters that were drawn lately: a few megabytes of them, the least used ones go."""

import threading

from cachetools import LRUCache

from geo_service.rasters.copies import Copies
from geo_service.rasters.register import Raster
from layers.rasters.tiles import Style, tile

MOST_BYTES = 32_000_000
AT_ONCE = 4
"""Tiles that a process draws at the same time: each holds some megabytes."""


class Pictures:
    """The tiles of the rasters of a store."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._drawn: LRUCache[tuple[str, Style, int, int, int], bytes] = LRUCache(MOST_BYTES, getsizeof=len)

    def tile(self, one: Raster, style: Style, zoom: int, column: int, row: int) -> bytes:
        """Return the picture (PNG) of a tile of a raster."""
        key = (one.sha256, style, zoom, column, row)
        with self._lock:
            found = self._drawn.get(key)
        if found is None:
            with self._places:
                found = tile(self._copies.path(one), one.kind, one.facts, style, (zoom, column, row))
            with self._lock:
                self._drawn[key] = found
        return found
