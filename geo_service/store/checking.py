"""Verifying a store: every hash recomputed from the bytes in the file, every rule of the log counted out."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

import json
import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import shapely

from geo_service.store import chain, geopackage
from geo_service.store.check_layout import check_layout
from geo_service.store.log import Finding, Progress
from geo_service.store.tokens import check_tokens
from layers.definitions import LAYERS

Part = Callable[[sqlite3.Connection], Iterator[Finding]]

_UNREADABLE = (sqlite3.Error, ValueError, TypeError, KeyError, IndexError, OverflowError)
_BATCH = 5000
_STEPS = {("draft", "submitted"), ("submitted", "approved"), ("submitted", "rejected")}


def check(connection: sqlite3.Connection, progress: Progress | None = None) -> list[Finding]:
    """Return what is wrong with a store, as one state of it is seen; an empty list for a sound one."""
    findings: list[Finding] = []
    parts: list[tuple[str, Part]] = [
        ("pages", _pages),
        ("layout", check_layout),
        ("journal", _journal),
        ("changesets", _changesets),
        ("jobs", _jobs),
        ("revisions", _revisions),
        ("orphans", _orphans),
        ("tokens", check_tokens),
        ("index", _trees),
        ("contents", _contents),
    ]
    for done, (name, part) in enumerate(parts, start=1):
        try:
            findings += part(connection)
        except _UNREADABLE:
            findings.append(Finding(name, f"The store's {name} can't be read."))
        if progress is not None:
            progress(done, len(parts))
    return findings


def _pages(connection: sqlite3.Connection) -> Iterator[Finding]:
    for (text,) in connection.execute("PRAGMA integrity_check"):
        if text != "ok":
            yield Finding("pages", f"The file is damaged: {text}.")
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding("references", f"Row {row} of {table} refers to something that is not there.")


def _journal(connection: sqlite3.Connection) -> Iterator[Finding]:
    previous = chain.NOTHING
    found = chain.entries(connection)
    if not found or found[0].kind != "created":
        yield Finding("journal", "The journal does not begin with the store's creation.")
    for place, entry in enumerate(found, start=1):
        if entry.number != place:
            yield Finding("journal", f"The journal lacks entry {place}.")
            return
        if entry.hash != chain.entry_hash(previous, entry):
            yield Finding("journal", f"Entry {place} of the journal ({entry.kind}) was changed.")
            return
        previous = entry.hash


def _changesets(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Compare every changeset with its digest, its counts and what the journal says of it."""
    told: dict[int, tuple[str, str, str | None]] = {}
    for entry in chain.entries(connection):
        if entry.kind == "received":
            body = json.loads(entry.body)
            told[int(entry.subject)] = (body["digest"], body["state"], None)
        elif entry.kind in {"submitted", "approved", "rejected"}:
            digest, state, _ = told[int(entry.subject)]
            if (state, entry.kind) not in _STEPS:
                yield Finding("changesets", f"Changeset {entry.subject} went from {state} to {entry.kind}.")
            actor = None if entry.kind == "submitted" else entry.actor or None
            told[int(entry.subject)] = (digest, entry.kind, actor)
    rows = connection.execute(
        "SELECT id, digest, state, reviewed_by, layer, versions, rows_read, accepted, rejected FROM changesets"
    ).fetchall()
    for number, digest, state, reviewed_by, layer, versions, rows_read, accepted, rejected in rows:
        if told.pop(number, None) != (digest, state, reviewed_by):
            yield Finding("changesets", f"Changeset {number} is not as the journal tells.")
        if digest != chain.digest_of(connection, number):
            yield Finding("changesets", f"Changeset {number}, its report or its versions were changed.")
        held = connection.execute(
            f'SELECT COUNT(*) FROM "{LAYERS[layer].name}" WHERE changeset = ?', (number,)
        ).fetchone()[0]
        if held != versions or accepted + rejected != rows_read:
            yield Finding("counts", f"Changeset {number} does not hold what it counts.")
    for number in told:
        yield Finding("changesets", f"Changeset {number} is gone.")


def _jobs(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Compare every upload that went on in the background with what the journal says of it."""
    told: dict[int, tuple[object, ...]] = {}
    for entry in chain.entries(connection):
        if entry.kind == "acknowledged":
            told[int(entry.subject)] = (json.loads(entry.body)["digest"], "processing", None, None)
        elif entry.kind in {"failed", "cancelled"}:
            body = json.loads(entry.body)
            told[int(entry.subject)] = (told[int(entry.subject)][0], entry.kind, body["reason"], body["errors"])
        elif entry.kind == "received" and int(entry.subject) in told:
            digest, state, *_ = told[int(entry.subject)]
            if state != "processing":
                yield Finding("jobs", f"Changeset {entry.subject} was received after it had {state}.")
            told[int(entry.subject)] = (digest, "done", None, None)
    for number, *rest in connection.execute("SELECT id, state, reason, errors FROM jobs").fetchall():
        if told.pop(number, None) != (chain.job_digest(connection, number), *rest):
            yield Finding("jobs", f"The upload of changeset {number} is not as the journal tells.")
    for number in told:
        yield Finding("jobs", f"The upload of changeset {number} is gone.")


def _revisions(connection: sqlite3.Connection) -> Iterator[Finding]:
    told = [
        (json.loads(entry.body)["revision"], entry.at, int(entry.subject), entry.hash)
        for entry in chain.entries(connection, "approved")
    ]
    rows = connection.execute("SELECT number, recorded_at, changeset, hash FROM revisions ORDER BY number").fetchall()
    if rows != told:
        yield Finding("revisions", "The revisions are not those that the journal tells of.")
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
        yield Finding("revisions", "The numbers of the revisions have gaps.")
    if any(later[1] <= earlier[1] for earlier, later in pairwise(rows)):
        yield Finding("revisions", "The times of the revisions go back.")


def _orphans(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Find rows that no changeset's digest covers."""
    for layer in LAYERS:
        yield from _strays(connection, layer, "AND c.layer = ?", (layer,))
    yield from _strays(connection, "problems", "", ())


def _strays(connection: sqlite3.Connection, table: str, more: str, values: tuple[str, ...]) -> Iterator[Finding]:
    count = connection.execute(
        f'SELECT COUNT(*) FROM "{table}" v WHERE NOT EXISTS '
        f"(SELECT 1 FROM changesets c WHERE c.id = v.changeset {more})",
        values,
    ).fetchone()[0]
    if count:
        yield Finding("orphans", f"{count} rows of {table} belong to no changeset.")


def _trees(connection: sqlite3.Connection) -> Iterator[Finding]:
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


def _contents(connection: sqlite3.Connection) -> Iterator[Finding]:
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


def _extent(connection: sqlite3.Connection, layer: str) -> tuple[str, list[float | None]] | None:
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
