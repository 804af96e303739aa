"""The nearest school or water point of each settlement.

Distances are measured in a frame of each settlement's own, azimuthal equidistant on the ellipsoid, so that they are
geodesic from its centre and wrong by less than 1e-7 of themselves some kilometres off.

Source of the projection: J. P. Snyder, Map Projections - A Working Manual (USGS 1395), chapter 25.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Proj

from layers.returning.around import PIECE_DEGREES
from layers.roads.plane import metres_per_degree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

MARGIN = 1.01
"""By what the boxes in which points are looked for are wider than they need to be."""


def nearest(places: Geometries, points: Geometries, reach_m: float) -> tuple[Ints, Floats]:
    """Return the nearest point of each place, of those equally near the first.

    Args:
        places: (n,) points, lines or polygons in longitude and latitude; None or empty where there is none.
        points: (p,) points in longitude and latitude.
        reach_m: how far a point may lie from a place's edge (m).

    Returns:
        (n,) the place of the point in `points`, -1 where none lies within reach; (n,) how far it is (m; 0 inside), NaN
        where there is none.
    """
    found, far = np.full(len(places), -1, dtype=np.int64), np.full(len(places), np.nan)
    if not len(points):
        return found, far
    tree = shapely.STRtree(points)
    lonlat = shapely.get_coordinates(points)
    for k, place in enumerate(places.tolist()):
        if place is None or place.is_empty:
            continue
        west, south, east, north = place.bounds
        across, up = _degrees(south, north, reach_m)
        near = np.sort(tree.query(shapely.box(west - across, south - up, east + across, north + up)))
        if not len(near):
            continue
        frame = Proj(proj="aeqd", ellps="WGS84", lon_0=(west + east) / 2, lat_0=(south + north) / 2)
        edged = place if place.geom_type == "Point" else shapely.segmentize(place, PIECE_DEGREES)
        here = shapely.transform(edged, lambda xy, to=frame: np.column_stack(to(xy[:, 0], xy[:, 1])))  # type: ignore[misc]
        away = shapely.distance(here, shapely.points(np.column_stack(frame(*lonlat[near].T))))
        least = int(np.argmin(away))
        if away[least] <= reach_m:
            found[k], far[k] = near[least], away[least]
    return found, far


def _degrees(south: float, north: float, metres: float) -> tuple[float, float]:
    """Return how many degrees of longitude and latitude hold a distance around some latitudes."""
    highest = min(max(abs(south), abs(north)) + metres / 100_000, 89.0)
    across = MARGIN * metres / float(metres_per_degree(np.array([highest]))[0][0])
    up = MARGIN * metres / float(metres_per_degree(np.zeros(1))[1][0])
    return across, up
