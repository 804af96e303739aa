"""Tokens: random secrets that are shown once, kept as their hash, and can be taken back at once.

A token reads `cw_`, an id, `_`, and 256 random bits. The id finds it; a SHA-256 of the whole is all that is kept: what
is random needs no slow hash, since nobody can try its values out.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from geo_service.access.principals import GRANTED, RESERVED, Principal, Role, identity
from geo_service.clock import Clock
from layers.definitions import LAYERS

FORM = re.compile(r"cw_(?P<id>[0-9a-f]{12})_[A-Za-z0-9_-]{43}")
"""What a token looks like."""

_ID = re.compile(r"[0-9a-f]{12}")
_DAYS = re.compile(r"(\d{1,5})d")


class BadToken(ValueError):
    """What is asked for can't be a token."""


@dataclass(frozen=True)
class Token:
    """A token as the store knows it: everything but the secret.

    Attributes:
        id, name: what finds it; of the tokens not revoked no two share a name.
        owner: the person who uses it.
        role: what they may do with it.
        layers: the layers that it may write, None for all.
        read_only: it only reads.
        created_at, expires_at, revoked_at: UTC; None where it does not expire, was not revoked.
        sha256: of the token, in hexadecimal.
    """

    id: str
    name: str
    owner: str
    role: Role
    layers: tuple[str, ...] | None
    read_only: bool
    created_at: dt.datetime
    expires_at: dt.datetime | None
    sha256: str
    revoked_at: dt.datetime | None = None

    def holds(self, now: dt.datetime) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def principal(self) -> Principal:
        """Who comes with it."""
        layers = None if self.layers is None else frozenset(self.layers)
        return Principal(self.owner, self.role, layers, self.read_only, self.name)


class Tokens(Protocol):
    """Where tokens are kept. Every process that shares the store sees a change at its next request."""

    def add(self, token: Token, author: str = "") -> None:
        """Keep a token.

        Raises:
            WrongState: another one that is not revoked has its name.
        """

    def find(self, token_id: str) -> Token | None:
        """Return the token of an id, None where there is none."""

    def all(self) -> list[Token]:
        """Return all tokens, revoked ones too, in order of creation."""

    def ever(self) -> bool:
        """Say whether there was ever a token, revoked or not."""

    def revoke(self, named: str, author: str = "") -> Token:
        """Take a token back, by its name or its id.

        Raises:
            NotFound: no token that is not revoked has this name or id.
        """


def create(  # noqa: PLR0913
    tokens: Tokens,
    clock: Clock,
    name: str,
    role: str,
    *,
    owner: str = "",
    expires_at: dt.datetime | None = None,
    layers: Iterable[str] | None = None,
    read_only: bool = False,
    author: str = "",
) -> tuple[Token, str]:
    """Make a token and keep it.

    Args:
        tokens: where it is kept.
        clock: where the time comes from.
        name: of the token.
        role: viewer, editor, reviewer or admin.
        owner: the person who uses it; the name where it is left out.
        expires_at: until when it holds; None for ever.
        layers: the layers that it may write; None for all.
        read_only: it only reads.
        author: who makes it.

    Returns:
        The token, and its text: the only time that the secret is seen.

    Raises:
        BadToken: a role or a layer that there is not, an empty or reserved name, or a time that is past.
        WrongState: another token has the name.
    """
    now = clock()
    name, owner = " ".join(name.split()), " ".join((owner or name).split())
    for one in (name, owner):
        if not one or not one.isprintable() or len(one) > 200:
            raise BadToken("A token and its owner have names of up to 200 letters.")
    if identity(owner) in RESERVED:
        raise BadToken(f"{owner} is a name that the service gives itself. Name the person who uses the token.")
    if _ID.fullmatch(name):
        raise BadToken(f"{name} looks like the id of a token. Choose another name.")
    granted = {one.name: one for one in GRANTED}
    if role not in granted:
        raise BadToken(f"There is no role {role!r}; roles: {', '.join(granted)}.")
    chosen = None if layers is None else tuple(sorted(set(layers)))
    for layer in chosen or ():
        if layer not in LAYERS:
            raise BadToken(f"There is no layer {layer!r}; layers: {', '.join(LAYERS)}.")
    if expires_at is not None and expires_at <= now:
        raise BadToken("The token would have expired already. Choose a later date.")
    text_id = secrets.token_hex(6)
    text = f"cw_{text_id}_{secrets.token_urlsafe(32)}"
    token = Token(text_id, name, owner, granted[role], chosen, read_only, now, expires_at, _sha256(text))
    tokens.add(token, author)
    return token, text


def verified(tokens: Tokens, text: str) -> Token | None:
    """Return the token that a text is, whether or not it still holds; None where it is none."""
    looks = FORM.fullmatch(text)
    token = tokens.find(looks["id"]) if looks else None
    if token is None or not hmac.compare_digest(token.sha256, _sha256(text)):
        return None
    return token


def expiry(text: str, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return the instant that a text such as `90d` or `2027-01-31` (the end of that day in a zone) names.

    Raises:
        BadToken: it is neither.
    """
    days = _DAYS.fullmatch(text)
    try:
        if days:
            return now + dt.timedelta(days=int(days[1]))
        day = dt.date.fromisoformat(text) + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise BadToken(f"{text!r} is neither a number of days, such as 90d, nor a date, such as 2027-01-31.") from None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
