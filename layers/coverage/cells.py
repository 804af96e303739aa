"""Cells: the squares that the ground is worked out in, one by one.

A cell (i, j) is [i, i+1] x [j, j+1] times the cell's size. Only *busy* cells, which some boundary enters, are worked
out. Between two busy cells of a row nothing changes: that stretch belongs to the busy cell on its left. A cell is
named by one number, its key, that sorts by row, then column.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

_ROW_BITS = 32
_ZERO = np.int64(2**31)
BLOCK = 16
"""Cells along a side of a block: work is handed out and kept by blocks, since near cells share polygons."""


def keys_of(cells: Ints) -> Ints:
    """Return the keys of cells (n, 2) of column and row."""
    return (cells[:, 1] << _ROW_BITS) + (cells[:, 0] + _ZERO)


def cells_of(keys: Ints) -> Ints:
    """Return column and row (n, 2) of cells."""
    return np.column_stack([(keys & (2**_ROW_BITS - 1)) - _ZERO, keys >> _ROW_BITS])


def ends_of(keys: Ints) -> Ints:
    """Return the column at which the stretch right of each busy cell ends; keys ascending, all busy cells."""
    cells = cells_of(keys)
    ends = cells[:, 0] + 1
    same = np.flatnonzero(cells[1:, 1] == cells[:-1, 1]) if len(keys) else np.zeros(0, np.int64)
    ends[same] = cells[same + 1, 0]
    return ends


def boxes_of(left: Ints, right: Ints, row: Ints, size: float) -> Geometries:
    """Return boxes that reach from column `left` to column `right` of a row."""
    boxes: Geometries = np.asarray(shapely.box(left * size, row * size, right * size, (row + 1) * size), dtype=object)
    return boxes


def touched(keys: Ints, ends: Ints, bounds: Floats, size: float) -> NDArray[np.bool_]:
    """Say which cells, with their stretches, some of the boxes `bounds` (n, 4) touch."""
    found = np.zeros(len(keys), dtype=bool)
    if not len(bounds):
        return found
    cells = cells_of(keys)
    if len(bounds) > 64:  # too many to ask one by one
        tree = shapely.STRtree(boxes_of(cells[:, 0], ends, cells[:, 1], size))
        found[tree.query(shapely.box(*bounds.T))[1]] = True
        return found
    low, high = np.floor(bounds[:, :2] / size), np.floor(bounds[:, 2:] / size)
    # A box that ends on a border touches the cell behind it too.
    low = np.where(low * size == bounds[:, :2], low - 1, low)
    for (left, bottom), (right, top) in zip(low.tolist(), high.tolist(), strict=True):
        found |= (cells[:, 1] >= bottom) & (cells[:, 1] <= top) & (cells[:, 0] <= right) & (ends - 1 >= left)
    return found


def blocks_of(keys: Ints) -> Ints:
    """Return the key of the block that each cell lies in."""
    return keys_of(cells_of(keys) // BLOCK)


def by_block(keys: Ints) -> list[tuple[int, Ints]]:
    """Return the cells of each block, ascending in either."""
    if not len(keys):
        return []
    blocks = blocks_of(keys)
    order = np.lexsort((keys, blocks))
    blocks, keys = blocks[order], keys[order]
    first = np.flatnonzero(np.r_[True, blocks[1:] != blocks[:-1]])
    return list(zip(blocks[first].tolist(), np.split(keys, first[1:]), strict=True))
