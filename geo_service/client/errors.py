"""What can go wrong for whoever uses the client: each error says what, where, and what to do next."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class ClearwayError(Exception):
    """An answer that is none.

    Attributes:
        status: the HTTP status, None where there was no answer.
        title: what kind of error it is, in few words.
        detail: what went wrong.
        errors: each place where something is wrong, as the service names it (`place`, `message`, `code`, `choices`).
        advice: what to do next.
    """

    advice = "Ask again; if it lasts, tell the administrator of the register."

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        title: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        advice: str | None = None,
    ) -> None:
        self.status, self.title, self.detail = status, title or type(self).__name__, detail
        self.errors = [dict(one) for one in errors]
        if advice is not None:
            self.advice = advice
        super().__init__(detail)

    def __str__(self) -> str:
        """Return what went wrong, each place that the detail does not name already, and what to do."""
        head = f"{self.status} {self.title}: {self.detail}" if self.status else self.detail
        places = [line for line in map(_line, self.errors) if line and line not in self.detail]
        return "\n".join([head, *(f"  {line}" for line in places), self.advice])


class Unreachable(ClearwayError):
    """The service did not answer, or stopped in the middle of an answer; nothing of it was kept."""

    advice = "Check the address, and that `clearway serve` runs there; then ask again."


class NotAuthenticated(ClearwayError):
    """The service does not know who asks."""

    advice = "Give the token that the administrator made: Clearway(address, token=...)."


class NotAllowed(ClearwayError):
    """The token does not allow this."""

    advice = "Ask the administrator for a token with the role that this needs."


class NotFound(ClearwayError):
    """There is nothing of that name, or not at that `as_of` and `known_at`."""

    advice = "Check the id, and the dates as_of and known_at."


class Conflict(ClearwayError):
    """The changeset or record has moved on, so that this step no longer fits."""

    advice = "Read it again, and see where it stands."


class Refused(ClearwayError):
    """What was asked or sent can't be used as it is."""

    advice = "Correct what is named, and send it again."


class TooLarge(Refused):
    """More was sent at once than the service takes."""

    advice = "Send it in smaller parts."


class TooMany(ClearwayError):
    """Too many requests.

    Attributes:
        retry_after_s: seconds to wait.
    """

    retry_after_s = 0.0
    advice = "Wait, then go on more slowly."


class ServiceFailed(ClearwayError):
    """The service failed; its log says more."""


_KINDS: Mapping[int, type[ClearwayError]] = {
    HTTPStatus.BAD_REQUEST: Refused,
    HTTPStatus.UNAUTHORIZED: NotAuthenticated,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.PRECONDITION_FAILED: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: Refused,
    HTTPStatus.TOO_MANY_REQUESTS: TooMany,
}


def error_of(status: int, body: Mapping[str, Any] | None, text: str = "", retry_after_s: float = 0.0) -> ClearwayError:
    """Return the error that an answer is.

    Args:
        status: the HTTP status.
        body: the problem document (RFC 9457); None where the answer is none, as from a proxy.
        text: what it says instead.
        retry_after_s: how long it asks to wait (s).
    """
    kind = _KINDS.get(status, ServiceFailed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ClearwayError)
    said = body or {}
    title = str(said.get("title") or _phrase(status))
    detail = str(said.get("detail") or text or "The answer says no more.")
    listed = said.get("errors")
    errors = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    asked = [one for one in errors if one.get("choices") and one.get("code")]
    advice = None
    if asked:
        wanted = "; ".join(f'"{one["code"]}" as one of {", ".join(map(str, one["choices"]))}' for one in asked)
        advice = f"Send it again with answers={{...}} that gives {wanted}."
    found = kind(detail, status=status, title=title, errors=errors, advice=advice)
    if isinstance(found, TooMany):
        found.retry_after_s = retry_after_s
        found.advice = f"Wait {retry_after_s:g} seconds, then go on more slowly."
    return found


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "No answer that is known"


def _line(place: Mapping[str, Any]) -> str:
    where, what = place.get("place") or place.get("code"), str(place.get("message") or "")
    return f"{where}: {what}" if where else what
