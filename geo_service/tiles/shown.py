"""What of a record a map shows: the attributes of tiles, and of the cells that stand for many records."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_service.features import DERIVED
from geo_service.tiles.values import Attributes, attributes
from layers.definitions import LAYERS, Kind
from layers.vocabulary import Classification

FIELDS: Mapping[str, tuple[str, ...]] = {
    "hazards": ("id", "classification", "status", "devices", "opened_on", "valid_from"),
    "releases": ("id", "product", "completed_on", "qc_status", "qc_on", "depth_cm", "handed_over_on"),
    "surveys": ("id", "surveyed_on"),
    "incidents": ("id", "kind", "occurred_on", "device", "killed", "injured"),
    "spots": ("id", "kind", "found_on", "device", "quantity", "disposition"),
    "districts": ("id", "name", "code"),
    "settlements": ("id", "name", "kind", "population_before"),
    "roads": (
        *("id", "class", "name", "surface", "width_m", "oneway", "eo_status", "eo_width_m", "eo_as_of", "expires_on"),
    ),
}
"""Fields of each layer's records in tiles, beside the derived ones; notes, sources and the rest are in the items."""

OPEN = "open"
"""The attribute of a cell that says whether an open hazard touches it."""

OPEN_M2 = tuple(f"{one.value}_open_m2" for one in Classification)
"""Attributes of a cell of hazards: the open ground of those counted in it, by class; what two share counts twice."""


def names_of(layer: str) -> tuple[str, ...]:
    """Return the attributes that a layer's records have in tiles."""
    return (*FIELDS[layer], *DERIVED.get(layer, ()))


def attributes_of(layer: str, frame: gpd.GeoDataFrame) -> Attributes:
    """Return the attributes of records, as the one who asks may see them: a frame holds no others."""
    columns = {name: _plain(layer, name, frame[name]) for name in names_of(layer) if name in frame}
    apart = {name for name in columns if name == "id" or name.endswith("_m2")}
    return attributes(columns, frozenset(apart))


def _plain(layer: str, name: str, column: pd.Series) -> pd.Series | NDArray[np.generic]:
    """Return a column as texts, numbers, whole numbers or truths; dates as ISO texts, lists joined by `;`."""
    if name in DERIVED.get(layer, ()):
        return column
    match LAYERS[layer].field_named(name).kind:
        case Kind.date:
            codes, days = pd.factorize(column.to_numpy(dtype="datetime64[D]"))
            known = np.datetime_as_string(np.asarray(days, dtype="datetime64[D]")).tolist()
            texts = np.array([*known, None], dtype=object)
            return np.asarray(texts[codes])
        case Kind.word_list | Kind.text_list:
            return np.array([";".join(one) for one in column.tolist()], dtype=object)
        case Kind.integer:
            return np.array([None if pd.isna(one) else int(one) for one in column.tolist()], dtype=object)
        case _:
            return column


def opened(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Say of each hazard whether any of it is open."""
    left = np.asarray(frame["state"] != "released", dtype=bool)
    return left | np.asarray(frame["open_m2"] > 0, dtype=bool) if "open_m2" in frame else left


def open_m2(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return (n, 2) the open ground of each hazard in its class's column, m2; no column where it is not shown."""
    if "open_m2" not in frame:
        return np.empty((len(frame), 0))
    ground = frame["open_m2"].to_numpy(dtype=float)
    return np.stack([np.where(frame["classification"] == one.value, ground, 0.0) for one in Classification], axis=1)
