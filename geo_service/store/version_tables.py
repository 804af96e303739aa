"""The tables of versions: writing a changeset's rows, reading version frames."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd

from geo_service.store import geopackage
from geo_service.store.database import Connection
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


def write(connection: Connection, changeset: int, prepared: Prepared, progress: Progress | None) -> None:
    """Write versions into a changeset that is not sealed, and into the spatial index."""
    name = prepared.layer.name
    total = len(prepared.blobs)
    first = connection.highest(name, "fid") + 1
    names = ("fid", "changeset", *stored_columns(prepared.layer))
    for start in range(0, total, _BATCH):
        some = slice(start, min(start + _BATCH, total))
        fids = range(first + some.start, first + some.stop)
        geometry = connection.held(prepared.blobs[some])
        values = zip(fids, *(column[some] for column in prepared.columns), geometry, strict=True)
        connection.insert(name, names, ((fid, changeset, *row) for fid, *row in values))
        connection.index(name, fids, prepared.bounds[some])
        if progress is not None:
            progress(some.stop, total)


def between(connection: Connection, layer: Layer, since: int, until: int | None) -> gpd.GeoDataFrame:
    """Return the versions recorded after revision `since` up to revision `until` (None: all after)."""
    # CROSS keeps the order of SQLite's join: the revisions asked for, then their rows by the index of changesets.
    batches = connection.batches(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, {_RECORDED} "
        f'FROM revisions r CROSS JOIN "{layer.name}" v WHERE v.changeset = r.changeset '
        "AND r.number > ? AND (? IS NULL OR r.number <= ?) ORDER BY r.number, v.fid",
        (since, until, until),
        _BATCH,
    )
    return frame_of([row for rows in batches for row in rows], layer, _STAMPS, connection.decoded)


def of_changeset(connection: Connection, layer: Layer, changeset: int) -> gpd.GeoDataFrame:
    """Return the versions of one changeset, approved or not."""
    rows = connection.execute(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, v.changeset, v.fid "
        f'FROM "{layer.name}" v WHERE v.changeset = ? ORDER BY v.fid',
        (changeset,),
    ).fetchall()
    return frame_of(rows, layer, _STAMPS[:2], connection.decoded)


def of_records(connection: Connection, layer: Layer, ids: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the approved versions of some records."""
    members, bound = connection.among(ids)
    rows = connection.execute(
        f"SELECT {quoted(stored_columns(layer), 'v.')}, {_RECORDED} "
        f'FROM "{layer.name}" v JOIN revisions r ON r.changeset = v.changeset '
        f"WHERE v.id IN ({members}) ORDER BY r.number, v.fid",
        (bound,),
    ).fetchall()
    return frame_of(rows, layer, _STAMPS, connection.decoded)
