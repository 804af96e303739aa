"""Connections to the file: one pool for the threads of a process, transactions that end cleanly."""

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo_service.store.errors import StoreError, explained

PATIENCE_S = 60.0
"""How long to wait for another writer, in seconds: the largest load holds the store for less."""

_JOURNAL_BYTES = 64 * 1024 * 1024
"""What the write-ahead log is cut back to after a large load."""


def connect(path: Path, patience_s: float, *, create: bool = False) -> sqlite3.Connection:
    """Return a connection that commits to the disk and checks references."""
    mode = "rwc" if create else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
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


class Pool:
    """Connections to one file, lent to a thread at a time. A connection that met an error is not lent again."""

    def __init__(self, path: Path, patience_s: float) -> None:
        self.path = path
        self._patience_s = patience_s
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction that sees one state of the store."""
        with self._transaction("BEGIN", "ROLLBACK") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside a transaction that holds the one lock for writing; commit it, or nothing."""
        with self._transaction("BEGIN IMMEDIATE", "COMMIT") as connection:
            yield connection

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection outside of any transaction."""
        if self._closed:
            raise StoreError("The store was closed.")
        with explained():
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = connect(self.path, self._patience_s)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.put(connection)
            if self._closed:
                self.close()

    def close(self) -> None:
        """Close the idle connections; those lent out are closed when they come back."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[sqlite3.Connection]:
        # A connection closed with its transaction open rolls it back.
        with self.lent() as connection:
            connection.execute(begin)
            yield connection
            connection.execute(end)
