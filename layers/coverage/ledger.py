"""The ledger: how open ground changed over a period, line by line, so that closing = opening + the lines."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.journal import LINES, UNBOOKED, is_open
from layers.coverage.partition import Ground, ground_on
from layers.coverage.records import profile
from layers.coverage.state import CHA

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

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
    unknown = set(by) - {"district", "device"}
    if unknown:
        message = f"by is district, device or both, not {', '.join(sorted(unknown))}"
        raise ValueError(message)
    first, last = versions.day(start), versions.day(end)
    if last < first:
        message = f"the period ends ({end}) before it begins ({start})"
        raise ValueError(message)
    borders = arrangement.boundaries(last)
    opening, closing = ground_on(arrangement, first, borders), ground_on(arrangement, last, borders)
    booked = _bookings(arrangement, first, last, borders.row)
    by_district, by_device = "district" in by, "device" in by
    by_district, by_device = "district" in by, "device" in by
    outside = len(borders.ids)
    figure, district, mask, confirmed, amount = _entries(arrangement, opening, closing, booked)
    used = (
        not outside or bool((district == outside).any()) or bool((closing.district[closing.counted] == outside).any())
    )
    places = range(outside + used) if by_district else range(1)
    key = district * by_district * 2**16 + mask * by_device
    keys = np.unique(key) if by_device else np.arange(len(places)) * 2**16
    table = np.zeros((len(keys), 3, len(FIGURES)))
    np.add.at(table, (np.searchsorted(keys, key), confirmed.astype(np.int64), figure), amount)
    table[:, 2] = table[:, 0] + table[:, 1]
    table[:, :2, -1] = 0
    if not by_device:
        # What one class loses by reclassification the other gains: zero, but for the last digit.
        table[:, 2, FIGURES.index("reclassified")] = 0

    names: list[str | None] = [*borders.names, ""] if by_district else [None]
    ids: list[str | None] = [*borders.ids, ""] if by_district else [None]
    rows = []
    for k in sorted(range(len(keys)), key=lambda k: (keys[k] >> 16, profile(int(keys[k]) & 0xFFFF))):
        place = int(keys[k]) >> 16
        rows += _three(names[place], ids[place], profile(int(keys[k]) & 0xFFFF), table[k], by_device=by_device)
    if by_district or by_device:
        rows += _three(None, None, None, _total(table), by_device=by_device)
    # As objects: None stays None where a row is the total.
    named = [name for name in ("district", "district_id", "device") if name in rows[0]]
    frame = pd.DataFrame(rows, dtype=object).astype(dict.fromkeys(FIGURES, float))
    frame = frame.astype({"class": str})[[*named, "class", *FIGURES]]
    frame.attrs = {"from": versions.date_of(first).isoformat(), "to": versions.date_of(last).isoformat()}
    return frame


def _three(
    name: str | None, one: str | None, device: str | None, figures: Floats, *, by_device: bool
) -> list[dict[str, object]]:
    rows = []
    for place, label in enumerate(CLASSES):
        row: dict[str, object] = {"district": name, "district_id": one}
        if by_device:
            row["device"] = device
        rows.append(row | {"class": label} | dict(zip(FIGURES, figures[place].tolist(), strict=True)))
    return rows


def _total(table: Floats) -> Floats:
    """Return the sum over rows, rounded once."""
    return np.array([[math.fsum(table[:, c, f]) for f in range(len(FIGURES))] for c in range(len(CLASSES))])


Bookings = tuple[Ints, Ints, Ints, NDArray[np.bool_], Floats]
"""Figure (place in `FIGURES`), district, device mask, class, signed m2 - an entry per booking and atom."""


def _bookings(arrangement: Arranged, first: int, last: int, row: Ints) -> Bookings:
    """Return the bookings after `first` up to `last`, spread over the atoms of their sets."""
    journal, atoms = arrangement.journal, arrangement.atoms
    k = np.flatnonzero((journal.day > first) & (journal.day <= last))
    low = np.searchsorted(atoms.owner, journal.owner[k], "left")
    count = np.searchsorted(atoms.owner, journal.owner[k], "right") - low
    atom = np.repeat(low, count) + within(count)
    k = np.repeat(k, count)
    line = journal.line[k]
    # FIGURES: the opening, a place per line, the closing, what has no line.
    figure = np.where(line == UNBOOKED, len(FIGURES) - 1, line + 1)
    amount = atoms.areas[atom] * journal.sign[k]
    return figure, row[atoms.border[atom]], journal.profile[k], journal.confirmed[k], amount


def _entries(arrangement: Arranged, opening: Ground, closing: Ground, booked: Bookings) -> Bookings:
    """Return opening, bookings and closing as entries of one kind."""
    parts: list[Bookings] = [booked]
    for ground, name in ((opening, "opening"), (closing, "closing")):
        at = np.flatnonzero(is_open(ground.state) & ground.counted)
        place = np.full(len(at), FIGURES.index(name), dtype=np.int64)
        areas = arrangement.atoms.areas[at]
        parts.append((place, ground.district[at], ground.profile[at], ground.state[at] == CHA, areas))
    figure, district, mask, confirmed, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    return figure, district, mask, confirmed, amount
