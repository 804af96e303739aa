"""Geometry from columns: which columns hold the coordinates, and in which notation."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.reading import notations, places
from layers.reading.found import Columns, Found, Request, answer
from layers.reading.naming import simple
from layers.reading.questions import Question
from layers.reading.traverse import walked

LONGITUDE = (
    "longitude", "lon", "long", "lng", "долгота", "uzunluq", "uzunluq dairesi", "x coord", "coord x", "gps lon",
    "gps longitude",
)  # fmt: skip
LATITUDE = (
    "latitude", "lat", "широта", "enlik", "en dairesi", "y coord", "coord y", "gps lat", "gps latitude",
)  # fmt: skip
EAST = ("x", "easting", "east", "utm e", "utm x", "utm easting", "coord e")
NORTH = ("y", "northing", "north", "utm n", "utm y", "utm northing", "coord n")
ZONE = ("zone", "utm zone", "zona", "зона", "utm zona", "grid zone")
TEXT = (
    "wkt", "geom wkt", "geometry", "geom", "the geom", "shape", "mgrs", "mgrs ref", "grid reference", "grid ref", "utm",
    "coordinates", "coordinate", "coords", "coord", "gps", "location", "position", "geopoint", "geotrace", "geoshape",
    "geolocation", "координаты", "координата", "koordinat", "koordinatlar", "koordinatı", "polygon",
)  # fmt: skip
ROLES = {"longitude", "latitude", "easting", "northing"}
SHAPES = re.compile(r"\s*(?:SRID=\d+;)?\s*(?:MULTI|POLYGON|LINESTRING|CURVE)|[-+.\d ]+;[-+.\d ]+;", re.IGNORECASE)
"""How texts begin that are more than a point."""
SAMPLE = 500
"""Cells of a column that are looked at to say which notation it is written in."""


@dataclass
class _Chosen:
    """Where the coordinates are: columns east and north, or one column of text in a notation."""

    east: str | None = None
    north: str | None = None
    text: str | None = None
    notation: str | None = None
    geographic: bool = False
    zone: str | None = None
    used: list[str] = field(default_factory=list)


def from_columns(columns: Columns, request: Request, *, crs: str | None = None) -> Found:
    """Return the rows of a table with the geometry that its columns describe.

    Args:
        columns: the file's columns.
        request: `mapping` may name columns for `longitude` and `latitude`, `easting`, `northing` and `zone`, or
            `geometry` (any text); `answers` settle what was asked.
        crs: the coordinate system that the file names.

    Raises:
        Question: no columns with coordinates are known, or they may mean more than one thing.
    """
    legs = walked(columns, request, lambda some: _geometry(some, request, crs))
    return legs or _geometry(columns, request, crs)


def _geometry(columns: Columns, request: Request, crs: str | None) -> Found:
    chosen = _chosen(columns, request)
    if chosen.text:
        found = _from_text(columns, chosen, request)
    elif chosen.zone:
        found = places.utm_columns(columns, str(chosen.east), str(chosen.north), chosen.zone, request)
    else:
        found = _points(columns, chosen, request)
    found.crs = found.crs or crs
    used = {simple(one) for one in chosen.used}
    kept = {name: values for name, values in found.columns.items() if simple(name) not in used}
    where = f"coordinates were read from {' and '.join(one for one in (chosen.east, chosen.north, chosen.text) if one)}"
    how = places.NAMES[chosen.notation] if chosen.notation else ("degrees" if chosen.geographic else "a grid in metres")
    return replace(found, columns=kept, notices=[("coordinates_from", f"{where} ({how})"), *found.notices])


def _chosen(columns: Columns, request: Request) -> _Chosen:
    """Return where the coordinates are: as the mapping says, else by the columns' names, else by what they hold.

    Raises:
        Question: nowhere, or in more than one place.
    """
    mapping = request.get("mapping")
    asked = {str(k): str(v) for k, v in mapping.items()} if isinstance(mapping, dict) else {}
    column_ = answer(request, "coordinates")
    if column_ in columns:
        asked["geometry"] = str(column_)
    named = {simple(name): name for name in reversed(columns)}

    def column(role: str, names: tuple[str, ...]) -> str | None:
        if role in asked:
            return asked[role] if asked[role] in columns else None
        return next((named[name] for name in names if name in named), None)

    def ending(names: tuple[str, ...]) -> str | None:
        """Forms name columns by the question: `_where_latitude`."""
        fits = [name for short, name in named.items() if short.split(" ")[-1] in names[:2]]
        return fits[0] if len(fits) == 1 else None

    pairs = (
        (column("longitude", LONGITUDE), column("latitude", LATITUDE), True),
        (column("easting", EAST), column("northing", NORTH), False),
        (ending(LONGITUDE), ending(LATITUDE), True),
    )
    for east, north, geographic in pairs:
        if east and north and east != north and "geometry" not in asked:
            if f"{east} and {north}" != column_ and not asked.keys() & ROLES:
                _not_beside_shapes(columns, f"{east} and {north}")
            zone = None if geographic or request.get("crs") else column("zone", ZONE)
            return _Chosen(east, north, geographic=geographic, zone=zone, used=[east, north])
    text = column("geometry", TEXT)
    if text and (
        notation := _notation(columns[text]) or ("wkt" if "geometry" in asked or "wkt" in simple(text) else None)
    ):
        return _Chosen(text=text, notation=notation, used=[text] if notation == "wkt" else [])
    fits = [(name, what) for name in columns if (what := _notation(columns[name], surely=True))]
    if len(fits) == 1 and not asked.keys() & (ROLES | {"geometry"}):
        return _Chosen(text=fits[0][0], notation=fits[0][1], used=[fits[0][0]] if fits[0][1] == "wkt" else [])
    raise Question(
        "coordinates",
        "which columns hold the coordinates? Send it again with mapping longitude and latitude, easting and northing, "
        "or with coordinates, the one column of text (WKT, MGRS, UTM, degrees, ODK) that holds them",
        [name for name, _ in fits] or list(columns),
    )


def _not_beside_shapes(columns: Columns, pair: str) -> None:
    """Ask which is meant where a table has a point in two columns and lines or polygons in another.

    Raises:
        Question: it has both.
    """
    shapes = []
    for name, values in columns.items():
        sample = [one for one in values if one is not None][:SAMPLE]
        if sample and all(isinstance(one, str) and SHAPES.match(one) for one in sample) and _notation(sample):
            shapes.append(name)
    if shapes:
        message = "the table has points and also lines or polygons: which are meant? Send it again with coordinates"
        raise Question("coordinates", message, (*shapes, pair))


def _notation(values: list[object], *, surely: bool = False) -> str | None:
    """Return the notation that most cells of a column are in; `surely`: all of them, and it could be nothing else."""
    sample = [one for one in values if one is not None][:SAMPLE]
    if not sample or (surely and not all(isinstance(one, str) for one in sample)):
        return None
    kinds = Counter(notations.notation(str(one)) for one in sample)
    if surely:
        kind = next(iter(kinds))
        doubtful = kind in {"pair", None} or (
            kind == "mgrs" and not all(str(one).strip()[:1].isdigit() for one in sample)
        )
        return None if len(kinds) > 1 or doubtful else kind
    return next((kind for kind, _ in kinds.most_common() if kind), None)


def _from_text(columns: Columns, chosen: _Chosen, request: Request) -> Found:
    values = [None if one is None else str(one) for one in columns[str(chosen.text)]]
    readers = {
        "wkt": places.wkt,
        "odk": places.odk,
        "mgrs": places.mgrs_,
        "utm": places.utm_texts,
        "pair": places.pairs,
    }
    found = readers[str(chosen.notation)](values, request)
    return replace(found, columns={**columns, **found.columns})


def _points(columns: Columns, chosen: _Chosen, request: Request) -> Found:
    """Return points from two columns of numbers, or of angles with their minutes and seconds."""
    east, north = str(chosen.east), str(chosen.north)
    defects: dict[int, tuple[str, str]] = {}
    x = _numbers(columns[east], east, "lon" if chosen.geographic else None, request, defects)
    y = _numbers(columns[north], north, "lat" if chosen.geographic else None, request, defects)
    for place in np.flatnonzero(np.isnan(x) | np.isnan(y)).tolist():
        a, b = columns[east][place], columns[north][place]
        if a is None and b is None:
            defects[place] = ("no_geometry", "it has no coordinates")
        else:
            defects.setdefault(place, ("coordinates", f"not coordinates: {_short(a)}, {_short(b)}"))
    points: NDArray[np.object_] = np.asarray(shapely.points(x, y), dtype=object)
    points[list(defects)] = None
    crs = "OGC:CRS84" if chosen.geographic else None
    return Found(columns, points, crs, assumed=chosen.geographic, defects=defects)


def _short(value: object) -> str:
    return str(value)[:40]


def _numbers(
    values: list[object], name: str, axis: notations.Axis | None, request: Request, defects: dict[int, tuple[str, str]]
) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where there is none; angles are read where an axis is given."""
    out = np.full(len(values), np.nan)
    for place, value in enumerate(values):
        if isinstance(value, int | float):
            out[place] = value
        elif value is not None:
            try:
                out[place] = _number(str(value), place, name, axis, request)
            except Question:
                raise
            except ValueError as error:
                defects[place] = ("coordinates", str(error))
    return out


def _number(text: str, place: int, name: str, axis: notations.Axis | None, request: Request) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    if re.fullmatch(r"\s*[-+]?[\d\s]*,\d+\s*", text):
        return places.with_comma(re.sub(r"\s", "", text), f"row {place + 1}: {name}={text}", request)
    angle = notations.degrees(text) if axis else None
    if angle is None:
        raise ValueError(f"not a coordinate: {name} {_short(text)}")
    if angle.axis and angle.axis != axis:
        raise ValueError(f"{name} {_short(text)} names a hemisphere of the other axis")
    return angle.value
