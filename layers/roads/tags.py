"""What a road record says beside its fields: tags of OpenStreetMap and columns of strangers, under `extra`."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

Texts = NDArray[np.object_]


def extras(roads: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return what no field takes of each road; an empty dictionary where there is nothing."""
    if "extra" not in roads:
        return [{} for _ in range(len(roads))]
    return [_read(one) for one in roads["extra"].tolist()]


def _read(value: object) -> dict[str, Any]:
    if isinstance(value, str | bytes):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def texts(extra: list[dict[str, Any]], name: str) -> Texts:
    """Return a tag of each road as lower-case text, "" where it has none."""
    found = np.empty(len(extra), dtype=object)
    found[:] = [_text(one.get(name)) for one in extra]
    return found


def field_texts(roads: gpd.GeoDataFrame, name: str) -> Texts:
    """Return a field of each road as lower-case text, "" where it has none."""
    found = np.empty(len(roads), dtype=object)
    found[:] = [_text(one) for one in roads[name].tolist()] if name in roads else ""
    return found


def _text(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def each(of: Texts, meaning: Callable[[str], float]) -> NDArray[Any]:
    """Return what a function says of each text; it is asked once for each different one."""
    codes, different = pd.factorize(of)
    return np.array([meaning(one) for one in different])[codes] if len(of) else np.zeros(0)
