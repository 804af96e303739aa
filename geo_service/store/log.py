"""The log: what every back end does. It is the truth; all else is derived from the versions it holds.

A changeset brings versions of one layer's records. Approved, it makes the next revision: one number, strictly in the
order of commit, at one instant that never goes back. What was recorded is never changed or deleted.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd

from geo_service.access.tokens import Tokens
from geo_service.store.remembered import Remembered

Progress = Callable[[int, int], None]
"""Told how many pieces of work are done, and of how many."""


class Problem(Protocol):
    """What a report says of a row, or of the whole file: a problem of `layers.reading` is one."""

    @property
    def row(self) -> int | None:
        """The number of the row in the file, None for the file."""

    @property
    def id(self) -> str | None:
        """The record's id, None where there is none."""

    @property
    def level(self) -> str:
        """One of error, repair, warning, notice."""

    @property
    def code(self) -> str:
        """A word for programs."""

    @property
    def message(self) -> str:
        """A sentence for people."""


@dataclass(frozen=True)
class ReportLine:
    """A `Problem` as the log gives it back."""

    row: int | None
    id: str | None
    level: str
    code: str
    message: str


class State(StrEnum):
    """Where a changeset stands."""

    draft = "draft"
    submitted = "submitted"
    approved = "approved"
    rejected = "rejected"
    processing = "processing"
    failed = "failed"
    cancelled = "cancelled"


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """What a caller hands over to become a changeset.

    Attributes:
        layer: the name of the layer whose records these are.
        author: who brings them.
        message: why, in the author's words.
        versions: a version frame in EPSG:4326; every version has a geometry. Its order (its `row`, where it has
            one) is the order of recording.
        problems: the lines of the report, in order.
        source_name: the name of the file they came from, None for an edit.
        source_sha256: that file's digest in hexadecimal.
        rows_read: rows of the file; `accepted + rejected`.
        accepted: rows accepted, the repaired and the unchanged among them.
        repaired: rows accepted with a repair that the report names.
        unchanged: rows equal to the version in force, which make no version.
        rejected: rows rejected.
        warnings: lines of the report that warn.
        based_on: the number of the revision the rows were checked against (0: none). Where given, the draft is
            refused if its layer has had a later revision.
        signature: names the source: the same sender, layer and columns have the same.
        answers: JSON of what was said of the file: the mapping, values set, answers to questions.
        job: the number of the upload in the background that this ends, None for any other.
    """

    layer: str
    author: str
    message: str
    versions: gpd.GeoDataFrame
    problems: Sequence[Problem] = ()
    source_name: str | None = None
    source_sha256: str | None = None
    rows_read: int
    accepted: int
    repaired: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0
    based_on: int | None = None
    signature: str | None = None
    answers: str | None = None
    job: int | None = None

    def __post_init__(self) -> None:
        """Refuse counts that do not add up.

        Raises:
            ValueError: accepted and rejected rows are not the rows read, or a part is more than its whole.
        """
        if self.accepted + self.rejected != self.rows_read:
            raise ValueError(f"{self.accepted} accepted + {self.rejected} rejected != {self.rows_read} rows read")
        counts = (self.accepted, self.rejected, self.repaired, self.unchanged, self.warnings)
        if min(counts) < 0 or max(self.repaired, self.unchanged) > self.accepted:
            raise ValueError(f"{self.repaired} repaired, {self.unchanged} unchanged of {self.accepted} accepted")


@dataclass(frozen=True)
class Revision:
    """One step of the log: the changeset it brought, when (UTC), and the hash of all up to it (hexadecimal)."""

    number: int
    recorded_at: dt.datetime
    changeset: int
    hash: str


@dataclass(frozen=True)
class Changeset:
    """What the log knows about a changeset; counts as in `Draft`, and `versions`, the number of versions it holds.

    One that goes on in the background, failed or was cancelled holds nothing yet; `reason` says why it ended so, and
    `errors` is JSON of the places, as in a problem document. `answers` is JSON of what was said of the file.
    """

    id: int
    state: State
    layer: str
    author: str
    message: str
    source_name: str | None
    source_sha256: str | None
    created_at: dt.datetime
    recorded_at: dt.datetime | None
    revision: int | None
    reviewed_by: str | None
    rows_read: int
    accepted: int
    repaired: int
    unchanged: int
    rejected: int
    warnings: int
    versions: int
    answers: str | None = None
    reason: str | None = None
    errors: str | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An upload that is acknowledged before it is read.

    Attributes:
        layer, author, message, source_name, source_sha256: as of a changeset.
        request: what was asked, to be taken up again after a restart; JSON can hold it.
    """

    layer: str
    author: str
    message: str
    source_name: str
    source_sha256: str
    request: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Job(Claim):
    """A claim with the number that its changeset will have."""

    id: int


@dataclass(frozen=True)
class Step:
    """One step of a changeset on the journal: what happened, when (UTC), by whom, and the hash up to it."""

    number: int
    at: dt.datetime
    actor: str
    step: str
    body: Mapping[str, object]
    hash: str


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be in a store: a word for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True)
class FiledFile:
    """A file that is kept: its hash and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Filed:
    """Something that was filed: a document or a raster. `number` and `hash` are those of the journal's entry."""

    number: int
    kind: str
    subject: str
    at: dt.datetime
    author: str
    body: Mapping[str, Any]
    files: Mapping[str, FiledFile]
    hash: str


class Filing(Protocol):
    """What is filed beside the records: told by the journal, its bytes kept by their hash, never changed."""

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

        Raises:
            ValueError: there is no such kind, or JSON can't hold the body.
            WrongState: `once` is set and something of this kind and subject was filed already.
        """

    def all(self, kind: str, subject: str | None = None) -> list[Filed]:
        """Return what was filed of a kind, in order; only that of one subject where it is named."""

    def last(self, kind: str, subject: str) -> Filed | None:
        """Return what was filed last of a kind and subject, None where nothing was."""

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """Go through the bytes of a file, a part at a time.

        Raises:
            NotFound: no file of this hash was kept.
        """

    def read(self, sha256: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            NotFound: no file of this hash was kept.
            StoreDamaged: the bytes are not those that were kept.
        """


class Log(Protocol):
    """A store of changesets. Safe to use from many threads; other processes may use the same store.

    Every method raises a `StoreError` when the store can't be read or written.
    """

    @property
    def tokens(self) -> Tokens:
        """The tokens of those who may use the store."""

    @property
    def remembered(self) -> Remembered:
        """What was read of the store and still holds."""

    @property
    def filing(self) -> Filing:
        """The documents and rasters that are filed beside the records."""

    def close(self) -> None:
        """Let go of the store."""

    def head(self) -> Revision | None:
        """Return the last revision, None before the first."""

    def revision_at(self, known_at: dt.datetime) -> Revision | None:
        """Return the last revision recorded at or before an instant, None where there is none."""

    def revisions(self, since: int = 0) -> list[Revision]:
        """Return the revisions after number `since`, in order."""

    def settings(self) -> Mapping[str, object]:
        """Return the store's settings; `synthetic` is always among them."""

    def set_setting(self, key: str, value: object, author: str = "") -> None:
        """Set a setting to a value that JSON can hold; None forgets it.

        Raises:
            Forbidden: the setting is fixed when the store is made.
        """

    def append(self, draft: Draft, *, submit: bool = True, progress: Progress | None = None) -> Changeset:
        """Keep a draft as a changeset, submitted or still a draft. All of it is kept, or nothing.

        Raises:
            ValueError: the frame is not a version frame of the draft's layer.
            WrongState: the layer has changed since the draft was checked.
        """

    def append_approved(
        self, draft: Draft, *, reviewer: str | None = None, progress: Progress | None = None
    ) -> Changeset:
        """Keep a draft and approve it in one transaction.

        Raises:
            ValueError: the frame is not a version frame of the draft's layer.
            WrongState: the layer has changed since the draft was checked.
            Forbidden: review is on and the reviewer is nobody, or the author.
        """

    def submit(self, changeset_id: int, actor: str = "") -> Changeset:
        """Hand a draft in for review.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is no draft.
        """

    def approve(self, changeset_id: int, reviewer: str | None = None) -> Revision:
        """Approve a submitted changeset: its versions are recorded now, by the next revision.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is not submitted.
            Forbidden: review is on and the reviewer is nobody, or the author.
        """

    def reject(self, changeset_id: int, reviewer: str | None = None) -> Changeset:
        """Reject a submitted changeset; it stays readable.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is not submitted.
        """

    def changeset(self, changeset_id: int) -> Changeset:
        """Return a changeset.

        Raises:
            NotFound: there is none of that id.
        """

    def changesets(self, limit: int = 100, before: int | None = None) -> list[Changeset]:
        """Return up to `limit` changesets, the newest first, of those with an id under `before`."""

    def report(self, changeset_id: int) -> list[ReportLine]:
        """Return the lines of a changeset's report, in order.

        Raises:
            NotFound: there is no such changeset.
        """

    def steps(self, changeset_id: int) -> list[Step]:
        """Return what happened to a changeset, by the journal, in order.

        Raises:
            NotFound: there is no such changeset.
        """

    def answers(self, signature: str) -> Mapping[str, object] | None:
        """Return what was last answered for a source in a changeset that was not rejected; None where nothing was."""

    @property
    def folder(self) -> Path:
        """The folder that belongs to the store, where files wait until they were worked on."""

    @property
    def place(self) -> str:
        """What tells this folder from those of other machines at the same store; empty where the store lies in it."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of the environment by which a process of its own finds the store."""

    def begin(self, claim: Claim) -> Changeset:
        """Acknowledge an upload that goes on in the background; its number is that of the changeset to come."""

    def processing(self) -> list[Job]:
        """Return the uploads in the background that have not ended, the oldest first."""

    def stop(
        self,
        changeset_id: int,
        state: State,
        *,
        reason: str,
        errors: Sequence[Mapping[str, object]] = (),
        actor: str = "",
    ) -> Changeset:
        """End an upload in the background without a changeset: it failed, or somebody cancelled it.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it has ended already, or never went on in the background.
        """

    def versions(self, layer: str, since: int = 0, until: int | None = None) -> gpd.GeoDataFrame:
        """Return the version frame of a layer's versions recorded after revision `since` up to `until` (the last).

        In order of recording, with `changeset`, `revision`, `recorded_at` (UTC) and `row`, which rises with it
        inside a changeset and is never given twice in a layer.
        """

    def proposed(self, changeset_id: int) -> gpd.GeoDataFrame:
        """Return the version frame of a changeset, approved or not, without `revision` and `recorded_at`.

        Raises:
            NotFound: there is no such changeset.
        """

    def known(self, layer: str, ids: Iterable[str]) -> gpd.GeoDataFrame:
        """Return the version frame of all approved versions of some records, in order of recording."""

    def history(self, layer: str, record_id: str) -> gpd.GeoDataFrame:
        """Return the version frame of all approved versions of one record, in order of recording.

        Raises:
            NotFound: the layer has no such record.
        """

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the store to a file, while others read and write.

        The file appears whole or not at all; one that was there is replaced.
        """

    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Verify everything the store holds; an empty list is a sound store."""
