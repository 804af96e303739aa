"""Where a store is: a folder with the embedded one, or a schema of a database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from geo_service.store.errors import StoreError

SCHEMA = "clearway"
"""The schema that a store has for itself where its address names no other."""

DATA, DATABASE, FOLDER = "CLEARWAY_DATA", "CLEARWAY_DATABASE", "CLEARWAY_FOLDER"
"""The variables of the environment that say where: a folder, or a database and the folder for what lies beside it."""

_SCHEMES = ("postgresql", "postgres")
_OPTION = "schema="
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Database:
    """A store in PostgreSQL with PostGIS.

    Attributes:
        url: the address, as libpq reads it; it may hold a password and is never shown.
        schema: the schema that the store has for itself.
        folder: the folder on this machine for what lies beside a store (uploads that wait, what was worked out of it);
            None: one named by the store's id, among the user's caches.
    """

    url: str = field(repr=False)
    schema: str = SCHEMA
    folder: Path | None = None

    def __str__(self) -> str:
        """Return the address without the user's name, the password and other options."""
        parts = urlsplit(self.url.partition("?")[0])
        hosts = parts.netloc.rpartition("@")[2]
        return f"postgresql://{hosts}{parts.path}" + ("" if self.schema == SCHEMA else f"?schema={self.schema}")


Location = Path | Database


def database_at(address: str, folder: Path | None = None) -> Database:
    """Return the store at an address: `postgresql://USER@HOST:PORT/NAME`, with `?schema=…` where it has another.

    Raises:
        StoreError: it is no such address.
    """
    bare, _, query = address.partition("?")
    # What libpq reads stays as it was written.
    options = query.split("&") if query else []
    schemas = [one.removeprefix(_OPTION) for one in options if one.startswith(_OPTION)] or [SCHEMA]
    try:
        parts = urlsplit(bare)
    except ValueError:
        raise _no_address() from None
    if (
        parts.scheme not in _SCHEMES
        or not parts.path.strip("/")
        or parts.fragment
        or not all("=" in one for one in options)
    ):
        raise _no_address()
    if len(schemas) > 1 or not _SCHEMA_NAME.fullmatch(schemas[0]):
        raise _no_address()
    rest = "&".join(one for one in options if not one.startswith(_OPTION))
    return Database(f"{bare}?{rest}" if rest else bare, schemas[0], folder)


def located(environment: Mapping[str, str]) -> Location:
    """Return where the store is that the environment names.

    Raises:
        StoreError: it names none, or no address.
    """
    if environment.get(DATABASE):
        folder = environment.get(FOLDER)
        return database_at(environment[DATABASE], Path(folder) if folder else None)
    if environment.get(DATA):
        return Path(environment[DATA])
    raise StoreError(f"There is no store named: set {DATA} or {DATABASE}.")


def environment_of(location: Location) -> dict[str, str]:
    """Return the variables that name a store to a process of its own; a password stands on no command line."""
    if isinstance(location, Path):
        return {DATA: str(location.resolve()), DATABASE: "", FOLDER: ""}
    folder = "" if location.folder is None else str(location.folder.resolve())
    url = f"{location.url}{'&' if '?' in location.url else '?'}{_OPTION}{location.schema}"
    return {DATA: "", DATABASE: url, FOLDER: folder}


def _no_address() -> StoreError:
    return StoreError(
        "That is no address of a database: it reads postgresql://USER@HOST:PORT/NAME, with ?schema=NAME (small "
        "letters, digits and _) where the store has a schema other than clearway."
    )
