"""Which kind of file it is - by its content, whatever it is called - and its rows, read in the cage."""

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path, PurePath

import numpy as np
import orjson
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers import versions
from layers.reading.assess import Programme, Verdict, assess
from layers.reading.questions import Question, Unreadable
from layers.reading.sandbox import read_caged
from layers.reading.table import RawTable
from layers.reading.zips import unpacked

FORMATS = "GeoJSON, GeoPackage, zipped shapefile, FlatGeobuf, KML, GPX, CSV, XLSX"


def read(  # noqa: PLR0913
    content: bytes,
    name: str,
    *,
    crs: str | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> RawTable:
    """Return the rows of a file.

    Args:
        content, name: the file; its name is never used as a path.
        crs: the coordinate system, where the file doesn't say.
        source_layer: which layer to read, where it has several.
        encoding: of its text, where it doesn't say.
        mapping: may name columns for `longitude` and `latitude`, or `geometry` (WKT), beside fields.

    Raises:
        Unreadable: it can't be read.
        Question: something must be answered first; nothing is guessed.
    """
    files, main, kind = _kind(content, name, source_layer)
    inner = None if len(files) and kind != "gdal" else source_layer
    options = {
        "layer": None if name.lower().endswith(".zip") else inner,
        "encoding": encoding,
        "mapping": dict(mapping or {}),
    }
    header, table = read_caged(files, main, kind, options)
    rows = [orjson.loads(one) for one in table["attributes"].to_pylist()] if table.num_rows else []
    if not rows:
        raise Unreadable("it holds no rows")
    names = list(dict.fromkeys(key for row in rows for key in row))
    geometry = np.asarray(shapely.from_wkb(np.array(table["wkb"].to_pylist(), dtype=object)), dtype=object)
    return RawTable(
        columns={key: [row.get(key) for row in rows] for key in names},
        geometry=geometry,
        crs=_crs(header, crs, geometry),
        ids=table["id"].to_pylist(),
        defects={int(place): tuple(what) for place, what in header["defects"].items()},  # type: ignore[attr-defined]
        right_handed=kind == "geojson",
        notes=[(int(place), code, message) for place, code, message in header["notes"]],  # type: ignore[attr-defined]
    )


def _kind(content: bytes, name: str, source_layer: str | None) -> tuple[dict[str, bytes], str, str]:
    """Return the files to write, the one to open and how to read it."""
    suffix = PurePath(name).suffix.lower()
    if not content.strip(b"\x00 \t\r\n"):
        raise Unreadable("it is empty")
    if content.startswith(b"PK") and suffix not in DOCUMENTS:
        return unpacked(content, source_layer)
    ending, kind = _ending(content, suffix)
    return {f"upload{ending}": content}, f"upload{ending}", kind


DOCUMENTS = (".xlsx", ".ods", ".kmz")
"""Zips that are one file to their readers."""


def _ending(content: bytes, suffix: str) -> tuple[str, str]:
    """Return the ending that a file's content deserves, and how to read it."""
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, ending, kind in (
        (b"pk", suffix, "gdal"),
        (b"sqlite format 3\x00", ".gpkg", "gdal"),
        (b"fgb\x03", ".fgb", "gdal"),
        (b"{", ".geojson", "geojson"),
        (b"[", ".geojson", "geojson"),
        (b"\x1e", ".geojson", "geojson"),
    ):
        if head.startswith(mark):
            return ending, kind
    if head.startswith(b"<"):
        found = next((ending for mark, ending in ((b"<kml", ".kml"), (b"<gpx", ".gpx")) if mark in head), None)
        if found:
            return found, "gdal"
        raise Unreadable(f"it is XML, but neither KML nor GPX. Formats: {FORMATS}")
    if suffix in {".csv", ".tsv", ".txt"}:
        return ".csv", "csv"
    if suffix in {".shp", ".dbf", ".shx"}:
        raise Unreadable("a shapefile is several files; zip all of them together")
    raise Unreadable(f"its content is none of the formats that are read: {FORMATS}")


def _crs(header: Mapping[str, object], asked: str | None, geometry: np.ndarray) -> CRS | None:
    """Return the coordinate system: the file's own, else the one that was asked for, else ask."""
    own = _known(str(header["crs"])) if header.get("crs") else None
    given = _known(asked) if asked else None
    if given and (own is None or header.get("assumed") or own.equals(given, ignore_axis_order=True)):
        return given
    if given and own:
        choices = (own.to_string(), "no crs, to take the file's own")
        raise Question("crs", f"the file says it is in {own.name}, and crs says {given.name}", choices)
    if own is None and not shapely.is_missing(geometry).all():
        message = "the file does not say its coordinate system: send it again with crs"
        raise Question("crs", message, ("EPSG:4326", "EPSG:32638", "EPSG:32639"))
    return own


def _known(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise Question("crs", f"no coordinate system is known as {text[:80]!r}", ("EPSG:4326", "EPSG:32638")) from None


def grown_box(west: float, south: float, east: float, north: float, by: float) -> tuple[float, float, float, float]:
    """Return a box in degrees grown by a distance (m) on every side, on a sphere, outward at its widest latitude."""
    up = by / 110_574.0
    widest = min(max(abs(south), abs(north)) + up, 89.0)
    side = by / (111_320.0 * math.cos(math.radians(widest)))
    return west - side, max(south - up, -90.0), east + side, min(north + up, 90.0)


def load(  # noqa: PLR0913
    path: Path | str,
    layer: str,
    *,
    crs: str | None = None,
    source_layer: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    set_values: Mapping[str, object] | None = None,
    today: dt.date | None = None,
    programme: Programme | None = None,
) -> Verdict:
    """Read and assess a file without a store, for notebooks: no record is known before.

    Raises:
        Unreadable, Question: as `read`.
    """
    file = Path(path)
    table = read(file.read_bytes(), file.name, crs=crs, source_layer=source_layer, encoding=encoding, mapping=mapping)
    return assess(
        table,
        versions.layer_named(layer),
        known=lambda _: versions.empty(versions.layer_named(layer)),
        today=today or dt.datetime.now(dt.UTC).date(),
        programme=programme or Programme(),
        mapping=mapping,
        set_values=set_values,
    )
