"""Areas that can be published: on the WGS 84 ellipsoid, of polygons whose edges are straight in longitude and latitude.

The area left of an edge follows from the authalic function: with S(phi) the area between the equator and phi over one
radian of longitude, a ring's area is the sum over its edges of (lambda2 - lambda1) * mean of S along the edge. S is
smooth, so Gauss-Legendre quadrature of the mean is exact to rounding for the edges that occur.
Source of S: J. P. Snyder, Map Projections - A Working Manual (USGS 1395), equation 3-12.
"""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

LONLAT = CRS.from_epsg(4326)
EDGE_M = 100.0
"""Edges of a projected upload are cut to this length (m) before they are transformed."""

_A = 6_378_137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_E = np.sqrt(_E2)
_B2 = (_A * (1 - _F)) ** 2
_SHORT = 0.001
"""Height of an edge (radians) under which two nodes leave an error of less than 1e-15 of its area."""
_TWO = np.polynomial.legendre.leggauss(2)
_MANY = np.polynomial.legendre.leggauss(20)

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


def _authalic(phi: Floats) -> Floats:
    """Return the area (m2) between the equator and latitude `phi` (radians) over one radian of longitude."""
    s = np.sin(phi)
    area: Floats = _B2 / 2 * (s / (1 - _E2 * s * s) + np.arctanh(_E * s) / _E)
    return area


def _edge_areas(start: Floats, end: Floats, base: Floats) -> Floats:
    """Return the signed area (m2) between each edge and a parallel whose S is `base`; edges (n, 2) in degrees.

    Any constant base gives the same ring area; one of the ring's own latitudes keeps the digits.
    """
    lam0, phi0 = np.radians(start).T
    lam1, phi1 = np.radians(end).T
    half, middle = (phi1 - phi0) / 2, (phi1 + phi0) / 2
    mean = np.zeros(len(start))
    nodes, weights = _TWO
    for node, weight in zip(nodes, weights, strict=True):
        mean += weight / 2 * _authalic(middle + half * node)
    long = np.abs(half) > _SHORT / 2
    if long.any():
        nodes, weights = _MANY
        mean[long] = sum(w / 2 * _authalic(middle[long] + half[long] * n) for n, w in zip(nodes, weights, strict=True))
    return np.asarray((lam1 - lam0) * (mean - base))


def _shoelace(start: Floats, end: Floats) -> Floats:
    return (start[:, 0] * end[:, 1] - end[:, 0] * start[:, 1]) / 2


def areas(geometries: Geometries, *, planar: bool = False) -> Floats:
    """Return the area (m2) of each polygon or multipolygon, shape (n,).

    Args:
        geometries: valid polygons in degrees of EPSG:4326 (lon, lat), or in metres where `planar`.
        planar: measure in the plane.
    """
    parts, part_of = shapely.get_parts(geometries, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    real = ~shapely.is_empty(rings)
    rings, ring_part = rings[real], ring_part[real]
    if not len(rings):
        return np.zeros(len(geometries))
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    # Coordinates relative to the ring's first vertex keep the digits that large offsets would take.
    first = np.flatnonzero(np.r_[True, ring_of[1:] != ring_of[:-1]])
    inside = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    if planar:
        xy = xy - xy[first][ring_of]
        edges = _shoelace(xy[inside], xy[inside + 1])
    else:
        base = _authalic(np.radians(xy[first, 1]))[ring_of[inside]]
        edges = _edge_areas(xy[inside], xy[inside + 1], base)
    ring_area = np.abs(np.bincount(ring_of[inside], weights=edges, minlength=len(rings)))
    hole = np.r_[False, ring_part[1:] == ring_part[:-1]]
    signed = np.where(hole, -ring_area, ring_area)
    part_area = np.bincount(ring_part, weights=signed, minlength=len(parts))
    return np.bincount(part_of, weights=part_area, minlength=len(geometries)).astype(np.float64)


def to_lonlat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in EPSG:4326, edges cut to 100 m first where it was projected.

    A frame without a CRS comes back as it is: planar metres.
    """
    if frame.crs is None or frame.crs.equals(LONLAT, ignore_axis_order=True):
        return frame
    return frame.set_geometry(transform(frame.geometry.to_numpy(), frame.crs), crs=LONLAT)


def transform(geometries: Geometries, crs: CRS) -> Geometries:
    """Transform geometries from `crs` to EPSG:4326 (lon, lat); edges of a projected CRS are cut to 100 m first."""
    source = CRS.from_user_input(crs)
    if source.is_projected:
        unit = source.axis_info[0].unit_conversion_factor or 1.0
        geometries = shapely.segmentize(geometries, EDGE_M / unit)
    to = Transformer.from_crs(source, LONLAT, always_xy=True)

    def move(xy: Floats) -> Floats:
        return np.column_stack(to.transform(xy[:, 0], xy[:, 1]))

    moved: Geometries = shapely.transform(geometries, move)
    return moved
