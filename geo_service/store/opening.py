"""Opening a store: in a folder, making the file or verifying that it is one and bringing it to the present layout."""

import importlib
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import ModuleType

from geo_service.clock import Clock, utc_now
from geo_service.store import migrations
from geo_service.store.chain import settings
from geo_service.store.connections import PATIENCE_S, FileConnection, FilePool, connect
from geo_service.store.errors import NotFound, StoreDamaged, StoreError, WrongState, explained_files
from geo_service.store.geopackage import APPLICATION_ID
from geo_service.store.layout import new_store
from geo_service.store.locations import Location
from geo_service.store.moments import text_of
from geo_service.store.sql_log import SqlLog
from geo_service.store.sqlite import SqliteLog

FILE_NAME = "clearway.gpkg"
"""The store's file inside its folder."""


def open_store(
    where: Location,
    *,
    create: bool = False,
    synthetic: bool = False,
    clock: Clock = utc_now,
    patience_s: float = PATIENCE_S,
) -> SqlLog:
    """Return the log kept in a folder or in a database; close it when done.

    Args:
        where: the folder, or the database.
        create: make the folder or the schema, and the store, where there is none.
        synthetic: mark the store that is made as invented data, for good.
        clock: where the time comes from.
        patience_s: how long to wait for another writer, in seconds.

    Raises:
        NotFound: there is no store and `create` is not set.
        WrongState: `synthetic` is asked for and the store that is there holds real records.
        StoreDamaged: what is there is no store.
        StoreTooNew: a later Clearway has written it.
        StoreError: psycopg, which a database needs, is not installed.
    """
    if isinstance(where, Path):
        return open_folder(where, create=create, synthetic=synthetic, clock=clock, patience_s=patience_s)
    opened: SqlLog = in_database("opening").open_database(
        where, create=create, synthetic=synthetic, clock=clock, patience_s=patience_s
    )
    return opened


def in_database(module: str) -> ModuleType:
    """Return a module of `geo_service.store.postgis`; its driver is an extra that many do without.

    Raises:
        StoreError: psycopg is not installed.
    """
    try:
        return importlib.import_module(f"geo_service.store.postgis.{module}")
    except ImportError as error:
        if error.name != "psycopg":
            raise
        raise StoreError("A store in a database needs psycopg: pip install 'clearway[postgis]'") from error


def open_folder(  # noqa: PLR0913
    directory: Path,
    *,
    create: bool = False,
    synthetic: bool = False,
    clock: Clock = utc_now,
    patience_s: float = PATIENCE_S,
    steps: Sequence[migrations.Step] = migrations.STEPS,
) -> SqliteLog:
    """Return the log kept in a folder; arguments and errors as of `open_store`, and `steps`: the migrations."""
    path = directory / FILE_NAME
    with explained_files():
        if not create and not path.exists():
            raise _missing()
        if create:
            directory.mkdir(parents=True, exist_ok=True)
        with closing(connect(path, patience_s, create=create)) as connection:
            if not is_store(connection):
                _refuse_foreign(connection)
                if not create:
                    raise _missing()
            _write_ahead(connection, patience_s)
            if migrations.level(connection) != len(steps):
                update(connection, text_of(clock()), steps, synthetic=synthetic)
            if synthetic and not settings(connection)["synthetic"]:
                raise WrongState("This store holds real records. Choose another folder for synthetic ones.")
    return SqliteLog(FilePool(path, patience_s), clock)


def is_store(connection: FileConnection) -> bool:
    """Say whether a database is a store of Clearway."""
    marked = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    return bool(marked) and migrations.level(connection) > 0


def update(
    connection: FileConnection,
    at: str,
    steps: Sequence[migrations.Step] = migrations.STEPS,
    *,
    synthetic: bool = False,
) -> None:
    """Bring a store, or an empty database, to the present layout: all the way, or not at all.

    Raises:
        StoreTooNew: a later Clearway has written the store.
    """
    # Where this fails the connection is closed, which takes everything back.
    connection.execute("BEGIN IMMEDIATE")
    migrations.migrate(connection, at, new_store(synthetic=synthetic), steps)
    connection.execute("COMMIT")


def _write_ahead(connection: FileConnection, patience_s: float) -> None:
    """Let readers go on while one writes. SQLite does not wait by itself where two processes set this at once."""
    until = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _refuse_foreign(connection: FileConnection) -> None:
    """Refuse a database that holds something else; an empty one may become a store."""
    if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
        raise StoreDamaged("The file there is not a store of Clearway. Choose another folder, or restore a backup.")


def _missing() -> NotFound:
    return NotFound("There is no store in this folder. Load a file or run `clearway demo` to make one.")
