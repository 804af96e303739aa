"""Boundaries cut along a grid of cells, so that each cell can be noded on its own.

Cell borders are exact in binary where the size is a power of two. A cut point is computed from the uncut edge in one
fixed direction, so that two polygons that share an edge, and two cells that share a border, get the same point to the
bit.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.cells import cells_of, keys_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Runs:
    """Runs of boundary, each within one cell, sorted by cell then by polygon.

    Attributes:
        cell: (n,) the key of the cell of each run.
        polygon: (n,) which polygon the run bounds.
        begin: (n + 1,) where its points begin in `xy`, and the end.
        xy: (m, 2) the points of all runs.
    """

    cell: Ints
    polygon: Ints
    begin: Ints
    xy: Floats

    def within(self, cells: Ints) -> "Runs":
        """Return the runs of some cells (keys, ascending)."""
        low, high = np.searchsorted(self.cell, cells, "left"), np.searchsorted(self.cell, cells, "right")
        return self.at(np.repeat(low, high - low) + within(high - low))

    def at(self, place: Ints) -> "Runs":
        """Return the runs at some places."""
        count = (self.begin[1:] - self.begin[:-1])[place]
        points = np.repeat(self.begin[place], count) + within(count)
        return Runs(self.cell[place], self.polygon[place], np.r_[0, np.cumsum(count)], self.xy[points])

    def lines(self) -> Geometries:
        """Return the runs as LineStrings."""
        owner = np.repeat(np.arange(len(self.cell)), self.begin[1:] - self.begin[:-1])
        lines: Geometries = np.asarray(shapely.linestrings(self.xy, indices=owner), dtype=object)
        return lines


def edges_of(polygons: Geometries) -> tuple[Floats, Floats, Ints, Ints]:
    """Return start and end (n, 2) of every edge, the polygon (n,) and the ring (n,) it belongs to.

    Edges come in the order of their rings; edges without length are left out.
    """
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = part_of[part]
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    if not len(xy):
        none = np.zeros(0, dtype=np.int64)
        return np.zeros((0, 2)), np.zeros((0, 2)), none, none
    keep = (ring_of[1:] == ring_of[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    ring = ring_of[1:][keep]
    return xy[:-1][keep], xy[1:][keep], owner[ring], ring


def cut(polygons: Geometries, size: float, wanted: Ints | None = None) -> Runs:
    """Cut the boundaries of polygons along the grid of cells of `size`.

    Args:
        polygons: (n,) polygons or multipolygons.
        size: the side of a cell (units of the coordinates), a power of two.
        wanted: keys of the cells asked for, ascending; None: all.
    """
    start, end, polygon, ring = edges_of(polygons)
    near = np.arange(len(start)) if wanted is None else _near(start, end, wanted, size)
    start, end, polygon, ring = start[near], end[near], polygon[near], ring[near]
    first, last, edge = _sub_edges(start, end, size)
    cell = np.floor((first + last) / 2 / size).astype(np.int64)
    key = keys_of(cell)
    if wanted is not None:
        here = np.flatnonzero(isin_sorted(key, wanted))
        first, last, edge, cell, key = first[here], last[here], edge[here], cell[here], key[here]
    if not len(key):
        return Runs(key, key, np.zeros(1, dtype=np.int64), np.zeros((0, 2)))
    # A cut point may lie outside its cell by rounding: an end that misses the border would not part the ground.
    low, high = cell * size, (cell + 1) * size
    first, last = np.clip(first, low, high), np.clip(last, low, high)
    # Pieces follow each other where their edges do in the uncut ring, whichever other cells were asked for.
    opens, begin, xy = _chains(first, last, key, ring[edge], near[edge])
    found = Runs(key[opens], polygon[edge][opens], begin, xy)
    return found.at(np.lexsort((found.polygon, found.cell)))


def busy(polygons: Geometries, size: float) -> Ints:
    """Return the keys of the cells that some boundary enters, ascending."""
    start, end, _, _ = edges_of(polygons)
    first, last, _ = _sub_edges(start, end, size)
    return np.unique(keys_of(np.floor((first + last) / 2 / size).astype(np.int64)))


def isin_sorted(values: Ints, among: Ints) -> NDArray[np.bool_]:
    """Say which values occur in an ascending array."""
    if not len(among):
        return np.zeros(len(values), dtype=bool)
    place = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return np.asarray(among[place] == values)


def _near(start: Floats, end: Floats, wanted: Ints, size: float) -> Ints:
    """Return the edges that come near some cells: their rows and columns, taken together."""
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    cells = cells_of(wanted)
    low, high = cells.min(axis=0) * size, (cells.max(axis=0) + 1) * size
    apart = (np.maximum(start, end) < low).any(axis=1) | (np.minimum(start, end) > high).any(axis=1)
    return np.flatnonzero(~apart)


def _sub_edges(start: Floats, end: Floats, size: float) -> tuple[Floats, Floats, Ints]:
    """Cut edges at every grid line they cross; return start, end and the edge each piece comes from, in order."""
    low, high = np.floor(start / size), np.floor(end / size)
    crossing = np.flatnonzero((low != high).any(axis=1))
    plain = np.flatnonzero((low == high).all(axis=1))
    if not len(crossing):
        return start, end, np.arange(len(start))
    a, b = start[crossing], end[crossing]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a[swap], b[swap] = b[swap], a[swap].copy()
    points, of = _crossings(a, b, size)
    whole = np.concatenate([a, points, b])
    along = np.concatenate([np.zeros(len(a)), _along(points, a[of], b[of]), np.ones(len(b))])
    owner = np.concatenate([np.arange(len(a)), of, np.arange(len(b))])
    place = np.lexsort((along, owner))
    whole, owner = whole[place], owner[place]
    same = (owner[1:] == owner[:-1]) & (whole[1:] != whole[:-1]).any(axis=1)
    first, last, owner = whole[:-1][same], whole[1:][same], owner[1:][same]
    # Back to the direction and the place of the ring.
    back = swap[owner]
    first[back], last[back] = last[back], first[back].copy()
    step = np.arange(len(owner))
    step[back] *= -1
    edge = np.concatenate([plain, crossing[owner]])
    order = np.lexsort((np.concatenate([np.zeros(len(plain), np.int64), step]), edge))
    return (
        np.concatenate([start[plain], first])[order],
        np.concatenate([end[plain], last])[order],
        edge[order],
    )


def _along(points: Floats, a: Floats, b: Floats) -> Floats:
    """Return how far along a -> b each point lies, by the axis on which the edge is longer."""
    span = b - a
    axis = (np.abs(span[:, 1]) > np.abs(span[:, 0])).astype(np.int64)
    row = np.arange(len(a))
    return np.asarray((points[row, axis] - a[row, axis]) / span[row, axis])


def _crossings(a: Floats, b: Floats, size: float) -> tuple[Floats, Ints]:
    """Return the points strictly inside the edges a -> b on vertical and horizontal grid lines, and their edges."""
    found, owners = [], []
    for axis in (0, 1):
        low = np.minimum(a[:, axis], b[:, axis])
        high = np.maximum(a[:, axis], b[:, axis])
        line = np.floor(low / size) + 1
        count = np.maximum(np.ceil(high / size) - line, 0).astype(np.int64)
        of = np.repeat(np.arange(len(a)), count)
        at = (line[of] + within(count)) * size
        t = (at - a[of, axis]) / (b[of, axis] - a[of, axis])
        point = np.empty((len(of), 2))
        point[:, axis] = at
        point[:, 1 - axis] = a[of, 1 - axis] + t * (b[of, 1 - axis] - a[of, 1 - axis])
        found.append(point)
        owners.append(of)
    return np.concatenate(found), np.concatenate(owners)


def within(count: Ints) -> Ints:
    """Return 0..count[k]-1 for each k, one after another."""
    total = int(count.sum())
    return np.arange(total) - np.repeat(np.cumsum(count) - count, count)


def _chains(first: Floats, last: Floats, cell: Ints, ring: Ints, edge: Ints) -> tuple[Ints, Ints, Floats]:
    """Join pieces that follow each other in one ring and one cell.

    Returns:
        The piece that opens each chain, where its points begin (and the end), and the points.
    """
    follows = (ring[1:] == ring[:-1]) & (cell[1:] == cell[:-1]) & (first[1:] == last[:-1]).all(axis=1)
    follows &= edge[1:] - edge[:-1] <= 1
    opens = np.r_[True, ~follows]
    begin = np.flatnonzero(opens)
    chain = np.cumsum(opens) - 1
    # A chain of k pieces has k + 1 points: every piece gives its start, the last one its end too.
    closes = np.r_[~follows, True]
    place = np.arange(len(first)) + chain
    xy = np.empty((len(first) + len(begin), 2))
    xy[place] = first
    xy[place[closes] + 1] = last[closes]
    return begin, np.r_[begin + np.arange(len(begin)), len(xy)], xy
