"""Invented areas on which survey looked at random places: with a relation planted in the ground, or with none."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

SIDE_M, CELL_M = 40_000.0, 1000.0
KNOWN, LOOKED, LATER = "2019-06-01", "2020-06-01", "2021-06-01"
BEGIN, END = "2019-12-31", "2020-12-31"
LINE = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 10_000), (SIDE_M, 32_000)])])


def squares(xy, side):
    x, y = np.asarray(xy, dtype=float).reshape(-1, 2).T
    return shapely.box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def frame(layer, geometry, date, **fields):
    """Records of a layer that describe the ground from a date on, and were recorded on its evening."""
    dated = {
        "hazards": "opened_on",
        "surveys": "surveyed_on",
        "releases": "completed_on",
        "incidents": "occurred_on",
        "spots": "found_on",
    }
    n = len(geometry)
    rows = {"id": [f"{layer}-{date}-{k}" for k in range(n)], "valid_from": date, dated[layer]: date} | fields
    rows["recorded_at"] = pd.to_datetime(np.broadcast_to(np.asarray(date, dtype=object), n)).tz_localize(
        "UTC"
    ) + pd.Timedelta(hours=20)
    return gpd.GeoDataFrame(rows, geometry=list(geometry), index=range(n))


def area(side=SIDE_M):
    return gpd.GeoDataFrame({"id": ["D"], "name": ["D"]}, geometry=[shapely.box(0, 0, side, side)])


def joined(*frames):
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True))


def invented(seed, *, planted, looks=700):
    """Frames of an area: known hazards and incidents lie anywhere; contamination lies along a line, or anywhere too."""
    rng = np.random.default_rng(seed)
    known = rng.uniform(500, SIDE_M - 500, (25, 2))
    cells = rng.choice(int(SIDE_M / CELL_M) ** 2, looks, replace=False)
    xy = np.column_stack([cells % 40, cells // 40]) * CELL_M + CELL_M / 2
    away = shapely.distance(shapely.points(xy), LINE.geometry[0])
    chance = np.where(away < 3000, 0.85, 0.08) if planted else np.full(looks, 0.3)
    there = rng.random(looks) < chance
    incidents = rng.uniform(0, SIDE_M, (30, 2))
    return {
        "districts": area(),
        "hazards": joined(
            frame("hazards", squares(known, 300), KNOWN, classification="SHA"),
            frame("hazards", squares(xy[there], 250), LOOKED, classification="SHA"),
        ),
        "surveys": frame("surveys", squares(xy[~there], 600), LOOKED),
        "incidents": joined(
            frame("incidents", shapely.points(incidents[:20]), KNOWN, kind="accident"),
            frame("incidents", shapely.points(incidents[20:]), LOOKED, kind="accident"),
        ),
    }
