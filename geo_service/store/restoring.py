"""Putting a backup in the place of a store: one of the two is always there."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from geo_service.clock import Clock, utc_now
from geo_service.store import backups
from geo_service.store.chain import entries
from geo_service.store.check_file import check
from geo_service.store.connections import FileConnection, connect
from geo_service.store.errors import NotFound, StoreBusy, StoreDamaged, StoreError, WrongState, explained_files
from geo_service.store.locations import Location
from geo_service.store.log import Progress
from geo_service.store.moments import text_of
from geo_service.store.opening import FILE_NAME, in_database, is_store, update

_PATIENCE_S = 1.0
_COMPANIONS = ("-wal", "-shm", "-journal")


def restore(
    path: Path, where: Location, *, force: bool = False, clock: Clock = utc_now, progress: Progress | None = None
) -> Path | str | None:
    """Verify a backup and put it in the place of the store in a folder or in a database.

    A store that the backup continues is replaced. Any other, and one that can't be read, is replaced with `force`
    alone, and kept beside the new one.

    Args:
        path: the backup.
        where: the store's folder, or the database; made where there is none.
        force: replace whatever is there.
        clock: where the time comes from.
        progress: told how far the verification is.

    Returns:
        Where the replaced store was kept (a file, or the name of a schema), None where there was none to keep.

    Raises:
        NotFound: there is no backup at `path`.
        StoreDamaged: the backup does not verify.
        WrongState: the store there holds something that the backup does not, and `force` is not set.
        StoreTooNew: a later Clearway has written the backup.
        StoreBusy: a server or a command has the store open.
    """
    if not path.is_file():
        raise NotFound("There is no such backup.")
    if isinstance(where, Path):
        return _into_folder(path, where, clock, progress, force=force)
    put = in_database("restoring").put
    with explained_files(), tempfile.TemporaryDirectory(prefix="clearway-") as folder:
        copy = Path(folder) / FILE_NAME
        _duplicate(path, copy)
        with closing(connect(copy, _PATIENCE_S)) as made:
            _sound(made, clock, progress)
            kept: str | None = put(made, where, clock, force=force)
    return kept


def _into_folder(path: Path, directory: Path, clock: Clock, progress: Progress | None, *, force: bool) -> Path | None:
    place = directory / FILE_NAME
    with explained_files():
        directory.mkdir(parents=True, exist_ok=True)
        with backups.beside(place) as copy:
            _duplicate(path, copy)
            with closing(connect(copy, _PATIENCE_S)) as made:
                _refuse_other(made)
                continued = place.exists() and _continues(made, place)
                _sound(made, clock, progress)
            if place.exists() and not (continued or force):
                raise WrongState(
                    "The store there holds records that the backup does not. Use --force to replace it all the same."
                )
            kept = None
            with _alone(place, readable=continued):
                if place.exists() and not continued:
                    kept = _keep(place)
                copy.replace(place)
            backups.flush(directory)
    return kept


def _duplicate(path: Path, copy: Path) -> None:
    with closing(connect(path, _PATIENCE_S)) as source:
        backups.duplicate(source, copy)


def _refuse_other(made: FileConnection) -> None:
    if not is_store(made):
        raise StoreDamaged("That file is not a backup of a store; nothing was replaced.")


def _sound(made: FileConnection, clock: Clock, progress: Progress | None) -> None:
    """Bring a copy to the present layout and verify it."""
    _refuse_other(made)
    update(made, text_of(clock()))
    findings = check(made, progress)
    if findings:
        raise StoreDamaged(f"The backup does not verify; nothing was replaced. {findings[0].message}")


def _continues(made: FileConnection, place: Path) -> bool:
    """Say whether all that the store at `place` has recorded is in the copy too."""
    try:
        with explained_files(), closing(connect(place, _PATIENCE_S)) as present:
            if not is_store(present):
                return False
            old = [entry.hash for entry in entries(present)]
    except StoreBusy:
        raise
    except StoreError:
        return False
    return [entry.hash for entry in entries(made)][: len(old)] == old


@contextmanager
def _alone(place: Path, *, readable: bool) -> Iterator[None]:
    """Hold the store there so that nobody else has it open, its write-ahead log folded in.

    Raises:
        StoreBusy: somebody has.
    """
    if not place.exists():
        yield
        return
    with closing(sqlite3.connect(place, timeout=_PATIENCE_S, isolation_level=None)) as present:
        try:
            # Leaving WAL succeeds only for the last one who has the file open.
            present.execute("PRAGMA journal_mode = DELETE")
            present.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise StoreBusy("The store is in use. Stop the server and other commands, then restore.") from error
            if readable:
                raise
        yield


def _keep(place: Path) -> Path:
    """Move what belongs to the store that is replaced to a free name; the store itself stays until it is replaced."""
    number = 1
    while (kept := place.with_name(f"{place.name}.replaced-{number}")).exists():
        number += 1
    kept.hardlink_to(place)
    for ending in _COMPANIONS:
        companion = Path(f"{place}{ending}")
        if companion.exists():
            companion.replace(f"{kept}{ending}")
    return kept
