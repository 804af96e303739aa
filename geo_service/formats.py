"""Answers as text, CSV and workbooks: the same figures as the JSON, for people and spreadsheets."""

import csv
import io
from collections.abc import Mapping, Sequence

import geopandas as gpd
import orjson
import shapely
from openpyxl import Workbook

Answer = Mapping[str, object]
Rows = Sequence[Mapping[str, object]]

_UNSAFE = ("=", "+", "-", "@", "\t", "\r")


def to_json(answer: object) -> bytes:
    """Return an answer as JSON; the same answer gives the same bytes."""
    return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


def rows_of(answer: Answer) -> list[Mapping[str, object]]:
    """Return the rows of an answer, its total last."""
    rows = list(answer["rows"])  # type: ignore[call-overload]
    total = answer.get("total")
    return [*rows, total] if isinstance(total, Mapping) else rows


def to_csv(rows: Rows) -> str:
    """Return rows as CSV. Text that a spreadsheet would run as a formula is kept from it by an apostrophe."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def to_geojson(frame: gpd.GeoDataFrame, about: Mapping[str, object], notice: str) -> bytes:
    """Return polygons as a GeoJSON collection (RFC 7946) that says what it describes and what it does not."""
    shapes = shapely.to_geojson(frame.geometry.to_numpy())
    rows = frame.drop(columns="geometry").to_dict("records")
    features = [
        {"type": "Feature", "properties": row, "geometry": orjson.Fragment(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    return orjson.dumps({"type": "FeatureCollection", **about, "notice": notice, "features": features})


def to_xlsx(answer: Answer) -> bytes:
    """Return an answer as a workbook: its rows, its certificate, and what it describes."""
    book = Workbook()
    _sheet(book, "balance", rows_of(answer))
    certificate = answer.get("certificate")
    if isinstance(certificate, Mapping):
        _sheet(
            book,
            "certificate",
            [{k: one.get(k) for k in ("check", "passed", "difference_m2")} for one in certificate["checks"]],
        )
    about = {k: v for k, v in answer.items() if not isinstance(v, list | dict)}
    _sheet(book, "about", [{"what": key, "value": value} for key, value in about.items()])
    book.remove(book["Sheet"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, title: str, rows: Rows) -> None:
    sheet = book.create_sheet(title)
    if rows:
        sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([harmless(value) for value in row.values()])


def harmless(value: object) -> object:
    """Return a value that a spreadsheet does not run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_UNSAFE) else value


def to_table(rows: Rows, hidden: Sequence[str] = ()) -> str:
    """Return rows as aligned text; areas in whole m2 with thousands apart."""
    if not rows:
        return "(nothing)\n"
    names = [name for name in rows[0] if name not in hidden]
    cells = [names, *([_shown(row[name]) for name in names] for row in rows)]
    width = [max(len(line[k]) for line in cells) for k in range(len(names))]
    numeric = [isinstance(rows[0][name], int | float) for name in names]
    lines = [
        "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(line, width, numeric, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * w for w in width), *lines[1:]]) + "\n"


def _shown(value: object) -> str:
    if value is None:
        return "all"
    if isinstance(value, float):
        # An area that is not zero never reads as zero.
        return "0" if value == 0 else f"{value:,.0f}" if abs(value) >= 1 else f"{value:.1g}"
    return str(value)
