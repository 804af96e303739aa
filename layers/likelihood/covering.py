"""How much of each cell polygons cover, and where points fall."""

import numpy as np
import shapely

from layers.likelihood.grid import Floats, Geometries, Grid, Ints


def covered_m2(grid: Grid, polygons: Geometries) -> Floats:
    """Return how much (c,) of each cell polygons cover (m2); ground under several counts once."""
    which, cell = grid.tree.query(polygons, predicate="intersects")
    pieces = shapely.intersection(polygons[which], grid.polygons[cell])
    total = np.bincount(cell, weights=shapely.area(pieces), minlength=len(grid)).astype(np.float64)
    shared = np.flatnonzero(np.bincount(cell, minlength=len(grid))[cell] > 1)
    for places in _groups(cell[shared]):
        together = shared[places]
        total[cell[together[0]]] = shapely.area(shapely.union_all(pieces[together]))
    return total


def without(polygons: Geometries, others: Geometries) -> Geometries:
    """Return each polygon without the ground that any of the others covers."""
    which, other = shapely.STRtree(others).query(polygons, predicate="intersects")
    rest = polygons.copy()
    for places in _groups(which):
        place = which[places[0]]
        rest[place] = shapely.difference(rest[place], shapely.union_all(others[other[places]]))
    return rest


def _groups(keys: Ints) -> list[Ints]:
    """Return the places of each key that occurs."""
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(keys) else []


def cell_of(grid: Grid, points: Geometries) -> Ints:
    """Return the cell of each point that lies in one; a point of no cell is left out."""
    points = points[shapely.get_type_id(points) == 0]
    x, y = shapely.get_coordinates(points).T
    row = np.floor((grid.north - y) / grid.cell_m).astype(np.int64)
    column = np.floor((x - grid.west) / grid.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    number = np.full(grid.shape, -1)
    number[grid.row, grid.column] = np.arange(len(grid))
    found = number[row[inside], column[inside]]
    return np.asarray(found[found >= 0], dtype=np.int64)


def counted(grid: Grid, points: Geometries) -> Floats:
    """Return how many points (c,) lie in each cell."""
    return np.bincount(cell_of(grid, points), minlength=len(grid)).astype(np.float64)
