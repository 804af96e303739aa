"""Schools by district and near open ground."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.surroundings.known import Around
from layers import measure
from layers.surroundings import Kind

Zone = tuple[str | None, str | None, float | None]
"""A zone: the district's id and name (None: all), and within how many km of open ground (None: anywhere)."""

Geometries = NDArray[np.object_]


def schools_in(
    around: Around, districts: gpd.GeoDataFrame, zones: Sequence[tuple[Zone, shapely.Geometry]]
) -> list[dict[str, object]]:
    """Return the schools of each zone, None where nobody knows of any of it, and the m2 of it that no extract tells of.

    A school on a boundary counts in the district with the lower id, as ground does, so that districts sum to the whole.

    Args:
        around: what stands around the ground.
        districts: those in force, in order of id.
        zones: polygons (degrees, EPSG:4326), with one of all districts for each distance.
    """
    shapes = np.array([shape for _, shape in zones], dtype=object)
    points: Geometries = np.array(around.of(Kind.school).geometry, dtype=object)
    owner = np.full(len(points), "", dtype=object)
    for number, district in reversed(list(zip(districts["id"], districts.geometry, strict=True))):
        owner[shapely.intersects(points, district)] = str(number)
    near = {km: shapely.intersects(points, shape) for (district, _, km), shape in zones if district is None}
    told = shapely.intersects(shapes, around.ground).tolist()
    found: list[dict[str, object]] = []
    for ((district, _, km), shape), is_told in zip(zones, told, strict=True):
        mine = near[km] if district is None else near[km] & (owner == district)
        beyond = _m2(shapely.difference(shape, around.ground))
        found.append({"schools": int(mine.sum()) if is_told else None, "schools_not_known_m2": beyond})
    return found


def _m2(shape: shapely.Geometry) -> float:
    """Return the area (m2) of what of a shape has one."""
    parts = shapely.get_parts(shapely.get_parts(np.array([shape], dtype=object)))
    return float(measure.areas(parts[shapely.get_dimensions(parts) == 2]).sum())
