"""Edits: each is a changeset of one version, judged as an upload is, with its author, kept or sent for review."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from geo_service.access.public import FullRecords
from geo_service.api.dependencies import Service
from geo_service.balance import View, view
from geo_service.changesets import Upload, judged
from geo_service.ogc import crs, etags
from geo_service.ogc.bodies import Document, own_properties, patched, table
from geo_service.ogc.errors import AlreadyThere, Rejected
from geo_service.ogc.holding import Holding
from geo_service.settings import Settings
from geo_service.store.errors import NotFound, Stale
from geo_service.store.log import Changeset, Draft, Problem
from layers.definitions import Layer
from layers.reading import RawTable
from layers.reading.answers import COLUMN, NONE
from layers.vocabulary import Change, HazardStatus

ATTEMPTS = 20
"""How often an edit is judged anew because somebody recorded something in between."""


@dataclass(frozen=True)
class Sent:
    """What somebody sends to be done to a record.

    Attributes:
        service: the store's.
        layer, record_id: of which record; None where it is to be made.
        author: who edits.
        headers: of the request, lower case: the conditions that it puts.
        document: the body, None for a withdrawal.
        system: the coordinate system of its geometry.
    """

    service: Service
    layer: Layer
    record_id: str | None
    author: str
    headers: Mapping[str, str]
    document: Document | None
    system: str


@dataclass(frozen=True)
class Done:
    """What became of an edit: the record's id, its changeset (None: nothing was to change), and whether it waits."""

    record_id: str
    changeset: Changeset | None
    waits: bool


@dataclass(frozen=True)
class Now:
    """A layer as it is at the last revision, today: what edits are held against."""

    seen: View
    settings: Settings
    held: Holding
    place: int | None

    @property
    def feature(self) -> bytes | None:
        """The record as GeoJSON, None where it is not in force."""
        return None if self.place is None else stored(self.held, self.place)

    @property
    def recorded_at(self) -> dt.datetime | None:
        """When its version was recorded."""
        if self.place is None:
            return None
        moment: dt.datetime = self.held.frame["recorded_at"].iloc[self.place].to_pydatetime()
        return moment


def stored(held: Holding, place: int) -> bytes:
    """Return a record as GeoJSON, as it is tagged."""
    return b"".join(held.texts(np.array([place]))).removesuffix(b",")


def now_of(service: Service, layer: str, record_id: str | None) -> Now:
    """Return a layer as it is, and where a record stands in it."""
    settings = service.settings
    seen = view(service.snapshots, settings, service.clock)
    held = service.holdings.at(seen, layer, FullRecords())
    return Now(seen, settings, held, None if record_id is None else held.place_of(record_id))


Making = Callable[[Now], RawTable | None]
"""Returns the record that an edit leads to; None where it changes nothing."""


def create(sent: Sent) -> Done:
    """Add a record.

    Raises:
        AlreadyThere: a record of its id is in force.
        Rejected: it breaks a rule of its layer.
    """
    assert sent.document is not None  # noqa: S101
    own = own_properties(sent.document, sent.layer.name)
    record_id = _id_of(sent.document, own)
    if record_id is not None and ("/" in record_id or record_id in {".", ".."}):
        raise Rejected("an id has no slash in it and is not only dots: no address leads to such a record", "id")
    sent = replace(sent, record_id=record_id)

    def make(now: Now) -> RawTable:
        if now.place is not None:
            raise AlreadyThere(f"{sent.layer.name} has a record {record_id!r} already: change that one", "id")
        known = bool(record_id) and bool(len(sent.service.log.known(sent.layer.name, [str(record_id)])))
        values = _dated(own, now, sent) if known else own
        return table(record_id, values, sent.document and sent.document.get("geometry"), sent.system)

    done = _kept(sent, make)
    if done.changeset is None:
        raise AlreadyThere(f"{sent.layer.name} has this very record already, as {done.record_id!r}", "id")
    return done


def replaced(sent: Sent) -> Done:
    """Put a record in the place of one: what it leaves out takes its default.

    Raises:
        NotFound: there is none of that id in force.
        Rejected: it breaks a rule of its layer.
    """
    assert sent.document is not None  # noqa: S101
    own = own_properties(sent.document, sent.layer.name)
    _same_id(sent, own)

    def make(now: Now) -> RawTable:
        _there(sent, now)
        return table(
            sent.record_id, _dated(own, now, sent), sent.document and sent.document.get("geometry"), sent.system
        )

    return _kept(sent, make)


def updated(sent: Sent) -> Done:
    """Change some of a record's properties, or its geometry, and leave the rest.

    Raises:
        NotFound: there is none of that id in force.
        Rejected: the record then breaks a rule of its layer.
    """
    document = sent.document
    assert document is not None  # noqa: S101
    _same_id(sent, own_properties(document, sent.layer.name))

    def make(now: Now) -> RawTable:
        before = orjson.loads(_there(sent, now))
        values, drawn = patched(before["properties"], document, sent.layer.name)
        geometry = document["geometry"] if drawn else before["geometry"]
        return table(sent.record_id, _dated(values, now, sent), geometry, sent.system if drawn else crs.CRS84)

    return _kept(sent, make)


def withdrawn(sent: Sent) -> Done:
    """Withdraw a record: from today it holds no more. Its history stays.

    Raises:
        NotFound: there is none of that id in force.
    """

    def make(now: Now) -> RawTable:
        before = orjson.loads(_there(sent, now))
        values, _ = patched(before["properties"], {}, sent.layer.name)
        values |= {"withdrawn": True, "valid_from": now.seen.as_of.isoformat()}
        if sent.layer.name == "hazards":
            values["status"] = HazardStatus.withdrawn.value
        if "change" in sent.layer.names:
            values["change"] = Change.correction.value
        return table(sent.record_id, values, before["geometry"], crs.CRS84)

    return _kept(sent, make)


def _id_of(document: Document, own: Mapping[str, Any]) -> str | None:
    """Return the id that a feature gives itself; None: it is given one.

    Raises:
        Rejected: it is no text or number, or it gives two.
    """
    given = [one for one in (document.get("id"), own.get("id")) if one is not None and one != ""]
    for one in given:
        if isinstance(one, bool) or not isinstance(one, str | int):
            raise Rejected("id is a text", "id", [{"place": "id", "code": "bad_id", "message": "id is a text"}])
    if len({str(one) for one in given}) > 1:
        raise Rejected("the feature has two different ids", "id")
    return str(given[0]) if given else None


def _same_id(sent: Sent, own: Mapping[str, Any]) -> None:
    assert sent.document is not None  # noqa: S101
    given = _id_of(sent.document, own)
    if given is not None and given != sent.record_id:
        raise Rejected(f"the feature's id {given[:100]!r} is not the one in the address; an id never changes", "id")


def _there(sent: Sent, now: Now) -> bytes:
    if now.feature is None:
        raise NotFound(f"{sent.layer.name} has no record {str(sent.record_id)[:100]!r} in force")
    return now.feature


def _dated(values: Mapping[str, Any], now: Now, sent: Sent) -> dict[str, Any]:
    """Return the values of a later version, with the day from which it holds and why it exists where none is said.

    An edit that names no day holds from today. Then it is taken for news from the ground, which may reopen ground
    that was released and never closes any; one that names an earlier day must say itself why.
    """
    found = {name: value for name, value in values.items() if value is not None}
    if "valid_from" not in found:
        found["valid_from"] = now.seen.as_of.isoformat()
        if "change" in sent.layer.names:
            found.setdefault("change", Change.survey.value)
    return found


def _kept(sent: Sent, make: Making) -> Done:
    """Judge an edit against what is recorded now and keep it; where somebody was faster, judge it again."""
    needed = sent.layer.name in sent.service.settings.if_match_required and sent.document is not None
    for attempt in range(ATTEMPTS):
        now = now_of(sent.service, sent.layer.name, sent.record_id)
        made = make(now)
        asks = needed and now.feature is not None
        etags.check(sent.headers, now.feature, now.recorded_at, needed=asks)
        draft, record_id = _draft(sent, made)
        if not len(draft.versions):
            return Done(record_id, None, waits=False)
        # Judged against a later revision than the condition was, it would overwrite what came in between.
        draft = replace(draft, based_on=now.seen.snapshot.number)
        log = sent.service.log
        try:
            kept = log.append(draft) if now.settings.review else log.append_approved(draft)
        except Stale:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        return Done(record_id, kept, waits=now.settings.review)
    raise AssertionError


def _draft(sent: Sent, made: RawTable | None) -> tuple[Draft, str]:
    """Return an edit as a draft, and the id of its record.

    Raises:
        Rejected: a rule of the layer is broken; every one is named with its field.
    """
    assert made is not None  # noqa: S101
    verb = "Withdraws" if sent.document is None else "Edits"
    upload = Upload(sent.layer.name, b"", "", sent.author, message=f"{verb} {sent.record_id or 'a new record'}")
    service = sent.service
    mapping = {name: name for name in made.columns if name in sent.layer.names}
    # A property that is no field is kept under `extra`: in an edit nothing is taken for something else.
    nowhere = {f"{COLUMN}{name}": NONE for name in sent.layer.names if name not in mapping}
    upload = replace(upload, mapping=mapping, answers=nowhere)
    draft, _ = judged(service.log, service.snapshots, upload, made, service.clock)
    wrong = [one for one in draft.problems if one.level == "error"]
    if draft.rejected:
        places: list[dict[str, object]] = [
            {"place": place_of(one, sent.layer), "code": one.code, "message": one.message} for one in wrong
        ]
        raise Rejected("; ".join(one.message for one in wrong), None, places)
    named = next((one.id for one in draft.problems if one.id), None)
    record_id = sent.record_id or (str(draft.versions["id"].iloc[0]) if len(draft.versions) else str(named or ""))
    return replace(draft, source_name=None, source_sha256=None), record_id


def place_of(problem: Problem, layer: Layer) -> str:
    """Return the field that a line of a report is about; the geometry where it is about none."""
    names = sorted(layer.names, key=len, reverse=True)
    first = problem.message.partition(" ")[0].rstrip(":")
    plain = problem.code.removeprefix("bad_")
    return next(
        (name for name in names if name in {first, plain} or plain.startswith(f"{name}_")),
        _PLACES.get(problem.code, "geometry"),
    )


_PLACES = {"version_twice": "valid_from", "qc_required": "qc_status"}
