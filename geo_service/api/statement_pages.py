"""The page on which statements are asked for."""

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import TheService
from geo_service.api.pages import page_headers
from geo_service.api.speaking import language_for, remember
from geo_service.balance import view
from geo_service.maps.statements import ask_page

router = APIRouter(include_in_schema=False, dependencies=[requires(Role.viewer)])


@router.get("/maps/statements")
def ask(request: Request, service: TheService) -> Response:
    """Show the page."""
    nonce = secrets.token_urlsafe(16)
    seen = view(service.snapshots, service.settings, service.clock)
    language = language_for(request)
    base = request.scope.get("root_path", "").rstrip("/")
    made = ask_page(seen, service.settings, language=language, base=base, nonce=nonce)
    answer = Response(made, media_type="text/html; charset=utf-8", headers=page_headers(nonce))
    return remember(request, answer, language)
