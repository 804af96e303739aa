"""The page of routes: a form, the way on a map coloured by its evidence, and files to carry along."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import Service, TheService
from geo_service.api.routes import Confirm, WayNumber, page, rendered, tag_for
from geo_service.api.speaking import language_for
from geo_service.api.ways_page import page_of
from geo_service.balance import Refused, view
from geo_service.maps.routes import routes_page
from geo_service.maps.tiled import signed_out_page
from geo_service.travel import answers
from geo_service.travel.answers import Asked
from geo_service.travel.places import place_named
from geo_service.travel.question import question_of
from geo_service.travel.shown import FORM, shown

router = APIRouter(include_in_schema=False)

Origin = Annotated[str, Query(alias="from")]
Destination = Annotated[str, Query(alias="to")]
Text = Annotated[str, Query()]


def asked(service: Service, fields: dict[str, str]) -> Asked:
    """Return the question that a filled-in form asks.

    Raises:
        Refused: it is none; the message names the field.
    """
    times = {name: fields[name].strip() or None for name in ("as_of", "known_at")}
    seen = view(service.snapshots, service.settings, service.clock, **times)
    places = {name: place_named(fields[name], seen, name) for name in ("from", "to")}
    more = {name: fields[name] for name in ("mode", "unsurveyed") if fields[name]}
    question = question_of({**places, **more, **times, "planning": bool(fields["planning"])})
    return answers.asked(question, service.snapshots, service.settings, service.clock)


@router.get("/maps/routes", dependencies=[requires(Role.public)])
def routes(
    request: Request,
    service: TheService,
    principal: ThePrincipal,
    origin: Origin = "",
    destination: Destination = "",
    mode: Text = "car",
    unsurveyed: Text = "show",
    as_of: Text = "",
    known_at: Text = "",
    planning: Text = "",
) -> Response:
    """Show the page; with places, the way between them. The public learns why there is nothing here for it."""
    now = view(service.snapshots, service.settings, service.clock)
    if not principal.may(Role.viewer):
        return page_of(request, service, now, lambda around: signed_out_page(around, "routes"))
    given = dict(zip(FORM, (origin, destination, mode, unsurveyed, as_of, known_at, planning), strict=True))
    trouble = None
    if origin or destination:
        try:
            return page(request, service, asked(service, given), given)
        except Refused as refused:
            trouble = str(refused)
    drawn = shown(now, given, trouble=trouble)
    return page_of(request, service, now, lambda around: routes_page(drawn, around))


@router.get("/maps/routes/{form}", dependencies=[requires(Role.viewer)])
def download(
    request: Request,
    service: TheService,
    form: Literal["geojson", "gpx", "kml", "csv", "pdf"],
    origin: Origin,
    destination: Destination,
    mode: Text = "car",
    unsurveyed: Text = "show",
    as_of: Text = "",
    known_at: Text = "",
    planning: Text = "",
    confirm: Confirm = None,
    way: WayNumber = None,
) -> Response:
    """Return the way as a file."""
    given = dict(zip(FORM, (origin, destination, mode, unsurveyed, as_of, known_at, planning), strict=True))
    one = asked(service, given)
    places = given["from"].strip(), given["to"].strip()
    paper = (language_for(request), way, places) if form == "pdf" else None
    tag = tag_for(service, one, form, confirm, paper)
    return conditional(
        request, tag, lambda: rendered(service, one, form, tag, confirmed=confirm is not None, paper=paper)
    )
