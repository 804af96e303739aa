"""The ledger: how open ground changed over a period, line by line, so that closing = opening + the lines."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.ground import Boundaries
from layers.coverage.journal import LINES, UNBOOKED
from layers.coverage.partition import PROFILES, amounts, known_groups
from layers.coverage.records import profile
from layers.coverage.state import CHA, SHA
from layers.coverage.tables import BOOKINGS, UNIT, Rows

Ints = NDArray[np.int64]

CLASSES = ("SHA", "CHA", "total")
LINE_COLUMNS = tuple(line.value for line in LINES)
FIGURES = ("opening", *LINE_COLUMNS, "closing", "released_without_line_m2")


def ledger(arrangement: Arranged, start: versions.Date, end: versions.Date, by: Sequence[str]) -> pd.DataFrame:
    """Return the ledger from the end of `start` to the end of `end`, with the boundaries in force at `end`.

    Returns:
        For every district (and profile) and for all together (`district` None) a row per class SHA, CHA, total with
        the figures of `FIGURES` in m2, releases negative. `attrs` carries `from` and `to`.

    Raises:
        ValueError: the period ends before it begins, or `by` names something else than district and device.
    """
    known_groups(by)
    first, last = versions.day(start), versions.day(end)
    _known_period(first, last)
    borders = arrangement.boundaries(last)
    outside = len(borders.ids)
    by_district, by_device = "district" in by, "device" in by

    entries: dict[tuple[int, int], Ints] = {}

    def entry(district: int, mask: int) -> Ints:
        key = (district if by_district else 0, mask if by_device else 0)
        return entries.setdefault(key, np.zeros((len(CLASSES), len(FIGURES)), dtype=np.int64))

    used = not outside
    for (district, mask, confirmed, figure), amount in _booked(arrangement, first, last, borders).items():
        entry(district, mask)[confirmed, figure] += amount
        used |= district == outside
    for name, day in (("opening", first), ("closing", last)):
        for (place, mask), values in amounts(arrangement, day, borders, by_device=by_device).items():
            used |= place == outside and bool(values[[SHA, CHA]].any() or (name == "closing" and values.any()))
            if values[SHA] or values[CHA]:
                entry(place, mask)[:2, FIGURES.index(name)] += values[[SHA, CHA]]
    if not by_device:
        for place in range(outside + used):
            entry(place, 0)
    names: list[str | None] = [*borders.names, ""] if by_district else [None]
    ids: list[str | None] = [*borders.ids, ""] if by_district else [None]
    made = []
    for place, mask in sorted(entries, key=lambda key: (key[0], profile(key[1]))):
        made += _three(names[place], ids[place], profile(mask), entries[place, mask], by_device=by_device)
    if by_district or by_device:
        whole = sum(entries.values(), np.zeros((len(CLASSES), len(FIGURES)), dtype=np.int64))
        made += _three(None, None, None, whole, by_device=by_device)
    # As objects: None stays None where a row is the total.
    named = [name for name in ("district", "district_id", "device") if name in made[0]]
    frame = pd.DataFrame(made, dtype=object).astype(dict.fromkeys(FIGURES, float))
    frame = frame.astype({"class": str})[[*named, "class", *FIGURES]]
    frame.attrs = {"from": versions.date_of(first).isoformat(), "to": versions.date_of(last).isoformat()}
    return frame


def _known_period(first: int, last: int) -> None:
    if last < first:
        message = f"the period ends ({versions.date_of(last)}) before it begins ({versions.date_of(first)})"
        raise ValueError(message)


def _booked(arrangement: Arranged, first: int, last: int, borders: Boundaries) -> dict[tuple[int, ...], int]:
    """Return what was booked after `first` up to `last` (units), by district, device mask, class and figure."""
    parts = (one.bookings for one in arrangement.blocks.values())
    rows = [one[(one["day"] > first) & (one["day"] <= last)] for one in parts]
    return _summed(np.concatenate([np.zeros(0, BOOKINGS), *rows]), borders)


def _summed(rows: Rows, borders: Boundaries) -> dict[tuple[int, ...], int]:
    """Return bookings summed by district, device mask, class and figure."""
    district = borders.row[rows["border"]] if len(rows) else np.zeros(0, dtype=np.int64)
    # FIGURES: the opening, a place per line, the closing, what has no line.
    figure = np.where(rows["line"] == UNBOOKED, len(FIGURES) - 1, rows["line"].astype(np.int64) + 1)
    shape = (len(borders.ids) + 1, PROFILES, 2, len(FIGURES))
    key = np.ravel_multi_index((district, rows["profile"].astype(np.int64), rows["confirmed"], figure), shape)
    keys, inverse = np.unique(key, return_inverse=True)
    sums = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sums, inverse.ravel(), rows["amount"])
    places = zip(*(one.tolist() for one in np.unravel_index(keys, shape)), strict=True)
    return dict(zip(places, sums.tolist(), strict=True))


def _three(
    name: str | None, one: str | None, device: str | None, figures: Ints, *, by_device: bool
) -> list[dict[str, object]]:
    """Return the rows of SHA, CHA and both; what has no line is not of a class."""
    figures = figures.copy()
    figures[2] = figures[0] + figures[1]
    figures[:2, -1] = 0
    rows = []
    for place, label in enumerate(CLASSES):
        row: dict[str, object] = {"district": name, "district_id": one}
        if by_device:
            row["device"] = device
        rows.append(row | {"class": label} | dict(zip(FIGURES, (figures[place] * UNIT).tolist(), strict=True)))
    return rows
