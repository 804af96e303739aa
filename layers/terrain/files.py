"""Files of elevation: GeoTIFF, and tiles of the Shuttle Radar Topography Mission (.hgt, .hgt.zip).

A file is opened by a whole path that exists and by the one driver that its first bytes (or its name and size) call for,
with no look at files beside it: a document that sends GDAL elsewhere is never taken for a raster.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_TILE = re.compile(r"[NS]\d{2}[EW]\d{3}\.hgt", re.IGNORECASE)
_TILE_SIZES = (2 * 1201 * 1201, 2 * 3601 * 3601, 2 * 1801 * 3601)
"""Bytes of a tile of 3 arc seconds, of 1, and of 1 beyond 50 degrees of latitude."""


class NoTerrain(Exception):
    """The file is no raster of elevation that can be used; the message is for people."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a raster of elevation for reading.

    Raises:
        NoTerrain: there is no such file, it is of another format, or damaged.
    """
    if not path.is_file():
        raise NoTerrain(f"{path.name}: there is no such file")
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        try:
            if path.suffix.lower() == ".zip":
                name, content = tile_in(path)
                with rasterio.MemoryFile(content, filename=name) as memory, memory.open(driver="SRTMHGT") as raster:
                    yield raster
            else:
                with rasterio.open(path.resolve(), driver=_driver(path)) as raster:
                    yield raster
        except RasterioError:
            raise NoTerrain(f"{path.name}: it is damaged, or not what its name says") from None


def digest(path: Path) -> str:
    """Return the SHA-256 of a raster's content, in hexadecimal; of a tile, with the place that its name gives.

    Raises:
        NoTerrain: it is none.
    """
    if path.suffix.lower() == ".zip":
        name, content = tile_in(path)
        return hashlib.sha256(name.upper().encode() + content).hexdigest()
    if _driver(path) == "SRTMHGT":
        return hashlib.sha256(path.name.upper().encode() + path.read_bytes()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tile_in(path: Path) -> tuple[str, bytes]:
    """Return the name and the content of the tile that a zip file holds.

    Raises:
        NoTerrain: it holds none, or more than that.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            tiles = [one for one in archive.infolist() if not one.is_dir()]
            if len(tiles) != 1 or not _TILE.fullmatch(Path(tiles[0].filename).name):
                raise NoTerrain(
                    f"{path.name}: it holds no single tile such as N42E001.hgt. Unpack it and load the files."
                )
            with archive.open(tiles[0]) as file:
                content = file.read(max(_TILE_SIZES) + 1)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise NoTerrain(f"{path.name}: the zip is damaged or locked") from None
    if len(content) not in _TILE_SIZES:
        raise NoTerrain(f"{path.name}: the tile in it is cut off or has another size than a tile has")
    return Path(tiles[0].filename).name, content


def _driver(path: Path) -> str:
    if _TILE.fullmatch(path.name):
        if path.stat().st_size not in _TILE_SIZES:
            raise NoTerrain(f"{path.name}: it is cut off, or has another size than a tile has")
        return "SRTMHGT"
    with path.open("rb") as file:
        begins = file.read(4)
    if begins not in _TIFF:
        raise NoTerrain(f"{path.name}: it is no GeoTIFF and no tile such as N42E001.hgt (.hgt, .hgt.zip)")
    return "GTiff"
