"""What a request asks of the items of a collection, read from its query: every parameter is known or refused."""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geo_service.ogc import crs as reference
from geo_service.ogc.errors import Invalid
from layers.definitions import LAYERS, Field, Kind, Layer
from layers.versions import as_date, as_moment

PAGE, MOST = 10, 10_000
"""Records of a page where the client names no number, and the most."""

EVERYWHERE = ("f", "as_of", "known_at", "rev", "token")
"""Parameters that every read takes."""

OWN = (
    *("limit", "offset", "after", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs"),
    *("sortby", "properties", "skipGeometry", "resultType"),
)
LANGUAGES = ("cql2-text", "cql2-json", "cql-text")
MOST_LETTERS = 20_000
"""Letters of a filter."""

Pairs = Sequence[tuple[str, str]]
Interval = tuple[int | None, int | None]


@dataclass(frozen=True)
class Asked:
    """What is asked of the items of a collection.

    Attributes:
        limit: records of a page; None: the client named no number.
        offset, after: where the page begins: behind so many, behind a record.
        bbox, bbox_crs: four numbers in a system's axis order.
        crs: the system of the answer.
        when: days since 1970 (first, last), both included; None on a side: open.
        filter, language, filter_crs: a filter as text.
        sortby: (property, descending) in order.
        properties: the properties to answer with; None: all.
        skip_geometry: leave the geometry out.
        hits: only count.
        equal: (property, text) that a property equals.
    """

    limit: int | None = None
    offset: int = 0
    after: str | None = None
    bbox: tuple[float, ...] | None = None
    bbox_crs: str = reference.CRS84
    crs: str = reference.CRS84
    when: Interval | None = None
    filter: str | None = None
    language: str = "cql2-text"
    filter_crs: str = reference.CRS84
    sortby: tuple[tuple[str, bool], ...] = ()
    properties: tuple[str, ...] | None = None
    skip_geometry: bool = False
    hits: bool = False
    equal: tuple[tuple[str, str], ...] = ()

    @property
    def selection(self) -> object:
        """What of this decides which records are selected, in which order."""
        return (
            *(self.bbox, self.bbox_crs, self.when, self.filter, self.language, self.filter_crs),
            *(self.sortby, self.equal),
        )

    @property
    def selects(self) -> bool:
        """Whether not all records are selected, or in another order than that of their ids."""
        return bool(self.bbox or self.when or self.filter is not None or self.sortby or self.equal)

    @property
    def whole(self) -> bool:
        """Whether features go out as they are stored."""
        return self.properties is None and not self.skip_geometry and self.crs == reference.CRS84


def once(pairs: Pairs, known: Sequence[str]) -> dict[str, str]:
    """Return a query's parameters.

    Raises:
        Invalid: one is not known, or stands twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise Invalid(f"there is no parameter {name[:50]!r} here; these are: {', '.join(known)}", name[:50])
        if name in found:
            raise Invalid(f"{name} stands twice", name)
        if "\x00" in value:
            raise Invalid(f"{name} holds a character that no text has", name)
        found[name] = value
    return found


def asked(pairs: Pairs, layer: Layer, columns: Sequence[str], systems: Sequence[str]) -> Asked:
    """Read the query of a collection's items.

    Args:
        pairs: the query.
        layer: the collection.
        columns: the properties that the one who asks may see.
        systems: the coordinate systems that are offered.

    Raises:
        Invalid: a parameter is not known, or its value none that it can have.
    """
    given = once(pairs, (*OWN, *EVERYWHERE, *(name for name in columns if name != "geometry")))
    language = given.get("filter-lang", "cql2-text")
    if language not in LANGUAGES:
        raise Invalid(f"filter-lang is one of {', '.join(LANGUAGES)}", "filter-lang")
    text = given.get("filter")
    if text is not None and len(text) > MOST_LETTERS:
        raise Invalid(f"filter is longer than {MOST_LETTERS:,} letters", "filter")
    if given.get("resultType", "results") not in {"results", "hits"}:
        raise Invalid("resultType is results or hits", "resultType")
    bbox_crs = reference.chosen(given.get("bbox-crs"), systems, "bbox-crs")
    return Asked(
        limit=_limit(given.get("limit")),
        offset=_number(given.get("offset", "0"), "offset", 0),
        after=given.get("after"),
        bbox=box_of(given.get("bbox"), bbox_crs),
        bbox_crs=bbox_crs,
        crs=reference.chosen(given.get("crs"), systems, "crs"),
        when=interval_of(given["datetime"]) if "datetime" in given else None,
        filter=text if text and text.strip() else None,
        language=language,
        filter_crs=reference.chosen(given.get("filter-crs"), systems, "filter-crs"),
        sortby=_sorting(given.get("sortby"), columns),
        properties=_named(given["properties"], columns) if "properties" in given else None,
        skip_geometry=_truth(given.get("skipGeometry", "false"), "skipGeometry"),
        hits=given.get("resultType") == "hits",
        equal=tuple(
            (name, _checked(layer, name, value))
            for name, value in given.items()
            if name in columns and name not in OWN and name not in EVERYWHERE
        ),
    )


def _limit(text: str | None) -> int | None:
    return None if text is None else min(_number(text, "limit", 1), MOST)


def _number(text: str, name: str, least: int) -> int:
    if not re.fullmatch(r"\+?[0-9]{1,18}", text) or int(text) < least:
        raise Invalid(f"{name} is a whole number from {least}, not {text[:30]!r}", name)
    return int(text)


def _truth(text: str, name: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise Invalid(f"{name} is true or false, not {text[:30]!r}", name)
    return text.lower() == "true"


def box_of(text: str | None, uri: str = reference.CRS84) -> tuple[float, ...] | None:
    """Return the four numbers of a box (six: heights are left out), in the axis order of a system.

    Raises:
        Invalid: it is no box.
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [numbers[k] for k in (0, 1, 3, 4)]
    wrong = len(numbers) != 4 or not all(map(math.isfinite, numbers))
    if not wrong:
        west, south, east, north = (numbers[k] for k in ((1, 0, 3, 2) if reference.swapped(uri) else (0, 1, 2, 3)))
        degrees = reference.known(uri).is_geographic
        wrong = south > north or (west > east and not degrees)
        wrong = wrong or (degrees and (max(abs(west), abs(east)) > 360 or max(abs(south), abs(north)) > 90))
    if wrong:
        raise Invalid(
            "bbox is four or six numbers, least before greatest: west,south,east,north in degrees, such as "
            "bbox=46.0,39.0,47.0,40.0, or in the system and axis order of bbox-crs",
            "bbox",
        )
    return tuple(numbers)


def interval_of(text: str) -> Interval:
    """Return the days (since 1970, both included) that an instant or interval of RFC 3339 names.

    Raises:
        Invalid: it is none.
    """
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 1 and parts[0] in {"", ".."}):
        raise Invalid(
            "datetime is an instant or an interval, such as 2021-01-01/2021-12-31 or 2021-01-01/..", "datetime"
        )
    days = [None if part in {"", ".."} else _day(part) for part in parts]
    first, last = days[0], days[-1]
    if first is not None and last is not None and first > last:
        raise Invalid(f"datetime: the interval ends ({parts[-1][:40]}) before it begins ({parts[0][:40]})", "datetime")
    return first, last


def _day(text: str) -> int:
    try:
        moment = text.replace(" ", "+")  # a plus that was not quoted
        day = (
            as_date(text) if len(text) == 10 else as_moment(moment.replace("Z", "+00:00").replace("z", "+00:00")).date()
        )
    except (ValueError, OverflowError):
        raise Invalid(f"datetime: {text[:40]!r} is no date or time such as 2021-01-01T00:00:00Z", "datetime") from None
    return day.toordinal() - dt.date(1970, 1, 1).toordinal()


def _sorting(text: str | None, columns: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    if text is None:
        return ()
    keys = [(part.strip().lstrip("+-"), part.strip().startswith("-")) for part in text.split(",")]
    for name, _ in keys:
        if name not in columns or name == "geometry":
            raise Invalid(f"sortby: there is no property {name[:50]!r}; these are: {_list(columns)}", "sortby")
    return tuple(keys)


def _named(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if name not in columns:
            raise Invalid(f"properties: there is no property {name[:50]!r}; these are: {_list(columns)}", "properties")
    return names


def _list(columns: Sequence[str]) -> str:
    return ", ".join(name for name in columns if name != "geometry")


def field_of(layer: Layer, name: str) -> Field | None:
    """Return a field of a layer, None for a property that is worked out."""
    return next((one for one in layer.fields if one.name == name), None)


def kind_of(layer: str, name: str) -> Kind:
    """Return the kind of a property, also of one that is worked out."""
    found = field_of(LAYERS[layer], name)
    return found.kind if found else WORKED_OUT.get(name, Kind.text)


WORKED_OUT: Mapping[str, Kind] = {
    "area_m2": Kind.number,
    "open_m2": Kind.number,
    "state": Kind.word,
    "in_effect": Kind.boolean,
    "handed_over": Kind.boolean,
    "count": Kind.integer,
}
"""The kinds of what is worked out of records."""


def _checked(layer: Layer, name: str, value: str) -> str:
    """Return a property's value as it stands in the address.

    Raises:
        Invalid: the property can't have it.
    """
    kind = kind_of(layer.name, name)
    try:
        match kind:
            case Kind.date:
                as_date(value)
            case Kind.integer | Kind.number:
                if not math.isfinite(float(value)):
                    raise ValueError(value)  # noqa: TRY301
            case Kind.boolean:
                _truth(value, name)
    except Invalid:
        raise
    except ValueError:
        raise Invalid(f"{name} is a {kind.value}, not {value[:30]!r}", name) from None
    return value
