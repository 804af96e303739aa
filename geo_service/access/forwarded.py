"""What a proxy says of a request that it passes on: who sent it, by which scheme and host, under which path.

Only a proxy that the operator trusts is believed; anybody else could write the same headers.
"""

import ipaddress
import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

BASE = "clearway.base"
"""Where a request's scope holds the scheme and host that the client asked for, where a trusted proxy says so."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """Return the addresses and networks of a list, such as 127.0.0.1,10.0.0.0/8; `*` is everybody.

    Raises:
        ValueError: one of them is none.
    """
    if text.strip() == "*":
        return (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    return tuple(ipaddress.ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip())


class Forwarded:
    """Takes over what trusted proxies say (X-Forwarded-For, -Proto, -Host, -Prefix), and passes requests on."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app, self._trusted = app, tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope.get("client") and self._trusts(scope["client"][0]):
            scope = self._told(scope)
        await self.app(scope, receive, send)

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in one for one in self._trusted)

    def _told(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        told = dict(scope)
        proto = headers.get("x-forwarded-proto", "").strip().lower()
        if proto in {"http", "https"}:
            told["scheme"] = proto
        host = headers.get("x-forwarded-host", "").split(",")[0].strip() or headers.get("host", "")
        if _HOST.fullmatch(host):
            # The Host header itself stays: by it a service that runs open tells strangers.
            told[BASE] = f"{told['scheme']}://{host}"
        prefix = headers.get("x-forwarded-prefix", "").strip().rstrip("/")
        if _PREFIX.fullmatch(prefix):
            told["root_path"] = prefix
        sender = self._sender(headers.get("x-forwarded-for", ""))
        if sender:
            told["client"] = (sender, 0)
        return told

    def _sender(self, chain: str) -> str | None:
        """Return the last address of a chain that no trusted proxy has."""
        for one in reversed([part.strip() for part in chain.split(",") if part.strip()]):
            if not self._trusts(one):
                return one
        return None
