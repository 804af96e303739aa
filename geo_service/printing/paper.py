"""The sheet of paper: its sizes in millimetres, where the map lies on it, and what is put on it."""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from geo_service.printing.frames import Box

MM = 72 / 25.4
"""Points in a millimetre."""

FONT = "DejaVu Sans"
"""Comes with matplotlib; has Latin, Azerbaijani and Cyrillic letters."""

RULES: dict[Any, Any] = {"pdf.fonttype": 42, "pdf.compression": 6, "font.family": FONT, "path.simplify": False}
"""How matplotlib writes: fonts embedded as TrueType, so that text stays text; every vertex kept."""

INK, SOFT, FAINT = "#1F2933", "#52606D", "#B8C2CC"


@dataclass(frozen=True)
class Paper:
    """A paper in landscape (ISO 216), all lengths in mm and letters in points.

    Attributes:
        name: what people call it.
        width, height: of the sheet; margin: outside the neat line.
        header, footer, column: room for the title, the sentences, and the legend on the right.
        band: room for the grid's figures around the map.
        small, body, large: sizes of letters (pt).
    """

    name: str
    width: float
    height: float
    margin: float
    header: float
    footer: float
    column: float
    band: float
    small: float
    body: float
    large: float

    @property
    def neat(self) -> Box:
        """The line around everything."""
        return self.margin, self.margin, self.width - self.margin, self.height - self.margin

    @property
    def map(self) -> Box:
        """The frame of the map."""
        west, south, east, north = self.neat
        return (
            west + self.band,
            south + self.footer + self.band,
            east - self.column - self.band,
            north - self.header - self.band,
        )


PAPERS = {
    "A4": Paper("A4", 297, 210, 7, 13, 11, 60, 4.5, 5.2, 6.0, 13),
    "A3": Paper("A3", 420, 297, 8, 17, 13, 84, 5.5, 6.2, 7.4, 18),
}


class Page:
    """A page in millimetres from its lower left corner."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.figure = Figure(figsize=(paper.width / 25.4, paper.height / 25.4), facecolor="white")
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, paper.width)
        self.axes.set_ylim(0, paper.height)
        self.axes.set_autoscale_on(False)

    def rectangle(self, box: Box, *, width: float = 0.25, **given: Any) -> None:
        """Put a rectangle; its line is `width` mm wide."""
        west, south, east, north = box
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": width * MM}
        look.update(given)
        self.axes.add_patch(Rectangle((west, south), east - west, north - south, **look))

    def line(self, x: Sequence[float], y: Sequence[float], *, width: float = 0.25, **given: Any) -> Line2D:
        """Put a line of some width (mm)."""
        look: dict[str, Any] = {"color": INK, "linewidth": width * MM, "solid_capstyle": "butt"} | given
        return self.axes.add_line(Line2D(list(x), list(y), **look))

    def text(self, x: float, y: float, text: str, size: float | None = None, **look: Any) -> Any:
        """Put text; none of it is taken for formulas, and a letter that the font lacks is a box."""
        look = {"color": INK, "va": "baseline", "ha": "left", "fontfamily": FONT} | look
        return self.axes.text(x, y, printable(text), fontsize=size or self.paper.body, parse_math=False, **look)

    def paragraph(self, x: float, y: float, text: str, width: float, size: float | None = None, **look: Any) -> float:
        """Put text in lines of at most a width (mm), the first under `y`; answers where the next would begin."""
        points = size or self.paper.body
        step = points * 1.28 / MM
        for line in wrapped(text, width, points, bold=look.get("fontweight") == "bold"):
            y -= step
            self.text(x, y, line, points, **look)
        return y


@dataclass(frozen=True)
class Column:
    """A column of a page: `x` is its left side, `width` how wide it is (mm)."""

    page: Page
    x: float
    width: float


def printable(text: str) -> str:
    """Return text in one line, with a box for each letter that the font lacks or that only controls."""
    known = _letters()
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(one if ord(one) in known and unicodedata.category(one)[0] != "C" else "\u25a1" for one in plain)


@cache
def _letters() -> frozenset[int]:
    both = (get_font(findfont(FontProperties(family=FONT, weight=weight))) for weight in ("normal", "bold"))
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in both))


def extent(text: str, size: float, *, bold: bool = False) -> tuple[float, float]:
    """Return width and height (mm) of text in letters of a size (pt)."""
    return sum(_advance(one, bold=bold) for one in printable(text)) * size / MM, size / MM


@cache
def _advance(letter: str, *, bold: bool) -> float:
    """Return how far a letter reaches in letters of 1 pt (pt)."""
    font = get_font(findfont(FontProperties(family=FONT, weight="bold" if bold else "normal")))
    font.set_size(100, 72)
    return float(font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65_536 / 100


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return text as lines that fit in a width (mm); a longer word stands alone, cut to the width.

    A line ends at ordinary spaces alone: a figure whose digits are grouped by other ones stays in one piece.
    """
    lines: list[str] = []
    for word in filter(None, re.split(r"[ \t\r\n]+", text)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and extent(longer, size, bold=bold)[0] <= width * 0.98:
            lines[-1] = longer
        else:
            lines.append(cut(word, width, size, bold=bold))
    return lines


def cut(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return text that fits in a width (mm), with an ellipsis where some of it had to go."""
    if extent(text, size, bold=bold)[0] <= width:
        return text
    keep = len(text)
    while keep and extent(text[:keep] + "…", size, bold=bold)[0] > width:
        keep -= 1
    return text[:keep].rstrip() + "…"


def pdf_of(pages: Sequence[Page], about: dict[str, str], made_at: dt.datetime) -> bytes:
    """Return pages as one PDF; the same pages give the same bytes."""
    buffer = BytesIO()
    with PdfPages(buffer, metadata={**about, "Creator": "Clearway", "CreationDate": made_at}) as file:
        for page in pages:
            file.savefig(page.figure)
    return buffer.getvalue()


def png_of(page: Page, dpi: int) -> bytes:
    """Return a page as a picture."""
    buffer = BytesIO()
    page.figure.set_dpi(dpi)
    FigureCanvasAgg(page.figure).print_png(buffer, metadata={"Software": "Clearway"})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def inked() -> Any:
    """Return the context in which pages are made and written; one at a time, since matplotlib's rules are shared."""
    return mpl.rc_context(RULES)
