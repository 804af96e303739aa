"""Thirteen districts that tile the area, with winding borders that neighbours share vertex for vertex."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service.demo.area import LARGEST_KM2, Area, Floats, Geometries, Rng, area_of, rng_of
from geo_service.demo.names import Name, names
from layers import measure
from layers.definitions import LAYERS
from layers.versions import typed

COUNT = 13
_CANDIDATES = 30
_WAVES = ((0.020, 1.3), (0.008, 4.1), (0.003, 9.7))
"""Amplitude (in sides) and frequency of the warp. The sum of 2 pi a f stays below 1: no two places fall together."""


@dataclass(frozen=True)
class Land:
    """The area with its districts.

    Attributes:
        area: the frame.
        polygons: (13,) the districts.
        outline: their union.
        codes: (13,) three letters each.
        names: (13,) what they are called.
    """

    area: Area
    polygons: Geometries
    outline: shapely.Geometry
    codes: tuple[str, ...]
    names: tuple[Name, ...]

    def district_of(self, x: Floats, y: Floats) -> Geometries:
        """Return the code of the district that holds each place (km), or of the nearest one."""
        points = shapely.points(self.area.lonlat(x, y))
        return np.array(self.codes, dtype=object)[shapely.STRtree(self.polygons).nearest(points)]

    def shrunk(self, km: float) -> shapely.Geometry:
        """Return the outline about `km` further in, to test many geometries against."""
        inside: shapely.Geometry = shapely.buffer(shapely.simplify(self.outline, 1e-3), -km / 85.0)
        shapely.prepare(inside)
        return inside

    def frame(self) -> gpd.GeoDataFrame:
        """Return the districts as records."""
        rows = pd.DataFrame(
            {
                "id": [f"SY-{code}" for code in self.codes],
                "name": [name.latin for name in self.names],
                "aliases": [[name.azerbaijani, name.cyrillic] for name in self.names],
                "code": list(self.codes),
                "note": "SYNTHETIC",
                "source": "invented",
            }
        )
        return typed(gpd.GeoDataFrame(rows, geometry=self.polygons, crs="EPSG:4326"), LAYERS["districts"])


def land_of(seed: int, area_km2: float) -> Land:
    """Return an area of `area_km2` km2 cut into districts.

    Raises:
        ValueError: the area is smaller than 1 km2 or larger than a million.
    """
    if not 1 <= area_km2 <= LARGEST_KM2:
        raise ValueError(f"the demo's area is from 1 to {LARGEST_KM2:,.0f} km2, not {area_km2:,.0f}")
    side = float(np.sqrt(area_km2))
    # The warp takes and gives a little on the outline: measured, the side is mended until the area is as asked for.
    for _ in range(3):
        polygons = _tiles(seed, area_of(seed, side))
        side *= float(np.sqrt(area_km2 * 1e6 / measure.areas(polygons).sum()))
    area = area_of(seed, side)
    polygons = _tiles(seed, area)
    called = names(rng_of(seed, "district names"), COUNT, lambda name: name.code)
    return Land(area, polygons, shapely.union_all(polygons), tuple(name.code for name in called), tuple(called))


def _tiles(seed: int, area: Area) -> Geometries:
    rng = rng_of(seed, "districts")
    seats = shapely.multipoints(_spread(rng))
    box = shapely.box(-0.5, -0.5, 0.5, 0.5)
    cells = shapely.voronoi_polygons(seats, extend_to=box.buffer(1.0), only_edges=True)
    # Noded first and warped after: both neighbours of a border take their vertices from the same line.
    lines = shapely.get_parts(shapely.union_all(np.array([cells, box.exterior], dtype=object)))
    lines = shapely.segmentize(lines, 0.012)
    phases = rng.uniform(0, 2 * np.pi, (len(_WAVES), 2))
    moved = shapely.transform(lines, lambda xy: area.lonlat(*(_warped(xy, phases).T * area.side)))
    inside = shapely.covers(box.buffer(1e-9), lines)
    polygons = shapely.get_parts(shapely.polygonize(moved[inside]))
    middle = shapely.get_coordinates(shapely.centroid(polygons))
    return np.asarray(polygons[np.lexsort((middle[:, 0], -np.round(middle[:, 1], 1)))])


def _spread(rng: Rng) -> Floats:
    """Return seats of districts that keep their distance: each the candidate furthest from those before."""
    seats = rng.uniform(-0.45, 0.45, (1, 2))
    while len(seats) < COUNT:
        candidates = rng.uniform(-0.45, 0.45, (_CANDIDATES, 2))
        gaps = np.hypot(*(candidates[:, None, :] - seats[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        seats = np.vstack((seats, candidates[np.argmax(gaps)]))
    return seats


def _warped(xy: Floats, phases: Floats) -> Floats:
    u, v = xy.T
    waves = list(zip(_WAVES, phases, strict=True))
    du = sum(a * np.sin(2 * np.pi * f * v + p) for (a, f), (p, _) in waves)
    dv = sum(a * np.sin(2 * np.pi * f * u + q) for (a, f), (_, q) in waves)
    return np.column_stack((u + du, v + dv))
