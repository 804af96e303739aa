"""All examples side by side: every cell on every day that is looked ahead from, with what was found by the next."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from layers.likelihood.features import Ground, features
from layers.likelihood.grid import Bools, Floats, Grid, Ints
from layers.likelihood.known import Frames, known
from layers.likelihood.labels import found_between
from layers.likelihood.refused import NotEnough
from layers.likelihood.settings import Settings
from layers.versions import as_date, date_of, days, recorded


@dataclass(frozen=True, eq=False)
class Panel:
    """Examples: c cells times p periods, e in all, period by period.

    Attributes:
        features: (e rows) from what was known when the period began.
        cell, period, block: (e,) where and when each is.
        looked, positive: (e,) the label; `positive` means nothing where not `looked`.
        found_m2, incidents: (e,) what became known in the period.
        origins: the days on which the periods begin, and the last one ends.
    """

    features: pd.DataFrame
    cell: Ints
    period: Ints
    block: Ints
    looked: Bools
    positive: Bools
    found_m2: Floats
    incidents: Floats
    origins: tuple[dt.date, ...]

    @property
    def base_rate(self) -> float:
        """Share of the cells looked at in which there was contamination."""
        return float(self.positive[self.looked].mean()) if self.looked.any() else float("nan")


def panel_of(frames: Frames, grid: Grid, ground: Ground, origins: tuple[dt.date, ...], settings: Settings) -> Panel:
    """Return the examples of all periods between days that follow on each other.

    Args:
        frames: version frames.
        grid: c cells.
        ground: what does not change.
        origins: p + 1 days in order.
        settings: when ground counts as looked at, and the blocks.
    """
    then = [known(frames, grid, date) for date in origins]
    pairs = list(pairwise(then))
    table = pd.concat([features(grid, before, ground) for before, _ in pairs], ignore_index=True)
    found = [found_between(frames, grid, before, after, settings) for before, after in pairs]
    cells = np.arange(len(grid))
    return Panel(
        features=table,
        cell=np.tile(cells, len(pairs)),
        period=np.repeat(np.arange(len(pairs)), len(grid)),
        block=np.tile(grid.blocks(settings.block_m), len(pairs)),
        looked=np.concatenate([one.looked for one in found]),
        positive=np.concatenate([one.positive for one in found]),
        found_m2=np.concatenate([one.found_m2 for one in found]),
        incidents=np.concatenate([one.incidents for one in found]),
        origins=origins,
    )


def origins_of(frames: Frames, until: dt.date, settings: Settings) -> tuple[dt.date, ...]:
    """Return the days that periods lie between: the settings' own or the ends of years, before `until`, and it.

    Raises:
        NotEnough: no day lies before `until` at which something was known.
    """
    if settings.origins is not None:
        given = sorted({as_date(one) for one in settings.origins})
    else:
        first = _first_known(frames)
        years = range(first.year, until.year + 1) if first else range(0)
        given = [dt.date(year, 12, 31) for year in years]
        given = [one for one in given if one < until][-settings.most_origins :]
    before = [one for one in given if one < until]
    if not before:
        raise NotEnough(
            f"The record holds no day before {until} to look ahead from: all of it became known within one year, or "
            "there is none. Give days in `origins` between which survey found something."
        )
    return (*before, until)


def last_known(frames: Frames) -> dt.date | None:
    """Return the day of the last record, by knowledge where the frames tell it, else by date of information."""
    dates = [day for day in _known_days(frames) if len(day)]
    return date_of(int(max(day.max() for day in dates))) if dates else None


def _first_known(frames: Frames) -> dt.date | None:
    dates = [day for day in _known_days(frames) if len(day)]
    return date_of(int(min(day.min() for day in dates))) if dates else None


def _known_days(frames: Frames) -> list[Ints]:
    """Return when each version of what is looked for became known, in days since 1970."""
    found = []
    for name in ("hazards", "releases", "surveys"):
        day = days(frames[name]["valid_from"])
        if "recorded_at" in frames[name]:
            day = np.maximum(day, recorded(frames[name]) // 86_400_000_000)
        found.append(day)
    return found
