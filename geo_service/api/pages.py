"""The pages that planners look at."""

import dataclasses
import secrets
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.access.public import Records
from geo_service.api.dependencies import Service
from geo_service.balance import View
from geo_service.maps.overview import overview
from geo_service.situations import situation

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page_headers(nonce: str) -> dict[str, str]:
    """Return the headers of a page whose scripts carry a nonce."""
    return {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


def home(request: Request, service: Service, seen: View, records: Records) -> Response:
    """Return the overview map."""
    nonce = secrets.token_urlsafe(16)
    prefix = request.scope.get("root_path", "")
    shown = situation(seen, service.settings, records.shown)
    shown = dataclasses.replace(shown, notice=shown.notice + records.notice)
    page = overview(shown, mode="linked", base_path=prefix, nonce=nonce)
    return Response(page, media_type="text/html; charset=utf-8", headers=page_headers(nonce))


@router.get("/login", dependencies=[requires(Role.viewer)])
def login(request: Request) -> Response:
    """Ask a browser for a name and a token, where the public sees a page without; then show the map."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/", HTTPStatus.SEE_OTHER)
