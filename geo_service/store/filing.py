"""What is filed beside the records: documents, rasters, surroundings, told by the journal, their files kept by hash.

An entry's kind says what it is (a statement, an edition, a raster, the surroundings of an area), its subject which one,
its body what is said of it and the SHA-256 of each file. The bytes lie in `parts`, once for all that have the same
hash, added and never changed. So a backup holds them, both back ends keep them alike, and `check` finds a byte that was
touched.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from geo_service.clock import Clock
from geo_service.store import chain
from geo_service.store.database import Connection, Pool
from geo_service.store.errors import NotFound, StoreDamaged, WrongState
from geo_service.store.log import Filed, FiledFile, Finding
from geo_service.store.moments import moment_of, text_of
from geo_service.store.schema import append_only

KINDS = ("statement", "edition", "raster", "surroundings")
"""What can be filed: the kinds of the journal's entries."""

PART = 4 << 20
"""The bytes of a part: what is in memory of a large file at a time."""

COLUMNS = ("sha256", "part", "bytes")

_TABLE = """CREATE TABLE parts (
  sha256 TEXT NOT NULL,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (sha256, part)
)"""
# REPLACE deletes without the trigger for deletes where recursive triggers are off.
_ONCE = (
    "CREATE TRIGGER parts_once BEFORE INSERT ON parts "
    "WHEN EXISTS (SELECT 1 FROM parts WHERE sha256 = NEW.sha256 AND part = NEW.part) "
    "BEGIN SELECT RAISE(ABORT, 'there is such a part'); END"
)


def statements() -> list[str]:
    """Return the statements that make the table."""
    return [_TABLE, append_only("parts", "UPDATE"), append_only("parts", "DELETE"), _ONCE]


class StoredFiling:
    """The back end of `geo_service.store.log.Filing` in a store."""

    def __init__(self, pool: Pool[Any], clock: Clock) -> None:
        self._pool, self._clock = pool, clock

    def add(  # noqa: PLR0913 - what an entry says
        self,
        kind: str,
        subject: str,
        body: Mapping[str, object],
        files: Mapping[str, bytes | Path],
        *,
        author: str = "",
        once: bool = False,
    ) -> Filed:
        """File something: its entry and the bytes of its files together, or nothing.

        Args:
            kind: one of `KINDS`.
            subject: which one: a number or a name.
            body: what is said of it, as JSON can hold it.
            files: the files by name, as bytes or where they lie.
            author: who files it.
            once: refuse where something of this kind and subject was filed already.

        Raises:
            ValueError: there is no such kind, or JSON can't hold the body.
            WrongState: `once` is set and the subject is taken.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind} is not a kind that is filed")
        try:
            json.dumps(body, allow_nan=False)
        except TypeError as error:
            raise ValueError(str(error)) from error
        kept = {name: _weighed(source) for name, source in files.items()}
        told = {name: {"sha256": one.sha256, "size": one.size} for name, one in kept.items()}
        with self._pool.writing() as connection:
            taken = "SELECT 1 FROM journal WHERE kind = ? AND subject = ?"
            if once and connection.execute(taken, (kind, subject)).fetchone():
                raise WrongState(f"There is a {kind} {subject} already.")
            for name, source in files.items():
                _keep(connection, kept[name], source)
            at = text_of(self._clock())
            entry = chain.record(
                connection, kind, at=at, actor=author, subject=subject, body={"body": body, "files": told}
            )
            return _filed(entry)

    def all(self, kind: str, subject: str | None = None) -> list[Filed]:
        """Return what was filed of a kind, in order; only that of one subject where it is named."""
        with self._pool.reading() as connection:
            found = chain.entries(connection, kind)
        return [_filed(entry) for entry in found if subject is None or entry.subject == subject]

    def last(self, kind: str, subject: str) -> Filed | None:
        """Return what was filed last of a kind and subject, None where nothing was."""
        return next(reversed(self.all(kind, subject)), None)

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """Go through the bytes of a file, a part at a time.

        Raises:
            NotFound: no file of this hash was kept.
        """
        number = 0
        while True:
            # A transaction for each: who reads slowly holds nothing up.
            with self._pool.reading() as connection:
                row = connection.execute(
                    "SELECT bytes FROM parts WHERE sha256 = ? AND part = ?", (sha256, number)
                ).fetchone()
            if row is None:
                break
            yield bytes(row[0])
            number += 1
        if number == 0:
            raise NotFound("There is no such file in the store.")

    def read(self, sha256: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            NotFound: no file of this hash was kept.
            StoreDamaged: the bytes are not those that were kept.
        """
        content = b"".join(self.pieces(sha256))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise StoreDamaged("A file in the store was changed. Run `clearway check`, and restore the last backup.")
        return content


def check_filing(connection: Connection) -> Iterator[Finding]:
    """Compare the files that are kept with what the journal tells of them."""
    told: dict[str, tuple[str, int]] = {}
    for kind in KINDS:
        for entry in chain.entries(connection, kind):
            for name, one in json.loads(entry.body)["files"].items():
                told[one["sha256"]] = (f"{kind} {entry.subject}: {name}", one["size"])
    held = {row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM parts").fetchall()}
    for sha256, (name, size) in told.items():
        if sha256 not in held:
            yield Finding("files", f"The file of {name} is gone.")
            continue
        digest, count = hashlib.sha256(), 0
        numbers: list[int] = []
        for rows in connection.batches("SELECT part, bytes FROM parts WHERE sha256 = ? ORDER BY part", (sha256,), 1):
            for number, content in rows:
                digest.update(content)
                count += len(content)
                numbers.append(number)
        if (digest.hexdigest(), count) != (sha256, size) or numbers != list(range(len(numbers))):
            yield Finding("files", f"The file of {name} was changed.")
    for _ in held - told.keys():
        yield Finding("files", "The store holds a file that nothing tells of.")


def _pieces_of(source: bytes | Path) -> Iterator[bytes]:
    """Go through what is to be kept, a part at a time; an empty file is one empty part."""
    if isinstance(source, bytes):
        yield source[:PART]
        for start in range(PART, len(source), PART):
            yield source[start : start + PART]
        return
    with source.open("rb") as opened:
        yield opened.read(PART)
        while piece := opened.read(PART):
            yield piece


def _weighed(source: bytes | Path) -> FiledFile:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces_of(source):
        digest.update(piece)
        size += len(piece)
    return FiledFile(digest.hexdigest(), size)


def _keep(connection: Connection, kept: FiledFile, source: bytes | Path) -> None:
    if connection.execute("SELECT 1 FROM parts WHERE sha256 = ?", (kept.sha256,)).fetchone():
        return
    digest = hashlib.sha256()

    def rows() -> Iterator[tuple[object, ...]]:
        for number, piece in enumerate(_pieces_of(source)):
            digest.update(piece)
            yield kept.sha256, number, piece

    connection.insert("parts", COLUMNS, rows())
    if digest.hexdigest() != kept.sha256:
        raise WrongState("The file changed while it was read. Send it again.")


def _filed(entry: chain.Entry) -> Filed:
    held = json.loads(entry.body)
    return Filed(
        number=entry.number,
        kind=entry.kind,
        subject=entry.subject,
        at=moment_of(entry.at),
        author=entry.actor,
        body=held["body"],
        files={name: FiledFile(one["sha256"], one["size"]) for name, one in held["files"].items()},
        hash=entry.hash,
    )
