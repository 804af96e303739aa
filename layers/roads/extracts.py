"""What a later extract of OpenStreetMap changes in the road records, and what it must not touch.

OpenStreetMap is held against what it said last of the same way, so that what a programme recorded since (a closure, a
verification, a line drawn better) stays until OpenStreetMap itself says something new. What a programme says of
explosive ordnance is never OpenStreetMap's to change: a closure follows the ground, even onto a way of another number.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from layers import versions
from layers.definitions import LAYERS
from layers.roads.osm import DIGEST, EXTENT, PREFIX, Extract
from layers.roads.tags import extras
from layers.roads.vertices import NODES

OWN = ("eo_status", "eo_width_m", "eo_as_of", "expires_on", "note")
"""Fields that the programme fills, and OpenStreetMap never."""
TOLD = ("class", "name", "surface", "width_m", "oneway")
"""Fields that OpenStreetMap fills, beside the geometry."""
GONE = "osm_gone"
"""The key under `extra` of a record withdrawn because its way left OpenStreetMap."""
SAME_DEGREES = 1e-5
"""A line that nowhere leaves the one it replaces by more (about 1 m) is the same ground."""

_HELD = ("restricted", "closed")
"""What must not be lost, the worst last."""
_PROVEN = ("verified", "cleared")


class DateNeeded(Exception):
    """The extract does not say from when it describes the ground, and changes records: somebody must say it."""


@dataclass(frozen=True)
class Remark:
    """What a person must look at.

    Attributes:
        id: the record; row: the row of the file, None where it has none.
        code: a word for programs; message: a sentence for people.
    """

    id: str
    row: int | None
    code: str
    message: str


@dataclass(eq=False)
class Changes:
    """What an extract comes to.

    Attributes:
        versions: a version frame.
        new, changed, back, gone: how many versions are of ways not known before, changed, come back, and gone.
        unchanged: how many ways say what they said.
        withdrawn: how many ways somebody withdrew here; they stay withdrawn.
        elsewhere: how many roads of other extracts are not in this one; they stay as they are.
        remarks: what a person must look at.
    """

    versions: gpd.GeoDataFrame
    new: int = 0
    changed: int = 0
    back: int = 0
    gone: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    elsewhere: int = 0
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """A road as it is known on the day: the version in force, and the one in which OpenStreetMap spoke last.

    `later` are the versions that take effect afterwards, before OpenStreetMap speaks anew: they repeat its old words.
    """

    ruling: dict[str, Any]
    spoken: dict[str, Any]
    later: list[dict[str, Any]] = field(default_factory=list)

    @property
    def said(self) -> Mapping[str, Any]:
        """What no field takes of the version in which OpenStreetMap spoke last."""
        return self.spoken["extra"] if self.spoken else {}

    @property
    def edited(self) -> bool:
        """Whether somebody changed since what OpenStreetMap said."""
        if not self.spoken:
            return True
        now, then = (["" if pd.isna(one[name]) else one[name] for name in TOLD] for one in (self.ruling, self.spoken))
        return now != then or self.ruling["geometry"] != self.spoken["geometry"]


def changes(extract: Extract, known: gpd.GeoDataFrame, valid_from: dt.date | None = None) -> Changes:
    """Return the versions that an extract adds to the road records.

    The first extract of an area holds from the beginning of time, as roads without a date do. In a later one a way that
    changed, is new or is gone changes from the extract's date on, so that each day's network is that of one extract.
    Later versions of it, made here, get a version each that keeps what they say of explosive ordnance.

    Args:
        extract: the extract.
        known: version frame of all recorded versions of roads, in order of recording.
        valid_from: from when it describes the ground; None: its own date.

    Raises:
        DateNeeded: roads are known already and neither says a date.
    """
    of_osm = known[known["id"].str.startswith(PREFIX)] if len(known) else known
    day = valid_from or (extract.date if len(of_osm) else versions.BEGINNING)
    if day is None:
        raise DateNeeded("The extract does not say its date. Say from when it describes the ground: --valid-from DATE.")
    before = _known(of_osm, day)
    seen = any(one.said.get(EXTENT) == extract.extent for one in before.values())
    begins = day if seen or valid_from else versions.BEGINNING
    held = _held(before)
    found = Changes(extract.roads.iloc[:0])
    made: list[dict[str, Any]] = []
    rows = _dictionaries(extract.roads)
    for row in rows:
        one = before.get(row["id"])
        if one is None:
            found.new += 1
            made.append(_closed_where_it_was(row, held, found) | {"valid_from": begins})
        elif _changes(row, one, found):
            made += [
                _closed_where_it_was(_with_own(row, ruling, found), held, found) | {"valid_from": since}
                for since, ruling in _standing(one, day)
            ]
    made += _gone(extract, before, day, found)
    frame = pd.DataFrame(made, columns=[*LAYERS["roads"].names, "extra", "source_row", "geometry"])
    shaped = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")
    found.versions = versions.typed(shaped, LAYERS["roads"])
    found.versions["source_row"] = frame["source_row"].astype("Int64").to_numpy()
    return found


def _known(of_osm: gpd.GeoDataFrame, day: dt.date) -> dict[str, _Known]:
    if not len(of_osm):
        return {}
    ordered = of_osm.iloc[versions.order(of_osm)]
    past = versions.days(ordered["valid_from"]) <= versions.day(day)
    found: dict[str, _Known] = {}
    spoken: dict[str, dict[str, Any]] = {}
    for row, extra, is_past in zip(_dictionaries(ordered), extras(ordered), past.tolist(), strict=True):
        whole = row | {"extra": extra}
        # An edit keeps the digest: the first version that carries it is OpenStreetMap's own.
        if DIGEST in extra and extra[DIGEST] != _digest(spoken.get(row["id"])):
            spoken[row["id"]] = whole
        if is_past:
            found[row["id"]] = _Known(whole, spoken.get(row["id"], {}))
        elif row["id"] in found and _digest(spoken.get(row["id"])) == found[row["id"]].said.get(DIGEST):
            found[row["id"]].later.append(whole)
    return found


def _standing(known: _Known, day: dt.date) -> list[tuple[dt.date, dict[str, Any]]]:
    """Return the version in force on a day and those after it that repeat it, with the day each takes effect.

    Of versions of one day the last recorded rules; those that somebody withdrew stay so.
    """
    after = {one["valid_from"]: one for one in known.later}
    kept = [(since.date(), one) for since, one in after.items() if not one["withdrawn"]]
    return [(day, known.ruling), *kept]


def _dictionaries(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _digest(version: dict[str, Any] | None) -> str | None:
    return version["extra"].get(DIGEST) if version else None


def _changes(row: dict[str, Any], known: _Known, found: Changes) -> bool:
    """Say whether a way that is known makes a version; counts and remarks go into `found`."""
    ruling, same = known.ruling, known.said.get(DIGEST) == row["extra"][DIGEST]
    was_gone = ruling["withdrawn"] and GONE in ruling["extra"]
    if ruling["withdrawn"] and not was_gone:
        found.withdrawn += 1
        return False
    if same and not was_gone:
        found.unchanged += 1
        return False
    if was_gone:
        found.back += 1
    else:
        found.changed += 1
        _say_what_was_edited(row, known, found)
    return True


def _with_own(row: dict[str, Any], ruling: dict[str, Any], found: Changes) -> dict[str, Any]:
    """Return a way with what the programme says of it; a verification ends where the line leaves its old ground."""
    carried = {name: ruling[name] for name in OWN}
    if ruling["eo_status"] in _PROVEN and not _on(row["geometry"], ruling["geometry"]):
        carried |= {"eo_status": "not_assessed", "eo_width_m": None, "eo_as_of": None, "expires_on": None}
        message = (
            f"it was {ruling['eo_status']} on {ruling['eo_as_of']:%Y-%m-%d}, and OpenStreetMap draws it elsewhere now: "
            "it counts as not assessed until somebody verifies the new line"
            if not pd.isna(ruling["eo_as_of"])
            else f"it was {ruling['eo_status']}, and OpenStreetMap draws it elsewhere now: it counts as not assessed"
        )
        found.remarks.append(Remark(row["id"], row["source_row"], "verification_ended", message))
    return row | carried


def _on(line: shapely.Geometry, old: shapely.Geometry) -> bool:
    return bool(shapely.covers(shapely.buffer(old, SAME_DEGREES), line))


def _say_what_was_edited(row: dict[str, Any], known: _Known, found: Changes) -> None:
    """Say where a record was edited here after OpenStreetMap spoke last: it takes OpenStreetMap's words now."""
    if known.edited:
        message = "it was edited here, and has changed in OpenStreetMap since: it is taken as OpenStreetMap has it now"
        found.remarks.append(Remark(row["id"], row["source_row"], "edit_replaced", message))


def _held(before: dict[str, _Known]) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the stretches between two nodes that are closed or restricted, with the record that says so."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for known, ruling in ((road, one) for road in before.values() for one in (road.ruling, *road.later)):
        if ruling["eo_status"] not in _HELD or (ruling["withdrawn"] and GONE not in ruling["extra"]):
            continue
        for stretch in _stretches(known.said):
            other = found.get(stretch)
            if other is None or _HELD.index(other["eo_status"]) < _HELD.index(ruling["eo_status"]):
                found[stretch] = ruling
    return found


def _stretches(extra: Mapping[str, Any]) -> set[tuple[int, int]]:
    return {(min(a, b), max(a, b)) for a, b in pairwise(extra.get(NODES, ()))}


def _closed_where_it_was(
    row: dict[str, Any], held: dict[tuple[int, int], dict[str, Any]], found: Changes
) -> dict[str, Any]:
    """Return a way, closed or restricted where it runs over a stretch that another way of that state ran over."""
    if not held:
        return row
    over = [held[one] for one in _stretches(row["extra"]) if one in held and held[one]["id"] != row["id"]]
    if not over:
        return row
    worst = max(over, key=lambda one: (_HELD.index(one["eo_status"]), one["id"]))
    own = row.get("eo_status") or "not_assessed"
    if own in _HELD and _HELD.index(own) >= _HELD.index(worst["eo_status"]):
        return row
    message = (
        f"it runs over ground of {worst['id']}, which is {worst['eo_status']}: it is so too until somebody changes it"
    )
    found.remarks.append(Remark(row["id"], row["source_row"], "closure_followed", message))
    return row | {name: worst[name] for name in OWN}


def _gone(extract: Extract, before: dict[str, _Known], day: dt.date, found: Changes) -> list[dict[str, Any]]:
    """Return withdrawn versions of the ways that are in this extract's area no more."""
    made = []
    for identifier, known in before.items():
        if identifier in extract.there or known.ruling["withdrawn"]:
            continue
        if known.said.get(EXTENT) != extract.extent:
            found.elsewhere += 1
            continue
        found.gone += 1
        for since, one in _standing(known, day):
            extra = {**known.said, **one["extra"], GONE: True}
            made.append(one | {"withdrawn": True, "extra": extra, "source_row": None, "valid_from": since})
    return made
