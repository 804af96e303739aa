"""What a person must look at: figures that follow the rules and may still be wrong, each with its m2.

A desk decision over direct evidence, ground that was released and is open again, a correction that lands on released
ground: the balance books them by its rules, and they are listed so that nobody overlooks them.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage import spans
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.journal import LINES, is_open, is_released
from layers.coverage.partition import Ground, ground_on, open_hazards
from layers.coverage.records import NEVER
from layers.coverage.state import NONE, same_ground
from layers.vocabulary import Line

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MEANING = {
    "cancellation_over_confirmed": "a cancellation lies over a confirmed hazardous area, and answers nothing there",
    "released_ground_reopened": "released ground is open again",
    "released_ground_kept": "worse evidence, but the released ground was kept by decision (keeps_released)",
    "correction_onto_released": "a correction brought the hazard onto released ground",
    "correction_moves_opened_on": "a correction moved opened_on to or before a release's completion",
    "release_names_unknown": "the release names a hazard that does not exist or was withdrawn",
    "cleared_without_qc": "cleared ground counts as released without quality control",
    "found_after_release": "an accident or spot is later than the release covering it",
    "confirmed_left_open": "a confirmed hazardous area left open ground by withdrawal or downgrade",
    "withdrawn_on_released": "the hazard was withdrawn on ground that a release covers; releasing it is enough",
    "cleared_without_depth": "a cleared release does not say to which depth",
    "released_without_record": "ground was released on which no hazard has stood; probably a misplaced polygon",
    "survey_over_open": "a survey without evidence lies over open ground, and closes nothing there",
}
"""What each code of the list means, for people."""


@dataclass(frozen=True)
class Item:
    """One thing to look at: the record, the other record it concerns, from which day, and how many m2."""

    code: str
    layer: str
    id: str
    other: str | None
    since: str | None
    m2: float


def attention(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return what a person must look at, as of a date: code, layer, id, other, since, m2, message."""
    day = versions.day(as_of)
    look = _Look(arrangement, ground_on(arrangement, day))
    items = [
        *look.cancellations_over_confirmed(),
        *look.reopened(),
        *look.hazard_versions(),
        *look.release_records(),
        *look.found_after_release(),
        *look.released_without_record(),
        *look.surveys_over_open(),
    ]
    frame = pd.DataFrame([asdict(one) for one in items], columns=list(Item.__dataclass_fields__), dtype=object)
    frame = frame.astype({"m2": float})
    frame = frame.sort_values(["code", "m2", "id"], ascending=[True, False, True], kind="stable", ignore_index=True)
    frame["message"] = frame["code"].map(MEANING)
    return frame


def overlaps(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return the pairs of hazards that are both unanswered on some ground: hazard, other, m2, the largest first.

    Where k hazards lie over each other, every one of their k (k - 1) / 2 pairs is listed with that ground; the
    `overlap_m2` of the partition counts it k - 1 times.
    """
    ground = ground_on(arrangement, versions.day(as_of))
    atom, hazard = open_hazards(arrangement, ground)
    order = np.lexsort((hazard, atom))
    atom, hazard = atom[order], hazard[order]
    after = np.searchsorted(atom, atom, side="right") - np.arange(len(atom)) - 1
    one = np.repeat(np.arange(len(atom)), after)
    two = one + 1 + within(after)
    return _summed(arrangement, hazard[one], hazard[two], arrangement.atoms.areas[atom[one]])


def _summed(arrangement: Arranged, one: Ints, two: Ints, m2: NDArray[np.float64]) -> pd.DataFrame:
    ids = arrangement.hazards.versions.ids
    keys, inverse = np.unique(one * max(len(ids), 1) + two, return_inverse=True)
    sums = np.bincount(inverse.ravel(), weights=m2, minlength=len(keys))
    frame = pd.DataFrame(
        {
            "hazard": pd.Series([ids[k // len(ids)] for k in keys.tolist()], dtype=object),
            "other": pd.Series([ids[k % len(ids)] for k in keys.tolist()], dtype=object),
            "m2": sums,
        }
    )
    return frame.sort_values(["m2", "hazard", "other"], ascending=[False, True, True], ignore_index=True)


class _Look:
    """One look at an arrangement on a day."""

    def __init__(self, arrangement: Arranged, ground: Ground) -> None:
        self.a, self.ground, self.day = arrangement, ground, ground.day
        n = arrangement.sets.count
        self.area = np.bincount(arrangement.atoms.owner, weights=arrangement.atoms.areas, minlength=n).astype(
            np.float64
        )

    def state(self, sets: Ints, day: Ints) -> Ints:
        """Return the state number of sets, each on its own day."""
        journal = self.a.journal
        event = journal.current(sets, day)
        return np.where(event >= 0, journal.events.state[event], NONE) if len(journal.key) else np.full(len(sets), NONE)

    def items(  # noqa: PLR0913, PLR0917
        self,
        code: str,
        layer: str,
        record: Ints,
        since: Ints,
        m2: NDArray[np.float64],
        other: list[str | None] | None = None,
    ) -> Iterator[Item]:
        """Sum m2 per record, day and other record."""
        ids = {
            "hazards": self.a.hazards.versions,
            "releases": self.a.releases.versions,
            "surveys": self.a.surveys,
        }[layer].ids
        sums: dict[tuple[int, int, str | None], float] = {}
        others = other or [None] * len(record)
        for r, d, o, area in zip(record.tolist(), since.tolist(), others, m2.tolist(), strict=True):
            sums[r, d, o] = sums.get((r, d, o), 0.0) + area
        for (r, d, o), area in sums.items():
            yield Item(code, layer, ids[r], o, versions.date_of(d).isoformat(), area)

    def cancellations_over_confirmed(self) -> Iterator[Item]:
        """A desk cannot cancel direct evidence."""
        h, r = self.a.hazard_spans, self.a.release_spans
        a, b = same_ground(h, r)
        now = (np.maximum(h.begins[a], r.begins[b]) <= self.day) & (self.day < np.minimum(h.ends[a], r.ends[b]))
        rel = self.a.releases
        now &= self.a.hazards.confirmed[h.version[a]] & (rel.rank[r.version[b]] == 1) & ~r.waits[b]
        a, b = a[now], b[now]
        other: list[str | None] = [self.a.hazards.versions.ids[k] for k in h.record[a]]
        since = rel.completed[r.version[b]]
        yield from self.items(
            "cancellation_over_confirmed", "releases", r.record[b], since, self.area[h.owner[a]], other
        )

    def reopened(self) -> Iterator[Item]:
        """Released ground that a version of a hazard or of its release opened again."""
        journal = self.a.journal
        k = np.flatnonzero((journal.line == LINES.index(Line.reopened)) & (journal.day <= self.day))
        sets, day = journal.owner[k], journal.day[k]
        h, r = self.a.hazard_spans, self.a.release_spans
        hazard, place = _at(h.owner, h.begins, sets, day)
        yield from self.items(
            "released_ground_reopened", "hazards", h.record[hazard], day[place], self.area[sets[place]]
        )
        in_effect = np.flatnonzero(~r.waits)
        release, place = _at(r.owner[in_effect], r.ends[in_effect], sets, day)
        record = r.record[in_effect][release]
        yield from self.items("released_ground_reopened", "releases", record, day[place], self.area[sets[place]])

    def hazard_versions(self) -> Iterator[Item]:
        """What single versions of hazards do to released or confirmed ground."""
        cov, hz = self.a.covers[0], self.a.hazards
        seq, v = hz.versions, cov.version
        begins = seq.begins[v]
        past = begins <= self.day
        before, after = self.state(cov.owner, begins - 1), self.state(cov.owner, begins)
        covered_before = np.r_[False, cov.covers[:-1]][: len(v)] & ~seq.first[v]

        def listed(code: str, where: Bools) -> Iterator[Item]:
            k = np.flatnonzero(where & past)
            yield from self.items(code, "hazards", seq.record[v[k]], begins[k], self.area[cov.owner[k]])

        yield from listed("released_ground_kept", cov.covers & hz.kept[v] & is_released(after))
        landed = spans.brought(cov, seq) & ~seq.survey[v] & (is_released(before) | is_released(after))
        yield from listed("correction_onto_released", landed)
        lost = seq.withdrawn[v] | ~hz.confirmed[v]
        was_confirmed = ~seq.first[v] & hz.confirmed[v - 1] & ~seq.withdrawn[v - 1] if len(v) else lost
        yield from listed("confirmed_left_open", lost & was_confirmed & covered_before & is_open(before))
        gone = seq.withdrawn[v] & covered_before & self._released_over(cov.owner, begins)
        yield from listed("withdrawn_on_released", gone)
        yield from self._moved_openings(cov)

    def _released_over(self, sets: Ints, day: Ints) -> Bools:
        """Say over which sets some release is in effect, each on its own day."""
        r = self.a.release_spans
        found = np.zeros(len(sets), dtype=bool)
        low, high = np.searchsorted(r.owner, sets, "left"), np.searchsorted(r.owner, sets, "right")
        row = np.repeat(np.arange(len(sets)), high - low)
        k = np.repeat(low, high - low) + within(high - low)
        found[row[(r.begins[k] <= day[row]) & (day[row] < r.ends[k]) & ~r.waits[k]]] = True
        return found

    def _moved_openings(self, cov: spans.Cover) -> Iterator[Item]:
        """Corrections that let an older release answer by moving `opened_on`."""
        hz, rel, r = self.a.hazards, self.a.releases, self.a.release_spans
        seq, v = hz.versions, cov.version
        if not len(v):
            return
        moved = (
            ~seq.first[v]
            & ~seq.survey[v]
            & (hz.opened[v] < hz.opened[v - 1])
            & cov.covers
            & (seq.begins[v] <= self.day)
        )
        k = np.flatnonzero(moved)
        low, high = (
            np.searchsorted(r.owner, cov.owner[k], "left"),
            np.searchsorted(r.owner, cov.owner[k], "right"),
        )
        k = np.repeat(k, high - low)
        at = np.repeat(low, high - low) + within(high - low)
        done = rel.completed[r.version[at]]
        hit = (done >= hz.opened[v[k]]) & (done < hz.opened[v[k] - 1]) & ~r.waits[at]
        k, at = k[hit], at[hit]
        other: list[str | None] = [rel.versions.ids[one] for one in r.record[at]]
        yield from self.items(
            "correction_moves_opened_on",
            "hazards",
            seq.record[v[k]],
            seq.begins[v[k]],
            self.area[cov.owner[k]],
            other,
        )

    def release_records(self) -> Iterator[Item]:
        """What is missing from releases in force."""
        rel = self.a.releases
        seq, frame = rel.versions, rel.versions.frame
        shape = self.a.shapes.of_version[1]
        area = self.a.shapes.areas[self.a.shapes.starts[1] : self.a.shapes.starts[2]]
        now = (seq.begins <= self.day) & (self.day < seq.ends) & ~seq.withdrawn & (rel.completed <= self.day)
        now &= shape >= 0
        cleared = now & (rel.rank == 3)
        for code, where in (
            ("cleared_without_qc", cleared & (frame["qc_status"] == "not_required").to_numpy(bool)),
            ("cleared_without_depth", cleared & frame["depth_cm"].isna().to_numpy(bool)),
        ):
            k = np.flatnonzero(where)
            yield from self.items(code, "releases", seq.record[k], rel.completed[k], area[shape[k]])
        known = self._standing_hazards()
        for row in np.flatnonzero(now & rel.names).tolist():
            for name in frame["hazards"].iloc[row]:
                if name in known:
                    continue
                since = versions.date_of(int(rel.completed[row])).isoformat()
                yield Item(
                    "release_names_unknown",
                    "releases",
                    seq.ids[seq.record[row]],
                    name,
                    since,
                    float(area[shape[row]]),
                )

    def _standing_hazards(self) -> set[str]:
        """Return the ids of the hazards that exist on the day and are not withdrawn."""
        seq = self.a.hazards.versions
        now = (seq.begins <= self.day) & (self.day < seq.ends) & ~seq.withdrawn
        return {seq.ids[k] for k in seq.record[now]}

    def found_after_release(self) -> Iterator[Item]:
        """Accidents and spots on ground that was released before."""
        rel = self.a.releases
        seq, ground = rel.versions, rel.versions.frame.geometry.to_numpy()
        now = np.flatnonzero((seq.begins <= self.day) & (self.day < seq.ends) & (rel.effective < NEVER))
        tree = shapely.STRtree(ground[now])
        for layer, field in (("incidents", "occurred_on"), ("spots", "found_on")):
            frame = self.a.frames.get(layer)
            if frame is None or not len(frame):
                continue
            points = versions.in_force(frame, versions.date_of(self.day))
            if layer == "incidents":
                points = points[(points["kind"] == "accident").to_numpy(bool)]
            on = versions.days(points[field])
            point, release = tree.query(points.geometry.to_numpy(), predicate="intersects")
            late = (on[point] > rel.completed[now[release]]) & (on[point] <= self.day)
            for p, k in zip(point[late].tolist(), now[release[late]].tolist(), strict=True):
                since = versions.date_of(int(on[p])).isoformat()
                yield Item(
                    "found_after_release",
                    layer,
                    str(points["id"].iloc[p]),
                    seq.ids[seq.record[k]],
                    since,
                    0.0,
                )

    def released_without_record(self) -> Iterator[Item]:
        """Releases on ground where no hazard has stood."""
        r = self.a.release_spans
        now = (r.begins <= self.day) & (self.day < r.ends) & ~r.waits & (self.a.journal.since[r.owner] > self.day)
        k = np.flatnonzero(now)
        since = self.a.releases.completed[r.version[k]]
        yield from self.items("released_without_record", "releases", r.record[k], since, self.area[r.owner[k]])

    def surveys_over_open(self) -> Iterator[Item]:
        """Surveys in force over ground that is open."""
        cov, seq = self.a.covers[2], self.a.surveys
        v = cov.version
        done = seq.column("surveyed_on")[v]
        now = (
            cov.covers & ~seq.withdrawn[v] & (seq.begins[v] <= self.day) & (self.day < seq.ends[v]) & (done <= self.day)
        )
        now &= is_open(self.state(cov.owner, np.full(len(v), self.day)))
        k = np.flatnonzero(now)
        yield from self.items("survey_over_open", "surveys", seq.record[v[k]], done[k], self.area[cov.owner[k]])


def _at(owner: Ints, when: Ints, sets: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Return pairs (span, place) of the spans over `sets[place]` whose day `when` is `day[place]`."""
    low, high = np.searchsorted(owner, sets, "left"), np.searchsorted(owner, sets, "right")
    place = np.repeat(np.arange(len(sets)), high - low)
    span = np.repeat(low, high - low) + within(high - low)
    hit = when[span] == day[place]
    return span[hit], place[hit]
