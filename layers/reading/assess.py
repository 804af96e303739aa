"""A verdict on every row of a file: the versions it brings, and the report."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from layers.definitions import Layer
from layers.reading import checks, geometry, history, identity
from layers.reading.mapping import known_fields, matched
from layers.reading.report import Problem
from layers.reading.rows import Rows
from layers.reading.table import RawTable
from layers.reading.values import Cell, parse
from layers.versions import column


@dataclass(frozen=True)
class Programme:
    """What the programme sets that rows are held against.

    Attributes:
        area_of_operations: west, south, east, north in degrees; None: everywhere.
        qc_required_from: from which completion date cleared ground needs quality control.
    """

    area_of_operations: tuple[float, float, float, float] | None = None
    qc_required_from: dt.date | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of the rows.

    Attributes:
        versions: version frame of the new versions in EPSG:4326, with `extra` and `source_row` (from 1).
        problems: the report, in order of rows.
        rows_read: `accepted` + `rejected`; `repaired` and `unchanged` are among the accepted.
        warnings: how many lines warn.
    """

    versions: gpd.GeoDataFrame
    problems: list[Problem]
    rows_read: int
    accepted: int
    repaired: int
    unchanged: int
    rejected: int
    warnings: int


Known = Callable[[list[str]], gpd.GeoDataFrame]


def assess(  # noqa: PLR0913
    table: RawTable,
    layer: Layer,
    *,
    known: Known,
    today: dt.date,
    programme: Programme,
    mapping: Mapping[str, str] | None = None,
    set_values: Mapping[str, object] | None = None,
    swap_axes: bool = False,
) -> Verdict:
    """Judge every row of a file.

    Args:
        table: the rows.
        layer: whose records they are to become.
        known: answers the version frame of all versions known of some ids.
        today: the programme's calendar day.
        programme: what rows are held against.
        mapping: field -> column; set_values: field -> value for rows without their own.
        swap_axes: the file's first coordinate is the latitude.

    Raises:
        Question: something must be answered first; nothing is guessed.
    """
    rows = _rows(table, layer, dict(mapping or {}), dict(set_values or {}))
    geometry.look_at(rows, table, programme.area_of_operations, swap_axes=swap_axes)
    checks.check(rows, today, programme.qc_required_from)
    identity.name_rows(rows)
    judged = history.judge(rows, known(_ids(rows)), today)
    problems = sorted(rows.named_problems(), key=lambda one: one.row or 0)
    rejected = int(rows.rejected.sum())
    return Verdict(
        versions=_frame(judged.versions, layer),
        problems=problems,
        rows_read=len(rows),
        accepted=len(rows) - rejected,
        repaired=int((rows.repaired & ~rows.rejected).sum()),
        unchanged=len(judged.unchanged),
        rejected=rejected,
        warnings=sum(one.level == "warning" for one in problems),
    )


def _ids(rows: Rows) -> list[str]:
    return list(dict.fromkeys(str(rows.values["id"][place]) for place in rows.standing()))


def _rows(table: RawTable, layer: Layer, mapping: dict[str, str], set_values: dict[str, object]) -> Rows:
    """Bring columns to fields; what can't be read rejects its row."""
    known_fields(set_values, layer)
    fields = matched(list(table.columns), layer, mapping)
    taken = set(fields.values())
    others = [name for name in table.columns if name not in taken]
    count = len(table)
    extra = [
        {name: table.columns[name][k] for name in others if table.columns[name][k] is not None} for k in range(count)
    ]
    own = [_own(table, k) for k in range(count)]
    rows = Rows(layer, {name: [None] * count for name in layer.names}, table.geometry.copy(), extra, own)
    rows.values["id"] = list(table.ids)
    for field in layer.fields:
        column_ = table.columns[fields[field.name]] if field.name in fields else [None] * count
        parsed: dict[object, Cell] = {}
        for place, given in enumerate(column_):
            value = set_values.get(field.name) if given is None or given == "" else given
            if value is None:
                continue
            key = (type(value), value) if isinstance(value, str | int | float | bool) else None
            cell = parsed.get(key) if key else None
            if cell is None:
                cell = parse(field, value)
                if key:
                    parsed[key] = cell
            if cell.wrong:
                rows.reject(place, f"bad_{field.name}", f"{field.name}: {cell.wrong}")
            elif cell.mended:
                rows.repair(place, f"read_{field.name}", f"{field.name}: {cell.mended}")
            if cell.value is not None:
                rows.values[field.name][place] = cell.value
    if others:
        rows.say(
            None, "notice", "kept_as_extra", f"columns that no field takes are kept under extra: {', '.join(others)}"
        )
    return rows


def _own(table: RawTable, place: int) -> str:
    """Return a row's attributes as text, the same however its columns are ordered."""
    present = {name: column_[place] for name, column_ in table.columns.items() if column_[place] is not None}
    return orjson.dumps(present, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _frame(found: list[history.Version], layer: Layer) -> gpd.GeoDataFrame:
    """Return versions as a version frame."""
    columns = {one.name: column(one, [version.values[one.name] for version in found]) for one in layer.fields}
    frame = pd.DataFrame(columns)
    frame["extra"] = pd.Series([version.values["extra"] for version in found], dtype=object)
    frame["source_row"] = pd.Series([(version.place or 0) + 1 for version in found], dtype="int64")
    frame["row"] = np.arange(len(found))
    wkb = np.array([version.values["geometry"] for version in found], dtype=object)
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(wkb), crs="EPSG:4326")
