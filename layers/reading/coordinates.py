"""Geometry from columns: longitude and latitude, easting and northing, or WKT."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.reading.questions import Question

LONGITUDE = ("longitude", "lon", "long", "lng")
LATITUDE = ("latitude", "lat")
EAST, NORTH = ("x", "easting", "east"), ("y", "northing", "north")
WKT = ("wkt", "geom_wkt", "geometry", "geom", "the_geom")


@dataclass(frozen=True)
class Placed:
    """Geometries from columns.

    Attributes:
        geometry: one per row, None where it can't be built.
        geographic: the columns' names say that they are degrees of longitude and latitude.
        used: the columns it came from.
        defects: row place -> code, message.
    """

    geometry: NDArray[np.object_]
    geographic: bool
    used: tuple[str, ...]
    defects: dict[int, tuple[str, str]]


def placed(columns: dict[str, list[object]], mapping: dict[str, str]) -> Placed:
    """Return the geometry of each row.

    Args:
        columns: the file's columns.
        mapping: may name columns for `longitude` and `latitude`, or for `geometry` (WKT).

    Raises:
        Question: no columns with coordinates are known, or decimal commas make them ambiguous.
    """
    lower = {name.lower(): name for name in columns}

    def column(field: str, names: tuple[str, ...]) -> str | None:
        asked = mapping.get(field)
        if asked:
            return asked if asked in columns else None
        return next((lower[name] for name in names if name in lower), None)

    for east, north, geographic in (
        (column("longitude", LONGITUDE), column("latitude", LATITUDE), True),
        (column("easting", EAST), column("northing", NORTH), False),
    ):
        if east and north:
            return _points(columns, east, north, geographic=geographic)
    text = column("geometry", WKT)
    if text:
        return _wkt(columns[text], text)
    raise Question(
        "coordinates",
        "which columns hold the coordinates? Send it again with mapping longitude and latitude, or geometry for WKT",
        list(columns),
    )


def _points(columns: dict[str, list[object]], east: str, north: str, *, geographic: bool) -> Placed:
    x, y, defects = [], [], {}
    for place, (a, b) in enumerate(zip(columns[east], columns[north], strict=True)):
        if any(isinstance(one, str) and "," in one for one in (a, b)):
            message = (
                f"row {place + 1}: {east}={a}, {north}={b}: is the comma a decimal comma? "
                "Write coordinates with a decimal point"
            )
            raise Question("decimal_comma", message, ("write a decimal point",))
        pair = (_number(a), _number(b))
        if pair[0] is None or pair[1] is None:
            code = "no_geometry" if a is None and b is None else "coordinates"
            defects[place] = (code, "it has no coordinates" if code == "no_geometry" else f"not coordinates: {a}, {b}")
        x.append(np.nan if pair[0] is None else pair[0])
        y.append(np.nan if pair[1] is None else pair[1])
    points: NDArray[np.object_] = np.asarray(shapely.points(x, y), dtype=object)
    points[list(defects)] = None
    return Placed(points, geographic, (east, north), defects)


def _number(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return None


def _wkt(values: list[object], name: str) -> Placed:
    texts = np.array([None if one is None else str(one) for one in values], dtype=object)
    built: NDArray[np.object_] = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    defects = {
        place: ("geometry", f"not WKT: {str(values[place])[:60]}")
        for place in np.flatnonzero(shapely.is_missing(built)).tolist()
        if values[place] is not None
    }
    return Placed(built, geographic=False, used=(name,), defects=defects)
