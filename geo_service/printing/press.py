"""The press: the last printed files are kept for those who ask again."""

import threading
from collections import OrderedDict
from collections.abc import Callable

KEPT_BYTES = 64_000_000
"""Bytes of printed files that are kept."""


class Press:
    """Prints files, and keeps the last ones by their tags."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def printed(self, tag: str, make: Callable[[], bytes]) -> bytes:
        """Return the file of a tag, made where it is not kept."""
        with self._lock:
            if tag in self._kept:
                self._kept.move_to_end(tag)
                return self._kept[tag]
        made = make()
        with self._lock:
            self._kept[tag] = made
            while sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return made
