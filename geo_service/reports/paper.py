"""A report on paper: its tables in landscape, with dates, sentences and page numbers around them."""

from collections.abc import Iterator, Mapping, Sequence

from geo_service.balance import View
from geo_service.printing.atlas import made_at
from geo_service.printing.files import DRAWING
from geo_service.printing.furniture import WARNING, Imprint, surround, warnings_of
from geo_service.printing.paper import FAINT, MM, PAPERS, SOFT, Page, Paper, cut, extent, inked, pdf_of, wrapped
from geo_service.printing.tables import figure
from geo_service.reports.tables import Column, Kind, Table
from geo_service.settings import Settings
from geo_service.situations import situation
from layers.versions import as_moment

LONGEST = 400
"""Rows of a table that are printed; the workbook holds all of them."""

LEFT = Kind.text


def pdf(tables: Sequence[Table], title: str, edition: str, view: View, settings: Settings) -> bytes:
    """Return tables as PDF. The same tables give the same bytes.

    Args:
        tables: in order; each begins on a page of its own.
        title: of the report.
        edition: what it is called, on every page.
        view: the end of the period: its dates and sentences stand on every page.
        settings: who answers for the data.
    """
    paper = PAPERS["A4"]
    with DRAWING, inked():
        parts = [(table, part, last) for table in tables for part, last in _parts(table, paper)]
        imprint = Imprint(situation(view, settings), edition, len(parts))
        pages = [
            _page(paper, imprint, title, table, part, last, number)
            for number, (table, part, last) in enumerate(parts, start=1)
        ]
        revision = view.snapshot.revision
        at = made_at(revision.recorded_at if revision else None, as_moment(view.known_at))
        return pdf_of(pages, {"Title": title, "Author": settings.authority}, at)


def _parts(table: Table, paper: Paper) -> Iterator[tuple[Sequence[Mapping[str, object]], bool]]:
    """Go through the rows that have room on a page each; says which of them are the last."""
    rows, room = table.rows[:LONGEST], _room(paper)
    for start in range(0, max(1, len(rows)), room):
        yield rows[start : start + room], start + room >= len(rows)


def _room(paper: Paper) -> int:
    _, south, _, north = paper.neat
    return int((north - south - paper.header - paper.footer - 48) / _step(paper))


def _step(paper: Paper) -> float:
    return paper.body * 1.7 / MM


def _page(  # noqa: PLR0913, PLR0917 - what a page is made of
    paper: Paper,
    imprint: Imprint,
    title: str,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    last: bool,  # noqa: FBT001
    number: int,
) -> Page:
    page = Page(paper)
    surround(page, imprint, title, table.title, number)
    west, _, east, north = paper.neat
    x, y = west + 4, north - paper.header - 3
    for warning in warnings_of(imprint.situation):
        y = page.paragraph(x, y, warning, east - west - 8, paper.body + 1, color=WARNING, fontweight="bold")
    y = page.paragraph(x, y, table.title, east - west - 8, paper.body + 2.5, fontweight="bold")
    if table.note:
        y = page.paragraph(x, y - 0.6, table.note, east - west - 8, color=SOFT)
    places = _places(table, rows, x, east - 4)
    top = y - 2
    lines = [wrapped(column.label, width - 1.5, paper.small, bold=True) for column, (_, width) in places]
    for (column, (start, width)), words in zip(places, lines, strict=True):
        end = start if column.kind is LEFT else start + width
        for place, line in enumerate(words):
            page.text(
                end, top - 3 - place * paper.small * 1.25 / MM, line, paper.small,
                ha="left" if column.kind is LEFT else "right", fontweight="bold",
            )  # fmt: skip
    y = top - 3 - max(map(len, lines)) * paper.small * 1.25 / MM
    page.line([x, east - 4], [y + 1.2] * 2, width=0.3)
    for place, row in enumerate(rows):
        y -= _step(paper)
        if place % 2:
            high = _step(paper)
            page.rectangle((x, y - high * 0.28, east - 4, y + high * 0.72), facecolor="#F3F5F7", edgecolor="none")
        _row(page, places, row, y, "normal")
    if not table.rows:
        y -= _step(paper)
        page.text(x, y, "Nothing is recorded.", color=SOFT)
    if last and table.total is not None:
        y -= _step(paper) * 1.2
        _row(page, places, table.total, y, "bold")
    if last and len(table.rows) > LONGEST:
        y -= _step(paper) * 1.4
        page.text(x, y, f"{len(table.rows) - LONGEST:,} more rows stand in the workbook.", color=SOFT)
    page.line([x, east - 4], [y - _step(paper) * 0.45] * 2, width=0.1, color=FAINT)
    return page


def _places(
    table: Table, rows: Sequence[Mapping[str, object]], start: float, end: float
) -> list[tuple[Column, tuple[float, float]]]:
    """Return where each column begins and how wide it is (mm), by what it holds on this page."""
    paper = PAPERS["A4"]
    wanted = []
    for column in table.columns:
        texts = [_shown(row.get(column.key), column.kind) for row in (*rows, table.total or {})]
        body = max((extent(text, paper.body)[0] for text in texts), default=0)
        head = max((extent(word, paper.small, bold=True)[0] for word in column.label.split()), default=0)
        wanted.append(min(70.0, max(body, head, 10.0)) + 3)
    scale = min(1.0, (end - start) / sum(wanted))
    found, x = [], start
    for column, width in zip(table.columns, wanted, strict=True):
        found.append((column, (x, width * scale)))
        x += width * scale
    return found


def _row(
    page: Page, places: Sequence[tuple[Column, tuple[float, float]]], row: Mapping[str, object], y: float, weight: str
) -> None:
    for column, (start, width) in places:
        text = cut(_shown(row.get(column.key), column.kind), width - 1, page.paper.body, bold=weight == "bold")
        at = start if column.kind is LEFT else start + width
        page.text(at, y, text, ha="left" if column.kind is LEFT else "right", fontweight=weight)


def _shown(value: object, kind: Kind) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if kind is Kind.hectares:
        return f"{float(value):,.2f}".replace(",", "\u00a0")  # type: ignore[arg-type]
    return figure(float(value)) if isinstance(value, int | float) else str(value)
