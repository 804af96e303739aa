"""The making of a statement: what forbids it, its number, its record and its paper, filed together or not at all."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from geo_service.balance import Refused, View, view
from geo_service.changesets import area_of_operations
from geo_service.statements import record, subjects
from geo_service.statements.ground import age_days
from geo_service.statements.question import Question
from geo_service.statements.record import Record, Stated
from geo_service.store.errors import NotFound, WrongState
from geo_service.store.log import Filed, Log
from layers import versions

if TYPE_CHECKING:
    from geo_service.api.dependencies import Service

KIND, RECORD, PAPER = "statement", "statement.json", "statement.pdf"

ATTEMPTS = 20
"""How often a number is asked for where others take theirs at the same time."""


@dataclass(frozen=True)
class Statement:
    """A statement as it was filed.

    Attributes:
        number: of the statement.
        record: what it says.
        sha256, pdf_sha256: of the record's JSON and of its paper, as the journal keeps them.
        filed: the journal's entry.
    """

    number: int
    record: Record
    sha256: str
    pdf_sha256: str
    filed: Filed


def issue(service: "Service", question: Question, author: str, address: str) -> Statement:
    """Make a statement, and file it under the next number.

    Args:
        service: the parts of the service.
        question: what is asked.
        author: who has it made.
        address: where the service is reached, for the verification; the programme's own goes before.

    Raises:
        Refused: the question can't be answered.
        WrongState: nothing may be stated: the data are invented, stale, or did not prove themselves.
    """
    from geo_service.statements.paper import pdf  # noqa: PLC0415 - matplotlib comes with it

    seen = looked_at(service, question)
    found = record.stated(question, seen, service)
    subjects.refuse_outside(found.subject.ground, area_of_operations(service.settings, service.snapshots))
    _refuse_unproven(found)
    filing = service.log.filing
    for attempt in range(ATTEMPTS):
        number = len(filing.all(KIND)) + 1
        issued = record.Issued(number, _now(service), author, service.settings.statements.address or address)
        made = record.numbered(found, issued, service.settings)
        content = record.written(made)
        paper = pdf(made, record.digest(content))
        try:
            filed = filing.add(
                KIND, str(number), _summary(made), {RECORD: content, PAPER: paper}, author=author, once=True
            )
        except WrongState:
            # Somebody else took the number in between.
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return _statement(filed, content)
    raise AssertionError


def looked_at(service: "Service", question: Question) -> View:
    """Return the view that a statement may be made on: the newest records, on a date that they describe.

    Raises:
        Refused: the date is to come, or before the first record.
        WrongState: the data are invented or stale.
    """
    settings = service.settings
    seen = view(service.snapshots, settings, service.clock, question.as_of, question.known_at)
    if settings.synthetic:
        raise WrongState(
            "This register holds invented data for demonstration: nothing is stated on it. Statements are made on the "
            "records of a programme."
        )
    revision = seen.snapshot.revision
    if revision is None:
        raise WrongState("Nothing is recorded in this register yet, so that nothing can be stated. Load records first.")
    newest = service.snapshots.newest()
    if seen.snapshot.number != newest.number:
        raise WrongState(
            f"Stale data: that known_at stands for revision {seen.snapshot.number}, and revision {newest.number} is "
            "recorded. A statement is made on what is known now: leave known_at out. What was known then: /coverage"
        )
    days = age_days(revision.recorded_at, _now(service))
    if days > settings.statements.stale_days:
        raise WrongState(
            f"Stale data: nothing was recorded for {days} days (since {revision.recorded_at:%Y-%m-%d}), and after "
            f"{settings.statements.stale_days} nothing is stated any more. Record what is known by now; the "
            "administrator may change stale_days of the setting statements."
        )
    if versions.day(seen.as_of) < seen.snapshot.arrangement.first_day:
        raise Refused(
            f"as_of: {seen.as_of} lies before the first record: nothing is known of the ground then, and nothing is "
            "stated"
        )
    return seen


def _refuse_unproven(found: Stated) -> None:
    if not found.said["certificate"]["passed"]:
        failed = [str(one["check"]) for one in found.said["certificate"]["checks"] if not one["passed"]]
        raise WrongState(
            f"The figures of this ground did not prove themselves ({'; '.join(failed)}), and nothing is stated. "
            "`clearway check` says more; report this."
        )


def _now(service: "Service") -> dt.datetime:
    return service.clock()


def _summary(made: Record) -> dict[str, Any]:
    """Return what the journal says of a statement itself, for lists."""
    names = (
        "statement",
        "kind",
        "issued_at",
        "issued_by",
        "expires_on",
        "as_of",
        "known_at",
        "revision",
        "historical",
        "language",
        "purpose",
        "asked_by",
    )
    subject = {name: value for name, value in made["subject"].items() if name != "geometry"}
    return {name: made[name] for name in names} | {"subject": subject, "area_m2": made["area_m2"]}


def _statement(filed: Filed, content: bytes) -> Statement:
    return Statement(
        int(filed.subject), orjson.loads(content), filed.files[RECORD].sha256, filed.files[PAPER].sha256, filed
    )


def all_of(log: Log) -> list[Filed]:
    """Return the entries of all statements, the newest first."""
    return log.filing.all(KIND)[::-1]


def found(log: Log, number: int) -> Statement:
    """Return a statement.

    Raises:
        NotFound: there is none of that number.
        StoreDamaged: its bytes are not those that were filed.
    """
    filed = log.filing.last(KIND, str(number))
    if filed is None:
        raise NotFound(f"There is no statement {number}.")
    return _statement(filed, log.filing.read(filed.files[RECORD].sha256))


def content_of(log: Log, statement: Statement, name: str) -> bytes:
    """Return the bytes of a statement's record or paper, as they were filed."""
    return log.filing.read(statement.filed.files[name].sha256)
