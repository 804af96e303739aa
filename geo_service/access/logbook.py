"""The access log: a line of JSON per request, without query, header or body, and so without a secret."""

import datetime as dt
import logging
import re
import time
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.access.principals import Principal
from geo_service.clock import Clock

NAME = "clearway.access"
SEEN = "clearway.seen"
"""Where a request's scope holds what the log is told while it is answered."""

_SECRETS = re.compile(
    r"cw_[0-9a-f]{4,}_[A-Za-z0-9_%-]+|eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|(?<=[?&]token=)[^&\s\"']+|(?<=Bearer )\S+|(?<=Basic )\S+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return a text with everything that looks like a credential taken out."""
    return _SECRETS.sub("***", text)


class Redacting(logging.Formatter):
    """A formatter that lets no credential through, not even in a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a line of the log."""
        return redacted(super().format(record))


def told(scope: Scope, principal: Principal) -> None:
    """Tell the log who asks."""
    scope.setdefault(SEEN, {})["principal"] = principal


class Logbook:
    """Writes the access log. It stands outside of everything else, so that refusals are in it too."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self._log = logging.getLogger(NAME)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and write it down."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seen: dict[str, Any] = {}
        scope = {**scope, SEEN: seen}
        began, moment, status, sent = time.perf_counter(), self.clock(), 500, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            principal: Principal | None = seen.get("principal")
            line = {
                "time": moment.astimezone(dt.UTC),
                "principal": principal.name if principal else "",
                "token": principal.token if principal else "",
                "method": scope["method"],
                "path": redacted(scope["path"]),
                "status": status,
                "duration_ms": round((time.perf_counter() - began) * 1000, 1),
                "bytes": sent,
            }
            self._log.info("%s", orjson.dumps(line, option=orjson.OPT_UTC_Z).decode())


def config() -> dict[str, Any]:
    """Return the configuration of logging for a server: the access log to standard output, all else to standard error.

    The server's own access log stays off: it writes whole addresses, and with them `?token=`.
    """
    handler = {"class": "logging.StreamHandler", "formatter": "plain"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"()": f"{__name__}.Redacting", "format": "%(message)s"}},
        "handlers": {
            "out": {**handler, "stream": "ext://sys.stdout"},
            "err": {**handler, "stream": "ext://sys.stderr"},
        },
        "loggers": {
            NAME: {"handlers": ["out"], "level": "INFO", "propagate": False},
            "uvicorn": {"handlers": ["err"], "level": "WARNING", "propagate": False},
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
        "root": {"handlers": ["err"], "level": "WARNING"},
    }
