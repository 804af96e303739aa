"""Review over HTTP: what a changeset would change, the steps it takes, and what happened to it."""

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Literal

import orjson
import shapely
from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import RedirectResponse, Response

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Principal, Role
from geo_service.api.changesets import described, json_answer, json_of
from geo_service.api.dependencies import Service, TheService, read_answer
from geo_service.balance import Refused
from geo_service.differences import Change, Difference, Side
from geo_service.jobs import background
from geo_service.languages import LANGUAGES
from geo_service.ogc.links import base_of
from geo_service.reversal import reverse
from geo_service.store.log import Changeset
from layers.versions import as_date

router = APIRouter(tags=["review"], dependencies=[requires(Role.viewer)])

GEOJSON = "application/geo+json"


def day_of(service: Service, text: str | None) -> dt.date:
    """Return a ground date, today where there is none.

    Raises:
        Refused: it is no date, or one to come.
    """
    today = service.settings.today(service.clock)
    try:
        day = as_date(text) if text else today
    except ValueError as error:
        raise Refused(str(error)) from None
    if day > today:
        raise Refused(f"{day} is after today ({today}): the ground of a date to come is not known")
    return day


def allowed(service: Service, principal: Principal, changeset_id: int) -> Changeset:
    """Return a changeset that somebody may move.

    Raises:
        NotFound: there is none of that id.
        NotAllowed: they may not write its layer.
    """
    found = service.log.changeset(changeset_id)
    principal.require_layer(found.layer)
    return found


def _fields(side: Side | None) -> Mapping[str, object] | None:
    return None if side is None else side.fields


def feature(change: Change, layer: str) -> dict[str, object]:
    """Return a change as a GeoJSON feature; what it was before stands beside what it is."""
    before = orjson.Fragment(shapely.to_geojson(change.before.shape)) if change.before else None
    return {
        "type": "Feature",
        "id": change.id,
        "geometry": orjson.Fragment(shapely.to_geojson(change.shape)),
        "geometry_before": before,
        "properties": {
            "id": change.id,
            "layer": layer,
            "diff": change.diff,
            "valid_from": change.valid_from,
            "m2_before": change.before.m2 if change.before else 0.0,
            "m2_after": change.after.m2 if change.after else 0.0,
            "changed": change.fields,
            "before": _fields(change.before),
            "after": _fields(change.after),
        },
    }


def counts(found: Difference) -> dict[str, int]:
    """Return how many records were added, changed and removed."""
    return {kind: sum(one.diff == kind for one in found.changes) for kind in ("added", "changed", "removed")}


@router.get("/changesets/{changeset_id}/diff")
def diff(
    request: Request,
    service: TheService,
    changeset_id: int,
    as_of: Annotated[str | None, Query(description="ground date of the balance, default today")] = None,
    limit: Annotated[int | None, Query(ge=0, description="at most so many features; the balance is of all")] = None,
    f: Literal["json", "geojson", "html"] = "json",
) -> Response:
    """Return what a changeset adds, changes and removes, and the balance as it is and as it would be."""
    day = day_of(service, as_of)
    kept = service.log.changeset(changeset_id)
    if f == "html":
        language = request.query_params.get("lang")
        kept_in = f"?lang={language}" if language in LANGUAGES else ""
        return RedirectResponse(f"{base_of(request)}/maps/review/{changeset_id}{kept_in}", HTTPStatus.SEE_OTHER)
    found = service.differences.of(service.log, service.snapshots, kept, service.clock, day)
    body = {
        "type": "FeatureCollection",
        "changeset": changeset_id,
        "state": kept.state,
        "layer": kept.layer,
        "as_of": day,
        "counts": counts(found),
        "changed_since": found.changed_since,
        "balance": found.balance,
        "numberMatched": len(found.changes),
        "features": [feature(one, kept.layer) for one in found.changes[:limit]],
    }
    return read_answer(request, orjson.dumps(body), GEOJSON)


@router.get("/changesets/{changeset_id}/history")
def history(request: Request, service: TheService, changeset_id: int) -> Response:
    """Return the steps of a changeset as the hash chain has them: who, when, and the hash up to each."""
    steps = [
        {"number": one.number, "at": one.at, "actor": one.actor, "step": one.step, **one.body, "hash": one.hash}
        for one in service.log.steps(changeset_id)
    ]
    return read_answer(request, json_of({"changeset": changeset_id, "history": steps}))


@router.post("/changesets/{changeset_id}/submit", dependencies=[requires(Role.editor)])
def submit(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Hand a draft in for review."""
    allowed(service, principal, changeset_id)
    return json_answer(described(service, service.log.submit(changeset_id, principal.name)))


@router.post("/changesets/{changeset_id}/approve", dependencies=[requires(Role.reviewer)])
def approve(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Approve a submitted changeset; its versions hold from now."""
    allowed(service, principal, changeset_id)
    service.log.approve(changeset_id, principal.name)
    return json_answer(described(service, service.log.changeset(changeset_id)))


@router.post("/changesets/{changeset_id}/reject", dependencies=[requires(Role.reviewer)])
def reject(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Reject a submitted changeset; it stays readable."""
    allowed(service, principal, changeset_id)
    return json_answer(described(service, service.log.reject(changeset_id, principal.name)))


@router.post("/changesets/{changeset_id}/cancel", dependencies=[requires(Role.editor)])
def cancel(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Stop an upload that goes on in the background; nothing of it is kept."""
    allowed(service, principal, changeset_id)
    stopped = background.cancel(service.log, changeset_id, principal.name)
    return json_answer(described(service, stopped))


@router.post("/changesets/{changeset_id}/reverse", status_code=HTTPStatus.CREATED, dependencies=[requires(Role.editor)])
def reversed_(
    service: TheService,
    principal: ThePrincipal,
    changeset_id: int,
    valid_from: Annotated[str | None, Body(description="from when on, default today")] = None,
    message: Annotated[str, Body()] = "",
) -> Response:
    """Take back an approved changeset by a new one, which restores what was in force before."""
    kept = allowed(service, principal, changeset_id)
    start = day_of(service, valid_from) if valid_from else None
    made = reverse(
        service.log, service.snapshots, kept, principal.name, service.clock, valid_from=start, message=message
    )
    return json_answer(described(service, made), HTTPStatus.CREATED, {"Location": f"/changesets/{made.id}"})
