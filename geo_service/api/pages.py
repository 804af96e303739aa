"""The pages that planners look at."""

import secrets
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import iter_route_contexts

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.access.public import Records
from geo_service.api.dependencies import Service
from geo_service.balance import View
from geo_service.basemaps import Basemap
from geo_service.languages import language_of
from geo_service.maps.served import served

router = APIRouter(include_in_schema=False)

RASTERS = "/rasters"
"""Where the map asks which rasters there are, of which it shades the terrain."""

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page_headers(nonce: str, basemap: Basemap | None = None) -> dict[str, str]:
    """Return the headers of a page whose scripts carry a nonce; pictures come from elsewhere for a basemap alone."""
    policy = POLICY.format(nonce=nonce)
    if basemap and basemap.origin:
        policy = policy.replace("img-src 'self' data:", f"img-src 'self' data: {basemap.origin}")
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


def home(request: Request, service: Service, seen: View, records: Records) -> Response:
    """Return the overview map."""
    nonce = secrets.token_urlsafe(16)
    settings = service.settings
    asked = request.query_params.get("lang")
    language = language_of(asked, request.cookies.get("lang"))
    page = served(
        seen,
        records,
        settings,
        today=settings.today(service.clock).isoformat(),
        language=language,
        base=request.scope.get("root_path", ""),
        nonce=nonce,
        rasters=any(one.path == RASTERS for one in iter_route_contexts(request.app.routes)),
        water=service.surroundings.shown(),
    )
    answer = Response(page, media_type="text/html; charset=utf-8", headers=page_headers(nonce, settings.basemap))
    if asked == language:
        answer.set_cookie("lang", language, max_age=365 * 24 * 3600, samesite="lax", httponly=True)
    return answer


@router.get("/login", dependencies=[requires(Role.viewer)])
def login(request: Request) -> Response:
    """Ask a browser for a name and a token, where the public sees a page without; then show the map."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/", HTTPStatus.SEE_OTHER)
