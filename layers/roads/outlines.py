"""What lies near roads: the outlines of polygons and points as arrays, and which of them each road may come near."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.cutting import edges_of, within
from layers.roads.network import Network
from layers.roads.plane import metres_per_degree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

_WIDER = 1.01
"""Boxes are grown by this much more than asked for: they choose what is looked at, and decide nothing."""


@dataclass(frozen=True)
class Outlines:
    """Boundary edges of polygons; a point is an edge without length.

    Attributes:
        edges: (m, 4) lon, lat, lon, lat of their ends.
        first: (n + 1,) where the edges of each polygon begin.
        boxes: (n, 4) west, south, east, north of each.
    """

    edges: Floats
    first: Ints
    boxes: Floats


def outlines(geometries: Geometries) -> Outlines:
    """Return the outlines of polygons and points."""
    if len(geometries) and shapely.get_dimensions(geometries).max() == 0:
        xy, owner = shapely.get_coordinates(geometries, return_index=True)
        edges = np.column_stack([xy, xy])
    else:
        start, end, owner, _ = edges_of(geometries)
        edges = np.column_stack([start, end])
    return Outlines(
        np.ascontiguousarray(edges),
        np.searchsorted(owner, np.arange(len(geometries) + 1)),
        shapely.bounds(geometries).reshape(-1, 4),
    )


@dataclass(frozen=True)
class Candidates:
    """What each road may come near.

    Attributes:
        of: (n,) the number of each outline, ascending.
        outlines: their outlines.
        first, local: the outlines of a road are local[first[road]:first[road + 1]], ascending.
        road: (pairs,) the road of each.
    """

    of: Ints
    outlines: Outlines
    first: Ints
    local: Ints
    road: Ints


def boxes_of_edges(network: Network, edges: Ints) -> Floats:
    """Return west, south, east, north (n, 4) of some edges."""
    count = network.first[edges + 1] - network.first[edges]
    xy = network.lonlat
    if len(edges) < len(network):
        xy = xy[np.repeat(network.first[edges], count) + within(count)]
    first = np.cumsum(count) - count
    if not len(edges):
        return np.zeros((0, 4))
    sides = [side.reduceat(np.ascontiguousarray(xy[:, k]), first) for side in (np.minimum, np.maximum) for k in (0, 1)]
    return np.column_stack(sides)


def grown(boxes: Floats, metres: Floats) -> Floats:
    """Return boxes (n, 4) grown to all sides by at least so many metres."""
    tall = metres * _WIDER / 110_500.0
    reach = np.minimum(np.maximum(np.abs(boxes[:, 1]), np.abs(boxes[:, 3])) + tall, 89.0)
    wide = metres * _WIDER / metres_per_degree(reach)[0]
    return boxes + np.column_stack([-wide, -tall, wide, tall])


def drawn(boxes: Floats) -> Geometries:
    """Return boxes (n, 4) as polygons."""
    found: Geometries = np.asarray(shapely.box(boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]), dtype=object)
    return found


def candidates(roads: Floats, boxes: Floats, geometries: Geometries) -> Candidates:
    """Return which geometries each road may come near: those whose boxes meet.

    Args:
        roads: (e, 4) the boxes of the roads.
        boxes: (n, 4) the boxes of the geometries, grown by as much as matters.
        geometries: (n,) polygons, or points.
    """
    if not len(roads) or not len(boxes):
        near = np.zeros(0, dtype=np.int64)
    else:
        (west, south), (east, north) = roads[:, :2].min(axis=0), roads[:, 2:].max(axis=0)
        meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        near = np.flatnonzero(meets)
    road, place = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(near):
        road, place = shapely.STRtree(drawn(boxes[near])).query(drawn(roads))
    used, local = np.unique(near[place], return_inverse=True)
    order = np.lexsort((local.ravel(), road))
    road, local = road[order], local.ravel()[order].astype(np.int64)
    return Candidates(
        used, outlines(geometries[used]), np.searchsorted(road, np.arange(len(roads) + 1)), local, road.astype(np.int64)
    )
