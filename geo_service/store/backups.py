"""A copy of a store as one file that is whole or not there."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from geo_service.store.errors import StoreDamaged, WrongState, explained_files


def write(source: sqlite3.Connection, path: Path) -> None:
    """Write a consistent copy of the store that `source` is open on to `path`; one that was there is replaced.

    Raises:
        WrongState: the path is the store itself.
        StoreDamaged: the copy does not verify.
    """
    own = source.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    if path.exists() and path.samefile(own):
        raise WrongState("That is the store itself. Name another file for the backup.")
    with explained_files(), beside(path) as copy:
        duplicate(source, copy)
        copy.replace(path)
        flush(path.parent)


def duplicate(source: sqlite3.Connection, path: Path) -> None:
    """Copy a store to a file of its own, verify its pages and bring it to the disk.

    Raises:
        StoreDamaged: the copy does not verify.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        # One step: a copy in several begins again whenever somebody writes.
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        if target.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise StoreDamaged("The store's pages are damaged. Run `clearway check`, and restore the last backup.")
    flush(path)


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Lend a free name in the folder of `path`; a file of that name is removed at the end."""
    copy = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield copy
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            Path(f"{copy}{ending}").unlink(missing_ok=True)
