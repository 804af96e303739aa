"""The pages that planners look at."""

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.api.dependencies import TheService, TheView
from geo_service.maps.overview import overview
from geo_service.situations import situation

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/")
def home(request: Request, service: TheService, seen: TheView) -> Response:
    """Show the overview map."""
    nonce = secrets.token_urlsafe(16)
    prefix = request.scope.get("root_path", "")
    page = overview(situation(seen, service.settings), mode="linked", base_path=prefix, nonce=nonce)
    headers = {
        "Content-Security-Policy": POLICY.format(nonce=nonce),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)
