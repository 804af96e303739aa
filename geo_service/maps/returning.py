"""The page of return: settlements on the map by access and people waiting, their components, an index if asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
import shapely

from geo_service.access.public import FullRecords
from geo_service.balance import View
from geo_service.languages.speech import Speech
from geo_service.maps.figures import extent
from geo_service.maps.served import WORLD
from geo_service.maps.tiled import Around, tiled_page
from geo_service.returning.answers import sentence
from geo_service.returning.components import COMPONENTS, UNRECORDED, Components
from layers.returning.index import BY, Moved
from layers.roads.rules import Mode

FORM = {"site": "", "mode": "car", "as_of": "", "known_at": "", **{f"w_{name}": "" for name in COMPONENTS}}
"""The fields of the form, empty."""

VERDICTS = ("no_go", "insufficient_information", "go_with_conditions")


@dataclass(frozen=True)
class Page:
    """What the page shows.

    Attributes:
        around: what it stands on, with the catalogues of ways and of return.
        fields: the form as it was filled in.
        answer, found: what is said, and what it was said of; None where there is trouble.
        weights: as they were given; trouble: why there is no answer.
    """

    around: Around
    fields: Mapping[str, str]
    answer: Mapping[str, Any] | None
    found: Components | None
    weights: Mapping[str, float]
    trouble: str | None

    @property
    def seen(self) -> View:
        """The view that it shows."""
        return self.around.seen

    @property
    def speech(self) -> Speech:
        """Its language."""
        return self.around.speech


def returning_page(page: Page) -> str:
    """Return the page, linked to the service's own assets."""
    box = _box(page)
    style = "returning/returning.css"
    return tiled_page(page.around, "returning", box, _data(page, box), _shown(page), title="return_title", style=style)


def _box(page: Page) -> list[float]:
    """Return the box of all that is recorded and of all settlements (west, south, east, north in degrees)."""
    boxes = [extent(page.seen, FullRecords())]
    if page.found is not None and len(page.found.shapes):
        boxes.append(page.found.shapes.total_bounds.tolist())
    known = np.array([one for one in boxes if one is not None and np.isfinite(one).all()])
    return [*known[:, :2].min(axis=0).tolist(), *known[:, 2:].max(axis=0).tolist()] if len(known) else list(WORLD)


def _shown(page: Page) -> dict[str, Any]:
    """Return what the template is given."""
    seen, speech, answer = page.seen, page.speech, page.answer
    fields = {**FORM, **page.fields}
    index = answer["index"] if answer else None
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    sites = frame[(frame["kind"] == "displacement_site").to_numpy(dtype=bool, na_value=False)]
    return {
        "page": page,
        "fields": fields,
        "modes": [one.value for one in Mode],
        "components": list(COMPONENTS),
        "columns": _columns(page),
        "sites": sorted(zip(sites["id"].tolist(), sites["name"].tolist(), strict=True), key=lambda one: str(one[1])),
        "answer": answer,
        "index": index,
        "index_sentence": _sentence(index, speech) if index else "",
        "by": f"{100 * BY:.0f}",
        "moved": _moved(page),
        "not_ranked": _not_ranked(page),
        "rows": [_row(row, page) for row in answer["settlements"]] if answer else [],
        "files": _files(page, fields),
    }


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


def _data(page: Page, box: Sequence[float]) -> dict[str, object]:
    """Return what the script draws."""
    speech = page.speech
    settlements = []
    if page.found is not None:
        at = np.round(shapely.get_coordinates(shapely.point_on_surface(page.found.shapes.to_numpy())), 6).tolist()
        settlements = [_mark(row, place, speech) for row, place in zip(page.found.rows, at, strict=True)]
    return {
        "extent": box,
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
