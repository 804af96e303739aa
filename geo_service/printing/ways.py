"""A printed way: a map of it by evidence with its verdict and conditions, and sheets with what each metre stands on."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geo_service.access.public import FullRecords
from geo_service.balance import Refused, View
from geo_service.languages.speech import Speech
from geo_service.maps.figures import sentences
from geo_service.maps.situation import Situation
from geo_service.maps.way_words import PARTS, way
from geo_service.printing import atlas, chart, counting, drawing, paper, way_sheets
from geo_service.printing.drawing import Window
from geo_service.printing.files import DRAWING
from geo_service.printing.frames import Box
from geo_service.printing.grid import Grid
from geo_service.printing.ground import Ground, turned
from geo_service.printing.paper import PAPERS, Page
from geo_service.printing.sheets import Sheet, fitted
from geo_service.printing.symbols import Symbol
from geo_service.printing.way_sheets import Header
from geo_service.settings import Settings
from geo_service.situations import situation
from geo_service.travel.tracks import COLOURS
from layers.roads.classes import Evidenced
from layers.versions import as_moment

EVIDENCE = {
    "inside_hazard": Symbol("", edge=COLOURS["inside_hazard"], width=1.2),
    "closed": Symbol("", edge=COLOURS["closed"], width=1.2, dash=(0.3, 1.2)),
    "inside_buffer": Symbol("", edge=COLOURS["inside_buffer"], width=1.2, dash=(0.8, 0.8)),
    "unsurveyed": Symbol("", edge=COLOURS["unsurveyed"], width=1.2, dash=(1.2, 1.0)),
    "surveyed_no_evidence": Symbol("", edge=COLOURS["surveyed_no_evidence"], width=1.2, dash=(2.6, 0.8)),
    "released_cancelled": Symbol("", edge=COLOURS["released_cancelled"], width=1.2, dash=(2.4, 0.6, 0.6, 0.6)),
    "released_reduced": Symbol("", edge=COLOURS["released_reduced"], width=1.2, dash=(3, 0.6, 0.6, 0.6, 0.6, 0.6)),
    "verified": Symbol("", edge=COLOURS["verified"], width=1.2, dash=(5, 0.5)),
    "released_cleared": Symbol("", edge=COLOURS["released_cleared"], width=1.2),
}
"""How each class of evidence is drawn: its colour as on the screen, and dashes (in widths) that grey print keeps."""

EDGE = 0.3
"""How far around the map records are turned to its grid, as a part of its extent."""


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        language: of the sheets.
        number: the one way that is wanted, from 1; None for all of them.
        places: what start and destination are called; empty where they have no names.
        confirmed: whoever prints it confirmed that part of it was never surveyed.
        today: the day on which it is made.
    """

    language: str
    number: int | None
    places: tuple[str, str]
    confirmed: bool
    today: dt.date


def pdf(found: Mapping[str, Any], seen: View, settings: Settings, wish: Wish) -> bytes:
    """Return the ways of an answer as PDF: a map of each, and sheets with its stretches; the same bytes each time.

    Args:
        found: the answer (`geo_service.travel.answers`); whether it may be handed out is asked before.
        seen: the view that it stands on.
        settings: who answers for the records.
        wish: what is asked for.

    Raises:
        Refused: there is no way of that number.
        geo_service.printing.counting.Miscounted: a map would show more or fewer hazards than are stored.
    """
    routes: Sequence[Mapping[str, Any]] = found["features"]
    if wish.number is not None and wish.number > len(routes):
        raise Refused(f"way: there are {len(routes)} ways, and no number {wish.number}")
    chosen = [k for k in range(len(routes)) if wish.number in {None, k + 1}]
    speech = Speech(wish.language, PARTS)
    shown = situation(seen, settings)
    header = Header(
        speech=speech,
        found=found,
        notice=sentences(seen, FullRecords(), settings, wish.language),
        others={
            one.language: (one, sentences(seen, FullRecords(), settings, one.language))
            for one in (Speech(code, PARTS) for code in ("en", "az", "ru"))
            if one.language != wish.language
        },
        places=wish.places if all(wish.places) else _written(found),
        confirmed=wish.confirmed,
        today=wish.today,
        listed_m=settings.routes.listed_m,
    )
    revision = seen.snapshot.revision
    at = atlas.made_at(revision.recorded_at if revision else None, as_moment(seen.known_at))
    with DRAWING, paper.inked():
        made = [(_map(shown, seen, header, routes, k), way(speech, routes[k]["properties"]), k) for k in chosen]
        sheets = [way_sheets.tables(header, told, k, len(routes)) for _, told, k in made]
        total, pages = sum(1 + len(more) for more in sheets), list[Page]()
        for (page, told, k), more in zip(made, sheets, strict=True):
            for one in (page, *more):
                way_sheets.frame(one, header, told, (k, len(routes)), (len(pages) + 1, total))
                pages.append(one)
        return paper.pdf_of(pages, _about(header, settings), at)


def _written(found: Mapping[str, Any]) -> tuple[str, str]:
    a, b = (f"{lat:.5f}, {lon:.5f}" for lon, lat in (found["from"], found["to"]))
    return a, b


def _about(header: Header, settings: Settings) -> dict[str, str]:
    found, mark = header.found, "SYNTHETIC. " if settings.synthetic else ""
    return {
        "Title": f"{mark}{settings.authority}: {' - '.join(header.places)}",
        "Author": settings.authority,
        "Subject": mark + header.notice,
        "Keywords": f"as_of {found['as_of']}, known_at {found['known_at']}, revision {found['revision']}",
    }


def _map(shown: Situation, seen: View, header: Header, routes: Sequence[Mapping[str, Any]], k: int) -> Page:
    """Return the sheet with the map of a way, counted as every printed map is."""
    line = shapely.linestrings(routes[k]["geometry"]["coordinates"])
    west, south, east, north = shapely.bounds(line).tolist()
    grid = Grid.around((west + east) / 2, (south + north) / 2)
    on_grid = grid.turned(np.array([line], dtype=object))
    box, scale = fitted(tuple(shapely.bounds(on_grid[0]).tolist()), PAPERS["A4"])
    sheet = Sheet("", "", box, scale)
    ground = _near(shown, seen, grid, box)
    page = Page(PAPERS["A4"])
    drawn = chart.draw(page, ground, sheet)
    counting.on_sheet(
        header.title(k, len(routes)), box, drawn.hazards, ground.ids, ground.stored, ground.shapes["hazards"]
    )
    window = Window(page, box, scale)
    told = way(header.speech, routes[k]["properties"])
    _way(window, grid, routes[k]["properties"]["segments"])
    way_sheets.beside_map(window, grid, header, told, EVIDENCE, len(drawn.hazards), sheet.smallest)
    return page


def _near(shown: Situation, seen: View, grid: Grid, box: Box) -> Ground:
    """Return the records around a map, turned to its grid: those far off are not looked at."""
    x0, y0, x1, y1 = box
    by_x, by_y = (x1 - x0) * EDGE, (y1 - y0) * EDGE
    steps = np.linspace(0, 1, 9)
    ring = [(x0 - by_x + (x1 - x0 + 2 * by_x) * a, y0 - by_y + (y1 - y0 + 2 * by_y) * b) for a in steps for b in steps]
    corners = np.array([grid.lonlat(*one) for one in ring])
    around = shapely.box(*corners.min(axis=0), *corners.max(axis=0))
    frames = {
        name: frame[shapely.intersects(frame.geometry.to_numpy(), around)] for name, frame in shown.frames.items()
    }
    stored = seen.snapshot.in_force("hazards", seen.as_of)
    stored = stored[shapely.intersects(stored.geometry.to_numpy(), around)]
    return turned(dataclasses.replace(shown, frames=frames), stored, grid)


def _way(window: Window, grid: Grid, segments: Sequence[Mapping[str, Any]]) -> None:
    """Draw a way over roads and under hazards, its worst stretches last, and its ends."""
    lines = np.array([shapely.linestrings(one["coordinates"]) for one in segments], dtype=object)
    placed = window.placed(grid.turned(lines))
    classes = np.array([one["class"] for one in segments])
    drawing.casing(window, drawing.line_path(placed), 1.9, 3.45)
    for order, kind in enumerate(sorted(Evidenced, reverse=True)):
        some = placed[classes == kind.name]
        if len(some):
            drawing.outline(window, drawing.line_path(some), EVIDENCE[kind.name], 3.5 + order / 100)
    for letter, line, end in (("A", placed[0], 0), ("B", placed[-1], -1)):
        way_sheets.end_mark(window, letter, tuple(shapely.get_coordinates(line)[end]))
