"""Whether a statement still holds: its last day, and whether the ground it speaks of has changed since.

What is changed is found by working the same question out again: on today's ground, or for a historical statement on its
day, each with what is known now.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from geo_service.balance import Refused, view
from geo_service.statements import subjects
from geo_service.statements.ground import ground
from geo_service.statements.issue import Statement
from geo_service.statements.question import Question
from geo_service.statements.record import Record, plain
from geo_service.store.snapshot import Snapshot
from geo_service.travel.question import question_of
from layers import versions

if TYPE_CHECKING:
    from geo_service.api.dependencies import Service

NAMED = ("hazards", "releases", "surveys", "spots", "incidents")
"""Lists of records that a statement names."""

FIGURES = ("pending_qc_m2", "overlap_m2", "outside_districts_m2")

Change = dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """How a statement stands on a day.

    Attributes:
        status: superseded where the ground has changed, else expired after its last day, else valid.
        expired: whether its last day has passed.
        checked_on: the day; revision: what was recorded by then.
        changes: what is otherwise now: figures, and records with the changeset that brought it.
    """

    status: str
    expired: bool
    checked_on: dt.date
    revision: int
    changes: tuple[Change, ...]

    def told(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "status": self.status,
            "expired": self.expired,
            "checked_on": self.checked_on,
            "checked_revision": self.revision,
            "changes": list(self.changes),
        }


def standing(service: "Service", statement: Statement) -> Standing:
    """Return how a statement stands now."""
    said = statement.record
    settings = service.settings
    today = settings.today(service.clock)
    seen = view(service.snapshots, settings, service.clock, said["as_of"] if said["historical"] else today.isoformat())
    expired = today > versions.as_date(said["expires_on"])
    changes: list[Change] = []
    try:
        subject = subjects.subject(question_again(said), seen, service)
        now = plain({**ground(subject, seen), "road": subject.road})
    except Refused as refused:
        # Such as a settlement that was withdrawn: what it said is no longer so.
        changes.append({"what": "no_answer", "detail": str(refused)})
    else:
        changes += _figures(said, now)
        changes += _records(said, now, seen.snapshot)
        changes += _road(said, now)
        if not _same(shapely.from_geojson(orjson.dumps(said["ground"])), subject.ground):
            changes.append({"what": "subject", "detail": "the ground that the question is about lies otherwise now"})
    status = "superseded" if changes else "expired" if expired else "valid"
    return Standing(status, expired, today, seen.snapshot.number, tuple(changes))


def question_again(said: Record) -> Question:
    """Return the question that a record answers, as it was asked."""
    about = said["subject"]
    as_of = said["as_of"] if said["historical"] else None
    if said["kind"] == "parcel":
        return Question(parcel=shapely.from_geojson(orjson.dumps(about["geometry"])), as_of=as_of)
    if said["kind"] == "settlement":
        return Question(settlement=about["id"], radius_m=about["radius_m"], as_of=as_of)
    asked = {"from": about["from"], "to": about["to"], "mode": about["mode"], "unsurveyed": about["unsurveyed"]}
    return Question(way=question_of({**asked, "as_of": as_of}), corridor_m=about["corridor_m"], as_of=as_of)


def _same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    """Say whether two grounds are the same but for the last digits of a projection (1e-6 degrees: 0.1 m)."""
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), tolerance=1e-6))


def _differ(was: float | None, now: float | None, area: float) -> bool:
    """Say whether two areas differ by more than the balance allows between two sums of the same ground."""
    if was is None or now is None:
        return was is not now
    return abs(was - now) > max(1.0, 1e-9 * area)


def _figures(said: Record, now: Record) -> Iterator[Change]:
    area = float(said["area_m2"])
    pairs = [(name, said["states"][name], now["states"][name]) for name in said["states"]]
    pairs += [(name, said[name], now[name]) for name in FIGURES]
    for place, one in enumerate(said["around"]):
        other = now["around"][place]
        pairs += [(f"{name} within {one['within_m']:.0f} m", one[name], other[name]) for name in ("CHA", "SHA")]
    for name, was, is_ in pairs:
        if _differ(was, is_, area):
            yield {"what": "figure", "figure": name, "was": was, "now": is_}


def _records(said: Record, now: Record, snapshot: Snapshot) -> Iterator[Change]:
    for layer in NAMED:
        was, is_ = _versions(said[layer]), _versions(now[layer])
        for one in sorted({*was, *is_}):
            if was.get(one) != is_.get(one):
                kind = "added" if one not in was else "gone" if one not in is_ else "changed"
                yield {"what": kind, "layer": layer, "id": one, **_brought(snapshot, layer, one, said["revision"])}
    was_near, is_near = said["nearest_hazard"], now["nearest_hazard"]
    if _nearest(was_near) != _nearest(is_near):
        yield {"what": "nearest_hazard", "was": _nearest(was_near), "now": _nearest(is_near)}


def _versions(rows: list[Record]) -> dict[str, tuple[object, ...]]:
    """Return which version of each record was named, and what was worked out of it."""
    return {
        row["id"]: tuple(row.get(name) for name in ("valid_from", "recorded_at", "state", "in_effect")) for row in rows
    }


def _nearest(one: Mapping[str, Any] | None) -> dict[str, Any] | None:
    names = ("id", "classification", "distance_m", "valid_from", "recorded_at")
    return None if one is None else {name: one[name] for name in names}


def _brought(snapshot: Snapshot, layer: str, record_id: str, revision: int) -> dict[str, Any]:
    """Return the changeset of the last version of a record since a revision; None where dates alone changed it."""
    frame = snapshot.frames[layer]
    later = frame[((frame["id"] == record_id) & (frame["revision"] > revision)).to_numpy()] if len(frame) else frame
    if not len(later):
        return {"changeset": None, "recorded_at": None}
    last = later.iloc[-1]
    return {"changeset": int(last["changeset"]), "recorded_at": last["recorded_at"].isoformat()}


def _road(said: Record, now: Record) -> Iterator[Change]:
    if said["road"] is None:
        return
    was, is_ = _way(said["road"]), _way(now["road"])
    if was != is_:
        yield {"what": "way", "was": was, "now": is_}


def _way(road: Record) -> dict[str, Any]:
    """Return what of a way must not change: its verdict, its length and its evidence in whole metres."""
    chosen = road["chosen"]
    if chosen is None:
        return {"verdict": road["verdict"], "reasons": [one["code"] for one in road["reasons"]]}
    return {
        "verdict": road["verdict"],
        "length_m": round(chosen["length_m"]),
        "evidence": {name: round(metres) for name, metres in chosen["evidence"].items()},
    }
