"""The tables of versions: writing a changeset's rows, reading version frames."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd

from geo_service.store import geopackage
from geo_service.store.log import Progress
from geo_service.store.rows import frame_of, rows_of
from geo_service.store.schema import quoted, stored_columns
from layers.definitions import Layer

_BATCH = 5000
_STAMPS = ("changeset", "row", "revision", "recorded_at")
_RECORDED = "v.changeset, v.fid, r.number, r.recorded_at"


@dataclass(frozen=True)
class Prepared:
    """A version frame ready to be written, so that the lock is held for the writing alone."""

    layer: Layer
    columns: list[list[object]]
    blobs: geopackage.Blobs
    bounds: geopackage.Bounds


def prepare(frame: gpd.GeoDataFrame, layer: Layer) -> Prepared:
    """Return a version frame ready to be written.

    Raises:
        ValueError: it is no version frame of this layer in EPSG:4326.
    """
    return Prepared(layer, *rows_of(frame, layer))


def write(connection: sqlite3.Connection, changeset: int, prepared: Prepared, progress: Progress | None) -> None:
    """Write versions into a changeset that is not sealed, and into the R-tree."""
    name = prepared.layer.name
    total = len(prepared.blobs)
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
    first = (last[0] if last else 0) + 1
    names = ("fid", "changeset", *stored_columns(prepared.layer))
    insert = f'INSERT INTO "{name}" ({quoted(names)}) VALUES ({", ".join("?" * len(names))})'
    for start in range(0, total, _BATCH):
        some = slice(start, min(start + _BATCH, total))
        fids = range(first + some.start, first + some.stop)
        values = zip(*(column[some] for column in prepared.columns), prepared.blobs[some], strict=True)
        connection.executemany(insert, ((fid, changeset, *row) for fid, row in zip(fids, values, strict=True)))
        geopackage.index(connection, name, fids, prepared.bounds[some])
        if progress is not None:
            progress(some.stop, total)


def between(connection: sqlite3.Connection, layer: Layer, since: int, until: int | None) -> gpd.GeoDataFrame:
    """Return the versions recorded after revision `since` up to revision `until` (None: all after)."""
    # CROSS keeps the order of the join: the revisions asked for, then their rows by the index of changesets.
    rows = connection.execute(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, {_RECORDED} "
        f'FROM revisions r CROSS JOIN "{layer.name}" v ON v.changeset = r.changeset '
        "WHERE r.number > ? AND (? IS NULL OR r.number <= ?) ORDER BY r.number, v.fid",
        (since, until, until),
    ).fetchall()
    return frame_of(rows, layer, _STAMPS)


def of_changeset(connection: sqlite3.Connection, layer: Layer, changeset: int) -> gpd.GeoDataFrame:
    """Return the versions of one changeset, approved or not."""
    rows = connection.execute(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, v.changeset, v.fid "
        f'FROM "{layer.name}" v WHERE v.changeset = ? ORDER BY v.fid',
        (changeset,),
    ).fetchall()
    return frame_of(rows, layer, _STAMPS[:2])


def of_records(connection: sqlite3.Connection, layer: Layer, ids: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the approved versions of some records."""
    rows = connection.execute(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, {_RECORDED} "
        f'FROM "{layer.name}" v JOIN revisions r ON r.changeset = v.changeset '
        "WHERE v.id IN (SELECT value FROM json_each(?)) ORDER BY r.number, v.fid",
        (json.dumps(list(ids)),),
    ).fetchall()
    return frame_of(rows, layer, _STAMPS)
