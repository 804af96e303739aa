"""Return of displaced people, over HTTP: what each settlement stands on, as figures and as a page."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import Service, TheService, TheView, answer
from geo_service.api.reach import Site, Snap, tag_for
from geo_service.api.ways_page import page_of
from geo_service.balance import Refused, View, view
from geo_service.maps.returning import FORM, Page, returning_page
from geo_service.maps.way_words import PARTS as WAYS
from geo_service.returning import answers
from geo_service.returning.answers import PARTS
from geo_service.returning.components import COMPONENTS, Asked
from geo_service.travel.question import word_of
from layers.roads.rules import Mode

router = APIRouter(tags=["returning"], dependencies=[requires(Role.viewer)])

Form = Annotated[Literal["json", "csv", "geojson", "html"], Query(description="the form of the answer")]
WeightsText = Annotated[
    str | None,
    Query(description=f"JSON object of component and number; no index without it. Components: {', '.join(COMPONENTS)}"),
]
Text = Annotated[str, Query()]

GEOJSON, JSON, CSV = "application/geo+json", "application/json", "text/csv; charset=utf-8"


@router.get("/returning")
def returning(
    request: Request,
    service: TheService,
    seen: TheView,
    site: Site = None,
    mode: Annotated[Mode, Query(description="who travels")] = Mode.car,
    max_snap_m: Snap = 500.0,
    weights: WeightsText = None,
    f: Form = "json",
) -> Response:
    """Return for each settlement the open ground around, access and people; an index by the weights that are given."""
    asked, given = Asked(site, mode, max_snap_m), answers.weights_of(weights)
    if not request.query_params.get("known_at"):
        seen = service.surroundings.now(seen)
    if f == "html":
        fields = {**FORM, "site": site or "", "mode": mode.value, "as_of": seen.as_of.isoformat()}
        return page(request, service, seen, asked, given, fields)
    tag = tag_for(service, seen, service.surroundings.key(seen), "returning", asked, sorted(given.items()), f)

    def make() -> Response:
        found = service.returns.at(seen, service.settings.routes, asked)
        said = answers.answered(found, seen, service.settings, asked, given)
        if f == "csv":
            return answer(formats.to_csv(answers.flat(said)), CSV, tag)
        if f == "geojson":
            return answer(answers.to_geojson(said, found), GEOJSON, tag)
        return answer(formats.to_json(said), JSON, tag)

    return conditional(request, tag, make)


@router.get("/maps/returning", include_in_schema=False)
def returning_map(
    request: Request,
    service: TheService,
    site: Text = "",
    mode: Text = "car",
    as_of: Text = "",
    known_at: Text = "",
) -> Response:
    """Show the page; a weight is given as w_COMPONENT."""
    fields = {"site": site, "mode": mode, "as_of": as_of, "known_at": known_at}
    pairs = {name: request.query_params.get(f"w_{name}", "").strip() for name in COMPONENTS}
    fields |= {f"w_{name}": text for name, text in pairs.items()}
    now = service.surroundings.now(view(service.snapshots, service.settings, service.clock))
    try:
        seen = view(service.snapshots, service.settings, service.clock, as_of.strip() or None, known_at.strip() or None)
        if not known_at.strip():
            seen = service.surroundings.now(seen)
        asked = Asked(site.strip() or None, word_of(mode, Mode, "mode"))
        given = answers.weights_given([f"{name}={text}" for name, text in pairs.items() if text])
        return page(request, service, seen, asked, given, fields)
    except Refused as refused:
        return page(request, service, now, Asked(), {}, fields, trouble=str(refused))


def page(
    request: Request,
    service: Service,
    seen: View,
    asked: Asked,
    weights: answers.Weights,
    fields: dict[str, str],
    trouble: str | None = None,
) -> Response:
    """Return the page.

    Raises:
        Refused: the site is none.
    """
    said: dict[str, Any] | None = None
    found = None
    if trouble is None:
        found = service.returns.at(seen, service.settings.routes, asked)
        said = answers.answered(found, seen, service.settings, asked, weights)
    filled = fields | {f"w_{name}": f"{value:g}" for name, value in weights.items()}
    return page_of(
        request,
        service,
        seen,
        lambda around: returning_page(Page(around, filled, said, found, weights, trouble)),
        (*WAYS, *PARTS),
    )
