"""The grid of a map: a zone of Universal Transverse Mercator on WGS 84, and places turned into it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer

from geo_service.printing.frames import Box, Geometries

EDGE_DEGREES = 0.02
"""Edges are straight in longitude and latitude: they are cut to this before they are turned (2 km; off < 1 m)."""


@dataclass(frozen=True)
class Grid:
    """A zone of the grid.

    Attributes:
        zone: 1 to 60; north: on which side of the equator its northings begin.
    """

    zone: int
    north: bool

    @classmethod
    def around(cls, longitude: float, latitude: float) -> "Grid":
        """Return the zone that holds a place (degrees)."""
        zone = int(np.clip(np.floor((longitude + 180) / 6) + 1, 1, 60))
        return cls(zone, latitude >= 0)

    @property
    def name(self) -> str:
        """What it is called."""
        return f"UTM zone {self.zone}{'N' if self.north else 'S'} (WGS 84, EPSG:{self.epsg})"

    @property
    def epsg(self) -> int:
        """Its number in the EPSG register."""
        return (32600 if self.north else 32700) + self.zone

    @cached_property
    def crs(self) -> CRS:
        """Its coordinate reference system."""
        return CRS.from_epsg(self.epsg)

    def turned(self, shapes: Geometries) -> Geometries:
        """Return shapes in longitude and latitude as shapes in easting and northing (m)."""
        if not len(shapes):
            return shapes
        turn = Transformer.from_crs(4326, self.crs, always_xy=True)
        return np.asarray(
            shapely.transform(
                shapely.segmentize(shapes, EDGE_DEGREES), lambda xy: np.column_stack(turn.transform(*xy.T))
            )
        )

    def lonlat(self, easting: float, northing: float) -> tuple[float, float]:
        """Return the longitude and latitude (degrees) of a place of the grid."""
        turn = Transformer.from_crs(self.crs, 4326, always_xy=True)
        longitude, latitude = turn.transform(easting, northing)
        return float(longitude), float(latitude)

    def convergence(self, easting: float, northing: float) -> float:
        """Return by how many degrees grid north lies east of true north at a place."""
        longitude, latitude = self.lonlat(easting, northing)
        return float(Proj(self.crs).get_factors(longitude, latitude).meridian_convergence)


def bounds_of(*groups: Geometries) -> Box | None:
    """Return the box around all shapes, None where there are none."""
    boxes = [shapely.total_bounds(shapes) for shapes in groups if len(shapes)]
    if not boxes:
        return None
    table = np.array(boxes)
    west, south = (float(one) for one in np.nanmin(table[:, :2], axis=0))
    east, north = (float(one) for one in np.nanmax(table[:, 2:], axis=0))
    return None if np.isnan([west, south, east, north]).any() else (west, south, east, north)
