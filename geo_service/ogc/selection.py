"""Which records of a holding a request selects, and in which order: arrays of places, never a loop over records."""

from bisect import bisect_right

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_service.ogc import cql, crs
from geo_service.ogc.asked import Asked, Interval, kind_of
from geo_service.ogc.errors import Invalid
from geo_service.ogc.holding import Holding, Places
from layers.definitions import LAYERS, Kind
from layers.versions import NO_DAY, as_date, day

Mask = NDArray[np.bool_]


def selected(held: Holding, asked: Asked) -> Places:
    """Return the places of the records that are asked for, in order.

    Raises:
        Invalid: the filter can't be read, or names what is not there.
    """
    if not asked.selects:
        return held.all
    return held.selected(asked.selection, lambda: _found(held, asked))


def _found(held: Holding, asked: Asked) -> Places:
    places = held.all
    if asked.bbox is not None:
        parts = [held.meeting(one) for one in crs.boxes(asked.bbox, asked.bbox_crs)]
        places = parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
    for name, text in asked.equal:
        places = places[equal(held, name, text)[places]]
    if asked.when is not None:
        places = places[within(held, asked.when)[places]]
    if asked.filter is not None:
        places = places[cql.mask(held, asked.filter, asked.language, asked.filter_crs)[places]]
    if asked.sortby:
        places = places[_order(held, asked, places)]
    return places


def equal(held: Holding, name: str, text: str) -> Mask:
    """Say of each record whether a property equals a text; of a list, whether it holds it."""
    column, kind = held.frame[name], kind_of(held.layer, name)
    match kind:
        case Kind.word_list | Kind.text_list:
            return np.fromiter((text in one for one in column.tolist()), dtype=bool, count=len(column))
        case Kind.date:
            return np.asarray(days_of(column) == day(as_date(text)))
        case Kind.integer | Kind.number:
            return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan) == float(text))
        case Kind.boolean:
            return np.asarray(column.to_numpy(dtype=bool) == (text.lower() == "true"))
        case _:
            return np.fromiter((one == text for one in column.tolist()), dtype=bool, count=len(column))


def days_of(column: pd.Series) -> NDArray[np.int64]:
    """Return dates as days since 1970-01-01, `NO_DAY` where there is none."""
    return np.asarray(column.to_numpy(dtype="datetime64[D]").astype(np.int64))


def dated_by(layer: str) -> str:
    """Return the date of a layer's records that the parameter `datetime` looks at."""
    return LAYERS[layer].dated_by or "valid_from"


def within(held: Holding, when: Interval) -> Mask:
    """Say of each record whether its date lies in an interval; one without a date always does."""
    name = dated_by(held.layer)
    if name not in held.frame:
        return np.ones(len(held), dtype=bool)
    found = days_of(held.frame[name])
    first, last = when
    inside = np.ones(len(held), dtype=bool)
    if first is not None:
        inside &= found >= first
    if last is not None:
        inside &= found <= last
    return np.asarray(inside | (found == NO_DAY))


def _order(held: Holding, asked: Asked, places: Places) -> Places:
    """Return the order of some records by the properties asked for, then by id; what is empty comes last."""
    keys: list[NDArray[np.int64]] = [places]
    for name, descending in reversed(asked.sortby):
        if name == "id":
            keys.append(-places if descending else places)
            continue
        column = held.frame[name].iloc[places]
        if kind_of(held.layer, name) in {Kind.word_list, Kind.text_list}:
            column = column.map(";".join)
        codes, _ = pd.factorize(column, sort=True)
        largest = codes.max(initial=0) + 1
        ranked = np.where(codes < 0, largest, (largest - 1 - codes) if descending else codes)
        keys.append(ranked.astype(np.int64))
    return np.asarray(np.lexsort(keys))


def page(held: Holding, asked: Asked, places: Places, limit: int) -> tuple[Places, int]:
    """Return the places of a page, and how many of the selected records lie before it.

    Raises:
        Invalid: the page is to begin behind a record that is not there.
    """
    start = 0
    if asked.after is not None:
        if asked.sortby:
            place = held.place_of(asked.after)
            found = np.flatnonzero(places == place) if place is not None else places[:0]
            if not len(found):
                raise Invalid("after names no record of this selection; begin again without it", "after")
            start = int(found[0]) + 1
        else:
            start = int(np.searchsorted(places, _behind(held, asked.after)))
    start += min(asked.offset, len(places))
    return places[start : start + limit], min(start, len(places))


def _behind(held: Holding, record_id: str) -> int:
    return bisect_right(held.ids, record_id)
