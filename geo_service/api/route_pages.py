"""The page of routes: a form, the way on a map coloured by its evidence, and files to carry along."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import Service, TheService
from geo_service.api.pages import page_headers
from geo_service.api.routes import Confirm, page, rendered, tag_for
from geo_service.balance import Refused, view
from geo_service.maps.routes import routes_page
from geo_service.travel import answers
from geo_service.travel.answers import Asked
from geo_service.travel.places import place_named
from geo_service.travel.question import question_of
from geo_service.travel.shown import FORM, shown

router = APIRouter(include_in_schema=False, dependencies=[requires(Role.viewer)])

Origin = Annotated[str, Query(alias="from")]
Destination = Annotated[str, Query(alias="to")]
Text = Annotated[str, Query()]


def asked(service: Service, fields: dict[str, str]) -> Asked:
    """Return the question that a filled-in form asks.

    Raises:
        Refused: it is none; the message names the field.
    """
    when = fields["as_of"] or None
    seen = view(service.snapshots, service.settings, service.clock, when)
    places = {name: place_named(fields[name], seen, name) for name in ("from", "to")}
    more = {name: fields[name] for name in ("mode", "unsurveyed") if fields[name]}
    question = question_of({**places, **more, "as_of": when, "planning": bool(fields["planning"])})
    return answers.asked(question, service.snapshots, service.settings, service.clock)


@router.get("/maps/routes")
def routes(
    request: Request,
    service: TheService,
    origin: Origin = "",
    destination: Destination = "",
    mode: Text = "car",
    unsurveyed: Text = "show",
    as_of: Text = "",
    planning: Text = "",
) -> Response:
    """Show the page; with places, the way between them."""
    given = dict(zip(FORM, (origin, destination, mode, unsurveyed, as_of, planning), strict=True))
    trouble = None
    if origin or destination:
        try:
            return page(request, service, asked(service, given), given)
        except Refused as refused:
            trouble = str(refused)
    drawn = shown(view(service.snapshots, service.settings, service.clock), service.settings, given, trouble=trouble)
    nonce = secrets.token_urlsafe(16)
    made = routes_page(drawn, base=request.scope.get("root_path", ""), nonce=nonce)
    return Response(made, media_type="text/html; charset=utf-8", headers=page_headers(nonce))


@router.get("/maps/routes/{form}")
def download(
    service: TheService,
    form: Literal["geojson", "gpx", "kml", "csv"],
    origin: Origin,
    destination: Destination,
    mode: Text = "car",
    unsurveyed: Text = "show",
    as_of: Text = "",
    planning: Text = "",
    confirm: Confirm = None,
) -> Response:
    """Return the way as a file."""
    given = dict(zip(FORM, (origin, destination, mode, unsurveyed, as_of, planning), strict=True))
    one = asked(service, given)
    return rendered(service, one, form, tag_for(service, one, form, confirm), confirmed=confirm is not None)
