"""Connections to the file: what SQLite needs of its own, and the pool for the threads of a process."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.store import database, geopackage
from geo_service.store.errors import explained
from geo_service.store.schema import quoted

PATIENCE_S = 60.0
"""How long to wait for another writer, in seconds: the largest load holds the store for less."""

_JOURNAL_BYTES = 64 * 1024 * 1024
"""What the write-ahead log is cut back to after a large load."""


class FileConnection(sqlite3.Connection):
    """A connection to the file; geometries lie in it as GeoPackage blobs."""

    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add many rows to a table."""
        marks = ", ".join("?" * len(names))
        self.executemany(f'INSERT INTO "{table}" ({quoted(tuple(names))}) VALUES ({marks})', rows)  # noqa: S608

    def batches(self, statement: str, values: Sequence[object], size: int) -> Iterator[list[Any]]:
        """Go through many rows, up to `size` of them in memory at a time."""
        found = self.execute(statement, tuple(values))
        while rows := found.fetchmany(size):
            yield rows

    def highest(self, table: str, column: str) -> int:
        """Return the highest number that a row ever had in a column, 0 where there was none."""
        given = self.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        (there,) = self.execute(f'SELECT MAX("{column}") FROM "{table}"').fetchone()  # noqa: S608 - our own names
        return max(given[0] if given else 0, there or 0)

    def among(self, values: Iterable[str]) -> tuple[str, object]:
        """Return the query of a list's members and the value bound to it."""
        return "SELECT value FROM json_each(?)", json.dumps(list(values))

    def held(self, blobs: Sequence[bytes]) -> Sequence[object]:
        """Return the blobs: they are what the file holds."""
        return blobs

    def blobs(self, held: Sequence[bytes]) -> list[bytes]:
        """Return the blobs that the file holds."""
        return list(held)

    def decoded(self, held: Sequence[bytes]) -> NDArray[np.object_]:
        """Return the geometries of blobs."""
        return geopackage.decode(list(held))

    def index(self, layer: str, fids: Sequence[int], bounds: NDArray[np.float64]) -> None:
        """Enter versions in their layer's R-tree."""
        geopackage.index(self, layer, fids, bounds)

    def recorded(self, layer: str, changeset: int, recorded_at: str) -> None:
        """Let the layer's entry in the GeoPackage's contents cover a changeset that was approved."""
        geopackage.extend(self, layer, changeset, recorded_at)

    def apart(self) -> AbstractContextManager[None]:
        """Do nothing: a statement that fails in SQLite leaves its transaction usable."""
        return nullcontext()


def connect(path: Path, patience_s: float, *, create: bool = False) -> FileConnection:
    """Return a connection that commits to the disk and checks references."""
    mode = "rwc" if create else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
        factory=FileConnection,
    )
    try:
        # FULL: a commit that was answered is on the disk, whatever happens to the machine the moment after.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


class FilePool(database.Pool[FileConnection]):
    """Connections to one file."""

    def __init__(self, path: Path, patience_s: float) -> None:
        super().__init__()
        self.path = path
        self._patience_s = patience_s

    def reading(self) -> AbstractContextManager[FileConnection]:
        """Lend a connection inside a transaction that sees one state of the store."""
        return self._transaction("BEGIN", "ROLLBACK")

    def writing(self) -> AbstractContextManager[FileConnection]:
        """Lend a connection inside a transaction that holds the one lock for writing; commit it, or nothing."""
        return self._transaction("BEGIN IMMEDIATE", "COMMIT")

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[FileConnection]:
        # A connection closed with its transaction open rolls it back.
        with self.lent() as connection:
            connection.execute(begin)
            yield connection
            connection.execute(end)

    def _connect(self) -> FileConnection:
        return connect(self.path, self._patience_s)

    def _explained(self) -> AbstractContextManager[None]:
        return explained()
