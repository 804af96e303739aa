"""Errors as problem documents (RFC 9457): what went wrong, where, and what to do; never a path, SQL or a trace."""

from collections.abc import Sequence
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from geo_service.balance import Refused
from geo_service.store import errors
from layers.reading import Question, Unreadable

STATUS: dict[type[Exception], HTTPStatus] = {
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unreadable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.WrongState: HTTPStatus.CONFLICT,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.StoreBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of each error; the nearest ancestor counts."""


def problem(
    status: int, detail: str, errors_: Sequence[dict[str, object]] = (), headers: dict[str, str] | None = None
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
    return Response(orjson.dumps(body), status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Let the application answer every error with a problem document."""

    async def known(_: Request, error: Exception) -> Response:
        status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        return problem(status, str(error))

    async def question(_: Request, error: Exception) -> Response:
        assert isinstance(error, Question)  # noqa: S101
        place: dict[str, object] = {"code": error.code, "message": error.message, "choices": list(error.choices)}
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, [place])

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        places = [{"place": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()]
        detail = "; ".join(f"{one['place']}: {one['message']}" for one in places)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, places)

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))

    async def unexpected(_: Request, __: Exception) -> Response:
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed; its log says more")

    for kind in STATUS:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(Question, question)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
