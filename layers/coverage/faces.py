"""The arrangement's faces: all boundaries cut the ground into pieces that each have the same polygons over them.

Cells that some boundary enters are noded and polygonised one by one. Between two such cells of a row nothing changes,
so the whole stretch is one rectangle. A face is drawn once and holds for every date.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.coverage.cutting import Pieces, cut, within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]
Progress = Callable[[int, int], None]

BATCH = 500
"""Cells noded at a time by one thread."""

PORTION = 50_000
"""Faces measured at a time by one thread."""

TORN = 1e-9
"""A cell whose faces miss its area by more than this share was not noded well, and is noded again with snapping."""

SNAP = 2.0**-40
"""The grid of that second attempt, as a share of the cell's size (under 2 nm in the usual cells)."""


@dataclass(frozen=True)
class Faces:
    """Pieces of ground in order of cell.

    Attributes:
        polygons: (n,) the faces.
        areas: (n,) m2.
        face, shape: (m,) pairs: that shape covers that face; sorted by face, then shape.
    """

    polygons: Geometries
    areas: Floats
    face: Ints
    shape: Ints


def draw(shapes: Geometries, claims: NDArray[np.bool_], size: float, *, planar: bool, progress: Progress) -> Faces:
    """Draw the faces of all shapes.

    Args:
        shapes: (n,) valid polygons or multipolygons, in a fixed order.
        claims: (n,) whether a tie at a shape's boundary counts as covered: true for hazards and districts, so that a
            sliver takes the more dangerous state.
        size: the cell's side.
        planar: areas in the plane instead of on the ellipsoid.
        progress: told how many of how many cells are done.
    """
    different, which = _different(shapes)
    pieces = cut(shapes[different], size)
    polygons = np.concatenate([*_busy_faces(pieces, size, progress), _stretches(pieces, size)])
    face, shape = _covering(polygons, shapes[different], which, claims)
    first = np.r_[True, face[1:] != face[:-1]][: len(face)]
    polygons = polygons[face[first]]
    return Faces(polygons, _areas(polygons, planar=planar), np.cumsum(first) - 1, shape)


def _busy_faces(pieces: Pieces, size: float, progress: Progress) -> list[Geometries]:
    """Node and polygonise every cell that a boundary enters, in threads: shapely lets others run meanwhile."""
    if not len(pieces.lines):
        return []
    opens = np.r_[True, (pieces.cells[1:] != pieces.cells[:-1]).any(axis=1)]
    begin = np.append(np.flatnonzero(opens), len(opens))
    cells = pieces.cells[begin[:-1]]

    def draw_some(at: int) -> Geometries:
        some = slice(at, at + BATCH)
        boxes = _boxes(cells[some, 0], cells[some, 0] + 1, cells[some, 1], size)
        runs = pieces.lines[begin[at] : begin[min(at + BATCH, len(cells))]]
        owner = np.repeat(np.arange(len(boxes)), np.diff(begin[at : at + BATCH + 1]))
        return node(runs, owner, boxes, size)

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for some in threads.map(draw_some, range(0, len(cells), BATCH)):
            found.append(some)
            progress(min(len(found) * BATCH, len(cells)), len(cells))
    return found


def _areas(polygons: Geometries, *, planar: bool) -> Floats:
    """Return the m2 of polygons, measured in threads."""
    parts = [polygons[at : at + PORTION] for at in range(0, len(polygons), PORTION)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return np.concatenate([np.zeros(0), *threads.map(lambda part: measure.areas(part, planar=planar), parts)])


def _boxes(left: Ints, right: Ints, row: Ints, size: float) -> Geometries:
    boxes: Geometries = shapely.box(left * size, row * size, right * size, (row + 1) * size)
    return boxes


def node(runs: Geometries, owner: Ints, boxes: Geometries, size: float) -> Geometries:
    """Return the faces into which runs of boundary part their boxes, box by box.

    Args:
        runs: lines within their box; owner: which box, ascending.
        boxes: the cells.
        size: the cell's side.
    """
    rims = shapely.get_exterior_ring(boxes)
    place = np.argsort(np.concatenate([owner, np.arange(len(boxes))]), kind="stable")
    lines = np.concatenate([runs, rims])[place]
    index = np.concatenate([owner, np.arange(len(boxes))])[place]
    sets: Geometries = np.asarray(shapely.multilinestrings(lines, indices=index), dtype=object)
    try:
        faces, of = _polygonise(np.asarray(shapely.node(sets), dtype=object))
    except shapely.GEOSException:
        # One cell failed and took the others with it: each by itself, so that the others come out as ever.
        return np.concatenate([_node_alone(one, box, size) for one, box in zip(sets, boxes, strict=True)])
    torn = np.flatnonzero(_torn(faces, of, boxes, size))
    if not len(torn):
        return faces
    parts = np.split(faces, np.cumsum(np.bincount(of, minlength=len(boxes)))[:-1])
    for k in torn.tolist():
        parts[k] = _snapped(sets[k], size)
    return np.concatenate(parts)


def _node_alone(lines: shapely.Geometry, box: shapely.Geometry, size: float) -> Geometries:
    try:
        faces, of = _polygonise(np.array([shapely.node(lines)], dtype=object))
    except shapely.GEOSException:
        return _snapped(lines, size)
    return _snapped(lines, size) if _torn(faces, of, np.array([box]), size).any() else faces


def _torn(faces: Geometries, of: Ints, boxes: Geometries, size: float) -> NDArray[np.bool_]:
    """Say which boxes their faces do not fill."""
    filled = np.bincount(of, weights=shapely.area(faces), minlength=len(boxes))
    return np.asarray(np.abs(filled - shapely.area(boxes)) > TORN * size * size)


def _snapped(lines: shapely.Geometry, size: float) -> Geometries:
    return _polygonise(np.array([shapely.unary_union(lines, grid_size=size * SNAP)], dtype=object))[0]


def _polygonise(noded: Geometries) -> tuple[Geometries, Ints]:
    return shapely.get_parts(shapely.polygonize(noded[:, np.newaxis]), return_index=True)


def _stretches(pieces: Pieces, size: float) -> Geometries:
    """Return the rectangles between busy cells of one row."""
    if not len(pieces.cells):
        return np.zeros(0, object)
    cells = np.unique(pieces.cells[:, ::-1], axis=0)[:, ::-1]
    gap = (cells[1:, 1] == cells[:-1, 1]) & (cells[1:, 0] > cells[:-1, 0] + 1)
    return _boxes(cells[:-1][gap, 0] + 1, cells[1:][gap, 0], cells[:-1][gap, 1], size)


def _different(shapes: Geometries) -> tuple[Ints, Ints]:
    """Return the first of each kind of equal polygons, and the kind of each: a copy is drawn once."""
    kinds: dict[bytes, int] = {}
    which = np.array([kinds.setdefault(wkb, len(kinds)) for wkb in shapely.to_wkb(shapes)], dtype=np.int64)
    first = np.full(len(kinds), len(shapes), dtype=np.int64)
    np.minimum.at(first, which, np.arange(len(shapes)))
    return first, which


def _covering(faces: Geometries, kinds: Geometries, which: Ints, claims: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return pairs (face, shape): the shape covers the face; sorted by face, then shape.

    Args:
        faces: the faces.
        kinds: the different polygons.
        which: which of them each shape is.
        claims: whether a tie counts as covered, by shape.
    """
    if not len(faces):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = shapely.STRtree(shapely.point_on_surface(faces))
    faces_, shapes_ = [], []
    for some, inside in ((np.flatnonzero(claims), False), (np.flatnonzero(~claims), True)):
        asked, kind = np.unique(which[some], return_inverse=True)
        if not len(asked):
            continue
        found, face = tree.query(kinds[asked], predicate="contains" if inside else "intersects")
        low, high = np.searchsorted(found, kind, "left"), np.searchsorted(found, kind, "right")
        shapes_.append(np.repeat(some, high - low))
        faces_.append(face[np.repeat(low, high - low) + within(high - low)])
    face, shape = np.concatenate(faces_), np.concatenate(shapes_)
    place = np.lexsort((shape, face))
    return face[place], shape[place]
