"""The pages for sending in records and for review. Whatever they do, the API does too."""

import secrets
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from geo_service.access.dependencies import ThePrincipal, requires
from geo_service.access.principals import Principal, Role, same_person
from geo_service.api.dependencies import Service, TheService
from geo_service.api.pages import POLICY
from geo_service.api.problems import STATUS
from geo_service.api.review import allowed, day_of
from geo_service.api.speaking import language_for, remember
from geo_service.balance import Refused
from geo_service.jobs import background
from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS
from geo_service.maps.pages import notice_in, queue_page, upload_page
from geo_service.maps.review import AROUND, Shown, review_page
from geo_service.reversal import reverse
from geo_service.store.errors import StoreError
from geo_service.store.log import Changeset, State

router = APIRouter(include_in_schema=False, prefix="/maps", dependencies=[requires(Role.viewer)])

LISTED = 200
"""Changesets on the list."""


def _page(request: Request, text: str, nonce: str, status: int = HTTPStatus.OK) -> Response:
    headers = {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    answer = Response(text, status, headers=headers, media_type="text/html; charset=utf-8")
    return remember(request, answer, language_for(request))


def _speech(request: Request) -> Speech:
    return Speech(language_for(request), PARTS)


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


@router.get("/upload", dependencies=[requires(Role.editor)])
def upload(request: Request, service: TheService) -> Response:
    """Show the page on which records are sent in."""
    nonce = secrets.token_urlsafe(16)
    return _page(request, upload_page(service.settings, _base(request), nonce, _speech(request)), nonce)


@router.get("/review")
def queue(request: Request, service: TheService) -> Response:
    """Show what waits for review."""
    nonce = secrets.token_urlsafe(16)
    page = queue_page(service.log.changesets(LISTED), service.settings, _base(request), _speech(request))
    return _page(request, page, nonce)


@router.get("/review/{changeset_id}")
def changeset(request: Request, service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Show one changeset: what it changes on a map, the balance, its report, and the steps it can take."""
    return _shown(request, service, principal, changeset_id)


def _shown(
    request: Request, service: Service, principal: Principal, changeset_id: int, trouble: Exception | None = None
) -> Response:
    made, settings = service.log.changeset(changeset_id), service.settings
    today = settings.today(service.clock)
    snapshot = service.snapshots.newest()
    known_at = snapshot.revision.recorded_at if snapshot.revision else service.clock()
    speech = _speech(request)
    own = settings.review and made.state is State.submitted and same_person(principal.name, made.author)
    shown = Shown(
        difference=service.differences.of(service.log, service.snapshots, made, service.clock, today),
        lines=service.log.report(changeset_id),
        history=service.log.steps(changeset_id),
        records={name: snapshot.in_force(name, today) for name in AROUND},
        settings=settings,
        notice=notice_in(settings, speech, today.isoformat(), known_at.isoformat(timespec="seconds")),
        today=today,
        steps=steps_of(made, principal, own=own),
        may_edit=principal.may_write(made.layer),
        four_eyes=own,
        trouble=str(trouble) if trouble else None,
    )
    nonce = secrets.token_urlsafe(16)
    status = HTTPStatus.OK
    if trouble:
        status = next(STATUS[kind] for kind in type(trouble).__mro__ if kind in STATUS)
    return _page(request, review_page(shown, _base(request), nonce, speech), nonce, status)


def steps_of(made: Changeset, principal: Principal, *, own: bool) -> list[tuple[str, str]]:
    """Return the steps that somebody can let a changeset take: step, class of its button."""
    if not principal.may_write(made.layer):
        return []
    decides = principal.may(Role.reviewer)
    found = {
        State.draft: [("submit", "cw-primary")] if made.versions else [],
        State.submitted: [
            *([("approve", "cw-primary")] if decides and not own else []),
            *([("reject", "cw-refuse")] if decides else []),
        ],
        State.processing: [("cancel", "cw-refuse")],
    }
    return found.get(made.state, [])


def _back(request: Request, changeset_id: int) -> Response:
    return RedirectResponse(f"{_base(request)}/maps/review/{changeset_id}", HTTPStatus.SEE_OTHER)


@router.post("/review/{changeset_id}/submit", dependencies=[requires(Role.editor)])
def submit(request: Request, service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Hand a draft in for review, and show it."""
    allowed(service, principal, changeset_id)
    try:
        service.log.submit(changeset_id, principal.name)
    except StoreError as error:
        return _shown(request, service, principal, changeset_id, error)
    return _back(request, changeset_id)


@router.post("/review/{changeset_id}/approve", dependencies=[requires(Role.reviewer)])
def approve(request: Request, service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Approve a changeset, and show it."""
    allowed(service, principal, changeset_id)
    try:
        service.log.approve(changeset_id, principal.name)
    except StoreError as error:
        return _shown(request, service, principal, changeset_id, error)
    return _back(request, changeset_id)


@router.post("/review/{changeset_id}/reject", dependencies=[requires(Role.reviewer)])
def reject(request: Request, service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Reject a changeset, and show it."""
    allowed(service, principal, changeset_id)
    try:
        service.log.reject(changeset_id, principal.name)
    except StoreError as error:
        return _shown(request, service, principal, changeset_id, error)
    return _back(request, changeset_id)


@router.post("/review/{changeset_id}/cancel", dependencies=[requires(Role.editor)])
def cancel(request: Request, service: TheService, principal: ThePrincipal, changeset_id: int) -> Response:
    """Stop an upload in the background, and show it."""
    allowed(service, principal, changeset_id)
    try:
        background.cancel(service.log, changeset_id, principal.name)
    except StoreError as error:
        return _shown(request, service, principal, changeset_id, error)
    return _back(request, changeset_id)


@router.post("/review/{changeset_id}/reverse", dependencies=[requires(Role.editor)])
def take_back(
    request: Request,
    service: TheService,
    principal: ThePrincipal,
    changeset_id: int,
    valid_from: Annotated[str, Form()] = "",
    message: Annotated[str, Form()] = "",
) -> Response:
    """Make the changeset that takes another back, and show it."""
    made = allowed(service, principal, changeset_id)
    try:
        start = day_of(service, valid_from) if valid_from else None
        new = reverse(
            service.log, service.snapshots, made, principal.name, service.clock, valid_from=start, message=message
        )
    except (StoreError, Refused) as error:
        return _shown(request, service, principal, changeset_id, error)
    return _back(request, new.id)
