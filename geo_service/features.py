"""Records in force as features: what items, maps and exports show of a layer at (as_of, known_at)."""

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service.balance import View
from layers.coverage.in_effect import hazards_on, releases_in_effect
from layers.definitions import LAYERS, WORKED_OUT

DERIVED = WORKED_OUT
"""Read-only fields of each layer."""


def in_force(seen: View, layer: str) -> gpd.GeoDataFrame:
    """Return the records of a layer in force and not withdrawn, in order of id, with what is worked out of them.

    Hazards carry what remains of them, releases whether they are in effect: one whose quality control passes later,
    or failed since, is not, whatever its record says.
    """
    frame = seen.snapshot.in_force(layer, seen.as_of)
    if layer == "releases":
        effective = frame["id"].isin(releases_in_effect(seen.snapshot.arrangement, seen.as_of))
        handed = effective & (frame["handed_over_on"] <= pd.Timestamp(seen.as_of))
        return frame.assign(in_effect=effective, handed_over=handed)
    if layer != "hazards":
        return frame
    left = hazards_on(seen.snapshot.arrangement, seen.as_of)
    return frame.assign(**{name: left[name].reindex(frame["id"]).to_numpy() for name in DERIVED[layer]})


def properties(frame: gpd.GeoDataFrame, layer: str) -> list[dict[str, object]]:
    """Return the attributes of each record as plain values: dates as ISO text, lists as lists."""
    names = [name for name in (*LAYERS[layer].names, *DERIVED.get(layer, ())) if name in frame]
    columns = {name: [_plain(value) for value in frame[name].tolist()] for name in names}
    if "extra" in frame:
        columns["extra"] = [_extra(value) for value in frame["extra"].tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _extra(value: object) -> object:
    """Return what no field takes: an object, however the store holds it."""
    if isinstance(value, str):
        return orjson.loads(value)
    return value if isinstance(value, dict) and value else None


def _plain(value: object) -> object:
    if isinstance(value, list | str | bool):
        return value
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value


def features(frame: gpd.GeoDataFrame, layer: str) -> list[dict[str, object]]:
    """Return GeoJSON features (RFC 7946); ids are strings."""
    return [
        {"type": "Feature", "id": one["id"], "geometry": shape, "properties": one}
        for one, shape in zip(properties(frame, layer), geojson(frame.geometry.to_numpy()), strict=True)
    ]


def geojson(shapes: NDArray[np.object_]) -> list[orjson.Fragment | None]:
    """Return geometries as pieces of GeoJSON, None where there is none."""
    return [orjson.Fragment(text) if text else None for text in shapely.to_geojson(shapes)]
