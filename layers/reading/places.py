"""Columns of text or of grid coordinates become geometry; what may mean two things is asked, never guessed."""

from collections import Counter
from collections.abc import Callable

import mgrs
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from layers.reading import notations
from layers.reading.found import Columns, Found, Request, answer
from layers.reading.questions import Question

NAMES = {
    "wkt": "well-known text",
    "odk": "ODK: latitude, longitude, altitude, accuracy",
    "mgrs": "military grid references, their south-west corners",
    "utm": "UTM on WGS 84",
    "pair": "two angles",
}
LONLAT = "OGC:CRS84"
ZONES = ("38S", "38T", "39S", "39T")
Texts = list[str | None]


def with_comma(text: str, where: str, request: Request) -> float:
    """Return a number written with a comma.

    Raises:
        Question: nobody has said that the comma is a decimal comma.
        ValueError: it is none.
    """
    said = answer(request, "decimal_comma")
    if said is None:
        message = (
            f"{where}: is the comma a decimal comma? Send it again with decimal_comma yes, or write decimal points"
        )
        raise Question("decimal_comma", message, ("yes", "no"))
    if said != "yes":
        raise ValueError(f"{where}: a comma stands in a number")
    return float(text.replace(",", "."))


def _each(values: Texts, read: Callable[[str, int], shapely.Geometry | None], what: str) -> Found:
    """Return a geometry per cell; a cell that can't be read is the defect of its row."""
    geometry: NDArray[np.object_] = np.full(len(values), None, dtype=object)
    defects: dict[int, tuple[str, str]] = {}
    for place, text in enumerate(values):
        if text is None or not text.strip():
            defects[place] = ("no_geometry", "it has no coordinates")
            continue
        try:
            geometry[place] = read(text, place)
        except Question:
            raise
        except ValueError as error:
            defects[place] = ("coordinates", str(error))
            continue
        if geometry[place] is None:
            defects[place] = ("coordinates", f"not {what}: {text[:60]}")
    return Found({}, geometry, LONLAT, defects=defects)


def wkt(values: Texts, request: Request) -> Found:  # noqa: ARG001 - one form for all notations
    """Read well-known text, its hexadecimal form, and the SRID that PostGIS writes before it."""
    read = [None if one is None else notations.wkt(one) for one in values]
    texts = np.array([one[0] if one else values[k] for k, one in enumerate(read)], dtype=object)
    hexed = np.array([text is not None and text[:2] in {"00", "01"} for text in texts], dtype=bool)
    built: NDArray[np.object_] = np.full(len(values), None, dtype=object)
    built[~hexed] = shapely.from_wkt(texts[~hexed], on_invalid="ignore")
    built[hexed] = shapely.from_wkb(texts[hexed], on_invalid="ignore")
    defects = {
        place: ("geometry", f"not WKT: {str(values[place])[:60]}")
        for place in np.flatnonzero(shapely.is_missing(built)).tolist()
        if values[place] is not None
    }
    codes = {one[1] for one in read if one}
    code = codes.pop() if len(codes) == 1 else None
    if codes:
        raise Question("crs", "its rows name different SRIDs: send them in files of their own, or with crs", ())
    return Found({}, built, f"EPSG:{code}" if code else None, defects=defects)


def odk(values: Texts, request: Request) -> Found:  # noqa: ARG001 - one form for all notations
    """Read ODK strings: one vertex is a point, a closed line a polygon. The worst accuracy of each row is a column."""
    worst: list[object] = [None] * len(values)

    def one(text: str, place: int) -> shapely.Geometry | None:
        vertices = notations.odk(text)
        if vertices is None:
            return None
        accuracies = [accuracy for _, _, accuracy in vertices if accuracy is not None]
        worst[place] = max(accuracies, default=None)
        xy = [vertex[:2] for vertex in vertices]
        if len(xy) == 1:
            return shapely.Point(xy[0])
        return shapely.Polygon(xy) if len(xy) > 3 and xy[0] == xy[-1] else shapely.LineString(xy)

    found = _each(values, one, "an ODK geometry")
    if any(one is not None for one in worst):
        found.columns["gps_accuracy_m"] = worst
    return found


def mgrs_(values: Texts, request: Request) -> Found:
    """Read military grid references; those without a grid zone are asked about."""
    grid = mgrs.MGRS()
    zone = answer(request, "grid_zone")
    coarse: list[tuple[int, int]] = []

    def one(text: str, place: int) -> shapely.Geometry | None:
        read = notations.mgrs(text)
        if read is None:
            return None
        own, rest, precision = read
        if own is None and zone is None:
            message = f"row {place + 1}: {text[:40]} names no grid zone: send it again with grid_zone, such as 38S"
            raise Question("grid_zone", message, ZONES)
        if precision > 10:
            coarse.append((place, precision))
        try:
            lat, lon = grid.toLatLon(f"{own or zone}{rest}")
        except mgrs.core.MGRSError:
            raise ValueError(f"{text[:40]} is no place of grid zone {own or zone}") from None
        return shapely.Point(lon, lat)

    found = _each(values, one, "a grid reference")
    if coarse:
        most = max(precision for _, precision in coarse)
        message = (
            f"{len(coarse)} grid references are given to 100 m or coarser (worst {most:,} m): the point is the "
            "south-west corner"
        )
        found.notices.append(("coarse_grid_reference", message))
    return found


def utm_texts(values: Texts, request: Request) -> Found:
    """Read UTM in one column: zone, easting, northing."""

    def one(text: str, place: int) -> shapely.Geometry | None:
        read = notations.utm(text)
        if read is None:
            return None
        number, letter, east, north = read
        return _on_utm(east, north, number, _southern(letter, f"row {place + 1}: {text[:40]}", request))

    return _each(values, one, "UTM")


def utm_columns(columns: Columns, east: str, north: str, zone: str, request: Request) -> Found:
    """Read UTM in three columns."""
    texts: Texts = [
        None if a is None and b is None else f"{a} {b}" for a, b in zip(columns[east], columns[north], strict=True)
    ]

    def one(text: str, place: int) -> shapely.Geometry | None:
        where = f"row {place + 1}: {text}"
        found = notations.zone(str(columns[zone][place]))
        if found is None:
            raise ValueError(f"{where}: {columns[zone][place]!r} is no UTM zone; zones are 1 to 60, such as 38N")
        x, y = (_metres(columns[name][place], where, request) for name in (east, north))
        return _on_utm(x, y, found[0], _southern(found[1], f"{where}, zone {columns[zone][place]}", request))

    found = _each(texts, one, "UTM")
    found.columns = columns
    return found


def _metres(value: object, where: str, request: Request) -> float:
    text = str(value).replace(" ", "")
    if "," in text:
        return with_comma(text, where, request)
    return float(text)


def _southern(letter: str | None, where: str, request: Request) -> bool:
    """Say whether a UTM zone's letter means the southern half; without one, and for S, that must be known.

    S is a latitude band of the north (32 to 40 degrees) to some, and the southern hemisphere to others.
    """
    if letter and letter != "S":
        return letter < "N"
    said = answer(request, "hemisphere")
    if said is None:
        meaning = "S is a band of the north and also the southern half" if letter else "the zone does not say its half"
        message = f"{where}: {meaning}: send it again with hemisphere north or south"
        raise Question("hemisphere", message, ("north", "south"))
    return said == "south"


def _on_utm(east: float, north: float, zone: int, southern: bool) -> shapely.Point:  # noqa: FBT001 - one of two halves
    if not 1 <= zone <= 60:
        raise ValueError(f"{zone} is no UTM zone; zones are 1 to 60")
    to = Transformer.from_crs(f"EPSG:{(32700 if southern else 32600) + zone}", LONLAT, always_xy=True)
    return shapely.Point(*to.transform(east, north))


def pairs(values: Texts, request: Request) -> Found:
    """Read two angles in one column. Which comes first is what their letters say, or their size, or is asked."""
    read: list[tuple[notations.Degrees, notations.Degrees] | None] = []
    errors: dict[int, str] = {}
    for place, text in enumerate(values):
        try:
            read.append(notations.pair(text) if text else None)
        except ValueError as error:
            errors[place] = str(error)
            read.append(None)
    order = _order(read, request)

    def one(text: str, place: int) -> shapely.Geometry | None:
        if place in errors:
            raise ValueError(errors[place])
        found = read[place]
        if found is None:
            return None
        if found[0].comma or found[1].comma:
            with_comma("0,0", f"row {place + 1}: {text[:60]}", request)
        first, second = found
        lat_first = (
            first.axis == "lat" or second.axis == "lon" or (not first.axis and not second.axis and order == "lat lon")
        )
        return shapely.Point(second.value, first.value) if lat_first else shapely.Point(first.value, second.value)

    return _each(values, one, "two angles")


def _order(read: list[tuple[notations.Degrees, notations.Degrees] | None], request: Request) -> str | None:
    """Return the order of pairs without letters.

    Raises:
        Question: nothing tells, and nobody has said.
    """
    bare = [one for one in read if one and not one[0].axis and not one[1].axis]
    if not bare:
        return None
    said = answer(request, "coordinate_order")
    if said:
        return said
    beyond = Counter(
        "lon lat" if abs(a.value) > 90 else "lat lon" for a, b in bare if (abs(a.value) > 90) != (abs(b.value) > 90)
    )
    if len(beyond) == 1:
        return next(iter(beyond))
    shown = ", ".join(f"{one.value:g}" for one in bare[0])
    message = f"which comes first in {shown}: latitude or longitude? Send it again with coordinate_order"
    raise Question("coordinate_order", message, ("lat lon", "lon lat"))
