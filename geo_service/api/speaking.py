"""The language of a page: what its address says, else what was chosen before, else what the browser asks for."""

from fastapi import Request
from fastapi.responses import Response

from geo_service.languages import language_of

YEAR_S = 365 * 24 * 3600


def language_for(request: Request) -> str:
    """Return the language of an answer."""
    return language_of(request.query_params.get("lang"), request.cookies.get("lang"), *accepted(request))


def accepted(request: Request) -> list[str]:
    """Return the languages that a browser takes, without regions, the best first (RFC 9110, section 12.5.4)."""
    found = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if weight > 0:
            found.append((-weight, name.split("-")[0].lower()))
    return [name for _, name in sorted(found, key=lambda one: one[0])]


def remember(request: Request, answer: Response, language: str) -> Response:
    """Let a browser keep the language that its address asked for."""
    if request.query_params.get("lang") == language:
        answer.set_cookie("lang", language, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer
