"""Written answers over HTTP: made, shown, listed, verified."""

import hashlib
import re
import secrets
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Path, Query, Request, UploadFile
from fastapi.responses import Response

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import NotAllowed, Role
from geo_service.api.changesets import json_answer, json_of
from geo_service.api.dependencies import TheService, read_answer
from geo_service.api.pages import page_headers
from geo_service.api.speaking import remember
from geo_service.api.statement_bodies import TheSent
from geo_service.balance import Refused
from geo_service.languages import language_of
from geo_service.ogc.links import base_of
from geo_service.ogc.negotiation import form_of
from geo_service.statements import issue as issuing
from geo_service.statements import parcels, shown
from geo_service.statements.issue import PAPER, RECORD
from geo_service.statements.question import asked

router = APIRouter(tags=["statements"])

PAGE = "text/html; charset=utf-8"
DIGEST = re.compile(r"[0-9a-fA-F]{64}")

Number = Annotated[int, Path(ge=1, le=2**31, description="the number of the statement")]
Form = Annotated[
    Literal["json", "html", "pdf", "record"] | None,
    Query(description="json with how it stands, a page, the paper as it was issued, or the record as it was filed"),
]

ASKED = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "examples": {
                    "a road": {"value": {"from": [46.1, 39.2], "to": [46.7, 39.6], "mode": "car"}},
                    "a settlement": {"value": {"settlement": "S-1", "radius_m": 1000, "language": "az"}},
                },
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "a file with one polygon"},
                        "crs": {"type": "string", "description": "of the file, where it does not say"},
                        "purpose": {"type": "string"},
                        "asked_by": {"type": "string"},
                        "language": {"type": "string"},
                        "valid_days": {"type": "string", "description": "a number"},
                        "as_of": {"type": "string"},
                    },
                    "additionalProperties": False,
                }
            },
        },
    }
}


def may_verify(service: TheService, principal: ThePrincipal) -> None:
    """Let through who may have a statement verified: whoever may read, and everybody where the programme says so.

    Raises:
        NotAllowed: they may not.
    """
    if not principal.may(Role.viewer) and not service.settings.statements.public_verify:
        raise NotAllowed("Verifying a statement needs a token here.", known=False)


VERIFIES = Depends(may_verify)


@router.post(
    "/statements",
    status_code=HTTPStatus.CREATED,
    dependencies=[requires(Role.viewer)],
    openapi_extra=ASKED,
)
def issue(request: Request, service: TheService, principal: ThePrincipal, sent: TheSent) -> Response:
    """Make a statement on a parcel, a road or a settlement: numbered, dated, expiring; its address is in `Location`."""
    settings = service.settings
    parcel = None
    if sent.file is not None:
        parcel = parcels.sent(sent.file, sent.name, sent.crs, settings.statements.most_km2)
    elif sent.crs is not None:
        raise Refused("crs: only a file has a coordinate system of its own; coordinates here are in degrees")
    question = asked(sent.fields, settings, parcel)
    made = issuing.issue(service, question, principal.name, base_of(request))
    address = f"{request.scope.get('root_path', '')}/statements/{made.number}"
    return json_answer(shown.answered(service, made), HTTPStatus.CREATED, {"Location": address})


@router.get("/statements", dependencies=[requires(Role.viewer)])
def statements(
    request: Request,
    service: TheService,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**31, description="only those with a lower number")] = None,
) -> Response:
    """Return the statements, the newest first; each one's address says how it stands."""
    found = [one for one in issuing.all_of(service.log) if before is None or int(one.subject) < before]
    return read_answer(request, json_of({"statements": [shown.listed(service, one) for one in found[:limit]]}))


@router.get("/statements/{number}", dependencies=[requires(Role.viewer)])
def statement(request: Request, service: TheService, number: Number, f: Form = None) -> Response:
    """Return a statement and how it stands: valid, expired, or superseded by what was recorded since."""
    one = issuing.found(service.log, number)
    if f in {"pdf", "record"}:
        name, media = (PAPER, "application/pdf") if f == "pdf" else (RECORD, "application/json")
        attached = {"Content-Disposition": f'inline; filename="statement-{number}.{"pdf" if f == "pdf" else "json"}"'}
        return read_answer(request, issuing.content_of(service.log, one, name), media, attached)
    if (f or form_of(None, request.headers.get("accept"), ("json", "html"))) == "html":
        from geo_service.maps.statements import statement_page  # noqa: PLC0415 - pages are for people alone

        base = str(request.scope.get("root_path", "")).rstrip("/")
        language = language_of(request.query_params.get("lang"), one.record["language"])
        made = statement_page(shown.answered(service, one), service.settings, base, language)
        page = read_answer(request, made.encode(), PAGE, page_headers(secrets.token_urlsafe(16)))
        return remember(request, page, language)
    return read_answer(request, json_of(shown.answered(service, one)))


@router.get("/statements/{number}/verify", dependencies=[requires(Role.public), VERIFIES])
def verify(
    request: Request,
    service: TheService,
    number: Number,
    sha256: Annotated[str, Query(description="the SHA-256 of the copy, or the one printed on it", max_length=64)],
) -> Response:
    """Say whether a file of some digest is the statement that was issued, and whether that still holds."""
    if not DIGEST.fullmatch(sha256):
        raise Refused("sha256: 64 letters 0 to 9 and a to f; the paper prints them")
    one = issuing.found(service.log, number)
    return read_answer(request, json_of(shown.verification(service, one, sha256.lower(), in_hand=False)))


@router.post("/statements/{number}/verify", dependencies=[requires(Role.public, computes=True), VERIFIES])
def verify_file(
    service: TheService,
    number: Number,
    file: Annotated[UploadFile, File(description="the copy: the PDF, or the JSON of the record")],
) -> Response:
    """Say whether a file is byte for byte the statement that was issued, and whether that still holds."""
    one = issuing.found(service.log, number)
    digest = hashlib.sha256(file.file.read()).hexdigest()
    return json_answer(shown.verification(service, one, digest, in_hand=True))
