"""The page of routes: ask for a way, see it coloured by its evidence, and what every metre of it stands on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import shapely
from branca.element import MacroElement
from jinja2 import Template
from markupsafe import Markup

from geo_service.maps.figure import Fixed, OfflineFigure, OfflineMap
from geo_service.maps.overview import DIGITS, script_json
from geo_service.maps.pages import around_page, environment
from geo_service.maps.review import drawn_records
from geo_service.settings import Settings
from geo_service.travel.question import Question
from geo_service.travel.tracks import COLOURS
from layers.definitions import LAYERS
from layers.roads.rules import Mode, Unsurveyed

CLASSES = {
    "inside_hazard": "on open hazardous ground",
    "closed": "closed by its record",
    "inside_buffer": "in the buffer of open ground or of a report",
    "unsurveyed": "not surveyed",
    "surveyed_no_evidence": "surveyed, no evidence found",
    "released_cancelled": "cancelled after non-technical survey",
    "released_reduced": "reduced after technical survey",
    "verified": "verified carriageway",
    "released_cleared": "cleared",
}
"""The classes of evidence, the worst first, and what they are called."""

DASHES = {
    "unsurveyed": "2 7",
    "surveyed_no_evidence": "10 5",
    "released_cancelled": "10 4 2 4",
    "released_reduced": "14 4 2 4 2 4",
}
"""Dashes of each class, so that colour is never the only sign; unbroken where it is left out."""

DRAWN = ("districts", "surveys", "releases", "hazards", "roads", "settlements", "spots", "incidents")
MOST = 2000
"""Records of a layer that the page carries."""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        question: what was asked, None before anything is; fields: the form as it was filled in.
        answer: the answer; trouble: why there is none.
        records: layer -> records to draw; box: west, south, east, north of what to show.
    """

    question: Question | None
    fields: Mapping[str, str]
    answer: Mapping[str, Any] | None
    trouble: str | None
    records: Mapping[str, gpd.GeoDataFrame]
    box: Sequence[float]
    as_of: str
    known_at: str
    revision: int
    notice: str
    settings: Settings


class _Draw(MacroElement):
    """Hands the page's data to the script that draws it on Folium's map."""

    _template = Template(
        "{% macro script(this, kwargs) %}clearwayRoutes.draw({{ this._parent.get_name() }});{% endmacro %}"
    )


def routes_page(shown: Shown, *, base: str, nonce: str | None) -> str:
    """Return the page, linked to the service's own assets.

    Args:
        shown: what it shows.
        base: the path that the service is reached under, without a slash at the end.
        nonce: of the content security policy.
    """
    figure = OfflineFigure("linked", base, nonce)
    drawn = OfflineMap(
        scripts=("map.js", "routes.js"),
        styles=("map.css", "review.css", "routes.css"),
        tiles=None,
        control_scale=False,
        height="100%",
        zoom_snap=0.25,
    )
    west, south, east, north = map(float, shown.box)
    drawn.fit_bounds([[south, west], [north, east]])
    drawn.add_child(_Draw())  # type: ignore[no-untyped-call]
    figure.add_child(drawn)
    figure.header.add_child(Fixed(_head(shown, base)), name="head")
    figure.html.add_child(Fixed(_panel(shown, base)), name="panel")
    return figure.render()


def _head(shown: Shown, base: str) -> str:
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ base }}/static/favicon.svg"/>',
        autoescape=True,
    )
    mark = "SYNTHETIC - " if shown.settings.synthetic else ""
    return str(template.render(title=f"{mark}Routes by evidence - Clearway", base=base))


def _panel(shown: Shown, base: str) -> str:
    page = environment().get_template("routes.html")
    settlements = shown.records["settlements"]
    points = shapely.point_on_surface(settlements.geometry.to_numpy())
    places = [
        {"name": name, "at": f"{one.x:.6f},{one.y:.6f}"} for name, one in zip(settlements["name"], points, strict=True)
    ]
    return str(
        page.render(
            shown=shown,
            fields=shown.fields,
            answer=shown.answer,
            routes=shown.answer["features"] if shown.answer else [],
            classes=CLASSES,
            colours=COLOURS,
            dashes=DASHES,
            modes=[one.value for one in Mode],
            policies={Unsurveyed.show.value: "show it, marked", Unsurveyed.forbid.value: "never over it"},
            places=sorted(places, key=lambda one: str(one["name"])),
            ticks=ticks,
            data=Markup(script_json(page_data(shown))),  # noqa: S704 - escaped for its place by script_json
            **around_page(shown.settings, base, "routes"),
        )
    )


def ticks(length_m: float) -> list[float]:
    """Return where a strip of road is marked (m): some five round distances, its ends left out."""
    step = 10.0 ** np.floor(np.log10(max(length_m, 1.0) / 2))
    step *= next((k for k in (1, 2, 5, 10) if length_m / (step * k) <= 6), 10)
    return [float(one) for one in np.arange(step, length_m * 0.97, step)]


def page_data(shown: Shown) -> dict[str, object]:
    """Return what the script draws: the routes, stretch by stretch, and the records around them."""
    routes = shown.answer["features"] if shown.answer else []
    return {
        "synthetic": shown.settings.synthetic,
        "attribution": list(shown.answer.get("attribution", ())) if shown.answer else [],
        "labels": {
            name: {field.name: field.label.en for field in LAYERS[name].fields} | {"layer": LAYERS[name].label.en}
            for name in DRAWN
        },
        "layers": {name: drawn_records(shown.records[name].iloc[:MOST], name) for name in DRAWN},
        "classes": {
            name: {"label": CLASSES[name], "colour": COLOURS[name], "dash": DASHES.get(name)} for name in CLASSES
        },
        "routes": [
            [{"class": part["class"], "line": _line(part["coordinates"])} for part in one["properties"]["segments"]]
            for one in routes
        ],
        "from": shown.question.origin if shown.question else None,
        "to": shown.question.destination if shown.question else None,
    }


def _line(coordinates: Sequence[Sequence[float]]) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(np.round(np.asarray(coordinates, dtype=float)[:, ::-1], DIGITS).tolist()))
