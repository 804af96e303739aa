"""The log over SQL: what it does is the same in the file and in a database."""

import datetime as dt
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import geopandas as gpd

from geo_service.clock import Clock
from geo_service.store import chain, changesets, jobs, version_tables
from geo_service.store.database import Pool
from geo_service.store.errors import Forbidden, NotFound
from geo_service.store.filing import StoredFiling
from geo_service.store.log import (
    Changeset,
    Claim,
    Draft,
    Finding,
    Job,
    Progress,
    ReportLine,
    Revision,
    State,
    Step,
)
from geo_service.store.moments import text_of
from geo_service.store.remembered import Remembered
from geo_service.store.tokens import StoredTokens
from layers.versions import layer_named

FIXED_SETTINGS = ("synthetic", "store")
"""Settings that are given when a store is made."""


class SqlLog(ABC):
    """What both back ends of `geo_service.store.log.Log` share."""

    def __init__(self, pool: Pool[Any], clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self.remembered = Remembered(pool)
        self.tokens = StoredTokens(pool, clock, self.remembered)
        self.filing = StoredFiling(pool, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self._pool.close()

    def head(self) -> Revision | None:
        """Return the last revision, None before the first."""
        return self.remembered.read("head", changesets.head)

    def revision_at(self, known_at: dt.datetime) -> Revision | None:
        """Return the last revision recorded at or before an instant, None where there is none."""
        return self.remembered.read(known_at, lambda connection: changesets.at(connection, known_at))

    def revisions(self, since: int = 0) -> list[Revision]:
        """Return the revisions after number `since`, in order."""
        with self._pool.reading() as connection:
            return changesets.after(connection, since)

    def settings(self) -> Mapping[str, object]:
        """Return the store's settings; `synthetic` is always among them."""
        return self.remembered.read("settings", lambda connection: MappingProxyType(chain.settings(connection)))

    def set_setting(self, key: str, value: object, author: str = "") -> None:
        """Set a setting to a value that JSON can hold; None forgets it.

        Raises:
            Forbidden: the setting is fixed when the store is made.
            ValueError: JSON can't hold the value, or `review` is neither true nor false.
        """
        if key in FIXED_SETTINGS:
            raise Forbidden(f"{key} is fixed when a store is made.")
        if key == "review" and not isinstance(value, bool | None):
            raise ValueError("review is true or false")
        try:
            json.dumps(value, allow_nan=False)
        except TypeError as error:
            raise ValueError(f"{key}: {error}") from error
        with self._pool.writing() as connection:
            chain.record(connection, "setting", at=self._now(), actor=author, subject=key, body=value)

    def append(self, draft: Draft, *, submit: bool = True, progress: Progress | None = None) -> Changeset:
        """Keep a draft as a changeset, submitted or still a draft. All of it is kept, or nothing.

        Raises:
            ValueError: the frame is not a version frame of the draft's layer.
            WrongState: the layer has changed since the draft was checked.
        """
        prepared = version_tables.prepare(draft.versions, layer_named(draft.layer))
        state = State.submitted if submit else State.draft
        with self._pool.writing() as connection:
            made = changesets.receive(connection, draft, prepared, state=state, now=self._clock(), progress=progress)
            return changesets.fetch(connection, made)

    def append_approved(
        self, draft: Draft, *, reviewer: str | None = None, progress: Progress | None = None
    ) -> Changeset:
        """Keep a draft and approve it in one transaction.

        Raises:
            ValueError: the frame is not a version frame of the draft's layer.
            WrongState: the layer has changed since the draft was checked.
            Forbidden: review is on and the reviewer is nobody, or the author.
        """
        prepared = version_tables.prepare(draft.versions, layer_named(draft.layer))
        with self._pool.writing() as connection:
            made = changesets.receive(
                connection, draft, prepared, state=State.submitted, now=self._clock(), progress=progress
            )
            changesets.approve(connection, made, reviewer, self._clock())
            return changesets.fetch(connection, made)

    def submit(self, changeset_id: int, actor: str = "") -> Changeset:
        """Hand a draft in for review.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is no draft.
        """
        return self._move(changeset_id, State.submitted, actor)

    def approve(self, changeset_id: int, reviewer: str | None = None) -> Revision:
        """Approve a submitted changeset: its versions are recorded now, by the next revision.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is not submitted.
            Forbidden: review is on and the reviewer is nobody, or the author.
        """
        with self._pool.writing() as connection:
            return changesets.approve(connection, changeset_id, reviewer, self._clock())

    def reject(self, changeset_id: int, reviewer: str | None = None) -> Changeset:
        """Reject a submitted changeset; it stays readable.

        Raises:
            NotFound: there is no such changeset.
            WrongState: it is not submitted.
        """
        return self._move(changeset_id, State.rejected, reviewer)

    def changeset(self, changeset_id: int) -> Changeset:
        """Return a changeset.

        Raises:
            NotFound: there is none of that id.
        """
        with self._pool.reading() as connection:
            return changesets.fetch(connection, changeset_id)

    def changesets(self, limit: int = 100, before: int | None = None) -> list[Changeset]:
        """Return up to `limit` changesets, the newest first, of those with an id under `before`."""
        with self._pool.reading() as connection:
            return changesets.newest(connection, limit, before)

    def report(self, changeset_id: int) -> list[ReportLine]:
        """Return the lines of a changeset's report, in order.

        Raises:
            NotFound: there is no such changeset.
        """
        with self._pool.reading() as connection:
            return changesets.problems(connection, changeset_id)

    def steps(self, changeset_id: int) -> list[Step]:
        """Return what happened to a changeset, by the journal, in order.

        Raises:
            NotFound: there is no such changeset.
        """
        with self._pool.reading() as connection:
            return changesets.steps(connection, changeset_id)

    def answers(self, signature: str) -> Mapping[str, object] | None:
        """Return what was last answered for a source in a changeset that was not rejected; None where nothing was."""
        with self._pool.reading() as connection:
            return changesets.answers(connection, signature)

    @property
    @abstractmethod
    def folder(self) -> Path:
        """The folder where files wait until they were worked on."""

    @property
    @abstractmethod
    def place(self) -> str:
        """What tells this folder from those of other machines; empty where the store lies in it."""

    @property
    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The variables by which a process of its own finds the store."""

    def begin(self, claim: Claim) -> Changeset:
        """Acknowledge an upload that goes on in the background; its number is that of the changeset to come."""
        with self._pool.writing() as connection:
            return changesets.fetch(connection, jobs.begin(connection, claim, self._clock()))

    def processing(self) -> list[Job]:
        """Return the uploads in the background that have not ended, the oldest first."""
        with self._pool.reading() as connection:
            return jobs.processing(connection)

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
        with self._pool.writing() as connection:
            jobs.stop(connection, changeset_id, state, reason=reason, errors=errors, actor=actor, now=self._clock())
            return changesets.fetch(connection, changeset_id)

    def versions(self, layer: str, since: int = 0, until: int | None = None) -> gpd.GeoDataFrame:
        """Return the version frame of a layer's versions recorded after revision `since` up to `until` (the last)."""
        with self._pool.reading() as connection:
            return version_tables.between(connection, layer_named(layer), since, until)

    def proposed(self, changeset_id: int) -> gpd.GeoDataFrame:
        """Return the version frame of a changeset, approved or not, without `revision` and `recorded_at`.

        Raises:
            NotFound: there is no such changeset.
        """
        with self._pool.reading() as connection:
            layer = changesets.fetch(connection, changeset_id).layer
            return version_tables.of_changeset(connection, layer_named(layer), changeset_id)

    def known(self, layer: str, ids: Iterable[str]) -> gpd.GeoDataFrame:
        """Return the version frame of all approved versions of some records, in order of recording."""
        with self._pool.reading() as connection:
            return version_tables.of_records(connection, layer_named(layer), ids)

    def history(self, layer: str, record_id: str) -> gpd.GeoDataFrame:
        """Return the version frame of all approved versions of one record, in order of recording.

        Raises:
            NotFound: the layer has no such record.
        """
        found = self.known(layer, [record_id])
        if found.empty:
            raise NotFound(f"There is no record {record_id} in {layer}.")
        return found

    @abstractmethod
    def backup(self, path: Path) -> None:
        """Write a consistent copy of the store to a file, while others read and write."""

    @abstractmethod
    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Verify everything the store holds; an empty list is a sound store."""

    def _move(self, changeset_id: int, state: State, actor: str | None) -> Changeset:
        with self._pool.writing() as connection:
            changesets.move(connection, changeset_id, state, actor, self._clock())
            return changesets.fetch(connection, changeset_id)

    def _now(self) -> str:
        return text_of(self._clock())
