"""Records beside roads on a date: points that bar the way, and the releases and surveys that ground stands on."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import measure, versions
from layers.coverage.arrangement import POINT_DATES, Arranged
from layers.coverage.records import PRODUCTS
from layers.roads.rules import Rules
from layers.vocabulary import Disposition, Product

Ints = NDArray[np.int64]

CLEARED = PRODUCTS.index(Product.cleared) + 1
RELEASE, SURVEY = 0, 1
LAYERS = ("releases", "surveys")
_DATE = {"releases": "completed_on", "surveys": "surveyed_on"}
_NO_DATE = np.datetime64("NaT", "s")


def points_that_bar(arrangement: Arranged, as_of: versions.Date, rules: Rules) -> gpd.GeoDataFrame:
    """Return the incidents and spots of a date that bar the roads beside them.

    These are accidents, incidents, and spots still in place or not said to be removed, but for those that lie within a
    cleared release in effect that was completed on their day or later.

    Returns:
        A row each, in order of layer and id: `layer`, `id`, `date` (occurred or found), `accuracy_m`, geometry.
    """
    day = versions.day(as_of)
    frames = []
    for layer, dated_by in POINT_DATES.items():
        found = versions.in_force(arrangement.points[layer], as_of)
        bars = versions.days(found[dated_by]) <= day
        bars &= ~(found.geometry.is_empty | found.geometry.isna()).to_numpy()
        if layer == "spots":
            bars &= (found["disposition"].isna() | (found["disposition"] == Disposition.in_place)).to_numpy()
        found = found[bars]
        known = found["location_accuracy_m"].to_numpy(np.float64) if "location_accuracy_m" in found else np.nan
        columns = {
            "layer": np.full(len(found), layer, dtype=object),
            "id": found["id"].to_numpy(object),
            "date": found[dated_by].to_numpy("datetime64[s]"),
            "accuracy_m": np.where(np.isnan(known), rules.accuracy_m, known),
        }
        frames.append(gpd.GeoDataFrame(columns, geometry=found.geometry.to_numpy(), crs=measure.LONLAT))
    both = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=measure.LONLAT)
    return both[~_cleared(arrangement, day, both)].reset_index(drop=True)


def _cleared(arrangement: Arranged, day: int, points: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Say which points lie within a cleared release in effect, completed on their day or later."""
    says = arrangement.releases
    seq = says.versions
    on = np.flatnonzero(seq.in_force(day) & (says.effective <= day) & (says.rank == CLEARED) & (seq.shape >= 0))
    polygons = arrangement.registers.releases.shapes.polygons[seq.shape[on]]
    # Ties at the boundary are not within.
    release, point = shapely.STRtree(points.geometry.to_numpy()).query(polygons, predicate="contains")
    late = says.completed[on[release]] >= versions.days(points["date"])[point]
    found = np.zeros(len(points), dtype=bool)
    found[point[late]] = True
    return found


def codes(release: Ints, survey: Ints) -> Ints:
    """Return one number for the release or else the survey (rows of their frames, -1: none) that ground stands on."""
    return np.where(release >= 0, release * 2 + RELEASE, np.where(survey >= 0, survey * 2 + SURVEY, -1))


def sources(arrangement: Arranged, code: Ints) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the releases and surveys of some codes, a row each in order of layer and id, and the row of each code.

    Returns:
        `layer`, `id`, `date` (completed or surveyed), `product`, `handed_over_on`, `depth_cm`, `row` (of the version in
        its layer's frame), geometry.
    """
    used = np.unique(code[code >= 0])
    frames = []
    for which, layer in enumerate(LAYERS):
        rows = used[used % 2 == which] // 2
        said = arrangement.frame(layer).iloc[rows]
        none = np.full(len(rows), None, dtype=object)
        columns = {
            "layer": np.full(len(rows), layer, dtype=object),
            "id": said["id"].to_numpy(object),
            "date": said[_DATE[layer]].to_numpy("datetime64[s]"),
            "product": said["product"].to_numpy(object) if "product" in said else none,
            "handed_over_on": said["handed_over_on"].to_numpy("datetime64[s]")
            if "handed_over_on" in said
            else np.full(len(rows), _NO_DATE),
            "depth_cm": said["depth_cm"].to_numpy(np.float64) if "depth_cm" in said else np.full(len(rows), np.nan),
            "row": rows,
        }
        frames.append(gpd.GeoDataFrame(columns, geometry=said.geometry.to_numpy(), crs=measure.LONLAT))
    both = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=measure.LONLAT)
    both = both.sort_values(["layer", "id"], kind="stable", ignore_index=True)
    mine = codes_of(both)
    order = np.argsort(mine)
    place = order[np.searchsorted(mine, code, sorter=order).clip(max=max(len(mine) - 1, 0))] if len(mine) else code
    return both, np.where(code >= 0, place, -1)


def codes_of(found: gpd.GeoDataFrame) -> Ints:
    """Return the code of each row of a frame of sources."""
    return found["row"].to_numpy(np.int64) * 2 + (found["layer"] == LAYERS[SURVEY]).to_numpy(np.int64)
