"""Tables that many send and that name their columns in a way of their own: recognised by these names, and said so."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from layers.definitions import Layer
from layers.reading import exported
from layers.reading.table import RawTable

UCDP = ("where_prec", "date_prec", "date_start", "date_end", "type_of_violence", "best")
"""Columns that the georeferenced event dataset of the Uppsala Conflict Data Program has, and no other table."""

WHERE_M: Mapping[int, float] = {1: 1e3, 2: 25e3, 3: 50e3, 4: 150e3, 5: 150e3, 6: 500e3, 7: 500e3}
"""Metres that stand for `where_prec`. Its codebook gives them for 2 (within 25 km of a known place); 1 is a known place
such as a village, 3 a district, 4 a province, 5 a line or a part of the country, 6 the country: their usual sizes."""

WHERE = {2: "a place within some 25 km", 3: "a district only", 4: "a province only", 5: "a line or a region only",
         6: "the country only", 7: "international waters"}  # fmt: skip
WHEN = {2: "2 to 6 days", 3: "a week", 4: "a month", 5: "a year"}
"""How exactly `date_prec` knows the day."""


@dataclass(frozen=True)
class Known:
    """A table with what its source is known to mean.

    Attributes:
        table: the table, with columns added.
        mapping: field -> column.
        doubts: (place, code, message) of rows that are less exact than they look.
        notice: which source it is taken for; None where it is taken for none.
    """

    table: RawTable
    mapping: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[int, str, str]] = field(default_factory=list)
    notice: str | None = None


def recognised(table: RawTable, layer: Layer) -> Known:
    """Return the table as its source means it, where the source is known and brings such records."""
    export = exported.brought_back(table, layer)
    if export:
        return Known(export.table, doubts=export.doubts, notice=exported.NOTICE)
    if layer.name != "incidents" or not all(name in table.columns for name in UCDP):
        return Known(table)
    added = "location accuracy of where_prec"
    where, when = (table.columns[name] for name in ("where_prec", "date_prec"))
    metres: list[object] = [None] * len(table)
    doubts = []
    for place in range(len(table)):
        code, day = _code(where[place]), _code(when[place])
        metres[place] = WHERE_M.get(code)
        if code in WHERE:
            message = f"where_prec {code}: the point stands for {WHERE[code]} ({WHERE_M[code] / 1000:g} km)"
            doubts.append((place, "low_location_precision", message))
        if day in WHEN:
            doubts.append((place, "low_date_precision", f"date_prec {day}: the day is known to {WHEN[day]} only"))
    notice = (
        "it has the columns of the UCDP georeferenced events: occurred_on is date_start, killed is best, "
        "location_accuracy_m comes from where_prec; mapping names others"
    )
    columns = {**table.columns, added: metres}
    mapping = {"occurred_on": "date_start", "killed": "best", "location_accuracy_m": added}
    return Known(replace(table, columns=columns), mapping, doubts, notice)


def _code(value: object) -> int:
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return 0
