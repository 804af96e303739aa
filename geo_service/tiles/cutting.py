"""A straight piece, a ring and the box that a tile is cut by; compiled."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def within_box(ax: float, ay: float, bx: float, by: float, low: float, high: float) -> tuple[float, float]:
    """Return from where to where (shares of its length) a piece lies in a box; the first above the second: nowhere.

    Liang and Barsky, A new concept and method for line clipping, ACM Transactions on Graphics 3 (1984).
    """
    first, last = 0.0, 1.0
    for start, step in ((ax, bx - ax), (ay, by - ay)):
        if step == 0:
            if start < low or start > high:
                return 1.0, 0.0
        else:
            enters, leaves = (low - start) / step, (high - start) / step
            if enters > leaves:
                enters, leaves = leaves, enters
            first, last = max(first, enters), min(last, leaves)
    return first, last


@njit(cache=True, nogil=True)
def cut_ring(ring: Floats, count: int, low: float, high: float) -> tuple[Floats, int]:
    """Return a ring (its first point not repeated) cut by a box, and its number of points.

    Where it leaves the box more than once, the parts stay joined along the edge of the box, which is not seen: it lies
    in the buffer of the tile. Sutherland and Hodgman, Reentrant polygon clipping, Communications of the ACM 17 (1974).
    """
    here = ring[:count]
    for side in range(4):
        axis, bound, sign = side // 2, (low if side % 2 == 0 else high), (1.0 if side % 2 == 0 else -1.0)
        kept = np.empty((2 * len(here) + 2, 2))
        n = 0
        for k in range(len(here)):
            a, b = here[k - 1], here[k]
            inside_a, inside_b = sign * (a[axis] - bound) >= 0, sign * (b[axis] - bound) >= 0
            if inside_a != inside_b:
                share = (bound - a[axis]) / (b[axis] - a[axis])
                kept[n, axis] = bound
                kept[n, 1 - axis] = a[1 - axis] + share * (b[1 - axis] - a[1 - axis])
                n += 1
            if inside_b:
                kept[n] = b
                n += 1
        here = kept[:n]
    return here, len(here)


@njit(cache=True, nogil=True)
def crosses_to_the_right(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> bool:
    """Say whether a ray from a point to the right crosses a piece: an odd number of times from inside a polygon."""
    if (ay > y) == (by > y):
        return False
    return ax + (y - ay) / (by - ay) * (bx - ax) > x


@njit(cache=True, nogil=True)
def touching(bounds: Floats, west: float, north: float, east: float, south: float) -> NDArray[np.int64]:
    """Return the places of the boxes (west, north, east, south) that touch a box, ascending."""
    found = np.empty(len(bounds), dtype=np.int64)
    n = 0
    for k in range(len(bounds)):
        # What is not there (NaN) touches nothing.
        if bounds[k, 0] <= east and bounds[k, 2] >= west and bounds[k, 1] <= south and bounds[k, 3] >= north:
            found[n] = k
            n += 1
    return found[:n].copy()
