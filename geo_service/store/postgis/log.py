"""The log in PostgreSQL with PostGIS: a schema that many processes on many machines read while one writes."""

import os
import uuid
from pathlib import Path

from geo_service.clock import Clock
from geo_service.store.errors import explained_files
from geo_service.store.locations import FOLDER, environment_of
from geo_service.store.log import Finding, Progress
from geo_service.store.postgis import checking, copies
from geo_service.store.postgis.connections import ServerPool
from geo_service.store.sql_log import SqlLog

_PLACE = "place"


class PostgisLog(SqlLog):
    """The back end of `geo_service.store.log.Log` for many users, made by `open_store`."""

    def __init__(self, pool: ServerPool, clock: Clock, store: str) -> None:
        super().__init__(pool, clock)
        self._server, self._store = pool, store

    @property
    def folder(self) -> Path:
        """The folder of this machine for what lies beside the store; made where there is none, for this user alone.

        Raises:
            StoreLocked: it can't be written.
        """
        folder = self._server.where.folder or caches() / "clearway" / self._store
        with explained_files():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    @property
    def place(self) -> str:
        """What tells this folder from those of other machines: a number in a file there, written once.

        Raises:
            StoreLocked: it can't be written.
        """
        file = self.folder / _PLACE
        with explained_files():
            draft = file.with_name(f".{_PLACE}-{uuid.uuid4().hex}")
            if not file.exists():
                draft.write_text(uuid.uuid4().hex, encoding="ascii")
                try:
                    # Who links first has named the place; the others read the name.
                    file.hardlink_to(draft)
                except FileExistsError:
                    pass
                finally:
                    draft.unlink()
            return file.read_text(encoding="ascii")

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process of its own finds the store."""
        return environment_of(self._server.where) | {FOLDER: str(self.folder.resolve())}

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the store to a file as the embedded store has it, while others read and write.

        The file appears whole or not at all; one that was there is replaced.

        Raises:
            StoreDamaged: the copy does not verify.
        """
        with self._server.reading() as connection:
            copies.write(connection, path)

    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Verify everything the store holds; an empty list is a sound store."""
        with self._server.lent() as connection:
            expected = checking.layout_made_now(connection)
        with self._server.reading() as connection:
            return checking.check(connection, expected, progress)


def caches() -> Path:
    """Return the folder for this user's caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
