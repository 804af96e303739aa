"""Versions of what is filed beside the records: numbered by what they are of, and which of them holds when."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from geo_service.store.log import Filed, Log


class Version(Protocol):
    """A version of something."""

    @property
    def valid_from(self) -> dt.date:
        """From when it describes the ground."""

    @property
    def recorded_at(self) -> dt.datetime:
        """From when it is known."""


V = TypeVar("V", bound=Version)


def versions_of(log: Log, kind: str, make: Callable[[Filed, int], V]) -> list[V]:
    """Return every version of all that is filed of a kind, in the order of filing.

    Args:
        log: the store.
        kind: of the filing.
        make: returns a version of what was filed and its number, from 1 for each subject.
    """
    number: Counter[str] = Counter()
    found = []
    for one in log.filing.all(kind):
        number[one.subject] += 1
        found.append(make(one, number[one.subject]))
    return found


def in_force(
    every: Iterable[V], subject: Callable[[V], str], as_of: dt.date, known_at: dt.datetime | None
) -> dict[str, V]:
    """Return by subject the version that holds at (`as_of`, `known_at`; None: now): of the latest date, the last filed.

    Args:
        every: versions in the order of filing.
        subject: what a version is of.
        as_of, known_at: the ground date and the knowledge time.
    """
    found: dict[str, V] = {}
    for one in every:
        if one.valid_from > as_of or (known_at is not None and one.recorded_at > known_at):
            continue
        before = found.get(subject(one))
        if before is None or before.valid_from <= one.valid_from:
            found[subject(one)] = one
    return found
