"""Metres around a place: distances, directions, and ground grown by a distance, outward only."""

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer

GEOD = Geod(ellps="WGS84")

EDGE_DEGREES = 0.01
"""Edges are straight in longitude and latitude: they are cut to this before they are turned (1 km; off < 0.3 m)."""

QUARTER = 16
"""Sides of a quarter of a circle."""

POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")

Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Plane:
    """The azimuthal equidistant projection around a place (degrees): within 100 km lengths are right to 1 in 20,000."""

    longitude: float
    latitude: float

    @classmethod
    def around(cls, shape: shapely.Geometry) -> "Plane":
        """Return the plane around the middle of a shape's box."""
        west, south, east, north = shapely.bounds(shape).tolist()
        return cls((west + east) / 2, (south + north) / 2)

    @cached_property
    def _turn(self) -> Transformer:
        own = f"+proj=aeqd +lat_0={self.latitude!r} +lon_0={self.longitude!r} +datum=WGS84 +units=m"
        return Transformer.from_crs("EPSG:4326", own, always_xy=True)

    def metres(self, shapes: Geometries) -> Geometries:
        """Return shapes in longitude and latitude as shapes in m of the plane."""
        cut = shapely.segmentize(shapes, EDGE_DEGREES)
        return np.asarray(shapely.transform(cut, lambda xy: np.column_stack(self._turn.transform(*xy.T))))

    def degrees(self, shapes: Geometries) -> Geometries:
        """Return shapes in m of the plane as shapes in longitude and latitude."""

        def back(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(self._turn.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))

        return np.asarray(shapely.transform(shapes, back))

    def grown(self, shape: shapely.Geometry, metres: float) -> shapely.Geometry:
        """Return the ground within some metres of a shape, in degrees: all of it, and at bends a little more."""
        # A polygon drawn around a circle: its sides touch the circle, so that nothing within the distance is left out.
        wide = metres / math.cos(math.pi / (4 * QUARTER))
        grown = shapely.buffer(self.metres(np.array([shape]))[0], wide, quad_segs=QUARTER)
        found: shapely.Geometry = self.degrees(np.array([grown]))[0]
        if shapely.is_valid(found):
            return found
        return shapely.make_valid(found, method="structure", keep_collapsed=False)


@dataclass(frozen=True)
class Near:
    """Something beside a shape: its place among those asked about, how far off (m), and where (degrees)."""

    place: int
    metres: float
    azimuth: float | None

    @property
    def direction(self) -> str | None:
        """The point of the compass towards it; None where it is here."""
        return None if self.azimuth is None else POINTS[round(self.azimuth / 45) % 8]


def within(shape: shapely.Geometry, others: Geometries, metres: float) -> list[Near]:
    """Return which of some shapes lie within a distance (m) of a shape, the nearest first; all in degrees."""
    if not len(others):
        return []
    plane = Plane.around(shape)
    low, high = _box(plane.grown(shape, metres * 1.01 + 1))
    some = np.flatnonzero(shapely.intersects(others, shapely.box(*low, *high)))
    found = [one for one in _measured(plane, shape, others, some) if one.metres <= metres]
    return sorted(found, key=lambda one: (one.metres, one.place))


def nearest(shape: shapely.Geometry, others: Geometries) -> Near | None:
    """Return the nearest of some shapes to a shape, None where there are none; all in degrees."""
    if not len(others):
        return None
    plane = Plane.around(shape)
    degrees = shapely.distance(shape, others)
    # A degree of longitude is shorter than one of latitude: what is nearest in degrees need not be in metres.
    _, south, _, north = shapely.bounds(shape).tolist()
    widest = max(abs(south), abs(north)) + float(degrees.min())
    reach = float(degrees.min()) / max(math.cos(math.radians(min(widest, 89.0))), 0.02) * 1.02 + 1e-6
    found = _measured(plane, shape, others, np.flatnonzero(degrees <= reach))
    return min(found, key=lambda one: (one.metres, one.place))


def _box(shape: shapely.Geometry) -> tuple[tuple[float, float], tuple[float, float]]:
    west, south, east, north = shapely.bounds(shape).tolist()
    return (west, south), (east, north)


def _measured(plane: Plane, shape: shapely.Geometry, others: Geometries, some: NDArray[np.int64]) -> list[Near]:
    """Return how far some shapes are off: along the ellipsoid between the nearest points, rounded down to metres."""
    if not len(some):
        return []
    lines = shapely.shortest_line(plane.metres(np.array([shape]))[0], plane.metres(others[some]))
    ends = shapely.get_coordinates(plane.degrees(lines)).reshape(-1, 2, 2)
    azimuth, _, metres = GEOD.inv(*ends[:, 0].T, *ends[:, 1].T)
    here = shapely.intersects(shape, others[some])
    return [
        Near(int(place), 0.0 if there else math.floor(long), None if there else float(turn % 360))
        for place, there, long, turn in zip(some.tolist(), here.tolist(), metres, azimuth, strict=True)
    ]


def shapes_of(frame: gpd.GeoDataFrame) -> Geometries:
    """Return the geometries of a frame."""
    return np.asarray(frame.geometry.to_numpy(), dtype=object)
