"""Edits of single records (Part 4): add, replace, change, withdraw."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import principal_of, requires
from geo_service.access.principals import Role
from geo_service.api.changesets import described, json_answer
from geo_service.api.dependencies import service_of
from geo_service.api.direct import DirectWithBody
from geo_service.ogc import crs, edits, etags, links
from geo_service.ogc.asked import once
from geo_service.ogc.bodies import FEATURE, PATCH, document, system_of
from geo_service.ogc.edits import Done, Sent
from geo_service.ogc.reads import http_date, layer_of, query_of

router = APIRouter(route_class=DirectWithBody, include_in_schema=False, dependencies=[requires(Role.editor)])

_HOME = "/collections/{layer}/items"
_ITEM = "/collections/{layer}/items/{record_id}"


def _sent(request: Request, body: bytes, taken: Sequence[str] | None) -> Sent:
    service, principal, layer = service_of(request), principal_of(request), layer_of(request)
    principal.require_layer(layer.name)
    once(query_of(request), ("f", "token"))
    kind = request.headers.get("content-type", "")
    return Sent(
        service=service,
        layer=layer,
        record_id=request.path_params.get("record_id"),
        author=principal.name,
        headers=request.headers,
        document=document(body, kind, taken) if taken else None,
        system=system_of(request.headers.get("content-crs"), crs.offered(service.settings.crs)),
    )


def _answer(request: Request, sent: Sent, done: Done, status: HTTPStatus) -> Response:
    """Return the record as it is now with its tag; while the edit waits for review, its changeset."""
    base = links.base_of(request)
    headers: dict[str, str] = {}
    if done.changeset is not None:
        address = f"{base}/changesets/{done.changeset.id}"
        headers["Link"] = links.header([links.link(address, "via", links.JSON)])
        if done.waits:
            body = described(sent.service, done.changeset)
            return json_answer(body, HTTPStatus.ACCEPTED, headers | {"Location": address})
    item = f"{base}/collections/{sent.layer.name}/items/{links.segment(done.record_id)}"
    if status is HTTPStatus.CREATED:
        headers["Location"] = item
    now = edits.now_of(sent.service, sent.layer.name, done.record_id)
    if now.feature is None or now.recorded_at is None:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    headers |= {
        "ETag": etags.tag_of_record(now.feature),
        "Last-Modified": http_date(now.recorded_at),
        "Content-Crs": f"<{crs.CRS84}>",
        "Cache-Control": "no-cache",
    }
    return Response(now.feature, status, headers=headers, media_type=links.GEOJSON)


def _done(
    request: Request, body: bytes, do: Callable[[Sent], Done], taken: Sequence[str] | None, status: HTTPStatus
) -> Response:
    sent = _sent(request, body, taken)
    return _answer(request, sent, do(sent), status)


@router.post(_HOME)
def create(request: Request, body: bytes) -> Response:
    """Add a record; its address is in `Location`."""
    return _done(request, body, edits.create, FEATURE, HTTPStatus.CREATED)


@router.put(_ITEM)
def replace(request: Request, body: bytes) -> Response:
    """Put a whole record in the place of one."""
    return _done(request, body, edits.replaced, FEATURE, HTTPStatus.OK)


@router.patch(_ITEM)
def update(request: Request, body: bytes) -> Response:
    """Change a part of a record."""
    return _done(request, body, edits.updated, PATCH, HTTPStatus.OK)


@router.delete(_ITEM)
def withdraw(request: Request, body: bytes) -> Response:  # noqa: ARG001 - a withdrawal has none
    """Withdraw a record; its history stays."""
    return _done(request, b"", edits.withdrawn, None, HTTPStatus.NO_CONTENT)
