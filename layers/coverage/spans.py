"""What holds over a covering set, and for which days: hazards that stand, releases in effect, surveys."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import isin_sorted, within
from layers.coverage.records import (
    NEVER,
    Hazards,
    Releases,
    Surveys,
    VersionSequence,
    latest_so_far,
)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cover:
    """Every version of every record that some version of it brings over a covering set.

    Attributes:
        owner: (n,) the set; rows are sorted by set, record, version.
        version: (n,) the version (place in its sequence).
        pair: (n,) number of the (set, record) pair.
        covers: (n,) whether this version's polygon lies over the set.
    """

    owner: Ints
    version: Ints
    pair: Ints
    covers: Bools


def cover(owner: Ints, shape: Ints, seq: VersionSequence, record_of: Ints) -> Cover:
    """Return the versions over each set.

    Args:
        owner, shape: pairs (set, shape), ascending.
        seq: the versions of the records concerned, numbered from 0.
        record_of: the record of each shape.
    """
    records = int(seq.record.max(initial=-1)) + 1
    shapes = len(record_of)
    pairs = np.unique(owner * records + record_of[shape]) if len(owner) else owner
    pair_set, pair_record = (pairs // records, pairs % records) if records else (pairs, pairs)
    begin = np.searchsorted(seq.record, np.arange(records))
    count = np.bincount(seq.record, minlength=records)[pair_record]
    pair = np.repeat(np.arange(len(pairs)), count)
    version = begin[pair_record][pair] + within(count)
    present = owner * shapes + shape
    wanted = pair_set[pair] * shapes + seq.shape[version]
    covers = (seq.shape[version] >= 0) & isin_sorted(wanted, present)
    return Cover(pair_set[pair], version, pair, covers)


@dataclass(frozen=True)
class HazardSpans:
    """Hazards that stand over sets on the days [begins, ends), sorted by set, record, day.

    Attributes:
        asserted: the assertion date: a release completed before it answers nothing here.
    """

    owner: Ints
    begins: Ints
    ends: Ints
    version: Ints
    record: Ints
    asserted: Ints


@dataclass(frozen=True)
class ReleaseSpans:
    """Releases over sets on the days [begins, ends): in effect, or complete and awaiting quality control.

    Attributes:
        waits: quality control is pending.
        fresh: in effect from its first day on, and not on the day before.
    """

    owner: Ints
    begins: Ints
    ends: Ints
    version: Ints
    record: Ints
    waits: Bools
    fresh: Bools


@dataclass(frozen=True)
class SurveySpans:
    """Surveys that found no evidence, over sets on the days [begins, ends)."""

    owner: Ints
    begins: Ints
    ends: Ints


Spans = TypeVar("Spans", HazardSpans, ReleaseSpans, SurveySpans)


def some(spans: Spans, place: Ints) -> Spans:
    """Return the spans at some places."""
    return type(spans)(**{name: column[place] for name, column in vars(spans).items()})


def brought(cov: Cover, seq: VersionSequence) -> Bools:
    """Say which rows bring their record to the set: covers, and the version before did not or was withdrawn."""
    v = cov.version
    absent_before = ~(np.r_[False, cov.covers[:-1]][: len(v)]) | (seq.withdrawn[v - 1] if len(v) else False)
    return np.asarray(cov.covers & ~seq.withdrawn[v] & ~seq.first[v] & absent_before)


def hazard_spans(cov: Cover, hazards: Hazards) -> HazardSpans:
    """Return when each hazard stands over each set, and from when it is asserted there."""
    seq, v = hazards.versions, cov.version
    by_survey = brought(cov, seq) & seq.survey[v]
    arrived = latest_so_far(np.where(by_survey, seq.begins[v], -NEVER), cov.pair)
    asserted = np.maximum(np.maximum(arrived, hazards.worsened[v]), hazards.opened[v])
    begins, ends = np.maximum(seq.begins[v], hazards.opened[v]), seq.ends[v]
    k = np.flatnonzero(cov.covers & ~seq.withdrawn[v] & (begins < ends))
    return HazardSpans(cov.owner[k], begins[k], ends[k], v[k], seq.record[v[k]], asserted[k])


def release_spans(cov: Cover, releases: Releases) -> ReleaseSpans:
    """Return when each release is in effect over each set, or awaits quality control there."""
    seq, v = releases.versions, cov.version
    waits = releases.awaiting[v] < NEVER
    start = np.where(waits, releases.awaiting[v], releases.effective[v])
    begins, ends = np.maximum(seq.begins[v], start), seq.ends[v]
    k = np.flatnonzero(cov.covers & (start < NEVER) & (begins < ends))
    k_effective = ~waits[k]
    fresh = k_effective.copy()
    e = k[k_effective]
    goes_on = (cov.pair[e][1:] == cov.pair[e][:-1]) & (ends[e][:-1] == begins[e][1:])
    fresh[np.flatnonzero(k_effective)[1:][goes_on]] = False
    return ReleaseSpans(cov.owner[k], begins[k], ends[k], v[k], seq.record[v[k]], waits[k], fresh)


def survey_spans(cov: Cover, surveys: Surveys) -> SurveySpans:
    """Return when ground is surveyed without evidence found."""
    seq, v = surveys.versions, cov.version
    begins, ends = np.maximum(seq.begins[v], surveys.surveyed[v]), seq.ends[v]
    k = np.flatnonzero(cov.covers & ~seq.withdrawn[v] & (begins < ends))
    return SurveySpans(cov.owner[k], begins[k], ends[k])
