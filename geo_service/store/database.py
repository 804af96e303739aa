"""What both back ends give the statements of the log: a connection that speaks SQL, and a pool that lends it.

The statements in `chain`, `changesets`, `jobs`, `tokens`, `version_tables` and `checking` stand once and run on SQLite
and on PostgreSQL. Values are bound to `?`. What the two do not share has a method here.
"""

import queue
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.store.errors import StoreError


class Rows(Protocol):
    """What a statement answers."""

    def fetchone(self) -> Any:
        """Return the next row, None where there is none."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return up to `size` rows."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows."""


class Connection(Protocol):
    """A connection, inside a transaction wherever the log uses it."""

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Rows:
        """Run a statement with a value for each `?`."""

    def batches(self, statement: str, values: Sequence[object], size: int) -> Iterator[list[Any]]:
        """Go through many rows inside a transaction, up to `size` of them in memory at a time."""

    def close(self) -> None:
        """Let go; a transaction that is open is taken back."""

    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add many rows to a table; `names` are the columns that their values belong to."""

    def highest(self, table: str, column: str) -> int:
        """Return the highest number that a row ever had in a column, 0 where there was none."""

    def among(self, values: Iterable[str]) -> tuple[str, object]:
        """Return the query of a list's members, to stand in `IN (…)`, and the value bound to its one `?`."""

    def held(self, blobs: Sequence[bytes]) -> Sequence[object]:
        """Return geometries as they are bound to a column, from GeoPackage blobs."""

    def blobs(self, held: Sequence[Any]) -> list[bytes]:
        """Return the GeoPackage blobs of geometries as a column gives them: the bytes that digests are made of.

        Raises:
            ValueError: bytes are no geometry.
        """

    def decoded(self, held: Sequence[Any]) -> NDArray[np.object_]:
        """Return the geometries that a column gives.

        Raises:
            ValueError: bytes are no geometry.
        """

    def index(self, layer: str, fids: Sequence[int], bounds: NDArray[np.float64]) -> None:
        """Enter versions that were inserted in the spatial index, where that is not kept by the database."""

    def recorded(self, layer: str, changeset: int, recorded_at: str) -> None:
        """Do what a back end's layout asks for when a changeset was approved."""

    def apart(self) -> AbstractContextManager[None]:
        """Let what fails inside leave the transaction usable."""


C = TypeVar("C", bound=Connection)


class Pool(ABC, Generic[C]):
    """Connections to one store, lent to a thread at a time. A connection that met an error is not lent again."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[C] = queue.LifoQueue()
        self._closed = False

    @abstractmethod
    def _connect(self) -> C:
        """Return a new connection."""

    @abstractmethod
    def _explained(self) -> AbstractContextManager[None]:
        """Let the database's errors leave as a `StoreError`."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[C]:
        """Lend a connection inside a transaction that sees one state of the store."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[C]:
        """Lend a connection inside a transaction that holds the one lock for writing; commit it, or nothing."""

    @contextmanager
    def lent(self, begin: Callable[[C], object] | None = None) -> Iterator[C]:
        """Lend a connection, outside of any transaction but what `begin` begins."""
        if self._closed:
            raise StoreError("The store was closed.")
        with self._explained():
            connection = self._begun(begin)
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

    def _begun(self, begin: Callable[[C], object] | None) -> C:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        return self._with(connection, begin)

    @staticmethod
    def _with(connection: C, begin: Callable[[C], object] | None) -> C:
        try:
            if begin is not None:
                begin(connection)
        except BaseException:
            connection.close()
            raise
        return connection
