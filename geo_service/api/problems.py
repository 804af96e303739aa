"""Errors as problem documents (RFC 9457): what went wrong, where, and what to do; never a path, SQL or a trace.

Whoever would rather read a page than a document - a person in a browser - gets the same as a page in their language.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from geo_service.access.credentials import CHALLENGE, Ambiguous, Unauthenticated
from geo_service.access.dependencies import SAFE_METHODS
from geo_service.access.gate import NotThere, TooMany
from geo_service.access.oidc import Unavailable
from geo_service.access.principals import NotAllowed
from geo_service.api.speaking import language_for, remember
from geo_service.balance import Refused
from geo_service.exports.content import Incomplete
from geo_service.maps.problems import problem_page
from geo_service.ogc.errors import OF_A_REQUEST, Invalid, NotAcceptable
from geo_service.ogc.negotiation import form_of
from geo_service.printing.counting import Miscounted
from geo_service.store import errors
from geo_service.travel.tracks import Withheld
from layers.reading import Question, Unreadable

STATUS: dict[type[Exception], HTTPStatus] = {
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Withheld: HTTPStatus.CONFLICT,
    Miscounted: HTTPStatus.INTERNAL_SERVER_ERROR,
    Incomplete: HTTPStatus.INTERNAL_SERVER_ERROR,
    **{kind: kind.status for kind in OF_A_REQUEST},
    Unreadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Ambiguous: HTTPStatus.BAD_REQUEST,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotThere: HTTPStatus.NOT_FOUND,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.StoreBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of each error; the nearest ancestor counts."""


PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of a page of an error: it runs nothing, and nobody keeps it."""


def is_read(accept: str | None, f: str | None) -> bool:
    """Say whether an answer is for somebody who reads: HTML is named, and wanted no less than a document.

    Args:
        accept: the header. Programs send none, `*/*` or JSON; browsers name text/html first.
        f: the form that the address asks for; of JSON every answer is JSON.
    """
    if not accept or "json" in (f or ""):
        return False
    try:
        return form_of(None, accept, ("json", "html")) == "html"
    except NotAcceptable:
        return False


class Problem(Response):
    """A problem document; to a request that prefers HTML the page of it, with the same status."""

    def __init__(self, document: Mapping[str, object], status: int, headers: Mapping[str, str] | None) -> None:
        self.document, self.more = document, dict(headers or {})
        varying = {**self.more, "Vary": "Accept"}
        super().__init__(orjson.dumps(document), status, varying, media_type="application/problem+json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in the form that suits it."""
        request = Request(scope)
        if not is_read(request.headers.get("accept"), request.query_params.get("f")):
            await super().__call__(scope, receive, send)
            return
        language = language_for(request)
        base = str(scope.get("root_path", "")).rstrip("/")
        asked, again = dict(request.query_params), scope["method"] in SAFE_METHODS
        page = problem_page(self.document, language, base, asked, again=again).encode(errors="replace")
        headers = {**self.more, **PAGE_HEADERS, "Vary": "Accept, Accept-Language, Cookie"}
        answer = Response(page, self.status_code, headers=headers, media_type="text/html; charset=utf-8")
        await remember(request, answer, language)(scope, receive, send)


def problem(
    status: int, detail: str, errors_: Sequence[dict[str, object]] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem document."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors_:
        body["errors"] = list(errors_)
    return Problem(body, int(status), headers)


def explained(error: Exception) -> Response:
    """Return the problem document of an error.

    Raises:
        Exception: the error itself, where it is none that its sender can mend.
    """
    if isinstance(error, HTTPException):
        return problem(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, OverflowError):  # SQLite holds whole numbers of 64 bits
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "a number in the address is too large to be that of a record")
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        raise error
    headers: dict[str, str] = {}
    places = error.errors if isinstance(error, Invalid) else []
    if isinstance(error, NotAllowed) and not error.known:
        status = HTTPStatus.UNAUTHORIZED
    if status is HTTPStatus.UNAUTHORIZED:
        wrong = ', error="invalid_token"' if isinstance(error, Unauthenticated) else ""
        headers["WWW-Authenticate"] = CHALLENGE + wrong
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.seconds)
    return problem(status, str(error), places, headers=headers)


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem document."""

    async def known(_: Request, error: Exception) -> Response:
        return explained(error)

    async def question(_: Request, error: Exception) -> Response:
        assert isinstance(error, Question)  # noqa: S101
        place: dict[str, object] = {"code": error.code, "message": error.message, "choices": list(error.choices)}
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, [place])

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        places = [{"place": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()]
        detail = "; ".join(f"{one['place']}: {one['message']}" for one in places)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, places)

    async def unexpected(_: Request, __: Exception) -> Response:
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed; its log says more")

    for kind in (*STATUS, OverflowError):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(Question, question)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, known)
    app.add_exception_handler(Exception, unexpected)
