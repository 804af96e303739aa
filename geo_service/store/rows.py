"""Version frames as rows of the store, and back."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
from numpy.typing import NDArray

from geo_service.store.geopackage import SRS_ID, Blobs, Bounds, encode
from layers.definitions import Field, Kind, Layer
from layers.versions import is_missing

_EXTRA_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def rows_of(frame: gpd.GeoDataFrame, layer: Layer) -> tuple[list[list[object]], Blobs, Bounds]:
    """Return the columns of a version frame as the store keeps them, in order of recording, its blobs and bounds.

    The columns are those of `stored_columns` without the geometry.

    Raises:
        ValueError: it is no version frame of this layer in EPSG:4326.
    """
    missing = [name for name in layer.names if name not in frame]
    if missing:
        raise ValueError(f"{layer.name}: the frame has no column {missing[0]}")
    if frame.crs is None or frame.crs.to_epsg() != SRS_ID:
        raise ValueError(f"{layer.name}: versions are kept in EPSG:4326")
    ordered = frame.iloc[np.argsort(frame["row"].to_numpy(), kind="stable")] if "row" in frame else frame
    columns = [_stored(ordered[field.name], field, layer) for field in layer.fields]
    given = ordered["extra"].tolist() if "extra" in ordered else [None] * len(ordered)
    columns.append([_extra_text(value) for value in given])
    blobs, bounds = encode(np.asarray(ordered.geometry.array))
    return columns, blobs, bounds


def frame_of(
    rows: Sequence[tuple[object, ...]],
    layer: Layer,
    stamps: Sequence[str],
    decoded: Callable[[Sequence[Any]], NDArray[np.object_]],
) -> gpd.GeoDataFrame:
    """Return the version frame of rows of the layer's `stored_columns`, each with the values of `stamps` after them.

    `decoded` makes geometries of what the store holds of them.

    Raises:
        ValueError: a value is not what the store writes.
    """
    wide = len(layer.names) + 2 + len(stamps)
    columns: list[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [() for _ in range(wide)]
    made: dict[str, object] = {
        field.name: _typed(values, field) for field, values in zip(layer.fields, columns, strict=False)
    }
    fields = len(layer.names)
    made["extra"] = _objects([None if text is None else orjson.loads(text) for text in columns[fields]])  # type: ignore[arg-type]
    for name, values in zip(stamps, columns[fields + 2 :], strict=True):
        made[name] = _instants(values) if name == "recorded_at" else np.array(values, dtype=np.int64)
    geometry = decoded(columns[fields + 1])
    return gpd.GeoDataFrame(made, geometry=geometry, crs=f"EPSG:{SRS_ID}")


def _stored(column: pd.Series, field: Field, layer: Layer) -> list[object]:
    values = _plain(column, field)
    if field.required and None in values:
        raise ValueError(f"{layer.name}, row {values.index(None)}: {field.name} is missing")
    return values


def _plain(column: pd.Series, field: Field) -> list[object]:
    match field.kind:
        case Kind.date:
            text = np.datetime_as_string(column.to_numpy().astype("datetime64[D]"))
            return [None if one == "NaT" else one for one in text.tolist()]
        case Kind.number:
            # Adding 0 makes a negative zero plain: SQLite keeps no other, and digests are the same everywhere.
            numbers = (column.to_numpy(dtype=np.float64) + 0.0).tolist()
            return [None if one != one else one for one in numbers]  # noqa: PLR0124 - NaN is what differs from itself
        case Kind.integer:
            return [None if is_missing(one) else int(one) for one in column.tolist()]
        case Kind.boolean:
            return column.to_numpy(dtype=bool).astype(int).tolist()
        case Kind.word_list | Kind.text_list:
            return [json.dumps(list(one), ensure_ascii=False) for one in column.tolist()]
        case _:
            return [None if is_missing(one) else str(one) for one in column.tolist()]


def _extra_text(value: object) -> str | None:
    if is_missing(value) or value in ({}, ""):
        return None
    return value if isinstance(value, str) else orjson.dumps(value, default=str, option=_EXTRA_OPTIONS).decode()


def _typed(values: Sequence[object], field: Field) -> object:
    match field.kind:
        case Kind.date:
            return np.array([one or "NaT" for one in values], dtype="datetime64[s]")
        case Kind.number:
            return np.array(values, dtype=np.float64)
        case Kind.integer:
            return pd.Series(list(values), dtype="Int64")
        case Kind.boolean:
            return np.array(values, dtype=bool)
        case Kind.word_list | Kind.text_list:
            return _objects([orjson.loads(one) for one in values])  # type: ignore[arg-type]
        case _:
            return _objects(values)


def _objects(values: Sequence[object]) -> pd.Series:
    return pd.Series(list(values), dtype="object")


def _instants(values: Sequence[object]) -> pd.DatetimeIndex:
    seconds = np.array([str(one)[:-1] for one in values], dtype="datetime64[us]")
    return pd.DatetimeIndex(seconds).tz_localize("UTC")
