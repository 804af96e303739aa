"""The map of a sheet: every record of its ground, hazards over everything but names."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service.printing import drawing, labels, symbols
from geo_service.printing.drawing import Window
from geo_service.printing.frames import Geometries
from geo_service.printing.furniture import grid_lines
from geo_service.printing.ground import Ground
from geo_service.printing.paper import Page
from geo_service.printing.sheets import Sheet
from geo_service.printing.symbols import Symbol

BUSY = 15_000
"""Roads on a sheet above which only main roads, and those of which something is recorded, are drawn."""

LARGE_SCALE = 150_000
"""Denominator up to which dates and depths of cleared ground are written beside it."""


DODGES = np.array(
    [[0, 0], [0, 2], [0, -2], [3, 0], [-3, 0], [3, 3], [-3, 3], [3, -3], [-3, -3], [0, 4], [0, -4]], float
)
"""Where a date and depth is tried around the middle of its ground (mm)."""


@dataclass(frozen=True)
class Drawn:
    """What came onto a map.

    Attributes:
        hazards: the ids of the hazards drawn.
        remarks: what was left out or drawn otherwise, as sentences.
    """

    hazards: NDArray[np.object_]
    remarks: tuple[str, ...]


def draw(page: Page, ground: Ground, sheet: Sheet) -> Drawn:
    """Draw the map of a sheet on a page; answers what is on it."""
    window = Window(page, sheet.ground, sheet.scale)
    if ground.situation.synthetic:
        _watermark(window)
    grid_lines(window, ground.grid)
    _districts(window, ground, sheet)
    _areas(window, ground)
    remarks = [_roads(window, ground, sheet)]
    _places(window, ground, 0.7 if sheet.overview else 1.0)
    drawn = _hazards(window, ground, sheet)
    remarks += _names(window, ground, sheet, drawn)
    return Drawn(ground.ids[drawn], tuple(one for one in remarks if one))


def _watermark(window: Window) -> None:
    west, south, east, north = window.frame
    window.page.text(
        (west + east) / 2, (south + north) / 2, "SYNTHETIC", window.page.paper.large * 5, ha="center", va="center",
        color="#8A6D1B", alpha=0.10, rotation=30, fontweight="bold", zorder=1,
    )  # fmt: skip


def _districts(window: Window, ground: Ground, sheet: Sheet) -> None:
    shapes = ground.shapes["districts"]
    shapes = window.placed(shapes[window.meeting(shapes)])
    drawing.outline(
        window, drawing.line_path(shapely.boundary(shapes)), symbols.DISTRICT, 2.1, 0.7 if sheet.overview else 1.0
    )
    if sheet.district is not None:
        own = drawing.line_path(shapely.boundary(window.placed(ground.extent(sheet.district))))
        drawing.outline(window, own, Symbol("", edge="#D9D2E9", width=2.2), 2.0)
        drawing.outline(window, own, Symbol("", edge="#3E4C59", width=0.55, dash=symbols.DISTRICT.dash), 2.2)


def _areas(window: Window, ground: Ground) -> None:
    """Draw surveys, releases over them, and built-up ground."""
    shapes = ground.shapes["surveys"]
    path, _ = drawing.area_path(window.placed(shapes[window.meeting(shapes)]))
    drawing.fill(window, path, symbols.SURVEYED, 1.7)
    drawing.outline(window, path, symbols.SURVEYED, 1.9)
    shapes = ground.shapes["releases"]
    there = window.meeting(shapes)
    for place, (symbol, which) in enumerate(symbols.release_symbols(ground.situation.frames["releases"])):
        path, _ = drawing.area_path(window.placed(shapes[which & there]))
        drawing.fill(window, path, symbol, 2.5 + place / 20)
        drawing.outline(window, path, symbol, 2.9 + place / 100)


def _roads(window: Window, ground: Ground, sheet: Sheet) -> str:
    """Draw roads, what bars the way over the others; answers what was left out."""
    frame, shapes = ground.situation.frames["roads"], ground.shapes["roads"]
    there = window.meeting(shapes)
    said = ""
    if there.sum() > BUSY:
        main = np.isin(symbols.column(frame, "class"), symbols.MAIN_ROADS)
        told = np.isin(symbols.column(frame, "eo_status"), list(symbols.ASSESSED))
        left_out = int((there & ~main & ~told).sum())
        there &= main | told
        said = f"{left_out:,} minor roads, not assessed, are left out at this scale."
    class_is_main = np.isin(symbols.column(frame, "class"), symbols.MAIN_ROADS)
    for place, (symbol, which) in enumerate(symbols.road_symbols(frame)):
        for major, wide in ((~class_is_main, 1.0), (class_is_main, 1.35)):
            path = drawing.line_path(window.placed(shapes[there & which & major]))
            thicker = wide * (0.75 if sheet.overview else 1.0)
            drawing.casing(window, path, symbol.width * thicker + 0.35, 3 + place / 10)
            drawing.outline(window, path, symbol, 3.01 + place / 10, thicker)
    return said


def _places(window: Window, ground: Ground, size: float) -> None:
    """Put settlements, spots and incidents where they are, under the hazards."""
    frames, shapes = ground.situation.frames, ground.shapes
    built = window.placed(shapes["settlements"][window.meeting(shapes["settlements"])])
    path, _ = drawing.area_path(built)
    drawing.fill(window, path, Symbol("", "#D5DBE1", 0.7), 2.45)
    for layer, order, marked in (
        ("settlements", 3.6, list(symbols.settlement_marks(frames["settlements"]))),
        ("spots", 3.7, [(symbols.SPOT, np.ones(len(frames["spots"]), dtype=bool))]),
        ("incidents", 3.8, list(symbols.incident_marks(frames["incidents"]))),
    ):
        there = window.meeting(shapes[layer])
        for mark, which in marked:
            drawing.places(window, _points(window, shapes[layer][which & there]), mark, order, size)


def _points(window: Window, shapes: Geometries) -> drawing.Floats:
    return shapely.get_coordinates(window.placed(shapely.point_on_surface(shapes))) if len(shapes) else np.zeros((0, 2))


def _hazards(window: Window, ground: Ground, sheet: Sheet) -> drawing.Bools:
    """Draw the hazards: suspected, confirmed over them, then outlines; answers which of all are drawn."""
    frame, shapes = ground.situation.frames["hazards"], ground.shapes["hazards"]
    there = window.meeting(shapes)
    thinner = 0.4 if sheet.overview else 1.0
    filled, outlined = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    sides = np.zeros(len(frame), dtype=np.int64)
    for place, (symbol, which) in enumerate(symbols.hazard_fills(frame)):
        sides[which] = symbol.mark
        path, vertices = drawing.area_path(window.placed(shapes[which & there]), sheet.smallest, symbol.mark)
        drawing.fill(window, path, symbol, 4 + place / 4)
        drawing.outline(window, path, symbol, 4.05 + place / 4, thinner)
        filled[np.flatnonzero(which & there)[vertices > 0]] = True
        if symbol.edge:
            outlined |= which
    for place, (symbol, which) in enumerate(symbols.hazard_outlines(frame)):
        for corners in (3, 4):
            chosen = which & there & (sides == corners)
            path, vertices = drawing.area_path(window.placed(shapes[chosen]), sheet.smallest, corners, marks_alone=True)
            drawing.outline(window, path, symbol, 5 + place / 10, thinner)
            outlined[np.flatnonzero(chosen)[vertices > 0]] = True
    return filled & outlined


def _names(window: Window, ground: Ground, sheet: Sheet, hazards: drawing.Bools) -> list[str]:
    """Write names where they hide no hazard; answers how many found no room."""
    small = window.page.paper.small
    room = labels.Room(window, _taken(window, ground, sheet, hazards))
    remarks = []
    if sheet.district is None:
        left_out = labels.put(window, room, _district_names(window, ground, small + 1.4), 6)
        remarks.append(f"Names of districts left out for want of room: {left_out}." if left_out else "")
    if sheet.scale <= LARGE_SCALE:
        left_out = labels.put(window, room, _depths(window, ground, small - 1.0), 6)
        remarks.append(
            f"Dates and depths of cleared ground left out for want of room: {left_out} (the register has them)."
            if left_out
            else ""
        )
    if not sheet.overview or sheet.scale <= LARGE_SCALE * 2:
        left_out = labels.put(window, room, _settlement_names(window, ground, small), 6)
        remarks.append(f"Names of settlements left out for want of room: {left_out}." if left_out else "")
    return remarks


def _taken(window: Window, ground: Ground, sheet: Sheet, hazards: drawing.Bools) -> list[tuple[Geometries, float]]:
    """Return what no name may hide: hazards, the outlines of released ones, and the marks of places."""
    released = symbols.column(ground.situation.frames["hazards"], "state") == "released"
    shapes = ground.shapes["hazards"]
    whole = window.placed(shapes[np.asarray(hazards & ~released)])
    lines = shapely.boundary(window.placed(shapes[np.asarray(hazards & released)]))
    marks = np.concatenate([ground.shapes[name] for name in ("spots", "incidents", "settlements")])
    marks = window.placed(shapely.point_on_surface(marks[window.meeting(marks)]))
    # A mark that stands for a hazard reaches beyond it.
    return [(shapely.get_parts(whole), sheet.smallest * 0.75), (lines, 0.0), (marks, 0.7)]


def _district_names(window: Window, ground: Ground, size: float) -> list[labels.Name]:
    frame, shapes = ground.situation.frames["districts"], ground.shapes["districts"]
    seen = shapely.intersection(shapely.make_valid(shapes), shapely.box(*window.ground))
    made = []
    for name, shape in zip(frame["name"].astype(str), window.placed(seen), strict=True):
        if shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        grid = np.stack(np.meshgrid(np.linspace(west, east, 11)[1:-1], np.linspace(south, north, 11)[1:-1]), -1)
        spots = grid.reshape(-1, 2)
        inside = spots[shapely.intersects_xy(shape, *spots.T)]
        middle = np.array(shapely.get_coordinates(shapely.point_on_surface(shape)))
        if len(inside):
            inside = inside[np.argsort(np.hypot(*(inside - inside.mean(axis=0)).T), kind="stable")]
        made.append(labels.Name(name, size, np.r_[inside, middle], gap=0, colour="#5B4B8A", bold=True))
    return made


def _depths(window: Window, ground: Ground, size: float) -> list[labels.Name]:
    """Return what is written beside ground that was cleared and handed over: when, and to which depth."""
    frame, shapes = ground.situation.frames["releases"], ground.shapes["releases"]
    if not len(frame) or "depth_cm" not in frame:
        return []
    handed = dict(symbols.release_symbols(frame))[symbols.HANDED_OVER]
    chosen = handed & window.meeting(shapes)
    rows = zip(frame.loc[chosen, "completed_on"], frame.loc[chosen, "depth_cm"], strict=True)
    spots = _points(window, shapes[chosen])
    made = []
    for (on, depth), spot in zip(rows, spots, strict=True):
        deep = "depth not stated" if pd.isna(depth) else f"{depth:g} cm"
        made.append(labels.Name(f"{on:%Y-%m-%d}, {deep}", size, spot + DODGES, gap=0, colour="#0B3D10"))
    return made


def _settlement_names(window: Window, ground: Ground, size: float) -> list[labels.Name]:
    """Return the names of settlements, those of many people first."""
    frame, shapes = ground.situation.frames["settlements"], ground.shapes["settlements"]
    there = window.meeting(shapes)
    if not there.any():
        return []
    people = pd.to_numeric(frame["population_before"]).fillna(0).to_numpy()[there]
    ids, names = frame["id"].astype(str).to_numpy()[there], frame["name"].astype(str).to_numpy()[there]
    spots = _points(window, shapes[there])
    return [labels.Name(names[k], size, spots[k][None, :], gap=1.5) for k in np.lexsort((ids, -people))]
