"""Uploads that go on in the background, in the store: acknowledged, taken up, ended once."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from geo_service.store import chain
from geo_service.store.database import Connection
from geo_service.store.errors import NotFound, WrongState
from geo_service.store.log import Claim, Job, State
from geo_service.store.moments import text_of
from geo_service.store.review_schema import JOB

ENDED = (State.failed, State.cancelled)
"""How a job ends without a changeset."""


def next_number(connection: Connection) -> int:
    """Return the next number that no changeset and no job has or had."""
    return max(connection.highest("changesets", "id"), connection.highest("jobs", "id")) + 1


def begin(connection: Connection, claim: Claim, now: dt.datetime) -> int:
    """Keep a job and return its number."""
    number, at = next_number(connection), text_of(now)
    request = json.dumps(claim.request, ensure_ascii=False, sort_keys=True)
    given = {**vars(claim), "id": number, "created_at": at, "request": request}
    connection.execute(
        f"INSERT INTO jobs (state, {', '.join(JOB)}) VALUES ({', '.join('?' * (len(JOB) + 1))})",  # noqa: S608
        (State.processing.value, *(given[name] for name in JOB)),
    )
    body = {"digest": chain.job_digest(connection, number)}
    chain.record(connection, "acknowledged", at=at, actor=claim.author, subject=str(number), body=body)
    return number


def finish(connection: Connection, number: int) -> None:
    """End a job whose changeset is written in the same transaction.

    Raises:
        WrongState: it has ended already: somebody cancelled it, or another process was faster.
    """
    _end(connection, number, "done", None, None)


def stop(  # noqa: PLR0913
    connection: Connection,
    number: int,
    state: State,
    *,
    reason: str,
    errors: Sequence[Mapping[str, object]],
    actor: str,
    now: dt.datetime,
) -> None:
    """End a job without a changeset: it failed, or somebody cancelled it.

    Raises:
        NotFound: there is no such job.
        WrongState: it has ended already.
    """
    if state not in ENDED:
        raise ValueError(f"a job does not end as {state}")
    told = json.dumps(list(errors), ensure_ascii=False, sort_keys=True)
    _end(connection, number, state.value, reason, told)
    body = {"reason": reason, "errors": told}
    chain.record(connection, state.value, at=text_of(now), actor=actor, subject=str(number), body=body)


def processing(connection: Connection) -> list[Job]:
    """Return the jobs that have not ended, the oldest first."""
    found = connection.execute(
        f"SELECT {', '.join(JOB)} FROM jobs WHERE state = ? ORDER BY id",  # noqa: S608 - names of fields
        (State.processing.value,),
    )
    return [_job(row) for row in found]


def _job(row: tuple[object, ...]) -> Job:
    values = dict(zip(JOB, row, strict=True))
    values.pop("created_at")
    values["request"] = json.loads(str(values["request"]))
    return Job(**values)  # type: ignore[arg-type]


def _end(connection: Connection, number: int, state: str, reason: str | None, errors: str | None) -> None:
    row = connection.execute("SELECT state FROM jobs WHERE id = ?", (number,)).fetchone()
    if row is None:
        if connection.execute("SELECT 1 FROM changesets WHERE id = ?", (number,)).fetchone():
            raise WrongState(f"Changeset {number} does not go on in the background: there is nothing to stop.")
        raise NotFound(f"There is no changeset {number}.")
    if row[0] != State.processing:
        raise WrongState(f"The upload of changeset {number} has ended already ({row[0]}).")
    connection.execute(
        "UPDATE jobs SET state = ?, reason = ?, errors = ? WHERE id = ?", (state, reason, errors, number)
    )
