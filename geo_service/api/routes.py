"""Routes by evidence over HTTP."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import Service, TheService, answer, tag_of
from geo_service.api.speaking import language_for
from geo_service.api.ways_page import page_of
from geo_service.maps.routes import routes_page
from geo_service.travel import answers, tracks
from geo_service.travel.answers import Asked
from geo_service.travel.question import FIELDS, MOST_ALTERNATIVES, question_of
from geo_service.travel.shown import fields_of, shown

router = APIRouter(tags=["routes"], dependencies=[requires(Role.viewer, computes=True)])

Form = Literal["geojson", "json", "gpx", "kml", "csv", "html", "pdf"]
Shown = Annotated[Form, Query(description="the form of the answer")]
Confirm = Annotated[
    Literal["unsurveyed"] | None,
    Query(description="whoever takes a track over ground that nobody surveyed along confirms that"),
]
WayNumber = Annotated[
    int | None, Query(ge=1, le=MOST_ALTERNATIVES, description="the one way that is printed, from 1 (pdf)")
]
Language = Annotated[Literal["en", "az", "ru"] | None, Query(description="the language of page and paper (html, pdf)")]
Asking = Annotated[
    Any,
    Body(
        description=f"a JSON object with the fields {', '.join(FIELDS)}; from and to are needed",
        openapi_examples={"by car": {"value": {"from": [46.1, 39.2], "to": [46.7, 39.6], "mode": "car"}}},
    ),
]

KINDS = {
    "geojson": "application/geo+json",
    "json": "application/geo+json",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}

Paper = tuple[str, int | None, tuple[str, str]]
"""What a printed way is asked for: its language, its number (None for all), what its ends are called."""


def tag_for(service: Service, one: Asked, *representation: object) -> str:
    """Return the ETag of an answer: it changes with the records, the terrain, the rules, and the day it is given on."""
    today: dt.date = service.settings.today(service.clock)
    terrain = service.ways.terrain_key()
    settings = service.settings
    # What every answer says beside the records: who answers for them.
    said = settings.authority, settings.standard, settings.contact, settings.synthetic
    return tag_of(one.seen, "routes", one.question, one.rules, one.historical, today, terrain, said, *representation)


def rendered(service: Service, one: Asked, form: str, tag: str, *, confirmed: bool, paper: Paper | None) -> Response:
    """Return the answer to a question in a form.

    Raises:
        Refused: a place can't be used.
        Withheld: a track may not be handed out.
    """
    found = answers.answered(one, service.ways, service.settings, service.clock)
    attached = {"Content-Disposition": f'attachment; filename="route.{form}"'}
    if form == "pdf" and paper is not None:
        return answer(_printed(service, one, found, tag, paper, confirmed=confirmed), KINDS[form], tag, attached)
    if form in {"gpx", "kml"}:
        tracks.refuse_unconfirmed(found, confirmed=confirmed, form=form.upper())
        made = tracks.to_gpx(found) if form == "gpx" else tracks.to_kml(found)
        return answer(made, KINDS[form], tag, attached)
    if form == "csv":
        return answer(formats.to_csv(answers.turns_of(found)), KINDS[form], tag, attached)
    return answer(formats.to_json(found), KINDS[form], tag)


def _printed(
    service: Service, one: Asked, found: Mapping[str, Any], tag: str, paper: Paper, *, confirmed: bool
) -> bytes:
    """Return a printed way; where nothing changed since it was printed last, that very file."""
    from geo_service.printing import ways  # noqa: PLC0415 - drawing is loaded when somebody prints

    tracks.refuse_unconfirmed(found, confirmed=confirmed, form="PDF")
    language, number, places = paper
    wish = ways.Wish(language, number, places, confirmed=confirmed, today=service.settings.today(service.clock))
    return service.press.printed(tag, lambda: ways.pdf(found, one.seen, service.settings, wish))


def page(request: Request, service: Service, one: Asked, given: Mapping[str, str] | None = None) -> Response:
    """Return the page that shows the answer to a question; `given` is the form as it was filled in."""
    found = answers.answered(one, service.ways, service.settings, service.clock)
    drawn = shown(one.seen, given or fields_of(one.question), question=one.question, answer=found)
    return page_of(request, service, one.seen, lambda around: routes_page(drawn, around))


@router.post("/routes")
def routes(
    request: Request,
    service: TheService,
    asking: Asking,
    f: Shown = "geojson",
    confirm: Confirm = None,
    way: WayNumber = None,
    lang: Language = None,  # noqa: ARG001 - read with what else may say a language
) -> Response:
    """Return the ways between two places that no other beats in time and exposure, each with what it stands on."""
    one = answers.asked(question_of(asking), service.snapshots, service.settings, service.clock)
    if f == "html":
        return page(request, service, one)
    paper = (language_for(request), way, ("", "")) if f == "pdf" else None
    tag = tag_for(service, one, f, confirm, paper)
    return conditional(request, tag, lambda: rendered(service, one, f, tag, confirmed=confirm is not None, paper=paper))
