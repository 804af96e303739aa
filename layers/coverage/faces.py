"""The faces of some cells: all boundaries cut the ground into pieces that each have the same polygons over them.

Every busy cell is noded and polygonised by itself, its boundaries in an order that depends on the polygons alone, so
that a cell comes out the same to the bit whatever else is drawn with it. A face is drawn once and holds for every date.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.cells import boxes_of, cells_of
from layers.coverage.cutting import Runs, within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

TORN = 1e-9
"""A cell whose faces miss its area by more than this share was not noded well, and is noded again with snapping."""

SNAP = 2.0**-40
"""The grid of that second attempt, as a share of the cell's size (under 2 nm in the usual cells)."""


@dataclass(frozen=True)
class Faces:
    """Pieces of ground, cell by cell.

    Attributes:
        polygons: (n,) the faces.
        cell: (n,) the cell of each, a place in the keys given; ascending.
        face, shape: (m,) pairs: that shape covers that face; sorted by face, then shape.
    """

    polygons: Geometries
    cell: Ints
    face: Ints
    shape: Ints


def draw(  # noqa: PLR0913, PLR0917
    shapes: Geometries, digests: NDArray[np.bytes_], claims: Bools, runs: Runs, keys: Ints, ends: Ints, size: float
) -> Faces:
    """Draw the faces of busy cells and of the stretches that belong to them.

    Args:
        shapes: (n,) valid polygons or multipolygons: at least all that touch the cells.
        digests: (n,) equal for equal polygons alone.
        claims: (n,) whether a tie at a shape's boundary counts as covered: true for hazards and districts, so that a
            sliver takes the more dangerous state.
        runs: their boundaries in the cells, within a cell in the order of digests.
        keys, ends: the cells, ascending, and where their stretches end.
        size: the cell's side.
    """
    _, first, which = np.unique(digests, return_index=True, return_inverse=True)
    kinds = shapes[first]
    cells = cells_of(keys)
    boxes = boxes_of(cells[:, 0], cells[:, 0] + 1, cells[:, 1], size)
    busy, of_busy = node(runs.lines(), np.searchsorted(keys, runs.cell), boxes, size)
    reach = np.flatnonzero(ends > cells[:, 0] + 1)
    stretches = boxes_of(cells[reach, 0] + 1, ends[reach], cells[reach, 1], size)
    polygons, of = np.concatenate([busy, stretches]), np.concatenate([of_busy, reach])
    order = np.argsort(of, kind="stable")
    polygons, of = polygons[order], of[order]
    face, shape = _covering(polygons, kinds, which, claims)
    return Faces(polygons, of, face, shape)


def node(runs: Geometries, owner: Ints, boxes: Geometries, size: float) -> tuple[Geometries, Ints]:
    """Return the faces into which runs of boundary part their boxes, and the box of each, box by box.

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
        parts = [_node_alone(one, box, size) for one, box in zip(sets, boxes, strict=True)]
        return np.concatenate(parts), np.repeat(np.arange(len(boxes)), [len(part) for part in parts])
    torn = np.flatnonzero(_torn(faces, of, boxes, size))
    if not len(torn):
        return faces, of
    parts = np.split(faces, np.cumsum(np.bincount(of, minlength=len(boxes)))[:-1])
    for k in torn.tolist():
        parts[k] = _snapped(sets[k], size)
    return np.concatenate(parts), np.repeat(np.arange(len(boxes)), [len(part) for part in parts])


def _node_alone(lines: shapely.Geometry, box: shapely.Geometry, size: float) -> Geometries:
    try:
        faces, of = _polygonise(np.array([shapely.node(lines)], dtype=object))
    except shapely.GEOSException:
        return _snapped(lines, size)
    return _snapped(lines, size) if _torn(faces, of, np.array([box]), size).any() else faces


def _torn(faces: Geometries, of: Ints, boxes: Geometries, size: float) -> Bools:
    """Say which boxes their faces do not fill."""
    filled = np.bincount(of, weights=shapely.area(faces), minlength=len(boxes))
    return np.asarray(np.abs(filled - shapely.area(boxes)) > TORN * size * size)


def _snapped(lines: shapely.Geometry, size: float) -> Geometries:
    return _polygonise(np.array([shapely.unary_union(lines, grid_size=size * SNAP)], dtype=object))[0]


def _polygonise(noded: Geometries) -> tuple[Geometries, Ints]:
    return shapely.get_parts(shapely.polygonize(noded[:, np.newaxis]), return_index=True)


def _covering(faces: Geometries, kinds: Geometries, which: Ints, claims: Bools) -> tuple[Ints, Ints]:
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
    face, shape = np.concatenate([np.zeros(0, np.int64), *faces_]), np.concatenate([np.zeros(0, np.int64), *shapes_])
    place = np.lexsort((shape, face))
    return face[place], shape[place]
