"""The state on a date of places given by the polygons that cover them, and the records that the state stands on.

The arrangement answers for its faces. A road is not made of faces: each stretch of it is asked for by the polygons that
lie over it, of all versions ever recorded, and judged by the same rules (domain rules, section 4).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.coverage import spans, state
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import isin_sorted
from layers.coverage.portion import named, part
from layers.coverage.records import NEVER, Hazards, Releases, Surveys
from layers.coverage.register import Register
from layers.coverage.state import CHA, NONE, SHA, SURVEYED, Stages

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """What stands over some places on a date.

    Attributes:
        state: (n,) the number of each place's state in `layers.coverage.state.STATES`.
        release, survey: (n,) the row of the version, in its layer's frame, of the release or survey that the state
            stands on: of the strongest the latest, of those the first by id; -1 where it stands on none.
        owner, hazard: pairs (place, number of the hazard record): it is unanswered there; ascending.
    """

    state: Ints
    release: Ints
    survey: Ints
    owner: Ints
    hazard: Ints


def standing(
    arrangement: Arranged, day: int, covers: tuple[tuple[Ints, Ints], ...], count: int, hidden: Bools
) -> Standing:
    """Return what stands over places on a day.

    Args:
        arrangement: the records.
        day: days since 1970-01-01.
        covers: for hazards, releases and surveys the pairs (place, shape) of shapes that cover a place, ascending;
            places are numbered from 0.
        count: how many places there are.
        hidden: for each hazard record, whether so little of it is open that it does not count as open.
    """
    registers = arrangement.registers
    h, hazards, hazard_of = _cover(registers.hazards, *covers[0])
    r, releases, _ = _cover(registers.releases, *covers[1])
    s, surveys, _ = _cover(registers.surveys, *covers[2])
    hs, rs = spans.hazard_spans(h, hazards), spans.release_spans(r, releases)
    hs = spans.some(hs, np.flatnonzero((hs.begins <= day) & (day < hs.ends)))
    rs = spans.some(rs, np.flatnonzero((rs.begins <= day) & (day < rs.ends) & ~rs.waits))
    answers = state.answers(hs, rs, hazards, releases, named(releases, hazard_of, registers.hazards.number))
    stages = _on(state.stages(hs, rs, answers, releases), day)
    kept = np.flatnonzero((stages.best > 0) | ~hidden[hazard_of[stages.record]])
    owner, best, record = stages.owner[kept], stages.best[kept], stages.record[kept]
    weakest = np.full(count, 4, dtype=np.int64)
    np.minimum.at(weakest, owner, best)
    strongest = np.zeros(count, dtype=np.int64)
    np.maximum.at(strongest, rs.owner, releases.rank[rs.version])
    rank = np.where(weakest < 4, weakest, strongest)
    seen = np.zeros(count, dtype=bool)
    on = np.flatnonzero(_surveyed(s, surveys, day))
    seen[s.owner[on]] = True
    found = np.where(rank > 0, rank + 1, np.where(seen, SURVEYED, NONE))
    open_ = best == 0
    confirmed = np.zeros(count, dtype=bool)
    confirmed[owner[open_ & hazards.confirmed[stages.version[kept]]]] = True
    found = np.where(weakest == 0, np.where(confirmed, CHA, SHA), found)
    # The release that the state stands on: one that answers a hazard of the weakest answer; any, where none stands.
    answer_owner, answer_version = hs.owner[answers.hazard], rs.version[answers.release]
    limits = isin_sorted(_key(answer_owner, hs.record[answers.hazard]), _key(owner, record)[best == weakest[owner]])
    limits &= releases.rank[answer_version] == weakest[answer_owner]
    free = (weakest[rs.owner] == 4) & (releases.rank[rs.version] == strongest[rs.owner])
    release = _chosen(
        np.concatenate([answer_owner[limits], rs.owner[free]]),
        np.concatenate([answer_version[limits], rs.version[free]]),
        releases.completed,
        registers.releases,
        releases,
        count,
    )
    survey = _chosen(s.owner[on], s.version[on], surveys.surveyed, registers.surveys, surveys, count)
    return Standing(found, release, np.where(found == SURVEYED, survey, -1), owner[open_], hazard_of[record[open_]])


def _cover(register: Register[Any], place: Ints, shape: Ints) -> tuple[spans.Cover, Any, Ints]:
    """Return the versions over each place, what they say, and the number of each record in its register."""
    near, local = np.unique(shape, return_inverse=True)
    says, record, numbers = part(register, near)
    return spans.cover(place, local.ravel().astype(np.int64), says.versions, record), says, numbers


def _on(stages: Stages, day: int) -> Stages:
    k = np.flatnonzero((stages.begins <= day) & (day < stages.ends))
    return replace(stages, **{name: column[k] for name, column in vars(stages).items()})


def _surveyed(cover: spans.Cover, surveys: Surveys, day: int) -> Bools:
    seq, v = surveys.versions, cover.version
    return np.asarray(cover.covers & seq.in_force(day)[v] & (surveys.surveyed[v] <= day))


def _key(owner: Ints, record: Ints) -> Ints:
    return owner * NEVER + record


def _chosen(  # noqa: PLR0913, PLR0917
    owner: Ints, version: Ints, dates: Ints, register: Register[Any], says: Releases | Surveys | Hazards, count: int
) -> Ints:
    """Return for each place the row of the latest of its versions, of those the first by id; -1 where it has none."""
    row = says.versions.row[version]
    ids = register.frame["id"].to_numpy()
    several, inverse = np.unique(row, return_inverse=True)
    by_id = np.argsort(np.argsort(ids[several].astype(str), kind="stable"), kind="stable")[inverse.ravel()]
    order = np.lexsort((-by_id, dates[version], owner))
    found = np.full(count, -1, dtype=np.int64)
    found[owner[order]] = row[order]  # the last of a place stays
    return found
