"""Ground as the command stream of a vector tile (MVT 2.1, section 4.3); compiled.

Points are rounded to the nearest unit, and nothing is simplified, so that an edge moves by less than a unit. What would
vanish by rounding is drawn larger instead: a ring without area as its edges, each two units wide, or as the square of
whole units that it lies in; a line without length as one of a unit. A hole without area is filled, and a polygon of
less than half a unit along its ring has its edges drawn too.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.cutting import crosses_to_the_right, cut_ring, within_box
from geo_service.tiles.shapes import EXTENT, LINE, POLYGON

BUFFER = 64
"""Units around a tile that are drawn too, so that outlines meet: 4 pixels of a tile of 256."""

SMALL = 16
"""Units around a ring without holes that is seen as it is, however thin."""

MOVE, CLOSE = 9, 15
"""MoveTo with one point, and ClosePath."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def room(out: Bytes, at: int, more: int) -> Bytes:
    """Return a buffer with room for more bytes behind those written."""
    if at + more <= len(out):
        return out
    larger = np.empty(2 * len(out) + more, dtype=np.uint8)
    larger[:at] = out[:at]
    return larger


@njit(cache=True, nogil=True)
def put(out: Bytes, at: int, value: int) -> int:
    """Write a number as a varint; return where the next byte goes."""
    while value > 127:
        out[at] = (value & 127) | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@njit(cache=True, nogil=True)
def put_step(out: Bytes, at: int, step: int) -> int:
    """Write a difference as a zigzag varint; return where the next byte goes."""
    return put(out, at, step * 2 if step >= 0 else -step * 2 - 1)


@njit(cache=True, nogil=True)
def put_path(out: Bytes, at: int, path: Ints, count: int, pen: Ints, closed: bool, backward: bool) -> tuple[Bytes, int]:
    """Write a path of different points; the pen is left at its end."""
    out = room(out, at, 10 * count + 16)
    for k in range(count):
        j = count - 1 - k if backward else k
        if k == 0:
            at = put(out, at, MOVE)
        elif k == 1:
            at = put(out, at, 2 | (count - 1) << 3)
        at = put_step(out, at, path[j, 0] - pen[0])
        at = put_step(out, at, path[j, 1] - pen[1])
        pen[0], pen[1] = path[j, 0], path[j, 1]
    if closed:
        at = put(out, at, CLOSE)
    return out, at


@njit(cache=True, nogil=True)
def rounded(points: Floats, count: int, path: Ints, closed: bool) -> int:
    """Write points rounded to units into a path, each differing from the one before; return how many."""
    n = 0
    for k in range(count):
        x, y = np.int64(np.floor(points[k, 0] + 0.5)), np.int64(np.floor(points[k, 1] + 0.5))
        if n == 0 or x != path[n - 1, 0] or y != path[n - 1, 1]:
            path[n, 0], path[n, 1] = x, y
            n += 1
    while closed and n > 1 and path[n - 1, 0] == path[0, 0] and path[n - 1, 1] == path[0, 1]:
        n -= 1
    return n


@njit(cache=True, nogil=True)
def twice_area(path: Ints, count: int) -> int:
    """Return twice the signed area of a ring, square units: positive for an outer ring of MVT."""
    total = 0
    for k in range(count):
        j = k - 1 if k else count - 1
        total += path[j, 0] * path[k, 1] - path[k, 0] * path[j, 1]
    return total


@njit(cache=True, nogil=True)
def length(path: Ints, count: int) -> int:
    """Return how long a ring is, counting the longer side of each step."""
    total = 0
    for k in range(count):
        j = k - 1 if k else count - 1
        total += max(abs(path[k, 0] - path[j, 0]), abs(path[k, 1] - path[j, 1]))
    return total


@njit(cache=True, nogil=True)
def put_wide(out: Bytes, at: int, ax: int, ay: int, bx: int, by: int, pen: Ints) -> tuple[Bytes, int]:
    """Write a piece between two units as a polygon two units wide."""
    quad = np.empty((4, 2), dtype=np.int64)
    flat = abs(bx - ax) >= abs(by - ay)
    wide, high = (0, 1) if flat else (1, 0)
    quad[0, 0], quad[0, 1] = ax - wide, ay - high
    quad[1, 0], quad[1, 1] = bx - wide, by - high
    quad[2, 0], quad[2, 1] = bx + wide, by + high
    quad[3, 0], quad[3, 1] = ax + wide, ay + high
    return put_path(out, at, quad, 4, pen, True, twice_area(quad, 4) < 0)


@njit(cache=True, nogil=True)
def put_square(out: Bytes, at: int, points: Floats, count: int, pen: Ints) -> tuple[Bytes, int]:
    """Write the square of whole units that points lie in."""
    west, north, east, south = points[0, 0], points[0, 1], points[0, 0], points[0, 1]
    for k in range(count):
        west, east = min(west, points[k, 0]), max(east, points[k, 0])
        north, south = min(north, points[k, 1]), max(south, points[k, 1])
    quad = np.empty((4, 2), dtype=np.int64)
    quad[0, 0], quad[0, 1] = np.int64(np.floor(west)), np.int64(np.floor(north))
    quad[2, 0] = max(np.int64(np.ceil(east)), quad[0, 0] + 1)
    quad[2, 1] = max(np.int64(np.ceil(south)), quad[0, 1] + 1)
    quad[1, 0], quad[1, 1] = quad[2, 0], quad[0, 1]
    quad[3, 0], quad[3, 1] = quad[0, 0], quad[2, 1]
    return put_path(out, at, quad, 4, pen, True, False)


@njit(cache=True, nogil=True)
def put_thin(
    out: Bytes, at: int, ring: Floats, count: int, path: Ints, low: float, high: float, pen: Ints
) -> tuple[Bytes, int]:
    """Write what lies in the box of a ring without area left: its edges, two units wide, or a square."""
    piece, place = np.empty((2, 2)), np.empty((2 * count, 2))
    drawn = False
    touched = 0
    for k in range(count):
        a, b = ring[k - 1 if k else count - 1], ring[k]
        first, last = within_box(a[0], a[1], b[0], b[1], low, high)
        if first > last:
            continue
        for axis in range(2):
            piece[0, axis] = a[axis] + first * (b[axis] - a[axis])
            piece[1, axis] = a[axis] + last * (b[axis] - a[axis])
        place[touched : touched + 2] = piece
        touched += 2
        if rounded(piece, 2, path, False) == 2:
            out, at = put_wide(out, at, path[0, 0], path[0, 1], path[1, 0], path[1, 1], pen)
            drawn = True
    if touched and not drawn:
        out, at = put_square(out, at, place, touched, pen)
    return out, at


@njit(cache=True, nogil=True)
def in_units(points: Floats, start: int, end: int, scale: float, column: int, row: int, into: Floats) -> None:
    """Write points (shares of the world's side) into a buffer as units of a tile."""
    for k in range(start, end):
        into[k - start, 0] = (points[k, 0] * scale - column) * EXTENT
        into[k - start, 1] = (points[k, 1] * scale - row) * EXTENT


@njit(cache=True, nogil=True)
def meets_box(
    points: Floats, rings: Ints, scale: float, column: int, row: int, low: float, high: float
) -> tuple[bool, bool]:
    """Say of a polygon whether one of its edges meets the box, and else whether the box lies inside it.

    Args:
        points, rings: all points, and where the polygon's rings begin; one more than it has.
        scale, column, row: the tile.
        low, high: the box, units.
    """
    middle = (low + high) / 2
    inside = False
    for r in range(len(rings) - 1):
        for k in range(rings[r] + 1, rings[r + 1]):
            ax, ay = (points[k - 1, 0] * scale - column) * EXTENT, (points[k - 1, 1] * scale - row) * EXTENT
            bx, by = (points[k, 0] * scale - column) * EXTENT, (points[k, 1] * scale - row) * EXTENT
            first, last = within_box(ax, ay, bx, by, low, high)
            if first <= last:
                return True, False
            inside ^= crosses_to_the_right(ax, ay, bx, by, middle, middle)
    return False, inside


@njit(cache=True, nogil=True)
def put_polygon(
    out: Bytes,
    at: int,
    points: Floats,
    rings: Ints,
    tile: tuple[float, int, int],
    whole: bool,
    pen: Ints,
) -> tuple[Bytes, int]:
    """Write one polygon as far as it meets the tile with its buffer.

    Args:
        out, at: the buffer, and where to write.
        points, rings: all points, and where the polygon's rings begin; one more than it has.
        tile: tiles of the world's side at its zoom, its column, its row.
        whole: the polygon lies inside the buffered tile.
        pen: where the last path ended; moved on.
    """
    scale, column, row = tile
    low, high = -float(BUFFER), float(EXTENT + BUFFER)
    if not whole:
        edges, inside = meets_box(points, rings, scale, column, row, low, high)
        if not edges:
            if inside:
                box = np.array([[low, low], [high, high]])
                out, at = put_square(out, at, box, 2, pen)
            return out, at
    longest = 0
    for r in range(len(rings) - 1):
        longest = max(longest, rings[r + 1] - rings[r])
    buffer = np.empty((longest, 2))
    path = np.empty((6 * longest + 64, 2), dtype=np.int64)
    left, around = 0, 0
    for r in range(len(rings) - 1):
        count = rings[r + 1] - rings[r] - 1
        in_units(points, rings[r], rings[r + 1] - 1, scale, column, row, buffer)
        ring, cut = buffer, count
        if not whole:
            ring, cut = cut_ring(buffer, count, low, high)
            if len(path) < cut + 2:
                path = np.empty((2 * cut, 2), dtype=np.int64)
        n = rounded(ring, cut, path, True)
        area = twice_area(path, n) if n > 2 else 0
        if area != 0:
            out, at = put_path(out, at, path, n, pen, True, (area < 0) == (r == 0))
            left += abs(area) if r == 0 else -abs(area)
            around += length(path, n) if r == 0 else 0
        elif r == 0:
            out, at = put_thin(out, at, buffer, count, path, low, high, pen)
            return out, at
    if left < around and (len(rings) > 2 or around > SMALL):
        # Less than half a unit is left along the ring: what may be gone by rounding is drawn as a line too.
        in_units(points, rings[0], rings[1] - 1, scale, column, row, buffer)
        out, at = put_thin(out, at, buffer, rings[1] - rings[0] - 1, path, low, high, pen)
    return out, at


@njit(cache=True, nogil=True)
def put_line(
    out: Bytes, at: int, points: Floats, start: int, end: int, tile: tuple[float, int, int], pen: Ints
) -> tuple[Bytes, int]:
    """Write one line as far as it meets the tile with its buffer, in as many runs as it enters it."""
    scale, column, row = tile
    low, high = -float(BUFFER), float(EXTENT + BUFFER)
    count = end - start
    line = np.empty((count, 2))
    in_units(points, start, end, scale, column, row, line)
    run, path = np.empty((count + 1, 2)), np.empty((count + 2, 2), dtype=np.int64)
    n = 0
    for k in range(1, count + 1):
        first, last = 1.0, 0.0
        if k < count:
            a, b = line[k - 1], line[k]
            first, last = within_box(a[0], a[1], b[0], b[1], low, high)
        if first > last or first > 0:
            if n:
                out, at = put_run(out, at, run, n, path, pen)
            n = 0
        if first > last:
            continue
        if n == 0:
            run[0, 0], run[0, 1] = a[0] + first * (b[0] - a[0]), a[1] + first * (b[1] - a[1])
            n = 1
        run[n, 0], run[n, 1] = a[0] + last * (b[0] - a[0]), a[1] + last * (b[1] - a[1])
        n += 1
        if last < 1:
            out, at = put_run(out, at, run, n, path, pen)
            n = 0
    return out, at


@njit(cache=True, nogil=True)
def put_run(out: Bytes, at: int, run: Floats, count: int, path: Ints, pen: Ints) -> tuple[Bytes, int]:
    """Write a run of a line; one without length gets one of a unit."""
    n = rounded(run, count, path, False)
    if n == 1:
        path[1, 0], path[1, 1] = path[0, 0] + 1, path[0, 1]
        n = 2
    return put_path(out, at, path, n, pen, False, False)


@njit(cache=True, nogil=True)
def put_points(
    out: Bytes, at: int, points: Floats, start: int, end: int, tile: tuple[float, int, int], pen: Ints
) -> tuple[Bytes, int]:
    """Write the points that lie in the tile with its buffer."""
    scale, column, row = tile
    place = np.empty((end - start, 2))
    in_units(points, start, end, scale, column, row, place)
    n = 0
    for k in range(end - start):
        if place[k].min() >= -BUFFER and place[k].max() <= EXTENT + BUFFER:
            place[n] = place[k]
            n += 1
    if n:
        out = room(out, at, 10 * n + 16)
        at = put(out, at, 1 | n << 3)
        for k in range(n):
            x, y = np.int64(np.floor(place[k, 0] + 0.5)), np.int64(np.floor(place[k, 1] + 0.5))
            at = put_step(out, at, x - pen[0])
            at = put_step(out, at, y - pen[1])
            pen[0], pen[1] = x, y
    return out, at


@njit(cache=True, nogil=True)
def drawn(
    kind: NDArray[np.int8],
    records: Ints,
    parts: Ints,
    rings: Ints,
    points: Floats,
    bounds: Floats,
    chosen: Ints,
    tile: tuple[float, int, int],
) -> tuple[Bytes, Ints]:
    """Return the command streams of some records in a tile with its buffer, one after another.

    Args:
        kind, records, parts, rings, points, bounds: the records' shapes.
        chosen: (n,) which of them.
        tile: tiles of the world's side at its zoom, its column, its row.

    Returns:
        The bytes, and (n + 1,) where the stream of each begins; empty where the record does not meet the tile.
    """
    scale, column, row = tile
    margin = BUFFER / EXTENT
    out = np.empty(4096 + 128 * len(chosen), dtype=np.uint8)
    starts = np.zeros(len(chosen) + 1, dtype=np.int64)
    at = 0
    pen = np.zeros(2, dtype=np.int64)
    for i in range(len(chosen)):
        one = chosen[i]
        pen[0], pen[1] = 0, 0
        whole = (
            bounds[one, 0] * scale >= column - margin
            and bounds[one, 1] * scale >= row - margin
            and bounds[one, 2] * scale <= column + 1 + margin
            and bounds[one, 3] * scale <= row + 1 + margin
        )
        for part in range(records[one], records[one + 1]):
            first, last = parts[part], parts[part + 1]
            if kind[one] == POLYGON:
                out, at = put_polygon(out, at, points, rings[first : last + 1], tile, whole, pen)
            elif kind[one] == LINE:
                out, at = put_line(out, at, points, rings[first], rings[last], tile, pen)
        if kind[one] == 1:
            out, at = put_points(out, at, points, rings[parts[records[one]]], rings[parts[records[one + 1]]], tile, pen)
        starts[i + 1] = at
    return out[:at], starts
