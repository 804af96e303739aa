"""The state of the ground: for every covering set, what it is on each day on which that can change.

A set's state changes only on the days its own records begin, end or take effect. It is worked out once on each such
day (an *event*) by the rules below; every date's partition and every period's ledger are sums over events.

A hazard standing over the set is *answered* when some release in effect there was completed on or after the hazard's
assertion date, names it if it names hazards, names all its device categories if it names any, and - for a cancellation
- the hazard is an SHA that no survey after the completion made out of a CHA.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import within
from layers.coverage.records import NEVER, Hazards, Releases
from layers.coverage.spans import HazardSpans, ReleaseSpans, SurveySpans, isin_sorted
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

_DAY_BITS = 24
_ZERO_DAY = 2**22


def day_key(owner: Ints, day: Ints | int) -> Ints:
    """Return one number per (set, day) that sorts by set, then day; a day may be NEVER."""
    return (np.asarray(owner, dtype=np.int64) << (_DAY_BITS + 1)) + (np.asarray(day, dtype=np.int64) + _ZERO_DAY)


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
        open_event, open_hazard: pairs (event, record) of unanswered hazards, ascending.
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
    open_event: Ints
    open_hazard: Ints


def joined(parts: list[Events]) -> Events:
    """Put events of ascending sets together."""
    shift = np.cumsum([0, *(len(part.owner) for part in parts)])
    columns = {}
    for one in fields(Events):
        arrays = [getattr(part, one.name) for part in parts]
        if one.name == "open_event":
            arrays = [array + by for array, by in zip(arrays, shift, strict=False)]
        columns[one.name] = np.concatenate(arrays)
    return Events(**columns)


@dataclass(frozen=True)
class Answers:
    """Pairs of a hazard span and a release span where the release answers the hazard, on the days [begins, ends)."""

    hazard: Ints
    release: Ints
    begins: Ints
    ends: Ints


def same_ground(h: HazardSpans, r: ReleaseSpans) -> tuple[Ints, Ints]:
    """Return all pairs (hazard span, release span) over the same set."""
    low, high = np.searchsorted(r.owner, h.owner, "left"), np.searchsorted(r.owner, h.owner, "right")
    return np.repeat(np.arange(len(h.owner)), high - low), np.repeat(low, high - low) + within(high - low)


def answers(h: HazardSpans, r: ReleaseSpans, hazards: Hazards, releases: Releases) -> Answers:
    """Return which releases answer which hazards over the same set, and when."""
    a, b = same_ground(h, r)
    begins, ends = np.maximum(h.begins[a], r.begins[b]), np.minimum(h.ends[a], r.ends[b])
    together = (begins < ends) & (releases.completed[r.version[b]] >= h.asserted[a])
    a, b, begins, ends = a[together], b[together], begins[together], ends[together]
    hv, rv = h.version[a], r.version[b]
    named = isin_sorted(rv * len(hazards.versions.ids) + h.record[a], releases.named)
    fits = ~releases.names[rv] | named
    fits &= (hazards.devices[hv] & ~releases.devices[rv]) == 0
    direct = hazards.confirmed[hv] | (hazards.downgraded[hv] > releases.completed[rv])
    fits &= (releases.rank[rv] > 1) | ~direct
    return Answers(a[fits], b[fits], begins[fits], ends[fits])


class _Days:
    """The days on which something begins or ends over each set, ascending, and the spans spread over them."""

    def __init__(self, spans: Sequence[HazardSpans | ReleaseSpans | SurveySpans]) -> None:
        self.key = np.unique(np.concatenate([day_key(x.owner, when) for x in spans for when in (x.begins, x.ends)]))
        # The day NEVER closes a set's last span; nothing is in force from then on, and no date reaches it.
        self.day = (self.key & (2 ** (_DAY_BITS + 1) - 1)) - _ZERO_DAY
        self.owner = self.key >> (_DAY_BITS + 1)
        self.count = len(self.key)

    def spread(self, owners: Ints, begins: Ints, ends: Ints) -> tuple[Ints, Ints, Ints]:
        """Return (span, event) for every event within each span, and for each span what makes an event its row."""
        first = np.searchsorted(self.key, day_key(owners, begins))
        count = np.searchsorted(self.key, day_key(owners, ends)) - first
        span = np.repeat(np.arange(len(owners)), count)
        return span, first[span] + within(count), np.cumsum(count) - count - first

    def any(self, events: Ints) -> Bools:
        """Say which events occur in a list."""
        return np.bincount(events, minlength=self.count) > 0


@dataclass(frozen=True)
class _Standing:
    """Hazards standing at events, a row per (event, hazard), and the strongest answer to each.

    Attributes:
        at, record, version: the event, the hazard, its version.
        best: rank of the strongest release that answers it, 0 where none does.
        if_passed: the same if every release awaiting quality control had passed.
        newly: a release answers it that is in effect from this very day on.
    """

    at: Ints
    record: Ints
    version: Ints
    best: Ints
    if_passed: Ints
    newly: Bools


def _standing(days: _Days, h: HazardSpans, r: ReleaseSpans, hazards: Hazards, releases: Releases) -> _Standing:
    span, at, offset = days.spread(h.owner, h.begins, h.ends)
    found = answers(h, r, hazards, releases)
    pair, when, _ = days.spread(h.owner[found.hazard], found.begins, found.ends)
    row = offset[found.hazard][pair] + when
    by = found.release[pair]
    rank, waits = releases.rank[r.version[by]], r.waits[by]
    best, if_passed = np.zeros(len(span), dtype=np.int64), np.zeros(len(span), dtype=np.int64)
    np.maximum.at(best, row[~waits], rank[~waits])
    np.maximum.at(if_passed, row, rank)
    newly = np.zeros(len(span), dtype=bool)
    newly[row[~waits & r.fresh[by] & (r.begins[by] == days.day[when])]] = True
    return _Standing(at, h.record[span], h.version[span], best, if_passed, newly)


def evaluate(h: HazardSpans, r: ReleaseSpans, s: SurveySpans, hazards: Hazards, releases: Releases) -> Events:
    """Work out the events of the sets that the spans lie over."""
    days = _Days((h, r, s))
    n = days.count
    x = _standing(days, h, r, hazards, releases)
    open_ = x.best == 0
    unanswered = np.bincount(x.at[open_], minlength=n)
    weakest = np.full(n, len(STATES), dtype=np.int64)
    np.minimum.at(weakest, x.at, x.best)
    in_effect = np.flatnonzero(~r.waits)
    over, on, _ = days.spread(r.owner[in_effect], r.begins[in_effect], r.ends[in_effect])
    strongest = np.zeros(n, dtype=np.int64)
    np.maximum.at(strongest, on, releases.rank[r.version[in_effect[over]]])
    released = np.where(days.any(x.at), weakest, strongest)
    surveyed = days.any(days.spread(s.owner, s.begins, s.ends)[1])
    confirmed = days.any(x.at[open_ & hazards.confirmed[x.version]])
    state = np.where(released > 0, released + 1, np.where(surveyed, SURVEYED, NONE))
    state = np.where(unanswered > 0, np.where(confirmed, CHA, SHA), state)

    profile = np.zeros(n, dtype=np.int64)
    np.bitwise_or.at(profile, x.at[open_], hazards.devices[x.version[open_]])
    still_open = days.any(x.at[x.if_passed == 0])
    seq = hazards.versions
    today = (seq.begins[x.version] == days.day[x.at]) & seq.survey[x.version]
    place = np.lexsort((x.record[open_], x.at[open_]))
    open_event, open_hazard = x.at[open_][place], x.record[open_][place]
    open_key = open_event * len(seq.ids) + open_hazard
    same_set = np.r_[False, days.owner[1:] == days.owner[:-1]][:n]
    open_before = same_set[x.at] & isin_sorted((x.at - 1) * len(seq.ids) + x.record, open_key)
    return Events(
        owner=days.owner,
        day=days.day,
        state=state,
        profile=profile,
        unanswered=unanswered,
        awaits=(unanswered > 0) & ~still_open,
        first_stands=days.any(x.at[open_ & (hazards.born[x.record] == days.day[x.at])]),
        by_survey=days.any(x.at[open_ & today]),
        answered=days.any(x.at[x.newly & open_before]),
        open_event=open_event,
        open_hazard=open_hazard,
    )


def standing_since(h: HazardSpans, count: int) -> Ints:
    """Return for each of `count` sets the first day on which some hazard stood there; NEVER where none did."""
    since = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(since, h.owner, h.begins)
    return since
