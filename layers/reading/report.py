"""The report of a reading: a line per problem, with the row it belongs to."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

LEVELS = ("error", "repair", "warning", "notice")
"""error: the row is rejected; repair: mended, and said how; warning: look at it; notice: for information."""


@dataclass(frozen=True)
class Problem:
    """One line of the report.

    Attributes:
        row: the row of the file, counted from 1; None where it concerns the file.
        id: the record's id, where it is known.
        level: one of `LEVELS`.
        code: what it is, for programs.
        message: what it is and what to do, for people.
        values: the row's attributes as they came, as JSON; None where it concerns the file.
    """

    row: int | None
    id: str | None
    level: str
    code: str
    message: str
    values: str | None = None


def write_csv(problems: Iterable[Problem]) -> str:
    """Return the report as CSV: row, id, level, code, message, values."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([one.name for one in fields(Problem)])
    writer.writerows([harmless(value) for value in astuple(one)] for one in problems)
    return out.getvalue()


def harmless(value: object) -> object:
    """Keep text that a spreadsheet would run as a formula from being one, by an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
