"""The certificate: the balance proves itself, check by check, with its figures.

Tolerance of a check: max(1 m2, 1e-9 of the area concerned).
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from layers import measure, versions
from layers.coverage import apart
from layers.coverage.arrangement import Arranged
from layers.coverage.ground import Boundaries
from layers.coverage.ledger import FIGURES, LINE_COLUMNS, ledger
from layers.coverage.partition import STATE_COLUMNS, amounts, open_area, partition
from layers.coverage.state import CHA, SHA
from layers.coverage.tables import SQUARE_METRE, UNIT

Floats = NDArray[np.float64]
Check = dict[str, object]

SHARE = 1e-9


def tolerance(area: float) -> float:
    """Return the difference (m2) that a check over `area` (m2) allows."""
    return max(SQUARE_METRE, SHARE * abs(area))


def check(name: str, differences: ArrayLike, areas: ArrayLike, **more: object) -> Check:
    """Return a check that passes when each difference (m2) is within the tolerance of its area."""
    off, area = np.abs(np.array(differences, dtype=np.float64)), np.abs(np.array(areas, dtype=np.float64))
    return {
        "check": name,
        "passed": bool((off <= np.maximum(SQUARE_METRE, SHARE * area)).all()),
        "difference_m2": round(float(off.max(initial=0.0)), 6),
        **more,
    }


class Certificate(Mapping[str, object]):
    """The checks under one verdict, made when first looked at: `passed` and `checks`.

    It reads as the dictionary that is published.
    """

    def __init__(self, make: Callable[[], list[Check]]) -> None:
        self._make = make

    @cached_property
    def _found(self) -> dict[str, object]:
        checks = self._make()
        return {"passed": all(bool(one["passed"]) for one in checks), "checks": checks}

    def __getitem__(self, name: str) -> object:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __deepcopy__(self, _: object) -> "Certificate":
        # A frame copies its `attrs` whenever it is sliced; the arrangement behind this one is not copied along.
        return self

    def __repr__(self) -> str:
        return repr(self._found) if "_found" in vars(self) else "<certificate, not looked at yet>"


def certify_partition(arrangement: Arranged, frame: pd.DataFrame, day: int) -> Certificate:
    """Check a partition and the arrangement behind it."""
    figures, total = frame.copy(), dict(frame.attrs["total"])
    figures.attrs = {}

    def checks() -> list[Check]:
        borders = arrangement.boundaries(day)
        by_district = partition(arrangement, versions.date_of(day), ("district",))
        by_overlay = apart.open_ground(arrangement, day)
        return [
            _states_sum(arrangement, by_district, borders),
            _records_sum(arrangement),
            _whole(arrangement, by_district, borders),
            _union_apart(arrangement, by_overlay, day, borders),
            _overlap_apart(by_district, by_overlay),
            _rows_sum(figures, total),
            _ledger_closes(arrangement, day),
            _profiles_sum(arrangement, day, borders),
            _points_weigh_nothing(arrangement),
            _reported_beside_computed(arrangement, day),
        ]

    return Certificate(checks)


def _states_sum(arrangement: Arranged, frame: pd.DataFrame, borders: Boundaries) -> Check:
    alone = dict(zip(borders.ids, borders.alone.tolist(), strict=True))
    inside = frame[frame["district_id"] != ""]
    sums = inside[list(STATE_COLUMNS)].sum(axis=1).to_numpy()
    own = np.array([alone[one] for one in inside["district_id"]])
    # Ground that a lower id took is missing here by right; the check of the whole reports it.
    taken = _shared_areas(arrangement, borders)
    missing = np.array([taken.get(one, 0.0) for one in inside["district_id"]])
    return check("states sum to area", sums + missing - own, own)


def _shared_areas(arrangement: Arranged, borders: Boundaries) -> dict[str, float]:
    """Return for each district the m2 that it claims and a lower id has."""
    found: dict[str, float] = {}
    for border in borders.shared:
        atoms = (one.atoms for one in arrangement.blocks.values())
        area = sum(int(one["amount"][one["border"] == border].sum()) for one in atoms) * UNIT
        for place in borders.claims[border][1:]:
            found[borders.ids[place]] = found.get(borders.ids[place], 0.0) + area
    return found


def _records_sum(arrangement: Arranged) -> Check:
    registers = arrangement.registers.each()
    start = np.cumsum([0, *(len(one.shapes) for one in registers)])
    sums = np.zeros(int(start[-1]), dtype=np.int64)
    for one in arrangement.blocks.values():
        np.add.at(sums, start[one.covered["layer"]] + one.covered["shape"], one.covered["amount"])
    alone = np.concatenate([one.shapes.areas for one in registers])
    return check("faces of each record sum to its area", sums * UNIT - alone, alone, records=len(alone))


def _whole(arrangement: Arranged, frame: pd.DataFrame, borders: Boundaries) -> Check:
    shared = _shared_areas(arrangement, borders)
    whole = math.fsum(frame["area_m2"])
    outside = math.fsum(frame.loc[frame["district_id"] == "", "area_m2"])
    claimed = math.fsum(borders.alone)
    more: dict[str, object] = {"in_two_districts_m2": round(math.fsum(shared.values()), 6)} if shared else {}
    return check("districts and outside sum to the whole", [claimed + outside - whole], [whole], **more)


def _union_apart(arrangement: Arranged, by_overlay: apart.Open, day: int, borders: Boundaries) -> Check:
    here, union = open_area(arrangement, day, borders), by_overlay.union_m2
    return check("SHA + CHA is the union of open ground", [here - union], [here], union_m2=union)


def _overlap_apart(frame: pd.DataFrame, by_overlay: apart.Open) -> Check:
    here = math.fsum(frame["overlap_m2"])
    twice = by_overlay.added_up_m2 - by_overlay.union_m2
    return check("overlap is what hazards count twice", [here - twice], [by_overlay.added_up_m2], overlap_m2=here)


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


def _profiles_sum(arrangement: Arranged, day: int, borders: Boundaries) -> Check:
    by_device = amounts(arrangement, day, borders, by_device=True)
    opened, profiles = (
        sum(int(values[[CHA, SHA]].sum()) for (_, mask), values in by_device.items() if mask or every) * UNIT
        for every in (True, False)
    )
    here = open_area(arrangement, day, borders)
    return check("exclusive profiles sum to the total", [opened - here, profiles - here], [here, here])


def _points_weigh_nothing(arrangement: Arranged) -> Check:
    weights = [float(measure.areas(f.geometry.to_numpy()).sum()) for f in arrangement.points.values() if len(f)]
    return check("spots and incidents add nothing", weights, [0.0] * len(weights))


def _reported_beside_computed(arrangement: Arranged, day: int) -> Check:
    """List reported against computed area; statistics use computed, so that this never fails."""
    reported, computed = apart.reported_beside_computed(arrangement, day)
    return {
        "check": "reported area listed beside computed",
        "passed": True,
        "difference_m2": 0.0,
        "reported": len(reported),
        "over_5_percent": int((np.abs(reported - computed) > 0.05 * computed).sum()),
    }


def certify_ledger(arrangement: Arranged, frame: pd.DataFrame) -> Certificate:
    """Check a ledger: it closes on the partition, row by row, and its rows sum to its totals."""
    start, end = (versions.day(frame.attrs[name]) for name in ("from", "to"))
    borders = arrangement.boundaries(end)
    ends = [(name, open_area(arrangement, day, borders)) for name, day in (("opening", start), ("closing", end))]
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
    return Certificate(lambda: checks)


def _classes(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    names = list(FIGURES[:-1])
    table = frame[names].to_numpy().reshape(-1, 3, len(names))
    return (table[:, 0] + table[:, 1] - table[:, 2]).ravel(), np.repeat(table[:, 2].max(axis=1), len(names))
