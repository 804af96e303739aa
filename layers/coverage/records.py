"""Version frames as arrays: the sequence of versions that can be in force for each record, and what each one says.

Of a record's versions with one `valid_from` only the last recorded is ever in force, so a *sequence* holds one version
per (record, `valid_from`), in that order, each in force until the next begins. Records are numbered in the order in
which they were first recorded: what is recorded later changes no number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import versions
from layers.vocabulary import Device, Product, QcStatus

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = 2**22
"""A day after every date."""

DEVICES = tuple(sorted(Device))
_BIT = {device.value: 1 << place for place, device in enumerate(DEVICES)}
UNKNOWN = _BIT[Device.unknown]
PRODUCTS = (Product.cancelled, Product.reduced, Product.cleared)
"""From the weakest release to the strongest; a product's rank is its place here plus one."""


@dataclass(frozen=True)
class VersionSequence:
    """The versions of one layer that can be in force, by record and `valid_from`.

    Attributes:
        record: (v,) the number of each version's record.
        row: (v,) its place among all versions of the layer, in order of recording.
        begins, ends: (v,) the days [begins, ends) on which the version is in force.
        withdrawn: (v,) bool.
        survey: (v,) whether new information made it (any version of that record and day did).
        first: (v,) whether it is its record's earliest.
        shape: (v,) the polygon it gives the record, -1 where it has no ground.
    """

    record: Ints
    row: Ints
    begins: Ints
    ends: Ints
    withdrawn: Bools
    survey: Bools
    first: Bools
    shape: Ints

    def __len__(self) -> int:
        """Return the number of versions."""
        return len(self.record)

    def latest(self, day_of: Ints, marked: Bools) -> Ints:
        """Return for each version the latest `day_of` of the marked versions up to it in its record, else -NEVER."""
        return latest_so_far(np.where(marked, day_of, -NEVER), self.record)

    @cached_property
    def before(self) -> Ints:
        """For each version the last one before it in its record that was not withdrawn, else -1."""
        place = np.where(self.withdrawn, -1, np.arange(len(self)))
        so_far = latest_so_far(place, self.record)
        return np.where(self.first, -1, np.r_[-1, so_far[:-1]] if len(self) else so_far)

    def in_force(self, day: int) -> Bools:
        """Say which versions are in force on a day and not withdrawn."""
        return np.asarray((self.begins <= day) & (day < self.ends) & ~self.withdrawn)


def latest_so_far(values: Ints, group: Ints) -> Ints:
    """Return the running maximum of `values` within each group; groups lie together, ascending."""
    if not len(values):
        return values
    shift = np.int64(4 * NEVER)
    highest: Ints = np.maximum.accumulate(values + group * shift) - group * shift
    return highest


def sequence(frame: pd.DataFrame, record: Ints, row: Ints, shape: Ints, layer: str) -> VersionSequence:
    """Return the versions that can be in force.

    Args:
        frame: all versions of some records, in order of recording.
        record, row, shape: of each version.
        layer: the layer's name, for messages.

    Raises:
        ValueError: a later version of a hazard or release does not say why it exists (`change`).
    """
    begins = versions.days(frame["valid_from"])
    survey = _by_survey(frame, record, layer)
    place = np.lexsort((np.arange(len(record)), begins, record))
    record, row, shape, begins, survey = record[place], row[place], shape[place], begins[place], survey[place]
    withdrawn = frame["withdrawn"].to_numpy(bool)[place]
    n = len(record)
    last = np.r_[(record[1:] != record[:-1]) | (begins[1:] != begins[:-1]), True][:n]
    group = np.cumsum(np.r_[True, last[:-1]])[:n] - 1
    any_survey = np.bincount(group, weights=survey, minlength=int(last.sum())) > 0
    record, begins = record[last], begins[last]
    n = len(record)
    first = np.r_[True, record[1:] != record[:-1]][:n]
    ends = np.where(np.r_[first[1:], True], NEVER, np.r_[begins[1:], NEVER])[:n]
    return VersionSequence(record, row[last], begins, ends, withdrawn[last], any_survey, first, shape[last])


def _by_survey(frame: pd.DataFrame, record: Ints, layer: str) -> Bools:
    """Say which versions bring new information: `change` is survey, or is left out in the first recorded."""
    if "change" not in frame:
        return np.ones(len(frame), dtype=bool)
    first = ~pd.Series(record).duplicated().to_numpy()
    missing = frame["change"].isna().to_numpy() & ~first
    if missing.any():
        which = frame["id"].iloc[int(np.flatnonzero(missing)[0])]
        message = f"{layer}: a later version of {which!r} needs change: survey or correction"
        raise ValueError(message)
    return np.asarray((frame["change"].fillna("survey") == "survey").to_numpy(bool))


def masks(lists: Sequence[Sequence[str]], *, empty: int) -> Ints:
    """Return device lists as bit masks; `empty` for a list without entries."""
    seen: dict[tuple[str, ...], int] = {}
    found = np.empty(len(lists), dtype=np.int64)
    for place, entries in enumerate(lists):
        key = tuple(entries)
        if key not in seen:
            seen[key] = sum({_BIT[one] for one in key}) or empty
        found[place] = seen[key]
    return found


def profile(mask: int) -> str:
    """Return a device mask as an exclusive profile, such as `AP_mine+AV_mine`."""
    return "+".join(device.value for device in DEVICES if mask & _BIT[device.value])


@dataclass(frozen=True)
class Said:
    """Versions, and what they say beside where and when: nothing, for districts.

    Attributes:
        versions: the versions that can be in force.
    """

    versions: VersionSequence


@dataclass(frozen=True)
class Hazards(Said):
    """What the versions of hazards say.

    Attributes:
        confirmed: (v,) CHA.
        devices: (v,) bit mask.
        opened: (v,) day.
        worsened: (v,) the latest day up to it on which a survey made it a CHA or added a device category, else -NEVER.
        downgraded: (v,) the latest day up to it on which a survey made an SHA out of a CHA, else -NEVER.
        kept: (v,) whether worse evidence by survey keeps released ground, by a recorded decision.
        born: (v,) the first day on which its record stands anywhere.
    """

    confirmed: Bools
    devices: Ints
    opened: Ints
    worsened: Ints
    downgraded: Ints
    kept: Bools
    born: Ints


def hazards(frame: pd.DataFrame, seq: VersionSequence, place: Ints) -> Hazards:
    """Read the hazards' versions; `place` is where each version of the sequence stands in the frame."""
    said = frame.iloc[place]
    confirmed = (said["classification"] == "CHA").to_numpy(bool)
    devices = masks(said["devices"].tolist(), empty=UNKNOWN)
    opened = versions.days(said["opened_on"])
    before, known = seq.before, seq.before >= 0
    by_survey = seq.survey & ~seq.withdrawn & known
    known_before = devices[before] & ~UNKNOWN
    added = (known_before != 0) & ((devices & ~devices[before] & ~UNKNOWN) != 0)
    keeps = said["keeps_released"].to_numpy(bool)
    worse = by_survey & ((confirmed & ~confirmed[before]) | added)
    lower = by_survey & ~confirmed & confirmed[before]
    starts = np.maximum(seq.begins, opened)
    stands = ~seq.withdrawn & (starts < seq.ends)
    earliest = -seq.latest(np.full(len(seq), -NEVER), np.zeros(len(seq), dtype=bool))
    if len(seq):
        group = np.cumsum(seq.first) - 1
        least = np.full(int(group[-1]) + 1, NEVER, dtype=np.int64)
        np.minimum.at(least, group[stands], starts[stands])
        earliest = least[group]
    return Hazards(
        seq,
        confirmed,
        devices,
        opened,
        seq.latest(seq.begins, worse & ~keeps),
        seq.latest(seq.begins, lower),
        worse & keeps,
        earliest,
    )


@dataclass(frozen=True)
class Releases(Said):
    """What the versions of releases say.

    Attributes:
        rank: (v,) 1 cancelled, 2 reduced, 3 cleared.
        completed: (v,) day.
        effective, awaiting: (v,) from which day it is effective, or complete with quality control pending, else NEVER.
        devices: (v,) bit mask of the categories it answers; all bits where it names none.
        named: (v,) the ids of the hazards it names: a tuple, empty where it names none.
    """

    rank: Ints
    completed: Ints
    effective: Ints
    awaiting: Ints
    devices: Ints
    named: NDArray[np.object_]

    @cached_property
    def names(self) -> Bools:
        """Whether each version names hazards."""
        return np.array([bool(ids) for ids in self.named], dtype=bool)


def releases(frame: pd.DataFrame, seq: VersionSequence, place: Ints) -> Releases:
    """Read the releases' versions; `place` is where each version of the sequence stands in the frame."""
    said = frame.iloc[place]
    rank = np.array([PRODUCTS.index(Product(one)) + 1 for one in said["product"]], dtype=np.int64)
    qc = said["qc_status"].to_numpy()
    completed, qc_on = versions.days(said["completed_on"]), versions.days(said["qc_on"])
    failed = (qc == QcStatus.failed) & (qc_on != versions.NO_DAY)
    # A pass that is not later than a failure on record is the old pass repeated: it lifts nothing.
    last_failure = seq.latest(qc_on, failed)
    passed = (qc == QcStatus.passed) & (qc_on != versions.NO_DAY) & (qc_on > last_failure)
    start = np.where(passed, qc_on, np.where(qc == QcStatus.not_required, completed, NEVER))
    waits = np.where(qc == QcStatus.pending, completed, NEVER)
    named = np.empty(len(seq), dtype=object)
    named[:] = [tuple(ids) for ids in said["hazards"]]
    return Releases(
        seq,
        rank,
        completed,
        np.where(seq.withdrawn, NEVER, start),
        np.where(seq.withdrawn, NEVER, waits),
        masks(said["devices"].tolist(), empty=-1),
        named,
    )


@dataclass(frozen=True)
class Surveys(Said):
    """What the versions of surveys say.

    Attributes:
        surveyed: (v,) the day of the survey.
    """

    surveyed: Ints


def surveys(frame: pd.DataFrame, seq: VersionSequence, place: Ints) -> Surveys:
    """Read the surveys' versions; `place` is where each version of the sequence stands in the frame."""
    return Surveys(seq, versions.days(frame["surveyed_on"])[place])


Says = TypeVar("Says", bound=Said)


def chosen(says: Says, place: Ints | Bools) -> Says:
    """Return the versions at some places."""
    seq = replace(says.versions, **{name: column[place] for name, column in _columns(says.versions)})
    return replace(says, versions=seq, **{name: column[place] for name, column in _columns(says)})


def put_together(one: Says, two: Says) -> Says:
    """Return the versions of two sequences of different records, by record."""
    order = np.argsort(np.concatenate([one.versions.record, two.versions.record]), kind="stable")

    def both(a: object, b: object) -> dict[str, NDArray[Any]]:
        pairs = zip(_columns(a), _columns(b), strict=True)
        return {name: np.concatenate([x, y])[order] for (name, x), (_, y) in pairs}

    return replace(one, versions=replace(one.versions, **both(one.versions, two.versions)), **both(one, two))


def _columns(said: Any) -> list[tuple[str, NDArray[Any]]]:
    return [(each.name, getattr(said, each.name)) for each in fields(said) if each.name != "versions"]
