"""The timeline: the state partition at the end of every month, quarter or year, from one pass over the tally."""

import datetime as dt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    first, last = (one.year * 12 + one.month - 1 for one in (start, end))
    # Months since the year 0; the last day of each period that ends between.
    ends = np.arange(first // every * every + every - 1, last + 1, every)
    days = (np.array(ends + 1 - 1970 * 12, dtype="datetime64[M]")).astype("datetime64[D]") - 1
    return sorted({start, end, *(one for one in days.tolist() if start <= one <= end)})


def timeline(arrangement: Arranged, dates: list[dt.date]) -> pd.DataFrame:
    """Return the partition by district on each of some dates, ascending; each row equals the partition's of its date.

    Returns:
        `date`, `district`, `district_id`, `area_m2` and the columns of `AREA_COLUMNS` (m2); the rows of all districts
        together, `district` None, stand last of their date. Each date has the boundaries then in force.
    """
    days = np.array(dates, dtype="datetime64[D]").astype(np.int64)
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
    names: list[NDArray[np.object_]] = []
    when: list[Ints] = []
    sums: list[Ints] = []
    for low, high in _stretches(arrangement, days):
        borders = arrangement.boundaries(int(days[low]))
        outside = len(borders.ids)
        # Borders of one district lie together and are added up; the whole is the sum of all, the last.
        order = np.argsort(borders.row, kind="stable")
        held, first = np.unique(borders.row[order], return_index=True)
        some = np.zeros((high - low, outside + 2, COLUMNS), dtype=np.int64)
        if len(held):
            some[:, held] = np.add.reduceat(on[low:high][:, order], first, axis=1)
        some[:, outside, NONE] = 0
        some[:, -1] = some[:, :-1].sum(axis=1)
        rows = np.arange(outside + 2)
        if outside and not some[:, outside].any():
            rows = np.delete(rows, outside)
        label = np.array([(*borders.names, "", None), (*borders.ids, "", None)], dtype=object)
        names.append(np.tile(label[:, rows], high - low))
        when.append(np.repeat(np.arange(low, high), len(rows)))
        sums.append(some[:, rows].reshape(-1, COLUMNS))
    values = np.concatenate([np.zeros((0, COLUMNS), dtype=np.int64), *sums])
    named = np.concatenate([np.zeros((2, 0), dtype=object), *names], axis=1)
    places = np.concatenate([np.zeros(0, dtype=np.int64), *when])
    text = np.array([one.isoformat() for one in dates], dtype=object)
    table = pd.DataFrame({"date": text[places], "district": named[0], "district_id": named[1]}, dtype=object)
    areas = np.column_stack(
        [values[:, : len(STATES)].sum(axis=1), values[:, [PLACE_OF[name] for name in AREA_COLUMNS]]]
    )
    return pd.concat([table, pd.DataFrame(areas * UNIT, columns=["area_m2", *AREA_COLUMNS])], axis=1)


def _stretches(arrangement: Arranged, days: Ints) -> list[tuple[int, int]]:
    """Cut days into stretches [low, high) in which the districts' boundaries stay the same."""
    seq = arrangement.registers.districts.versions
    changes = np.unique(np.concatenate([seq.begins, seq.ends]))
    era = np.searchsorted(changes, days, side="right")
    cuts = np.flatnonzero(np.r_[True, era[1:] != era[:-1]][: len(days)])
    return list(zip(cuts.tolist(), [*cuts[1:].tolist(), len(days)], strict=True))
