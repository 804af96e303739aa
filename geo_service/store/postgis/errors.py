"""What psycopg reports, as a `StoreError` that says what to do next; never an address, never SQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as reported

from geo_service.store.errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreUnreachable,
)

BUSY = "Another load or command is writing to the store. Wait until it has ended, then try again."
_TOO_MANY = "The database has as many connections as it takes. Try again, or let it take more (max_connections)."
_FULL = "The database has no room left; nothing of this was kept. Make room on its disk, then try again."
_READ_ONLY = "The database takes no writes now: it is a standby, or was set to read only. Use the one that takes them."
_NO_RIGHT = "The database does not give this user the right to do that. Have its owner grant it, or use another user."
_REFUSED = "The database refuses this user. See that the name, the password and the name of the database are right."
_DAMAGED = "The tables of the store are not as Clearway made them. Run `clearway check`, and restore the last backup."
_GONE = (
    "The database does not answer. See that it runs and that the address, the user and the name are right, then try "
    "again."
)
_FAILED = "The database failed; nothing of this was kept. Run `clearway check`."
UNSURE = (
    "The connection to the database broke at the moment when this was kept. Look among the changesets whether it was, "
    "before you send it again."
)
"""For a commit that was sent and not answered."""

_MEANINGS: tuple[tuple[type[psycopg.Error], type[StoreError], str], ...] = (
    (reported.LockNotAvailable, StoreBusy, BUSY),
    (reported.QueryCanceled, StoreBusy, BUSY),
    (reported.DeadlockDetected, StoreBusy, BUSY),
    (reported.SerializationFailure, StoreBusy, BUSY),
    (reported.TooManyConnections, StoreBusy, _TOO_MANY),
    (reported.DiskFull, StoreFull, _FULL),
    (reported.ReadOnlySqlTransaction, StoreLocked, _READ_ONLY),
    (reported.InsufficientPrivilege, StoreLocked, _NO_RIGHT),
    (reported.InvalidAuthorizationSpecification, StoreLocked, _REFUSED),
    (reported.InvalidPassword, StoreLocked, _REFUSED),
    (reported.InvalidCatalogName, StoreLocked, _REFUSED),
    (reported.UndefinedTable, StoreDamaged, _DAMAGED),
    (reported.UndefinedColumn, StoreDamaged, _DAMAGED),
    (reported.UndefinedObject, StoreDamaged, _DAMAGED),
    (reported.UndefinedFunction, StoreDamaged, _DAMAGED),
    (reported.DataCorrupted, StoreDamaged, _DAMAGED),
    (reported.IndexCorrupted, StoreDamaged, _DAMAGED),
    # What has no code of its own is libpq's: no connection, or one that broke.
    (psycopg.OperationalError, StoreUnreachable, _GONE),
    (psycopg.InterfaceError, StoreUnreachable, _GONE),
)


_AT_THE_DOOR: tuple[tuple[type[StoreError], str, tuple[str, ...]], ...] = (
    (StoreBusy, _TOO_MANY, ("too many", "connection slots")),
    (StoreLocked, _REFUSED, ("password", "authentication", "does not exist", "pg_hba")),
)


def meaning(error: psycopg.Error) -> StoreError:
    """Return what an error means for the store."""
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        # A connection that never was has no code, but words; of a server that speaks another language, only `_GONE`.
        for failure, words, parts in _AT_THE_DOOR:
            if any(part in str(error) for part in parts):
                return failure(words)
    for kind, failure, words in _MEANINGS:
        if isinstance(error, kind):
            return failure(words)
    return StoreError(_FAILED)


@contextmanager
def explained() -> Iterator[None]:
    """Let the errors of psycopg leave as a `StoreError`."""
    try:
        yield
    except psycopg.Error as error:
        raise meaning(error) from error
