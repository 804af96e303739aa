"""The state of the ground: for every covering set, what it is from each day on which that can change.

A set's state changes only on the days its own records begin, end or take effect. Every hazard standing over a set is
followed through its *stages*, times in which its strongest answer stays the same; what stands open, answered, released
or surveyed over the set is then counted from day to day. The work grows with the number of stages, not with their
square, so that ten thousand records over one spot are no more than ten thousand records.

A hazard standing over the set is *answered* when some release in effect there was completed on or after the hazard's
assertion date, names it if it names hazards, names all its device categories if it names any, and - for a cancellation
- the hazard is an SHA that no survey after the completion made out of a CHA.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import isin_sorted, within
from layers.coverage.records import DEVICES, NEVER, Hazards, Releases
from layers.coverage.spans import HazardSpans, ReleaseSpans, SurveySpans
from layers.vocabulary import State

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NONE, SURVEYED, CANCELLED, REDUCED, CLEARED, SHA, CHA = range(7)
STATES = (
    State.no_recorded_hazard,
    State.surveyed_no_evidence,
    State.cancelled,
    State.reduced,
    State.cleared,
    State.SHA,
    State.CHA,
)
"""The states by number. Released states are 2 to 4 (rank of the product plus one), open ones 5 and 6."""

PENDING, OVERLAP, BARE = range(len(STATES), len(STATES) + 3)
"""Columns of the tally after the states: awaiting quality control, overlap, released without record."""

PAIRS = 2_000_000
"""Pairs of a hazard and a release over the same set that are looked at at a time; bounds memory."""

_DAY_BITS = 24
_ZERO_DAY = 2**22
_RANKS = 3


def day_key(owner: Ints, day: Ints | int) -> Ints:
    """Return one number per (owner, day) that sorts by owner, then day; a day may be NEVER."""
    return (np.asarray(owner, dtype=np.int64) << _DAY_BITS) + (np.asarray(day, dtype=np.int64) + _ZERO_DAY)


def is_open(state: Ints) -> Bools:
    """Say which states are open ground."""
    return np.asarray(state >= SHA)


def is_released(state: Ints) -> Bools:
    """Say which states are released ground."""
    return np.asarray((state >= CANCELLED) & (state <= CLEARED))


@dataclass(frozen=True)
class Answers:
    """Pairs of a hazard span and a release span where the release answers the hazard, on the days [begins, ends)."""

    hazard: Ints
    release: Ints
    begins: Ints
    ends: Ints


def same_ground(h: HazardSpans, r: ReleaseSpans, low: int, high: int) -> tuple[Ints, Ints]:
    """Return all pairs (hazard span, release span) over the same set, of the hazard spans from `low` to `high`."""
    owner = h.owner[low:high]
    first, last = np.searchsorted(r.owner, owner, "left"), np.searchsorted(r.owner, owner, "right")
    return np.repeat(np.arange(low, high), last - first), np.repeat(first, last - first) + within(last - first)


def answers(h: HazardSpans, r: ReleaseSpans, hazards: Hazards, releases: Releases, named: Ints) -> Answers:
    """Return which releases answer which hazards over the same set, and when.

    Args:
        h, r: the spans.
        hazards, releases: what they say.
        named: pairs release version * number of hazard records + hazard record, ascending.
    """
    count = int(hazards.versions.record.max(initial=-1)) + 1
    work = np.cumsum(np.searchsorted(r.owner, h.owner, "right") - np.searchsorted(r.owner, h.owner, "left"))
    cuts = np.searchsorted(work, np.arange(PAIRS, work[-1] if len(work) else 0, PAIRS)) + 1
    found = []
    for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(h.owner)], strict=True):
        a, b = same_ground(h, r, low, high)
        begins, ends = np.maximum(h.begins[a], r.begins[b]), np.minimum(h.ends[a], r.ends[b])
        together = (begins < ends) & (releases.completed[r.version[b]] >= h.asserted[a])
        a, b, begins, ends = a[together], b[together], begins[together], ends[together]
        hv, rv = h.version[a], r.version[b]
        fits = ~releases.names[rv] | isin_sorted(rv * count + h.record[a], named)
        fits &= (hazards.devices[hv] & ~releases.devices[rv]) == 0
        direct = hazards.confirmed[hv] | (hazards.downgraded[hv] > releases.completed[rv])
        fits &= (releases.rank[rv] > 1) | ~direct
        found.append((a[fits], b[fits], begins[fits], ends[fits]))
    return Answers(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


@dataclass(frozen=True)
class Stages:
    """Times [begins, ends) in which a hazard standing over a set has the same answers; by set, record, day.

    Attributes:
        owner, record, version: the set, the hazard, its version.
        best: rank of the strongest release that answers it, 0 where none does.
        if_passed: the same if every release awaiting quality control had passed.
        newly: from its first day on a release answers that is in effect from that very day on.
    """

    owner: Ints
    begins: Ints
    ends: Ints
    record: Ints
    version: Ints
    best: Ints
    if_passed: Ints
    newly: Bools


def stages(h: HazardSpans, r: ReleaseSpans, found: Answers, releases: Releases) -> Stages:
    """Follow each hazard over each set through its answers."""
    span = np.arange(len(h.owner))
    start = day_key(span, h.begins)
    opens, closes = day_key(found.hazard, found.begins), day_key(found.hazard, found.ends)
    key = np.unique(np.concatenate([start, opens, closes]))
    owner, day = key >> _DAY_BITS, (key & (2**_DAY_BITS - 1)) - _ZERO_DAY
    rank, waits = releases.rank[r.version[found.release]], r.waits[found.release]
    counts = np.zeros((2 * _RANKS, len(key)), dtype=np.int32)
    for sign, when in ((1, np.searchsorted(key, opens)), (-1, np.searchsorted(key, closes))):
        for one in range(_RANKS):
            mine = rank == one + 1
            np.add.at(counts[one], when[mine & ~waits], sign)
            np.add.at(counts[_RANKS + one], when[mine], sign)
    # What answers a hazard's span begins and ends within it, so that one sum over all spans counts within each.
    counts = np.cumsum(counts, axis=1)
    newly = np.zeros(len(key), dtype=bool)
    fresh = ~waits & r.fresh[found.release] & (r.begins[found.release] == found.begins)
    newly[np.searchsorted(key, opens[fresh])] = True
    ends = np.where(np.r_[owner[1:] == owner[:-1], False][: len(key)], np.r_[day[1:], 0][: len(key)], h.ends[owner])
    k = np.flatnonzero(day < h.ends[owner])
    best, if_passed = _strongest(counts[:_RANKS, k]), _strongest(counts[_RANKS:, k])
    o = owner[k]
    return Stages(h.owner[o], day[k], ends[k], h.record[o], h.version[o], best, if_passed, newly[k])


def _strongest(counts: NDArray[np.int32]) -> Ints:
    ranks = np.arange(1, _RANKS + 1)[:, np.newaxis]
    return np.asarray(np.max(np.where(counts > 0, ranks, 0), axis=0, initial=0), dtype=np.int64)


@dataclass(frozen=True)
class Events:
    """The states of sets, an event per (set, day) on which something there begins or ends; ascending.

    Attributes:
        owner, day: the set and the day.
        state: number in `STATES`, from that day on.
        profile: device mask of the unanswered hazards.
        unanswered: how many hazards are unanswered.
        awaits: open ground that the releases awaiting quality control would release.
        first_stands: an unanswered hazard stands for the first day anywhere.
        by_survey: an unanswered hazard has a survey version from this day.
        answered: a release newly in effect answers a hazard that was unanswered the day before and still stands.
    """

    owner: Ints
    day: Ints
    state: Ints
    profile: Ints
    unanswered: Ints
    awaits: Bools
    first_stands: Bools
    by_survey: Bools
    answered: Bools

    def at(self, sets: Ints, day: Ints) -> Ints:
        """Return the state number of sets, each on its own day."""
        place = np.searchsorted(day_key(self.owner, self.day), day_key(sets, day), side="right") - 1
        known = place >= 0
        known[known] = self.owner[place[known]] == sets[known]
        return np.where(known, self.state[place], NONE) if len(self.owner) else np.full(len(sets), NONE)


def events(x: Stages, r: ReleaseSpans, s: SurveySpans, hazards: Hazards, releases: Releases) -> Events:
    """Work out the states of the sets over which hazards, releases and surveys lie."""
    e = np.flatnonzero(~r.waits)
    intervals = ((x.owner, x.begins, x.ends), (r.owner[e], r.begins[e], r.ends[e]), (s.owner, s.begins, s.ends))
    key = np.unique(np.concatenate([day_key(owner, when) for owner, *both in intervals for when in both]))
    owner, day = key >> _DAY_BITS, (key & (2**_DAY_BITS - 1)) - _ZERO_DAY
    n = len(key)
    (h_on, h_off), (r_on, r_off), (s_on, s_off) = (
        tuple(np.searchsorted(key, day_key(sets, when)) for when in both) for sets, *both in intervals
    )

    def count(on: Ints, off: Ints, where: Bools) -> Ints:
        """Count the intervals that hold at each event: all of a set's close in it, so that one sum serves all sets."""
        change = np.bincount(on[where], minlength=n) - np.bincount(off[where], minlength=n)
        return np.asarray(np.cumsum(change), dtype=np.int64)

    def hold(where: Bools) -> Ints:
        return count(h_on, h_off, where)

    open_ = x.best == 0
    unanswered, confirmed = hold(open_), hold(open_ & hazards.confirmed[x.version])
    weakest = np.select([hold(x.best == rank) > 0 for rank in (1, 2, 3)], [1, 2, 3], 0)
    rank = releases.rank[r.version[e]]
    strongest = np.select([count(r_on, r_off, rank == one) > 0 for one in (3, 2, 1)], [3, 2, 1], 0)
    released = np.where(weakest > 0, weakest, strongest)
    surveyed = count(s_on, s_off, np.ones(len(s.owner), dtype=bool)) > 0
    state = np.where(released > 0, released + 1, np.where(surveyed, SURVEYED, NONE))
    state = np.where(unanswered > 0, np.where(confirmed > 0, CHA, SHA), state)
    profile = np.zeros(n, dtype=np.int64)
    devices = hazards.devices[x.version]
    for bit in range(len(DEVICES)):
        mine = open_ & ((devices >> bit) & 1 > 0)
        if mine.any():
            profile |= (hold(mine) > 0).astype(np.int64) << bit
    seq = hazards.versions
    before = np.r_[
        False, (x.owner[1:] == x.owner[:-1]) & (x.record[1:] == x.record[:-1]) & (x.ends[:-1] == x.begins[1:])
    ]
    was_open = before[: len(x.owner)] & np.r_[False, open_[:-1]][: len(x.owner)]

    def marked(where: Bools) -> Bools:
        return np.bincount(h_on[where], minlength=n) > 0

    return Events(
        owner=owner,
        day=day,
        state=state,
        profile=profile,
        unanswered=unanswered,
        awaits=(unanswered > 0) & (hold(x.if_passed == 0) == 0),
        first_stands=marked(open_ & (hazards.born[x.version] == x.begins)),
        by_survey=marked(open_ & seq.survey[x.version] & (seq.begins[x.version] == x.begins)),
        answered=marked(x.newly & was_open),
    )


def standing_since(h: HazardSpans, count: int) -> Ints:
    """Return for each of `count` sets the first day on which some hazard stood there; NEVER where none did."""
    since = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(since, h.owner, h.begins)
    return since
