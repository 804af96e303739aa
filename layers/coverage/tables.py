"""What is worked out of every cell: sums by day, states, and what a person must look at, as tables of rows.

Every row names its cell, and a table is sorted by cell: what changed is taken out and put in cell by cell. Areas are
whole numbers of `UNIT`, so that their sums do not depend on any order and are the same to the last digit whichever way
they were reached: rebuilt, moved forward, or added up by many workers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Rows = NDArray[Any]
"""A structured array."""

UNIT = 2.0**-20
"""m2 that one unit of `amount` stands for: about a square millimetre; 8 million km2 fit into 64 bits."""

SQUARE_METRE = 1.0

BEGINNING = -(2**22)
"""A day before every date: from when ground lies there, with nothing recorded."""

CELLS = np.dtype([("cell", "i8"), ("end", "i8")])
ATOMS = np.dtype([("cell", "i8"), ("amount", "i8"), ("set", "i4"), ("border", "i4")])
EVENTS = np.dtype([("cell", "i8"), ("set", "i4"), ("day", "i4"), ("profile", "i2"), ("state", "i1")])
TALLY = np.dtype(
    [("cell", "i8"), ("amount", "i8"), ("day", "i4"), ("border", "i4"), ("profile", "i2"), ("column", "i1")]
)
BOOKINGS = np.dtype(
    [
        ("cell", "i8"),
        ("amount", "i8"),
        ("day", "i4"),
        ("border", "i4"),
        ("profile", "i2"),
        ("line", "i1"),
        ("confirmed", "i1"),
    ]
)
OPENS = np.dtype(
    [
        ("cell", "i8"),
        ("amount", "i8"),
        ("set", "i4"),
        ("border", "i4"),
        ("hazard", "i4"),
        ("begins", "i4"),
        ("ends", "i4"),
    ]
)
FACTS = np.dtype(
    [
        ("cell", "i8"),
        ("amount", "i8"),
        ("record", "i4"),
        ("other", "i4"),
        ("since", "i4"),
        ("begins", "i4"),
        ("ends", "i4"),
        ("code", "i1"),
    ]
)
COVERED = np.dtype([("cell", "i8"), ("amount", "i8"), ("shape", "i4"), ("layer", "i1")])
COLUMNS = np.dtype([("amount", "i8"), ("border", "i4"), ("profile", "i2"), ("column", "i1")])
HAZARDS = np.dtype([("amount", "i8"), ("hazard", "i4"), ("border", "i4")])
NAMES = ("cells", "atoms", "events", "tally", "bookings", "opens", "facts", "covered")
TYPES = dict(zip(NAMES, (CELLS, ATOMS, EVENTS, TALLY, BOOKINGS, OPENS, FACTS, COVERED), strict=True))

KEPT = 48
"""Days whose sums are kept with the tables of a block."""


def square_metres(amount: int | np.integer[Any]) -> float:
    """Return an amount in m2."""
    return float(amount) * UNIT


@dataclass(frozen=True)
class Tables:
    """The tables of some cells, each sorted by cell.

    Attributes:
        cells: the busy cells and where their stretches end.
        atoms: the ground of each covering set (numbered within its cell) in each set of district polygons (`border`).
        events: from which day a covering set is in which state under which profile, where that changes; before the
            first it is in none.
        tally: by how much each column of the partition changes on a day.
        bookings: what the ledger books on a day, signed.
        opens: the ground on which a hazard is unanswered on the days [begins, ends).
        facts: what a person must look at on the days [begins, ends).
        covered: the ground that each polygon covers.
    """

    cells: Rows
    atoms: Rows
    events: Rows
    tally: Rows
    bookings: Rows
    opens: Rows
    facts: Rows
    covered: Rows
    known: dict[int, tuple[Rows, Rows]] = field(default_factory=dict, repr=False, compare=False, init=False)

    def items(self) -> Iterable[tuple[str, Rows]]:
        """Return the tables by name."""
        return [(name, getattr(self, name)) for name in NAMES]

    def on(self, day: int) -> tuple[Rows, Rows]:
        """Return what the tables come to on a day, without cells.

        Returns:
            The amounts of the tally (`border`, `profile`, `column`), and the open ground of hazards (`hazard`,
            `border`).
        """
        found = self.known.get(day)
        if found is None:
            found = self._columns.on(day), self._hazards.on(day)
            while len(self.known) >= KEPT:
                self.known.pop(next(iter(self.known)), None)
            self.known[day] = found
        return found

    @cached_property
    def _columns(self) -> "_Course":
        return _course(self.tally, self.tally["day"], self.tally["amount"], COLUMNS)

    @cached_property
    def _hazards(self) -> "_Course":
        both = np.concatenate([self.opens, self.opens])
        day = np.concatenate([self.opens["begins"], self.opens["ends"]])
        amount = np.concatenate([self.opens["amount"], -self.opens["amount"]])
        return _course(both, day, amount, HAZARDS)

    @cached_property
    def by_border(self) -> Rows:
        """The tally summed over cells and profiles: what changes by day, border and column."""
        rows = self.tally.copy()
        rows["cell"], rows["profile"] = 0, 0
        return condensed(rows)

    def without(self, cells: Ints) -> "Tables":
        """Return the tables without some cells (keys, ascending)."""
        return Tables(**{name: _without(rows, cells) for name, rows in self.items()})

    def with_borders(self, number: Ints) -> "Tables":
        """Return the tables with each border numbered anew."""
        changed = dict(self.items())
        for name, rows in self.items():
            if "border" in (rows.dtype.names or ()):
                changed[name] = rows.copy()
                changed[name]["border"] = number[rows["border"]]
        return Tables(**changed)


def nothing() -> Tables:
    """Return the tables of no cells."""
    return Tables(**{name: np.zeros(0, dtype=kind) for name, kind in TYPES.items()})


def joined(parts: list[Tables]) -> Tables:
    """Return the tables of different cells as one, by cell."""
    return Tables(**{name: _by_cell([getattr(part, name) for part in parts], TYPES[name]) for name in NAMES})


def merged(whole: Tables, part: Tables) -> Tables:
    """Return the tables of many cells with those of a few others among them: copied once, not sorted."""
    return Tables(**{name: _among(getattr(whole, name), getattr(part, name)) for name in NAMES})


def _by_cell(parts: list[Rows], kind: np.dtype[Any]) -> Rows:
    rows = np.concatenate([np.zeros(0, dtype=kind), *parts])
    cell = rows["cell"]
    return rows if (cell[1:] >= cell[:-1]).all() else rows[np.argsort(cell, kind="stable")]


def _spans(cells: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    return np.searchsorted(cells, wanted, "left"), np.searchsorted(cells, wanted, "right")


def _without(rows: Rows, cells: Ints) -> Rows:
    low, high = _spans(np.ascontiguousarray(rows["cell"]), cells)
    if len(cells) > 1000:
        kept = np.ones(len(rows), dtype=bool)
        change = np.zeros(len(rows) + 1, dtype=np.int64)
        np.add.at(change, low, 1)
        np.add.at(change, high, -1)
        kept = np.cumsum(change[:-1]) == 0
        return np.asarray(rows[kept])
    edges = [0, *np.column_stack([low, high]).ravel().tolist(), len(rows)]
    return np.concatenate([rows[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)])


def _among(whole: Rows, part: Rows) -> Rows:
    if not len(part):
        return whole
    cells = part["cell"]
    starts = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]])
    at = np.searchsorted(np.ascontiguousarray(whole["cell"]), cells[starts])
    pieces, done = [], 0
    for place, start, stop in zip(at.tolist(), starts.tolist(), [*starts[1:].tolist(), len(part)], strict=True):
        pieces += [whole[done:place], part[start:stop]]
        done = place
    return np.concatenate([*pieces, whole[done:]])


@dataclass(frozen=True)
class _Course:
    """Amounts that change from day to day, summed up to each of their days: what holds on a date is looked up.

    Attributes:
        rows: (g,) what amounts are told apart by.
        key: (n,) the row and day of each change, as one ascending number.
        so_far: (n + 1,) the sum of the changes before each, over all rows.
        start: (g,) the first change of each row.
    """

    rows: Rows
    key: Ints
    so_far: Ints
    start: Ints

    def on(self, day: int) -> Rows:
        """Return the rows that are not nothing on a day, with their amounts."""
        upto = np.searchsorted(self.key, _dated(np.arange(len(self.rows)), np.int64(day)), side="right")
        found = self.rows.copy()
        found["amount"] = self.so_far[upto] - self.so_far[self.start]
        return np.asarray(found[found["amount"] != 0])


def _dated(row: Ints, day: Ints | np.int64) -> Ints:
    return np.asarray((row << 24) + (day - BEGINNING))


def _course(rows: Rows, day: Ints, amount: Ints, kind: np.dtype[Any]) -> _Course:
    """Return changes told apart by the columns of `kind`, its amount aside."""
    names = [name for name in kind.names or () if name != "amount"]
    order = np.lexsort([day, *(rows[name] for name in reversed(names))])
    opens = opening(rows[[*names]][order], names)
    start = np.flatnonzero(opens)
    found = np.zeros(len(start), dtype=kind)
    for name in names:
        found[name] = rows[name][order[start]]
    key = _dated(np.cumsum(opens) - 1, day[order].astype(np.int64))
    return _Course(found, key, np.r_[0, np.cumsum(amount[order])], start)


def table(kind: np.dtype[Any], **columns: Any) -> Rows:
    """Return rows of a table from its columns."""
    length = max(len(np.atleast_1d(one)) for one in columns.values())
    rows = np.zeros(length, dtype=kind)
    for name, values in columns.items():
        rows[name] = values
    return rows


def opening(rows: Rows, names: Sequence[str]) -> NDArray[np.bool_]:
    """Say which of some ordered rows differ from the one before in one of the columns named."""
    opens = np.zeros(len(rows), dtype=bool)
    opens[:1] = True
    for name in names:
        opens[1:] |= rows[name][1:] != rows[name][:-1]
    return opens


def condensed(rows: Rows) -> Rows:
    """Return rows with the amounts of those that are equal otherwise added up, without those that come to nothing."""
    if not len(rows):
        return rows
    names = [name for name in rows.dtype.names or () if name != "amount"]
    rows = rows[np.lexsort([rows[name] for name in reversed(names)])]
    first = np.flatnonzero(opening(rows, names))
    total = np.add.reduceat(rows["amount"], first)
    found = rows[first]
    found["amount"] = total
    return np.asarray(found[total != 0])
