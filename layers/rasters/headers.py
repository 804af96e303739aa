"""What a raster says of itself, looked at before anything of it is read: refused with what to do, or asked about."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from layers.questions import Question, Unreadable
from layers.rasters.kinds import Kind, Limits, Wish

Box = tuple[float, float, float, float]

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_CODES = ("EPSG:4326", "EPSG:32638", "EPSG:32639")
_WORLD = 0.01
"""How far beyond the world's edges a raster may reach (degrees): half a coarse cell of rounding."""


@dataclass(frozen=True)
class Header:
    """What one file says of itself.

    Attributes:
        name: the file's; dataset: the open file.
        crs: its coordinate system; transform: of cells to coordinates, rows from north to south.
        flipped: the file's rows run from south to north.
        nodata: the values that mean none.
        scaled: its numbers are to be multiplied, or something is to be added.
    """

    name: str
    dataset: Any
    crs: CRS
    transform: Affine
    flipped: bool
    nodata: tuple[float, ...]
    scaled: bool


def header(dataset: Any, path: Path, wish: Wish) -> Header:
    """Look at an open raster.

    Raises:
        Unreadable: it is too large, turned, has no place, several bands, or numbers that nothing is reckoned with.
        Question: its coordinate system must be said.
    """
    name = path.name
    refuse_large(name, dataset.width, dataset.height, np.dtype(_real(dataset.dtypes[0], name)).itemsize, wish.limits)
    if dataset.count != 1:
        raise Unreadable(f"{name}: it has {dataset.count} bands, and one is expected. Write that band alone.")
    transform = dataset.transform
    if dataset.gcps[0] or (transform.is_identity and dataset.crs is None):
        raise Unreadable(
            f"{name}: it does not say where on the Earth it lies"
            + (" but by control points" if dataset.gcps[0] else "")
            + ". Georeference it (gdalwarp, or QGIS: Raster > Georeferencer), then send it again."
        )
    if transform.is_identity:
        raise Unreadable(f"{name}: it does not say where its corners are. Georeference it, then send it again.")
    if transform.b or transform.d or transform.a <= 0 or not transform.e or not all(map(math.isfinite, transform)):
        raise Unreadable(
            f"{name}: its rows and columns are turned against its coordinate system. Straighten it (gdalwarp, or QGIS: "
            "Raster > Projections > Warp), so that you see what that does to its values, then send it again."
        )
    flipped = transform.e > 0
    if flipped:
        transform = Affine(transform.a, 0, transform.c, 0, -transform.e, transform.f + transform.e * dataset.height)
    crs = _crs(dataset, name, wish)
    scaled = dataset.scales[0] != 1 or dataset.offsets[0] != 0
    if scaled and not (math.isfinite(dataset.scales[0]) and math.isfinite(dataset.offsets[0]) and dataset.scales[0]):
        raise Unreadable(f"{name}: its scale or offset is no number that its values could be multiplied with")
    own = {float(one) for one in (dataset.nodata, wish.nodata) if one is not None and fits(one, dataset.dtypes[0])}
    if wish.kind is Kind.terrain:
        own.add(-32768.0)
    return Header(name, dataset, crs, transform, flipped, tuple(sorted(own)), scaled)


def refuse_large(name: str, width: int, height: int, size: int, limits: Limits) -> None:
    """Let through what is not larger than a raster may be.

    Raises:
        Unreadable: it has too many cells, or takes too many bytes.
    """
    cells = width * height
    if cells > limits.cells or cells * size > limits.bytes:
        raise Unreadable(
            f"{name}: {width:,} x {height:,} cells of {size} bytes are more than a raster may have ({limits.cells:,} "
            f"cells, {limits.bytes:,} bytes). Cut it to the area, write coarser cells, or ask the administrator to "
            "raise raster_cells and raster_megabytes."
        )


def fits(value: float, dtype: str) -> bool:
    """Say whether a type can hold a number; one that it can't hold is in no cell."""
    if dtype.startswith("float"):
        return True
    info = np.iinfo(dtype)
    return math.isfinite(value) and value == int(value) and info.min <= value <= info.max


def bounds_of(name: str, crs: CRS, transform: Affine, width: int, height: int) -> Box:
    """Return west, south, east and north of a grid (degrees).

    Raises:
        Unreadable: it does not lie on the Earth.
    """
    west, north = transform.c, transform.f
    east, south = west + transform.a * width, north + transform.e * height
    try:
        to = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        found = to.transform_bounds(west, south, east, north, densify_pts=21)
    except (ProjError, CRSError):
        found = (math.inf,) * 4
    w, s, e, n = map(float, found)
    on_earth = all(map(math.isfinite, found)) and -180 - _WORLD <= w < e <= 180 + _WORLD
    if not (on_earth and -90 - _WORLD <= s < n <= 90 + _WORLD):
        raise Unreadable(
            f"{name}: its corners do not lie on the Earth by its coordinate system, or it crosses the 180th meridian. "
            "Look whether the coordinate system is right; longitudes run from -180 to 180."
        )
    return w, s, e, n


def cell_m(bounds: Box, width: int, height: int) -> float:
    """Return the side of a square with the area of a cell in the middle of a grid (m)."""
    west, south, east, north = bounds
    x, y = (west + east) / 2, (south + north) / 2
    dx, dy = (east - west) / width / 2, (north - south) / height / 2
    geod = Geod(ellps="WGS84")
    across = geod.inv(x - dx, y, x + dx, y)[2]
    return float(np.sqrt(across * geod.inv(x, y - dy, x, y + dy)[2]))


def _real(dtype: str, name: str) -> str:
    if dtype not in TYPES:
        raise Unreadable(f"{name}: its cells are {dtype}, which is not reckoned with. Write one of {', '.join(TYPES)}.")
    return dtype


def _crs(dataset: Any, name: str, wish: Wish) -> CRS:
    given = _known(wish.crs) if wish.crs else None
    if dataset.crs is None:
        if given is None:
            message = f"{name}: the file does not say its coordinate system: send it again with crs"
            raise Question("crs", message, _CODES)
        return given
    try:
        own = CRS.from_user_input(dataset.crs.to_wkt())
    except CRSError:
        raise Unreadable(f"{name}: its coordinate system can't be read. Write it into the file anew.") from None
    if own.is_compound:
        own = CRS.from_user_input(own.sub_crs_list[0])
    if given is not None and not own.equals(given, ignore_axis_order=True):
        message = f"{name}: the file says it is in {own.name[:80]}, and crs says {given.name[:80]}"
        raise Question("crs", message, ("no crs, to take the file's own",))
    return own


def _known(text: str) -> CRS:
    """Return a coordinate system by its code or its words; nothing else is looked up."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise Question("crs", f"no coordinate system is known as {text[:80]!r}", _CODES) from None
