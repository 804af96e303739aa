"""What the page of routes shows: the answer, and the records that it names."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import shapely

from geo_service.access.public import FullRecords
from geo_service.balance import View
from geo_service.maps.figures import extent
from geo_service.maps.named import LAYERS_OF, Named, named
from geo_service.maps.routes import Shown
from geo_service.maps.served import WORLD
from geo_service.travel.question import Place, Question

FORM = {"from": "", "to": "", "mode": "car", "unsurveyed": "show", "as_of": "", "known_at": "", "planning": ""}


def fields_of(question: Question) -> dict[str, str]:
    """Return a question as the page's form holds it."""
    return {
        "from": written(question.origin),
        "to": written(question.destination),
        "mode": question.mode.value,
        "unsurveyed": question.unsurveyed.value,
        "as_of": question.as_of or "",
        "known_at": question.known_at or "",
        "planning": "true" if question.planning else "",
    }


def written(place: Place) -> str:
    """Return a place as the form takes it."""
    return f"{place[0]:.6f},{place[1]:.6f}"


def shown(
    seen: View,
    fields: Mapping[str, str],
    *,
    question: Question | None = None,
    answer: Mapping[str, Any] | None = None,
    trouble: str | None = None,
) -> Shown:
    """Return what the page shows.

    Args:
        seen: the records at its date and knowledge time.
        fields: the form as it was filled in.
        question, answer: what was asked, and the answer to it.
        trouble: why there is no answer.
    """
    query = urlencode({name: value for name, value in {**FORM, **fields}.items() if value})
    return Shown(
        question=question,
        fields={**FORM, **fields, "query": query},
        answer=answer,
        trouble=trouble,
        box=box_of(seen, question, answer),
        named=names_in(seen, answer) if answer else {},
    )


def names_in(seen: View, answer: Mapping[str, Any]) -> dict[str, Named]:
    """Return the records that an answer's reasons and stretches name."""
    reasons: Sequence[Mapping[str, Any]] = answer["reasons"]
    segments = [part for one in answer["features"] for part in one["properties"]["segments"]]
    ids: dict[str, set[str]] = {kind: {id_ for one in reasons for id_ in one.get(kind, ())} for kind in LAYERS_OF}
    both = {id_ for one in reasons for id_ in one.get("barred_by", ())}
    ids["hazards"] |= both | {part["nearest_hazard"] for part in segments if part["nearest_hazard"]}
    ids["points"] |= both
    return {key: one for kind in reversed(LAYERS_OF) for key, one in named(seen, ids[kind], kind).items()}


def box_of(seen: View, question: Question | None, answer: Mapping[str, Any] | None) -> list[float]:
    """Return the box to show (west, south, east, north in degrees): the way's, else all that is recorded."""
    shapes = [shapely.linestrings(one["geometry"]["coordinates"]) for one in answer["features"]] if answer else []
    if question is not None:
        shapes.append(shapely.multipoints([question.origin, question.destination]))
    if not shapes:
        return list(extent(seen, FullRecords()) or WORLD)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    by = 0.08 * max(east - west, north - south, 0.01)
    return [west - by, south - by, east + by, north + by]
