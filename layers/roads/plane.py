"""Metres around a road: a plane that is affine in longitude and latitude, one for each narrow band of latitude.

Edges of roads and polygons are straight in longitude and latitude, so they are straight in such a plane too, and to
split or densify one changes nothing. The plane of a band has the metres per degree of the ellipsoid at the band's
middle, and roads are cut where they enter another band. A distance d is then wrong by less than `slack` says: within
300 m and below 60 degrees of latitude under 0.05 m. Buffers are made wider by that much, so that whoever measures again
on the ellipsoid finds nothing inside them. Roads across the antimeridian or nearer than 5 degrees to a pole are not
provided for.

Source of the radii of curvature: J. P. Snyder, Map Projections - A Working Manual (USGS 1395), equations 4-18 to 4-20.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import within
from layers.roads.kernels import BAND, HALF_BAND, LEAST_RADIUS
from layers.roads.network import Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_A = 6_378_137.0
_E2 = (2 - 1 / 298.257223563) / 298.257223563


def metres_per_degree(latitude: Floats) -> tuple[Floats, Floats]:
    """Return the metres of one degree of longitude and of one degree of latitude, at latitudes in degrees."""
    phi = np.radians(latitude)
    w = 1 - _E2 * np.sin(phi) ** 2
    return np.radians(_A / np.sqrt(w) * np.cos(phi)), np.radians(_A * (1 - _E2) / w**1.5)


def lean(latitude: Floats) -> Floats:
    """Return the greatest relative change of the metres per degree over a radian of latitude.

    Those of a degree of longitude change by the tangent, those of a degree of latitude by less than 0.02.
    """
    return np.asarray(np.abs(np.tan(np.radians(latitude))) + 0.02)


def slack(distance: Floats, leaning: Floats) -> Floats:
    """Return by how much (m) a distance (m) measured in the plane of a band may be wrong.

    Both ends lie within the distance of the band, so within half a band and the distance from its middle.

    Args:
        distance: what was measured.
        leaning: of the plane, see `lean`.
    """
    return np.asarray(distance * (HALF_BAND + distance / LEAST_RADIUS) * leaning)


@dataclass(frozen=True)
class Segments:
    """Straight pieces of edges, each within one band of latitude; sorted by edge, along it.

    Attributes:
        first: (e + 1,) where the segments of each edge begin.
        start: (s, 2) longitude and latitude of their beginnings.
        axis: (s, 2) their direction in their plane, of length 1.
        length: (s,) their length in their plane (m).
        scale: (s, 2) metres per degree of longitude and of latitude in their plane.
        lean: (s,) how much their plane changes with latitude, see `lean`.
        begin, end: (s,) where they begin and end along their edge (m).
    """

    first: Ints
    start: Floats
    axis: Floats
    length: Floats
    scale: Floats
    lean: Floats
    begin: Floats
    end: Floats

    def along(self, segment: Ints, at: Floats) -> Floats:
        """Return how far along their edges (m) points of segments lie, given how far along the segments (m)."""
        whole = self.length[segment]
        begin, end = self.begin[segment], self.end[segment]
        return np.where(at >= whole, end, begin + (end - begin) * (at / whole))


def segments(network: Network, edges: Ints) -> Segments:
    """Return the straight pieces of some edges, cut at the borders of bands; those without length are left out."""
    count = network.first[edges + 1] - network.first[edges]
    vertex = np.repeat(network.first[edges], count) + within(count)
    owner = np.repeat(np.arange(len(edges)), count)
    xy, along = network.lonlat[vertex], network.along[vertex]
    go = np.flatnonzero((owner[1:] == owner[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    a, b, owner = xy[go], xy[go + 1], owner[go]
    begin, end = along[go], along[go + 1]
    low, high = np.minimum(a[:, 1], b[:, 1]) / BAND, np.maximum(a[:, 1], b[:, 1]) / BAND
    line = np.floor(low) + 1
    crossed = np.maximum(np.ceil(high) - line, 0).astype(np.int64)
    of = np.repeat(np.arange(len(a)), crossed)
    t = ((line[of] + within(crossed)) * BAND - a[of, 1]) / (b[of, 1] - a[of, 1])
    at = np.concatenate([np.zeros(len(a)), t, np.ones(len(a))])
    piece = np.concatenate([np.arange(len(a)), of, np.arange(len(a))])
    order = np.lexsort((at, piece))
    at, piece = at[order], piece[order]
    k = np.flatnonzero((piece[1:] == piece[:-1]) & (at[1:] > at[:-1]))
    t0, t1, piece = at[k], at[k + 1], piece[k]
    vector = (b - a)[piece]
    start = a[piece] + t0[:, None] * vector
    middle = start[:, 1] + (t1 - t0) / 2 * vector[:, 1]
    latitude = (np.floor(middle / BAND) + 0.5) * BAND
    scale = np.column_stack(metres_per_degree(latitude))
    metres = (t1 - t0)[:, None] * vector * scale
    length = np.hypot(metres[:, 0], metres[:, 1])
    span = (end - begin)[piece]
    return Segments(
        np.searchsorted(owner[piece], np.arange(len(edges) + 1)),
        start,
        metres / length[:, None],
        length,
        scale,
        lean(latitude),
        begin[piece] + t0 * span,
        np.where(t1 == 1, end[piece], begin[piece] + t1 * span),
    )
