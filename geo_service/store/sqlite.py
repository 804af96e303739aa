"""The embedded log: one SQLite file in GeoPackage layout that many processes read while one writes."""

from pathlib import Path

from geo_service.clock import Clock
from geo_service.store import backups, check_file
from geo_service.store.connections import FilePool
from geo_service.store.locations import environment_of
from geo_service.store.log import Finding, Progress
from geo_service.store.sql_log import SqlLog


class SqliteLog(SqlLog):
    """The embedded back end of `geo_service.store.log.Log`, made by `open_store`."""

    def __init__(self, pool: FilePool, clock: Clock) -> None:
        super().__init__(pool, clock)
        self._file = pool

    @property
    def folder(self) -> Path:
        """The folder that the store lies in."""
        return self._file.path.parent

    @property
    def place(self) -> str:
        """Nothing: the folder is the store's own."""
        return ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process of its own finds the store."""
        return environment_of(self.folder)

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the store to a file, while others read and write.

        The file appears whole or not at all; one that was there is replaced.
        """
        with self._file.lent() as connection:
            backups.write(connection, path)

    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Verify everything the store holds; an empty list is a sound store."""
        with self._file.reading() as connection:
            return check_file.check(connection, progress)
