"""Exact distances between straight pieces of road and boundaries, pair by pair; compiled.

Every boundary edge is turned into the frame of the segment: `u` along it, from 0 to its length, and `w` to its left,
in metres. The points of the segment within a distance of a boundary edge are one interval, since the distance to a
convex set is convex along a line; it is found in closed form, from the strip beside the edge and the discs about its
ends. Inside a polygon are the points beyond which the segment's line crosses the boundary an odd number of times.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIE = 1e-6
"""A boundary as near to a road as this (m) runs along it: rounding of coordinates leaves about a thousandth of that."""

SHORT = 1e-3
"""Shorter pieces of road than this (m) come from rounding."""

BAND = 2.0**-8
"""The height of the bands of `layers.roads.plane` in degrees: some 430 m. A power of two, for exact borders.

It stands here because compiled functions are kept until this file changes.
"""

HALF_BAND = float(np.radians(BAND / 2))
"""Half of that, in radians."""

LEAST_RADIUS = 6_335_000.0
"""No radius of curvature of the ellipsoid is less (m)."""

_FAR = 1e300


@njit(cache=True, nogil=True, error_model="numpy")
def _turned(edges: Floats, place: int, start: Floats, axis: Floats, scale: Floats) -> tuple[float, float, float, float]:
    """Return the ends of a boundary edge in the frame of a segment: u, w of one and of the other."""
    ax, ay = (edges[place, 0] - start[0]) * scale[0], (edges[place, 1] - start[1]) * scale[1]
    bx, by = (edges[place, 2] - start[0]) * scale[0], (edges[place, 3] - start[1]) * scale[1]
    return (
        ax * axis[0] + ay * axis[1],
        ay * axis[0] - ax * axis[1],
        bx * axis[0] + by * axis[1],
        by * axis[0] - bx * axis[1],
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _beside(ua: float, wa: float, ub: float, wb: float, distance: float) -> tuple[float, float]:
    """Return between which u the line w = 0 is within a distance of an edge; low above high where nowhere."""
    low, high = _FAR, -_FAR
    if abs(wa) <= distance:
        reach = np.sqrt(distance * distance - wa * wa)
        low, high = ua - reach, ua + reach
    if abs(wb) <= distance:
        reach = np.sqrt(distance * distance - wb * wb)
        low, high = min(low, ub - reach), max(high, ub + reach)
    length = np.hypot(ub - ua, wb - wa)
    if length == 0:
        return low, high
    eu, ew = (ub - ua) / length, (wb - wa) / length
    # The strip: its feet lie on the edge, 0 <= g <= length, and it is as near, |f| <= distance; both linear in u.
    strip_low, strip_high = -_FAR, _FAR
    for slope, at_zero, least, most in (
        (eu, -eu * ua - ew * wa, 0.0, length),
        (-ew, ew * ua - eu * wa, -distance, distance),
    ):
        if abs(slope) < 1e-14:
            if at_zero < least or at_zero > most:
                return low, high
        else:
            one, other = (least - at_zero) / slope, (most - at_zero) / slope
            strip_low, strip_high = max(strip_low, min(one, other)), min(strip_high, max(one, other))
    if strip_low <= strip_high:
        low, high = min(low, strip_low), max(high, strip_high)
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _apart(  # noqa: PLR0913, PLR0917
    box: Floats, start: Floats, axis: Floats, scale: Floats, low: float, high: float
) -> float:
    """Return a distance (m) that a stretch of a segment is at least away from a box (west, south, east, north)."""
    x0, x1 = start[0] * scale[0] + low * axis[0], start[0] * scale[0] + high * axis[0]
    y0, y1 = start[1] * scale[1] + low * axis[1], start[1] * scale[1] + high * axis[1]
    dx = max(box[0] * scale[0] - max(x0, x1), min(x0, x1) - box[2] * scale[0], 0.0)
    dy = max(box[1] * scale[1] - max(y0, y1), min(y0, y1) - box[3] * scale[1], 0.0)
    return float(np.hypot(dx, dy))


@njit(cache=True, nogil=True, error_model="numpy")
def _more(rows: Floats, names: Ints, used: int) -> tuple[Floats, Ints]:
    """Return the rows with room for as many again."""
    wide, long = np.empty((2 * used, rows.shape[1])), np.empty((2 * used, names.shape[1]), np.int64)
    wide[:used], long[:used] = rows[:used], names[:used]
    return wide, long


@njit(cache=True, nogil=True, error_model="numpy")
def _sort(values: Floats, others: Floats, count: int) -> None:
    """Sort the first values in place, and others with them; few at a time, most of them in order already."""
    for k in range(1, count):
        value, other, at = values[k], others[k], k
        while at > 0 and values[at - 1] > value:
            values[at], others[at] = values[at - 1], others[at - 1]
            at -= 1
        values[at], others[at] = value, other


@njit(cache=True, nogil=True, error_model="numpy")
def _most(first: Ints) -> int:
    """Return how many edges the polygon with the most of them has, 1 where there is none."""
    most = 1
    for k in range(len(first) - 1):
        most = max(most, first[k + 1] - first[k])
    return most


@njit(cache=True, nogil=True, error_model="numpy")
def near(  # noqa: C901, PLR0912, PLR0913, PLR0917
    seg_first: Ints,
    start: Floats,
    axis: Floats,
    scale: Floats,
    length: Floats,
    lean: Floats,
    cand_first: Ints,
    cand: Ints,
    edges: Floats,
    edge_first: Ints,
    boxes: Floats,
    distance: Floats,
) -> tuple[Ints, Floats]:
    """Find where roads are within a distance of polygons, or inside them; the plane's slack is added to the distance.

    Args:
        seg_first, start, axis, scale, length, lean: the segments, see `layers.roads.plane.Segments`.
        cand_first, cand: the polygons that each road may come near: cand[cand_first[e]:cand_first[e + 1]].
        edges, edge_first: the boundary edges (lon, lat, lon, lat) of each polygon.
        boxes: (polygons, 4) of the polygons.
        distance: for each candidate, the distance (m).

    Returns:
        Runs: (segment, candidate's place in `cand`) and (from, to) in metres along the segment.
    """
    names, runs, used = np.empty((1024, 2), np.int64), np.empty((1024, 2)), 0
    most = _most(edge_first)
    lows, highs, crossed = np.empty(2 * most + 2), np.empty(2 * most + 2), np.empty(most + 1)
    for road in range(len(seg_first) - 1):
        for c in range(cand_first[road], cand_first[road + 1]):
            polygon = cand[c]
            for s in range(seg_first[road], seg_first[road + 1]):
                whole = length[s]
                reach = distance[c] * (1 + (HALF_BAND + distance[c] / LEAST_RADIUS) * lean[s])
                if _apart(boxes[polygon], start[s], axis[s], scale[s], 0.0, whole) > reach:
                    continue
                found, crossings = 0, 0
                for k in range(edge_first[polygon], edge_first[polygon + 1]):
                    ua, wa, ub, wb = _turned(edges, k, start[s], axis[s], scale[s])
                    if (wa > 0) != (wb > 0):
                        crossed[crossings] = ua + (ub - ua) * (wa / (wa - wb))
                        crossings += 1
                    if max(ua, ub) < -reach or min(ua, ub) > whole + reach:
                        continue
                    if min(wa, wb) > reach or max(wa, wb) < -reach:
                        continue
                    low, high = _beside(ua, wa, ub, wb, reach)
                    if low <= high and high >= 0 and low <= whole:
                        lows[found], highs[found] = max(low, 0.0), min(high, whole)
                        found += 1
                _sort(crossed, crossed, crossings)
                # From the right: the stretches beyond which an odd number of crossings lies.
                for k in range(crossings - 1, -1, -2):
                    low, high = -_FAR if k == 0 else crossed[k - 1], crossed[k]
                    if high >= 0 and low <= whole:
                        lows[found], highs[found] = max(low, 0.0), min(high, whole)
                        found += 1
                if found == 0:
                    continue
                _sort(lows, highs, found)
                low, high = lows[0], highs[0]
                for place in range(1, found + 1):
                    if place < found and lows[place] <= high:
                        high = max(high, highs[place])
                        continue
                    if used == len(names):
                        runs, names = _more(runs, names, used)
                    names[used, 0], names[used, 1] = s, c
                    runs[used, 0], runs[used, 1] = low, high
                    used += 1
                    if place < found:
                        low, high = lows[place], highs[place]
    return names[:used].copy(), runs[:used].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def inside(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917
    seg_first: Ints,
    start: Floats,
    axis: Floats,
    scale: Floats,
    length: Floats,
    cand_first: Ints,
    cand: Ints,
    edges: Floats,
    edge_first: Ints,
    boxes: Floats,
    claims: bool,  # noqa: FBT001
) -> tuple[Ints, Floats]:
    """Find where roads lie in polygons. Where a road runs along a boundary, it lies inside only if polygons claim ties.

    Args:
        claims: whether ties count as inside; the others as in `near`.

    Returns:
        Runs as in `near`.
    """
    names, runs, used = np.empty((1024, 2), np.int64), np.empty((1024, 2)), 0
    most = _most(edge_first)
    crossed, tie_low, tie_high, cuts = np.empty(most + 1), np.empty(most), np.empty(most), np.empty(3 * most + 3)
    for road in range(len(seg_first) - 1):
        for c in range(cand_first[road], cand_first[road + 1]):
            polygon = cand[c]
            for s in range(seg_first[road], seg_first[road + 1]):
                whole = length[s]
                if _apart(boxes[polygon], start[s], axis[s], scale[s], 0.0, whole) > TIE:
                    continue
                crossings, ties = 0, 0
                for k in range(edge_first[polygon], edge_first[polygon + 1]):
                    ua, wa, ub, wb = _turned(edges, k, start[s], axis[s], scale[s])
                    if (wa > 0) != (wb > 0):
                        crossed[crossings] = ua + (ub - ua) * (wa / (wa - wb))
                        crossings += 1
                    if min(wa, wb) > TIE or max(wa, wb) < -TIE:
                        continue
                    one, other = 0.0, 1.0
                    if wa != wb:
                        p, q = (TIE - wa) / (wb - wa), (-TIE - wa) / (wb - wa)
                        one, other = max(0.0, min(p, q)), min(1.0, max(p, q))
                    u0, u1 = ua + one * (ub - ua), ua + other * (ub - ua)
                    low, high = max(min(u0, u1), 0.0), min(max(u0, u1), whole)
                    if high - low >= SHORT:
                        tie_low[ties], tie_high[ties] = low, high
                        ties += 1
                if crossings + ties == 0:
                    continue
                count = 2
                cuts[0], cuts[1] = 0.0, whole
                for k in range(crossings):
                    if 0 < crossed[k] < whole:
                        cuts[count] = crossed[k]
                        count += 1
                for k in range(ties):
                    cuts[count], cuts[count + 1] = tie_low[k], tie_high[k]
                    count += 2
                _sort(cuts, cuts, count)
                begun = -1.0
                for k in range(count):
                    covered = False
                    if k + 1 < count:
                        if cuts[k + 1] == cuts[k]:
                            continue
                        middle = (cuts[k] + cuts[k + 1]) / 2
                        beyond = 0
                        for one_crossing in range(crossings):
                            beyond += crossed[one_crossing] > middle
                        covered = beyond % 2 == 1
                        for one_tie in range(ties):
                            if tie_low[one_tie] <= middle <= tie_high[one_tie]:
                                covered = claims
                    if covered and begun < 0:
                        begun = cuts[k]
                    elif not covered and begun >= 0:
                        if used == len(names):
                            runs, names = _more(runs, names, used)
                        names[used, 0], names[used, 1] = s, c
                        runs[used, 0], runs[used, 1] = begun, cuts[k]
                        used += 1
                        begun = -1.0
    return names[:used].copy(), runs[:used].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _point_gap(  # noqa: PLR0913, PLR0917
    u: float, w: float, ua: float, wa: float, ub: float, wb: float
) -> float:
    """Return the square of the distance of a point from an edge."""
    du, dw = ub - ua, wb - wa
    square = du * du + dw * dw
    t = 0.0 if square == 0 else min(max(((u - ua) * du + (w - wa) * dw) / square, 0.0), 1.0)
    x, y = ua + t * du - u, wa + t * dw - w
    return x * x + y * y


@njit(cache=True, nogil=True, error_model="numpy")
def _gap(  # noqa: PLR0913, PLR0917
    start: Floats,
    axis: Floats,
    scale: Floats,
    low: float,
    high: float,
    edges: Floats,
    first: int,
    last: int,
) -> float:
    """Return how near (m) a stretch of a segment comes to a polygon; 0 inside it."""
    best, beyond = _FAR, 0
    for k in range(first, last):
        ua, wa, ub, wb = _turned(edges, k, start, axis, scale)
        if (wa > 0) != (wb > 0):
            at = ua + (ub - ua) * (wa / (wa - wb))
            if low <= at <= high:
                return 0.0
            beyond += at > low
        for u, w in ((ua, wa), (ub, wb)):
            away = max(low - u, u - high, 0.0)
            best = min(best, away * away + w * w)
        best = min(best, _point_gap(low, 0.0, ua, wa, ub, wb), _point_gap(high, 0.0, ua, wa, ub, wb))
    return 0.0 if beyond % 2 == 1 else float(np.sqrt(best))


@njit(cache=True, nogil=True, error_model="numpy")
def gaps(  # noqa: PLR0913, PLR0917
    part_first: Ints,
    part_segment: Ints,
    part: Floats,
    start: Floats,
    axis: Floats,
    scale: Floats,
    piece: Ints,
    polygon: Ints,
    edges: Floats,
    edge_first: Ints,
) -> Floats:
    """Return how near (m) pieces of road come to polygons, pair by pair.

    Args:
        part_first, part_segment, part: the stretches (from, to; m along their segment) that each piece is made of.
        start, axis, scale: the segments.
        piece, polygon: the pairs.
        edges, edge_first: the boundary edges of each polygon.
    """
    found = np.full(len(piece), np.inf)
    for k in range(len(piece)):
        for p in range(part_first[piece[k]], part_first[piece[k] + 1]):
            s, first, last = part_segment[p], edge_first[polygon[k]], edge_first[polygon[k] + 1]
            found[k] = min(found[k], _gap(start[s], axis[s], scale[s], part[p, 0], part[p, 1], edges, first, last))
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def nearest(  # noqa: PLR0913, PLR0917
    part_first: Ints,
    part_segment: Ints,
    part: Floats,
    start: Floats,
    axis: Floats,
    scale: Floats,
    road: Ints,
    cand_first: Ints,
    cand: Ints,
    edges: Floats,
    edge_first: Ints,
    boxes: Floats,
    limit: float,
) -> tuple[Ints, Floats]:
    """Return for each piece of road the nearest of its road's candidates within a limit (m), and how near it comes.

    Of several as near it is the first; -1 and inf where there is none.
    """
    who, how = np.full(len(road), -1), np.full(len(road), np.inf)
    for k in range(len(road)):
        for c in range(cand_first[road[k]], cand_first[road[k] + 1]):
            polygon = cand[c]
            first, last = edge_first[polygon], edge_first[polygon + 1]
            for p in range(part_first[k], part_first[k + 1]):
                s, bound = part_segment[p], min(how[k], limit)
                if bound == 0 and how[k] == 0:
                    break
                # A hair less: what is as near to the last digit must not be passed over.
                if _apart(boxes[polygon], start[s], axis[s], scale[s], part[p, 0], part[p, 1]) > bound * 1.000001:
                    continue
                gap = _gap(start[s], axis[s], scale[s], part[p, 0], part[p, 1], edges, first, last)
                if gap <= limit and gap < how[k]:
                    who[k], how[k] = polygon, gap
    return who, how


@njit(cache=True, nogil=True, error_model="numpy")
def parts(  # noqa: PLR0913, PLR0917
    seg_first: Ints, length: Floats, begin: Floats, end: Floats, road: Ints, low: Floats, high: Floats
) -> tuple[Ints, Ints, Floats]:
    """Return the stretches of segments that pieces of road are made of.

    Args:
        seg_first, length, begin, end: the segments, see `layers.roads.plane.Segments`.
        road, low, high: the road of each piece, and where it begins and ends along it (m).

    Returns:
        Where the stretches of each piece begin (pieces + 1,), their segments, and (from, to) in metres along those.
    """
    names, runs, used = np.empty((1024, 1), np.int64), np.empty((1024, 2)), 0
    first = np.zeros(len(road) + 1, np.int64)
    for k in range(len(road)):
        for s in range(seg_first[road[k]], seg_first[road[k] + 1]):
            if end[s] <= low[k] or begin[s] >= high[k]:
                continue
            if used == len(names):
                runs, names = _more(runs, names, used)
            ratio = length[s] / (end[s] - begin[s])
            names[used, 0] = s
            runs[used, 0] = max(low[k] - begin[s], 0.0) * ratio
            runs[used, 1] = length[s] if high[k] >= end[s] else (high[k] - begin[s]) * ratio
            used += 1
        first[k + 1] = used
    return first, names[:used, 0].copy(), runs[:used].copy()
