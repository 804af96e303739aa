"""The certificate: the balance proves itself, check by check, with its figures.

Tolerance of a check: max(1 m2, 1e-9 of the area concerned).
"""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage import apart
from layers.coverage.arrangement import Arranged
from layers.coverage.ledger import FIGURES, LINE_COLUMNS, ledger
from layers.coverage.partition import SQUARE_METRE, STATE_COLUMNS, ground_on, open_area, partition

Floats = NDArray[np.float64]
Check = dict[str, object]
Certificate = dict[str, object]

SHARE = 1e-9


def tolerance(area: float) -> float:
    """Return the difference (m2) that a check over `area` (m2) allows."""
    return max(SQUARE_METRE, SHARE * abs(area))


def check(name: str, differences: Iterable[float], areas: Iterable[float], **more: object) -> Check:
    """Return a check that passes when each difference (m2) is within the tolerance of its area."""
    pairs = [(abs(float(d)), float(a)) for d, a in zip(differences, areas, strict=True)]
    worst = max((d for d, _ in pairs), default=0.0)
    return {
        "check": name,
        "passed": all(d <= tolerance(a) for d, a in pairs),
        "difference_m2": round(worst, 6),
        **more,
    }


def certificate(checks: list[Check]) -> Certificate:
    """Return the checks under one verdict."""
    return {"passed": all(bool(one["passed"]) for one in checks), "checks": checks}


def certify_partition(arrangement: Arranged, frame: pd.DataFrame, day: int) -> Certificate:
    """Check a partition and the arrangement behind it."""
    by_district = partition(arrangement, versions.date_of(day), ("district",))
    total = frame.attrs["total"]
    return certificate(
        [
            _states_sum(arrangement, by_district, day),
            _records_sum(arrangement),
            _whole(arrangement, by_district, day),
            _union_apart(arrangement, day),
            _rows_sum(frame, total),
            _ledger_closes(arrangement, day),
            _profiles_sum(arrangement, day),
            _points_weigh_nothing(arrangement),
            _reported_beside_computed(arrangement, day),
        ]
    )


def _states_sum(arrangement: Arranged, frame: pd.DataFrame, day: int) -> Check:
    borders = arrangement.boundaries(day)
    alone = dict(zip(borders.ids, borders.alone.tolist(), strict=True))
    inside = frame[frame["district_id"] != ""]
    sums = inside[list(STATE_COLUMNS)].sum(axis=1).to_numpy()
    own = np.array([alone[one] for one in inside["district_id"]])
    # Ground that a lower id took is missing here by right; the check of the whole reports it.
    taken = _shared_areas(arrangement, day)
    missing = np.array([taken.get(one, 0.0) for one in inside["district_id"]])
    return check("states sum to area", sums + missing - own, own)


def _shared_areas(arrangement: Arranged, day: int) -> dict[str, float]:
    """Return for each district the m2 that it claims and a lower id has."""
    borders = arrangement.boundaries(day)
    shared = np.flatnonzero(borders.shared)
    if not len(shared):
        return {}
    area = np.bincount(arrangement.atoms.border, weights=arrangement.atoms.areas, minlength=arrangement.borders.count)
    found: dict[str, float] = {}
    for border in shared.tolist():
        for place in borders.claimants(border, arrangement.borders)[1:]:
            found[borders.ids[place]] = found.get(borders.ids[place], 0.0) + float(area[border])
    return found


def _records_sum(arrangement: Arranged) -> Check:
    faces, alone = arrangement.faces, arrangement.shapes.areas
    sums = np.bincount(faces.shape, weights=faces.areas[faces.face], minlength=len(alone))
    return check("faces of each record sum to its area", sums - alone, alone, records=len(alone))


def _whole(arrangement: Arranged, frame: pd.DataFrame, day: int) -> Check:
    shared = _shared_areas(arrangement, day)
    whole = math.fsum(frame["area_m2"])
    borders = arrangement.boundaries(day)
    outside = math.fsum(frame.loc[frame["district_id"] == "", "area_m2"])
    claimed = math.fsum(borders.alone)
    more: dict[str, object] = {"in_two_districts_m2": round(math.fsum(shared.values()), 6)} if shared else {}
    return check("districts and outside sum to the whole", [claimed + outside - whole], [whole], **more)


def _union_apart(arrangement: Arranged, day: int) -> Check:
    ground = ground_on(arrangement, day)
    here = open_area(arrangement, ground)
    union = apart.open_union_m2(arrangement, day)
    return check("SHA + CHA is the union of open ground", [here - union], [here], union_m2=union)


def _rows_sum(frame: pd.DataFrame, total: dict[str, float]) -> Check:
    names = ["area_m2", *STATE_COLUMNS]
    return check("rows sum to the total", [math.fsum(frame[n]) - total[n] for n in names], [total[n] for n in names])


def _ledger_closes(arrangement: Arranged, day: int) -> Check:
    start = min(arrangement.first_day - 1, day)
    found = ledger(arrangement, versions.date_of(start), versions.date_of(day), ())
    return _closing(found, "closing by ledger is the partition")


def _closing(frame: pd.DataFrame, name: str) -> Check:
    lines = frame[["opening", *LINE_COLUMNS]].sum(axis=1)
    return check(name, frame["closing"] - lines, frame["closing"])


def _profiles_sum(arrangement: Arranged, day: int) -> Check:
    by_device = partition(arrangement, versions.date_of(day), ("device",))
    opened = math.fsum(by_device["CHA"]) + math.fsum(by_device["SHA"])
    exclusive = by_device[by_device["device"] != ""]
    profiles = math.fsum(exclusive["CHA"]) + math.fsum(exclusive["SHA"])
    here = open_area(arrangement, ground_on(arrangement, day))
    return check("exclusive profiles sum to the total", [opened - here, profiles - here], [here, here])


def _points_weigh_nothing(arrangement: Arranged) -> Check:
    from layers.measure import areas  # noqa: PLC0415

    frames = [arrangement.frames.get(name) for name in ("incidents", "spots")]
    weights = [float(areas(f.geometry.to_numpy()).sum()) for f in frames if f is not None and len(f)]
    return check("spots and incidents add nothing", weights, [0.0] * len(weights))


def _reported_beside_computed(arrangement: Arranged, day: int) -> Check:
    """List reported against computed area; statistics use computed, so that this never fails."""
    listed = apart.reported_beside_computed(arrangement, day)
    off = [one for one in listed if abs(one["reported_m2"] - one["computed_m2"]) > 0.05 * one["computed_m2"]]
    return {
        "check": "reported area listed beside computed",
        "passed": True,
        "difference_m2": 0.0,
        "reported": len(listed),
        "over_5_percent": len(off),
    }


def certify_ledger(arrangement: Arranged, frame: pd.DataFrame) -> Certificate:
    """Check a ledger: it closes on the partition, row by row, and its rows sum to its totals."""
    start, end = (versions.day(frame.attrs[name]) for name in ("from", "to"))
    borders = arrangement.boundaries(end)
    ends = [
        (name, open_area(arrangement, ground_on(arrangement, day, borders)))
        for name, day in (("opening", start), ("closing", end))
    ]
    totals = frame[frame["class"] == "total"]
    whole = totals[totals["district_id"].isna()].iloc[-1]
    rows = totals[totals["district_id"].notna()] if len(totals) > 1 else totals
    checks = [
        _closing(frame, "closing = opening + lines"),
        check(
            "opening and closing are the partition's",
            [whole[n] - area for n, area in ends],
            [area for _, area in ends],
        ),
        check("classes sum to the total", *_classes(frame)),
        check("reclassified is zero in the total", [whole["reclassified"]], [whole["opening"]]),
    ]
    if len(rows) and rows is not totals:
        checks.append(
            check(
                "rows sum to the total",
                [math.fsum(rows[n]) - whole[n] for n in FIGURES],
                [whole[n] for n in FIGURES],
            )
        )
    return certificate(checks)


def _classes(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    names = list(FIGURES[:-1])
    table = frame[names].to_numpy().reshape(-1, 3, len(names))
    return (table[:, 0] + table[:, 1] - table[:, 2]).ravel(), np.repeat(table[:, 2].max(axis=1), len(names))
