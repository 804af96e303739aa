"""Bearer tokens of an identity provider (OpenID Connect): verified with its public keys by pyjwt.

The algorithms are fixed, whatever a token says of itself; issuer, audience and expiry are always checked.
"""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWTError

from geo_service.access.principals import GRANTED, Principal, Role
from geo_service.access.settings import AccessSettings

ALGORITHMS = ("RS256", "ES256")
LEEWAY_S = 30
"""By how much the clocks may differ, in seconds."""

KEPT_S, COOLDOWN_S, TIMEOUT_S = 300.0, 10.0, 3.0
"""How long keys are kept, how soon an unknown key or a failure makes us ask again, how long we wait, in seconds."""


class BadBearer(Exception):
    """A bearer token that the service does not take; the message never holds any of it."""


class Unavailable(Exception):
    """The identity provider's keys can't be had at the moment."""


class IdentityProvider:
    """Verifies the bearer tokens of one provider. Safe to use from many threads."""

    def __init__(self, settings: AccessSettings, *, cooldown_s: float = COOLDOWN_S) -> None:
        self.settings = settings
        place = settings.oidc_jwks
        self._keys = _FileKeys(Path(place)) if Path(place).is_absolute() else _WebKeys(place, cooldown_s)

    def principal(self, text: str) -> Principal:
        """Return who comes with a bearer token.

        Raises:
            BadBearer: it is not valid here.
            Unavailable: the keys can't be fetched.
        """
        try:
            head = jwt.get_unverified_header(text)
            if head.get("alg") not in ALGORITHMS:
                raise BadBearer(f"The bearer token is not signed by {' or '.join(ALGORITHMS)}.")
            key = self._keys.find(str(head.get("kid", "")))
            if key.public_key_use not in (None, "sig") or key.algorithm_name not in ALGORITHMS:
                raise BadBearer("The bearer token is signed by a key that is not for signing.")
            claims = jwt.decode(
                text,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.oidc_audience,
                issuer=self.settings.oidc_issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud"], "verify_iat": True},
            )
        except jwt.ExpiredSignatureError:
            raise BadBearer("The bearer token has expired. Sign in again.") from None
        except PyJWKClientConnectionError:
            raise Unavailable("The identity provider does not answer. Try again in a minute.") from None
        except PyJWTError:
            raise BadBearer("The bearer token is not valid for this register.") from None
        return self._principal(claims)

    def _principal(self, claims: Mapping[str, object]) -> Principal:
        name = claims.get(self.settings.oidc_name_claim)
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 200:
            raise BadBearer(f"The bearer token names nobody in {self.settings.oidc_name_claim}.")
        return Principal(" ".join(name.split()), role_of(claims, self.settings.oidc_roles_claim))


def role_of(claims: Mapping[str, object], path: str) -> Role:
    """Return the highest role that a claim names; `nobody` where it names none of ours.

    Args:
        claims: of a verified token.
        path: the claim's name, or the way to it with dots: a text with words, or a list.
    """
    found: object = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    words = found.split() if isinstance(found, str) else found if isinstance(found, Sequence) else ()
    return max((one for one in GRANTED if one.name in words), default=Role.nobody)


class _FileKeys:
    """The keys in a file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int], jwt.PyJWKSet] | None = None

    def find(self, kid: str) -> jwt.PyJWK:
        """Return the key of an id.

        Raises:
            BadBearer: there is none.
            Unavailable: the file can't be read.
        """
        with self._lock:
            try:
                now = self._path.stat()
                seen = (now.st_mtime_ns, now.st_size)
                if self._read is None or self._read[0] != seen:
                    self._read = (seen, jwt.PyJWKSet.from_json(self._path.read_text()))
            except (OSError, ValueError, PyJWTError):
                raise Unavailable("The file with the identity provider's keys can't be read.") from None
            keys = self._read[1]
        try:
            return keys[kid]
        except KeyError:
            raise BadBearer("The bearer token is signed by an unknown key.") from None


class _WebKeys:
    """The keys at an address, kept for some minutes and fetched again for an id that is not among them."""

    def __init__(self, address: str, cooldown_s: float) -> None:
        self._client = jwt.PyJWKClient(address, lifespan=KEPT_S, timeout=TIMEOUT_S, cooldown_duration=cooldown_s)
        self._cooldown_s = cooldown_s
        self._failed = -math.inf
        self._lock = threading.Lock()

    def find(self, kid: str) -> jwt.PyJWK:
        """Return the key of an id.

        Raises:
            PyJWTError: there is none, or the provider does not answer.
        """
        # One asks at a time, and after a failure nobody for a while: a provider that hangs holds up no other request.
        with self._lock:
            if time.monotonic() < self._failed + self._cooldown_s:
                return self._kept(kid)
            try:
                return self._client.get_signing_key(kid)
            except PyJWKClientConnectionError:
                self._failed = time.monotonic()
                return self._kept(kid)

    def _kept(self, kid: str) -> jwt.PyJWK:
        cache = self._client.jwk_set_cache
        if cache is None or cache.get() is None:
            raise PyJWKClientConnectionError
        try:
            return self._client.get_jwk_set()[kid]
        except KeyError:
            raise BadBearer("The bearer token is signed by an unknown key.") from None
