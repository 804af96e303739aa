"""The map of a statement as plain values: the sheet, and every record that lies on it.

It is kept in the record itself, so that the paper is drawn from what was stated and from nothing else.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geo_service.balance import View
from geo_service.situations import shown_records
from geo_service.statements.ground import plain
from geo_service.statements.plane import shapes_of
from geo_service.statements.subjects import Subject
from layers.definitions import LAYERS

DRAWN = {
    "districts": ("id", "name"),
    "surveys": ("id",),
    "releases": ("id", "product", "in_effect", "handed_over", "completed_on", "depth_cm"),
    "roads": ("id", "class", "eo_status"),
    "settlements": ("id", "name", "kind", "population_before"),
    "spots": ("id",),
    "incidents": ("id", "kind"),
    "hazards": ("id", "classification", "status", "state"),
}
"""What is drawn, and what of each record its symbol depends on."""

DATES = ("completed_on",)

MOST_ROADS = 1_500
"""Roads on a map of which nothing is recorded; where there are more, they are left out and counted."""


def mapped(subject: Subject, seen: View) -> dict[str, Any]:
    """Return the map of a subject at a view: the zone of its grid, its box (m), its scale, the records on it."""
    from geo_service.printing.grid import Grid  # noqa: PLC0415 - matplotlib comes with it
    from geo_service.printing.paper import PAPERS  # noqa: PLC0415
    from geo_service.printing.sheets import fitted  # noqa: PLC0415

    west, south, east, north = shapely.bounds(subject.ground).tolist()
    grid = Grid.around((west + east) / 2, (south + north) / 2)
    turned = grid.turned(np.array([subject.ground]))[0]
    box, scale = fitted(turned.bounds, PAPERS["A4"])
    # Sides of the sheet are straight in the grid and bend in degrees: what lies on it is looked for a little beyond.
    side = shapely.segmentize(shapely.box(*box), (box[2] - box[0]) / 20)
    corners = np.array([grid.lonlat(*one) for one in shapely.get_coordinates(side)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = (high - low) * 0.01
    window = shapely.box(*(low - margin), *(high + margin))
    records, left_out = {}, 0
    for layer in DRAWN:
        frame = shown_records(seen, layer)
        frame = frame[shapely.intersects(window, shapes_of(frame))] if len(frame) else frame
        if layer == "roads":
            frame, left_out = _fewer(frame)
        records[layer] = _features(frame, layer)
    return {"zone": grid.zone, "north": grid.north, "box": list(box), "scale": scale, "roads_left_out": left_out,
            "records": records}  # fmt: skip


def _fewer(roads: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """Return the roads that are drawn, and how many are not."""
    told = (roads["eo_status"] != "not_assessed").to_numpy(dtype=bool) if len(roads) else np.zeros(0, dtype=bool)
    if (~told).sum() <= MOST_ROADS:
        return roads, 0
    return roads[told], int((~told).sum())


def _features(frame: gpd.GeoDataFrame, layer: str) -> list[dict[str, Any]]:
    names = [name for name in DRAWN[layer] if name in frame]
    columns = [[plain(one) for one in frame[name].tolist()] for name in names]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return [
        {**row, "geometry": orjson.loads(shape)}
        for row, shape in zip(rows, shapely.to_geojson(shapes_of(frame)), strict=True)
        if shape is not None
    ]


def frames_of(kept: dict[str, list[dict[str, Any]]]) -> dict[str, gpd.GeoDataFrame]:
    """Return the records of a map as frames in EPSG:4326, as the map of a view has them."""
    return {layer: _frame(layer, kept.get(layer, [])) for layer in LAYERS}


def _frame(layer: str, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    shapes = [shapely.from_geojson(orjson.dumps(row["geometry"])) for row in rows]
    columns: dict[str, pd.Series[Any]] = {}
    for name in DRAWN.get(layer, ("id",)):
        values = [row.get(name) for row in rows]
        columns[name] = pd.to_datetime(pd.Series(values, dtype=object)) if name in DATES else pd.Series(
            values, dtype=object
        )  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
