"""What sheets an atlas has: an overview, one per district or cell of a grid, and what lies outside all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely

from geo_service.printing.frames import Box, Geometries
from geo_service.printing.paper import Paper

SCALES = tuple(round(step * 10**power) for power in range(3, 8) for step in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5))
"""Denominators of scales, round numbers."""

GRID_SCALES = (10_000, 25_000, 50_000, 100_000, 200_000, 250_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000)
"""Denominators of the scales of cells of a grid."""

FEW = 40
"""Sheets that a grid is cut into at most: the largest scale is taken that needs no more."""

LEAST_M = 1_500.0
"""Ground (m) across which a sheet shows at least, so that something around it can be recognised."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of an atlas.

    Attributes:
        name: its title; more: what is said under it.
        ground: what it shows, in m of the grid; scale: the denominator of its scale.
        district: the id of the district that it is of, None where it is of none.
        smallest: the size (mm) at which a hazard is drawn at least.
        overview: it shows everything; every hazard is to be on another sheet too.
    """

    name: str
    more: str
    ground: Box
    scale: int
    district: str | None = None
    smallest: float = 1.5
    overview: bool = False


def spread(paper: Paper) -> tuple[float, float]:
    """Return width and height (mm) of the map on a paper."""
    west, south, east, north = paper.map
    return east - west, north - south


def fitted(box: Box, paper: Paper) -> tuple[Box, int]:
    """Return the ground around a box that fills a paper's map, and the largest round scale that shows all of it."""
    west, south, east, north = box
    wide, high = max((east - west) * 1.06, LEAST_M), max((north - south) * 1.06, LEAST_M)
    width, height = spread(paper)
    needed = max(wide / width, high / height) * 1000
    scale = next((one for one in SCALES if one >= needed), SCALES[-1])
    return _around((west + east) / 2, (south + north) / 2, paper, scale), scale


def _around(x: float, y: float, paper: Paper, scale: int) -> Box:
    width, height = (one * scale / 1000 for one in spread(paper))
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def overview_sheet(box: Box, paper: Paper, more: str) -> Sheet:
    """Return the sheet that shows everything."""
    ground, scale = fitted(box, paper)
    return Sheet("Overview", more, ground, scale, smallest=1.2, overview=True)


def district_sheets(
    ids: Sequence[str], names: Sequence[str], aliases: Sequence[str], shapes: Geometries, paper: Paper
) -> list[Sheet]:
    """Return a sheet per district, in order of name."""
    order = sorted(range(len(ids)), key=lambda k: (names[k].casefold(), ids[k]))
    made = []
    for k in order:
        ground, scale = fitted(tuple(float(one) for one in shapely.bounds(shapes[k])), paper)  # type: ignore[arg-type]
        made.append(Sheet(names[k], aliases[k], ground, scale, district=ids[k]))
    return made


def grid_sheets(area: Geometries, paper: Paper, title: str, more: str, few: int = FEW) -> list[Sheet]:
    """Return the cells of a grid that meet some ground, lettered by row from the north and numbered from the west.

    The scale is the largest of `GRID_SCALES` that needs no more than `few` sheets.
    """
    if not len(area):
        return []
    width, height = spread(paper)
    for scale in GRID_SCALES:
        cells = _cells(area, width * scale / 1000, height * scale / 1000, few if scale != GRID_SCALES[-1] else None)
        if cells is not None:
            break
    if cells is None:
        raise AssertionError
    top = max(row for _, row, _ in cells)
    left = min(column for column, _, _ in cells)
    ordered = sorted(cells, key=lambda one: (-one[1], one[0]))
    return [
        Sheet(f"{title} {_letters(top - row)}{column - left + 1}", more, ground, scale)
        for column, row, ground in ordered
    ]


def _cells(area: Geometries, width: float, height: float, few: int | None) -> list[tuple[int, int, Box]] | None:
    """Return the cells (column, row, box) that some ground meets; None where there are more than `few`."""
    west, south, east, north = (float(one) for one in shapely.total_bounds(area))
    columns = range(int(np.floor(west / width)), int(np.floor(east / width)) + 1)
    rows = range(int(np.floor(south / height)), int(np.floor(north / height)) + 1)
    if few is not None and len(columns) * len(rows) > few * 50:
        return None
    tree = shapely.STRtree(area)
    boxes = [(x, y, (x * width, y * height, (x + 1) * width, (y + 1) * height)) for x, y in product(columns, rows)]
    met = np.unique(tree.query(shapely.box(*np.array([one[2] for one in boxes]).T), predicate="intersects")[0])
    return None if few is not None and len(met) > few else [boxes[k] for k in met]


def _letters(row: int) -> str:
    """Return the letters of a row, A to Z, then AA."""
    return (_letters(row // 26 - 1) if row >= 26 else "") + chr(ord("A") + row % 26)


def outside(sheets: Sequence[Sheet], shapes: Geometries) -> Geometries:
    """Return the parts of shapes that no sheet shows, without slivers of rounding."""
    if not len(shapes):
        return shapes
    shown = shapely.union_all([shapely.box(*one.ground) for one in sheets]) if sheets else shapely.Polygon()
    shapely.prepare(shown)
    left = shapes[~shapely.covers(shown, shapes)]
    # Turned to the grid, a boundary may touch itself.
    parts = shapely.difference(shapely.make_valid(left), shown)
    return np.asarray(parts[~shapely.is_empty(parts)])
