"""The atlas: which sheets are asked for, each drawn, counted and set among its furniture."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np

from geo_service.balance import Refused
from geo_service.ogc.errors import Rejected
from geo_service.printing import chart, counting, furniture, sheets, tables
from geo_service.printing.drawing import Window
from geo_service.printing.furniture import Imprint
from geo_service.printing.ground import Ground
from geo_service.printing.paper import PAPERS, Column, Page, Paper
from geo_service.printing.sheets import Sheet
from geo_service.store.log import Progress
from layers.coverage.arrangement import quiet

MOST_SHEETS = 500
"""Sheets of an atlas at most."""

CHOICES = 200
"""Districts that an error names."""


class By(StrEnum):
    """What an atlas is parted by."""

    district = "district"
    grid = "grid"
    none = "none"


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        paper: its size; by: what it is parted by.
        district: the id of the one district that is wanted, None for all.
        edition: what the publisher numbers it, None where it has no number of its own.
        notes: sentences about this copy; most: sheets at most.
    """

    paper: Paper = PAPERS["A4"]
    by: By = By.district
    district: str | None = None
    edition: int | None = None
    notes: tuple[str, ...] = ()
    most: int = MOST_SHEETS

    def named_edition(self, revision: int) -> str:
        """Return the edition as it is printed; without a number of its own it is that of its revision."""
        return f"Edition {self.edition} · revision {revision}" if self.edition else f"Edition: revision {revision}"


def planned(ground: Ground, wish: Wish) -> list[Sheet]:
    """Return the sheets that are asked for: an overview and its parts, or one district.

    Raises:
        Rejected: there is no such district; the choices are named.
        Refused: there would be more sheets than allowed.
    """
    frame = ground.situation.frames["districts"]
    ids, names = frame["id"].astype(str).tolist(), frame["name"].astype(str).tolist()
    aliases = [_aliases(one) for one in frame["aliases"]] if "aliases" in frame else [""] * len(ids)
    parts = sheets.district_sheets(ids, names, aliases, ground.shapes["districts"], wish.paper)
    if wish.district is not None:
        return [one for one in parts if one.district == wish.district] or _unknown(wish.district, parts)
    whole = sheets.overview_sheet(
        ground.bounds, wish.paper, f"{ground.situation.authority}: hazardous areas and released land"
    )
    if wish.by is By.none:
        return [whole]
    if wish.by is By.grid:
        worked = [ground.shapes[name] for name in ("districts", "hazards", "releases", "surveys")]
        parts = sheets.grid_sheets(np.concatenate(worked), wish.paper, "Cell", "Part of a grid of sheets")
    left = sheets.outside(parts, ground.shapes["hazards"])
    more = sheets.grid_sheets(left, wish.paper, "Outside", "Hazardous areas that no other sheet shows whole")
    found = [whole, *parts, *more]
    if len(found) > wish.most:
        raise Refused(
            f"that would be {len(found)} sheets, more than {wish.most}: ask for one district, for by=none, for larger "
            "paper, or print it with `clearway map OUT.pdf`"
        )
    return found


def _aliases(value: object) -> str:
    return " · ".join(str(one) for one in value) if isinstance(value, list | tuple | np.ndarray) else ""


def _unknown(district: str, parts: Sequence[Sheet]) -> list[Sheet]:
    choices = [str(one.district) for one in parts]
    listed = ", ".join(f"{one.district} ({one.name})" for one in parts[:CHOICES]) or "none is in force at this date"
    message = f"no district in force has the id {district[:60]!r}; the districts are: {listed}"
    raise Rejected(message, errors=[{"place": "query.district", "message": message, "choices": choices[:CHOICES]}])


def pages(ground: Ground, wish: Wish, progress: Progress = quiet) -> list[Page]:
    """Return all pages that are asked for, each counted.

    Raises:
        geo_service.printing.counting.Miscounted: a sheet would show more or fewer hazards than are stored.
    """
    plan = planned(ground, wish)
    rows = tables.rows_of(ground.situation) if wish.district is None else []
    room = tables.per_page(wish.paper)
    tabled = ceil(len(rows) / room)
    imprint = Imprint(ground.situation, wish.named_edition(ground.situation.revision), len(plan) + tabled, wish.notes)
    numbers = {one.district: tabled + k + 1 for k, one in enumerate(plan) if one.district is not None}
    drawn, made = [], []
    for place, sheet in enumerate(plan):
        number = place + 1 if place == 0 else place + 1 + tabled
        page, on_it = map_page(ground, sheet, wish.paper, imprint, number)
        drawn.append(on_it)
        made.append(page)
        progress(place + 1, len(plan))
    if len(plan) > 1:
        counting.on_atlas(ground.ids.tolist(), drawn[1:])
    tables_ = []
    for k in range(tabled):
        total = ground.situation.total if k == tabled - 1 else None
        tables_.append(tables.table_page(wish.paper, imprint, rows[k * room : (k + 1) * room], total, numbers, k + 2))
    return [*made[:1], *tables_, *made[1:]]


def map_page(ground: Ground, sheet: Sheet, paper: Paper, imprint: Imprint, number: int) -> tuple[Page, Sequence[str]]:
    """Return a sheet with all that stands around its map, and the ids of the hazards on it.

    Raises:
        geo_service.printing.counting.Miscounted: it would show more or fewer hazards than are stored.
    """
    page = Page(paper)
    drawn = chart.draw(page, ground, sheet)
    counting.on_sheet(sheet.name, sheet.ground, drawn.hazards, ground.ids, ground.stored, ground.shapes["hazards"])
    furniture.surround(page, imprint, sheet.name, sheet.more or imprint.situation.authority, number)
    _, south, east, north = paper.neat
    page.line([east - paper.column] * 2, [south + paper.footer, north - paper.header], width=0.35, zorder=20)
    column = Column(page, east - paper.column + 2, paper.column - 5)
    y = north - paper.header - 1
    for warning in furniture.warnings_of(imprint.situation):
        y = page.paragraph(column.x, y, warning, column.width, paper.body, color=furniture.WARNING, fontweight="bold")
    y = furniture.arrow_and_scale(Window(page, sheet.ground, sheet.scale), ground.grid, column, y)
    y = furniture.legend(column, y, sheet.smallest)
    y = _balance(column, y, ground, sheet)
    counts = f"Hazardous areas on this sheet: {len(drawn.hazards):,} recorded, {len(drawn.hazards):,} drawn."
    for said in (counts, *drawn.remarks):
        y = page.paragraph(column.x, y, said, column.width, paper.small)
    y -= 1.5
    left = y - 2 - (south + paper.footer)
    if sheet.overview:
        tables.short(column, y, left, ground.situation)
    elif left > 18:
        furniture.locator(column, y, min(left - 6, column.width * 0.7), ground.shapes["districts"], sheet)
    return page, drawn.hazards.tolist()


def _balance(column: Column, y: float, ground: Ground, sheet: Sheet) -> float:
    """Put the figures of a sheet's ground, where it is a district or everything."""
    situation = ground.situation
    row = situation.total if sheet.overview else None
    if sheet.district is not None:
        row = next((one for one in tables.rows_of(situation) if one["district_id"] == sheet.district), None)
    if row is None:
        return y
    of = "the whole area" if sheet.overview else "the district"
    y = furniture.heading(column, y, f"Balance of {of}, m²")
    cells = [(label, tables.figure(float(row[name]))) for name, label in tables.COLUMNS]
    cells.append(("Certificate", "passed" if situation.certificate_passed else "FAILED"))
    return furniture.rows(column, y, cells)


def about(ground: Ground, wish: Wish) -> dict[str, str]:
    """Return what the file says of itself."""
    situation = ground.situation
    mark = "SYNTHETIC. " if situation.synthetic else ""
    return {
        "Title": f"{mark}{situation.authority}: hazardous areas and released land on {situation.as_of}",
        "Author": situation.authority,
        "Subject": mark + " ".join((situation.notice, *wish.notes)),
        "Keywords": f"as_of {situation.as_of}, known_at {situation.known_at}, {wish.named_edition(situation.revision)}",
    }


def made_at(recorded_at: dt.datetime | None, known_at: dt.datetime) -> dt.datetime:
    """Return the moment that a file gives as its own: its revision's, so that the same view is the same file."""
    return (recorded_at or known_at).replace(microsecond=0)
