"""The timeline: the state partition at the end of every month, quarter or year, from one pass over the tally."""

import calendar
import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.partition import AREA_COLUMNS, PLACE_OF
from layers.coverage.state import NONE, STATES
from layers.coverage.tables import UNIT

Ints = NDArray[np.int64]

MONTHS = {"month": 1, "quarter": 3, "year": 12}
COLUMNS = len(STATES) + 3


def steps(start: dt.date, end: dt.date, step: str) -> list[dt.date]:
    """Return the dates of a timeline: `start`, the last day of each month, quarter or year between, and `end`.

    Raises:
        ValueError: it ends before it begins, or the step is none of these.
    """
    if step not in MONTHS:
        message = f"step is month, quarter or year, not {step}"
        raise ValueError(message)
    if end < start:
        message = f"the timeline ends ({end}) before it begins ({start})"
        raise ValueError(message)
    every = MONTHS[step]
    month = (start.year * 12 + start.month - 1) // every * every + every - 1
    found = {start, end}
    while (last := _last_day(month)) < end:
        found.add(last)
        month += every
    return sorted(one for one in found if one >= start)


def _last_day(month: int) -> dt.date:
    year, place = divmod(month, 12)
    return dt.date(year, place + 1, calendar.monthrange(year, place + 1)[1])


def timeline(arrangement: Arranged, dates: list[dt.date]) -> pd.DataFrame:
    """Return the partition by district on each of some dates, ascending; each row equals the partition's of its date.

    Returns:
        `date`, `district`, `district_id`, `area_m2` and the columns of `AREA_COLUMNS` (m2); the rows of all districts
        together, `district` None, stand last of their date. Each date has the boundaries then in force.
    """
    days = np.array([versions.day(one) for one in dates], dtype=np.int64)
    tally = arrangement.by_border
    place = np.searchsorted(days, tally["day"])
    late = place < len(days)
    change = np.zeros(len(days) * len(arrangement.borders) * COLUMNS, dtype=np.int64)
    key = (place[late] * len(arrangement.borders) + tally["border"][late]) * COLUMNS + tally["column"][late]
    np.add.at(change, key, tally["amount"][late])
    on = np.cumsum(change.reshape(len(days), len(arrangement.borders), COLUMNS), axis=0)
    return _framed(arrangement, dates, days, on)


def _framed(arrangement: Arranged, dates: list[dt.date], days: Ints, on: Ints) -> pd.DataFrame:
    """Return amounts by date, border and column as rows by date and district."""
    names: list[tuple[str | None, str | None]] = []
    sums, when = [], []
    for low, high in _stretches(arrangement, days):
        borders = arrangement.boundaries(int(days[low]))
        outside = len(borders.ids)
        some = np.zeros((high - low, outside + 1, COLUMNS), dtype=np.int64)
        for border, row in enumerate(borders.row.tolist()):
            some[:, row] += on[low:high, border]
        some[:, outside, NONE] = 0
        used = outside + (bool(some[:, outside].any()) or not outside)
        some = np.concatenate([some[:, :used], some.sum(axis=1, keepdims=True)], axis=1)
        names += ([*zip([*borders.names, ""][:used], [*borders.ids, ""][:used], strict=True), (None, None)]) * (
            high - low
        )
        when += np.repeat(np.arange(low, high), used + 1).tolist()
        sums.append(some.reshape(-1, COLUMNS))
    values = np.concatenate([np.zeros((0, COLUMNS), dtype=np.int64), *sums])
    text = np.array([one.isoformat() for one in dates], dtype=object)
    columns: dict[str, object] = {
        "date": text[when],
        "district": pd.Series([name for name, _ in names], dtype=object),
        "district_id": pd.Series([one for _, one in names], dtype=object),
        "area_m2": values[:, : len(STATES)].sum(axis=1) * UNIT,
    }
    return pd.DataFrame(columns | {name: values[:, PLACE_OF[name]] * UNIT for name in AREA_COLUMNS})


def _stretches(arrangement: Arranged, days: Ints) -> list[tuple[int, int]]:
    """Cut days into stretches [low, high) in which the districts' boundaries stay the same."""
    seq = arrangement.registers.districts.versions
    changes = np.unique(np.concatenate([seq.begins, seq.ends]))
    era = np.searchsorted(changes, days, side="right")
    cuts = np.flatnonzero(np.r_[True, era[1:] != era[:-1]][: len(days)])
    return list(zip(cuts.tolist(), [*cuts[1:].tolist(), len(days)], strict=True))
