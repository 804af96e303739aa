"""The GeoPackage 1.3 side of the file (OGC 12-128r17): its header tables, its geometry blobs, its R-trees.

The log's tables hold superseded versions, so it is the views `LAYER_current` that are registered for QGIS and other
readers: the file is to be opened with them, not edited. The standard's R-tree triggers call functions that only
spatial extensions of SQLite have; the trees are filled from here instead.
"""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

import sqlite3
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.store.schema import GEOMETRY_TYPES
from layers.definitions import LAYERS

APPLICATION_ID = 0x47504B47
"""'GPKG', the mark of a GeoPackage in the file's header."""

USER_VERSION = 10300
"""GeoPackage 1.3.0."""

SRS_ID = 4326
"""Longitude and latitude on WGS 84, in this order in the file."""

_HEADER = np.dtype([("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", (4,))])
_LITTLE_ENDIAN_XY = 0b00000011
_ENVELOPE_DOUBLES = (0, 4, 6, 6, 8)

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'
)

_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)
"""

Blobs = list[bytes]
Bounds = NDArray[np.float64]


def register(connection: sqlite3.Connection, made_at: str) -> None:
    """Make the GeoPackage's header and tables in an empty database and enter the views in them."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("Undefined Cartesian", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
            ("Undefined geographic", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
            ("WGS 84 geodetic", SRS_ID, "EPSG", 4326, _WGS84, "longitude and latitude in degrees on WGS 84"),
        ],
    )
    # One registered attribute table keeps GDAL from offering the log's other tables as layers.
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('changesets', 'attributes', 'changesets', 'What was brought, by whom: read only', ?)",
        (made_at,),
    )
    for layer in LAYERS.values():
        view = f"{layer.name}_current"
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) "
            "VALUES (?, 'features', ?, ?, ?, ?)",
            (view, view, f"{layer.label.en}, in force today: read only", made_at, SRS_ID),
        )
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)",
            (view, GEOMETRY_TYPES[layer.geometry], SRS_ID),
        )
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')",
            (layer.name, "http://www.geopackage.org/spec120/#extension_rtree"),
        )


def encode(geometries: NDArray[np.object_]) -> tuple[Blobs, Bounds]:
    """Return GeoPackage blobs (each with its envelope) and the bounds (min x, min y, max x, max y) in degrees.

    Raises:
        ValueError: a geometry is missing, empty, not finite or has heights.
    """
    bounds = shapely.bounds(geometries)
    bad = np.flatnonzero(~np.isfinite(bounds).all(axis=1) | shapely.has_z(geometries) | shapely.has_m(geometries))
    if len(bad):
        raise ValueError(f"row {bad[0]}: a version needs a finite geometry in two dimensions")
    return wrapped(shapely.to_wkb(geometries, byte_order=1).tolist(), bounds), bounds


def wrapped(wkb: Sequence[bytes], bounds: Bounds) -> Blobs:
    """Return GeoPackage blobs of little-endian WKB and its bounds."""
    headers = np.zeros(len(wkb), dtype=_HEADER)
    headers["magic"] = b"GP"
    headers["flags"] = _LITTLE_ENDIAN_XY
    headers["srs_id"] = SRS_ID
    headers["envelope"] = bounds[:, [0, 2, 1, 3]]
    size = _HEADER.itemsize
    packed = headers.tobytes()
    return [packed[place * size : place * size + size] + body for place, body in enumerate(wkb)]


def bodies(blobs: Sequence[bytes]) -> list[bytes]:
    """Return the WKB of blobs written by `encode`."""
    return [blob[_HEADER.itemsize :] for blob in blobs]


def decode(blobs: Blobs) -> NDArray[np.object_]:
    """Return the geometries of GeoPackage blobs.

    Raises:
        ValueError: bytes are no geometry.
    """
    try:
        bodies = [blob[8 + 8 * _ENVELOPE_DOUBLES[(blob[3] >> 1) & 7] :] for blob in blobs]
        return shapely.from_wkb(np.array(bodies, dtype=object))
    except (IndexError, shapely.errors.GEOSException) as error:
        raise ValueError("a geometry is damaged") from error


def envelopes(blobs: Blobs) -> Bounds:
    """Return the bounds that the headers of blobs written by `encode` state.

    Raises:
        ValueError: a blob is shorter than its header.
    """
    size = _HEADER.itemsize
    headers = np.frombuffer(b"".join(blob[:size].ljust(size, b"\0") for blob in blobs), dtype=_HEADER)
    return headers["envelope"][:, [0, 2, 1, 3]]


def index(connection: sqlite3.Connection, layer: str, fids: Sequence[int], bounds: Bounds) -> None:
    """Enter versions in their layer's R-tree."""
    rows = zip(fids, *(bounds[:, side].tolist() for side in (0, 2, 1, 3)), strict=True)
    connection.executemany(f'INSERT INTO "rtree_{layer}_geom" VALUES (?, ?, ?, ?, ?)', rows)


def extend(connection: sqlite3.Connection, layer: str, changeset: int, recorded_at: str) -> None:
    """Let the layer's entry in the contents cover a changeset that was approved."""
    found = connection.execute(
        f'SELECT substr(geom, 1, {_HEADER.itemsize}) FROM "{layer}" WHERE changeset = ?', (changeset,)
    )
    blobs = [row[0] for row in found]
    if not blobs:
        return
    bounds = envelopes(blobs)
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    connection.execute(
        "UPDATE gpkg_contents SET last_change = :at, "
        "min_x = MIN(IFNULL(min_x, :west), :west), min_y = MIN(IFNULL(min_y, :south), :south), "
        "max_x = MAX(IFNULL(max_x, :east), :east), max_y = MAX(IFNULL(max_y, :north), :north) "
        "WHERE table_name = :view",
        {"at": recorded_at, "west": west, "south": south, "east": east, "north": north, "view": f"{layer}_current"},
    )
