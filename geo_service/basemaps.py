"""What lies under the overview for orientation: a file of tiles beside the store, or the address of a tile server.

There is none by default, so that no browser is sent anywhere. A file is a PMTiles archive (version 3,
https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md), of vector tiles or of pictures; browsers read the parts
they need of it from this service.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

SUFFIX = ".pmtiles"
MAGIC = b"PMTiles\x03"
"""How an archive begins; its last byte is the version."""

_TILES = re.compile(r"(?P<origin>https?://[A-Za-z0-9.-]+(?::\d{1,5})?)/[A-Za-z0-9._~/?=&%{}@-]*")
"""An address of tiles: nothing in it can end a policy or an attribute."""

_SHAPE = (
    'basemap is an address with {z}, {x} and {y}, or an object such as {"pmtiles": "region.pmtiles", "attribution": '
    '"..."} or {"xyz": "https://tiles.example/{z}/{x}/{y}.png", "attribution": "..."}'
)


class NoBasemap(ValueError):
    """The file of the background is not there, or is no archive of tiles; the message says what to do."""


@dataclass(frozen=True)
class Basemap:
    """A background.

    Attributes:
        xyz: address of tiles with {z}, {x} and {y}; empty: none. Whoever looks at the map then asks that host for
            pictures of the places they look at.
        pmtiles: a PMTiles archive, as a path below the folder of the store; empty: none.
        attribution: whom it is from, as its owner asks to be named.
    """

    xyz: str = ""
    pmtiles: str = ""
    attribution: str = ""

    @property
    def origin(self) -> str:
        """The scheme, host and port that pictures come from; empty where that is this service."""
        return origin_of(self.xyz) if self.xyz else ""


def basemap_of(given: object, attribution: str = "") -> Basemap | None:
    """Return the background that a store is set to; None where there is none.

    Args:
        given: an address of tiles, or an object with `xyz` or `pmtiles`, and `attribution`.
        attribution: of an address that stands alone.

    Raises:
        ValueError: it is neither; the message says how it is written.
    """
    if not given:
        return None
    if isinstance(given, str):
        given = {"xyz": given, "attribution": attribution}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for one in given.values()):
        raise ValueError(_SHAPE)
    if set(given) - {"xyz", "pmtiles", "attribution"} or bool(given.get("xyz")) == bool(given.get("pmtiles")):
        raise ValueError(_SHAPE)
    found = Basemap(**{"attribution": attribution, **given})
    if found.xyz:
        origin_of(found.xyz)
    else:
        _check_name(found.pmtiles)
    return found


def origin_of(address: str) -> str:
    """Return the scheme, host and port of the address of background tiles.

    Raises:
        ValueError: it is no address of tiles.
    """
    found = _TILES.fullmatch(address)
    if not found or not all(name in address for name in ("{z}", "{x}", "{y}")):
        raise ValueError("basemap is an address that begins with https:// or http:// and holds {z}, {x} and {y}")
    return found["origin"]


def _check_name(name: str) -> None:
    """Let through a path that stays below a folder, written for any system.

    Raises:
        ValueError: it leads out of it, or names no archive.
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    outside = posix.is_absolute() or windows.drive or windows.root or ".." in {*posix.parts, *windows.parts}
    if outside or not name.isprintable() or posix.suffix != SUFFIX:
        raise ValueError(
            f"basemap: pmtiles is a file that ends in {SUFFIX} in the folder of the store, such as region{SUFFIX}: "
            "copy it there and give its name"
        )


def archive(folder: Path, basemap: Basemap) -> Path:
    """Return the archive of a background.

    Args:
        folder: of the store.
        basemap: what it is set to.

    Raises:
        NoBasemap: the file is not there, or no archive of tiles.
    """
    path = folder / basemap.pmtiles
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError:
        raise NoBasemap(
            f"the background {basemap.pmtiles!r} is not in the folder of the store or can't be read: copy it there, or "
            'remove the setting with "clearway settings basemap="'
        ) from None
    if begins != MAGIC:
        raise NoBasemap(
            f"the background {basemap.pmtiles!r} is no PMTiles archive of version 3: convert it with pmtiles"
        )
    return path
