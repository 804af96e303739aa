"""How values go to PostgreSQL and come back, so that a row is the same as from the file and its digest too.

Dates come back as text, truth as 0 and 1, geometry as plain WKB. PostgreSQL's text can't hold the character NUL, which
files of strangers may: it is kept as an escape, and reading takes the escape back.
"""

import binascii
import re
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.string import StrDumper

from geo_service.store.geopackage import SRS_ID

_ESCAPE = "\ue000"
"""A character for private use, which stands for itself where another follows: `1` for itself, `0` for NUL."""
_ESCAPED = re.compile(f"{_ESCAPE}([01])")
_SRID = SRS_ID.to_bytes(4, "little")
_HAS_SRID = 0x20
_EWKB_HEAD = 9


class Text(StrDumper):
    """Text to the server."""

    def dump(self, obj: str) -> Buffer | None:
        """Return the bytes of a text without NUL."""
        if "\0" in obj or _ESCAPE in obj:
            obj = obj.replace(_ESCAPE, f"{_ESCAPE}1").replace("\0", f"{_ESCAPE}0")
        return super().dump(obj)


class TextBack(Loader):
    """Text from the server."""

    def load(self, data: Buffer) -> str:
        """Return a text with its NUL."""
        text = str(data, "utf-8")
        return _ESCAPED.sub(_unescaped, text) if _ESCAPE in text else text


class DateBack(Loader):
    """A date from the server: ISO 8601 text, as the file keeps it."""

    def load(self, data: Buffer) -> str:
        """Return the text."""
        return str(data, "ascii")


class TruthBack(Loader):
    """A boolean from the server: 0 or 1, as the file keeps it."""

    def load(self, data: Buffer) -> int:
        """Return the number."""
        return int(data[0] == ord("t"))


class GeometryBack(Loader):
    """A geometry from the server: plain WKB. One that is not in EPSG:4326 or has heights keeps its other head."""

    def load(self, data: Buffer) -> bytes:
        """Return the WKB."""
        ewkb = binascii.unhexlify(data)
        if ewkb[4] == _HAS_SRID and ewkb[5:_EWKB_HEAD] == _SRID:
            return ewkb[:4] + b"\0" + ewkb[_EWKB_HEAD:]
        return ewkb


def ewkb_of(wkb: bytes) -> str:
    """Return plain little-endian WKB as PostGIS reads it in text: hexadecimal, with its coordinate system."""
    return (wkb[:4] + bytes([_HAS_SRID]) + _SRID + wkb[5:]).hex()


def register(connection: "psycopg.Connection[Any]", geometry_oid: int | None) -> None:
    """Let a connection take and give values so."""
    adapters = connection.adapters
    adapters.register_dumper(str, Text)
    adapters.register_loader("text", TextBack)
    adapters.register_loader("date", DateBack)
    adapters.register_loader("bool", TruthBack)
    if geometry_oid is not None:
        adapters.register_loader(geometry_oid, GeometryBack)


@lru_cache(maxsize=512)
def statement_of(statement: str) -> str:
    """Return a statement with psycopg's marks for its `?`."""
    return statement.replace("%", "%%").replace("?", "%s")


def _unescaped(found: re.Match[str]) -> str:
    return "\0" if found[1] == "0" else _ESCAPE
