"""Routes by evidence over HTTP."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import Service, TheService, answer, tag_of
from geo_service.api.pages import page_headers
from geo_service.maps.routes import routes_page
from geo_service.travel import answers, tracks
from geo_service.travel.answers import Asked
from geo_service.travel.question import FIELDS, question_of
from geo_service.travel.shown import fields_of, shown

router = APIRouter(tags=["routes"], dependencies=[requires(Role.viewer, computes=True)])

Form = Literal["geojson", "json", "gpx", "kml", "csv", "html"]
Shown = Annotated[Form, Query(description="the form of the answer")]
Confirm = Annotated[
    Literal["unsurveyed"] | None,
    Query(description="whoever takes a track over ground that nobody surveyed along confirms that"),
]
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
}


def tag_for(service: Service, one: Asked, *representation: object) -> str:
    """Return the ETag of an answer: it changes with the records, the terrain, the rules, and the day it is given on."""
    today: dt.date = service.settings.today(service.clock)
    terrain = service.ways.terrain_key()
    return tag_of(one.seen, "routes", one.question, one.rules, one.historical, today, terrain, *representation)


def rendered(service: Service, one: Asked, form: str, tag: str, *, confirmed: bool) -> Response:
    """Return the answer to a question in a form.

    Raises:
        Refused: a place can't be used.
        Withheld: a track may not be handed out.
    """
    found = answers.answered(one, service.ways, service.settings, service.clock)
    attached = {"Content-Disposition": f'attachment; filename="route.{form}"'}
    if form in {"gpx", "kml"}:
        tracks.refuse_unconfirmed(found, confirmed=confirmed, form=form.upper())
        made = tracks.to_gpx(found) if form == "gpx" else tracks.to_kml(found)
        return answer(made, KINDS[form], tag, attached)
    if form == "csv":
        return answer(formats.to_csv(answers.turns_of(found)), KINDS[form], tag, attached)
    return answer(formats.to_json(found), KINDS[form], tag)


def page(request: Request, service: Service, one: Asked, given: Mapping[str, str] | None = None) -> Response:
    """Return the page that shows the answer to a question; `given` is the form as it was filled in."""
    found = answers.answered(one, service.ways, service.settings, service.clock)
    nonce = secrets.token_urlsafe(16)
    drawn = shown(one.seen, service.settings, given or fields_of(one.question), question=one.question, answer=found)
    made = routes_page(drawn, base=request.scope.get("root_path", ""), nonce=nonce)
    return Response(made, media_type="text/html; charset=utf-8", headers=page_headers(nonce))


@router.post("/routes")
def routes(
    request: Request, service: TheService, asking: Asking, f: Shown = "geojson", confirm: Confirm = None
) -> Response:
    """Return the ways between two places that no other beats in time and exposure, each with what it stands on."""
    one = answers.asked(question_of(asking), service.snapshots, service.settings, service.clock)
    tag = tag_for(service, one, f, confirm)
    if f == "html":
        return page(request, service, one)
    return conditional(request, tag, lambda: rendered(service, one, f, tag, confirmed=confirm is not None))
