"""Records and their versions: one canonical frame per layer, and which version is in force at (as_of, known_at).

A *version frame* is a GeoDataFrame with a row per version and the layer's fields in canonical types: dates as
`datetime64[s]` (they reach from the year 1 to 9999), lists as Python lists, numbers as float64, integers as Int64,
text as str or None; beside them, from a store, `recorded_at` (UTC), `revision`, `changeset` and `row` (order of
recording). Frames of strangers become such frames by `typed`.
"""

import datetime as dt
import json
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.definitions import LAYERS, Field, Kind, Layer, default_of

BEGINNING = dt.date(1, 1, 1)
"""From when districts, settlements and roads hold that name no date."""

Days = NDArray[np.int64]
Date = dt.date | str
Moment = dt.datetime | str


def is_missing(value: object) -> bool:
    """Say whether a cell holds nothing: None, NaN, NaT or pandas' NA."""
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def as_date(value: object) -> dt.date:
    """Return a calendar date from a date, a timestamp or ISO 8601 text.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, np.datetime64):
        return dt.date.fromisoformat(str(value.astype("datetime64[D]")))
    if isinstance(value, str):
        text = value.strip()
        if len(text) > len("2021-01-01") and text[10] in "T ":
            dt.datetime.fromisoformat(text)
            text = text[:10]
        return dt.date.fromisoformat(text)
    message = f"not a date: {value!r}"
    raise ValueError(message)


def as_moment(value: Moment) -> dt.datetime:
    """Return an instant in UTC from an aware datetime or RFC 3339 text.

    Raises:
        ValueError: it has no time zone or is no time.
    """
    moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(moment, pd.Timestamp):
        moment = moment.to_pydatetime(warn=False)
    if moment.tzinfo is None:
        message = f"a time needs its zone, such as 2021-06-01T12:00:00Z: {value}"
        raise ValueError(message)
    return moment.astimezone(dt.UTC)


def days(column: Iterable[object]) -> Days:
    """Return days since 1970-01-01 as int64; `NO_DAY` where there is no date."""
    seconds = column if isinstance(column, pd.Series) and column.dtype.kind == "M" else dates(column)
    return np.asarray(seconds, dtype="datetime64[D]").astype(np.int64)


def day(value: Date) -> int:
    """Return one date as days since 1970-01-01."""
    return as_date(value).toordinal() - dt.date(1970, 1, 1).toordinal()


def date_of(number: int) -> dt.date:
    """Return the date of a number of days since 1970-01-01."""
    return dt.date.fromordinal(int(number) + dt.date(1970, 1, 1).toordinal())


NO_DAY = int(np.datetime64("NaT").astype(np.int64))


def dates(column: Iterable[object]) -> pd.Series:
    """Return a column of dates as `datetime64[s]`.

    Raises:
        ValueError: a cell is neither empty nor a date; the message names its place.
    """
    found = []
    known: dict[object, np.datetime64] = {}
    for place, value in enumerate(column):
        # Few dates stand in many rows.
        date = known.get(value) if isinstance(value, str) else None
        if date is None:
            try:
                date = np.datetime64("NaT") if is_missing(value) else np.datetime64(as_date(value).isoformat())
            except ValueError as error:
                message = f"row {place}: {error}"
                raise ValueError(message) from None
            if isinstance(value, str):
                known[value] = date
        found.append(date)
    return pd.Series(np.array(found, dtype="datetime64[s]"))


def as_truth(value: object) -> bool:
    """Return a boolean cell; nothing is False.

    Raises:
        ValueError: it is text that says neither.
    """
    if not isinstance(value, str):
        return bool(value)
    if value.strip().lower() not in {"true", "false", "1", "0", ""}:
        message = f"neither true nor false: {value!r}"
        raise ValueError(message)
    return value.strip().lower() in {"true", "1"}


def as_list(value: object) -> list[str]:
    """Return a list cell: a list, an array, JSON text or text separated by `;`."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            return [str(one) for one in json.loads(text)]
        return [part.strip() for part in text.split(";") if part.strip()]
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [str(one) for one in value]
    return []


_CANONICAL = {Kind.date: "datetime64[s]", Kind.number: "float64", Kind.integer: "Int64"}
"""Columns of these types are as they should be, whatever they hold."""


def _cells(frame: gpd.GeoDataFrame, field: Field, layer: Layer) -> pd.Series:
    by_product = layer.name == "releases" and field.name == "qc_status"
    if field.name not in frame and not by_product:
        return column(field, [field.default] * min(len(frame), 1)).repeat(len(frame)).reset_index(drop=True)
    canonical = _CANONICAL.get(field.kind)
    if field.name in frame and field.default is None and canonical and frame[field.name].dtype == canonical:
        return frame[field.name].reset_index(drop=True)
    given = frame[field.name].tolist() if field.name in frame else [None] * len(frame)
    if by_product and any(map(is_missing, given)):
        products = frame["product"].tolist() if "product" in frame else given
        given = [
            default_of(layer, field.name, {"product": product}) if is_missing(value) else value
            for value, product in zip(given, products, strict=True)
        ]
    elif field.default is not None:
        given = [field.default if is_missing(value) else value for value in given]
    return column(field, given)


def column(field: Field, values: list[object]) -> pd.Series:
    """Return the values of one field as a column of its canonical type.

    Raises:
        ValueError: a value is not of the field's kind.
    """
    clean = _without_missing(values)
    match field.kind:
        case Kind.date:
            return dates(clean)
        case Kind.number:
            return pd.Series([np.nan if v is None else float(str(v)) for v in clean], dtype="float64")
        case Kind.integer:
            return pd.Series([pd.NA if v is None else int(float(str(v))) for v in clean], dtype="Int64")
        case Kind.boolean:
            return pd.Series([as_truth(v) for v in clean], dtype="bool")
        case Kind.word_list | Kind.text_list:
            return pd.Series([as_list(v) for v in clean], dtype="object")
        case _:
            return pd.Series([None if v is None else str(v) for v in clean], dtype="object")


def _without_missing(values: list[object]) -> list[object]:
    """Return the values with None for every cell that holds nothing."""
    if all(type(value) is str for value in values):
        return values
    return [None if is_missing(value) else value for value in values]


def typed(frame: gpd.GeoDataFrame, layer: Layer) -> gpd.GeoDataFrame:
    """Return a version frame from a frame with the layer's fields, defaults filled in, in the given order.

    The index is renewed. `recorded_at`, where given, becomes UTC; `row` becomes the place in the frame.

    Raises:
        ValueError: a required field is missing or a value is not of its kind.
    """
    filled = {field.name: _cells(frame, field, layer) for field in layer.fields}
    whole = pd.DataFrame(filled)
    if layer.name == "hazards":
        withdrawn = whole["withdrawn"] | (whole["status"] == "withdrawn")
        whole["withdrawn"] = withdrawn
        whole.loc[withdrawn, "status"] = "withdrawn"
    if layer.dated_by:
        first = ~whole["id"].duplicated() & whole["valid_from"].isna()
        whole.loc[first, "valid_from"] = whole.loc[first, layer.dated_by]
    else:
        whole["valid_from"] = whole["valid_from"].fillna(pd.Timestamp(BEGINNING.isoformat()).as_unit("s"))
    for name in layer.required:
        empty = np.flatnonzero(whole[name].isna())
        if len(empty):
            message = f"{layer.name}, row {empty[0]}: {name} is missing"
            raise ValueError(message)
    for name in ("extra", "changeset", "revision"):
        if name in frame:
            whole[name] = frame[name].to_numpy()
    if "recorded_at" in frame:
        whole["recorded_at"] = pd.to_datetime(frame["recorded_at"].to_numpy(), utc=True).as_unit("us")
    whole["row"] = frame["row"].to_numpy() if "row" in frame else np.arange(len(frame))
    return gpd.GeoDataFrame(whole, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def empty(layer: Layer) -> gpd.GeoDataFrame:
    """Return a version frame of a layer without rows, in EPSG:4326."""
    names: dict[str, list[object]] = {field.name: [] for field in layer.fields}
    bare = gpd.GeoDataFrame(names, geometry=[], crs="EPSG:4326")
    return typed(bare, layer)


def recorded(frame: gpd.GeoDataFrame) -> Days:
    """Return when each version was recorded, in microseconds since 1970 (UTC); zeros where the frame doesn't say."""
    if "recorded_at" not in frame:
        return np.zeros(len(frame), dtype=np.int64)
    return np.asarray(pd.DatetimeIndex(frame["recorded_at"]).as_unit("us").asi8)


def in_order_of_recording(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a version frame in the order in which its versions were recorded."""
    when, row = recorded(frame), frame["row"].to_numpy()
    if ((when[1:] > when[:-1]) | ((when[1:] == when[:-1]) & (row[1:] >= row[:-1]))).all():
        return frame
    return frame.iloc[np.lexsort((row, when))].reset_index(drop=True)


def order(frame: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the places of a version frame sorted by id, `valid_from`, `recorded_at`, row: the last one rules."""
    codes = pd.factorize(frame["id"], sort=True)[0]
    return np.lexsort((frame["row"].to_numpy(), recorded(frame), days(frame["valid_from"]), codes))


def in_force(
    frame: gpd.GeoDataFrame, as_of: Date, known_at: Moment | None = None, *, withdrawn: bool = False
) -> gpd.GeoDataFrame:
    """Return the version of each record in force at (`as_of`, `known_at`), in order of id.

    Among a record's versions with `recorded_at <= known_at` and `valid_from <= as_of` it is the one with the latest
    `valid_from`, then the latest `recorded_at`, then the later row. Records whose version in force is withdrawn are
    left out unless `withdrawn`.
    """
    known = known_by(frame, known_at)
    places = order(known)
    places = places[days(known["valid_from"])[places] <= day(as_of)]
    ids = known["id"].to_numpy()[places]
    last = places[np.r_[ids[1:] != ids[:-1], True]] if len(places) else places
    found = known.iloc[last]
    return found if withdrawn else found[~found["withdrawn"].to_numpy(dtype=bool)]


def known_by(frame: gpd.GeoDataFrame, known_at: Moment | None) -> gpd.GeoDataFrame:
    """Return the versions recorded at or before `known_at`; all of them where it is None.

    A frame that does not say when its versions were recorded was always known.
    """
    if known_at is None or "recorded_at" not in frame:
        return frame
    return frame[(frame["recorded_at"] <= pd.Timestamp(as_moment(known_at))).to_numpy()]


def layer_named(name: str) -> Layer:
    """Return the layer of that name.

    Raises:
        ValueError: there is none; the message lists them.
    """
    if name not in LAYERS:
        message = f"no layer {name!r}; layers: {', '.join(LAYERS)}"
        raise ValueError(message)
    return LAYERS[name]
