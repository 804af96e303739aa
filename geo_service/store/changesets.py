"""Changesets and revisions in the store: received, moved along their states, recorded."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from geo_service.access.principals import identity, same_person
from geo_service.store import chain, jobs
from geo_service.store.database import Connection, Rows
from geo_service.store.errors import Forbidden, NotFound, Stale, WrongState
from geo_service.store.log import Changeset, Draft, Progress, ReportLine, Revision, State, Step
from geo_service.store.moments import moment_of, text_of
from geo_service.store.review_schema import DESCRIBED
from geo_service.store.version_tables import Prepared, write

_NAMES = tuple(field.name for field in fields(Changeset))
_FROM_REVISION = {"recorded_at": "r.recorded_at", "revision": "r.number"}
_RECEIVED = tuple(name for name in _NAMES if name not in _FROM_REVISION)
_COUNTS = ("rows_read", "accepted", "repaired", "unchanged", "rejected", "warnings", "versions")
_AS_JOB = {"reviewed_by": "NULL", "answers": "request", **dict.fromkeys(_COUNTS, "0")}
_AS_CHANGESET = {"reason": "NULL", "errors": "NULL"}
_SELECT = (
    f"SELECT {', '.join(_FROM_REVISION.get(name, f'c.{name}') for name in _NAMES)} "  # noqa: S608 - names of fields
    f"FROM (SELECT {', '.join(f'{_AS_CHANGESET.get(name, name)} AS {name}' for name in _RECEIVED)} FROM changesets "
    f"UNION ALL SELECT {', '.join(_AS_JOB.get(name, name) for name in _RECEIVED)} FROM jobs WHERE state <> 'done') c "
    "LEFT JOIN revisions r ON r.changeset = c.id"
)
"""Changesets, and the uploads in the background that have not become one."""

_STEPS = ("acknowledged", "received", "submitted", "approved", "rejected", "failed", "cancelled")
"""The kinds of entries of the journal that are about a changeset."""
_TOLD = (
    "SELECT number, at, actor, kind, body, hash FROM journal "  # noqa: S608 - marks
    f"WHERE subject = ? AND kind IN ({', '.join('?' * len(_STEPS))}) ORDER BY number"
)
_REVISION = "SELECT number, recorded_at, changeset, hash FROM revisions"
_TICK = dt.timedelta(microseconds=1)


def receive(  # noqa: PLR0913
    connection: Connection,
    draft: Draft,
    prepared: Prepared,
    *,
    state: State,
    now: dt.datetime,
    progress: Progress | None,
) -> int:
    """Write a draft as a changeset, seal it, and return its id.

    Raises:
        WrongState: the layer has had a revision after the one the draft was checked against, or the upload in the
            background that it ends was cancelled.
    """
    _refuse_stale(connection, draft)
    at = text_of(now)
    if draft.job is None:
        changeset = jobs.next_number(connection)
    else:
        jobs.finish(connection, draft.job)
        changeset = draft.job
    given = {**vars(draft), "id": changeset, "created_at": at, "versions": len(prepared.blobs)}
    connection.execute(
        f"INSERT INTO changesets (state, {', '.join(DESCRIBED)}) "  # noqa: S608 - names of fields
        f"VALUES ({', '.join('?' * (len(DESCRIBED) + 1))})",
        (state.value, *(given[name] for name in DESCRIBED)),
    )
    first = connection.highest("problems", "number") + 1
    connection.insert(
        "problems",
        ("number", "changeset", "row", "id", "level", "code", "message"),
        (
            (number, changeset, one.row, one.id, one.level, one.code, one.message)
            for number, one in enumerate(draft.problems, start=first)
        ),
    )
    write(connection, changeset, prepared, progress)
    digest = chain.digest_of(connection, changeset)
    connection.execute("UPDATE changesets SET digest = ? WHERE id = ?", (digest, changeset))
    body = {"digest": digest, "state": state.value}
    chain.record(connection, "received", at=at, actor=draft.author, subject=str(changeset), body=body)
    return changeset


def move(connection: Connection, changeset: int, state: State, actor: str | None, now: dt.datetime) -> None:
    """Submit a draft, or reject a submitted changeset.

    Raises:
        NotFound: there is no such changeset.
        WrongState: its state does not allow the step.
    """
    _step(connection, changeset, state, actor)
    chain.record(connection, state.value, at=text_of(now), actor=actor or "", subject=str(changeset))


def approve(connection: Connection, changeset: int, reviewer: str | None, now: dt.datetime) -> Revision:
    """Approve a submitted changeset and return the revision that it makes.

    Raises:
        NotFound: there is no such changeset.
        WrongState: it is not submitted.
        Forbidden: review is on and the reviewer is nobody, or the author.
    """
    given = fetch(connection, changeset)
    if chain.settings(connection).get("review") and (
        not identity(reviewer or "") or same_person(reviewer, given.author)
    ):
        raise Forbidden(
            "Review is on: somebody other than the author has to approve a changeset. Ask a colleague to review it."
        )
    _step(connection, changeset, State.approved, reviewer)
    last = head(connection)
    recorded = now if last is None else max(now, last.recorded_at + _TICK)
    number = 1 if last is None else last.number + 1
    at = text_of(recorded)
    entry = chain.record(
        connection, "approved", at=at, actor=reviewer or "", subject=str(changeset), body={"revision": number}
    )
    connection.execute("INSERT INTO revisions VALUES (?, ?, ?, ?)", (number, at, changeset, entry.hash))
    connection.recorded(given.layer, changeset, at)
    return Revision(number, moment_of(at), changeset, entry.hash)


def fetch(connection: Connection, changeset: int) -> Changeset:
    """Return a changeset.

    Raises:
        NotFound: there is none of that id.
    """
    row = connection.execute(f"{_SELECT} WHERE c.id = ?", (changeset,)).fetchone()
    if row is None:
        raise NotFound(f"There is no changeset {changeset}.")
    return _changeset(row)


def newest(connection: Connection, limit: int, before: int | None) -> list[Changeset]:
    """Return up to `limit` changesets with an id under `before`, the newest first."""
    found = connection.execute(
        f"{_SELECT} WHERE ? IS NULL OR c.id < ? ORDER BY c.id DESC LIMIT ?", (before, before, limit)
    )
    return [_changeset(row) for row in found]


def problems(connection: Connection, changeset: int) -> list[ReportLine]:
    """Return the lines of a changeset's report, in order.

    Raises:
        NotFound: there is no such changeset.
    """
    fetch(connection, changeset)
    found = connection.execute(
        "SELECT row, id, level, code, message FROM problems WHERE changeset = ? ORDER BY number", (changeset,)
    )
    return [ReportLine(*row) for row in found]


def steps(connection: Connection, changeset: int) -> list[Step]:
    """Return what happened to a changeset, by the journal, in order.

    Raises:
        NotFound: there is no such changeset.
    """
    fetch(connection, changeset)
    found = connection.execute(_TOLD, (str(changeset), *_STEPS))
    return [
        Step(number, moment_of(at), actor, kind, json.loads(body) or {}, chained)
        for number, at, actor, kind, body, chained in found
    ]


def answers(connection: Connection, signature: str) -> Mapping[str, object] | None:
    """Return what was last answered for a source; what was rejected is no example to follow."""
    row = connection.execute(
        "SELECT answers FROM changesets WHERE signature = ? AND answers IS NOT NULL AND state <> 'rejected' "
        "ORDER BY id DESC LIMIT 1",
        (signature,),
    ).fetchone()
    found: Mapping[str, object] | None = json.loads(row[0]) if row else None
    return found


def head(connection: Connection) -> Revision | None:
    """Return the last revision, None before the first."""
    return _one(connection.execute(f"{_REVISION} ORDER BY number DESC LIMIT 1"))


def at(connection: Connection, known_at: dt.datetime) -> Revision | None:
    """Return the last revision recorded at or before an instant, None where there is none."""
    query = f"{_REVISION} WHERE recorded_at <= ? ORDER BY recorded_at DESC LIMIT 1"
    return _one(connection.execute(query, (text_of(known_at),)))


def after(connection: Connection, since: int) -> list[Revision]:
    """Return the revisions after number `since`, in order."""
    return [_revision(row) for row in connection.execute(f"{_REVISION} WHERE number > ? ORDER BY number", (since,))]


def _refuse_stale(connection: Connection, draft: Draft) -> None:
    if draft.based_on is None:
        return
    later = connection.execute(
        "SELECT 1 FROM revisions r JOIN changesets c ON c.id = r.changeset WHERE r.number > ? AND c.layer = ?",
        (draft.based_on, draft.layer),
    ).fetchone()
    if later:
        raise Stale("These records have changed since they were checked. Load the file again.")


def _step(connection: Connection, changeset: int, state: State, actor: str | None) -> None:
    now = fetch(connection, changeset).state
    before = State.draft if state is State.submitted else State.submitted
    if now is not before:
        raise WrongState(f"Changeset {changeset} is {now}: only one that is {before} can be {state}.")
    reviewer = None if state is State.submitted else actor
    connection.execute(
        "UPDATE changesets SET state = ?, reviewed_by = ? WHERE id = ?", (state.value, reviewer or None, changeset)
    )


def _changeset(row: tuple[Any, ...]) -> Changeset:
    values = dict(zip(_NAMES, row, strict=True))
    recorded_at = values["recorded_at"]
    values["state"] = State(values["state"])
    values["created_at"] = moment_of(values["created_at"])
    values["recorded_at"] = None if recorded_at is None else moment_of(recorded_at)
    return Changeset(**values)


def _one(found: Rows) -> Revision | None:
    row = found.fetchone()
    return None if row is None else _revision(row)


def _revision(row: tuple[int, str, int, str]) -> Revision:
    number, recorded_at, changeset, chained = row
    return Revision(number, moment_of(recorded_at), changeset, chained)
