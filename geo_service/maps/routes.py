"""The page of routes: ask for a way, see it coloured by its evidence, and what every metre of it stands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from geo_service.languages.speech import Speech
from geo_service.maps.named import Named
from geo_service.maps.overview import DIGITS
from geo_service.maps.tiled import Around, Box, tiled_page
from geo_service.maps.way_words import best, by_class, plan_reason, reason, way
from geo_service.travel.question import Question
from geo_service.travel.tracks import COLOURS, DASHES
from layers.roads.classes import Evidenced
from layers.roads.rules import Mode, Unsurveyed

TRACKS = ("pdf", "gpx", "kml")
"""Forms that are followed in the field: they are handed out only for a way that somebody may travel."""

FILES = ("csv", "geojson")
"""Forms that are looked at: they are handed out for every way."""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        question: what was asked, None before anything is; fields: the form as it was filled in.
        answer: the answer; trouble: why there is none.
        named: records that the answer names, with where they are.
        box: west, south, east, north of what to show.
    """

    question: Question | None
    fields: Mapping[str, str]
    answer: Mapping[str, Any] | None
    trouble: str | None
    box: Box
    named: Mapping[str, Named] = field(default_factory=dict)


def routes_page(shown: Shown, around: Around) -> str:
    """Return the page, linked to the service's own assets."""
    answer, speech = shown.answer, around.speech
    routes = answer["features"] if answer else []
    ways = [way(speech, one["properties"]) for one in routes]
    quick, least = best(routes)
    seen = {name for one in routes for name in by_class(one["properties"])}
    return tiled_page(
        around,
        "routes",
        shown.box,
        page_data(shown, ways, speech),
        {
            "shown": shown,
            "fields": shown.fields,
            "answer": answer,
            "ways": ways,
            "quick": quick,
            "least": least,
            "rows": [kind.name for kind in Evidenced if kind.name in seen],
            "lengths": [one["properties"]["length_m"] for one in routes],
            "classes": [kind.name for kind in Evidenced],
            "colours": COLOURS,
            "dashes": DASHES,
            "modes": [one.value for one in Mode],
            "policies": [one.value for one in Unsurveyed],
            "said": [barred(speech, one, shown.named, planning=bool(answer["planning"])) for one in answer["reasons"]]
            if answer
            else [],
            "named": shown.named,
            "withheld": withheld(answer, routes),
            "unconfirmed": any(one["verdict"] == "insufficient_information" for one in ways),
            "tracks": TRACKS,
            "files": FILES,
            "ticks": ticks,
            "listed": speech.metres(around.settings.routes.listed_m),
            "exposed": speech.metres(around.settings.routes.exposed_m),
        },
    )


def withheld(answer: Mapping[str, Any] | None, routes: Sequence[Mapping[str, Any]]) -> str:
    """Return the key of why tracks of an answer are refused whatever is confirmed, "" where they are not."""
    if answer and answer["planning"]:
        return "refused_plan"
    historical = any(one["properties"]["verdict"] == "historical" for one in routes)
    return "refused_historical" if historical else ""


def barred(speech: Speech, told: Mapping[str, Any], named: Mapping[str, Named], *, planning: bool) -> dict[str, Any]:
    """Return what a reason says: its sentence, the hazards in the way with their m2, reports and roads."""
    ids = [*told.get("hazards", ()), *told.get("barred_by", ())]
    m2 = told.get("m2")
    unproven = m2 is not None and not told.get("proven", True)
    return {
        "code": told["code"],
        "said": plan_reason(speech, told) if planning else reason(speech, told),
        "hazards": [one_named(speech, id_, named) for id_ in ids],
        "points": [one_named(speech, id_, named) for id_ in told.get("points", ())],
        "roads": [one_named(speech, id_, named) for id_ in told.get("roads", ())],
        "least": speech.t("least_to_clear", area=speech.area(m2)) if ids and m2 is not None else "",
        "unproven": speech.t("least_unproven", area=speech.area(told["bound_m2"])) if unproven else "",
    }


def one_named(speech: Speech, id_: str, named: Mapping[str, Named]) -> dict[str, Any]:
    """Return a record that is named: its id, its open m2 as text, and the key of where it is ("" where unknown)."""
    found = named.get(id_)
    if found is None:
        return {"id": id_, "m2": "", "key": "", "address": ""}
    m2 = "" if found.open_m2 is None else speech.area(found.open_m2)
    return {"id": found.id, "m2": m2, "key": id_, "address": found.address}


def ticks(length_m: float) -> list[float]:
    """Return where a strip of road is marked (m): some five round distances, its ends left out."""
    step = 10.0 ** np.floor(np.log10(max(length_m, 1.0) / 2))
    step *= next((k for k in (1, 2, 5, 10) if length_m / (step * k) <= 6), 10)
    return [float(one) for one in np.arange(step, length_m * 0.94, step)]


def page_data(shown: Shown, ways: Sequence[Mapping[str, Any]], speech: Speech) -> dict[str, object]:
    """Return what the script draws: the ways, stretch by stretch, what each says, and where named records are."""
    routes = shown.answer["features"] if shown.answer else []
    return {
        "attribution": list(shown.answer.get("attribution", ())) if shown.answer else [],
        "classes": {
            kind.name: {
                "label": speech.t(f"class_{kind.name}"),
                "colour": COLOURS[kind.name],
                "dash": DASHES.get(kind.name),
            }
            for kind in Evidenced
        },
        "routes": [
            [
                {"class": part["class"], "line": _line(part["coordinates"]), "said": said["line"]}
                for part, said in zip(one["properties"]["segments"], told["stretches"], strict=True)
            ]
            for one, told in zip(routes, ways, strict=True)
        ],
        "places": {
            "from": shown.question.origin if shown.question else None,
            "to": shown.question.destination if shown.question else None,
        },
        "named": {
            key: {"layer": one.layer, "id": one.id, "box": one.box, "at": one.at} for key, one in shown.named.items()
        },
        "say": {
            key: speech.t(key)
            for key in ("picking_from", "picking_to", "picked_both", "place_from", "place_to", "strip_hint")
        },
    }


def _line(coordinates: Sequence[Sequence[float]]) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(np.round(np.asarray(coordinates, dtype=float)[:, ::-1], DIGITS).tolist()))
