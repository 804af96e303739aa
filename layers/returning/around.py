"""How much open ground lies within a distance of places: of houses, water, a school, the access road.

Distances are measured in a frame of each place's own: azimuthal equidistant on the ellipsoid, centred on the place, so
that they are geodesic from its centre and wrong by less than 1e-7 of themselves some kilometres off. What lies within a
distance is put together from the reach of each straight piece apart: a buffer of the whole line would be drawn around a
simplified one. Arcs are polygons around the circle, 0.04 m too wide at 1 km and never too narrow. The ground keeps its
own edges, straight in longitude and latitude, and is measured on the ellipsoid (`layers.measure`).

Source of the projection: J. P. Snyder, Map Projections - A Working Manual (USGS 1395), chapter 25. Places across the
antimeridian or nearer than 5 degrees to a pole are not provided for.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Proj

from layers.measure import areas
from layers.roads.plane import metres_per_degree

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

QUADRANT = 96
"""Edges of a quarter of a circle."""
WIDER = 1 / np.cos(np.pi / (4 * QUADRANT))
"""By what a polygon around a circle is wider than the circle, at its corners."""
PIECE_DEGREES = 0.004
"""Edges are cut to this length, under 450 m: one straight in longitude and latitude bends from the frame's by 4 mm."""
MARGIN = 1.01
"""By what the boxes in which ground is looked for are wider than they need to be."""
FEW = 4
"""Parts that are joined at a time."""


def open_around(places: Geometries, ground: Geometries, distances: Sequence[float]) -> Floats:
    """Return the open ground (m2) within each of some distances of each place, ground under several polygons once.

    Args:
        places: (n,) points, lines or polygons in longitude and latitude; None or empty where there is none.
        ground: (g,) polygons of open ground, in longitude and latitude.
        distances: (d,) how far around (m).

    Returns:
        (n, d) m2; NaN for a place that is not there.
    """
    found = np.zeros((len(places), len(distances)))
    missing = shapely.is_missing(places) | shapely.is_empty(places)
    found[missing] = np.nan
    if not len(ground) or not len(distances) or missing.all():
        return found
    order = np.argsort(distances)[::-1]
    tree = shapely.STRtree(ground)
    for place in np.flatnonzero(~missing).tolist():
        parts = _pieces(places[place])
        piece, near = tree.query(_boxes(parts, float(np.max(distances))))
        parts, held = parts[np.unique(piece)], ground[np.unique(near)]
        for which in order.tolist():
            if not len(held):
                break
            held = _inside(held, _reaches(parts, float(distances[which]), places[place]))
            found[place, which] = areas(np.array([shapely.union_all(held)], dtype=object))[0]
    # What lies within a distance lies within a greater one, whatever the last digits say.
    found[:, order] = np.minimum.accumulate(found[:, order], axis=1)
    return found


def lines_near(places: Geometries, lines: Geometries, distance: float) -> Geometries:
    """Return the parts of lines within a distance (m) of each place, one geometry each; None where there are none.

    Args:
        places: (n,) points, lines or polygons in longitude and latitude.
        lines: (l,) lines in longitude and latitude.
        distance: how far around (m).
    """
    found = np.full(len(places), None, dtype=object)
    if not len(lines):
        return found
    tree = shapely.STRtree(lines)
    for place, shape in enumerate(places.tolist()):
        if shape is None or shape.is_empty:
            continue
        parts = _pieces(shape)
        near = np.unique(tree.query(_boxes(parts, distance))[1])
        reach = shapely.union_all(_reaches(parts, distance, shape))
        cut = shapely.intersection(lines[near], reach)
        kept = shapely.get_parts(cut)
        kept = kept[shapely.length(kept) > 0]
        if len(kept):
            found[place] = shapely.multilinestrings(shapely.get_parts(kept))
    return found


def _pieces(shape: shapely.Geometry) -> Geometries:
    """Return the points, straight pieces of edges, and polygons that a geometry is made of."""
    parts = shapely.get_parts(np.array([shape], dtype=object))
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    kind = shapely.get_type_id(parts)
    rings = shapely.get_rings(parts[kind == 3])
    edged = shapely.segmentize(np.concatenate([parts[(kind == 1) | (kind == 2)], rings]), PIECE_DEGREES)
    xy, of = shapely.get_coordinates(edged, return_index=True)
    within = np.flatnonzero(of[1:] == of[:-1])
    edges = shapely.linestrings(np.stack([xy[within], xy[within + 1]], axis=1)) if len(within) else xy[:0, 0]
    return np.concatenate([parts[kind == 0], edges, shapely.segmentize(parts[kind == 3], PIECE_DEGREES)]).astype(object)


def _boxes(parts: Geometries, distance: float) -> Geometries:
    """Return boxes that hold all ground within a distance (m) of parts."""
    west, south, east, north = shapely.bounds(parts).T
    highest = np.minimum(np.maximum(np.abs(south), np.abs(north)) + distance / 100_000, 89.0)
    up = MARGIN * distance / metres_per_degree(np.zeros(len(parts)))[1]
    across = MARGIN * distance / metres_per_degree(highest)[0]
    boxes: Geometries = shapely.box(west - across, south - up, east + across, north + up)
    return boxes


def _reaches(parts: Geometries, distance: float, centred: shapely.Geometry) -> Geometries:
    """Return the ground within a distance (m) of each of some parts, in longitude and latitude."""
    west, south, east, north = shapely.bounds(centred)
    frame = Proj(proj="aeqd", ellps="WGS84", lon_0=(west + east) / 2, lat_0=(south + north) / 2)
    here = shapely.transform(parts, lambda xy: np.column_stack(frame(xy[:, 0], xy[:, 1])))
    reached = shapely.buffer(here, distance * WIDER, quad_segs=QUADRANT)
    there: Geometries = shapely.transform(reached, lambda xy: np.column_stack(frame(xy[:, 0], xy[:, 1], inverse=True)))
    return there


def _inside(ground: Geometries, reaches: Geometries) -> Geometries:
    """Return what of some polygons of ground lies in any of some reaches.

    Most polygons are smaller than a reach and lie in one of them: only the others are cut.
    """
    tree = shapely.STRtree(reaches)
    whole = np.unique(tree.query(ground, predicate="within")[0])
    polygon, reach = tree.query(ground, predicate="intersects")
    cut = [ground[whole]]
    for one in np.setdiff1d(polygon, whole).tolist():
        parts = shapely.intersection(reaches[reach[polygon == one]], ground[one])
        cut.append(_polygons(np.array([_joined(parts)], dtype=object)))
    return np.concatenate(cut)


def _joined(parts: Geometries) -> shapely.Geometry:
    """Return the union of parts of which most lie within a few."""
    rest = parts[np.argsort(-shapely.area(parts), kind="stable")]
    found: shapely.Geometry = shapely.Polygon()
    while len(rest):
        found = shapely.union_all([found, *rest[:FEW]])
        shapely.prepare(found)
        rest = rest[FEW:][~shapely.covers(found, rest[FEW:])]
    return found


def _polygons(shapes: Geometries) -> Geometries:
    """Return the polygons in some geometries."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return np.asarray(parts[shapely.get_type_id(parts) == 3], dtype=object)
