"""The record of a statement: everything it says, once; its JSON is kept to the byte, and its paper is drawn from it."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from geo_service.balance import View
from geo_service.languages import words
from geo_service.settings import Settings
from geo_service.statements import ground, mapped, subjects
from geo_service.statements.question import Question
from geo_service.statements.sentences import findings
from geo_service.statements.subjects import Subject
from geo_service.store.moments import text_of
from layers import versions

if TYPE_CHECKING:
    from geo_service.api.dependencies import Service

Record = dict[str, Any]

FORM = 1
"""The form of the record: what its fields mean."""


@dataclass(frozen=True)
class Stated:
    """What a statement says of the ground, before it has a number.

    Attributes:
        question: what was asked; subject: what it is about.
        seen: the records it stands on.
        said: what they say, as plain values.
        historical: it describes another day than that of its making.
    """

    question: Question
    subject: Subject
    seen: View
    said: dict[str, Any]
    historical: bool


def stated(question: Question, seen: View, service: "Service") -> Stated:
    """Return what is to be stated of a subject at a view.

    Raises:
        Refused: the subject can't be answered for.
    """
    found = subjects.subject(question, seen, service)
    historical = seen.as_of != service.settings.today(service.clock)
    return Stated(question, found, seen, ground.ground(found, seen), historical)


@dataclass(frozen=True)
class Issued:
    """Under which number something is stated, at which moment, for whom who asks, and where the service is reached."""

    number: int
    at: dt.datetime
    author: str
    address: str


def numbered(one: Stated, issued: Issued, settings: Settings) -> Record:
    """Return the record of a statement under its number; `settings` say who answers for it, and how long it holds."""
    number, at = issued.number, issued.at
    seen, question, subject = one.seen, one.question, one.subject
    today = settings.today(lambda: at)
    revision = seen.snapshot.revision
    if revision is None:
        raise AssertionError
    as_of, known_at = seen.as_of.isoformat(), seen.known_at
    language = words(question.language, "statements")
    sentences = language["statement_notice"].format(
        authority=settings.authority,
        standard=settings.standard,
        contact=settings.contact,
        as_of=as_of,
        known_at=known_at,
    )
    place = f"{issued.address}/statements/{number}"
    record: Record = {
        "form": FORM,
        "statement": number,
        "kind": question.kind,
        "issued_at": text_of(at),
        "issued_by": issued.author,
        "issued_on": today.isoformat(),
        "expires_on": expiry(one, settings, today).isoformat(),
        "as_of": as_of,
        "known_at": known_at,
        "revision": seen.snapshot.number,
        "revision_hash": revision.hash,
        "historical": one.historical,
        "language": question.language,
        "purpose": question.purpose,
        "asked_by": question.asked_by,
        "authority": settings.authority,
        "standard": settings.standard,
        "contact": settings.contact,
        "time_zone": settings.time_zone,
        "subject": {**subject.about, "geometry": _geometry(subject.shape)},
        "ground": _geometry(subject.ground),
        **one.said,
        "road": subject.road,
        "age": {
            "last_recorded_at": text_of(revision.recorded_at),
            "days": ground.age_days(revision.recorded_at, at),
            "stale_after_days": settings.statements.stale_days,
        },
        "map": mapped.mapped(subject, seen),
        "notice": sentences,
        "verify": place,
        "pdf": f"{place}?f=pdf",
    }
    return plain({**record, "findings": findings(record, language)})


def expiry(one: Stated, settings: Settings, today: dt.date) -> dt.date:
    """Return the last day of a statement: as asked, as the programme lets it, and never after the evidence of a way."""
    terms = settings.statements
    most = terms.road_valid_days if one.question.kind == "road" else terms.valid_days
    days = [today + dt.timedelta(days=min(one.question.valid_days or most, most))]
    chosen = (one.subject.road or {}).get("chosen")
    if chosen and chosen["expires_on"]:
        # Of a day that is gone, evidence may have run out since: the statement is on that day.
        days.append(max(versions.as_date(chosen["expires_on"]), today))
    return min(days)


def _geometry(shape: shapely.Geometry) -> Mapping[str, Any]:
    found: Mapping[str, Any] = orjson.loads(shapely.to_geojson(shape))
    return found


def plain(record: Mapping[str, Any]) -> Record:
    """Return a record as it is read again: plain values alone."""
    found: Record = orjson.loads(written(record))
    return found


def written(record: Mapping[str, Any]) -> bytes:
    """Return the bytes of a record: keys in order, so that the same record is the same file."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
