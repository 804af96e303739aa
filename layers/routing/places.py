"""Where settlements and sites meet the road: the nearest point of the network, and what lies between.

Distances here are in a plane that is affine in longitude and latitude, with metres per degree taken at each place; over
the few hundred metres that matter it is within 0.5 percent. What bars is looked for a little wider than that.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from layers.roads.evidence import Evidence
from layers.roads.network import Network
from layers.roads.rules import Rules
from layers.routing.rows import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

WIDER, MARGIN_M = 1.01, 0.5
"""Buffers around hazards are taken as many times as wide, and wider by as much (m), to cover the error of the plane."""

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, eq=False)
class Places:
    """Places on the network.

    Attributes:
        edge: (m,) the edge each is nearest to.
        along: (m,) where on it (m).
        distance: (m,) how far the road is from the place (m); 0 where it meets a place that is an area.
        hazards: hazards on whose open ground, or in whose buffer, the straight line to the road lies.
        points: incidents and spots in whose buffer it lies.
    """

    edge: Ints
    along: Floats
    distance: Floats
    hazards: Rows
    points: Rows


def places(geometries: Geometries, evidence: Evidence, usable: NDArray[np.bool_] | None = None) -> Places:
    """Return the nearest point of the network to each place; of an area the road point in it nearest to its inside.

    Args:
        geometries: (m,) points or polygons in longitude and latitude.
        evidence: the network, open ground, incidents and spots.
        usable: (e,) the edges that who travels may use at all; all of them where it is left out.

    Raises:
        ValueError: a place has no finite coordinates, or there is no network.
    """
    network = evidence.network
    if not len(network):
        raise ValueError("there is no road network: load one first")
    for k, geometry in enumerate(geometries):
        if geometry is None or shapely.is_empty(geometry) or not np.isfinite(shapely.get_coordinates(geometry)).all():
            raise ValueError(f"place {k} has no geometry with finite coordinates")
    scale = np.cos(np.radians(network.nodes[:, 1].mean()))
    edges = shapely.linestrings(
        network.lonlat * [scale, 1.0], indices=np.repeat(np.arange(len(network)), np.diff(network.first))
    )
    may = np.arange(len(network)) if usable is None else np.flatnonzero(usable)
    if not len(may):
        raise ValueError("no road of the network is open to who travels")
    tree = shapely.STRtree(edges[may])
    edge, along, distance, lines = [], [], [], []
    for geometry in geometries:
        flat = shapely.transform(geometry, lambda xy: xy * [scale, 1.0])
        near = may[tree.query_nearest(flat)]
        heart = shapely.point_on_surface(flat)
        which = near[np.lexsort((near, shapely.distance(edges[near], heart)))[0]]
        inside = shapely.intersection(edges[which], flat)
        road = edges[which] if shapely.is_empty(inside) else inside
        start, end = shapely.get_coordinates(shapely.shortest_line(flat if road is edges[which] else heart, road))
        meets = road is not edges[which]
        line = np.array([end if meets else start, end]) / [scale, 1.0]
        edge.append(int(which))
        along.append(_along(network, int(which), line[1]))
        distance.append(float(_GEOD.line_length(line[:, 0], line[:, 1])))
        lines.append(shapely.Point(line[1]) if meets else shapely.LineString(line))
    between = np.array(lines, object)
    far = np.array(distance)
    rules = evidence.rules
    hazards = _barring(between, evidence.hazards.polygons, evidence.hazards.accuracy_m, rules)
    accuracy = _accuracy(evidence.points)
    points = _barring(between, np.asarray(evidence.points.geometry.to_numpy(), object), accuracy, rules)
    # Where the road meets the place there is nothing between them: the road's own evidence says it all.
    apart = far > 0
    return Places(np.array(edge, np.int64), np.array(along), far, _only(hazards, apart), _only(points, apart))


def _along(network: Network, edge: int, at: Floats) -> float:
    """Return how far along an edge (m) a point on it lies."""
    low, high = network.first[edge], network.first[edge + 1]
    xy, metres = network.lonlat[low:high], network.along[low:high]
    scale = np.array([np.cos(np.radians(at[1])), 1.0])
    step = np.diff(xy, axis=0) * scale
    size = np.maximum((step**2).sum(axis=1), 1e-30)
    part = np.clip((((at - xy[:-1]) * scale) * step).sum(axis=1) / size, 0.0, 1.0)
    off = (((xy[:-1] - at) * scale + step * part[:, None]) ** 2).sum(axis=1)
    k = int(np.argmin(off))
    return float(metres[k] + part[k] * (metres[k + 1] - metres[k]))


def _accuracy(points: gpd.GeoDataFrame) -> Floats:
    """Return the accuracy that incidents and spots state (m), NaN where they state none."""
    if "accuracy_m" not in points:
        return np.full(len(points), np.nan)
    return np.asarray(points["accuracy_m"].to_numpy(dtype=float, na_value=np.nan))


def _barring(lines: Geometries, others: Geometries, accuracy: Floats, rules: Rules) -> Rows:
    """Return for each line which geometries lie within their buffer of it."""
    error = np.where(np.isnan(accuracy), rules.accuracy_m, accuracy)
    buffer = rules.buffer_m + rules.k * np.hypot(error, rules.road_accuracy_m) + rules.road_width_m / 2
    return near(lines, others, buffer)


def near(geometries: Geometries, others: Geometries, within_m: Floats | float) -> Rows:
    """Return for each geometry which others lie within a distance of it, a little more rather than less.

    Args:
        geometries: (m,) in longitude and latitude.
        others: (n,) the same.
        within_m: (n,) or one, the distance (m).
    """
    if not len(others) or not len(geometries):
        return Rows.of_lists([[]] * len(geometries))
    wide = np.broadcast_to(np.asarray(within_m, np.float64) * WIDER + MARGIN_M, len(others))
    tree = shapely.STRtree(others)
    bounds = shapely.bounds(geometries)
    reach = wide.max() / 110_000
    across = reach / np.cos(np.radians(np.abs(bounds[:, [1, 3]]).max(axis=1)))
    boxes = shapely.box(bounds[:, 0] - across, bounds[:, 1] - reach, bounds[:, 2] + across, bounds[:, 3] + reach)
    one, other = tree.query(boxes)
    close = []
    for k, o in zip(one.tolist(), other.tolist(), strict=True):
        lat = float(bounds[k, [1, 3]].mean())
        metres = np.array([111_320 * np.cos(np.radians(lat)), 111_132 - 560 * np.cos(np.radians(2 * lat))])
        a, b = (shapely.transform(g, metres.__mul__) for g in (geometries[k], others[o]))
        close.append(bool(shapely.dwithin(a, b, wide[o])))
    there = np.array(close, bool)
    return Rows.of(one[there], other[there], len(geometries))


def _only(rows: Rows, keep: NDArray[np.bool_]) -> Rows:
    """Return rows, those not kept empty."""
    there = keep[rows.row]
    return Rows.of(rows.row[there], rows.items[there], len(rows))
