"""Every layer as of a date in one GeoPackage, with the sentences it must carry and styles that QGIS applies."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import orjson
import pandas as pd
import shapely

from geo_service import features
from geo_service.balance import View
from geo_service.settings import Settings
from geo_service.store.log import Progress
from geo_service.styles import STYLES
from layers.definitions import LAYERS, Geometry, Kind

TYPES = {
    Geometry.polygon: "MultiPolygon",
    Geometry.point: "Point",
    Geometry.line: "MultiLineString",
    Geometry.point_or_polygon: "Unknown",
}


def write_geopackage(path: Path, seen: View, settings: Settings, progress: Progress) -> dict[str, int]:
    """Write all layers in force at a view; return how many records each has. The file appears whole or not at all."""
    counts = {}
    with _whole(path) as draft:
        for done, (name, layer) in enumerate(LAYERS.items()):
            frame = flat(features.in_force(seen, name), name)
            frame.to_file(draft, layer=name, driver="GPKG", engine="pyogrio", geometry_type=TYPES[layer.geometry],
                          promote_to_multi=layer.geometry in {Geometry.polygon, Geometry.line})  # fmt: skip
            counts[name] = len(frame)
            progress(done + 1, len(LAYERS))
        with closing(sqlite3.connect(draft)) as connection, connection:
            _add_about(connection, seen, settings)
            _add_styles(connection)
    return counts


def write_folder(path: Path, seen: View, settings: Settings, progress: Progress) -> dict[str, int]:
    """Write all layers in force at a view as GeoJSON files in a folder, each saying what it must."""
    path.mkdir(parents=True, exist_ok=True)
    counts = {}
    for done, name in enumerate(LAYERS, start=1):
        frame = features.in_force(seen, name)
        rows = features.features(frame, name)
        body = {"type": "FeatureCollection", **dict(about(seen, settings)), "features": rows}
        draft = path / f".{name}.part"
        draft.write_bytes(orjson.dumps(body))
        draft.replace(path / f"{name}.geojson")
        counts[name] = len(rows)
        progress(done, len(LAYERS))
    return counts


def flat(frame: gpd.GeoDataFrame, layer: str, *, lists: bool = False) -> gpd.GeoDataFrame:
    """Return the fields of a layer as columns that a GIS file can hold.

    Lists are joined by `;`, or with `lists` stay what they are, for files that can hold them.
    """
    columns: dict[str, object] = {}
    for field in (one for one in LAYERS[layer].fields if one.name in frame):
        column = frame[field.name]
        joined = field.kind in {Kind.word_list, Kind.text_list} and not lists
        columns[field.name] = [";".join(one) for one in column] if joined else column.to_numpy()
        if field.kind is Kind.date:
            columns[field.name] = pd.Series(column.dt.date.to_numpy(), dtype=object).where(
                column.notna().to_numpy(), None
            )
        if field.kind in {Kind.text, Kind.word}:
            columns[field.name] = pd.Series(column.to_numpy(), dtype="str")
    columns |= {name: frame[name].to_numpy() for name in features.DERIVED.get(layer, ()) if name in frame}
    if "extra" in frame:
        texts = [orjson.dumps(v).decode() if isinstance(v, dict) else v for v in frame["extra"].tolist()]
        columns["extra"] = pd.Series(texts, dtype="str")
    shapes = frame.geometry.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapely.force_2d(shapes), crs="EPSG:4326")


class _whole:  # noqa: N801
    """A file that is written beside its place and moved there when it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(suffix=".gpkg", dir=self.path.resolve().parent)
        os.close(handle)
        self.draft = Path(name)
        self.draft.unlink()
        return self.draft

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.draft.replace(self.path)
        else:
            self.draft.unlink(missing_ok=True)


def about(seen: View, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what a product must say of itself."""
    yield "as_of", seen.as_of.isoformat()
    yield "known_at", seen.known_at
    yield "revision", str(seen.snapshot.number)
    yield "notice", settings.sentences(seen.as_of.isoformat(), seen.known_at)
    if settings.synthetic:
        yield "synthetic", "SYNTHETIC: invented data, no real place or hazard"


def _add_about(connection: sqlite3.Connection, seen: View, settings: Settings) -> None:
    connection.execute("CREATE TABLE about (fid INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL)")
    connection.executemany("INSERT INTO about (name, value) VALUES (?, ?)", about(seen, settings))
    _register(connection, "about", settings.sentences(seen.as_of.isoformat(), seen.known_at))


def _add_styles(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), "
        "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), "
        "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
        "update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"
    )
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
        "styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '')",
        [(name, name, qml, LAYERS[name].label.en) for name, qml in STYLES.items()],
    )
    _register(connection, "layer_styles", "styles that QGIS applies on opening")


def _register(connection: sqlite3.Connection, table: str, description: str) -> None:
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)",
        (table, table, description),
    )
