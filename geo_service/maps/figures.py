"""The figures beside the overview map: what cards and district table say of one date."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_service.access.public import FullRecords, Records
from geo_service.balance import View, records, times
from geo_service.languages import words
from geo_service.settings import SENTENCES, Settings

DATED = ("hazards", "releases", "surveys", "incidents")
"""Layers whose newest date of information says how old the data is."""

PUBLISHED = ("hazards",)
"""Those of them whose dates the public may know."""

STATES = ("CHA", "SHA", "cancelled", "reduced", "cleared", "surveyed_no_evidence", "no_recorded_hazard")
"""The states in the order in which a district's bar shows them."""

SHOWN = (*STATES, "area_m2", "pending_qc_m2", "hazards_open")
"""What the page shows of a district and of the whole (m2, and a count)."""


def figures(seen: View, shown: Records, settings: Settings, language: str) -> dict[str, object]:
    """Return the figures of a date, with the sentences they must carry.

    Args:
        seen: the view.
        shown: the records as the one who asks may see them; incidents are counted only for whom they are shown whole.
        settings: of the store.
        language: of the sentences.

    Returns:
        as_of, known_at, revision; `total` and `rows` by district (m2; with `at` and `box` in degrees where the district
        is in force); `hazards` recorded; `incidents_12_months`; `newest`, the latest date of information;
        `coverage_gap`, `certificate_passed`, `notice`.
    """
    partition = seen.snapshot.arrangement.partition(seen.as_of)
    places = _places(seen)
    rows: Sequence[Mapping[str, Any]] = records(partition)
    return {
        **times(seen),
        "coverage_gap": partition.attrs["coverage_gap"],
        "certificate_passed": partition.attrs["certificate"]["passed"],
        "hazards": len(seen.snapshot.in_force("hazards", seen.as_of)),
        "incidents_12_months": _incidents(seen) if isinstance(shown, FullRecords) else None,
        "newest": _newest(seen, dated(shown)),
        "notice": sentences(seen, shown, settings, language),
        "total": {name: partition.attrs["total"][name] for name in SHOWN},
        "rows": [
            {"district": row["district"], "id": row["district_id"]}
            | {name: row[name] for name in SHOWN}
            | places.get(row["district_id"], {})
            for row in rows
        ],
    }


def sentences(seen: View, shown: Records, settings: Settings, language: str) -> str:
    """Return the sentences that every map carries, in a language; the English ones are those of every other product."""
    catalogue = words(language)
    text = SENTENCES if language == "en" else catalogue["sentences"]
    made = text.format(
        authority=settings.authority,
        standard=settings.standard,
        contact=settings.contact,
        as_of=seen.as_of.isoformat(),
        known_at=seen.known_at,
    )
    if not shown.notice:
        return made
    return made + (shown.notice if language == "en" else f" {catalogue['public_view']}")


def dated(shown: Records) -> tuple[str, ...]:
    """Return the layers whose dates the one who asks may know."""
    return DATED if isinstance(shown, FullRecords) else PUBLISHED


def extent(seen: View, shown: Records) -> list[float] | None:
    """Return the box (west, south, east, north in degrees) of all that was ever recorded; None where nothing was.

    The public sees that of the districts: the outermost hazard is nobody else's to know to the metre.
    """
    layers = ("districts", "hazards", "releases") if isinstance(shown, FullRecords) else ("districts",)
    boxes = [seen.snapshot.frames[name].total_bounds for name in layers if len(seen.snapshot.frames[name])]
    if not boxes:
        return None
    table = np.array(boxes)
    return [*table[:, :2].min(axis=0).tolist(), *table[:, 2:].max(axis=0).tolist()]


def beginning(seen: View, shown: Records) -> str | None:
    """Return the first date that some record of the ground holds from; None where nothing is recorded."""
    frames = seen.snapshot.frames
    firsts = [frames[name]["valid_from"].min() for name in dated(shown) if len(frames[name])]
    return min(firsts).date().isoformat() if firsts else None


def _places(seen: View) -> dict[str, dict[str, list[float]]]:
    frame = seen.snapshot.in_force("districts", seen.as_of)
    if not len(frame):
        return {}
    shapes = frame.geometry.to_numpy()
    inside, boxes = shapely.point_on_surface(shapes), np.round(shapely.bounds(shapes), 5)
    at = np.round(np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]), 5)
    return {
        name: {"at": point, "box": box}
        for name, point, box in zip(frame["id"].tolist(), at.tolist(), boxes.tolist(), strict=True)
    }


def _incidents(seen: View) -> int:
    """Return how many accidents and incidents occurred in the twelve months up to the date."""
    frame = seen.snapshot.in_force("incidents", seen.as_of)
    last = pd.Timestamp(seen.as_of)
    return int(((frame["occurred_on"] > last - pd.DateOffset(years=1)) & (frame["occurred_on"] <= last)).sum())


def _newest(seen: View, layers: Sequence[str]) -> str | None:
    """Return the latest date, up to the view's, that a record of the ground holds from."""
    last = pd.Timestamp(seen.as_of)
    found = [dates[dates <= last].max() for dates in (seen.snapshot.frames[name]["valid_from"] for name in layers)]
    known = [one.date() for one in found if not pd.isna(one)]
    newest: dt.date | None = max(known, default=None)
    return newest.isoformat() if newest else None
