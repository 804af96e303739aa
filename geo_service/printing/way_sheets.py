"""The sheets of a printed way: what stands beside its map, and the table of its stretches."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib import patheffects

from geo_service.languages.speech import Speech
from geo_service.printing import furniture, symbols
from geo_service.printing.drawing import Window
from geo_service.printing.furniture import ScaleWords
from geo_service.printing.grid import Grid
from geo_service.printing.paper import FAINT, INK, MM, PAPERS, SOFT, Column, Page, wrapped
from geo_service.printing.symbols import Mark, Symbol

VERDICTS = {
    "no_go": ("#B00020", "#FFFFFF"),
    "insufficient_information": ("#FFE9B8", "#4A3000"),
    "go_with_conditions": ("#EBF4FF", "#174885"),
}
"""The ground and the letters of each verdict; none of them is green."""

COLUMNS = (("from", 18), ("to", 18), ("evidence", 92), ("source", 66), ("date", 26), ("nearest", 58))
"""The columns of the table and their widths (mm)."""

LEAST_MM = 6.0
"""Room that a table leaves at the foot of its sheet."""

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Header:
    """What every sheet says.

    Attributes:
        speech: the language; found: the answer that is printed.
        notice: the sentences in that language; others: the other languages, each with the sentences.
        places: what start and destination are called.
        confirmed: it leads over unsurveyed ground, and whoever printed it confirmed that.
        today: the day on which it was made.
        listed_m: how far off the nearest hazard is still named (m).
    """

    speech: Speech
    found: Told
    notice: str
    others: Mapping[str, tuple[Speech, str]]
    places: tuple[str, str]
    confirmed: bool
    today: dt.date
    listed_m: float

    def title(self, k: int, count: int) -> str:
        """Return what a way is called."""
        speech, (a, b) = self.speech, self.places
        mode = speech.t(f"by_{self.found['mode']}")
        return speech.t("paper_title", number=k + 1, count=count, mode=mode, place_a=a, place_b=b)


def frame(page: Page, header: Header, told: Told, way: tuple[int, int], sheet: tuple[int, int]) -> None:
    """Put title, dates and sentences on a sheet.

    Args:
        page: the sheet; header, told: what it says.
        way: the number of the way, from 0, and how many there are; sheet: the same of the sheet, from 1.
    """
    speech, found = header.speech, header.found
    dates = (
        speech.t("paper_ground", date=speech.date(found["as_of"])),
        speech.t("paper_known", known=found["known_at"]),
        speech.t("paper_sheet", revision=found["revision"], number=sheet[0], count=sheet[1]),
    )
    said = f"{speech.t('paper_synthetic')} {header.notice}" if found["synthetic"] else header.notice
    issued = _issued(header, told)
    furniture.framed(page, header.title(*way), issued, dates, said, synthetic=bool(found["synthetic"]))


def _issued(header: Header, told: Told) -> str:
    until = told["expires"] or "-"
    return header.speech.t("paper_issued", date=header.speech.date(header.today), until=until)


def end_mark(window: Window, letter: str, at: tuple[float, float]) -> None:
    """Put a ring around an end of a way and a letter beside it: what lies under it stays visible."""
    page = window.page
    ring = Mark("", "o", 3.4, "none", INK, 0.55)
    for mark in (Mark("", "o", 3.4, "none", "#FFFFFF", 1.2), ring):
        (line,) = page.axes.plot(
            *([one] for one in at), linestyle="", marker=mark.shape, markersize=mark.size * MM, markerfacecolor="none",
            markeredgecolor=mark.edge, markeredgewidth=mark.width * MM, zorder=7,
        )  # fmt: skip
        window.clip(line)
    x, y = at[0] + 2.0, at[1] + 1.4
    halo = [patheffects.Stroke(linewidth=2.4, foreground="white")]
    page.text(x, y, letter, 11, fontweight="bold", zorder=7.1, path_effects=halo)
    page.text(x, y, letter, 11, fontweight="bold", zorder=7.2)


def beside_map(  # noqa: PLR0913, PLR0917 - all of it stands beside the map
    window: Window,
    grid: Grid,
    header: Header,
    told: Told,
    evidence: Mapping[str, Symbol],
    hazards: int,
    smallest: float,
) -> None:
    """Put verdict, figures, evidence, conditions, scale and legend beside a map."""
    page, speech = window.page, header.speech
    paper = page.paper
    _, south, east, north = paper.neat
    page.line([east - paper.column] * 2, [south + paper.footer, north - paper.header], width=0.35, zorder=20)
    column = Column(page, east - paper.column + 2, paper.column - 5)
    y = verdict(column, north - paper.header - 2, header, told)
    figures = [(speech.t("row_time"), told["time"]), (speech.t("row_length"), told["length"])]
    if told["exposure"] is not None:
        figures.append((speech.t("row_exposure"), told["exposure"]))
    y = furniture.rows(column, y - 0.6, figures)
    y = furniture.heading(column, y, speech.t("legend_evidence"))
    for name, metres in told["evidence"].items():
        y = furniture.line_entry(column, y, evidence[name], speech.t(f"class_{name}"), metres)
    words = ScaleWords(*(speech.catalogue[f"paper_{one}"] for one in ("scale", "grid", "east", "west")))
    y = furniture.arrow_and_scale(window, grid, column, y - 1.5, words)
    y = _legend(column, y, speech, smallest)
    y = page.paragraph(column.x, y, speech.t("paper_counts", number=hazards), column.width, paper.small) - 1
    # Conditions stand beside the map where all of them have room, else on the next sheet, all together.
    lines = conditions(told)
    room = y - (south + paper.footer) - 7
    needed = sum(len(wrapped(one, column.width, paper.body)) for one in lines) * paper.body * 1.28 / MM
    if lines and needed <= room:
        put_conditions(column, y, speech, lines, paper.body)
    elif lines:
        y = furniture.heading(column, y, speech.t("conditions"))
        page.paragraph(column.x, y, speech.t("paper_conditions_next"), column.width, paper.body, fontweight="bold")


def conditions(told: Told) -> list[str]:
    """Return the conditions of a way as lines of a list."""
    return [f"- {one}" for one in told["conditions"]]


def put_conditions(column: Column, y: float, speech: Speech, lines: Sequence[str], size: float) -> float:
    """Put the conditions under a heading; answers where they end."""
    y = furniture.heading(column, y, speech.t("conditions"))
    for one in lines:
        y = column.page.paragraph(column.x, y, one, column.width, size)
    return y


def verdict(column: Column, y: float, header: Header, told: Told) -> float:
    """Put the verdict in its box, why it is so, and until when it holds; answers where that ends."""
    page, speech = column.page, header.speech
    ground, letters = VERDICTS[told["verdict"]]
    lines = wrapped(told["verdict_said"], column.width - 4, 10, bold=True)
    high = len(lines) * 10 * 1.28 / MM + 2.6
    page.rectangle((column.x, y - high, column.x + column.width, y), facecolor=ground, edgecolor=letters, width=0.4)
    page.paragraph(column.x + 2, y - 0.6, told["verdict_said"], column.width - 4, 10, fontweight="bold", color=letters)
    y = page.paragraph(column.x, y - high - 0.8, told["because"], column.width)
    if told["expires"]:
        said = speech.t("holds_until", date=told["expires"])
        y = page.paragraph(column.x, y - 0.4, said, column.width, fontweight="bold")
    warnings = (
        [speech.t("paper_confirmed")] if header.confirmed and told["verdict"] == "insufficient_information" else []
    )
    if header.found["coverage_gap"]:
        warnings.append(speech.t("coverage_gap"))
    for one in warnings:
        y = page.paragraph(column.x, y - 0.4, one, column.width, color=furniture.WARNING, fontweight="bold")
    return y


def _legend(column: Column, y: float, speech: Speech, smallest: float) -> float:
    """Put what the map's symbols mean, in a language."""
    t = speech.t
    y = furniture.heading(column, y, t("paper_map_legend"))
    entries: list[tuple[tuple[Symbol | Mark, ...], str]] = [
        ((symbols.CHA, symbols.OPEN), t("symbol_cha")),
        ((symbols.SHA, symbols.OPEN), t("symbol_sha")),
        ((symbols.WORKED_ON,), t("paper_worked_on")),
        ((symbols.SUSPENDED,), t("paper_suspended")),
        ((symbols.RELEASED,), t("paper_released")),
        ((symbols.HANDED_OVER,), t("paper_handed_over")),
        ((symbols.CLEARED,), t("symbol_cleared")),
        ((symbols.REDUCED,), t("symbol_reduced")),
        ((symbols.CANCELLED,), t("paper_cancelled")),
        ((symbols.NOT_IN_EFFECT,), t("paper_not_in_effect")),
        ((symbols.SURVEYED,), t("symbol_survey")),
        ((symbols.ACCIDENT, symbols.INCIDENT), t("paper_accident_incident")),
        ((symbols.SPOT,), t("paper_spot")),
        ((symbols.SETTLEMENT, symbols.SITE), t("paper_settlement_site")),
    ]
    for looks, label in entries:
        y = furniture.entry(column, y, looks, label)
    for name, key in (
        ("not_assessed", "paper_road"), ("verified", "paper_road_verified"),
        ("restricted", "paper_road_restricted"), ("closed", "paper_road_closed"),
    ):  # fmt: skip
        y = furniture.line_entry(column, y, symbols.ROADS[name], t(key))
    paper = column.page.paper
    said = t("paper_small", size=speech.number(smallest, 1))
    return column.page.paragraph(column.x, y - 0.6, said, column.width, paper.small, color=SOFT) - 1


def tables(header: Header, told: Told, k: int, count: int) -> list[Page]:
    """Return the sheets with verdict, conditions and stretches of a way, in as many sheets as they need."""
    rows = [_cells(header, one) for one in told["stretches"]]
    pages, page, y = list[Page](), *_first(header, told)
    y = _heads(page, header.speech, y)
    for place, row in enumerate(rows):
        lines = [wrapped(text, width - 2, page.paper.body) for text, (_, width) in zip(row, COLUMNS, strict=True)]
        high = max(map(len, lines)) * page.paper.body * 1.28 / MM + 1.2
        if y - high < _foot(page) + LEAST_MM:
            pages.append(page)
            page = Page(PAPERS["A4"])
            _, _, _, north = page.paper.neat
            said = f"{header.speech.t('paper_continues')}: {header.title(k, count)}"
            start = page.paragraph(_left(page), north - page.paper.header - 1, said, 270, 8, fontweight="bold")
            y = _heads(page, header.speech, start - 1)
        y = _row(page, y, lines, high, shaded=bool(place % 2))
    page.line([_left(page), _left(page) + sum(width for _, width in COLUMNS)], [y, y], width=0.3)
    attribution = " | ".join(header.found.get("attribution", ()))
    if attribution:
        page.text(_left(page), y - 4, attribution, page.paper.small, color=SOFT)
    return [*pages, page]


def _left(page: Page) -> float:
    return page.paper.neat[0] + 2.5


def _foot(page: Page) -> float:
    return page.paper.neat[1] + page.paper.footer


def _first(header: Header, told: Told) -> tuple[Page, float]:
    """Return a sheet with verdict and conditions, the other languages beside them; and where it goes on."""
    page, speech = Page(PAPERS["A4"]), header.speech
    top = page.paper.neat[3] - page.paper.header - 2
    left, right = Column(page, _left(page), 132), Column(page, _left(page) + 142, 136)
    y = verdict(left, top, header, told)
    if told["conditions"]:
        y = put_conditions(left, y - 1.2, speech, conditions(told), page.paper.body + 0.6)
    z = furniture.heading(right, top + 2, speech.t("paper_other_tongues"))
    for other, notice in header.others.values():
        said = f"{other.of('verdict', told['verdict'])}. {other.t('because_' + told['verdict'])}"
        z = page.paragraph(right.x, z - 0.8, said, right.width, fontweight="bold")
        z = page.paragraph(right.x, z, notice, right.width)
    return page, min(y, z) - 3


def _heads(page: Page, speech: Speech, y: float) -> float:
    x = _left(page)
    for name, width in COLUMNS:
        page.text(x, y - 3, speech.t(f"col_{name}"), fontweight="bold")
        x += width
    page.line([_left(page), x], [y - 4.2] * 2, width=0.3)
    return y - 4.4


def _row(page: Page, y: float, cells: Sequence[Sequence[str]], high: float, *, shaded: bool) -> float:
    x, step = _left(page), page.paper.body * 1.28 / MM
    if shaded:
        wide = sum(width for _, width in COLUMNS)
        page.rectangle((x, y - high, x + wide, y), facecolor="#F3F5F7", edgecolor="none")
    for (_, width), lines in zip(COLUMNS, cells, strict=True):
        for place, line in enumerate(lines):
            page.text(x, y - step * (place + 1), line)
        x += width
    page.line([_left(page), x], [y - high] * 2, width=0.08, color=FAINT)
    return y - high


def _cells(header: Header, told: Mapping[str, str]) -> list[str]:
    speech = header.speech
    none = speech.t("none_near", distance=speech.metres(header.listed_m))
    near = f"{told['nearest']}, {told['near_m']}" if told["nearest"] else none
    return [
        told["begin"],
        told["end"],
        told["evidence"],
        told["source"] or speech.t("no_source"),
        told["date"],
        near,
    ]
