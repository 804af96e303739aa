"""The state partition: how many m2 are in each state on a date, by district and device profile."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.ground import Boundaries
from layers.coverage.records import DEVICES, profile
from layers.coverage.state import BARE, CHA, NONE, OVERLAP, PENDING, SHA, STATES, day_key
from layers.coverage.tables import COLUMNS, HAZARDS, OPENS, UNIT, Rows

Ints = NDArray[np.int64]

STATE_COLUMNS = (
    "CHA",
    "SHA",
    "cleared",
    "reduced",
    "cancelled",
    "surveyed_no_evidence",
    "no_recorded_hazard",
)
AREA_COLUMNS = (*STATE_COLUMNS, "pending_qc_m2", "overlap_m2", "released_without_record_m2")
PLACE_OF = {state.value: place for place, state in enumerate(STATES)} | {
    "pending_qc_m2": PENDING,
    "overlap_m2": OVERLAP,
    "released_without_record_m2": BARE,
}
"""Where the tally counts each area column."""

COUNT_COLUMNS = ("hazards_open", "incidents", "spots")
PROFILES = 2 ** len(DEVICES)
DENSE = 20_000_000
"""Hazards times rows up to which a count keeps a place for each."""


def known_groups(by: Sequence[str]) -> None:
    """Refuse to group by anything but district and device.

    Raises:
        ValueError: `by` names something else.
    """
    unknown = set(by) - {"district", "device"}
    if unknown:
        message = f"by is district, device or both, not {', '.join(sorted(unknown))}"
        raise ValueError(message)


def amounts(arrangement: Arranged, day: int, borders: Boundaries, *, by_device: bool) -> dict[tuple[int, int], Ints]:
    """Return the amount (units) of each column of the tally on a day, by (district, device mask).

    The district is a place in `borders.ids`, their number for ground outside; the mask is 0 where `by_device` is not
    asked for. Ground outside every district that is in no state is left out.
    """
    rows = np.concatenate([np.zeros(0, COLUMNS), *(one.on(day)[0] for one in arrangement.blocks.values())])
    district = borders.row[rows["border"]] if len(rows) else np.zeros(0, dtype=np.int64)
    key = district * PROFILES + (rows["profile"] if by_device else 0)
    keys = np.unique(key) if by_device else np.arange(len(borders.ids) + 1) * PROFILES
    columns = len(STATES) + 3
    table = np.zeros(len(keys) * columns, dtype=np.int64)
    np.add.at(table, np.searchsorted(keys, key) * columns + rows["column"], rows["amount"])
    found = table.reshape(len(keys), columns)
    found[keys // PROFILES == len(borders.ids), NONE] = 0
    return {(int(k) // PROFILES, int(k) % PROFILES): row for k, row in zip(keys.tolist(), found, strict=True)}


def open_rows(arrangement: Arranged, day: int, borders: Boundaries) -> tuple[Rows, Ints]:
    """Return the ground of hazards unanswered on a day (`hazard`, `border`, `amount`), and each row's district."""
    rows = np.concatenate([np.zeros(0, HAZARDS), *(one.on(day)[1] for one in arrangement.blocks.values())])
    return rows, borders.row[rows["border"]] if len(rows) else np.zeros(0, dtype=np.int64)


def open_sets(arrangement: Arranged, day: int) -> Rows:
    """Return the ground of hazards unanswered on a day, covering set by covering set."""
    parts = (one.opens for one in arrangement.blocks.values())
    rows = [one[(one["begins"] <= day) & (day < one["ends"]) & (one["amount"] > 0)] for one in parts]
    return np.concatenate([np.zeros(0, OPENS), *rows])


def states_on(arrangement: Arranged, cell: Ints, number: Ints, day: int) -> Ints:
    """Return the state number on a day of covering sets, named by cell and number."""
    return _on(arrangement, cell, number, day, "state")


def profiles_on(arrangement: Arranged, cell: Ints, number: Ints, day: int) -> Ints:
    """Return the device mask on a day of covering sets, named by cell and number."""
    return _on(arrangement, cell, number, day, "profile")


def _on(arrangement: Arranged, cell: Ints, number: Ints, day: int, name: str) -> Ints:
    """Return what the last event up to a day says of covering sets; 0, as at the beginning, where there is none."""
    events, cells = arrangement.tables.events, arrangement.cells["cell"]
    most = int(arrangement.tables.atoms["set"].max(initial=0)) + 1
    place = np.searchsorted(cells, events["cell"]) * most + events["set"]
    of = np.searchsorted(cells, cell) * most + number
    at = np.searchsorted(day_key(place, events["day"].astype(np.int64)), day_key(of, day), side="right") - 1
    known = at >= 0
    known[known] = place[at[known]] == of[known]
    return np.where(known, events[name][at], 0).astype(np.int64) if len(events) else np.zeros(len(of), dtype=np.int64)


def count_open(arrangement: Arranged, hazard: Ints, amount: Ints, row: Ints, rows: int) -> Ints:
    """Count in each of `rows` rows the hazards whose open ground there counts: 1 m2, or half of a smaller hazard.

    Two polygons drawn along one line, each with vertices of its own, leave slivers between them. They stay in every
    area; they do not make a hazard that was released count as open.
    """
    key = hazard.astype(np.int64) * rows + row
    least = arrangement.least_open
    if len(least) * rows <= DENSE:
        places, left = np.arange(len(least) * rows), np.zeros(len(least) * rows, dtype=np.int64)
        np.add.at(left, key, amount)
    else:
        places, inverse = np.unique(key, return_inverse=True)
        left = np.zeros(len(places), dtype=np.int64)
        np.add.at(left, inverse.ravel(), amount)
    counts = np.flatnonzero(left)
    counts = counts[left[counts] * UNIT >= least[places[counts] // max(rows, 1)]]
    return np.bincount(places[counts] % max(rows, 1), minlength=rows)


def partition(arrangement: Arranged, as_of: versions.Date, by: Sequence[str]) -> pd.DataFrame:
    """Return the state partition at `as_of`: a row per district, per device profile, or both.

    Returns:
        Areas in m2 in the columns of `AREA_COLUMNS`, counts in `COUNT_COLUMNS`. Ground outside every district has
        `district_id` "". `attrs` carries `as_of`, `total` and `coverage_gap`.

    Raises:
        ValueError: `by` names something else than district and device.
    """
    known_groups(by)
    day = versions.day(as_of)
    by_district, by_device = "district" in by, "device" in by
    borders = arrangement.boundaries(day)
    outside = len(borders.ids)
    found = amounts(arrangement, day, borders, by_device=by_device)
    points = {name: arrangement.points_on(name, day, borders) for name in ("incidents", "spots")}
    opens, open_district = open_rows(arrangement, day, borders)
    used = any(one.any() for (district, _), one in found.items() if district == outside)
    strays = any((where == outside).any() for where in points.values())
    places = range(outside + (used or strays or not outside))
    keys = _keys(found, places, by_district=by_district)
    table = {key: np.zeros(len(STATES) + 3, dtype=np.int64) for key in keys}
    for (district, mask), values in found.items():
        key = (district if by_district else 0, mask)
        if key in table:
            table[key] += values
    held = np.zeros(len(opens), dtype=np.int64)
    if by_device:
        opens = open_sets(arrangement, day)
        open_district = borders.row[opens["border"]] if len(opens) else np.zeros(0, dtype=np.int64)
        held = profiles_on(arrangement, opens["cell"], opens["set"], day)
    row_of = (open_district if by_district else np.zeros_like(open_district)) * PROFILES + held
    ordered = np.array(sorted(district * PROFILES + one for district, one in keys), dtype=np.int64)
    row = np.searchsorted(ordered, row_of)
    numbers = count_open(arrangement, opens["hazard"], opens["amount"], row, len(ordered))
    open_count = dict(zip(ordered.tolist(), numbers.tolist(), strict=True))
    frame = _named(borders, keys, by_district=by_district, by_device=by_device)
    values = np.array([table[key] for key in keys], dtype=np.int64).reshape(len(keys), -1)
    frame["area_m2"] = values[:, : len(STATES)].sum(axis=1) * UNIT
    for name in AREA_COLUMNS:
        frame[name] = values[:, PLACE_OF[name]] * UNIT
    frame["hazards_open"] = np.array([open_count[d * PROFILES + m] for d, m in keys], dtype=np.int64)
    for name, where in points.items():
        frame[name] = _points(where, keys, outside, by_district=by_district)
    frame.attrs = {
        "as_of": versions.date_of(day).isoformat(),
        "total": _total(arrangement, values.sum(axis=0), opens, points, by_device=by_device),
        "coverage_gap": day < arrangement.first_day,
    }
    return frame


def _keys(found: dict[tuple[int, int], Ints], places: range, *, by_district: bool) -> list[tuple[int, int]]:
    """Return the rows in order: a row for each district, and for each profile that some ground has there."""
    open_columns = [CHA, SHA]
    used = {(district if by_district else 0, 0) for district in places}
    used |= {
        (district if by_district else 0, mask)
        for (district, mask), values in found.items()
        if mask and values[open_columns].any()
    }
    return sorted(used, key=lambda key: (key[0], profile(key[1])))


def _named(borders: Boundaries, keys: list[tuple[int, int]], *, by_district: bool, by_device: bool) -> pd.DataFrame:
    names: list[str | None] = [*borders.names, ""] if by_district else [None]
    ids: list[str | None] = [*borders.ids, ""] if by_district else [None]
    columns = {"district": [names[one] for one, _ in keys], "district_id": [ids[one] for one, _ in keys]}
    if by_device:
        columns["device"] = [profile(mask) for _, mask in keys]
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _points(where: Ints, keys: list[tuple[int, int]], outside: int, *, by_district: bool) -> Ints:
    """Count point records by row; where rows are device profiles, they stand in the rows of ground not open."""
    per_district = np.bincount(where, minlength=outside + 1)
    return np.array(
        [0 if mask else per_district[one] if by_district else len(where) for one, mask in keys], dtype=np.int64
    )


def _total(
    arrangement: Arranged, values: Ints, opens: Rows, points: dict[str, Ints], *, by_device: bool
) -> dict[str, object]:
    total: dict[str, object] = {"district": None, "district_id": None}
    total["area_m2"] = float(values[: len(STATES)].sum() * UNIT)
    total |= {name: float(values[PLACE_OF[name]] * UNIT) for name in AREA_COLUMNS}
    none = np.zeros(len(opens), dtype=np.int64)
    total["hazards_open"] = int(count_open(arrangement, opens["hazard"], opens["amount"], none, 1)[0])
    total |= {name: len(where) for name, where in points.items()}
    if by_device:
        total["device"] = None
    return total


def open_area(arrangement: Arranged, day: int, borders: Boundaries | None = None) -> float:
    """Return the open ground in m2."""
    found = amounts(arrangement, day, borders or arrangement.boundaries(day), by_device=False)
    return float(sum(int(one[CHA]) + int(one[SHA]) for one in found.values()) * UNIT)


def any_device(arrangement: Arranged, day: int) -> pd.DataFrame:
    """Return the open ground by device category: every profile that holds the category counts in full.

    The rows do not sum to the open ground: where two categories lie together, both count it.

    Returns:
        A row per category with open ground: `device`, `CHA` and `SHA` in m2.
    """
    found = amounts(arrangement, day, arrangement.boundaries(day), by_device=True)
    rows = []
    for bit, device in enumerate(DEVICES):
        mine = [values for (_, mask), values in found.items() if mask >> bit & 1]
        cha, sha = (int(sum(int(one[column]) for one in mine)) for column in (CHA, SHA))
        if cha or sha:
            rows.append({"device": device.value, "CHA": cha * UNIT, "SHA": sha * UNIT})
    return pd.DataFrame(rows, columns=["device", "CHA", "SHA"])
