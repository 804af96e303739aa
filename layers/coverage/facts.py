"""What a person must look at, over each covering set: figures that follow the rules and may still be wrong.

A desk decision over direct evidence, ground that was released and is open again, a correction that lands on released
ground: the balance books them by its rules, and every such fact is kept with the days on which it is listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage import spans
from layers.coverage.cutting import within
from layers.coverage.journal import LINES, Bookings
from layers.coverage.records import NEVER, Hazards, Releases, Surveys
from layers.coverage.spans import Cover, HazardSpans, ReleaseSpans
from layers.coverage.state import Events, is_open, is_released, same_ground
from layers.vocabulary import Line

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LAYER_OF = {
    "cancellation_over_confirmed": ("releases", "hazards"),
    "released_ground_reopened": ("hazards", None),
    "released_ground_reopened_by_release": ("releases", None),
    "released_ground_kept": ("hazards", None),
    "correction_onto_released": ("hazards", None),
    "correction_moves_opened_on": ("hazards", "releases"),
    "confirmed_left_open": ("hazards", None),
    "withdrawn_on_released": ("hazards", None),
    "released_without_record": ("releases", None),
    "survey_over_open": ("surveys", None),
}
"""The layer of the record that each code concerns, and that of the other record it names."""

CODES = tuple(LAYER_OF)


@dataclass(frozen=True)
class Facts:
    """Facts of covering sets: listed on the days [begins, ends).

    Attributes:
        owner: the set.
        code: place in `CODES`.
        record, other: the records concerned, -1 for no other.
        since: the day it says it dates from.
    """

    owner: Ints
    code: Ints
    record: Ints
    other: Ints
    since: Ints
    begins: Ints
    ends: Ints


@dataclass(frozen=True)
class Look:
    """All that is known of some covering sets."""

    covers: tuple[Cover, Cover, Cover]
    hazards: Hazards
    releases: Releases
    surveys: Surveys
    h: HazardSpans
    r: ReleaseSpans
    events: Events
    bookings: Bookings
    since: Ints

    def facts(self) -> Facts:
        """Return what a person must look at."""
        parts = [
            *self._cancellations(),
            *self._reopened(),
            *self._versions(),
            *self._moved_openings(),
            *self._without_record(),
            *self._surveys_over_open(),
        ]
        columns = [np.concatenate([np.zeros(0, np.int64), *column]) for column in zip(*parts, strict=True)]
        found = Facts(*columns)
        kept = found.begins < found.ends
        return Facts(**{name: column[kept] for name, column in vars(found).items()})

    @staticmethod
    def _fact(  # noqa: PLR0913, PLR0917
        code: str, owner: Ints, record: Ints, since: Ints, days: tuple[Ints, Ints | int], other: Ints | None = None
    ) -> tuple[Ints, ...]:
        n = len(owner)
        begins, ends = days
        return (
            owner,
            np.full(n, CODES.index(code), dtype=np.int64),
            record,
            np.full(n, -1, dtype=np.int64) if other is None else other,
            since,
            begins,
            np.broadcast_to(np.asarray(ends, dtype=np.int64), (n,)),
        )

    def _cancellations(self) -> Iterator[tuple[Ints, ...]]:
        """A desk cannot cancel direct evidence."""
        h, r, rel = self.h, self.r, self.releases
        desk = np.flatnonzero((rel.rank[r.version] == 1) & ~r.waits)
        sure = np.flatnonzero(self.hazards.confirmed[h.version])
        some_h, some_r = spans.some(h, sure), spans.some(r, desk)
        a, b = same_ground(some_h, some_r, 0, len(sure))
        days = np.maximum(some_h.begins[a], some_r.begins[b]), np.minimum(some_h.ends[a], some_r.ends[b])
        since = rel.completed[some_r.version[b]]
        yield self._fact(
            "cancellation_over_confirmed", some_h.owner[a], some_r.record[b], since, days, some_h.record[a]
        )

    def _reopened(self) -> Iterator[tuple[Ints, ...]]:
        """Released ground that a version of a hazard or of its release opened again."""
        k = np.flatnonzero(self.bookings.line == LINES.index(Line.reopened))
        sets, day = self.bookings.owner[k], self.bookings.day[k]
        hazard, place = _at(self.h.owner, self.h.begins, sets, day)
        yield self._fact(
            "released_ground_reopened", sets[place], self.h.record[hazard], day[place], (day[place], NEVER)
        )
        in_effect = spans.some(self.r, np.flatnonzero(~self.r.waits))
        release, place = _at(in_effect.owner, in_effect.ends, sets, day)
        yield self._fact(
            "released_ground_reopened_by_release",
            sets[place],
            in_effect.record[release],
            day[place],
            (day[place], NEVER),
        )

    def _versions(self) -> Iterator[tuple[Ints, ...]]:
        """What single versions of hazards do to released or confirmed ground."""
        cov, hz = self.covers[0], self.hazards
        seq, v = hz.versions, cov.version
        begins = seq.begins[v]
        was, now = self.events.at(cov.owner, begins - 1), self.events.at(cov.owner, begins)
        covered_before = np.r_[False, cov.covers[:-1]][: len(v)] & ~seq.first[v]

        def listed(code: str, where: Bools) -> tuple[Ints, ...]:
            k = np.flatnonzero(where)
            return self._fact(code, cov.owner[k], seq.record[v[k]], begins[k], (begins[k], NEVER))

        yield listed("released_ground_kept", cov.covers & hz.kept[v] & is_released(now))
        landed = spans.brought(cov, seq) & ~seq.survey[v] & (is_released(was) | is_released(now))
        yield listed("correction_onto_released", landed)
        lost = seq.withdrawn[v] | ~hz.confirmed[v]
        was_confirmed = ~seq.first[v] & hz.confirmed[v - 1] & ~seq.withdrawn[v - 1] if len(v) else lost
        yield listed("confirmed_left_open", lost & was_confirmed & covered_before & is_open(was))
        gone = np.flatnonzero(seq.withdrawn[v] & covered_before)
        over = np.zeros(len(v), dtype=bool)
        over[gone[self._released_over(cov.owner[gone], begins[gone])]] = True
        yield listed("withdrawn_on_released", over)

    def _released_over(self, sets: Ints, day: Ints) -> Bools:
        """Say over which sets some release is in effect, each on its own day."""
        found = np.zeros(len(sets), dtype=bool)
        row, k = _over(self.r, sets)
        found[row[(self.r.begins[k] <= day[row]) & (day[row] < self.r.ends[k]) & ~self.r.waits[k]]] = True
        return found

    def _moved_openings(self) -> Iterator[tuple[Ints, ...]]:
        """Corrections that let an older release answer by moving `opened_on`."""
        cov, hz, rel, r = self.covers[0], self.hazards, self.releases, self.r
        seq, v = hz.versions, cov.version
        if not len(v):
            return
        k = np.flatnonzero(~seq.first[v] & ~seq.survey[v] & (hz.opened[v] < hz.opened[v - 1]) & cov.covers)
        row, at = _over(r, cov.owner[k])
        k = k[row]
        done = rel.completed[r.version[at]]
        hit = (done >= hz.opened[v[k]]) & (done < hz.opened[v[k] - 1]) & ~r.waits[at]
        k, at = k[hit], at[hit]
        begins = seq.begins[v[k]]
        yield self._fact(
            "correction_moves_opened_on", cov.owner[k], seq.record[v[k]], begins, (begins, NEVER), r.record[at]
        )

    def _without_record(self) -> Iterator[tuple[Ints, ...]]:
        """Releases on ground where no hazard has stood."""
        r = spans.some(self.r, np.flatnonzero(~self.r.waits))
        days = r.begins, np.minimum(r.ends, self.since[r.owner])
        yield self._fact("released_without_record", r.owner, r.record, self.releases.completed[r.version], days)

    def _surveys_over_open(self) -> Iterator[tuple[Ints, ...]]:
        """Surveys in force over ground that is open."""
        cov, surveys = self.covers[2], self.surveys
        seq, v = surveys.versions, cov.version
        k = np.flatnonzero(cov.covers & ~seq.withdrawn[v])
        v, owner = v[k], cov.owner[k]
        begins, ends = np.maximum(seq.begins[v], surveys.surveyed[v]), seq.ends[v]
        later = np.r_[self.events.owner[1:] == self.events.owner[:-1], False][: len(self.events.owner)]
        until = np.where(later, np.r_[self.events.day[1:], 0][: len(later)], NEVER)
        opened = np.flatnonzero(is_open(self.events.state))
        low = np.searchsorted(self.events.owner[opened], owner, "left")
        count = np.searchsorted(self.events.owner[opened], owner, "right") - low
        row = np.repeat(np.arange(len(k)), count)
        event = opened[np.repeat(low, count) + within(count)]
        days = np.maximum(begins[row], self.events.day[event]), np.minimum(ends[row], until[event])
        yield self._fact("survey_over_open", owner[row], seq.record[v[row]], surveys.surveyed[v[row]], days)


def _over(r: ReleaseSpans, sets: Ints) -> tuple[Ints, Ints]:
    """Return pairs (place in `sets`, release span over that set)."""
    low, high = np.searchsorted(r.owner, sets, "left"), np.searchsorted(r.owner, sets, "right")
    return np.repeat(np.arange(len(sets)), high - low), np.repeat(low, high - low) + within(high - low)


def _at(owner: Ints, when: Ints, sets: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Return pairs (span, place) of the spans over `sets[place]` whose day `when` is `day[place]`."""
    low, high = np.searchsorted(owner, sets, "left"), np.searchsorted(owner, sets, "right")
    place = np.repeat(np.arange(len(sets)), high - low)
    span = np.repeat(low, high - low) + within(high - low)
    hit = when[span] == day[place]
    return span[hit], place[hit]
