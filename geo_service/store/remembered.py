"""What was read of a store, kept for as long as its journal has not grown.

Every change of a store ends in its journal, in the same transaction. So the last entry of the journal says whether what
was read before still holds, and that is the one thing that has to be asked for again: by every process, on every read.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

from geo_service.store.database import Connection, Pool

T = TypeVar("T")

MOST = 10_000
"""Readings that are kept at most; then they begin anew."""

_LAST = "SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1"


class Mark(NamedTuple):
    """The last entry of a store's journal: its number and its hash."""

    number: int
    hash: str


BEFORE = Mark(0, "")


class Remembered:
    """Readings of one store. A reading is made once, and again when the journal has grown."""

    def __init__(self, pool: Pool[Any]) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._mark = BEFORE
        self._kept: dict[Hashable, Any] = {}
        self._held: ContextVar[Mark | None] = ContextVar("mark", default=None)

    def mark(self) -> Mark:
        """Return the last entry of the journal, asked for now, or that by which the present request is answered."""
        held = self._held.get()
        if held is not None:
            return held
        with self._pool.lent() as connection:
            return _last(connection)

    @contextmanager
    def holding(self, mark: Mark) -> Iterator[None]:
        """Answer one request by one mark: what is recorded while it is answered may be left to the next.

        Only for requests that change nothing: what a request has written itself it must find.
        """
        token = self._held.set(mark)
        try:
            yield
        finally:
            self._held.reset(token)

    def read(self, key: Hashable, make: Callable[[Connection], T]) -> T:
        """Return a reading as of now; the same object for as long as the journal has not grown.

        Args:
            key: what is read.
            make: reads it.
        """
        mark, held = self.mark(), self._held.get()
        with self._lock:
            # What is newer than a mark that is held is no less true.
            true = self._mark == mark or (held is not None and self._mark.number > held.number)
            if true and key in self._kept:
                found: T = self._kept[key]
                return found
        with self._pool.reading() as connection:
            mark, made = _last(connection), make(connection)
        with self._lock:
            if self._mark != mark or len(self._kept) >= MOST:
                self._mark, self._kept = mark, {}
            self._kept[key] = made
        return made


def _last(connection: Connection) -> Mark:
    found = connection.execute(_LAST).fetchone()
    return Mark(*found) if found else BEFORE
