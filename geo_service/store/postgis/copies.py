"""A store of one kind copied as the other, row by row: what is recorded is the same in both, and so are its hashes."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from geo_service.store import backups, chain, check_file, filing, geopackage
from geo_service.store import migrations as file_migrations
from geo_service.store.connections import PATIENCE_S, FileConnection, connect
from geo_service.store.database import Connection
from geo_service.store.errors import StoreDamaged, explained_files
from geo_service.store.postgis.connections import ServerConnection
from geo_service.store.review_schema import DESCRIBED, JOB
from geo_service.store.schema import quoted, stored_columns
from geo_service.store.tokens import COLUMNS
from layers.definitions import LAYERS

_BATCH = 5000
TABLES: dict[str, tuple[str, ...]] = {
    "journal": ("number", "at", "actor", "kind", "subject", "body", "hash"),
    "changesets": (*DESCRIBED, "state", "reviewed_by", "digest"),
    "revisions": ("number", "recorded_at", "changeset", "hash"),
    "problems": ("number", "changeset", "row", "id", "level", "code", "message"),
    "tokens": COLUMNS,
    "jobs": (*JOB, "state", "reason", "errors"),
    "parts": filing.COLUMNS,
    **{name: ("fid", "changeset", *stored_columns(layer)) for name, layer in LAYERS.items()},
}
"""The tables of a store in the order in which they are filled, with their columns, geometry last."""


def write(source: ServerConnection, path: Path) -> None:
    """Write the store that `source` sees, inside a transaction, to a file; one that was there is replaced.

    Raises:
        StoreDamaged: the copy does not verify.
    """
    with explained_files(), backups.beside(path) as copy:
        with closing(connect(copy, PATIENCE_S, create=True)) as target:
            _fill(source, target)
            findings = check_file.check(target)
        if findings:
            raise StoreDamaged(
                f"The copy does not verify and was not kept. Run `clearway check`. {findings[0].message}"
            )
        backups.flush(copy)
        copy.replace(path)
        backups.flush(path.parent)


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all rows of a store into tables that are empty and not guarded."""
    for table, names in TABLES.items():
        spatial = table in LAYERS
        order = ("id",) if table in {"changesets", "jobs", "tokens"} else names[:2]
        query = f'SELECT {quoted(names)} FROM "{table}" ORDER BY {quoted(order)}'
        for rows in source.batches(query, (), 1 if table == "parts" else _BATCH):
            target.insert(table, names, _moved(source, target, rows) if spatial else rows)


def _moved(source: Connection, target: Connection, rows: list[Any]) -> Iterator[tuple[object, ...]]:
    held = target.held(source.blobs([row[-1] for row in rows]))
    return ((*row[:-1], geometry) for row, geometry in zip(rows, held, strict=True))


def _fill(source: ServerConnection, target: FileConnection) -> None:
    created = chain.entries(source, "created")[0].at
    target.execute("BEGIN IMMEDIATE")
    for step in file_migrations.STEPS:
        step(target, created)
    guards = target.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        target.execute(f'DROP TRIGGER "{name}"')
    copy_rows(source, target)
    for name in LAYERS:
        _index(target, name)
    for number, recorded_at, layer in target.execute(
        "SELECT c.id, r.recorded_at, c.layer FROM revisions r JOIN changesets c ON c.id = r.changeset ORDER BY r.number"
    ).fetchall():
        target.recorded(layer, number, recorded_at)
    for _, statement in guards:
        target.execute(statement)
    target.execute("COMMIT")


def _index(target: FileConnection, layer: str) -> None:
    last = 0
    while rows := target.execute(
        f'SELECT fid, geom FROM "{layer}" WHERE fid > ? ORDER BY fid LIMIT {_BATCH}', (last,)
    ).fetchall():
        fids = [row[0] for row in rows]
        target.index(layer, fids, geopackage.envelopes([row[1] for row in rows]))
        last = fids[-1]
