"""From many places to many, access of settlements, and what to clear first, over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import Service, TheService, TheView, answer, tag_of
from geo_service.balance import View, view
from geo_service.travel import priority, reach
from layers.roads.rules import Mode

router = APIRouter(tags=["routes"], dependencies=[requires(Role.viewer, computes=True)])

PAIR = {"origins": [[46.1, 39.2]], "destinations": [[46.7, 39.6]], "mode": "car"}
Pairs = Annotated[Any, Body(openapi_examples={"one pair": {"value": PAIR}})]
Plan = Annotated[Any, Body(openapi_examples={"four teams": {"value": {"teams": 4, "rate_m2": 500, "period_days": 1}}})]
Form = Annotated[Literal["json", "csv"], Query(description="the form of the answer")]

Site = Annotated[str | None, Query(description="where people wait: a settlement or LON,LAT; default: all sites")]
Snap = Annotated[float, Query(ge=0, le=5_000, description="how far off the road a place may lie (m)")]

JSON, CSV = "application/json", "text/csv; charset=utf-8"


def tag_for(service: Service, seen: View, *representation: object) -> str:
    """Return the ETag of an answer: it changes with the records, the terrain and the rules."""
    return tag_of(seen, service.settings.routes, service.ways.terrain_key(), *representation)


@router.post("/routes/matrix")
def matrix(request: Request, service: TheService, asking: Pairs, f: Form = "json") -> Response:
    """Return the fastest way from each origin to each destination, on what evidence, or why there is none."""
    asked = reach.pairs_of(asking)
    seen = view(service.snapshots, service.settings, service.clock, asked.as_of, asked.known_at)
    tag = tag_for(service, seen, "matrix", asked, f)

    def make() -> Response:
        rows = reach.all_pairs(service.ways.at(seen, service.settings.routes), asked)
        if f == "csv":
            return answer(formats.to_csv(rows), CSV, tag)
        return answer(formats.to_json({**reach.about(seen, service.settings, asked.mode), "rows": rows}), JSON, tag)

    return conditional(request, tag, make)


@router.get("/access")
def access(
    request: Request,
    service: TheService,
    seen: TheView,
    site: Annotated[
        str | None, Query(description="where people wait: a settlement or LON,LAT; default: all sites")
    ] = None,
    mode: Annotated[Mode, Query(description="who travels")] = Mode.car,
    max_snap_m: Snap = 500.0,
    f: Form = "json",
) -> Response:
    """Return for each settlement whether it is reached from a site, on what evidence, or what bars the way."""
    tag = tag_for(service, seen, "access", site, mode, max_snap_m, f)

    def make() -> Response:
        rows = reach.reachable(service.ways.at(seen, service.settings.routes), seen, site, mode, max_snap_m)
        if f == "csv":
            flat = [{**row, "evidence": "", **{f"{k}_m": v for k, v in row["evidence"].items()}} for row in rows]
            names = list(dict.fromkeys(name for row in flat for name in row))
            return answer(formats.to_csv([{name: _flat(row.get(name)) for name in names} for row in flat]), CSV, tag)
        said = {**reach.about(seen, service.settings, mode), "site": site, "summary": reach.summary(rows)}
        return answer(formats.to_json({**said, "settlements": rows}), JSON, tag)

    return conditional(request, tag, make)


def _flat(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list) else value


@router.post("/priorities")
def priorities(request: Request, service: TheService, asking: Plan) -> Response:
    """Return which hazards to clear first, who can return when, and how far the plan may be from the best."""
    asked = priority.priorities_of(asking)
    seen = view(service.snapshots, service.settings, service.clock, asked.as_of, asked.known_at)
    tag = tag_for(service, seen, "priorities", asked)

    def make() -> Response:
        plan = priority.planned(service.ways.at(seen, service.settings.routes), seen, asked)
        said = {**reach.about(seen, service.settings, asked.mode), **priority.told(plan)}
        return answer(formats.to_json(said), JSON, tag)

    return conditional(request, tag, make)
