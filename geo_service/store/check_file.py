"""Verifying the embedded store: its records, and what is SQLite's and GeoPackage's own in the file."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

from collections.abc import Iterator

import numpy as np
import shapely

from geo_service.store import chain, geopackage
from geo_service.store.check_layout import check_layout
from geo_service.store.checking import RECORDS, verify
from geo_service.store.connections import FileConnection
from geo_service.store.log import Finding, Progress
from layers.definitions import LAYERS

_BATCH = 5000


def check(connection: FileConnection, progress: Progress | None = None) -> list[Finding]:
    """Return what is wrong with a store, as one state of it is seen; an empty list for a sound one."""
    parts = (("pages", _pages), ("layout", check_layout), *RECORDS, ("index", _trees), ("contents", _contents))
    return verify(connection, parts, progress)


def _pages(connection: FileConnection) -> Iterator[Finding]:
    for (text,) in connection.execute("PRAGMA integrity_check"):
        if text != "ok":
            yield Finding("pages", f"The file is damaged: {text}.")
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding("references", f"Row {row} of {table} refers to something that is not there.")


def _trees(connection: FileConnection) -> Iterator[Finding]:
    """Compare the R-trees, and the envelope before each geometry, with the geometries."""
    for layer in LAYERS:
        tree = f"rtree_{layer}_geom"
        (sound,) = connection.execute("SELECT rtreecheck(?)", (tree,)).fetchone()
        sizes = connection.execute(
            f'SELECT (SELECT COUNT(*) FROM "{layer}"), (SELECT COUNT(*) FROM "{tree}")'
        ).fetchone()
        if sound != "ok" or sizes[0] != sizes[1]:
            yield Finding("index", f"The spatial index of {layer} is damaged.")
            continue
        found = connection.execute(
            f'SELECT v.geom, t.minx, t.miny, t.maxx, t.maxy FROM "{layer}" v '
            f'LEFT JOIN "{tree}" t ON t.id = v.fid ORDER BY v.fid'
        )
        while rows := found.fetchmany(_BATCH):
            blobs = [row[0] for row in rows]
            bounds = shapely.bounds(geopackage.decode(blobs))
            boxes = np.array([row[1:] for row in rows], dtype=np.float64)
            # The tree keeps 32-bit numbers, rounded outwards; what is next to nothing becomes 0.
            slack = 1e-6 * np.maximum(1.0, np.abs(bounds))
            outwards = np.array([1.0, 1.0, -1.0, -1.0]) * (bounds - boxes)
            near = (outwards >= -1e-30) & (outwards <= slack)
            if not (near.all() and np.array_equal(bounds, geopackage.envelopes(blobs))):
                yield Finding("index", f"The spatial index of {layer} does not fit its geometries.")
                break


def _contents(connection: FileConnection) -> Iterator[Finding]:
    """Compare what the GeoPackage says of each layer with the approved versions."""
    created = chain.entries(connection, "created")[0].at
    for table, changed, *box in connection.execute(
        "SELECT table_name, last_change, min_x, min_y, max_x, max_y FROM gpkg_contents"
    ).fetchall():
        if table != "changesets" and table.removesuffix("_current") not in LAYERS:
            continue
        expected: tuple[str, list[float | None]] = (created, [None] * 4)
        if table != "changesets":
            expected = _extent(connection, table.removesuffix("_current")) or expected
        if (changed, box) != expected:
            yield Finding("contents", f"The GeoPackage's entry of {table} does not fit its versions.")


def _extent(connection: FileConnection, layer: str) -> tuple[str, list[float | None]] | None:
    found = connection.execute(
        f'SELECT r.recorded_at, substr(v.geom, 1, 40) FROM "{LAYERS[layer].name}" v '
        "JOIN revisions r ON r.changeset = v.changeset"
    )
    changed, boxes = "", []
    while rows := found.fetchmany(_BATCH):
        changed = max(changed, *(row[0] for row in rows))
        bounds = geopackage.envelopes([row[1] for row in rows])
        boxes.append([*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)])
    if not boxes:
        return None
    all_boxes = np.array(boxes)
    return changed, [*all_boxes[:, :2].min(axis=0).tolist(), *all_boxes[:, 2:].max(axis=0).tolist()]
