"""A table of a report: what workbooks, CSV, pages and paper are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

HECTARE_M2 = 10_000.0
"""Square metres in a hectare."""


class Kind(StrEnum):
    """What a column holds."""

    text = "text"
    number = "number"
    square_metres = "m2"
    hectares = "ha"


@dataclass(frozen=True)
class Column:
    """A column: the key of its value in a row, its heading, what it holds, and whether its values add up."""

    key: str
    label: str
    kind: Kind = Kind.text
    sums: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: a short name, of a sheet or a file.
        title: what it shows, for people.
        columns, rows: its columns; a value for the key of each, or None where nothing is known.
        total: the last row, worked out by the balance and not by adding up; None where a sum means nothing.
        note: what a reader has to know.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    total: Mapping[str, object] | None = None
    note: str = ""


def number(label: str, key: str, kind: Kind = Kind.square_metres, *, sums: bool = True) -> Column:
    """Return a column of numbers."""
    return Column(key, label, kind, sums)
