"""Answers that were given, kept for who asks for the same again while nothing has changed.

An answer to a read that a rule calls `lasting` depends on the store, the calendar day, who asks and the request, and on
nothing else: all of that is its key. As soon as the journal of the store grows, everything here is forgotten. Who asks,
and whether they may, is found out anew for each request before it is looked up.
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from starlette.types import Message, Scope, Send

from geo_service.access.forwarded import BASE
from geo_service.access.principals import Principal
from geo_service.store.remembered import BEFORE, Mark

MOST_BYTES, MOST_OF_ONE = 64 * 2**20, 2 * 2**20
"""Of the bodies that a process keeps, and of one; what was not asked for the longest goes."""

MOST_ASKED = 2_000
"""Characters of a request whose answer is kept: a longer one could fill the memory by what it asks."""

OVERHEAD = 2 * MOST_ASKED
"""Bytes that an answer takes beside its body, with its request and its headers."""

TELLING = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"host", b"if-match", b"if-modified-since", b"if-none-match"}
    | {b"if-range", b"if-unmodified-since", b"origin", b"range"}
)
"""Headers of a request that its answer may depend on."""

KEPT = frozenset({200, 204, 304})

Key = tuple[object, ...]


class Answer(NamedTuple):
    """A whole answer: its status, its headers, its body."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def give(self, send: Send) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body})


def key_of(scope: Scope, principal: Principal, today: dt.date) -> Key | None:
    """Return all that the answer to a request may depend on beside the store; None where that is too much to keep."""
    headers = tuple(one for one in scope["headers"] if one[0] in TELLING)
    address = (scope["path"], scope.get("query_string", b""), scope.get("root_path", ""), scope.get(BASE, ""))
    if sum(map(len, address)) + sum(len(value) for _, value in headers) > MOST_ASKED:
        return None
    return (*address, scope["scheme"], headers, principal, today)


class Recall:
    """The answers of one process."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._lock = threading.Lock()
        self._mark = BEFORE
        self._kept: OrderedDict[Key, Answer] = OrderedDict()

    def find(self, mark: Mark, key: Key) -> Answer | None:
        """Return the answer that was given to the same request of the same store."""
        with self._lock:
            if mark != self._mark or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def keep(self, mark: Mark, key: Key, answer: Answer) -> None:
        """Keep an answer that was made while the store was as its mark says, or later."""
        with self._lock:
            if mark != self._mark:
                if mark.number < self._mark.number:
                    return
                self._mark, self._kept, self._size = mark, OrderedDict(), 0
            if key in self._kept:
                return
            self._kept[key] = answer
            self._size += len(answer.body) + OVERHEAD
            while self._size > self._most:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone.body) + OVERHEAD

    def listening(self, mark: Mark, key: Key, send: Send) -> Send:
        """Return a way to send an answer that is kept once it is whole."""
        start: Message | None = None
        pieces: list[bytes] = []
        size = 0

        async def sending(message: Message) -> None:
            nonlocal start, size
            await send(message)
            if message["type"] == "http.response.start":
                start = message if _lasts(message) else None
            elif start is not None and message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                if size > MOST_OF_ONE:
                    start = None
                    pieces.clear()
                elif not message.get("more_body", False):
                    body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                    self.keep(mark, key, Answer(start["status"], tuple(start["headers"]), body))

        return sending


def _lasts(start: Message) -> bool:
    """Say whether an answer may be given again: nothing is set by it, and it is no page in somebody's language."""
    told = dict(start["headers"])
    return (
        start["status"] in KEPT
        and b"set-cookie" not in told
        and not told.get(b"content-type", b"").startswith(b"text/html")
    )
