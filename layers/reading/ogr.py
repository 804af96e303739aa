"""What GDAL reads, inside the cage: GeoPackage, shapefile, FlatGeobuf, KML, GPX, XLSX, ODS.

It is imported only once GDAL's environment is made: a driver that is not allowed must never be there.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import shapely

from layers.reading.coordinates import from_columns
from layers.reading.dbf import encoding_of
from layers.reading.drivers import ALLOWED
from layers.reading.found import Columns, Found, Request, answer, plain
from layers.reading.questions import Question, Unreadable

FOLDER = "folder"
"""The column that keeps in which folder of a KML document a placemark stood."""

MARKUP = (".kml", ".gpx")
STRAIGHT = {"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"}
"""Geometry types that a GeoPackage's table declares and that hold no curves."""
DRAWN = (
    "description",
    "timestamp",
    "begin",
    "end",
    "altitudemode",
    "tessellate",
    "extrude",
    "visibility",
    "draworder",
    "icon",
    "snippet",
)
"""Columns that LIBKML gives every placemark; kept where they hold something."""


def read(path: Path, request: Request) -> Found:
    """Read a file with GDAL.

    Raises:
        Unreadable: it can't be read, or the reader is not caged.
        Question: which of several layers, or which encoding, must be answered.
    """
    if set(pyogrio.list_drivers()) - set(ALLOWED):
        raise Unreadable("the reader is not caged as it must be; please report this")
    if path.suffix in MARKUP and re.search(
        rb"<!(DOCTYPE|ENTITY)", path.read_bytes().replace(b"\x00", b""), re.IGNORECASE
    ):
        raise Unreadable("it declares entities of its own, which nothing that is sent here needs; send it without them")
    asked = answer(request, "source_layer")
    if path.suffix == ".kml":
        return _folders(path, request, asked)
    return _layer(path, _chosen(path, asked), request)


def _layer(path: Path, layer: str, request: Request) -> Found:
    """Return the rows of one layer."""
    known = encoding_of(path.with_suffix(".dbf"), answer(request, "encoding")) if path.suffix == ".shp" else None
    encoding = {"encoding": known} if known else {}
    meta, _, wkb, fields = pyogrio.raw.read(str(path), layer=layer, datetime_as_string=True, **encoding)
    names = [str(name) for name in meta["fields"]]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Unreadable(f"two columns have the same name: {', '.join(twice)}")
    columns: Columns = {name: plain(values) for name, values in zip(names, fields, strict=True)}
    if wkb is None:
        return from_columns(
            {name: values for name, values in columns.items() if name.strip()}, request, crs=meta.get("crs")
        )
    message = "curves were drawn as straight lines"
    notes = [(place, "curves_linearised", message) for place in _curved(path, layer)]
    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    return Found(columns, geometry, meta.get("crs"), notes=notes)


def _folders(path: Path, request: Request, asked: str | None) -> Found:
    """Return the placemarks of all folders of a KML document, or of the one that was asked for."""
    names = _names(path)
    if asked is not None and asked not in names:
        raise Question(
            "source_layer", f"the document has no folder {asked!r}: send it again with source_layer, one of them", names
        )
    parts = [(name, _layer(path, name, request)) for name in names if asked in {None, name}]
    parts = [(name, part) for name, part in parts if len(part.geometry)]
    if not parts:
        raise Unreadable("it holds no placemarks")
    whole = _joined(parts)
    if len(parts) > 1:
        counts = ", ".join(f"{name} ({len(part.geometry)})" for name, part in parts)
        whole.notices.append(
            ("folders", f"the placemarks of all folders were read: {counts}; source_layer names one of them")
        )
    return whole


def _joined(parts: list[tuple[str, Found]]) -> Found:
    titles = list(dict.fromkeys(title for _, part in parts for title in part.columns))
    columns: Columns = {
        title: [one for _, part in parts for one in part.columns.get(title, [None] * len(part.geometry))]
        for title in titles
    }
    columns = {title: values for title, values in columns.items() if title.lower() not in DRAWN or _holds(values)}
    if len(parts) > 1:
        columns[FOLDER] = [name for name, part in parts for _ in part.geometry]
    return replace(
        parts[0][1], columns=columns, geometry=np.concatenate([part.geometry for _, part in parts]), ids=[], numbers=[]
    )


def _holds(values: list[object]) -> bool:
    return any(one not in {None, "", -1, 0} for one in values)


def _names(path: Path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(str(path))[:, 0]]


def _chosen(path: Path, asked: str | None) -> str:
    """Return the layer to read: the one asked for, the only one, the only one on the ground, the only one with rows.

    Raises:
        Unreadable: it has none.
        Question: it has several, and none of them was named.
    """
    found = pyogrio.list_layers(str(path))
    names, spatial = [str(name) for name in found[:, 0]], [str(name) for name, kind in found if kind is not None]
    if not names:
        raise Unreadable("it has no layer")
    if asked is not None:
        if asked in names:
            return asked
        raise Question(
            "source_layer", f"the file has no layer {asked!r}: send it again with source_layer, one of them", names
        )
    among = spatial or names
    if len(among) > 1:
        filled = [
            name for name in among if pyogrio.read_info(str(path), layer=name, force_feature_count=True)["features"]
        ]
        among = filled or among
    if len(among) == 1:
        return among[0]
    raise Question("source_layer", "the file has several layers: send it again with source_layer, one of them", among)


def _curved(path: Path, layer: str) -> list[int]:
    """Return the rows of a GeoPackage that hold curves: they come out of the reader as straight lines."""
    if path.suffix != ".gpkg":
        return []
    geometry, table = (
        text.replace('"', '""') for text in (pyogrio.read_info(str(path), layer=layer)["geometry_name"], layer)
    )
    name = layer.replace("'", "''")
    asked = f"SELECT geometry_type_name AS kind FROM gpkg_geometry_columns WHERE table_name = '{name}'"  # noqa: S608
    declared = _column(path, asked)
    if {str(one).upper() for one in declared} <= STRAIGHT:
        return []
    kinds = _column(path, f'SELECT ST_GeometryType("{geometry}") AS kind FROM "{table}"')  # noqa: S608 - names, quoted
    marks = ("CURVE", "CIRCULAR", "SURFACE")
    return [place for place, kind in enumerate(kinds) if kind and any(mark in str(kind).upper() for mark in marks)]


def _column(path: Path, sql: str) -> list[object]:
    values: list[object] = pyogrio.raw.read(str(path), sql=sql, read_geometry=False)[3][0].tolist()
    return values
