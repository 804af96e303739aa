"""The state partition: how many m2 are in each state on a date, by district and device profile."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.ground import Boundaries
from layers.coverage.journal import is_open, is_released
from layers.coverage.records import profile
from layers.coverage.state import NONE, STATES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

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
SQUARE_METRE = 1.0
COUNT_COLUMNS = ("hazards_open", "incidents", "spots")


@dataclass(frozen=True)
class Ground:
    """The atoms of an arrangement on a day.

    Attributes:
        day: days since 1970-01-01.
        borders: the districts in force.
        district: (atoms,) place of the district, or the number of districts for outside.
        event: (atoms,) the event in force, -1 for none.
        state: (atoms,) number in `STATES`.
        profile: (atoms,) device mask of the unanswered hazards.
        counted: (atoms,) whether the atom belongs to the balance: in a district, or in any state but none.
    """

    day: int
    borders: Boundaries
    district: Ints
    event: Ints
    state: Ints
    profile: Ints
    counted: NDArray[np.bool_]


def ground_on(arrangement: Arranged, day: int, borders: Boundaries | None = None) -> Ground:
    """Return the state of every atom on a day, in districts of that day unless others are given."""
    borders = borders or arrangement.boundaries(day)
    owner = arrangement.atoms.owner
    journal = arrangement.journal
    event = journal.current(owner, day)
    state = np.where(event >= 0, journal.events.state[event], NONE) if len(journal.key) else np.full(len(owner), NONE)
    mask = (
        np.where(event >= 0, journal.events.profile[event], 0) if len(journal.key) else np.zeros(len(owner), np.int64)
    )
    district = borders.row[arrangement.atoms.border]
    counted = (district < len(borders.ids)) | (state != NONE)
    return Ground(day, borders, district, event, state, mask, counted)


def measures(arrangement: Arranged, ground: Ground) -> dict[str, Floats]:
    """Return for each area column how many m2 of each atom count."""
    areas = arrangement.atoms.areas
    events = arrangement.journal.events
    state, event = ground.state, ground.event
    found = {one.value: np.where(state == number, areas, 0.0) for number, one in enumerate(STATES)}
    known = event >= 0
    awaits = np.zeros(len(areas), dtype=bool)
    beyond = np.zeros(len(areas), dtype=np.int64)
    awaits[known] = events.awaits[event[known]]
    beyond[known] = np.maximum(events.unanswered[event[known]] - 1, 0)
    found["pending_qc_m2"] = np.where(awaits, areas, 0.0)
    found["overlap_m2"] = areas * beyond
    bare = is_released(state) & (arrangement.journal.since[arrangement.atoms.owner] > ground.day)
    found["released_without_record_m2"] = np.where(bare, areas, 0.0)
    return found


def open_hazards(arrangement: Arranged, ground: Ground) -> tuple[Ints, Ints]:
    """Return pairs (atom, hazard) of the hazards that are unanswered there."""
    events = arrangement.journal.events
    low = np.searchsorted(events.open_event, np.arange(len(events.owner) + 1))
    known = np.flatnonzero((ground.event >= 0) & ground.counted)
    begin, count = low[ground.event[known]], np.diff(low)[ground.event[known]]
    return np.repeat(known, count), events.open_hazard[np.repeat(begin, count) + within(count)]


def open_in(arrangement: Arranged, atom: Ints, hazard: Ints, key: Ints) -> Ints:
    """Return the keys under which a hazard has open ground that counts: 1 m2, or all of a smaller hazard.

    Two polygons drawn along one line, each with vertices of its own, leave slivers between them. They stay in every
    area; they do not make a hazard that was released count as open.

    Args:
        arrangement: whose hazards.
        atom, hazard: pairs of ground and the hazard unanswered there.
        key: what each pair is counted under: the hazard alone, or the hazard in a row.
    """
    keys, inverse = np.unique(key, return_inverse=True)
    left = np.bincount(inverse, weights=arrangement.atoms.areas[atom], minlength=len(keys))
    smallest = np.full(len(arrangement.hazards.versions.ids), SQUARE_METRE)
    shape = arrangement.shapes.of_version[0]
    drawn = np.flatnonzero(shape >= 0)
    np.minimum.at(smallest, arrangement.hazards.versions.record[drawn], arrangement.shapes.areas[shape[drawn]] / 2)
    least = np.zeros(len(keys))
    least[inverse] = smallest[hazard]
    return keys[left >= least]


def partition(arrangement: Arranged, as_of: versions.Date, by: Sequence[str]) -> pd.DataFrame:
    """Return the state partition at `as_of`: a row per district, per device profile, or both.

    Returns:
        Areas in m2 in the columns of `AREA_COLUMNS`, counts in `COUNT_COLUMNS`. Ground outside every district has
        `district_id` "". `attrs` carries `as_of`, `total` and `coverage_gap`.

    Raises:
        ValueError: `by` names something else than district and device.
    """
    unknown = set(by) - {"district", "device"}
    if unknown:
        message = f"by is district, device or both, not {', '.join(sorted(unknown))}"
        raise ValueError(message)
    day = versions.day(as_of)
    ground = ground_on(arrangement, day)
    points = {name: arrangement.points_on(name, day, ground.borders) for name in ("incidents", "spots")}
    row, keys = _rows(ground, by, any((where == len(ground.borders.ids)).any() for where in points.values()))
    rows = len(keys["district_id"])
    columns = measures(arrangement, ground)
    counted = np.flatnonzero(ground.counted)
    sums = {
        name: np.bincount(row[counted], weights=values[counted], minlength=rows) for name, values in columns.items()
    }
    atom, hazard = open_hazards(arrangement, ground)
    hazards = max(len(arrangement.hazards.versions.ids), 1)
    here = open_in(arrangement, atom, hazard, row[atom] * hazards + hazard)
    counts = {"hazards_open": np.bincount(here // hazards, minlength=rows)}
    counts |= {name: _points(where, ground.borders, keys) for name, where in points.items()}
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in keys.items()})
    frame["area_m2"] = np.sum([sums[name] for name in STATE_COLUMNS], axis=0)
    for name in AREA_COLUMNS:
        frame[name] = sums[name]
    for name in COUNT_COLUMNS:
        frame[name] = counts[name].astype(np.int64)
    total: dict[str, object] = {"district": None, "district_id": None}
    total |= {name: math.fsum(frame[name]) for name in ("area_m2", *AREA_COLUMNS)}
    total |= {
        "hazards_open": len(open_in(arrangement, atom, hazard, hazard)),
        **{n: int(counts[n].sum()) for n in ("incidents", "spots")},
    }
    if "device" in by:
        total["device"] = None
    frame.attrs = {
        "as_of": versions.date_of(day).isoformat(),
        "total": total,
        "coverage_gap": day < arrangement.first_day,
    }
    return frame


def _rows(ground: Ground, by: Sequence[str], strays: bool) -> tuple[Ints, dict[str, list[str | None]]]:  # noqa: FBT001
    """Return the row of each atom, and the names of the rows; `strays`: points lie outside every district."""
    borders = ground.borders
    n = len(borders.ids)
    outside = strays or n == 0 or bool((ground.counted & (ground.district == n)).any())
    by_district = "district" in by
    district = ground.district if by_district else np.zeros(len(ground.district), dtype=np.int64)
    places = list(range(n + outside)) if by_district else [0]
    if "device" not in by:
        return district, _names(borders, places, by_district=by_district)
    # Ground that is not open has no profile: one row of each district holds it.
    key = district * 2**16 + np.where(is_open(ground.state), ground.profile, 0)
    used = {*np.unique(key[ground.counted]).tolist(), *(place * 2**16 for place in places)}
    ordered = sorted(used, key=lambda k: (k >> 16, profile(k & 0xFFFF)))
    codes = np.array(sorted(used), dtype=np.int64)
    rank = np.argsort(np.argsort(np.array([ordered.index(k) for k in codes.tolist()])))
    row = rank[np.minimum(np.searchsorted(codes, key), len(codes) - 1)]
    names = _names(borders, [k >> 16 for k in ordered], by_district=by_district)
    names["device"] = [profile(k & 0xFFFF) for k in ordered]
    return row, names


def _names(borders: Boundaries, places: list[int], *, by_district: bool) -> dict[str, list[str | None]]:
    names: list[str | None] = [*borders.names, ""] if by_district else [None]
    ids: list[str | None] = [*borders.ids, ""] if by_district else [None]
    return {"district": [names[k] for k in places], "district_id": [ids[k] for k in places]}


def _points(where: Ints, borders: Boundaries, keys: dict[str, list[str | None]]) -> Ints:
    """Count point records by row; where rows are device profiles, they stand in the rows of ground not open."""
    per_district = np.bincount(where, minlength=len(borders.ids) + 1)
    number: dict[str | None, int] = {one: place for place, one in enumerate([*borders.ids, ""])}
    devices = keys.get("device", [""] * len(keys["district_id"]))
    return np.array(
        [
            0 if device else len(where) if one is None else per_district[number[one]]
            for one, device in zip(keys["district_id"], devices, strict=True)
        ],
        dtype=np.int64,
    )


def open_area(arrangement: Arranged, ground: Ground) -> float:
    """Return the open ground in m2."""
    counted = ground.counted & is_open(ground.state)
    return math.fsum(arrangement.atoms.areas[counted])
