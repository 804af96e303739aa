"""Ground, lines and places drawn on a page: many shapes of one symbol as one path, and who is on it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from geo_service.printing.frames import Box, Geometries, meets
from geo_service.printing.paper import MM, Page
from geo_service.printing.symbols import Mark, Symbol

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FINE_MM = 0.02
"""How far a boundary of very many vertices may be simplified, on paper."""
COVERED = 0.5
"""Share of its size up to which a mark, the triangle too, covers whatever it stands for."""
MANY = 100_000
"""Vertices of one symbol above which boundaries are simplified."""


@dataclass(frozen=True)
class Window:
    """Where a map lies on its page, and what ground it shows.

    Attributes:
        page: the page.
        ground: the box of the map in m of the grid.
        scale: the denominator of its scale.
    """

    page: Page
    ground: Box
    scale: int

    @property
    def frame(self) -> Box:
        """The frame of the map on paper."""
        return self.page.paper.map

    def on_paper(self, xy: Floats) -> Floats:
        """Return places of the grid (n, 2) as mm of the page."""
        origin = np.array(self.ground[:2])
        return np.asarray((xy - origin) * (1000 / self.scale) + np.array(self.frame[:2]))

    def placed(self, shapes: Geometries) -> Geometries:
        """Return shapes of the grid as shapes in mm of the page."""
        return np.asarray(shapely.transform(shapes, self.on_paper)) if len(shapes) else shapes

    def meeting(self, shapes: Geometries) -> Bools:
        """Say which shapes of the grid lie on the map, in part or whole."""
        return meets(shapes, self.ground)

    def clip(self, artist: Any) -> None:
        """Let nothing of an artist be seen outside the map."""
        west, south, east, north = self.frame
        artist.set_clip_path(Rectangle((west, south), east - west, north - south, transform=self.page.axes.transData))


def area_path(
    shapes: Geometries, smallest: float = 0.0, sides: int = 0, *, marks_alone: bool = False
) -> tuple[Path, Ints]:
    """Return polygons (mm) as one path, and how many vertices each of them put on it.

    Outer rings run one way and holes the other, so that the path's inside is the union of the polygons: what overlaps
    is not darker. A part smaller than `smallest` both ways gets a mark of that size around it, with `sides` sides;
    with `marks_alone` it is drawn as the mark alone.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[area & ~shapely.is_empty(parts)], owner[area & ~shapely.is_empty(parts)]
    if sides and len(parts):
        bounds = shapely.bounds(parts)
        across = np.max(bounds[:, 2:] - bounds[:, :2], axis=1)
        tiny = across < smallest
        middle = (bounds[tiny, :2] + bounds[tiny, 2:]) / 2
        kept = ~tiny if marks_alone else across >= smallest * COVERED
        parts, owner = np.r_[parts[kept], _marks(middle, smallest, sides)], np.r_[owner[kept], owner[tiny]]
    parts = shapely.orient_polygons(_simplified(parts))
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=Path.code_type)
    if len(xy):
        begins = np.r_[True, ring[1:] != ring[:-1]]
        codes[np.r_[begins[1:], True]] = Path.CLOSEPOLY
        codes[begins] = Path.MOVETO
    whose = owner[part[ring]] if len(xy) else np.zeros(0, dtype=np.int64)
    finite = np.isfinite(xy).all(axis=1)
    return Path(xy, codes), np.bincount(whose[finite], minlength=len(shapes))


def _marks(middle: Floats, size: float, sides: int) -> Geometries:
    """Return regular polygons (mm) around places; one with four sides stands upright."""
    turn = np.pi / 4 if sides == 4 else np.pi / 2
    around = turn + 2 * np.pi * np.arange(sides) / sides
    reach = size / 2 / np.cos(np.pi / sides) if sides == 4 else size * 0.72
    corner = np.column_stack([np.cos(around), np.sin(around)]) * reach
    return np.asarray(shapely.polygons(middle[:, None, :] + corner[None, :, :]))


def _simplified(parts: Geometries) -> Geometries:
    """Return polygons without vertices that paper can't show, where there are very many."""
    if shapely.get_num_coordinates(parts).sum() <= MANY:
        return parts
    fewer = shapely.simplify(parts, FINE_MM, preserve_topology=False)
    lost = shapely.is_empty(fewer) | (shapely.get_type_id(fewer) != shapely.GeometryType.POLYGON)
    return np.where(lost, parts, fewer)


def line_path(shapes: Geometries) -> Path:
    """Return lines and outlines (mm) as one path."""
    xy, line = shapely.get_coordinates(shapely.get_parts(shapes), return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=Path.code_type)
    if len(xy):
        codes[np.r_[True, line[1:] != line[:-1]]] = Path.MOVETO
    return Path(xy, codes)


def fill(window: Window, path: Path, symbol: Symbol, order: float) -> None:
    """Fill a path as a symbol says, its lines over its colour."""
    if symbol.fill:
        _add(window, path, order, facecolor=symbol.fill, alpha=symbol.opacity, edgecolor="none", linewidth=0)
    if symbol.hatch:
        hatched = _add(
            window, path, order + 0.1, facecolor="none", edgecolor=symbol.hatch_colour, linewidth=0, hatch=symbol.hatch
        )
        hatched.set_hatch_linewidth(0.5)


def outline(window: Window, path: Path, symbol: Symbol, order: float, thinner: float = 1.0) -> None:
    """Draw the line of a symbol along a path."""
    if symbol.edge:
        dash: Any = (0, symbol.dash) if symbol.dash else "solid"
        _add(
            window, path, order, facecolor="none", edgecolor=symbol.edge, linewidth=symbol.width * MM * thinner,
            linestyle=dash, capstyle="butt", joinstyle="round",
        )  # fmt: skip


def casing(window: Window, path: Path, width: float, order: float) -> None:
    """Draw a white line of a width (mm) under a path."""
    _add(window, path, order, facecolor="none", edgecolor="white", linewidth=width * MM)


def _add(window: Window, path: Path, order: float, **look: Any) -> PathPatch:
    patch = PathPatch(path, zorder=order, **look)
    # Not `add_patch`: it would work out the extent of every vertex, which nobody needs.
    window.page.axes.add_artist(patch)
    window.clip(patch)
    return patch


def places(window: Window, xy: Floats, mark: Mark, order: float, size: float = 1.0) -> None:
    """Put a mark on each place (mm), `size` times as large as it is."""
    if not len(xy):
        return
    (line,) = window.page.axes.plot(
        *xy.T, linestyle="", marker=mark.shape, markersize=mark.size * MM * size, markerfacecolor=mark.face,
        markeredgecolor=mark.edge, markeredgewidth=mark.width * MM * size, zorder=order,
    )  # fmt: skip
    window.clip(line)
