"""The page of access: a form, the settlements on a map and in a table, and a plan of what to clear first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import Service, TheService
from geo_service.api.ways_page import page_of
from geo_service.balance import Refused, View, view
from geo_service.maps.access import FORM, Shown, access_page, sites_in
from geo_service.maps.tiled import signed_out_page
from geo_service.travel import reach
from geo_service.travel.question import word_of
from layers.roads.rules import Mode

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query()]


@router.get("/maps/access", dependencies=[requires(Role.public)])
def access(
    request: Request,
    service: TheService,
    principal: ThePrincipal,
    site: Text = "",
    place: Text = "",
    mode: Text = "car",
    as_of: Text = "",
    known_at: Text = "",
) -> Response:
    """Show which settlements are reached from where people wait. The public learns why there is nothing here for it."""
    seen = view(service.snapshots, service.settings, service.clock)
    if not principal.may(Role.viewer):
        return page_of(request, service, seen, lambda around: signed_out_page(around, "access"))
    fields = dict(zip(FORM, (site, place, mode, as_of, known_at), strict=True))
    rows, trouble = [], None
    try:
        times = as_of.strip() or None, known_at.strip() or None
        seen = view(service.snapshots, service.settings, service.clock, *times)
        rows = _rows(service, seen, fields)
    except Refused as refused:
        trouble = str(refused)
    today = service.settings.today(service.clock)
    historical = seen.as_of != today or bool(known_at.strip())
    shown = Shown(fields, sites_in(seen), rows, reach.summary(rows), trouble, historical)
    return page_of(request, service, seen, lambda around: access_page(shown, around))


def _rows(service: Service, seen: View, fields: dict[str, str]) -> list[dict[str, object]]:
    """Return the settlements with how they are reached.

    Raises:
        Refused: there is no such site or mode, no settlement or no road; the message says which.
    """
    mode = word_of(fields["mode"] or "car", Mode, "mode")
    roads = service.ways.at(seen, service.settings.routes)
    site = fields["place"].strip() or fields["site"].strip() or None
    return reach.reachable(roads, seen, site, mode, 500.0)
