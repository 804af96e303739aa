"""Frames as files that the service reads: what is in a frame is sent, or refused with its name; nothing is dropped."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_service.client.transport import plain
from geo_service.features import DERIVED
from layers.definitions import LAYERS, Kind
from layers.versions import is_missing

STAMPS = ("recorded_at", "revision", "changeset")
"""What a version got when it was recorded."""


def file_of(frame: pd.DataFrame, layer: str) -> bytes:
    """Return a frame as a Parquet file, GeoParquet where it has geometries.

    Args:
        frame: a row per record, its columns named as the fields of the layer; a named index is a column. What the
            service itself works out is left out of a frame that came from it; other columns are kept under `extra`.
        layer: whose records they are.

    Raises:
        ValueError: two columns have one name, one holds objects, or there is a second one with geometries.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    if frame.attrs.get("layer") == layer:
        frame = frame.drop(columns=[*DERIVED.get(layer, ()), *STAMPS], errors="ignore")
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{twice[0]}: two columns have this name; rename one")
    active = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name else None
    others = [str(name) for name, kind in frame.dtypes.items() if name != active and str(kind) == "geometry"]
    if others:
        raise ValueError(f"{others[0]}: a second column with geometries; a record has one. Drop it, or send it apart")
    columns = {str(name): frame[name].tolist() for name in frame.columns if name != active}
    cells = {name: [_cell(one, _is_date(layer, name)) for one in values] for name, values in columns.items()}
    spread = {name: _like(name, values) for name, values in _spread(cells).items()}
    out = io.BytesIO()
    if active is None:
        pq.write_table(pa.table({name: pa.array(values) for name, values in spread.items()}), out)
        return out.getvalue()
    table = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in spread.items()})
    sent = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    sent.to_parquet(out, index=False)
    return out.getvalue()


def _is_date(layer: str, name: str) -> bool:
    return any(one.name == name and one.kind is Kind.date for one in LAYERS[layer].fields)


def _cell(value: Any, date: bool) -> Any:  # noqa: FBT001
    """Return a value as a file holds it; a date field's midnight is a day, any other time stays to be judged."""
    if isinstance(value, list | tuple | set | frozenset | np.ndarray | Mapping):
        return plain(value)
    if is_missing(value):
        return None
    if isinstance(value, pd.Timestamp | dt.datetime):
        if date and value.time() == dt.time() and value.tzinfo is None:
            return value.date().isoformat()
        return value.isoformat()
    return plain(value)


def _spread(cells: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the columns with those that lie in `extra` beside the others, from where they came.

    Raises:
        ValueError: one of them has the name of another column.
    """
    extra = cells.get("extra")
    if extra is None or not all(one is None or isinstance(one, dict) for one in extra):
        return cells
    rest = {name: values for name, values in cells.items() if name != "extra"}
    for name in dict.fromkeys(name for one in extra if one for name in one):
        if name in rest:
            raise ValueError(f"{name}: a column, and also in extra; rename one")
        rest[name] = [one.get(name) if one else None for one in extra]
    return rest


def _like(name: str, values: list[Any]) -> list[Any]:
    """Return values of one kind: where numbers and texts stand in one column, all are text.

    Raises:
        ValueError: a value is a table of its own, which no column of a file holds as it is.
    """
    kinds = {type(one) for one in values if one is not None}
    if kinds & {dict, bytes}:
        raise ValueError(f"{name}: values are objects or bytes; give each a column of its own, or send them as text")
    if kinds <= {int, float} or (len(kinds) == 1 and kinds <= {str, bool, list}):
        return values
    return [one if one is None or isinstance(one, str) else str(one) for one in values]
