"""Coordinate reference systems of OGC API Features Part 2: addresses, axis order by authority, transformation."""

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo_service.ogc.errors import Invalid
from layers.measure import LONLAT

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OFFERED = (CRS84, *(f"http://www.opengis.net/def/crs/EPSG/0/{code}" for code in (4326, 3857, 32638, 32639)))
"""What every store offers: longitude and latitude, the web's map, and the UTM zones of the region."""

Geometries = NDArray[np.object_]

_FORMS = (
    re.compile(r"https?://www\.opengis\.net/def/crs/(?P<authority>\w+)/[\w.]+/(?P<code>\w+)"),
    re.compile(r"urn:ogc:def:crs:(?P<authority>\w+):[\w.]*:(?P<code>\w+)"),
    re.compile(r"\[?(?P<authority>EPSG|OGC):(?P<code>\w+)\]?", re.IGNORECASE),
)
_SIDE = 32
"""Pieces that the side of a box in another system is cut into, since it is not straight in this one."""


def offered(more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the addresses of the systems that a store offers; `more` are its own, such as EPSG:2100."""
    return tuple(dict.fromkeys([*OFFERED, *map(address, more)]))


def address(text: str) -> str:
    """Return the address of a system that is written as an address, a URN or authority and code.

    Raises:
        Invalid: it is none of these.
    """
    for form in _FORMS:
        found = form.fullmatch(text.strip())
        if found:
            authority, code = found["authority"].upper(), found["code"].upper()
            if authority == "OGC" and code == "CRS84":
                return CRS84
            return f"http://www.opengis.net/def/crs/{authority}/0/{code}"
    raise Invalid(f"{text[:100]!r} names no coordinate system; one is written as {CRS84}")


def chosen(text: str | None, among: Sequence[str], name: str) -> str:
    """Return the system that a parameter names, CRS84 where it is left out.

    Raises:
        Invalid: it is not among those offered.
    """
    if text is None:
        return CRS84
    try:
        found = address(text)
    except Invalid:
        found = ""
    if found not in among:
        raise Invalid(f"{name}: {text[:100]!r} is not offered; these are: {', '.join(among)}", name)
    return found


@lru_cache(maxsize=64)
def _system(uri: str) -> tuple[CRS, bool]:
    """Return a system, and whether its authority puts the northing or latitude first."""
    if uri == CRS84:
        return LONLAT, False
    authority, _, code = uri.rsplit("/", 3)[1:]
    try:
        found = CRS.from_authority(authority, code)
    except CRSError:
        raise Invalid(f"{uri} is not known") from None
    first = found.axis_info[0].direction.lower() if found.axis_info else ""
    return found, first in {"north", "south"}


@lru_cache(maxsize=64)
def _transformer(uri: str) -> Transformer:
    return Transformer.from_crs(LONLAT, _system(uri)[0], always_xy=True)


@lru_cache(maxsize=64)
def _back(uri: str) -> Transformer:
    return Transformer.from_crs(_system(uri)[0], LONLAT, always_xy=True)


def known(uri: str) -> CRS:
    """Return a system, coordinates x first."""
    return _system(uri)[0]


def swapped(uri: str) -> bool:
    """Say whether coordinates are written northing or latitude first."""
    return _system(uri)[1]


def outward(shapes: Geometries, uri: str) -> Geometries:
    """Return geometries (degrees, longitude first) in a system, in the axis order of its authority.

    Raises:
        Invalid: one of them can't be expressed in it.
    """
    if uri == CRS84:
        return shapes
    _, turned = _system(uri)
    change = _transformer(uri)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (xy[:, 0], xy[:, 1]) if uri.endswith("/EPSG/0/4326") else change.transform(xy[:, 0], xy[:, 1])
        return np.column_stack((y, x) if turned else (x, y))

    moved: Geometries = shapely.transform(shapes, move)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise Invalid(f"some of these records can't be expressed in {uri}: they lie outside of where it holds", "crs")
    return moved


def inward(shape: shapely.Geometry, uri: str, *, pieces: int = 1) -> shapely.Geometry:
    """Return a geometry that is written in a system as degrees, longitude first.

    Args:
        shape: in the axis order of the system's authority.
        uri: the system.
        pieces: what each edge is cut into first.

    Raises:
        Invalid: it lies outside of where the system holds.
    """
    if uri == CRS84:
        return shape
    _, turned = _system(uri)
    if pieces > 1 and not shapely.is_empty(shape):
        west, south, east, north = shapely.bounds(shape).tolist()
        longest = max(east - west, north - south)
        shape = shapely.segmentize(shape, longest / pieces) if longest > 0 else shape
    change = _back(uri)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (xy[:, 1], xy[:, 0]) if turned else (xy[:, 0], xy[:, 1])
        if not uri.endswith("/EPSG/0/4326"):
            x, y = change.transform(x, y)
        return np.column_stack((x, y))

    moved: shapely.Geometry = shapely.transform(shape, move)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise Invalid(f"these coordinates lie outside of where {uri} holds")
    return moved


def boxes(numbers: Sequence[float], uri: str) -> list[shapely.Geometry]:
    """Return the polygons in degrees that a box in a system covers: two where it crosses 180 degrees.

    Args:
        numbers: least first, least second, greatest first, greatest second coordinate, in the system's axis order.
        uri: the system.
    """
    _, turned = _system(uri)
    west, south, east, north = (numbers[k] for k in ((1, 0, 3, 2) if turned else (0, 1, 2, 3)))
    if known(uri).is_geographic:
        if west > east:
            return [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
        return [shapely.box(west, south, east, north)]
    plain = shapely.box(south, west, north, east) if turned else shapely.box(west, south, east, north)
    return [inward(plain, uri, pieces=_SIDE)]
