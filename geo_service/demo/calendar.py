"""The days of the invented programme. Days are counted from 1970-01-01, as in `layers.versions`."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.versions import day

Ints = NDArray[np.int64]

END = dt.date(2026, 6, 30)
"""The last day of recording. Fixed, so that the same seed gives the same records whenever it is run."""

CEASEFIRE = day("1994-05-12")
"""The old front line froze: what it left behind was first written down in the years after."""

SECOND_WAR = day("2020-11-10")
"""The ground came into the hands of the programme, with a new layer of contamination."""

HANDOVER = dt.date(2021, 2, 15)
"""The old records were handed over and typed in at once: nothing was recorded before."""

HAND = day(HANDOVER)


@dataclass(frozen=True)
class Calendar:
    """When things are recorded.

    Attributes:
        end: the last day of recording.
    """

    end: dt.date = END

    def __post_init__(self) -> None:
        """Refuse a record too short to hold a programme.

        Raises:
            ValueError: the record would end less than two years after the hand-over.
        """
        if (self.end - HANDOVER).days < 2 * 365:
            raise ValueError(f"the demo records from {HANDOVER}, for two years at least: {self.end} is too early")

    @property
    def last(self) -> int:
        """The last day."""
        return day(self.end)

    def month_starts(self, every: int, offset: int) -> list[dt.date]:
        """Return a day in every `every`-th month after the hand-over, and the last day."""
        months = range(HANDOVER.year * 12 + HANDOVER.month, self.end.year * 12 + self.end.month, every)
        found = [dt.date(month // 12, month % 12 + 1, offset) for month in months]
        return [*(one for one in found if HANDOVER < one < self.end), self.end]


def dates(numbers: Iterable[int] | Ints, missing: NDArray[np.bool_] | None = None) -> pd.Series:
    """Return days as dates, `missing` ones empty."""
    found = np.asarray(numbers, dtype=np.int64).astype("datetime64[D]").astype("datetime64[s]")
    if missing is not None:
        found[missing] = np.datetime64("NaT")
    return pd.Series(found)


def years(numbers: Ints) -> Ints:
    """Return the year of each day."""
    return np.asarray(numbers.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
