"""The hashes that hold the log together.

A changeset's *digest* is a SHA-256 over what it was given: its description and counts, the lines of its report and its
versions as they are kept, in order. The *journal* has an entry for everything that happens to a store: it was
created, a setting was set, a changeset was received (with its digest), submitted, approved or rejected, an upload was
acknowledged to go on in the background (with the digest of what was asked), failed or was cancelled. Each entry's
hash is a SHA-256 over the hash of the one before and the entry itself; that of an approval is the revision's. So one
published hash vouches for every byte recorded up to it.

The canonical bytes of a row are JSON by Python's own encoder (the keys sorted, empty columns left out so that a column
added later changes no digest), with its length before it; geometry follows as it is. They must never change.
"""
# ruff: noqa: S608 - the names in statements are those of the definitions; values are bound

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from geo_service.store.database import Connection
from geo_service.store.review_schema import DESCRIBED, JOB
from geo_service.store.schema import quoted, stored_columns
from layers.definitions import LAYERS

NOTHING = "0" * 64
"""The hash before the first entry."""

_BATCH = 1000
_PROBLEM = ("number", "row", "id", "level", "code", "message")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Entry:
    """One entry of the journal; `body` is JSON text."""

    number: int
    at: str
    actor: str
    kind: str
    subject: str
    body: str
    hash: str


def _framed(values: Mapping[str, object]) -> bytes:
    text = _encode({name: value for name, value in values.items() if value is not None}).encode()
    return len(text).to_bytes(8, "big") + text


def entry_hash(previous: str, entry: Entry) -> str:
    """Return the hash of an entry after an entry with the hash `previous`."""
    content = {name: value for name, value in vars(entry).items() if name != "hash"}
    return hashlib.sha256(bytes.fromhex(previous) + _framed(content)).hexdigest()


def entries(connection: Connection, kind: str | None = None) -> list[Entry]:
    """Return the journal, or its entries of one kind, in order."""
    query = "SELECT number, at, actor, kind, subject, body, hash FROM journal"
    if kind is None:
        found = connection.execute(f"{query} ORDER BY number")
    else:
        found = connection.execute(f"{query} WHERE kind = ? ORDER BY number", (kind,))
    return [Entry(*row) for row in found]


def record(  # noqa: PLR0913
    connection: Connection, kind: str, *, at: str, actor: str = "", subject: str = "", body: object = None
) -> Entry:
    """Add an entry to the journal and return it."""
    last = connection.execute("SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = last or (0, NOTHING)
    bare = Entry(number + 1, at, actor, kind, subject, _encode(body), "")
    entry = Entry(**{**vars(bare), "hash": entry_hash(previous, bare)})
    connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", tuple(vars(entry).values()))
    return entry


def digest_of(connection: Connection, changeset: int) -> str:
    """Return the digest of a changeset from what the store holds of it."""
    digest = hashlib.sha256(b"clearway changeset 1\n")
    described = connection.execute(
        f"SELECT {', '.join(DESCRIBED)} FROM changesets WHERE id = ?", (changeset,)
    ).fetchone()
    digest.update(_framed(dict(zip(DESCRIBED, described, strict=True))))
    for row in connection.execute(
        f"SELECT {', '.join(_PROBLEM)} FROM problems WHERE changeset = ? ORDER BY number", (changeset,)
    ):
        digest.update(_framed(dict(zip(_PROBLEM, row, strict=True))))
    layer = LAYERS[described[1]]
    names = ("fid", *stored_columns(layer))
    query = f'SELECT {quoted(names)} FROM "{layer.name}" WHERE changeset = ? ORDER BY fid'
    for rows in connection.batches(query, (changeset,), _BATCH):
        pieces: list[bytes] = []
        for row, geometry in zip(rows, connection.blobs([row[-1] for row in rows]), strict=True):
            values = dict(zip(names[:-1], row, strict=False))
            pieces += (_framed(values), len(geometry).to_bytes(8, "big"), geometry)
        digest.update(b"".join(pieces))
    return digest.hexdigest()


def job_digest(connection: Connection, job: int) -> str:
    """Return the digest of what was asked of a job, from what the store holds of it."""
    row = connection.execute(f"SELECT {', '.join(JOB)} FROM jobs WHERE id = ?", (job,)).fetchone()
    return hashlib.sha256(b"clearway job 1\n" + _framed(dict(zip(JOB, row, strict=True)))).hexdigest()


def settings(connection: Connection) -> dict[str, object]:
    """Return the settings by the journal: what the store was created with, and the last value set of each other."""
    found = {key: json.loads(body) for key, body in connection.execute(
        "SELECT subject, body FROM journal WHERE kind = 'setting' ORDER BY number"
    )}  # fmt: skip
    created = connection.execute("SELECT body FROM journal WHERE kind = 'created'").fetchone()
    return {**{key: value for key, value in found.items() if value is not None}, **json.loads(created[0])}
