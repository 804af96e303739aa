"""What a cell looks like on a day, from nothing but what was known by its end.

Distances are told as log(1 + m / 100): the first hundreds of metres matter most. Densities are smoothed by a Gaussian
kernel, divided by the same of the area, so that the edge of the area is no edge of the record, and by their own mean:
the record grows, and where it is dense compares from day to day where how dense does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import gaussian_filter

from layers.likelihood.covering import counted, covered_m2
from layers.likelihood.grid import Floats, Geometries, Grid
from layers.likelihood.known import Known
from layers.vocabulary import Product

NEAR_M, FAR_M = 2000.0, 6000.0
"""Standard deviations of the kernels (m): a minefield's neighbours, and a stretch of a former line."""
FARTHEST_M = 100_000.0
"""A distance to nothing, and the longest that is told (m)."""
_SCALE_M = 100.0
DISTANCE, DENSITY = "distance to known contamination", "density of known contamination"
"""The two features that need no model: what a planner would go by without one."""

Heights = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Ground:
    """What does not change from day to day, each (c,); NaN where it is not known.

    Attributes:
        lines: log distance to the former lines; None where none were given.
        elevation, slope: of the terrain (m, m/m); None where none was given.
    """

    lines: Floats | None = None
    elevation: Floats | None = None
    slope: Floats | None = None


def ground_of(grid: Grid, lines: gpd.GeoDataFrame | None, height_of: Heights | None) -> Ground:
    """Return what does not change.

    Args:
        grid: c cells.
        lines: former lines of contact. They must be as known before the first day that is looked at: they have no
            dates here, so that nothing can check it.
        height_of: gives the elevation (v,) of places (v, 2) (m), as `layers.terrain.elevation.heights` does.
    """
    far = None if lines is None else log_distance(grid, grid.project(lines))
    if height_of is None:
        return Ground(far)
    elevation = np.asarray(height_of(grid.lonlat), dtype=np.float64)
    return Ground(far, elevation, _slope(grid, elevation))


def features(grid: Grid, now: Known, ground: Ground) -> pd.DataFrame:
    """Return the features of all cells (c rows) on a day, from what was known by its end.

    Args:
        grid: c cells.
        now: what was known.
        ground: what does not change.
    """
    layers = now.layers
    hazards, incidents = layers["hazards"].shapes, layers["incidents"].shapes
    share = covered_m2(grid, hazards) / grid.area_m2
    happened = counted(grid, incidents)
    on_released, in_vain = _released(grid, now)
    found = {
        DISTANCE: log_distance(grid, np.r_[hazards, incidents]),
        DENSITY: density(grid, share + happened, NEAR_M),
        "distance to a hazard": log_distance(grid, hazards),
        "share under hazards": np.minimum(share, 1.0),
        "density of hazards": density(grid, share, NEAR_M),
        "density of hazards, wide": density(grid, share, FAR_M),
        "distance to an incident": log_distance(grid, incidents),
        "density of incidents": density(grid, happened, NEAR_M),
        "density of incidents, wide": density(grid, happened, FAR_M),
        "density of finds": density(grid, counted(grid, now.finds.shapes), NEAR_M),
        "released with finds nearby": on_released,
        "released without finds nearby": in_vain,
        "surveyed without evidence nearby": density(grid, covered_m2(grid, layers["surveys"].shapes), NEAR_M),
        "distance to a road": log_distance(grid, layers["roads"].shapes),
        "distance to a settlement": log_distance(grid, layers["settlements"].shapes),
        "distance to former lines": ground.lines,
        "elevation": ground.elevation,
        "slope": ground.slope,
    }
    return pd.DataFrame({name: values for name, values in found.items() if values is not None})


def log_distance(grid: Grid, shapes: Geometries) -> Floats:
    """Return log(1 + d / 100 m), d from the middle of each cell (c,) to the nearest shape, at most `FARTHEST_M`."""
    middles = shapely.points(grid.centres)
    metres = np.full(len(grid), FARTHEST_M)
    if len(shapes):
        (which, _), away = shapely.STRtree(shapes).query_nearest(middles, return_distance=True, all_matches=False)
        metres[which] = np.minimum(away, FARTHEST_M)
    return np.log1p(metres / _SCALE_M)


def density(grid: Grid, values: Floats, deviation_m: float) -> Floats:
    """Return values (c,) smoothed by a Gaussian kernel (m), as multiples of their mean; 0 where that is 0."""
    found = smoothed(grid, values, deviation_m)
    mean = float(found.mean())
    return found / mean if mean > 0 else np.zeros(len(grid))


def smoothed(grid: Grid, values: Floats, deviation_m: float) -> Floats:
    """Return values (c,) as a mean over the cells around, weighted by a Gaussian kernel (m)."""
    sigma = deviation_m / grid.cell_m
    image = grid.image(values)
    there = np.isfinite(image)
    total = gaussian_filter(np.where(there, image, 0.0), sigma, mode="constant")
    weight = gaussian_filter(there.astype(np.float64), sigma, mode="constant")
    return np.asarray((total / np.maximum(weight, 1e-12))[grid.row, grid.column])


def _released(grid: Grid, now: Known) -> tuple[Floats, Floats]:
    """Return how much released ground with finds, and without, lies around each cell."""
    releases, finds = now.layers["releases"], now.finds
    touched = np.zeros(len(releases), dtype=bool)
    touched[shapely.STRtree(releases.shapes).query(finds.shapes, predicate="intersects")[1]] = True
    desk = releases.frame["product"].to_numpy() == Product.cancelled
    both = (touched & ~desk, ~touched | desk)
    with_finds, without = (density(grid, covered_m2(grid, releases.shapes[one]), NEAR_M) for one in both)
    return with_finds, without


def _slope(grid: Grid, elevation: Floats) -> Floats:
    image = grid.image(elevation)
    if min(image.shape) < 2:
        return np.full(len(grid), np.nan)
    down, right = np.gradient(image, grid.cell_m)
    return np.asarray(np.hypot(down, right)[grid.row, grid.column])
