"""What stands around a map: grid, arrow, scale, legend, dates and the sentences that every map must carry."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from matplotlib.patches import Polygon

from geo_service.maps.situation import Situation
from geo_service.printing import drawing, symbols
from geo_service.printing.drawing import Window
from geo_service.printing.frames import Geometries
from geo_service.printing.grid import Grid
from geo_service.printing.paper import FAINT, INK, MM, SOFT, Column, Page, cut, extent, wrapped
from geo_service.printing.sheets import Sheet
from geo_service.printing.symbols import Mark, Symbol

STEPS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
"""Distances between lines of the grid (m)."""

WARNING = "#B00020"

KEY_MM = 7.5
"""How wide a symbol of the legend is."""


@dataclass(frozen=True)
class Imprint:
    """What every page says of itself.

    Attributes:
        situation: whose dates, revision, authority and sentences they are.
        edition: what this edition is called, with its revision.
        pages: how many there are.
        notes: sentences about this copy, such as how it differs from the register.
    """

    situation: Situation
    edition: str
    pages: int
    notes: tuple[str, ...] = field(default=())


def surround(page: Page, imprint: Imprint, title: str, more: str, number: int) -> None:
    """Put the neat line, the title with its dates, the sentences and the number on a page."""
    situation = imprint.situation
    dates = (
        f"Ground on {situation.as_of}",
        f"as known on {situation.known_at}",
        f"{imprint.edition} · sheet {number} of {imprint.pages}",
    )
    sentences = " ".join((situation.notice, *imprint.notes))
    if situation.synthetic:
        sentences = "SYNTHETIC: invented data for demonstration; no place, hazard or person here is real. " + sentences
    framed(page, title, more, dates, sentences, synthetic=situation.synthetic)


def framed(  # noqa: PLR0913 - each is a line of the page
    page: Page, title: str, more: str, dates: Sequence[str], sentences: str, *, synthetic: bool
) -> None:
    """Put the neat line, a title with a line under it, the dates (the first bold) and the sentences on a page."""
    paper = page.paper
    west, south, east, north = paper.neat
    page.rectangle(paper.neat, width=0.5, zorder=20)
    page.line([west, east], [north - paper.header] * 2, width=0.35, zorder=20)
    page.line([west, east], [south + paper.footer] * 2, width=0.35, zorder=20)
    wide = max(extent(text, paper.body, bold=True)[0] for text in dates) + 4
    step = (paper.header - 3) / 3
    for place, text in enumerate(dates):
        weight = "normal" if place else "bold"
        page.text(east - 3, north - 1.7 - step * (place + 0.75), text, ha="right", fontweight=weight)
    room = east - west - wide - 8
    if synthetic:
        mark = "SYNTHETIC"
        width = extent(mark, paper.large, bold=True)[0]
        page.rectangle(
            (east - wide - width - 8, north - paper.header + 2.5, east - wide - 3, north - 2.5),
            facecolor="#FFE9B8", edgecolor="#4A3000", width=0.4,
        )  # fmt: skip
        page.text(
            east - wide - width / 2 - 5.5, north - paper.header / 2, mark, paper.large, va="center", ha="center",
            color="#4A3000", fontweight="bold",
        )  # fmt: skip
        room -= width + 10
    page.text(
        west + 3, north - paper.header * 0.56, cut(title, room, paper.large, bold=True), paper.large, fontweight="bold"
    )
    page.text(west + 3, north - paper.header + 2.6, cut(more, room, paper.body), color=SOFT)
    page.paragraph(
        west + 3, south + paper.footer - 1.0, sentences, east - west - 6, _size(sentences, page), fontweight="bold"
    )


def _size(sentences: str, page: Page) -> float:
    """Return the largest size of letters (pt) in which the sentences fit into the foot of the page."""
    paper = page.paper
    wide = paper.neat[2] - paper.neat[0] - 6
    size = paper.body + 1
    while size > 3.5:
        lines = int(extent(sentences, size, bold=True)[0] / wide * 1.03) + 1
        if lines * size * 1.28 / MM <= paper.footer - 2.2:
            break
        size -= 0.25
    return size


def warnings_of(situation: Situation) -> list[str]:
    """Return what must be said in red on every sheet."""
    found = []
    if situation.coverage_gap:
        found.append(
            "This date lies before the first record: nothing is known of the ground then. Absence of symbols means "
            "nothing here."
        )
    if not situation.certificate_passed:
        found.append("The balance did not prove itself: do not publish these figures.")
    return found


def grid_lines(window: Window, grid: Grid) -> None:
    """Draw the lines of the grid with their figures, and the corners in degrees."""
    page, (west, south, east, north) = window.page, window.frame
    x0, y0, x1, y1 = window.ground
    step = _step(window.scale)
    small = page.paper.small
    page.rectangle(window.frame, width=0.35, zorder=15)
    for easting in np.arange(np.ceil(x0 / step) * step, x1, step):
        x = float(window.on_paper(np.array([[easting, y0]]))[0, 0])
        page.line([x, x], [south, north], width=0.12, color="#7B8794", zorder=1.5, alpha=0.7)
        # At the corners stand degrees.
        if west + 14 < x < east - 14:
            for y, va in ((south - 0.9, "top"), (north + 0.9, "bottom")):
                page.text(x, y, _figure(easting, "E"), small, ha="center", va=va)
    for northing in np.arange(np.ceil(y0 / step) * step, y1, step):
        y = float(window.on_paper(np.array([[x0, northing]]))[0, 1])
        page.line([west, east], [y, y], width=0.12, color="#7B8794", zorder=1.5, alpha=0.7)
        if south + 12 < y < north - 12:
            for x, ha in ((west - 0.9, "right"), (east + 0.9, "left")):
                page.text(x, y, _figure(northing, "N"), small, rotation=90, ha=ha, va="center")
    for x, y, place, ha, va in (
        (west, south - 0.9, (x0, y0), "left", "top"),
        (east, south - 0.9, (x1, y0), "right", "top"),
        (west, north + 0.9, (x0, y1), "left", "bottom"),
        (east, north + 0.9, (x1, y1), "right", "bottom"),
    ):
        longitude, latitude = grid.lonlat(*place)
        page.text(
            x, y, f"{_degrees(latitude, 'NS')} {_degrees(longitude, 'EW')}", small - 0.8, ha=ha, va=va, color=SOFT
        )


def _step(scale: int) -> int:
    """Return the distance of the grid's lines (m): at least 30 mm on paper."""
    return next((one for one in STEPS if one * 1000 / scale >= 30), STEPS[-1])


def _figure(metres: float, letter: str) -> str:
    return f"{metres:,.0f}".replace(",", " ") + f" {letter}"


def _degrees(value: float, letters: str) -> str:
    total = round(abs(value) * 60, 2)
    whole = int(total // 60)
    return f"{whole}°{total - whole * 60:05.2f}′{letters[value < 0]}"


@dataclass(frozen=True)
class ScaleWords:
    """What is said of scale and grid: `{scale}`, `{grid}`, `{step}` (m), `{turn}` (degrees) and `{side}` are put in."""

    scale: str = "Scale 1:{scale}"
    grid: str = (
        "{grid}, lines every {step} m. Arrow: grid north, {turn}° {side} of true north at the middle. Corners: degrees "
        "and minutes, WGS 84."
    )
    east: str = "east"
    west: str = "west"


def arrow_and_scale(
    window: Window,
    grid: Grid,
    column: Column,
    y: float,
    words: ScaleWords = ScaleWords(),
) -> float:
    """Put the scale's number and bar, the north arrow and what the grid is; answers where the next block begins."""
    page, x, width = column.page, column.x, column.width
    paper = page.paper
    middle = (window.ground[0] + window.ground[2]) / 2, (window.ground[1] + window.ground[3]) / 2
    turn = grid.convergence(*middle)
    top, tip = y - 4.6, x + width - 6
    page.axes.add_patch(
        Polygon([(tip, top), (tip - 1.8, top - 6.4), (tip, top - 5)], facecolor=INK, edgecolor=INK, linewidth=0.4)
    )
    page.axes.add_patch(
        Polygon([(tip, top), (tip + 1.8, top - 6.4), (tip, top - 5)], facecolor="white", edgecolor=INK, linewidth=0.4)
    )
    page.text(tip, top + 0.8, "N", paper.body + 1.5, ha="center", fontweight="bold")
    scale = f"{window.scale:,}".replace(",", " ")
    page.text(x, y - 4.2, words.scale.format(scale=scale), paper.body + 2, fontweight="bold")
    length = next(one for one in reversed((1, *STEPS)) if one * 1000 / window.scale <= (width - 22) or one == 1)
    long = length * 1000 / window.scale
    for part in range(4):
        page.rectangle(
            (x + long * part / 4, y - 8.2, x + long * (part + 1) / 4, y - 6.8),
            facecolor=INK if part % 2 == 0 else "white",
        )
    unit, name = (1000, "km") if length >= 1000 else (1, "m")
    for part in (0, 2, 4):
        text = f"{length * part / 4 / unit:g}" + (f" {name}" if part == 4 else "")
        page.text(x + long * part / 4, y - 11.3, text, paper.small, ha="center" if part else "left")
    said = words.grid.format(
        grid=grid.name,
        step=f"{_step(window.scale):,}".replace(",", " "),
        turn=f"{abs(turn):.1f}",
        side=words.east if turn >= 0 else words.west,
    )
    return page.paragraph(x, y - 12.2, said, width, paper.small, color=SOFT) - 1.2


def heading(column: Column, y: float, text: str) -> float:
    """Put the heading of a block; answers where it goes on."""
    page, x, width = column.page, column.x, column.width
    y -= page.paper.body * 1.25 / MM
    page.text(x, y, text, page.paper.body, fontweight="bold")
    page.line([x, x + width], [y - 0.8] * 2, width=0.15, color=FAINT)
    return y - 1.2


def rows(column: Column, y: float, cells: Sequence[tuple[str, str]]) -> float:
    """Put lines of a name on the left and a figure on the right; answers where the next block begins."""
    page, x, width = column.page, column.x, column.width
    step = page.paper.small * 1.42 / MM
    for name, figure in cells:
        y -= step
        page.text(x, y, name, page.paper.small)
        page.text(x + width, y, figure, page.paper.small, ha="right", fontweight="bold")
    return y - 1.2


def legend(column: Column, y: float, smallest: float) -> float:
    """Put the legend, all of it on every sheet; answers where the next block begins."""
    page, x, width = column.page, column.x, column.width
    paper = page.paper
    y = heading(column, y, "Legend")
    entries: list[tuple[tuple[Symbol | Mark, ...], str]] = [
        ((symbols.CHA, symbols.OPEN), symbols.CHA.label),
        ((symbols.SHA, symbols.OPEN), symbols.SHA.label),
        ((symbols.OPEN,), symbols.OPEN.label),
        ((symbols.WORKED_ON,), symbols.WORKED_ON.label),
        ((symbols.SUSPENDED,), symbols.SUSPENDED.label),
        ((symbols.RELEASED,), symbols.RELEASED.label),
        ((symbols.HANDED_OVER,), symbols.HANDED_OVER.label + ": date, depth"),
        ((symbols.CLEARED,), symbols.CLEARED.label),
        ((symbols.REDUCED,), symbols.REDUCED.label),
        ((symbols.CANCELLED,), symbols.CANCELLED.label),
        ((symbols.NOT_IN_EFFECT,), symbols.NOT_IN_EFFECT.label),
        ((symbols.SURVEYED,), symbols.SURVEYED.label),
        ((symbols.ACCIDENT, symbols.INCIDENT), "Accident (filled), incident (ring)"),
        ((symbols.SPOT,), symbols.SPOT.label),
        ((symbols.SETTLEMENT, symbols.SITE), "Settlement, displacement site"),
        ((symbols.DISTRICT,), "Boundary of a district (no claim is made)"),
    ]
    for looks, label in entries:
        y = entry(column, y, looks, label)
    for road in symbols.ROADS.values():
        y = line_entry(column, y, road, road.label)
    said = (
        f"Hazardous areas too small for this scale are drawn {smallest:g} mm large: a square is a CHA, a triangle an "
        "SHA. What is drawn is what was recorded."
    )
    return page.paragraph(x, y - 0.6, said, width, paper.small, color=SOFT) - 1.2


def entry(column: Column, y: float, looks: Sequence[Symbol | Mark], label: str) -> float:
    """Put a line of a legend: symbols of ground over, or marks beside, each other; answers where it stands."""
    page, x, width = column.page, column.x, column.width
    small, window = page.paper.small, _Free(page)
    high, wide = small * 1.2 / MM, KEY_MM
    y -= small * 1.66 / MM
    middle = y + small * 0.36 / MM
    key = np.array([shapely.box(x + 0.3, middle - high / 2, x + wide, middle + high / 2)])
    for place, look in enumerate(looks):
        if isinstance(look, Mark):
            at = x + wide * (place + 1) / (len(looks) + 1)
            drawing.places(window, np.array([[at, middle]]), look, 12)
        else:
            path, _ = drawing.area_path(key)
            drawing.fill(window, path, look, 10)
            drawing.outline(window, path, look, 11)
    page.text(x + wide + 1.8, y, cut(label, width - wide - 1.8, small), small)
    return y


def line_entry(column: Column, y: float, symbol: Symbol, label: str, figure: str = "") -> float:
    """Put an entry of a legend: the symbol of a line, its name, a figure at the end; answers where its text ends."""
    page, x, width = column.page, column.x, column.width
    small = page.paper.small
    y -= small * 1.66 / MM
    half = y + small * 0.36 / MM
    line = drawing.line_path(np.array([shapely.LineString([(x + 0.3, half), (x + KEY_MM, half)])]))
    drawing.outline(_Free(page), line, symbol, 11)
    room = width - KEY_MM - 1.8 - (extent(figure, small, bold=True)[0] + 1 if figure else 0)
    if figure:
        page.text(x + width, y, figure, small, ha="right", fontweight="bold")
    first, *more = wrapped(label, room, small)
    page.text(x + KEY_MM + 1.8, y, first, small)
    for text in more:
        y -= small * 1.28 / MM
        page.text(x + KEY_MM + 1.8, y, text, small)
    return y


class _Free(Window):
    """The page itself as a window: what is drawn is not cut at the map's frame."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, page.paper.map, 1000)

    def clip(self, artist: object) -> None:
        """Leave it whole."""


def locator(column: Column, y: float, height: float, districts: Geometries, sheet: Sheet) -> float:
    """Put a small map of all districts (shapes of the grid) with the ground of a sheet; answers where it ends."""
    page, x, width = column.page, column.x, column.width
    y = heading(column, y, "Where this sheet is")
    shapes = districts
    bounds = (
        np.array([*shapely.total_bounds(shapes), *sheet.ground]).reshape(-1, 4)
        if len(shapes)
        else np.array([sheet.ground])
    )
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    factor = min(width / (high - low)[0], (height - 2) / (high - low)[1])
    start = np.array([x + (width - (high - low)[0] * factor) / 2, y - 1 - (high - low)[1] * factor])
    if len(districts):
        simple = shapely.simplify(districts, 0.1 / factor)
        small = shapely.transform(simple, lambda xy: (xy - low) * factor + start)
        path, _ = drawing.area_path(small)
        window = _Free(page)
        drawing.fill(window, path, Symbol("", "#EEF1F4"), 5)
        drawing.outline(window, path, Symbol("", edge=SOFT, width=0.12), 6)
    a, b = (np.array(sheet.ground[:2]) - low) * factor + start, (np.array(sheet.ground[2:]) - low) * factor + start
    page.rectangle((a[0], a[1], b[0], b[1]), edgecolor="#B00020", width=0.5, facecolor="#B0002022", zorder=7)
    return float(start[1]) - 1.5
