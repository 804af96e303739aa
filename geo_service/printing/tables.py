"""Pages with the balance by district: m2 by state, totals, and whether the certificate passed."""

from collections.abc import Mapping, Sequence
from typing import Any

from geo_service.balance import records
from geo_service.maps.situation import Situation
from geo_service.printing.furniture import WARNING, Imprint, heading, surround, warnings_of
from geo_service.printing.paper import FAINT, MM, SOFT, Column, Page, Paper, cut, wrapped

COLUMNS = (
    ("area_m2", "Area"),
    ("CHA", "Confirmed, open"),
    ("SHA", "Suspected, open"),
    ("cleared", "Cleared"),
    ("reduced", "Reduced"),
    ("cancelled", "Cancelled"),
    ("surveyed_no_evidence", "Surveyed, no evidence found"),
    ("no_recorded_hazard", "No recorded hazard (not assessed)"),
    ("pending_qc_m2", "Awaiting quality control"),
    ("hazards_open", "Hazards with open ground"),
)
"""What a table shows of each district, m2 but for the last."""


def figure(value: float) -> str:
    """Return m2 or a count; ground that is there never reads as none."""
    if 0 < abs(value) < 0.5:
        return "<1"
    return f"{value:,.0f}".replace(",", "\u00a0")


def rows_of(situation: Situation) -> list[dict[str, Any]]:
    """Return the rows of the balance in order of name; ground outside every district last."""
    found: list[dict[str, Any]] = records(situation.partition)
    return sorted(
        found, key=lambda row: (row["district_id"] == "", str(row["district"]).casefold(), row["district_id"])
    )


def per_page(paper: Paper) -> int:
    """Return how many rows of a table a page has room for."""
    return int((paper.map[3] - paper.map[1] - 30) / _step(paper))


def _step(paper: Paper) -> float:
    return paper.body * 1.75 / MM


def table_page(  # noqa: PLR0913, PLR0917
    paper: Paper,
    imprint: Imprint,
    rows: Sequence[Mapping[str, Any]],
    total: Mapping[str, Any] | None,
    sheets: Mapping[str, int],
    number: int,
) -> Page:
    """Return a page of the table.

    Args:
        paper, imprint, number: the paper, what it says of itself, and which page it is.
        rows: the districts on it; total: the sums, on the last page.
        sheets: by district id, the number of its sheet.
    """
    page = Page(paper)
    surround(page, imprint, "Balance by district", "Square metres by the state of the ground", number)
    west, _, east, north = paper.neat
    x, y = west + 4, north - paper.header - 3
    for warning in warnings_of(imprint.situation):
        y = page.paragraph(x, y, warning, east - west - 8, paper.body + 1, color=WARNING, fontweight="bold")
    names = (east - west) * 0.2
    step = (east - x - 4 - names - 12) / len(COLUMNS)
    ends = [x + names + step * (place + 1) for place in range(len(COLUMNS))]
    top = y
    for (_, label), end in zip(COLUMNS, ends, strict=True):
        lines = wrapped(label, step - 2, paper.small, bold=True)
        for place, line in enumerate(lines):
            page.text(end, top - 3 - place * paper.small * 1.25 / MM, line, paper.small, ha="right", fontweight="bold")
    page.text(x, top - 3, "District", paper.small, fontweight="bold")
    page.text(east - 4, top - 3, "Sheet", paper.small, ha="right", fontweight="bold")
    y = top - 3 - 3.2 * paper.small * 1.25 / MM
    page.line([x, east - 4], [y, y], width=0.3)
    high = _step(paper)
    for place, row in enumerate(rows):
        y -= high
        if place % 2:
            page.rectangle((x, y - high * 0.28, east - 4, y + high * 0.72), facecolor="#F3F5F7", edgecolor="none")
        name = str(row["district"]) if row["district_id"] else "Outside every district"
        page.text(x, y, cut(name, names - 2, paper.body), paper.body)
        _figures(page, row, ends, y, "normal")
        if row["district_id"] in sheets:
            page.text(east - 4, y, str(sheets[row["district_id"]]), ha="right")
    page.line([x, east - 4], [y - high * 0.35] * 2, width=0.3)
    if total is not None:
        y -= high * 1.2
        page.text(x, y, "All", fontweight="bold")
        _figures(page, total, ends, y, "bold")
        y -= high
        passed = imprint.situation.certificate_passed
        page.text(
            x, y - 2, "Certificate passed: the states of the ground add up to the area." if passed else
            "CERTIFICATE FAILED: do not publish these figures.", fontweight="bold", color=SOFT if passed else WARNING,
        )  # fmt: skip
    page.line([x, east - 4], [y - high] * 2, width=0.1, color=FAINT)
    return page


def short(column: Column, y: float, height: float, situation: Situation) -> bool:
    """Put what is open and released by district, where the height left (mm) has room for all of it; say whether."""
    page, x, width = column.page, column.x, column.width
    step = page.paper.small * 1.42 / MM
    rows = rows_of(situation)
    if not rows or (len(rows) + 1) * step + 6 > height:
        return False
    y = heading(column, y, "By district, m²")
    ends = [x + width * share for share in (0.52, 0.76, 1.0)]
    y -= step
    for end, label in zip(ends, ("CHA", "SHA", "Released"), strict=True):
        page.text(end, y, label, page.paper.small, ha="right", color=SOFT)
    for row in rows:
        y -= step
        name = str(row["district"]) if row["district_id"] else "Outside districts"
        page.text(x, y, cut(name, width * 0.28, page.paper.small), page.paper.small)
        figures = row["CHA"], row["SHA"], row["cleared"] + row["reduced"] + row["cancelled"]
        for end, value in zip(ends, figures, strict=True):
            page.text(end, y, figure(float(value)), page.paper.small, ha="right")
    return True


def _figures(page: Page, row: Mapping[str, Any], ends: Sequence[float], y: float, weight: str) -> None:
    for (name, _), end in zip(COLUMNS, ends, strict=True):
        page.text(end, y, figure(float(row[name])), page.paper.body - 0.3, ha="right", fontweight=weight)
