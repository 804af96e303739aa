"""Requests and answers: reads are asked again where that may help, writes never; errors become exceptions."""

import datetime as dt
import random
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import orjson

from geo_service.client.errors import ClearwayError, TooMany, Unreachable, error_of

ATTEMPTS = 5
"""How often a read is asked for before it is given up."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 60.0
"""The wait before the second attempt, doubled before each further one; and the longest that a service may ask for."""

PASSING = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""Statuses of a service that is starting, or busy."""

Values = Mapping[str, Any]
Sleep = Callable[[float], None]


class Sender:
    """One service, and how it is asked.

    Args:
        http: the transport, with address and credentials.
        sleep: waits for some seconds.
    """

    def __init__(self, http: httpx.Client, sleep: Sleep = time.sleep) -> None:
        self._http, self._sleep = http, sleep

    def read(
        self, path: str, values: Values | None = None, *, body: object = None, accept: str = "application/json"
    ) -> httpx.Response:
        """Return the answer to a question that changes nothing; with a body it goes as a POST.

        Raises:
            ClearwayError: there is none; it says why and what to do.
        """
        self._refuse_closed()
        query = query_of(values or {})
        content = None if body is None else orjson.dumps(plain(body))
        headers = {"Accept": accept} | ({} if content is None else {"Content-Type": "application/json"})
        method = "GET" if content is None else "POST"
        for attempt in range(1, ATTEMPTS + 1):
            pause = FIRST_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads callers
            try:
                answer = self._http.request(method, path, params=query, content=content, headers=headers)
            except httpx.TransportError as error:
                if attempt == ATTEMPTS or not _may_pass(error):
                    raise _unreachable(error) from error
            else:
                if answer.is_success:
                    return answer
                found = _problem(answer)
                asked = isinstance(found, TooMany) or found.status in PASSING
                pause = max(pause, _wait_of(answer))
                if not asked or attempt == ATTEMPTS or pause > LONGEST_WAIT_S:
                    raise found
            self._sleep(pause)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def write(
        self,
        path: str,
        *,
        values: Values | None = None,
        body: object = None,
        fields: Mapping[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> httpx.Response:
        """Send something that changes the register, once: what may have arrived is never sent a second time.

        Raises:
            ClearwayError: it was not taken; where no answer came, the register has to be looked at.
        """
        self._refuse_closed()
        query, sent = query_of(values or {}), {"Accept": "application/json, */*;q=0.5"}
        try:
            if file is not None:
                answer = self._http.post(
                    path, params=query, data=dict(fields or {}), files={"file": file}, headers=sent
                )
            elif body is None:
                answer = self._http.post(path, params=query, headers=sent)
            else:
                sent["Content-Type"] = "application/json"
                answer = self._http.post(path, params=query, content=orjson.dumps(plain(body)), headers=sent)
        except httpx.TransportError as error:
            raise _unreachable(error, wrote=not isinstance(error, httpx.ConnectError)) from error
        if answer.is_success:
            return answer
        raise _problem(answer)

    def json(self, path: str, values: Values | None = None, *, body: object = None) -> dict[str, Any]:
        """Return the answer to a question as an object; arguments and errors as of `read`."""
        return object_of(self.read(path, values, body=body))

    def _refuse_closed(self) -> None:
        if self._http.is_closed:
            raise Unreachable("This register was closed.", title="No answer", advice="Open it again.")


def object_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the object that an answer holds.

    Raises:
        ClearwayError: it holds none, as where something else answers at the address.
    """
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ClearwayError(
            "What answers at this address is no Clearway.", advice="Check the address, with its port and path."
        )
    return found


def query_of(values: Values) -> dict[str, str]:
    """Return what is asked as text; None is left out, and a name's last underscore, as in `from_`."""
    found = {}
    for name, value in values.items():
        if value is None:
            continue
        one = plain(value)
        text = ",".join(map(_text, one)) if isinstance(one, list) else _text(one)
        found[name.removesuffix("_")] = text
    return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: object) -> Any:  # noqa: PLR0911 - a form per kind of value
    """Return a value as JSON holds it: dates and moments as text, arrays and sets as lists."""
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _may_pass(error: httpx.TransportError) -> bool:
    """Say whether asking again may help."""
    return not isinstance(error, httpx.UnsupportedProtocol | httpx.ProxyError)


def _wait_of(answer: httpx.Response) -> float:
    """Return how long an answer asks to wait (s): a number, or a date (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - dt.datetime.now(dt.UTC)).total_seconds())


def _problem(answer: httpx.Response) -> ClearwayError:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = None
    kind = answer.headers.get("content-type", "")
    text = answer.text.strip()[:200] if kind.startswith("text/plain") else ""
    return error_of(answer.status_code, body if isinstance(body, dict) else None, text, _wait_of(answer))


def _unreachable(error: httpx.TransportError, *, wrote: bool = False) -> Unreachable:
    if isinstance(error, httpx.UnsupportedProtocol):
        return Unreachable("The address begins with http:// or https://.", title="No address")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        detail = "Nothing answers at this address."
    elif isinstance(error, httpx.TimeoutException):
        detail = "The service did not answer in time."
    else:
        detail = "The service broke off in the middle of its answer; nothing of it was kept."
    advice = "It may have been recorded all the same: look at changesets() before you send it again." if wrote else None
    return Unreachable(detail, title="No answer", advice=advice)
