"""The values that a filter compares: columns of a holding and single values, alike as arrays that may hold nothing."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service.ogc import crs
from geo_service.ogc.asked import kind_of
from geo_service.ogc.errors import Invalid
from geo_service.ogc.holding import Holding
from layers.definitions import Kind
from layers.versions import as_date, as_moment

Mask = NDArray[np.bool_]

DAY_US = 86_400_000_000
"""Microseconds of a day."""

_KINDS = {
    Kind.date: "time",
    Kind.integer: "number",
    Kind.number: "number",
    Kind.boolean: "boolean",
    Kind.word_list: "list",
    Kind.text_list: "list",
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Values:
    """Values of one kind, one per record or one for all.

    Attributes:
        kind: text, number, boolean, time, list, interval or geometry.
        data: (n,) or (1,) the values; times as microseconds since 1970 (UTC), an interval as (start, end) of them.
        present: (n,) or (1,) where there is a value.
        literal: whether it stands in the filter.
    """

    kind: str
    data: Any
    present: Mask
    literal: bool = False


def literal(kind: str, value: object) -> Values:
    """Return a single value."""
    data: NDArray[Any] = np.empty(
        1, dtype={"number": np.float64, "boolean": np.bool_, "time": np.int64}.get(kind, object)
    )
    data[0] = value
    return Values(kind, data, np.ones(1, dtype=bool), literal=True)


def column(held: Holding, name: str) -> Values:
    """Return the values of a property.

    Raises:
        Invalid: there is none of that name.
    """
    if name == "geometry":
        return Values("geometry", held.shapes, np.asarray(~shapely.is_missing(held.shapes)))
    if name not in held.columns:
        raise Invalid(f"filter: there is no property {name[:50]!r}; these are: {', '.join(held.columns)}", "filter")
    cells, kind = held.frame[name], _KINDS.get(kind_of(held.layer, name), "text")
    match kind:
        case "time":
            present = cells.notna().to_numpy()
            days = cells.to_numpy(dtype="datetime64[D]").astype(np.int64)
            return Values(kind, np.where(present, days, 0) * DAY_US, present)
        case "number":
            numbers = cells.to_numpy(dtype="float64", na_value=np.nan)
            return Values(kind, numbers, ~np.isnan(numbers))
        case "boolean":
            return Values(kind, cells.to_numpy(dtype=bool), np.ones(len(cells), dtype=bool))
        case "list":
            return Values(kind, cells.to_numpy(dtype=object), np.ones(len(cells), dtype=bool))
        case _:
            texts = cells.to_numpy(dtype=object)
            return Values(kind, texts, np.fromiter((isinstance(one, str) for one in texts), bool, len(texts)))


def time_of(value: object) -> int:
    """Return the microseconds since 1970 of a date (its beginning, UTC) or a time.

    Raises:
        Invalid: it is neither.
    """
    text = str(value).strip()
    try:
        if len(text) <= 10:
            day = as_date(text.replace("/", "-"))
            moment = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        else:
            plain = text.replace("/", "-").replace("Z", "+00:00").replace("z", "+00:00")
            zoned = dt.datetime.fromisoformat(plain)
            moment = as_moment(zoned if zoned.tzinfo else zoned.replace(tzinfo=dt.UTC))
    except (ValueError, OverflowError):
        raise Invalid(f"filter: {text[:40]!r} is no date or time such as 2021-01-01", "filter") from None
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def interval_of(ends: object) -> Values:
    """Return an interval; an open end reaches for ever.

    Raises:
        Invalid: it is none.
    """
    if not isinstance(ends, list) or len(ends) != 2:
        raise Invalid("filter: an interval has two ends", "filter")
    never = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)
    parts = []
    for end, open_end in zip(ends, never, strict=True):
        value = end.get("date", end.get("timestamp", "")) if isinstance(end, dict) else end
        parts.append(open_end if value in {"", ".."} or value is None else time_of(value))
    if parts[0] > parts[1]:
        raise Invalid("filter: an interval ends before it begins", "filter")
    return literal("interval", (parts[0], parts[1]))


def geometry_of(node: dict[str, Any], uri: str) -> Values:
    """Return a geometry that a filter gives as GeoJSON or as a box, in degrees.

    Raises:
        Invalid: it is none, or lies outside of where its system holds.
    """
    if "bbox" in node:
        numbers = node["bbox"]
        if not isinstance(numbers, list) or len(numbers) not in {4, 6} or not all(map(is_number, numbers)):
            raise Invalid("filter: a box has four or six numbers", "filter")
        four = [float(numbers[k]) for k in ((0, 1, 3, 4) if len(numbers) == 6 else range(4))]
        return literal("geometry", shapely.union_all(crs.boxes(four, uri)))
    try:
        shape = shapely.from_geojson(orjson.dumps(node).decode())
    except (shapely.errors.GEOSException, TypeError, ValueError):
        raise Invalid("filter: a geometry in it can't be read", "filter") from None
    if shape is None or not np.isfinite(shapely.get_coordinates(shape)).all():
        raise Invalid("filter: a geometry in it can't be read", "filter")
    if not shapely.is_valid(shape):
        reason = shapely.is_valid_reason(shape)
        raise Invalid(f"filter: a geometry in it is not valid: {reason}", "filter")
    return literal("geometry", crs.inward(shape, uri))


def is_number(value: object) -> bool:
    """Say whether a value of JSON is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
