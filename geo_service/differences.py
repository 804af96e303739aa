"""What a changeset changes, before it does: records, their m2, and the balance of every district."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service import balance
from geo_service.balance import Answer
from geo_service.clock import Clock
from geo_service.nearby import POINTS, POLYGONS, drawn, touching, with_new
from geo_service.store.log import Changeset, Log
from geo_service.store.snapshot import Snapshot, Snapshots
from layers import versions
from layers.coverage import arrange
from layers.coverage.partition import AREA_COLUMNS, COUNT_COLUMNS
from layers.definitions import LAYERS, Kind
from layers.measure import areas

Row = dict[str, object]
Frames = dict[str, gpd.GeoDataFrame]

KEPT = 16
"""Differences kept in a process, the least used one goes."""

MEASURED = ("area_m2", *AREA_COLUMNS)
COUNTED = COUNT_COLUMNS
DIGITS = 4
"""Decimals of a m2 by which a difference of two large areas is known."""

BALANCED = (*POLYGONS, *POINTS, "districts")
"""Layers that the balance is made of."""


@dataclass(frozen=True)
class Side:
    """A record before or after a change: its fields, its geometry, and the m2 of that alone."""

    fields: Row
    shape: shapely.Geometry
    m2: float


@dataclass(frozen=True)
class Change:
    """What one version changes: the record before and after, on the day from which the version holds.

    Attributes:
        id: of the record; diff: added, changed or removed.
        valid_from: that day.
        before, after: None where there is no record, or a withdrawn one.
        shape: where to look for it.
        fields: names of the fields that differ, `geometry` among them.
    """

    id: str
    diff: str
    valid_from: dt.date
    before: Side | None
    after: Side | None
    shape: shapely.Geometry
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A changeset's changes, and the balance as it is and as it would be.

    Attributes:
        changed_since: records that somebody has recorded a version of since the changeset was received; they are
            compared with what they are now, and were checked against what they were.
    """

    changeset: Changeset
    as_of: dt.date
    changes: list[Change]
    balance: Answer
    changed_since: list[str]


def base_of(log: Log, snapshots: Snapshots, changeset: Changeset) -> Snapshot:
    """Return what the changeset comes on top of: all that was recorded before it, or all that is recorded now."""
    newest = snapshots.newest()
    if changeset.revision is None:
        return newest
    before = [one for one in log.revisions(changeset.revision - 2) if one.number == changeset.revision - 1]
    return snapshots.at(before[0].recorded_at) if before else newest.up_to(None)


class Differences:
    """The differences looked at lately: a page, its map data and the API ask for the same one."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, int, dt.date], Difference] = OrderedDict()

    def of(self, log: Log, snapshots: Snapshots, changeset: Changeset, clock: Clock, as_of: dt.date) -> Difference:
        """Return what a changeset changes; the balance is that of a ground date.

        It depends on what the changeset comes on top of alone: what was seen before the approval is seen after it.
        """
        number = snapshots.newest().number if changeset.revision is None else changeset.revision - 1
        key = (changeset.id, number, as_of)
        with self._lock:
            if key not in self._known:
                self._known[key] = difference(log, snapshots, changeset, clock, as_of)
                if len(self._known) > self._kept:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            known = self._known[key]
        since = [] if changeset.revision else known.changed_since
        return replace(known, changeset=changeset, changed_since=since)


def difference(log: Log, snapshots: Snapshots, changeset: Changeset, clock: Clock, as_of: dt.date) -> Difference:
    """Return what a changeset changes; the balance is that of a ground date."""
    layer, base = changeset.layer, base_of(log, snapshots, changeset)
    new = log.proposed(changeset.id)
    return Difference(
        changeset,
        as_of,
        changes(base, layer, new),
        balance_change(base, layer, new, clock, as_of),
        [] if changeset.revision else recorded_after(base.frames[layer], changeset.created_at, new["id"]),
    )


def recorded_after(frame: gpd.GeoDataFrame, moment: dt.datetime, ids: Iterable[str]) -> list[str]:
    """Return the records among some that have got a version after a moment."""
    if not len(frame):
        return []
    later = (frame["recorded_at"] > pd.Timestamp(moment)) & frame["id"].isin(set(ids))
    return sorted(set(frame["id"][later]))


def changes(base: Snapshot, layer: str, new: gpd.GeoDataFrame) -> list[Change]:
    """Return what each new version changes, in order of the versions."""
    known = base.frames[layer]
    known = known[known["id"].isin(set(new["id"]))]
    lines: dict[str, list[Side]] = {}
    for side in _sides(known, layer):
        lines.setdefault(str(side.fields["id"]), []).append(side)
    coming = _sides(new, layer)
    # In order of the ground's dates: what holds on a day without a version is what is known, and what the changeset
    # itself brought for days before.
    found: dict[int, Change] = {}
    for place in sorted(range(len(coming)), key=lambda k: _date(coming[k])):
        side = coming[place]
        line = lines.setdefault(str(side.fields["id"]), [])
        found[place] = _change(_ruling(line, _date(side)), side)
        line.append(side)
    return [found[place] for place in range(len(coming))]


def _change(ruling: Side | None, version: Side) -> Change:
    before = None if ruling is None or ruling.fields["withdrawn"] else ruling
    after = None if version.fields["withdrawn"] else version
    diff = "removed" if after is None else "added" if before is None else "changed"
    shown = after or before or version
    return Change(
        str(version.fields["id"]), diff, _date(version), before, after, shown.shape, _differing(before, after)
    )


def _ruling(line: Sequence[Side], day: dt.date) -> Side | None:
    """Return the version that holds on a day, of some in order of recording."""
    found = None
    for one in line:
        if _date(one) <= day and (found is None or _date(one) >= _date(found)):
            found = one
    return found


def _sides(frame: gpd.GeoDataFrame, layer: str) -> list[Side]:
    if not len(frame):
        return []
    shapes = drawn(frame)
    return [Side(*one) for one in zip(_rows(frame, layer), shapes, areas(shapes).tolist(), strict=True)]


def _date(side: Side) -> dt.date:
    day = side.fields["valid_from"]
    assert isinstance(day, dt.date)  # noqa: S101 - every version has one
    return day


def _rows(frame: gpd.GeoDataFrame, layer: str) -> list[Row]:
    """Return the fields of each version as plain values."""
    names = list(LAYERS[layer].names)
    columns = []
    for one in LAYERS[layer].fields:
        cells = frame[one.name].tolist()
        if one.kind is Kind.date:
            columns.append([None if versions.is_missing(v) else v.date() for v in cells])
        elif one.kind in {Kind.word_list, Kind.text_list}:
            columns.append([list(v) for v in cells])
        else:
            columns.append([None if versions.is_missing(v) else v for v in cells])
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _differing(before: Side | None, after: Side | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    names = [name for name, value in after.fields.items() if value != before.fields[name] and name != "valid_from"]
    same = shapely.equals_exact(before.shape, after.shape, tolerance=0.0)
    return tuple(names if same else [*names, "geometry"])


def balance_change(base: Snapshot, layer: str, new: gpd.GeoDataFrame, clock: Clock, as_of: dt.date) -> Answer:
    """Return the balance as it is and as it would be were the versions recorded now, district by district.

    Only the ground near the changeset is arranged anew, without and with it; elsewhere nothing can differ.
    """
    frame = base.arrangement.partition(as_of)
    places = {str(row["district_id"]): row for row in balance.records(frame)}
    delta = _local(base, layer, new, clock, as_of) if layer in BALANCED and len(new) else {}
    listed = [
        _compared(places.get(place), delta.get(place), place)
        for place in sorted({*places, *(k for k in delta if k is not None)}, key=lambda k: (k == "", k))
    ]
    return {
        "as_of": as_of.isoformat(),
        "revision": base.number,
        "rows": listed,
        "total": _compared(frame.attrs["total"], delta.get(None), None),
    }


def _compared(before: Mapping[str, object] | None, delta: Row | None, place: str | None) -> Row:
    was = {name: (before[name] if before else 0) for name in (*MEASURED, *COUNTED)}
    step = {name: _whole(delta[name]) if delta else 0 for name in was}
    if delta and delta["gone"]:
        step = {name: -value for name, value in was.items()}  # type: ignore[operator]
    will = {name: was[name] + step[name] for name in was}  # type: ignore[operator]
    name = (delta or before or {}).get("district")
    return {"district": name, "district_id": place, "before": was, "after": will, "change": step}


def _whole(value: object) -> object:
    """Return a difference without the last digits, in which two sums of the same ground differ."""
    return round(value, DIGITS) + 0.0 if isinstance(value, float) else value


def _local(base: Snapshot, layer: str, new: gpd.GeoDataFrame, clock: Clock, as_of: dt.date) -> dict[str | None, Row]:
    """Return by how much each figure of each district changes (None: of all), and whether its row is gone."""
    old = {name: base.frames[name] for name in BALANCED}
    near = old if layer == "districts" else around(old, layer, new)
    after = {**near, layer: with_new(near[layer], new, base, clock)}
    was, will = _partition(near, as_of), _partition(after, as_of)
    found: dict[str | None, Row] = {}
    for place in {*was, *will}:
        one, two = was.get(place), will.get(place)
        found[place] = {
            "district": (two or one or {}).get("district"),
            "gone": layer == "districts" and two is None,
            **{
                name: (two[name] if two else 0) - (one[name] if one else 0)  # type: ignore[operator]
                for name in (*MEASURED, *COUNTED)
            },
        }
    return found


def around(old: Frames, layer: str, new: gpd.GeoDataFrame) -> Frames:
    """Return the records that decide by how much the balance changes.

    The state of the ground can change only where the changed records have lain or will lie, so by what touches them. A
    hazard is counted as open while it is open anywhere, so all that touches those hazards is needed too.
    """
    mine = old[layer][old[layer]["id"].isin(set(new["id"]))]
    ground = np.concatenate([drawn(mine), drawn(new)])
    near = {name: touching(old[name], ground) for name in POLYGONS}
    hazards = drawn(near["hazards"])
    wide = {name: touching(old[name], np.concatenate([ground, hazards])) for name in POLYGONS}
    points = {name: mine if name == layer else old[name].iloc[:0] for name in POINTS}
    return {**wide, **points, "districts": touching(old["districts"], np.concatenate([ground, hazards]))}


def _partition(frames: Frames, as_of: dt.date) -> dict[str | None, Row]:
    given = {name: frame if len(frame) else None for name, frame in frames.items()}
    if not any(frame is not None for frame in given.values()):
        return {}
    arrangement = arrange(
        given["hazards"],
        given["releases"],
        given["surveys"],
        given["districts"],
        incidents=given["incidents"],
        spots=given["spots"],
    )
    frame = arrangement.partition(as_of)
    rows: dict[str | None, Row] = {str(row["district_id"]): row for row in balance.records(frame)}
    rows[None] = frame.attrs["total"]
    return rows
