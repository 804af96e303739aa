"""A PMTiles archive (specification 3): one file of many tiles, the same bytes once, runs of the same tile in one entry.

The directories and the header are written by the `pmtiles` package. Tiles are told apart by their SHA-256, since two
tiles taken for one would lose what is in the other. They wait in a file beside, so that only entries are in memory.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import Compression, Entry, TileType
from pmtiles.writer import finalize_header

Ints = NDArray[np.int64]
BLOCK = 1 << 20


class Archive:
    """A PMTiles file that is being written: tiles in ascending order of their id, then `finish`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        self._length = self._tiles = 0

    def __enter__(self) -> Self:
        """Begin to keep tiles beside the file."""
        self._kept = tempfile.TemporaryFile(dir=self._path.parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of the tiles beside the file."""
        self._kept.close()

    def __len__(self) -> int:
        """Return the number of tiles."""
        return self._tiles

    def put(self, tile_id: int, body: bytes) -> None:
        """Add a tile, packed by gzip.

        Raises:
            ValueError: a later one was added before.
        """
        last = self._entries[-1] if self._entries else None
        if last and tile_id < last.tile_id + last.run_length:
            raise ValueError(f"tile {tile_id} comes after tile {last.tile_id}")
        self._tiles += 1
        digest = hashlib.sha256(body).digest()
        known = self._places.get(digest)
        if known and last and known[0] == last.offset and tile_id == last.tile_id + last.run_length:
            last.run_length += 1
            return
        if known is None:
            self._kept.write(body)
            known = self._places[digest] = self._length, len(body)
            self._length += len(body)
        self._entries.append(Entry(tile_id, *known, 1))

    def finish(
        self, extent: tuple[float, float, float, float], zooms: tuple[int, int], about: Mapping[str, object]
    ) -> None:
        """Write the file.

        Args:
            extent: west, south, east, north, degrees.
            zooms: the lowest and the highest.
            about: its metadata.
        """
        west, south, east, north = (round(one * 1e7) for one in extent)
        header: dict[str, object] = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            **dict(
                zip(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"), (west, south, east, north), strict=True)
            ),
            "center_zoom": min(max(zooms[0], 9), zooms[1]),
            "center_lon_e7": (west + east) // 2,
            "center_lat_e7": (south + north) // 2,
        }
        parts = finalize_header(
            *(header, self._tiles, self._entries, len(self._places), dict(about)),
            clustered=True,
            tile_data_length=self._length,
        )
        with self._path.open("wb") as file:
            file.writelines(parts)
            self._kept.seek(0)
            while block := self._kept.read(BLOCK):
                file.write(block)


def tile_ids(zoom: int, columns: Ints, rows: Ints) -> Ints:
    """Return the ids of tiles: zooms one after another, in each along Hilbert's curve (specification, section 4.1)."""
    x, y = columns.astype(np.int64).copy(), rows.astype(np.int64).copy()
    found = np.full(len(x), ((1 << 2 * zoom) - 1) // 3, dtype=np.int64)
    for level in reversed(range(zoom)):
        side = 1 << level
        right, lower = (x >> level) & 1, (y >> level) & 1
        found += ((3 * right) ^ lower) << (2 * level)
        x, y = x & (side - 1), y & (side - 1)
        # The quarters above are turned: the left one along its diagonal, the right one along the other.
        above, turned = lower == 0, (lower == 0) & (right == 1)
        x, y = np.where(turned, side - 1 - x, x), np.where(turned, side - 1 - y, y)
        x, y = np.where(above, y, x), np.where(above, x, y)
    return found
