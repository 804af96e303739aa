"""The journal: every change of a covering set's end-of-day state, booked once on the line it belongs to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.records import NEVER
from layers.coverage.state import CANCELLED, CHA, CLEARED, NONE, SHA, Events, day_key
from layers.vocabulary import Line

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LINES = tuple(Line)
_NEW, _EXPANSION, _RECLASSIFIED, _CANCELLED, _REDUCED, _CLEARED, _REOPENED, _CORRECTED = range(len(LINES))
UNBOOKED = len(LINES)
"""Ground found and released within a day, or entered late: in the partition, on no line."""


def is_open(state: Ints) -> Bools:
    """Say which states are open ground."""
    return state >= SHA


def is_released(state: Ints) -> Bools:
    """Say which states are released ground."""
    return (state >= CANCELLED) & (state <= CLEARED)


@dataclass(frozen=True)
class Journal:
    """States of covering sets by day, and the bookings between them.

    Attributes:
        events: the states.
        key: (events,) set and day as one ascending number.
        since: (sets,) the first day on which a hazard stood there; NEVER where none did.
        owner, day: (b,) the set and the day of each booking.
        line: (b,) number in `LINES`, or UNBOOKED.
        confirmed: (b,) the class it is booked in: CHA, else SHA.
        profile: (b,) the device mask it is booked in.
        sign: (b,) +1 or -1.
    """

    events: Events
    key: Ints
    since: Ints
    owner: Ints
    day: Ints
    line: Ints
    confirmed: Bools
    profile: Ints
    sign: Ints

    def current(self, sets: Ints, day: Ints | int) -> Ints:
        """Return the event in force over each set on a day (each on its own where many), -1 before the first."""
        place = np.searchsorted(self.key, day_key(sets, day), side="right") - 1
        known = place >= 0
        known[known] = self.events.owner[place[known]] == sets[known]
        return np.where(known, place, -1)


def journal_of(events: Events, since: Ints) -> Journal:
    """Book every change of state.

    The line of a change from the state of the day before (`was`) to the new one (`now`):
    not open -> open is reopened on released ground, else new, expansion or corrected by what the unanswered hazards
    are; open -> open is reclassified where class or profile differ; open -> released is the state reached where a
    release newly in effect answers, else corrected; open -> nothing is corrected.
    """
    n = len(events.owner)
    follows = np.r_[False, events.owner[1:] == events.owner[:-1]][:n]
    before = np.arange(n) - 1
    was = np.where(follows, events.state[before], NONE) if n else events.state
    now = events.state
    was_profile = np.where(follows, events.profile[before], 0) if n else events.profile
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
        at = np.flatnonzero(where)
        lines = np.broadcast_to(np.asarray(line, dtype=np.int64), (n,))[at]
        return (
            at,
            lines,
            (state[at] == CHA).astype(np.int64),
            profile[at],
            np.full(len(at), sign, dtype=np.int64),
        )

    parts = [
        booked(opened, gain, now, events.profile, 1),
        booked(closed, loss, was, was_profile, -1),
        booked(changed, _RECLASSIFIED, was, was_profile, -1),
        booked(changed, _RECLASSIFIED, now, events.profile, 1),
        booked(bare, UNBOOKED, now, events.profile, 1),
    ]
    at, line, confirmed, profile, sign = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    real = events.day[at] < NEVER
    place = np.lexsort((line, at))
    place = place[real[place]]
    at = at[place]
    return Journal(
        events,
        day_key(events.owner, events.day),
        since,
        events.owner[at],
        events.day[at],
        line[place],
        confirmed[place].astype(bool),
        profile[place],
        sign[place],
    )
