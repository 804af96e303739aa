"""Cells worked out: from polygons and versions to the tables of their states, sums and facts."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import measure
from layers.coverage import faces, spans, state
from layers.coverage.cutting import within
from layers.coverage.facts import LAYER_OF, Facts, Look
from layers.coverage.journal import before, bookings, follows
from layers.coverage.portion import LAYERS, Portion
from layers.coverage.records import NEVER, Said
from layers.coverage.sets import CoveringSets, covering_sets
from layers.coverage.state import BARE, NONE, OVERLAP, PENDING, Events, is_open, is_released
from layers.coverage.tables import (
    ATOMS,
    BEGINNING,
    BOOKINGS,
    CELLS,
    COVERED,
    EVENTS,
    FACTS,
    OPENS,
    TALLY,
    UNIT,
    Rows,
    Tables,
    condensed,
    table,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Worked = tuple[Tables, list[tuple[int, ...]]]

PAIRS = 2_000_000
"""Pairs of a covering set and a polygon that are worked out at a time; bounds memory where many records overlap."""


def drawn(one: Portion) -> tuple[faces.Faces, CoveringSets, CoveringSets, Ints]:
    """Return the faces of a portion, their covering sets, their sets of district polygons, and each set's first face.

    Covering sets are numbered within the portion, by cell.
    """
    claims = (one.layer == 0) | (one.layer == len(LAYERS) - 1)
    found = faces.draw(one.polygons, one.digests, claims, one.runs, one.cells, one.ends, one.size)
    n = len(found.polygons)
    district = one.layer[found.shape] == len(LAYERS) - 1
    sets = covering_sets(found.face[~district], found.shape[~district], found.cell)
    borders = covering_sets(found.face[district], found.shape[district], np.zeros(n, dtype=np.int64))
    return found, sets, borders, np.unique(sets.of_face, return_index=True)[1]


def borders_of(borders: CoveringSets, one: Portion) -> list[tuple[int, ...]]:
    """Return the district shapes of each set of district polygons."""
    shape = one.shape[borders.shape]
    edges = np.searchsorted(borders.owner, np.arange(borders.count + 1)).tolist()
    return [tuple(shape[a:b].tolist()) for a, b in pairwise(edges)]


def _atoms(owner: Ints, border: Ints, areas: Floats, borders: int) -> tuple[Ints, Ints]:
    """Return the key set * borders + border of each atom, ascending, and its area in units."""
    keys, of_face = np.unique(owner * max(borders, 1) + border, return_inverse=True)
    total = np.bincount(of_face, weights=areas, minlength=len(keys))
    return keys, np.rint(total / UNIT).astype(np.int64)


@dataclass(frozen=True)
class _Ground:
    """The ground of covering sets, in sets of district polygons; and each set's cell, number there and whole ground."""

    owner: Ints
    border: Ints
    amount: Ints
    cell: Ints
    number: Ints
    area: Ints

    def atoms(self, sets: Ints) -> tuple[Ints, Ints]:
        """Return pairs (place in `sets`, atom of that set)."""
        low = np.searchsorted(self.owner, sets, "left")
        count = np.searchsorted(self.owner, sets, "right") - low
        return np.repeat(np.arange(len(sets)), count), np.repeat(low, count) + within(count)

    def spread(self, kind: np.dtype[Any], sets: Ints, times: Ints, **columns: Ints) -> Rows:
        """Return rows of sets, each for every atom of its set, its area taken `times`; equal ones added up."""
        row, atom = self.atoms(sets)
        return condensed(
            table(
                kind,
                cell=self.cell[sets[row]],
                amount=self.amount[atom] * times[row],
                border=self.border[atom],
                **{name: values[row] for name, values in columns.items()},
            )
        )


def work_out(one: Portion) -> Worked:
    """Work out the cells of a portion; return their tables, and which district polygons each border is."""
    found, sets, borders, first = drawn(one)
    areas = measure.areas(found.polygons, planar=one.planar)
    atom, amount = _atoms(sets.of_face, borders.of_face, areas, borders.count)
    rank = found.cell[first]
    cell = one.cells[rank]
    # Within its cell: a set's number does not depend on what else is in the portion.
    number = np.arange(sets.count) - np.searchsorted(rank, rank)
    owner, border = atom // max(borders.count, 1), atom % max(borders.count, 1)
    area = np.zeros(sets.count, dtype=np.int64)
    np.add.at(area, owner, amount)
    ground = _Ground(owner, border, amount, cell, number, area)
    parts = [_of_sets(one, sets, low, high, ground) for low, high in _shares(sets)]
    events, tally, booked, opens, facts = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return Tables(
        cells=table(CELLS, cell=one.cells, end=one.ends),
        atoms=table(ATOMS, cell=cell[owner], amount=amount, set=number[owner], border=border),
        events=events,
        tally=condensed(tally),
        bookings=condensed(booked),
        opens=opens,
        facts=condensed(facts),
        covered=_covered(ground, sets, borders, one),
    ), borders_of(borders, one)


def _shares(sets: CoveringSets) -> list[tuple[int, int]]:
    """Cut the covering sets into ranges of at most `PAIRS` pairs of a set and a polygon, or of one set."""
    depth = np.cumsum(np.bincount(sets.owner, minlength=sets.count))
    total = int(depth[-1]) if len(depth) else 0
    cuts = np.searchsorted(depth, np.arange(PAIRS, total, PAIRS)) + 1
    return list(pairwise(sorted({0, *np.minimum(cuts, sets.count).tolist(), sets.count}))) or [(0, 0)]


def _of_sets(one: Portion, sets: CoveringSets, low: int, high: int, ground: _Ground) -> tuple[Rows, ...]:
    """Work out the covering sets from `low` to `high`: events, tally, bookings, opens, facts."""
    starts = np.searchsorted(one.layer, np.arange(len(LAYERS)))
    here = slice(*np.searchsorted(sets.owner, (low, high)))
    owner, shape = sets.owner[here], sets.shape[here]

    def cover(layer: int, said: Said) -> spans.Cover:
        mine = (shape >= starts[layer]) & (shape < starts[layer + 1])
        return spans.cover(owner[mine], shape[mine] - starts[layer], said.versions, one.records[layer])

    covers = cover(0, one.hazards), cover(1, one.releases), cover(2, one.surveys)
    h = spans.hazard_spans(covers[0], one.hazards)
    r = spans.release_spans(covers[1], one.releases)
    s = spans.survey_spans(covers[2], one.surveys)
    answers = state.answers(h, r, one.hazards, one.releases, one.named)
    stages = state.stages(h, r, answers, one.releases)
    events = state.events(stages, r, s, one.hazards, one.releases)
    booked = bookings(events)
    since = state.standing_since(h, sets.count)
    look = Look(covers, one.hazards, one.releases, one.surveys, h, r, events, booked, since).facts()
    return (
        _events(events, ground),
        _tally(events, since, np.arange(low, high), ground),
        ground.spread(
            BOOKINGS,
            booked.owner,
            booked.sign,
            day=booked.day,
            profile=booked.profile,
            line=booked.line,
            confirmed=booked.confirmed.astype(np.int64),
        ),
        _opens(stages, ground, one.numbers[0]),
        _facts(look, ground, one.numbers),
    )


def _covered(ground: _Ground, sets: CoveringSets, borders: CoveringSets, one: Portion) -> Rows:
    """Return the ground that each polygon covers in each cell."""
    low, high = (np.searchsorted(borders.owner, ground.border, side) for side in ("left", "right"))
    atom = np.repeat(np.arange(len(ground.border)), high - low)
    district = borders.shape[np.repeat(low, high - low) + within(high - low)]
    owner = np.concatenate([sets.owner, ground.owner[atom]])
    shape = np.concatenate([sets.shape, district])
    return condensed(
        table(
            COVERED,
            cell=ground.cell[owner],
            amount=np.concatenate([ground.area[sets.owner], ground.amount[atom]]),
            shape=one.shape[shape],
            layer=one.layer[shape],
        )
    )


def _events(events: Events, ground: _Ground) -> Rows:
    later = follows(events)
    same = (events.state == before(events.state, later, NONE)) & (events.profile == before(events.profile, later, 0))
    k = np.flatnonzero(~same & (events.day < NEVER))
    owner = events.owner[k]
    return table(
        EVENTS,
        cell=ground.cell[owner],
        set=ground.number[owner],
        day=events.day[k],
        profile=events.profile[k],
        state=events.state[k],
    )


def _tally(events: Events, since: Ints, every: Ints, ground: _Ground) -> Rows:
    """Book by how much each column changes: the whole ground begins in no state, and every event moves its set."""
    later = follows(events)
    bare = is_released(events.state) & (since[events.owner] > events.day)
    beyond = np.where(is_open(events.state), np.maximum(events.unanswered - 1, 0), 0)
    columns = (
        (None, np.ones(len(events.owner), dtype=np.int64), 1),
        (PENDING, events.awaits.astype(np.int64), 0),
        (OVERLAP, beyond, 0),
        (BARE, bare.astype(np.int64), 0),
    )
    was_state, was_profile = before(events.state, later, NONE), before(events.profile, later, 0)
    sets, days, profiles, numbers, times = [], [], [], [], []
    for column, now, first in columns:
        was = before(now, later, first)
        of_now = events.state if column is None else np.full(len(now), column)
        of_was = was_state if column is None else of_now
        changed = (of_now != of_was) | (now != was) | ((events.profile != was_profile) & ((now != 0) | (was != 0)))
        changed &= events.day < NEVER
        for number, amount, profile, sign in ((of_was, was, was_profile, -1), (of_now, now, events.profile, 1)):
            k = np.flatnonzero(changed & (amount != 0))
            sets.append(events.owner[k])
            days.append(events.day[k])
            profiles.append(profile[k])
            numbers.append(number[k])
            times.append(amount[k] * sign)
    nothing = np.zeros(len(every), dtype=np.int64)
    return ground.spread(
        TALLY,
        np.concatenate([every, *sets]),
        np.concatenate([nothing + 1, *times]),
        day=np.concatenate([nothing + BEGINNING, *days]),
        profile=np.concatenate([nothing, *profiles]),
        column=np.concatenate([nothing + NONE, *numbers]),
    )


def _opens(x: state.Stages, ground: _Ground, hazards: Ints) -> Rows:
    """Return on which days each hazard is unanswered over each atom; stages that follow each other are one."""
    k = np.flatnonzero(x.best == 0)
    owner, record, begins, ends = x.owner[k], x.record[k], x.begins[k], x.ends[k]
    goes_on = (owner[1:] == owner[:-1]) & (record[1:] == record[:-1]) & (begins[1:] == ends[:-1])
    first = np.r_[True, ~goes_on][: len(k)]
    last = np.r_[~goes_on, True][: len(k)]
    owner, record, begins, ends = owner[first], record[first], begins[first], ends[last]
    row, atom = ground.atoms(owner)
    return table(
        OPENS,
        cell=ground.cell[owner[row]],
        amount=ground.amount[atom],
        set=ground.number[owner[row]],
        border=ground.border[atom],
        hazard=hazards[record[row]],
        begins=begins[row],
        ends=ends[row],
    )


def _facts(look: Facts, ground: _Ground, numbers: tuple[Ints, ...]) -> Rows:
    """Return the facts with their ground, and with the numbers that records have in their registers."""
    record, other = look.record.copy(), look.other.copy()
    for code, (layer, second) in enumerate(LAYER_OF.values()):
        mine = look.code == code
        record[mine] = numbers[LAYERS.index(layer)][look.record[mine]]
        if second is not None:
            other[mine] = numbers[LAYERS.index(second)][look.other[mine]]
    rows = table(
        FACTS,
        cell=ground.cell[look.owner],
        amount=ground.area[look.owner],
        record=record,
        other=other,
        since=look.since,
        begins=look.begins,
        ends=look.ends,
        code=look.code,
    )
    return condensed(rows)
