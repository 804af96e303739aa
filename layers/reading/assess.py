"""A verdict on every row of a file: the versions it brings, and the report."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.definitions import Field, Kind, Layer
from layers.reading import checks, geometry, history, identity, overlaps, sources, suspicions
from layers.reading.answers import Answers, settled
from layers.reading.mapping import Matched, known_fields, located
from layers.reading.overlaps import Neighbours
from layers.reading.report import Problem
from layers.reading.rows import Rows
from layers.reading.synonyms import unit_of
from layers.reading.table import RawTable
from layers.reading.values import Cell, Ways, day_first, parse
from layers.versions import column


@dataclass(frozen=True)
class Programme:
    """What the programme sets that rows are held against.

    Attributes:
        area_of_operations: west, south, east, north in degrees; None: everywhere.
        qc_required_from: from which completion date cleared ground needs quality control.
        severity: how grave a suspicion is, by code, where it is not the default (layers.reading.severity).
    """

    area_of_operations: tuple[float, float, float, float] | None = None
    qc_required_from: dt.date | None = None
    severity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What became of the rows.

    Attributes:
        versions: version frame of the new versions in EPSG:4326, with `extra` and `source_row` (number in the file).
        problems: the report, in order of rows.
        rows_read: `accepted` + `rejected`; `repaired` and `unchanged` are among the accepted.
        warnings: how many lines warn.
        mapping: field -> column, as the file was read.
        words: field -> text -> word, for texts that were taken for a word they are not.
    """

    versions: gpd.GeoDataFrame
    problems: list[Problem]
    rows_read: int
    accepted: int
    repaired: int
    unchanged: int
    rejected: int
    warnings: int
    mapping: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


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
    answers: Mapping[str, object] | None = None,
    neighbours: Neighbours | None = None,
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
        answers: question code -> choice (layers.reading.answers).
        neighbours: gives the hazards and releases in force within a box; None: only the file's own are looked at.

    Raises:
        Question: something must be answered first; nothing is guessed.
    """
    replies = settled(answers)
    set_ = dict(set_values or {})
    known_fields(set_, layer)
    source = sources.recognised(table, layer)
    ways = Ways(replies.words, replies.get("decimal_comma"), replies.get("status_closed"))
    fields = located(
        source.table.columns,
        layer,
        source.mapping | dict(mapping or {}),
        fits=lambda one, value: _fits(one, value, ways),
        answers=replies,
        given=set_,
    )
    fields.guessed |= {
        name: "as its source means it"
        for name, column_ in source.mapping.items()
        if fields.columns.get(name) == column_ and name not in (mapping or {})
    }
    rows, words = _rows(source.table, layer, fields, set_, replies, programme.severity)
    rows.own = table.own
    _show(rows, source, fields, words)
    swapped = {"true": True, "false": False}.get(str(replies.get("swap_axes")), swap_axes or None)
    geometry.look_at(rows, table, programme.area_of_operations, swap_axes=swapped)
    checks.check(rows, today, programme.qc_required_from)
    identity.name_rows(rows)
    area = fields.columns.get("reported_area_m2")
    suspicions.suspect(rows, unit=unit_of(area) if area else "m2", answered=replies.get("area_unit"))
    for place, code, message in source.doubts:
        if not rows.rejected[place]:
            rows.suspect(place, code, message)
    overlaps.look_around(rows, neighbours)
    judged = history.judge(rows, known(_ids(rows)), today)
    problems = rows.report()
    rejected = int(rows.rejected.sum())
    return Verdict(
        versions=_frame(judged.versions, rows),
        problems=problems,
        rows_read=len(rows),
        accepted=len(rows) - rejected,
        repaired=int((rows.repaired & ~rows.rejected).sum()),
        unchanged=len(judged.unchanged),
        rejected=rejected,
        warnings=sum(one.level == "warning" for one in problems),
        mapping=fields.columns,
        words={name: dict(pair for field_, pair in words if field_ == name) for name, _ in words},
    )


def _fits(one: Field, value: object, ways: Ways) -> bool:
    """Say whether a value can be read as a field's; one that must be asked about can."""
    if one.kind is Kind.date:
        text = str(value)
        return day_first(one.name, [text], "day_first") is not None or parse(one, value, ways).wrong is None
    return parse(one, value, Ways(ways.words, "yes", "withdrawn")).wrong is None


def _ids(rows: Rows) -> list[str]:
    return list(dict.fromkeys(str(rows.values["id"][place]) for place in rows.standing()))


Words = Counter[tuple[str, tuple[str, str]]]
"""How often a text was taken for a word: (field, (text, word)) -> rows."""


def _rows(  # noqa: PLR0913, PLR0917
    table: RawTable,
    layer: Layer,
    fields: Matched,
    set_: dict[str, object],
    answers: Answers,
    severity: Mapping[str, str],
) -> tuple[Rows, Words]:
    """Bring columns to fields; what can't be read rejects its row."""
    count = len(table)
    taken = set(fields.columns.values())
    others = [name for name in table.columns if name not in taken]
    extra: list[dict[str, object]] = [{}] * count
    if others:
        cells = zip(*(table.columns[name] for name in others), strict=True)
        extra = [{name: one for name, one in zip(others, row, strict=True) if one is not None} for row in cells]
    rows = Rows(layer, {}, table.geometry.copy(), extra, table.own, table.numbers, severity)
    rows.values = {one.name: [None] * count for one in layer.fields}
    rows.values["id"] = list(table.ids)
    words: Words = Counter()
    turned = {
        one.name: first
        for one in layer.fields
        if one.kind is Kind.date and one.name in fields.columns
        if (first := day_first(one.name, table.columns[fields.columns[one.name]], answers.get("date_order")))
        is not None
    }
    ways = Ways(answers.words, answers.get("decimal_comma"), answers.get("status_closed"), turned)
    for one in layer.fields:
        if one.name in fields.columns:
            _read(rows, one, table.columns[fields.columns[one.name]], set_.get(one.name), ways, words)
        elif one.name in set_:
            _read(rows, one, [None] * count, set_[one.name], ways, words)
    if others:
        rows.say(
            None, "notice", "kept_as_extra", f"columns that no field takes are kept under extra: {', '.join(others)}"
        )
    return rows, words


def _read(  # noqa: PLR0913, PLR0917
    rows: Rows, one: Field, given: list[object], otherwise: object, ways: Ways, words: Words
) -> None:
    """Read one field of all rows; each different text is read once."""
    parsed: dict[object, Cell] = {}
    values = rows.values[one.name]
    for place, own in enumerate(given):
        value = otherwise if own is None or own == "" else own
        if value is None:
            continue
        key = (type(value), value) if isinstance(value, str | int | float | bool) else None
        cell = parsed.get(key) if key else None
        if cell is None:
            cell = parse(one, value, ways)
            if key:
                parsed[key] = cell
        if cell.wrong:
            rows.reject(place, f"bad_{one.name}", f"{one.name}: {cell.wrong}")
        elif cell.mended:
            rows.repair(place, f"read_{one.name}", f"{one.name}: {cell.mended}")
        for pair in cell.meant:
            words[one.name, pair] += 1
        if cell.value is not None:
            values[place] = cell.value


def _show(rows: Rows, source: sources.Known, fields: Matched, words: Words) -> None:
    """Say which column and which word was taken for which, and how to have it otherwise."""
    for code, message in source.table.notices:
        rows.say(None, "notice", code, message)
    if source.notice:
        rows.say(None, "notice", "known_source", source.notice)
    for name, why in fields.guessed.items():
        how = "" if why == "as it was sent" else f"; mapping {name} names another"
        rows.say(None, "notice", "column_mapped", f"{name} <- {fields.columns[name]} ({why}){how}")
    for sentence in fields.unclear:
        rows.say(None, "notice", "column_unclear", sentence)
    for (name, (text, word)), count in words.items():
        message = f"{name}: {text!r} -> {word} in {count} rows; the answer words.{name} says otherwise"
        rows.say(None, "notice", "word_mapped", message)


def _frame(found: list[history.Version], rows: Rows) -> gpd.GeoDataFrame:
    """Return versions as a version frame."""
    columns = {one.name: _column(one, [version.values[one.name] for version in found]) for one in rows.layer.fields}
    frame = pd.DataFrame(columns)
    frame["extra"] = pd.Series([version.values["extra"] for version in found], dtype=object)
    frame["source_row"] = pd.Series([rows.numbers[version.place or 0] for version in found], dtype="int64")
    frame["row"] = np.arange(len(found))
    wkb = np.array([version.values["geometry"] for version in found], dtype=object)
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(wkb), crs="EPSG:4326")


def _column(one: Field, values: list[object]) -> pd.Series:
    """Return values that were parsed already as a column of a version frame."""
    match one.kind:
        case Kind.date:
            return pd.Series(np.array(values, dtype="datetime64[D]").astype("datetime64[s]"))
        case Kind.word | Kind.text:
            return pd.Series(values, dtype="object")
        case Kind.boolean:
            return pd.Series([bool(value) for value in values], dtype="bool")
        case _:
            return column(one, values)
