"""The journal: every change of a covering set's end-of-day state, booked once on the line it belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.records import NEVER
from layers.coverage.state import CANCELLED, CHA, NONE, Events, is_open, is_released
from layers.vocabulary import Line

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LINES = tuple(Line)
_NEW, _EXPANSION, _RECLASSIFIED, _CANCELLED, _REDUCED, _CLEARED, _REOPENED, _CORRECTED = range(len(LINES))
UNBOOKED = len(LINES)
"""Ground found and released within a day, or entered late: in the partition, on no line."""


@dataclass(frozen=True)
class Bookings:
    """Bookings of covering sets, in order of set and day.

    Attributes:
        owner, day: (b,) the set and the day.
        line: (b,) number in `LINES`, or UNBOOKED.
        confirmed: (b,) the class it is booked in: CHA, else SHA.
        profile: (b,) the device mask it is booked in.
        sign: (b,) +1 or -1.
    """

    owner: Ints
    day: Ints
    line: Ints
    confirmed: Bools
    profile: Ints
    sign: Ints


def follows(events: Events) -> Bools:
    """Say which events are not their set's first."""
    return np.asarray(np.r_[False, events.owner[1:] == events.owner[:-1]][: len(events.owner)], dtype=bool)


def before(values: Ints, later: Bools, first: int) -> Ints:
    """Return the value of the event before each; `first` where it is its set's first."""
    return np.where(later, np.r_[first, values[:-1]][: len(values)], first)


def bookings(events: Events) -> Bookings:
    """Book every change of state.

    The line of a change from the state of the day before (`was`) to the new one (`now`):
    not open -> open is reopened on released ground, else new, expansion or corrected by what the unanswered hazards
    are; open -> open is reclassified where class or profile differ; open -> released is the state reached where a
    release newly in effect answers, else corrected; open -> nothing is corrected.
    """
    later = follows(events)
    was, now = before(events.state, later, NONE), events.state
    was_profile = before(events.profile, later, 0)
    opened = ~is_open(was) & is_open(now)
    closed = is_open(was) & ~is_open(now)
    changed = is_open(was) & is_open(now) & ((was != now) | (was_profile != events.profile))
    gain = np.select(
        [is_released(was), events.first_stands, events.by_survey],
        [_REOPENED, _NEW, _EXPANSION],
        _CORRECTED,
    )
    loss = np.where(is_released(now) & events.answered, now - CANCELLED + _CANCELLED, _CORRECTED)
    bare = ~is_open(was) & ~is_released(was) & is_released(now)

    def booked(where: Bools, line: Ints | int, state: Ints, profile: Ints, sign: int) -> tuple[Ints, ...]:
        at = np.flatnonzero(where & (events.day < NEVER))
        lines = np.broadcast_to(np.asarray(line, dtype=np.int64), where.shape)[at]
        confirmed = (state[at] == CHA).astype(np.int64)
        return at, lines, confirmed, profile[at], np.full(len(at), sign, dtype=np.int64)

    parts = [
        booked(opened, gain, now, events.profile, 1),
        booked(closed, loss, was, was_profile, -1),
        booked(changed, _RECLASSIFIED, was, was_profile, -1),
        booked(changed, _RECLASSIFIED, now, events.profile, 1),
        booked(bare, UNBOOKED, now, events.profile, 1),
    ]
    at, line, confirmed, profile, sign = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(at, kind="stable")
    at = at[order]
    return Bookings(
        events.owner[at], events.day[at], line[order], confirmed[order].astype(bool), profile[order], sign[order]
    )
