"""Answers of the service as frames: records from GeoParquet, everything else from JSON; one type per field."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from geo_service.client.errors import ClearwayError
from layers.definitions import LAYERS, Kind

DEGREES = "EPSG:4326"
DIGITS = {"count": "Int64"}
"""Whole numbers that are worked out, beside those of the fields."""

Rows = Sequence[Mapping[str, Any]]


def records_of(body: bytes, layer: str) -> gpd.GeoDataFrame:
    """Return the records that an answer in GeoParquet holds.

    Args:
        body: the answer.
        layer: whose records they are.

    Returns:
        A row per record. Dates are `datetime64[s]`, whole numbers `Int64`, lists are lists, what no field takes is a
        dict in `extra`. `attrs` holds `layer`, `as_of`, `known_at`, `revision`, `notice` and `synthetic`.

    Raises:
        ClearwayError: it is no answer of this service.
    """
    try:
        table = pq.read_table(pa.BufferReader(body))
        said = table.schema.metadata or {}
        geo, about = orjson.loads(said[b"geo"]), orjson.loads(said[b"PANDAS_ATTRS"])
    except (pa.ArrowInvalid, KeyError, orjson.JSONDecodeError):
        raise ClearwayError(
            "The answer holds no records that can be read.", advice="Check that the service is of this version."
        ) from None
    name = geo["primary_column"]
    system = geo["columns"][name].get("crs")
    shapes = shapely.from_wkb(table.column(name).to_numpy(zero_copy_only=False))
    columns = {one: _column(table.column(one), one, layer) for one in table.column_names if one != name}
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS.from_json_dict(system) if system else "OGC:CRS84")
    frame.attrs = {**about, "layer": layer}
    return frame


def _column(column: pa.ChunkedArray, name: str, layer: str) -> object:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _objects([one or [] for one in column.to_pylist()])
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("s")).to_pandas()
    if name == "extra":
        return _objects([None if one is None else orjson.loads(one) for one in column.to_pylist()])
    return _typed(column.to_pandas(), name, layer)


def features_of(answer: Mapping[str, Any], layer: str) -> gpd.GeoDataFrame:
    """Return the records that an answer in GeoJSON holds, typed as by `records_of`; `attrs` says what it says."""
    features: Rows = answer["features"]
    frame = _frame([one["properties"] for one in features], features)
    for name in frame.columns.drop("geometry"):
        frame[name] = _typed(frame[name], name, layer)
    about = ("as_of", "known_at", "revision", "notice", "synthetic")
    frame.attrs = {"layer": layer} | {name: answer[name] for name in about if name in answer}
    return frame


def shapes_of(answer: Mapping[str, Any], columns: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Return the features of any answer as rows; `columns` are there without features too. `attrs` holds the rest."""
    features: Rows = answer["features"]
    frame = _frame([one["properties"] for one in features], features)
    for name in columns:
        if name not in frame:
            frame.insert(len(frame.columns) - 1, name, _objects([None] * len(frame)))
    frame.attrs = {name: value for name, value in answer.items() if name not in {"type", "features"}}
    return frame


def table_of(answer: Mapping[str, Any], rows: str = "rows") -> pd.DataFrame:
    """Return the rows of an answer as a table, its dates and moments as such; `attrs` holds all else that it says."""
    frame = pd.DataFrame.from_records(list(answer[rows]))
    for name in frame.columns:
        if name == "date" or name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").dt.as_unit("s")
        elif name == "at" or name.endswith("_at"):
            frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True).dt.as_unit("us")
    frame.attrs = {name: value for name, value in answer.items() if name != rows}
    return frame


def _frame(rows: Rows, features: Rows) -> gpd.GeoDataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, Any] = {name: _plain([row.get(name) for row in rows]) for name in names}
    texts = [None if one["geometry"] is None else orjson.dumps(one["geometry"]).decode() for one in features]
    shapes = shapely.from_geojson(np.array(texts, dtype=object))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=DEGREES)


def _plain(values: list[Any]) -> pd.Series:
    nested = any(isinstance(one, list | dict) for one in values)
    return _objects(values) if nested else pd.Series(values)


def _objects(values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype=object)


def _typed(column: pd.Series, name: str, layer: str) -> pd.Series:  # noqa: PLR0911 - a type per kind
    """Return a column in the type of its field; text that stays text is of pandas' own type."""
    found = next((one for one in LAYERS[layer].fields if one.name == name), None)
    if found is None:
        return column.astype(DIGITS[name]) if name in DIGITS else column  # type: ignore[call-overload]
    match found.kind:
        case Kind.date:
            return pd.Series(pd.to_datetime(column, format="ISO8601").dt.as_unit("s"))
        case Kind.integer:
            return column.astype("Int64")
        case Kind.number:
            return column.astype("float64")
        case Kind.boolean:
            return column.astype(bool)
        case Kind.word_list | Kind.text_list:
            return column
        case _:
            return column.astype("str").where(column.notna())
