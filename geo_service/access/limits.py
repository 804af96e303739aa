"""How much one sender may ask for: requests per minute, bytes of a body."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

REMEMBERED = 10_000
"""Senders that a process remembers; whoever has been quiet the longest is forgotten first."""


class Buckets:
    """A bucket of requests per sender, filled up at a steady rate to the number of a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, sender: str, per_minute: int) -> int:
        """Take one request out; return 0, or after how many seconds there is one again."""
        now = self._clock()
        with self._lock:
            level, since = self._filled.pop(sender, (float(per_minute), now))
            level = min(float(per_minute), level + (now - since) * per_minute / 60)
            taken = level >= 1
            self._filled[sender] = (level - 1 if taken else level, now)
            if len(self._filled) > REMEMBERED:
                self._filled.popitem(last=False)
        return 0 if taken else max(1, math.ceil((1 - level) * 60 / per_minute))


def address_of(scope: Scope) -> str:
    """Return the address of a request's sender: of the network where one sender has many (IPv6, /64)."""
    client = scope.get("client")
    if client is None:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def limited(scope: Scope, receive: Receive, most: int) -> Receive:
    """Return the body of a request, counted while it streams.

    Args:
        scope: the request.
        receive: its body.
        most: the largest body, in bytes.

    Raises:
        HTTPException: 413, at once where the request says that its body is larger, else when it turns out to be.
    """
    declared = Headers(scope=scope).get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large(most)
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise too_large(most)
        return message

    return counted


def too_large(most: int) -> HTTPException:
    """Return the refusal of a body that is too large; what is left of it is not read."""
    return HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The request is larger than {most:,} bytes. Send less at once, or ask the administrator to raise the limit.",
        headers={"Connection": "close"},
    )
