"""What a store sets about access; every request asks for it anew, so that a change counts at once everywhere."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class AccessSettings:
    """The settings of a store about access.

    Attributes:
        public_access: whether everybody without a token sees what is published: generalised hazards, counts of
            incidents, districts.
        oidc_issuer, oidc_audience: of the identity provider's bearer tokens; both empty: there is none.
        oidc_jwks: the address of its public keys, or the path of a file that holds them.
        oidc_roles_claim: where a bearer token names roles (`realm_access.roles` looks inside `realm_access`).
        oidc_name_claim: where it names the person. It must be a claim that nobody can change for themselves:
            whoever could, could approve their own work under another name.
        requests_per_minute: of one person; public_requests_per_minute: of one address without a token. Per process.
        max_upload_mb, max_body_mb: the largest file, and the largest other request, in megabytes.
    """

    public_access: bool = False
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks: str = ""
    oidc_roles_claim: str = "roles"
    oidc_name_claim: str = "sub"
    requests_per_minute: int = 6000
    public_requests_per_minute: int = 600
    max_upload_mb: int = 2000
    max_body_mb: int = 10

    @property
    def identity_provider(self) -> bool:
        """Whether bearer tokens of an identity provider are taken."""
        return bool(self.oidc_issuer and self.oidc_audience and self.oidc_jwks)


def access_settings_of(stored: Mapping[str, object]) -> AccessSettings:
    """Read the settings that a store keeps; what it leaves out takes its default.

    Raises:
        ValueError: a value is of the wrong kind, a limit is not positive, or keys would be fetched in the open.
    """
    known = {one.name: stored[one.name] for one in fields(AccessSettings) if stored.get(one.name) is not None}
    for name, value in known.items():
        kind = type(getattr(AccessSettings, name))
        if type(value) is not kind:
            words = {bool: "true or false", int: "a whole number", str: "text"}
            raise ValueError(f"{words[kind]}, not {value!r}")
        if kind is int and not 0 < int(str(value)) < 10**9:
            raise ValueError("a number above 0")
    found = AccessSettings(**known)  # type: ignore[arg-type]
    if found.oidc_jwks:
        _refuse_open_keys(found.oidc_jwks)
    return found


def _refuse_open_keys(place: str) -> None:
    """Refuse keys that anybody between here and there could replace."""
    address = urlsplit(place)
    if Path(place).is_absolute() or address.scheme == "https":
        return
    if address.scheme == "http" and is_loopback(address.hostname or ""):
        return
    raise ValueError("an https address, or the full path of a file")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine's own and nobody else's."""
    try:
        return host.lower().rstrip(".") == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
