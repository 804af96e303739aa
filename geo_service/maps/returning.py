"""The page of return: settlements on the map by access and people waiting, their components, an index if asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
import shapely
from branca.element import MacroElement
from jinja2 import Template
from markupsafe import Markup

from geo_service.access.public import FullRecords
from geo_service.balance import View
from geo_service.languages import LANGUAGES
from geo_service.languages.speech import Speech
from geo_service.maps.figure import PBF_JS, Fixed, OfflineFigure, OfflineMap
from geo_service.maps.figures import extent, sentences
from geo_service.maps.overview import script_json
from geo_service.maps.pages import environment
from geo_service.maps.served import WORLD
from geo_service.maps.tiled import Around
from geo_service.returning.answers import sentence
from geo_service.returning.components import COMPONENTS, UNRECORDED, Components
from geo_service.settings import Settings
from layers.returning.index import BY, Moved
from layers.roads.rules import Mode

FORM = {"site": "", "mode": "car", "as_of": "", "known_at": "", **{f"w_{name}": "" for name in COMPONENTS}}
"""The fields of the form, empty."""

VERDICTS = ("no_go", "insufficient_information", "go_with_conditions")


@dataclass(frozen=True)
class Page:
    """What the page stands on.

    Attributes:
        seen: the view that it shows; settings: who answers for it; today: the last date that can be asked for.
        speech: its language; base: the path that the service is reached under; nonce: of its security policy.
        fields: the form as it was filled in.
        answer, found: what is said, and what it was said of; None where there is trouble.
        weights: as they were given; trouble: why there is no answer.
        water: whom surface water is owed to and when it changes, None where there is none to draw.
    """

    seen: View
    settings: Settings
    today: str
    speech: Speech
    base: str
    nonce: str
    fields: Mapping[str, str]
    answer: Mapping[str, Any] | None
    found: Components | None
    weights: Mapping[str, float]
    trouble: str | None
    water: Mapping[str, object] | None = None


class _Begin(MacroElement):
    """Hands Folium's map to the module that draws on it."""

    _template = Template(
        "{% macro script(this, kwargs) %}window.clearway.map = {{ this._parent.get_name() }};{% endmacro %}"
    )


def returning_page(page: Page) -> str:
    """Return the page, linked to the service's own assets."""
    speech = page.speech
    figure = OfflineFigure("linked", page.base, page.nonce, language=speech.language)
    drawn = OfflineMap(
        scripts=("map.js", PBF_JS),
        styles=("map.css", "review.css", "overview/overview.css", "returning/returning.css"),
        tiles=None,
        control_scale=False,
        zoom_control=False,
        height="100%",
        zoom_snap=0.25,
        max_zoom=19,
    )
    west, south, east, north = _box(page)
    drawn.fit_bounds([[south, west], [north, east]])
    drawn.add_child(_Begin())  # type: ignore[no-untyped-call]
    figure.add_child(drawn)
    figure.header.add_child(Fixed(_head(page)), name="head")
    figure.html.add_child(Fixed(_body(page)), name="panel")
    return figure.render()


def _box(page: Page) -> list[float]:
    """Return the box of all that is recorded and of all settlements (west, south, east, north in degrees)."""
    boxes = [extent(page.seen, FullRecords())]
    if page.found is not None and len(page.found.shapes):
        boxes.append(page.found.shapes.total_bounds.tolist())
    known = np.array([one for one in boxes if one is not None and np.isfinite(one).all()])
    return [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()] if len(known) else list(WORLD)


def _head(page: Page) -> str:
    template = Template(
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        '<title>{{ title }}</title><link rel="icon" href="{{ base }}/static/favicon.svg"/>'
        '<link rel="preload" as="fetch" crossorigin href="{{ base }}/maps/words/{{ language }}"/>',
        autoescape=True,
    )
    mark = "SYNTHETIC - " if page.settings.synthetic else ""
    title = f"{mark}{page.speech.t('return_title')} - Clearway"
    return str(template.render(title=title, base=page.base, language=page.speech.language))


def _body(page: Page) -> str:
    seen, speech, answer = page.seen, page.speech, page.answer
    fields = {**FORM, **page.fields}
    asked = {name: value for name, value in fields.items() if value and FORM[name] != value}
    index = answer["index"] if answer else None
    rows = [_row(row, page) for row in answer["settlements"]] if answer else []
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    sites = frame[(frame["kind"] == "displacement_site").to_numpy(dtype=bool, na_value=False)]
    data = Markup(script_json(_data(page)))  # noqa: S704 - escaped for its place by script_json
    return str(
        environment()
        .get_template("returning.html")
        .render(
            page=page,
            base=page.base,
            here="returning",
            synthetic=page.settings.synthetic,
            speech=speech,
            t=speech.t,
            languages={code: (name, urlencode({**asked, "lang": code})) for code, name in LANGUAGES.items()},
            when=speech.t(
                "when",
                date=speech.date(seen.as_of),
                known=seen.known_at[:16].replace("T", " "),
                revision=seen.snapshot.number,
            ),
            notice=sentences(seen, FullRecords(), page.settings, speech.language),
            fields=fields,
            modes=[one.value for one in Mode],
            components=list(COMPONENTS),
            columns=_columns(page),
            sites=sorted(zip(sites["id"].tolist(), sites["name"].tolist(), strict=True), key=lambda one: str(one[1])),
            answer=answer,
            index=index,
            index_sentence=_sentence(index, speech) if index else "",
            by=f"{100 * BY:.0f}",
            moved=_moved(page),
            not_ranked=_not_ranked(page),
            rows=rows,
            files=_files(page, fields),
            data=data,
        )
    )


def _columns(page: Page) -> list[str]:
    """Return the components that the table has a column of; a sentence says of the others that none is recorded."""
    left_out = UNRECORDED if page.found is None else page.found.not_recorded
    return [name for name in COMPONENTS if not name.startswith(left_out)]


def _row(row: Mapping[str, Any], page: Page) -> dict[str, Any]:
    """Return what the table says of a settlement, as text beside the figures that it is sorted by."""
    speech, way = page.speech, row["access"]
    verdict = way["verdict"] if way else "not_assessed"
    cells = [
        {
            "name": name,
            "text": _figure(row[name], speech)
            if row[name] is not None
            else speech.of("return_missing", row["missing"][name]),
            "sort": "" if row[name] is None else row[name],
        }
        for name in _columns(page)
    ]
    worst = way["worst"] if way else None
    why = speech.of("return_why", way["reason"].lower()) if way and way["reason"] else ""
    return {
        "id": row["settlement"],
        "name": row["name"],
        "rank": row.get("rank"),
        "index": "" if row.get("index") is None else speech.number(row["index"], 3),
        "verdict": verdict,
        "verdict_said": speech.t(f"return_verdict_{verdict}"),
        "verdict_sort": VERDICTS.index(verdict) if verdict in VERDICTS else "",
        "evidence": speech.of("return_class", worst) if worst else why,
        "barring": [*way["hazards"], *way["points"]] if way else [],
        "cells": cells,
    }


def _figure(value: float, speech: Speech) -> str:
    """Return a figure; ground that is there never reads as none."""
    return "<1" if 0 < value < 1 else speech.number(value)


def _moved(page: Page) -> list[dict[str, Any]]:
    """Return the table of weights: how each component is scaled, and how the order moves with its weight."""
    index = page.answer["index"] if page.answer else None
    if index is None:
        return []
    speech = page.speech
    said: dict[str, list[str]] = {}
    for one in index["sensitivity"]:
        known = one["rank_correlation"]
        text = "" if known is None else speech.number(known, 3)
        told = speech.t("return_moved_cell", correlation=text or "-", stay=one["stay"], of=one["of"])
        said.setdefault(one["component"], []).append(told)
    return [
        {
            "name": speech.t(f"return_c_{name}"),
            "weight": f"{weight:g}",
            "scale": ["" if end is None else _figure(end, speech) for end in index["scale"][name]],
            "moved": said[name],
        }
        for name, weight in index["weights"].items()
    ]


def _sentence(index: Mapping[str, Any], speech: Speech) -> str:
    """Return in the page's language how far the order hangs on the weights."""
    moved = [
        Moved(one["component"], one["factor"], one["rank_correlation"], one["stay"], one["of"])
        for one in index["sensitivity"]
    ]
    return sentence(moved, speech)


def _not_ranked(page: Page) -> list[str]:
    index = page.answer["index"] if page.answer else None
    speech = page.speech
    return [
        speech.t(
            "return_not_assessed_in",
            name=one["name"],
            components=", ".join(speech.t(f"return_c_{name}") for name in one["missing"]),
        )
        for one in (index["not_assessed"] if index else ())
    ]


def _files(page: Page, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the addresses of the same answer as files."""
    asked = {name: fields[name].strip() for name in ("site", "mode", "as_of", "known_at") if fields[name].strip()}
    if page.weights:
        asked["weights"] = orjson.dumps(dict(page.weights)).decode()
    return {form: urlencode({**asked, "f": form}) for form in ("json", "csv", "geojson")}


def _data(page: Page) -> dict[str, object]:
    """Return what the script draws."""
    speech = page.speech
    settlements = []
    if page.found is not None:
        at = np.round(shapely.get_coordinates(shapely.point_on_surface(page.found.shapes.to_numpy())), 6).tolist()
        settlements = [_mark(row, place, speech) for row, place in zip(page.found.rows, at, strict=True)]
    around = Around(page.seen, page.settings, page.today, speech, page.base, page.nonce, {}, water=page.water)
    return {
        **around.given(),
        "extent": _box(page),
        "attribution": page.answer["attribution"] if page.answer else [],
        "settlements": settlements,
    }


def _mark(row: Mapping[str, Any], at: list[float], speech: Speech) -> dict[str, object]:
    verdict = row["access"]["verdict"] if row["access"] else "not_assessed"
    waiting = row["people_waiting"]
    said = speech.t("return_missing_not_recorded") if waiting is None else speech.number(waiting)
    return {
        "id": row["settlement"],
        "at": at,
        "verdict": verdict,
        "waiting": waiting,
        "said": speech.t("return_mark", name=row["name"], verdict=speech.t(f"return_verdict_{verdict}"), waiting=said),
        "selected": speech.t("return_mark_selected", name=row["name"]),
    }
