"""The folder beside the store where the files of uploads in the background wait.

A file that somebody works on, or still writes, is locked; the system lets go of the lock when its holder dies, however
it dies. So a file that can be locked has nobody, and exactly one process can take it up.
"""

import fcntl
import hashlib
import os
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from geo_service.store.errors import explained_files

FOLDER = "incoming"
_TURN = ".turn"
_PROGRESS = ".progress"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Waiting:
    """A file on the disk: its name in the folder, and its SHA-256 in hexadecimal."""

    name: str
    sha256: str


@contextmanager
def kept(store: Path, content: BinaryIO) -> Iterator[Waiting]:
    """Write a file so that it survives whatever happens to the machine; locked until its job was entered.

    Raises:
        StoreError: the disk is full, or may not be written. Nothing is left then.
    """
    folder = store / FOLDER
    with explained_files():
        folder.mkdir(exist_ok=True)
        path = folder / uuid.uuid4().hex
        digest = hashlib.sha256()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with os.fdopen(os.dup(descriptor), "wb") as out:
                while piece := content.read(_PIECE):
                    digest.update(piece)
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            for one in (folder, store):
                _flush(one)
            yield Waiting(path.name, digest.hexdigest())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def locked(path: Path, *, create: bool = False) -> int | None:
    """Return an open descriptor that holds the lock of a file, None where somebody else holds it.

    Raises:
        FileNotFoundError: there is no such file.
    """
    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def turn(store: Path) -> int | None:
    """Return a descriptor that holds the right to work for a store, None where another process works."""
    folder = store / FOLDER
    folder.mkdir(exist_ok=True)
    return locked(folder / _TURN, create=True)


def path_of(store: Path, name: str) -> Path:
    """Return where a file waits."""
    return store / FOLDER / name


def remove(store: Path, name: str) -> None:
    """Remove a file that is done with."""
    for ending in ("", _PROGRESS):
        path_of(store, name + ending).unlink(missing_ok=True)


def discard(store: Path, name: str) -> None:
    """Remove a file that nobody works on; who does removes it."""
    try:
        descriptor = locked(path_of(store, name))
    except OSError:
        return
    if descriptor is not None:
        remove(store, name)
        os.close(descriptor)


def sweep(store: Path, wanted: Callable[[], Collection[str]]) -> None:
    """Remove files that nobody writes and no job wants: left by a process that died in between."""
    folder = store / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = path.name.partition(".")[0]
        if path.name == _TURN:
            continue
        if path.name != name:
            if not path_of(store, name).exists():
                path.unlink(missing_ok=True)
            continue
        descriptor = locked(path)
        if descriptor is None:
            continue
        try:
            # Asked after the lock was had: whoever wrote the file has entered its job by now, or never will.
            if name not in wanted():
                remove(store, name)
        finally:
            os.close(descriptor)


def tell(store: Path, name: str, phase: str, done: int, of: int | None) -> None:
    """Say how far the work on a file is: it replaces what was said before, whole."""
    path = path_of(store, name + _PROGRESS)
    # A draft of its own for each that writes: threads of one process may tell of one file at once.
    draft = path.with_suffix(f"{_PROGRESS}-{uuid.uuid4().hex}")
    draft.write_bytes(orjson.dumps({"phase": phase, "done": done, "of": of}))
    draft.replace(path)


def told(store: Path, name: str) -> dict[str, object]:
    """Return how far the work on a file is: its phase, and the rows done of how many."""
    try:
        found: dict[str, object] = orjson.loads(path_of(store, name + _PROGRESS).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {"phase": "waiting", "done": 0, "of": None}
    return found
