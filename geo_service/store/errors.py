"""What can go wrong with the log. Messages are for people: what to do next, never SQL, never a path."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StoreError(Exception):
    """The log could not do what it was asked to; nothing was half-written."""


class NotFound(StoreError):
    """There is no such store, changeset or record."""


class WrongState(StoreError):
    """The changeset is in a state that does not allow this step, or was checked against an older revision."""


class Stale(WrongState):
    """The records have changed since the changeset was checked against them."""


class Forbidden(StoreError):
    """This person may not take this step: an own changeset where review is on, or a setting that is fixed."""


class StoreBusy(StoreError):
    """Another process holds the store for longer than this one was willing to wait."""


class StoreUnreachable(StoreError):
    """The database does not answer, or the connection to it broke."""


class StoreFull(StoreError):
    """There is no room left on the disk."""


class StoreLocked(StoreError):
    """The store's folder or file can't be written by this user."""


class StoreDamaged(StoreError):
    """The file is not a store of Clearway, or its bytes are not those that were written."""


class StoreTooNew(StoreError):
    """A later Clearway has written this store."""


@contextmanager
def explained() -> Iterator[None]:
    """Let the errors of SQLite leave as a `StoreError` that says what to do next."""
    try:
        yield
    except sqlite3.Error as error:
        raise _meaning(error) from error


@contextmanager
def explained_files() -> Iterator[None]:
    """Let the errors of SQLite and of the file system leave as a `StoreError` that says what to do next."""
    try:
        with explained():
            yield
    except OSError as error:
        failure = _ON_SYSTEM.get(error.errno or 0, _unreadable)()
        raise failure from error


def _meaning(error: sqlite3.Error) -> StoreError:
    # Errors that the sqlite3 module raises itself carry no code: text that is no UTF-8, above all.
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_IOERR_WRITE:
        return _full()
    return _ON_SQLITE.get(-1 if code is None else code & 0xFF, _unreadable)()


def _busy() -> StoreError:
    return StoreBusy("Another load or command is writing to the store. Wait until it has ended, then try again.")


def _full() -> StoreError:
    return StoreFull("The disk is full; nothing of this was kept. Make room, then try again.")


def _locked() -> StoreError:
    return StoreLocked("The store can't be written. Give this user the right to write its folder, then try again.")


def _damaged() -> StoreError:
    return StoreDamaged("The file is not a store, or is damaged. Run `clearway check`, and restore the last backup.")


def _unreadable() -> StoreError:
    return StoreError("The disk or the store failed; nothing of this was kept. Run `clearway check`.")


_ON_SQLITE: dict[int, Callable[[], StoreError]] = {
    -1: _damaged,
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_READONLY: _locked,
    sqlite3.SQLITE_CANTOPEN: _locked,
    sqlite3.SQLITE_PERM: _locked,
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_NOTADB: _damaged,
}
_ON_SYSTEM: dict[int, Callable[[], StoreError]] = {
    errno.ENOSPC: _full,
    errno.EDQUOT: _full,
    errno.EFBIG: _full,
    errno.EACCES: _locked,
    errno.EPERM: _locked,
    errno.EROFS: _locked,
}
