"""Changesets over HTTP: uploads, their reports, review."""

import dataclasses
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import TheService
from geo_service.balance import Refused
from geo_service.changesets import Upload, receive
from geo_service.store.log import Changeset, Problem
from layers.definitions import LAYERS

router = APIRouter(tags=["changesets"], dependencies=[requires(Role.viewer)])


def described(changeset: Changeset) -> dict[str, object]:
    """Return a changeset as the API shows it."""
    return dataclasses.asdict(changeset)


def lines(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Return the lines of a report."""
    names = ("row", "id", "level", "code", "message")
    return [{name: getattr(one, name) for name in names} for one in problems]


def _json(body: object, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return Response(content, status, headers=dict(headers or {}), media_type="application/json")


def _pairs(text: str | None, name: str) -> dict[str, object]:
    """Return the object that a form field holds as JSON.

    Raises:
        Refused: it is no JSON object.
    """
    if not text:
        return {}
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused(f"{name} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused(f'{name} is a JSON object, such as {{"classification": "SHA"}}')
    return found


@router.post("/changesets", status_code=HTTPStatus.CREATED, dependencies=[requires(Role.editor, uploads=True)])
def upload(
    service: TheService,
    principal: ThePrincipal,
    file: Annotated[UploadFile, File(description="the file")],
    layer: Annotated[str, Form(description="whose records it brings")],
    crs: Annotated[str | None, Form()] = None,
    mapping: Annotated[str | None, Form(description='JSON {"field": "column"}')] = None,
    set_: Annotated[str | None, Form(alias="set", description='JSON {"field": value}')] = None,
    message: Annotated[str, Form()] = "",
    dry_run: Annotated[bool, Form()] = False,  # noqa: FBT002
    source_layer: Annotated[str | None, Form(description="which layer of the file, where it has several")] = None,
    encoding: Annotated[str | None, Form()] = None,
    swap_axes: Annotated[bool, Form(description="the first coordinate is the latitude")] = False,  # noqa: FBT002
) -> Response:
    """Take a file as one changeset, and answer with its report."""
    if layer not in LAYERS:
        raise Refused(f"no layer {layer!r}; layers: {', '.join(LAYERS)}")
    principal.require_layer(layer)
    sent = Upload(
        layer=layer,
        content=file.file.read(),
        name=file.filename or "upload",
        author=principal.name,
        message=message,
        crs=crs,
        mapping={field: str(column) for field, column in _pairs(mapping, "mapping").items()},
        set=_pairs(set_, "set"),
        source_layer=source_layer,
        encoding=encoding,
        swap_axes=swap_axes,
    )
    received = receive(service.log, service.snapshots, sent, service.clock, dry_run=dry_run)
    draft, kept = received.draft, received.changeset
    report = lines(draft.problems)
    if kept is None:
        names = ("layer", "author", "message", "source_name", "source_sha256")
        counts = ("rows_read", "accepted", "repaired", "unchanged", "rejected", "warnings")
        tried = {name: getattr(draft, name) for name in (*names, *counts)}
        return _json({"id": None, "state": "draft", "dry_run": True, **tried, "report": report}, HTTPStatus.OK)
    place = {"Location": f"/changesets/{kept.id}"}
    return _json({**described(kept), "report": report}, HTTPStatus.CREATED, place)


@router.get("/changesets")
def changesets(
    service: TheService, limit: Annotated[int, Query(ge=1, le=1000)] = 100, before: int | None = None
) -> Response:
    """Return changesets, the newest first."""
    return _json({"changesets": [described(one) for one in service.log.changesets(limit, before)]})


@router.get("/changesets/{changeset_id}")
def changeset(service: TheService, changeset_id: int) -> Response:
    """Return one changeset."""
    return _json(described(service.log.changeset(changeset_id)))


@router.get("/changesets/{changeset_id}/report")
def report(service: TheService, changeset_id: int, f: Literal["json", "csv"] = "json") -> Response:
    """Return a line per problem of a changeset."""
    found = lines(service.log.report(changeset_id))
    if f == "csv":
        attached = {"Content-Disposition": f'attachment; filename="report-{changeset_id}.csv"'}
        text = formats.to_csv(found) or "row,id,level,code,message\n"
        return Response(text, headers=attached, media_type="text/csv; charset=utf-8")
    return _json({"changeset": changeset_id, "report": found})


@router.post("/changesets/{changeset_id}/submit", dependencies=[requires(Role.editor)])
def submit(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Hand a draft in for review."""
    principal.require_layer(service.log.changeset(changeset_id).layer)
    return _json(described(service.log.submit(changeset_id)))


@router.post("/changesets/{changeset_id}/approve", dependencies=[requires(Role.reviewer)])
def approve(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Approve a submitted changeset; its versions hold from now."""
    principal.require_layer(service.log.changeset(changeset_id).layer)
    service.log.approve(changeset_id, principal.name)
    return _json(described(service.log.changeset(changeset_id)))


@router.post("/changesets/{changeset_id}/reject", dependencies=[requires(Role.reviewer)])
def reject(service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Reject a submitted changeset; it stays readable."""
    principal.require_layer(service.log.changeset(changeset_id).layer)
    return _json(described(service.log.reject(changeset_id, principal.name)))
