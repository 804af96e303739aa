"""Hazards without a store, and the ground of a tile worked out apart from the code that draws it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geo_service.ogc.holding import Holding

TO_MAP = Transformer.from_crs(4326, 3857, always_xy=True)
WORLD = 2 * np.pi * 6_378_137.0
LIMIT = 85.0511287798066


def holding(shapes, layer="hazards", *, state="open", classification="SHA", **columns):
    n = len(shapes)
    day = pd.Series(["2020-01-01"] * n).astype("datetime64[s]")
    values = {"id": [f"H-{k:05d}" for k in range(n)], "classification": classification, "status": "open"}
    values |= {"devices": [["AP_mine", "UXO"]] * n, "opened_on": day, "valid_from": day, "row": np.arange(n)}
    values |= {"area_m2": np.arange(n) + 0.5, "open_m2": np.arange(n) + 0.25, "state": state, **columns}
    return Holding(layer, gpd.GeoDataFrame(values, geometry=list(shapes), crs=4326), None)


def units(shapes, zoom, row, column):
    """The shapes in units of a tile; edges follow straight lines in degrees."""

    def moved(degrees):
        x, y = TO_MAP.transform(degrees[:, 0], np.clip(degrees[:, 1], -LIMIT, LIMIT))
        side = WORLD / 2**zoom
        return np.stack([((x + WORLD / 2) / side - column) * 4096, ((WORLD / 2 - y) / side - row) * 4096], axis=1)

    fine = 20 / 2**zoom  # a bend of less than a hundredth of a unit in these latitudes
    spans = shapely.bounds(shapes)
    longest = np.nanmax(np.maximum(spans[:, 2] - spans[:, 0], spans[:, 3] - spans[:, 1])) if len(shapes) else 0
    cut = np.array([densified(one, fine) for one in shapes]) if fine < longest < 2000 * fine else shapes
    return shapely.transform(cut, moved)


def densified(shape, step):
    """A shape with points at least every so many degrees. Not by GEOS: it mends what it returns, and loses hairs of ground."""

    def cut(ring):
        points = shapely.get_coordinates(ring)
        pieces = np.ceil(np.hypot(*np.diff(points, axis=0).T) / step).clip(1).astype(int)
        share = np.concatenate([np.arange(n) / n for n in pieces])[:, None]
        start = np.repeat(np.arange(len(pieces)), pieces)
        return np.vstack([points[start] + share * (points[start + 1] - points[start]), points[-1:]])

    if shape.geom_type == "MultiPolygon":
        return shapely.multipolygons([densified(part, step) for part in shape.geoms])
    if shape.geom_type == "Polygon":
        return shapely.Polygon(cut(shape.exterior), [cut(ring) for ring in shape.interiors])
    return shapely.segmentize(shape, step)


def tile_at(longitude, latitude, zoom):
    x, y = TO_MAP.transform(longitude, latitude)
    side = WORLD / 2**zoom
    return int((WORLD / 2 - y) // side), int((x + WORLD / 2) // side)


def tiles_over(west, south, east, north, zoom):
    top, left = tile_at(west, north, zoom)
    bottom, right = tile_at(east, south, zoom)
    return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def stars(count, seed=3, reach=0.01, west=46.0, south=39.0, wide=1.17, high=0.9):
    """Hazards of 30 vertices, some with a hole, some of two parts."""
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    far = reach * rng.uniform(0.01, 1, (count, 1)) ** 2 * rng.uniform(0.5, 1, (count, 30))
    x, y = west + rng.uniform(0, wide, (count, 1)), south + rng.uniform(0, high, (count, 1))
    found = shapely.polygons(np.stack([x + far * np.cos(turn), y + far * np.sin(turn)], axis=2))
    holes = shapely.affinity.scale
    for k in range(0, count, 7):
        found[k] = found[k].difference(holes(found[k], 0.5, 0.5))
    for k in range(1, count, 11):
        found[k] = found[k].union(shapely.affinity.translate(found[k], reach * 2, reach))
    bad = ~shapely.is_valid(found)
    found[bad] = shapely.make_valid(found[bad], method="structure", keep_collapsed=False)
    return found
