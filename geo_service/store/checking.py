"""Verifying a store: every hash recomputed from the bytes that are kept, every rule of the log counted out."""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from geo_service.store import chain
from geo_service.store.database import Connection
from geo_service.store.errors import StoreError, StoreUnreachable
from geo_service.store.filing import check_filing
from geo_service.store.log import Finding, Progress
from geo_service.store.tokens import check_tokens
from layers.definitions import LAYERS

Part = Callable[[Any], Iterator[Finding]]
"""Finds what is wrong with one part of a store, given a connection."""

_UNREADABLE = (sqlite3.Error, StoreError, ValueError, TypeError, KeyError, IndexError, OverflowError)
_STEPS = {("draft", "submitted"), ("submitted", "approved"), ("submitted", "rejected")}


def verify(
    connection: Connection, parts: Sequence[tuple[str, Part]], progress: Progress | None = None
) -> list[Finding]:
    """Return what is wrong with the parts of a store, as one state of it is seen; an empty list where all is sound.

    Raises:
        StoreUnreachable: the database went away meanwhile.
    """
    findings: list[Finding] = []
    for done, (name, part) in enumerate(parts, start=1):
        try:
            with connection.apart():
                findings += part(connection)
        except StoreUnreachable:
            raise
        except _UNREADABLE:
            findings.append(Finding(name, f"The store's {name} can't be read."))
        if progress is not None:
            progress(done, len(parts))
    return findings


def _journal(connection: Connection) -> Iterator[Finding]:
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


def _changesets(connection: Connection) -> Iterator[Finding]:
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


def _jobs(connection: Connection) -> Iterator[Finding]:
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


def _revisions(connection: Connection) -> Iterator[Finding]:
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


def _orphans(connection: Connection) -> Iterator[Finding]:
    """Find rows that no changeset's digest covers."""
    for layer in LAYERS:
        yield from _strays(connection, layer, "AND c.layer = ?", (layer,))
    yield from _strays(connection, "problems", "", ())


def _strays(connection: Connection, table: str, more: str, values: tuple[str, ...]) -> Iterator[Finding]:
    count = connection.execute(
        f'SELECT COUNT(*) FROM "{table}" v WHERE NOT EXISTS '
        f"(SELECT 1 FROM changesets c WHERE c.id = v.changeset {more})",
        values,
    ).fetchone()[0]
    if count:
        yield Finding("orphans", f"{count} rows of {table} belong to no changeset.")


RECORDS: tuple[tuple[str, Part], ...] = (
    ("journal", _journal),
    ("changesets", _changesets),
    ("jobs", _jobs),
    ("revisions", _revisions),
    ("orphans", _orphans),
    ("tokens", check_tokens),
    ("files", check_filing),
)
"""What is verified in the same way wherever the store is kept."""
