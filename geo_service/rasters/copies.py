"""Copies of filed rasters on this machine's disk, for GDAL to read: made when asked for, never believed unseen.

A copy is named by the hash of what it holds. A process hashes it before it first opens it, and again whenever the file
is no longer the one that it hashed; one that is torn or touched is made anew. The folder may be deleted at any time.
"""

import hashlib
import os
import threading
import uuid
from contextlib import suppress
from pathlib import Path

from geo_service.rasters.register import Raster
from geo_service.store.errors import StoreDamaged, explained_files
from geo_service.store.log import Log

FOLDER = "rasters.cache"
"""The folder's name beside the store."""

Mark = tuple[int, int, int, int]


class Copies:
    """The copies beside one store."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._seen: dict[str, Mark] = {}

    def path(self, one: Raster) -> Path:
        """Return where a raster lies on the disk, its bytes being those that were filed.

        Raises:
            StoreError: the disk is full or may not be written, or what is filed was changed.
        """
        path = self._log.folder / FOLDER / f"{one.sha256}.tif"
        with self._lock:
            if self._seen.get(one.sha256) != _mark(path) or one.sha256 not in self._seen:
                if _digest(path) != one.sha256:
                    self._make(path, one)
                mark = _mark(path)
                if mark is not None:
                    self._seen[one.sha256] = mark
        return path

    def _make(self, path: Path, one: Raster) -> None:
        with explained_files():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.parent / f".{uuid.uuid4().hex}.part"
            digest = hashlib.sha256()
            try:
                with draft.open("wb") as out:
                    for piece in self._log.filing.pieces(one.sha256):
                        digest.update(piece)
                        out.write(piece)
                if digest.hexdigest() != one.sha256:
                    raise StoreDamaged(
                        "A raster in the store was changed. Run `clearway check`, and restore the last backup."
                    )
                os.replace(draft, path)  # noqa: PTH105 - replaces in one step, which rename does not say
            finally:
                draft.unlink(missing_ok=True)


def _mark(path: Path) -> Mark | None:
    """Return what tells one state of a file from another, None where there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return None


def _digest(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
