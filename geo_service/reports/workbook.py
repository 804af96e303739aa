"""A report as a workbook: numbers as numbers, totals as formulas, so that whoever opens it can add up again."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from geo_service.formats import harmless
from geo_service.reports.tables import Column, Kind, Table

FORMATS = {Kind.number: "#,##0", Kind.square_metres: "#,##0", Kind.hectares: "#,##0.0000"}
WIDEST = 60
_FIRST_ROW = 5
"""A sheet has its title, its note and an empty line above the headings."""


def workbook(tables: Sequence[Table], about: Mapping[str, object], made_at: dt.datetime) -> bytes:
    """Return tables as a workbook, a sheet for each after one that says what they describe.

    A total is a formula over the rows where they add up to it, and the balance's own figure where they do not (a hazard
    that lies in two districts). The same tables give the same bytes.
    """
    book = Workbook()
    first = book.create_sheet("about")
    for name, value in about.items():
        first.append([harmless(name), harmless(value)])
    for cells in first.iter_rows():
        cells[0].font = Font(bold=True)
        cells[1].alignment = Alignment(wrap_text=True, vertical="top")
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 24, 100
    book.remove(book["Sheet"])
    for table in tables:
        _sheet(book.create_sheet(table.name[:31]), table)
    book.properties.creator = "Clearway"
    book.properties.created = book.properties.modified = made_at.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue(), made_at)


def _sheet(sheet: Worksheet, table: Table) -> None:
    _put(sheet.cell(1, 1), table.title)
    sheet.cell(1, 1).font = Font(bold=True, size=13)
    _put(sheet.cell(2, 1), table.note)
    for place, column in enumerate(table.columns, start=1):
        _put(sheet.cell(_FIRST_ROW - 1, place), column.label, bold=True)
    for number, row in enumerate(table.rows, start=_FIRST_ROW):
        for place, column in enumerate(table.columns, start=1):
            _put(sheet.cell(number, place), row.get(column.key), FORMATS.get(column.kind))
    if table.total is not None:
        last = _FIRST_ROW + len(table.rows)
        for place, column in enumerate(table.columns, start=1):
            _put(sheet.cell(last, place), _total(table, column, place, last), FORMATS.get(column.kind), bold=True)
    sheet.freeze_panes = f"B{_FIRST_ROW}"
    for place, column in enumerate(table.columns, start=1):
        widest = max([len(column.label) * 0.7, *(len(str(row.get(column.key, ""))) for row in table.rows[:200])])
        sheet.column_dimensions[get_column_letter(place)].width = min(WIDEST, max(12, widest + 2))


def _total(table: Table, column: Column, place: int, last: int) -> object:
    told = (table.total or {}).get(column.key)
    values = [row.get(column.key) for row in table.rows]
    if not (column.sums and table.rows and isinstance(told, int | float)):
        return told
    added = sum(float(value) for value in values if isinstance(value, int | float))
    if abs(added - told) > max(1.0, 1e-9 * abs(told)):
        return told
    letter = get_column_letter(place)
    return f"=SUM({letter}{_FIRST_ROW}:{letter}{last - 1})"


def _put(cell: Cell | MergedCell, value: object, shown: str | None = None, *, bold: bool = False) -> None:
    formula = bold and isinstance(value, str) and value.startswith("=SUM(")
    cell.value = value if formula else harmless(value)  # type: ignore[assignment]
    if shown:
        cell.number_format = shown
    if bold:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _settled(content: bytes, made_at: dt.datetime) -> bytes:
    """Return the archive with the report's own time in place of the clock's: the same report is the same file."""
    stamp = max(made_at, dt.datetime(1980, 1, 1, tzinfo=made_at.tzinfo)).timetuple()[:6]
    moment = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            body = old.read(name)
            if name == "docProps/core.xml":
                # By whatever prefix: other libraries give the namespace names of their own.
                body = re.sub(rb"(<(?:\w+:)?modified[^>]*>)[^<]*", rb"\g<1>" + moment, body)
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, body)
    return out.getvalue()
