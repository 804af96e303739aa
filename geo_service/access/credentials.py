"""What a request says of its sender: Bearer, `X-API-Key`, the password of Basic, or `?token=`."""

import base64
import binascii
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

CHALLENGE = 'Basic realm="Clearway", charset="UTF-8", Bearer realm="Clearway"'
"""What a 401 asks for; browsers and QGIS answer it with a name and the token as password."""


class Way(Enum):
    """How a credential came."""

    bearer = "Authorization: Bearer"
    basic = "Authorization: Basic"
    key = "X-API-Key"
    query = "?token="


@dataclass(frozen=True, repr=False)
class Credential:
    """Something that says who its sender is. Its text is secret, and so it has no representation."""

    way: Way
    text: str


class Unauthenticated(Exception):
    """The credential is not valid; the message never holds any of it."""


class Ambiguous(Exception):
    """The request brings several credentials."""


def presented(scope: Scope) -> Credential | None:
    """Return the credential of a request, None without one.

    Raises:
        Unauthenticated: the header is none that the service understands.
        Ambiguous: there are several.
    """
    headers = Headers(scope=scope)
    found = [_authorization(text) for text in headers.getlist("authorization")]
    found += [Credential(Way.key, text.strip()) for text in headers.getlist("x-api-key")]
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    found += [Credential(Way.query, value) for name, value in query if name == "token"]
    if len(found) > 1:
        raise Ambiguous("The request brings several credentials. Send one.")
    return found[0] if found else None


def _authorization(text: str) -> Credential:
    scheme, _, rest = text.partition(" ")
    if scheme.lower() == "bearer":
        return Credential(Way.bearer, rest.strip())
    if scheme.lower() != "basic":
        raise Unauthenticated("Authorization is Bearer with a token, or Basic with a token as the password.")
    try:
        decoded = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unauthenticated("The Basic authorization can't be read: it is base64 of name:token.") from None
    return Credential(Way.basic, decoded.partition(":")[2])
