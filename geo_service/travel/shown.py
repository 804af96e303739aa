"""What the page of routes shows: the answer, and the records around the way."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import shapely

from geo_service.balance import View
from geo_service.maps.routes import DRAWN, Shown
from geo_service.settings import Settings
from geo_service.situations import shown_records
from geo_service.travel.question import Place, Question

AROUND_M = 500.0
"""Hazards are drawn so far around the way (m)."""

BESIDE = frozenset({"incidents", "spots"})
"""Layers of which only what lies beside the way is drawn; of the others, all in the box around it."""

METRES_PER_DEGREE = 111_320.0

FORM = {"from": "", "to": "", "mode": "car", "unsurveyed": "show", "as_of": "", "planning": ""}


def fields_of(question: Question) -> dict[str, str]:
    """Return a question as the page's form holds it."""
    return {
        "from": written(question.origin),
        "to": written(question.destination),
        "mode": question.mode.value,
        "unsurveyed": question.unsurveyed.value,
        "as_of": question.as_of or "",
        "planning": "true" if question.planning else "",
    }


def written(place: Place) -> str:
    """Return a place as the form takes it."""
    return f"{place[0]:.6f},{place[1]:.6f}"


def shown(  # noqa: PLR0913
    seen: View,
    settings: Settings,
    fields: Mapping[str, str],
    *,
    question: Question | None = None,
    answer: Mapping[str, Any] | None = None,
    trouble: str | None = None,
) -> Shown:
    """Return what the page shows.

    Args:
        seen: the records at its date and knowledge time.
        settings: who answers for them.
        fields: the form as it was filled in.
        question, answer: what was asked, and the answer to it.
        trouble: why there is no answer.
    """
    frames = {name: shown_records(seen, name) for name in DRAWN}
    lines = [shapely.linestrings(one["geometry"]["coordinates"]) for one in answer["features"]] if answer else []
    if question is not None:
        lines += [shapely.points([question.origin, question.destination])]
    ways: list[shapely.Geometry] = [part for line in lines for part in np.atleast_1d(line).tolist()]
    records = {
        name: around(frame, ways, beside=name in BESIDE) if ways and name != "settlements" else frame
        for name, frame in frames.items()
    }
    query = urlencode({name: value for name, value in {**FORM, **fields}.items() if value})
    return Shown(
        question=question,
        fields={**FORM, **fields, "query": query},
        answer=answer,
        trouble=trouble,
        records=records,
        box=box_of(ways, frames),
        as_of=seen.as_of.isoformat(),
        known_at=seen.known_at,
        revision=seen.snapshot.number,
        notice=settings.sentences(seen.as_of.isoformat(), seen.known_at),
        settings=settings,
    )


def around(frame: gpd.GeoDataFrame, ways: list[shapely.Geometry], *, beside: bool) -> gpd.GeoDataFrame:
    """Return the records around a way, the nearest first.

    Args:
        frame: records of a layer.
        ways: the way, as lines.
        beside: only those that come within some `AROUND_M` of it, else those in the box around it.
    """
    if not len(frame):
        return frame
    way = shapely.union_all(ways)
    west, south, east, north = way.bounds
    up = AROUND_M / METRES_PER_DEGREE
    across = up / max(np.cos(np.radians((south + north) / 2)), 0.01)
    shapes = frame.geometry.to_numpy()
    box = shapely.box(west - 4 * across, south - 4 * up, east + 4 * across, north + 4 * up)
    near = shapely.dwithin(shapes, way, across) if beside else shapely.intersects(shapes, box)
    found = frame[near]
    return found.iloc[np.argsort(shapely.distance(found.geometry.to_numpy(), way), kind="stable")]


def box_of(ways: list[shapely.Geometry], frames: Mapping[str, gpd.GeoDataFrame]) -> list[float]:
    """Return the box to show: the way's, else that of the roads, or of the districts, or the world."""
    shapes = list(ways)
    for name in ("roads", "settlements", "districts"):
        shapes = shapes or list(frames[name].geometry)
    if not shapes:
        return [-170.0, -60.0, 170.0, 70.0]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    by = 0.08 * max(east - west, north - south, 0.01)
    return [west - by, south - by, east + by, north + by]
