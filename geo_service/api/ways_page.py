"""Pages with a map of tiles: what they stand on, their policy, and their language."""

import secrets
from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts

from geo_service.api.dependencies import Service
from geo_service.api.pages import RASTERS, page_headers
from geo_service.api.speaking import language_for, remember
from geo_service.balance import View
from geo_service.languages.speech import Speech
from geo_service.maps.tiled import Around
from geo_service.maps.way_words import PARTS


def around_for(request: Request, service: Service, seen: View, nonce: str, parts: tuple[str, ...] = PARTS) -> Around:
    """Return what a page stands on; it speaks by the catalogues `parts`."""
    settings = service.settings
    return Around(
        seen=seen,
        settings=settings,
        today=settings.today(service.clock).isoformat(),
        speech=Speech(language_for(request), parts),
        base=request.scope.get("root_path", "").rstrip("/"),
        nonce=nonce,
        asked={name: value for name, value in request.query_params.items() if value and name not in {"lang", "token"}},
        rasters=any(one.path == RASTERS for one in iter_route_contexts(request.app.routes)),
        water=service.surroundings.shown(),
    )


def page_of(
    request: Request, service: Service, seen: View, make: Callable[[Around], str], parts: tuple[str, ...] = PARTS
) -> Response:
    """Return a page with its policy, in the language that is asked for."""
    nonce = secrets.token_urlsafe(16)
    around = around_for(request, service, seen, nonce, parts)
    headers = page_headers(nonce, around.settings.basemap)
    answer = Response(make(around), media_type="text/html; charset=utf-8", headers=headers)
    return remember(request, answer, around.speech.language)
