"""Connections to the database, and the bounded pool for the threads of a process."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from geo_service.store import database, geopackage
from geo_service.store.errors import StoreBusy, StoreDamaged, StoreError, StoreUnreachable
from geo_service.store.locations import Database
from geo_service.store.postgis import values
from geo_service.store.postgis.errors import BUSY, UNSURE, explained, meaning
from geo_service.store.schema import quoted

LIMIT = 8
"""Connections of one process; a server as it is shipped takes 100 in all."""

_DEFAULTS = {
    "application_name": "clearway",
    "connect_timeout": "10",
    # Who holds the lock and vanishes from the network is let go within a minute or so.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "client_encoding": "utf8",
}
_SESSION = {
    "datestyle": "ISO, YMD",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "cursor_tuple_fraction": "1",  # all rows of a cursor are wanted, not the first ones soon
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_SETTINGS = (
    "SELECT set_config('search_path', concat_ws(', ', %s::text, quote_ident(n.nspname)), false), "  # noqa: S608 - our own names
    + "".join(f"set_config('{name}', '{value}', false), " for name, value in _SESSION.items())
    # A commit that was answered is on the disk; a server that waits for its standbys too goes on doing so.
    + "set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, false), "
    "(SELECT t.oid::bigint FROM pg_type t WHERE t.typname = 'geometry' AND t.typnamespace = n.oid), "
    "current_setting('server_encoding') "
    "FROM (VALUES (1)) one LEFT JOIN pg_extension e ON e.extname = 'postgis' LEFT JOIN pg_namespace n "
    "ON n.oid = e.extnamespace"
)
"""Prepares a session; answers the type of geometry, None without PostGIS, and the encoding at its end."""
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_TOO_MANY = "Too many use the store at once. Try again in a moment."
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class ServerConnection:
    """A connection to the schema of one store; each statement stands for itself until one begins a transaction."""

    def __init__(self, raw: "psycopg.Connection[Any]", schema: str) -> None:
        self.raw, self.schema = raw, schema

    def execute(self, statement: str, given: Sequence[object] = (), /) -> database.Rows:
        """Run a statement with a value for each `?`."""
        if not given:
            return self.raw.execute(statement.encode())
        return self.raw.execute(values.statement_of(statement).encode(), given)

    def batches(self, statement: str, given: Sequence[object], size: int) -> Iterator[list[Any]]:
        """Go through many rows, up to `size` of them on the way at a time: a cursor of the server's."""
        bound = psycopg.ClientCursor(self.raw).mogrify(values.statement_of(statement), given)
        with self.raw.cursor(name="batches") as cursor:
            cursor.execute(bound.encode())
            while rows := cursor.fetchmany(size):
                yield rows

    def close(self) -> None:
        """Let go; a transaction that is open is taken back."""
        self.raw.close()

    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add many rows to a table."""
        statement = f'COPY "{table}" ({quoted(tuple(names))}) FROM STDIN'
        with self.raw.cursor().copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def highest(self, table: str, column: str) -> int:
        """Return the highest number that a row has in a column: nothing is ever deleted."""
        return int(self.execute(f'SELECT COALESCE(MAX("{column}"), 0) FROM "{table}"').fetchone()[0])  # noqa: S608

    def among(self, members: Iterable[str]) -> tuple[str, object]:
        """Return the query of a list's members and the value bound to it."""
        return "SELECT unnest(?::text[])", list(members)

    def held(self, blobs: Sequence[bytes]) -> Sequence[object]:
        """Return geometries as PostGIS reads them."""
        return [values.ewkb_of(wkb) for wkb in geopackage.bodies(blobs)]

    def blobs(self, held: Sequence[bytes]) -> list[bytes]:
        """Return GeoPackage blobs around the WKB that the database gives."""
        return geopackage.wrapped(list(held), shapely.bounds(self.decoded(held)))

    def decoded(self, held: Sequence[bytes]) -> NDArray[np.object_]:
        """Return the geometries of WKB."""
        try:
            return shapely.from_wkb(np.array(held, dtype=object))
        except shapely.errors.GEOSException as error:
            raise ValueError("a geometry is damaged") from error

    def index(self, layer: str, fids: Sequence[int], bounds: NDArray[np.float64]) -> None:
        """Do nothing: the database keeps its index itself."""

    def recorded(self, layer: str, changeset: int, recorded_at: str) -> None:
        """Do nothing: nothing else is said of a layer."""

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Let a statement that fails inside leave the transaction usable."""
        self.execute("SAVEPOINT part")
        try:
            yield
        except psycopg.Error as error:
            failure = meaning(error)
            if not isinstance(failure, StoreUnreachable):
                self.execute("ROLLBACK TO SAVEPOINT part")
            raise failure from error
        self.execute("RELEASE SAVEPOINT part")


def connect(where: Database, *, alone: bool = False) -> ServerConnection:
    """Return a connection that commits to the disk and finds the store's schema first.

    Args:
        where: the database and the schema.
        alone: nobody else may have a connection to this store, now and until this one ends.

    Raises:
        StoreBusy: somebody replaces the store, or has it open while it is wanted alone.
        StoreError: the address is none, or the database has another encoding than UTF-8.
    """
    try:
        given = conninfo_to_dict(where.url)
        address = make_conninfo(where.url, **{key: value for key, value in _DEFAULTS.items() if key not in given})
    except psycopg.ProgrammingError:
        raise StoreError("The address of the database can't be read: postgresql://USER@HOST:PORT/NAME.") from None
    raw = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.ClientCursor)
    try:
        _set_up(raw, where.schema)
        _enter(raw, where.schema, alone=alone)
    except BaseException:
        raw.close()
        raise
    return ServerConnection(raw, where.schema)


def key_of(schema: str, use: str) -> int:
    """Return the number of an advisory lock for one use of one store's schema."""
    digest = hashlib.sha256(f"clearway {use} {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


class ServerPool(database.Pool[ServerConnection]):
    """Up to `LIMIT` connections to one store."""

    def __init__(self, where: Database, patience_s: float, limit: int = LIMIT) -> None:
        super().__init__()
        self.where = where
        self._patience_s = patience_s
        self._free = threading.BoundedSemaphore(limit)
        # Writers that wait for their turn leave connections to those who read.
        self._writers = threading.BoundedSemaphore(max(1, limit // 2))
        self._write = f"{_WRITE}; SET LOCAL lock_timeout = {max(1, round(patience_s * 1000))}"

    @contextmanager
    def lent(self, begin: Callable[[ServerConnection], object] | None = None) -> Iterator[ServerConnection]:
        """Lend a connection, outside of any transaction but what `begin` begins."""
        with _within(self._free, self._patience_s, _TOO_MANY), super().lent(begin) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[ServerConnection]:
        """Lend a connection inside a transaction that sees one state of the store."""
        with self.lent(lambda connection: connection.execute(_READ)) as connection:
            yield connection
            connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[ServerConnection]:
        """Lend a connection inside a transaction that holds the one lock for writing; commit it, or nothing.

        Raises:
            StoreUnreachable: the connection broke; where it did so at the last step, the message says so.
        """
        with _within(self._writers, self._patience_s, BUSY), self.lent(self._take_turn) as connection:
            yield connection
            try:
                connection.execute("COMMIT")
            except psycopg.OperationalError as error:
                raise StoreUnreachable(UNSURE) from error

    def _take_turn(self, connection: ServerConnection) -> None:
        connection.execute(self._write)
        if connection.execute("SELECT 1 FROM turn FOR UPDATE").fetchone() is None:
            raise StoreDamaged(
                "The row that writers take turns by is gone. Run `clearway check`, and restore a backup."
            )

    def _begun(self, begin: Callable[[ServerConnection], object] | None) -> ServerConnection:
        # A server that was started again has left idle connections dead: nothing was done on them yet, so go on.
        while not self._idle.empty():
            try:
                return super()._begun(begin or (lambda connection: connection.execute("SELECT 1")))
            except psycopg.OperationalError as error:
                if not isinstance(meaning(error), StoreUnreachable):
                    raise
        return self._with(self._connect(), begin)

    def _connect(self) -> ServerConnection:
        return connect(self.where)

    def _explained(self) -> AbstractContextManager[None]:
        return explained()


@contextmanager
def _within(places: threading.BoundedSemaphore, patience_s: float, words: str) -> Iterator[None]:
    """Hold one of a number of places.

    Raises:
        StoreBusy: none came free in time.
    """
    if not places.acquire(timeout=patience_s):
        raise StoreBusy(words)
    try:
        yield
    finally:
        places.release()


def _set_up(raw: "psycopg.Connection[Any]", schema: str) -> None:
    found = raw.execute(_SETTINGS, (f'"{schema}"',)).fetchone()
    assert found is not None  # noqa: S101 - one row, always
    geometry, encoding = found[-2:]
    if encoding != "UTF8":
        raise StoreDamaged("The database has an encoding other than UTF-8 and would lose letters. Use another.")
    values.register(raw, geometry)


def _enter(raw: "psycopg.Connection[Any]", schema: str, *, alone: bool) -> None:
    """Hold the store open, together with others or alone, until the connection ends."""
    kind = "" if alone else "_shared"
    entered = raw.execute(f"SELECT pg_try_advisory_lock{kind}(%s)::int", (key_of(schema, "open"),)).fetchone()
    if entered == (1,):
        return
    if alone:
        raise StoreBusy("The store is in use. Stop the servers and other commands on every machine, then restore.")
    raise StoreBusy("The store is being replaced. Wait until that has ended, then try again.")
