"""What can be wrong with a request of the standard, each with a status of its own."""

from collections.abc import Sequence
from http import HTTPStatus

from geo_service.balance import Refused


class Invalid(Refused):
    """A parameter is unknown, or its value is none that it can have."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, place: str | None = None, errors: Sequence[dict[str, object]] = ()) -> None:
        super().__init__(message)
        self.errors = list(errors) or ([{"place": place, "message": message}] if place else [])


class NotAcceptable(Invalid):
    """The client takes none of the forms that there are."""

    status = HTTPStatus.NOT_ACCEPTABLE


class UnsupportedMediaType(Invalid):
    """The body is in a form that is not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class PreconditionFailed(Invalid):
    """The record is not the one that the client had in hand."""

    status = HTTPStatus.PRECONDITION_FAILED


class PreconditionRequired(Invalid):
    """The collection asks every edit to say which version it changes."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class AlreadyThere(Invalid):
    """A record of that id exists."""

    status = HTTPStatus.CONFLICT


class Rejected(Invalid):
    """The record breaks a rule of its layer; `errors` name the fields."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


OF_A_REQUEST = (
    Invalid,
    NotAcceptable,
    UnsupportedMediaType,
    PreconditionFailed,
    PreconditionRequired,
    AlreadyThere,
    Rejected,
)
"""All of these."""
