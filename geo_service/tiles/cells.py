"""Cells for the zooms at which records are too many to be drawn: each record counts in one, and none is left out."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.cutting import touching, within_box
from geo_service.tiles.shapes import POLYGON, Shapes

SIDE = 64
"""Cells of a tile's side: 4 pixels each of a tile of 256."""

SLACK = 1e-6
"""How much larger a cell is where it is asked what touches it, so that rounding marks rather than misses."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """The cells of a tile in which something is.

    Attributes:
        shapes: their ground in shares of the tile's side.
        count: (n,) the records counted in each.
        marked: (n,) whether a marked record touches it.
        sums: (n, k) the sums over the records counted in each.
    """

    shapes: Shapes
    count: Ints
    marked: Truths
    sums: Floats


def cells(
    shapes: Shapes, bounds: Floats, held: Ints, marked: Truths, amounts: Floats, tile: tuple[int, int, int]
) -> Cells:
    """Return the cells of a tile.

    Args:
        shapes: the ground.
        bounds: (n, 4) west, north, east, south of the records that may be in it.
        held: (n,) their places in `shapes`.
        marked: (n,) the records for which every cell that they touch is marked.
        amounts: (n, k) what is summed by cell.
        tile: zoom, row, column.
    """
    zoom, row, column = tile
    scale = float(1 << zoom)
    near = touching(
        *(bounds, (column - SLACK) / scale, (row - SLACK) / scale),
        *((column + 1 + SLACK) / scale, (row + 1 + SLACK) / scale),
    )
    held, marked, amounts = held[near], marked[near], amounts[near]
    # What lies on the eastern or southern end of the world is in its last cell.
    last = (SIDE << zoom) - 1
    place = np.minimum(np.floor(shapes.inner[held] * (scale * SIDE)), last) - (column * SIDE, row * SIDE)
    mine = np.flatnonzero((place[:, 0] >= 0) & (place[:, 0] < SIDE) & (place[:, 1] >= 0) & (place[:, 1] < SIDE))
    cell = (place[mine, 1] * SIDE + place[mine, 0]).astype(np.int64)
    count = np.bincount(cell, minlength=SIDE * SIDE)
    sums = np.empty((SIDE * SIDE, amounts.shape[1]))
    for k, one in enumerate(amounts.T):
        sums[:, k] = np.bincount(cell, weights=one[mine], minlength=SIDE * SIDE)
    touched = _touched(
        *(shapes.kind, shapes.records, shapes.parts, shapes.rings, shapes.points, shapes.bounds),
        *(held[marked], scale, column, row),
    ).ravel()
    there = np.flatnonzero((count > 0) | touched)
    return Cells(squares(there), count[there], touched[there], sums[there])


def squares(places: Ints) -> Shapes:
    """Return cells as shapes in shares of their tile's side."""
    n = len(places)
    corner = np.stack([places % SIDE, places // SIDE], axis=1) / SIDE
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) / SIDE
    points = (corner[:, None] + ring).reshape(-1, 2)
    ones = np.arange(n + 1)
    bounds = np.concatenate([corner, corner + 1 / SIDE], axis=1)
    return Shapes(np.full(n, POLYGON, dtype=np.int8), ones, ones, 5 * ones, points, bounds, corner + 0.5 / SIDE)


@njit(cache=True, nogil=True)
def _touched(
    kind: NDArray[np.int8],
    records: Ints,
    parts: Ints,
    rings: Ints,
    points: Floats,
    bounds: Floats,
    chosen: Ints,
    scale: float,
    column: int,
    row: int,
) -> Truths:
    """Return (rows, columns) the cells of a tile that records touch."""
    found = np.zeros((SIDE, SIDE), dtype=np.bool_)
    window = np.empty(4, dtype=np.int64)
    for one in chosen:
        _window(bounds[one, :2], bounds[one, 2:], scale, column, row, window)
        if window[0] == window[1] and window[2] == window[3]:
            found[window[2], window[0]] = True
            continue
        if found[window[2] : window[3] + 1, window[0] : window[1] + 1].all():
            continue
        for part in range(records[one], records[one + 1]):
            mine = rings[parts[part] : parts[part + 1] + 1]
            _mark_edges(points, mine, scale, column, row, found)
            if kind[one] == POLYGON:
                _mark_inside(points, mine, scale, column, row, window, found)
    return found


@njit(cache=True, nogil=True)
def _window(low: Floats, high: Floats, scale: float, column: int, row: int, window: Ints) -> None:
    """Write the first and last column and the first and last row of cells that a box touches, within the tile."""
    for axis in range(2):
        start = column if axis == 0 else row
        first = np.floor((low[axis] * scale - start) * SIDE - SLACK)
        last = np.floor((high[axis] * scale - start) * SIDE + SLACK)
        window[2 * axis] = np.int64(min(max(first, 0), SIDE - 1))
        window[2 * axis + 1] = np.int64(min(max(last, 0), SIDE - 1))


@njit(cache=True, nogil=True)
def _mark_edges(points: Floats, rings: Ints, scale: float, column: int, row: int, found: Truths) -> None:
    """Mark the cells that the edges of a part touch."""
    for r in range(len(rings) - 1):
        for k in range(rings[r], rings[r + 1]):
            j = max(k - 1, rings[r])
            ax, ay = (points[j, 0] * scale - column) * SIDE, (points[j, 1] * scale - row) * SIDE
            bx, by = (points[k, 0] * scale - column) * SIDE, (points[k, 1] * scale - row) * SIDE
            first, last = within_box(ax, ay, bx, by, -SLACK, SIDE + SLACK)
            if first > last:
                continue
            ax, ay, bx, by = (
                ax + first * (bx - ax),
                ay + first * (by - ay),
                ax + last * (bx - ax),
                ay + last * (by - ay),
            )
            top, bottom = max(np.floor(min(ay, by) - SLACK), 0), min(np.floor(max(ay, by) + SLACK), SIDE - 1)
            for y in range(np.int64(top), np.int64(bottom) + 1):
                # The piece between the upper and the lower side of this row of cells.
                start, end = 0.0, 1.0
                if by != ay:
                    one, other = (y - SLACK - ay) / (by - ay), (y + 1 + SLACK - ay) / (by - ay)
                    start, end = max(start, min(one, other)), min(end, max(one, other))
                left, right = ax + start * (bx - ax), ax + end * (bx - ax)
                west, east = max(np.floor(min(left, right) - SLACK), 0), np.floor(max(left, right) + SLACK)
                for x in range(np.int64(west), np.int64(min(east, SIDE - 1)) + 1):
                    found[y, x] = True


@njit(cache=True, nogil=True)
def _mark_inside(points: Floats, rings: Ints, scale: float, column: int, row: int, window: Ints, found: Truths) -> None:
    """Mark the cells whose middle lies inside a polygon: those that no edge touches are inside as a whole, or not."""
    crossed = np.empty(SIDE + 1, dtype=np.int64)
    for y in range(window[2], window[3] + 1):
        crossed[window[0] : window[1] + 2] = 0
        for r in range(len(rings) - 1):
            for k in range(rings[r] + 1, rings[r + 1]):
                ax, ay = (points[k - 1, 0] * scale - column) * SIDE, (points[k - 1, 1] * scale - row) * SIDE
                bx, by = (points[k, 0] * scale - column) * SIDE, (points[k, 1] * scale - row) * SIDE
                if (ay > y + 0.5) != (by > y + 0.5):
                    at = ax + (y + 0.5 - ay) / (by - ay) * (bx - ax)
                    # It lies to the left of the middles from this cell on.
                    before = np.int64(min(max(np.ceil(at - 0.5), window[0]), window[1] + 1))
                    crossed[before] += 1
        odd = 0
        for x in range(window[0], window[1] + 1):
            odd += crossed[x]
            if odd % 2:
                found[y, x] = True
