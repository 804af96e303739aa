"""Changesets over HTTP: uploads, their reports."""

import dataclasses
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, File, Form, Header, Query, Request, UploadFile
from fastapi.responses import Response

from geo_service import formats
from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import Service, TheService, read_answer
from geo_service.balance import Refused
from geo_service.changesets import Large, Received, Upload, receive
from geo_service.jobs import background
from geo_service.store.log import Changeset, Problem, State
from layers.definitions import LAYERS

router = APIRouter(tags=["changesets"], dependencies=[requires(Role.viewer)])

LARGE_BYTES = 50_000_000
"""Files of more bytes go on in the background whatever they hold, unless they are only tried."""

ASYNC = "respond-async"
"""The preference (RFC 7240) of a client that does not want to wait."""


def described(service: Service, changeset: Changeset) -> dict[str, object]:
    """Return a changeset as the API shows it."""
    body = dataclasses.asdict(changeset)
    for name in ("answers", "errors"):
        body[name] = orjson.loads(body[name]) if body[name] else None
    if changeset.state is State.processing or changeset.reason is not None:
        body["answers"] = (body["answers"] or {}).get("said")
    if changeset.state is State.processing:
        body["progress"] = background.progress_of(service.log, changeset)
    return body


def lines(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Return the lines of a report."""
    names = ("row", "id", "level", "code", "message")
    return [{name: getattr(one, name) for name in names} for one in problems]


def json_of(body: object) -> bytes:
    """Return a body as JSON, times in UTC."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def json_answer(body: object, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    return Response(json_of(body), status, headers=dict(headers or {}), media_type="application/json")


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
    submit: Annotated[bool, Form(description="false: keep it as a draft")] = True,  # noqa: FBT002
    source_layer: Annotated[str | None, Form(description="which layer of the file, where it has several")] = None,
    encoding: Annotated[str | None, Form()] = None,
    swap_axes: Annotated[bool, Form(description="the first coordinate is the latitude")] = False,  # noqa: FBT002
    answers: Annotated[
        str | None, Form(description='JSON {"question": "choice"}: errors[].code, one of its choices')
    ] = None,
    prefer: Annotated[str, Header(description="respond-async: go on in the background")] = "",
) -> Response:
    """Take a file as one changeset, and answer with its report; large ones go on in the background."""
    if layer not in LAYERS:
        raise Refused(f"no layer {layer!r}; layers: {', '.join(LAYERS)}")
    principal.require_layer(layer)
    sent = Upload(
        layer=layer,
        content=b"",
        name=file.filename or "upload",
        author=principal.name,
        message=message,
        crs=crs,
        mapping={field: str(column) for field, column in _pairs(mapping, "mapping").items()},
        set=_pairs(set_, "set"),
        source_layer=source_layer,
        encoding=encoding,
        swap_axes=swap_axes,
        answers=_pairs(answers, "answers"),
    )
    asked = ASYNC in prefer.lower()
    if not dry_run and (asked or (file.size or 0) > LARGE_BYTES):
        return _accepted(service, background.acknowledge(service.log, sent, file.file, submit=submit), asked=asked)
    sent = dataclasses.replace(sent, content=file.file.read())
    most = None if dry_run else service.settings.background_rows
    try:
        received = receive(
            service.log, service.snapshots, sent, service.clock, dry_run=dry_run, submit=submit, most_rows=most
        )
    except Large:
        file.file.seek(0)
        return _accepted(service, background.acknowledge(service.log, sent, file.file, submit=submit), asked=False)
    return _received(service, received)


def _accepted(service: Service, changeset: Changeset, *, asked: bool) -> Response:
    headers = {"Location": f"/changesets/{changeset.id}", "Retry-After": "2"}
    if asked:
        headers["Preference-Applied"] = ASYNC
    return json_answer(described(service, changeset), HTTPStatus.ACCEPTED, headers)


def _received(service: Service, received: Received) -> Response:
    draft, kept = received.draft, received.changeset
    read = {
        "columns": received.columns,
        "mapping": received.mapping,
        "words": received.words,
        "remembered": received.remembered,
        "report": [
            {**line, "values": getattr(one, "values", None)}
            for line, one in zip(lines(draft.problems), draft.problems, strict=True)
        ],
    }
    if kept is None:
        names = ("layer", "author", "message", "source_name", "source_sha256")
        counts = ("rows_read", "accepted", "repaired", "unchanged", "rejected", "warnings")
        tried = {name: getattr(draft, name) for name in (*names, *counts)}
        tried |= {"versions": len(draft.versions)}
        return json_answer({"id": None, "state": "draft", "dry_run": True, **tried, **read})
    place = {"Location": f"/changesets/{kept.id}"}
    return json_answer({**described(service, kept), **read}, HTTPStatus.CREATED, place)


@router.get("/changesets")
def changesets(
    request: Request, service: TheService, limit: Annotated[int, Query(ge=1, le=1000)] = 100, before: int | None = None
) -> Response:
    """Return changesets, the newest first."""
    found = [described(service, one) for one in service.log.changesets(limit, before)]
    return read_answer(request, json_of({"changesets": found}))


@router.get("/changesets/{changeset_id}")
def changeset(request: Request, service: TheService, changeset_id: int) -> Response:
    """Return one changeset; while it goes on in the background, how far it is."""
    found = service.log.changeset(changeset_id)
    headers = {"Retry-After": "2"} if found.state is State.processing else {}
    return read_answer(request, json_of(described(service, found)), headers=headers)


@router.get("/changesets/{changeset_id}/report")
def report(request: Request, service: TheService, changeset_id: int, f: Literal["json", "csv"] = "json") -> Response:
    """Return a line per problem of a changeset."""
    found = lines(service.log.report(changeset_id))
    if f == "csv":
        attached = {"Content-Disposition": f'attachment; filename="report-{changeset_id}.csv"'}
        text = formats.to_csv(found) or "row,id,level,code,message\n"
        return read_answer(request, text.encode(), "text/csv; charset=utf-8", attached)
    return read_answer(request, json_of({"changeset": changeset_id, "report": found}))
