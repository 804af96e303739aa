"""Files that Clearway wrote itself: what was worked out is left out when they come back, what no field took returns.

An export has a column for every field of its layer and one named `extra`; no other table has. Its fields are taken as
they stand, so that an export loaded into the store that it came from changes nothing. Shapefiles hold names of ten
characters and texts of 254 bytes: names are found again, and a text that was cut is warned of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import orjson
import shapely

from layers.definitions import WORKED_OUT, Geometry, Layer
from layers.reading.table import RawTable

EXTRA = "extra"
"""The column of what no field takes, JSON of an object."""

TIMES = ("as_of", "known_at", "revision")
"""Columns that an export as CSV has on every row: the date and the knowledge that it describes."""

MOST_NAME = 10
"""Characters of a name in a shapefile."""

MOST_BYTES = 254
"""Bytes of a text in a shapefile."""

CUT = "…"
"""What a text ends with that was cut."""

NOTICE = "it is an export of Clearway: its fields are taken by name; what was worked out is worked out again"
"""What the report says of such a file."""

_RUN = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet runs."""


@dataclass(frozen=True)
class Export:
    """An export as the records that it was made of.

    Attributes:
        table: the records.
        doubts: (place, code, message) of rows that lack something of what was exported.
    """

    table: RawTable
    doubts: list[tuple[int, str, str]]


def guarded(value: object) -> object:
    """Return a cell of a CSV file: a text that a spreadsheet would run stands behind an apostrophe.

    So does one that begins with an apostrophe itself: `unguarded` returns each as it was.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith((*_RUN, "'")) else value


def unguarded(value: object) -> object:
    """Return what was `guarded`."""
    return value[1:] if isinstance(value, str) and value.startswith("'") else value


def shortened(names: Sequence[str]) -> dict[str, str]:
    """Return name -> a name of at most 10 characters, unlike every other, upper and lower case alike."""
    found: dict[str, str] = {name: name for name in names if len(name) <= MOST_NAME}
    taken = {name.lower() for name in found}
    for name in (one for one in names if one not in found):
        tries = (name[: MOST_NAME - len(end)] + end for end in ("", *map(str, range(2, 10_000))))
        found[name] = next(one for one in tries if one.lower() not in taken)
        taken.add(found[name].lower())
    return {name: found[name] for name in names}


def columns_of(layer: Layer) -> tuple[str, ...]:
    """Return the columns that an export of a layer can have, in order."""
    return (*layer.names, *WORKED_OUT.get(layer.name, ()), EXTRA)


def brought_back(table: RawTable, layer: Layer) -> Export | None:
    """Return an export of a layer as its records; None for a table that is none."""
    needed = {*layer.names, EXTRA}
    if needed <= table.columns.keys():
        return Export(_records(table, layer, table.columns), [])
    long = {short: name for name, short in shortened(columns_of(layer)).items()}
    columns = {long.get(name, name): cells for name, cells in table.columns.items()}
    if not needed <= columns.keys() or len(columns) != len(table.columns):
        return None
    return Export(_records(table, layer, columns), _cut(columns))


def _records(table: RawTable, layer: Layer, columns: Mapping[str, list[object]]) -> RawTable:
    columns = dict(columns)
    if all(name in columns for name in TIMES):
        columns = {name: list(map(unguarded, column)) for name, column in columns.items() if name not in TIMES}
    for name in WORKED_OUT.get(layer.name, ()):
        columns.pop(name, None)
    kept = [_object(value) for value in columns.pop(EXTRA)]
    names = [name for name in dict.fromkeys(key for one in kept for key in one) if name not in columns]
    columns |= {name: [one.get(name) for one in kept] for name in names}
    return replace(table, columns=columns, geometry=_alone(table, layer))


def _alone(table: RawTable, layer: Layer) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return the geometries with those of one part as that part: GIS files hold layers of several parts or of none."""
    shapes = table.geometry.copy()
    several = {Geometry.polygon: shapely.GeometryType.MULTIPOLYGON, Geometry.line: shapely.GeometryType.MULTILINESTRING}
    if layer.geometry in several:
        one = (shapely.get_type_id(shapes) == several[layer.geometry]) & (shapely.get_num_geometries(shapes) == 1)
        shapes[one] = shapely.get_geometry(shapes[one], 0)
    return shapes


def _cut(columns: Mapping[str, list[object]]) -> list[tuple[int, str, str]]:
    """Return the rows with a text that a shapefile cut."""
    return [
        (place, "cut_text", f"{name} was cut in the shapefile; long_texts.csv of the export has it whole")
        for name, cells in columns.items()
        for place, cell in enumerate(cells)
        if isinstance(cell, str) and cell.endswith(CUT) and len(cell.encode()) > MOST_BYTES - 2 * len(CUT.encode())
    ]


def _object(value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = {EXTRA: value}
    if isinstance(value, Mapping):
        return value
    return {} if value is None else {EXTRA: value}
