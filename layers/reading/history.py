"""The rules of versions: what a row means against what is known of its record."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import geopandas as gpd
import orjson
import shapely

from layers.definitions import Kind, Layer
from layers.reading.rows import Rows
from layers.versions import BEGINNING, is_missing

ASIDE = ("id", "valid_from", "change")
"""Fields that do not make a version different."""

UNTOUCHED = (*ASIDE, "note", "source")
"""Fields that a correction does not carry over to later versions."""


@dataclass(frozen=True)
class Version:
    """A version as plain values, to be compared.

    Attributes:
        begins: its `valid_from`.
        values: field -> value; the geometry as WKB under `geometry`, what no field takes under `extra`.
        place: the row it comes from; None for one that is stored.
    """

    begins: dt.date
    values: dict[str, object]
    place: int | None = None

    def equals(self, other: "Version") -> bool:
        """Say whether both describe the same, whenever and for whatever reason they were made."""
        return all(self.values[name] == other.values[name] for name in self.values if name not in ASIDE)


@dataclass
class Judged:
    """What the rows become: new versions in order of rows, and the rows that change nothing."""

    versions: list[Version] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)


def judge(rows: Rows, known: gpd.GeoDataFrame, today: dt.date) -> Judged:
    """Judge the rows against the versions known of their ids; both rejected rows and reasons go into `rows`."""
    stored: dict[str, list[Version]] = {}
    for identifier, version in _stored(known, rows.layer):
        stored.setdefault(identifier, []).append(version)
    by_id: dict[str, list[int]] = {}
    written = _written(rows)
    for place in written:
        by_id.setdefault(str(rows.values["id"][place]), []).append(place)
    judged = Judged()
    for identifier, places in by_id.items():
        _judge_record(rows, [written[place] for place in places], stored.get(identifier, []), today, judged)
    judged.versions.sort(key=lambda one: one.place if one.place is not None else -1)
    return judged


def _written(rows: Rows) -> dict[int, Version]:
    """Return the rows that stand as versions, by place; `valid_from` as they say it, else from their own date."""
    k = rows.standing()
    names = rows.layer.names
    columns = [[_plain(rows.values[name][place]) for place in k] for name in names]
    extras = [_extra(rows.extra[place]) for place in k]
    shapes = shapely.to_wkb(rows.geometry[k]).tolist()
    dated = rows.values[rows.layer.dated_by] if rows.layer.dated_by else None
    begins = rows.values["valid_from"]
    found = {}
    for place, values, wkb, extra in zip(k, zip(*columns, strict=True), shapes, extras, strict=True):
        own = begins[place] or (dated[place] if dated else None)
        day = own if isinstance(own, dt.date) else BEGINNING
        whole = dict(zip(names, values, strict=True))
        whole["valid_from"], whole["geometry"], whole["extra"] = day, wkb, extra
        found[place] = Version(day, whole, place)
    return found


def _judge_record(rows: Rows, written: list[Version], stored: list[Version], today: dt.date, judged: Judged) -> None:
    dated = _dated(rows, written, stored, today, judged)
    if len(dated) > 1:
        _reject_twice(rows, dated)
    first_recorded = None if stored else min((one.place or 0 for one in dated), default=None)
    line = list(stored)
    # In order of the ground's dates: each row is held against the version in force when it begins.
    for version in sorted(dated, key=lambda one: (one.begins, one.place or 0)):
        place = version.place or 0
        if rows.rejected[place]:
            continue
        ruling = in_force(line, version.begins)
        if ruling and version.equals(ruling):
            judged.unchanged.append(place)
            continue
        if not _reasoned(rows, version, _before(line, version.begins), first=place == first_recorded):
            continue
        line.append(version)
        judged.versions.append(version)
        for later in _carried(version, ruling, line):
            line.append(later)
            judged.versions.append(later)
            message = f"the version valid from {later.begins} repeated the value corrected here; it is corrected too"
            rows.say(place, "notice", "later_version_corrected", message)


def _reject_twice(rows: Rows, dated: list[Version]) -> None:
    """Reject the rows of one record that hold from the same day."""
    same: dict[dt.date, list[int]] = {}
    for one in dated:
        same.setdefault(one.begins, []).append(one.place or 0)
    for begins, places in same.items():
        for place in places if len(places) > 1 else ():
            others = ", ".join(str(rows.numbers[one]) for one in places if one != place)
            rows.reject(place, "version_twice", f"valid_from {begins} of this id stands in row {others} too")


def _dated(rows: Rows, written: list[Version], stored: list[Version], today: dt.date, judged: Judged) -> list[Version]:
    """Return the rows that say from when they hold; a known id must say so, unless the row changes nothing."""
    dated = []
    for version in written:
        place = version.place or 0
        if not stored or isinstance(rows.values["valid_from"][place], dt.date):
            dated.append(version)
            continue
        ruling = in_force(stored, today)
        if ruling and version.equals(ruling):
            judged.unchanged.append(place)
        else:
            rows.reject(
                place,
                "valid_from_missing",
                "this id is known: say from when the change holds (valid_from, or --set valid_from=DATE)",
            )
    return dated


def _reasoned(rows: Rows, version: Version, before: Version | None, *, first: bool) -> bool:
    """Check that a version says why it exists, and that only a correction moves `opened_on`."""
    place = version.place
    if place is None or "change" not in rows.layer.names:
        return True
    if version.values["change"] is None:
        if not first:
            rows.reject(place, "change_missing", "a later version says why it exists: change is survey or correction")
            return False
        version.values["change"] = "survey"
    moved = (
        before is not None
        and "opened_on" in version.values
        and version.values["opened_on"] != before.values["opened_on"]
    )
    if moved and before is not None and version.values["change"] == "survey":
        was = before.values["opened_on"]
        rows.reject(place, "opened_on_moved", f"opened_on was {was}; only a correction changes it")
        return False
    return True


def in_force(line: list[Version], day: dt.date) -> Version | None:
    """Return the version in force on a day: the latest `valid_from`, then the last recorded."""
    found = None
    for version in line:
        if version.begins <= day and (found is None or version.begins >= found.begins):
            found = version
    return found


def _before(line: list[Version], begins: dt.date) -> Version | None:
    return in_force([one for one in line if one.begins < begins], begins)


def _carried(version: Version, ruling: Version | None, line: list[Version]) -> Iterator[Version]:
    """Yield corrected versions of the later ones that repeat a value which this correction changes."""
    if version.values.get("change") != "correction" or ruling is None:
        return
    changed = {
        name: (ruling.values[name], value)
        for name, value in version.values.items()
        if name not in UNTOUCHED and value != ruling.values[name]
    }
    later: dict[dt.date, Version] = {one.begins: one for one in line if one.begins > version.begins}
    for begins in sorted(later):
        old = later[begins]
        changed = {name: pair for name, pair in changed.items() if old.values[name] == pair[0]}
        if not changed:
            return
        values = old.values | {name: new for name, (_, new) in changed.items()} | {"change": "correction"}
        yield replace(version, begins=begins, values=values | {"valid_from": begins})


def _extra(value: object) -> str | None:
    if isinstance(value, str):
        value = orjson.loads(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if isinstance(value, dict) and value else None


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _stored(known: gpd.GeoDataFrame, layer: Layer) -> Iterator[tuple[str, Version]]:
    """Yield (id, version) of a version frame, in order of recording."""
    columns = {}
    for one in layer.fields:
        cells = known[one.name].tolist()
        if one.kind is Kind.date:
            columns[one.name] = [None if is_missing(v) else v.date() for v in cells]
        else:
            columns[one.name] = [None if not isinstance(v, list) and is_missing(v) else v for v in cells]
    columns["geometry"] = shapely.to_wkb(known.geometry.to_numpy()).tolist()
    columns["extra"] = [_extra(v) for v in known["extra"].tolist()] if "extra" in known else [None] * len(known)
    for row in zip(*columns.values(), strict=True):
        values = dict(zip(columns, row, strict=True))
        yield str(values["id"]), Version(values["valid_from"], values)
