"""A portion of the work: some cells, and all that is needed to work them out; one pure function does it.

A portion is small, knows nothing of the rest of the ground and can be sent to any process on any machine. A cell comes
out the same to the bit whichever portion it is in.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.coverage import faces, spans, state
from layers.coverage.cells import cells_of
from layers.coverage.cutting import within
from layers.coverage.facts import LAYER_OF, Facts, Look
from layers.coverage.journal import before, bookings, follows
from layers.coverage.records import NEVER, Hazards, Releases, Said, Says, Surveys, chosen
from layers.coverage.register import Register
from layers.coverage.sets import CoveringSets, covering_sets
from layers.coverage.state import NONE, Events, is_open, is_released
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
Geometries = NDArray[np.object_]

LAYERS = ("hazards", "releases", "surveys", "districts")
PENDING, OVERLAP, BARE = range(len(state.STATES), len(state.STATES) + 3)
"""Columns of the tally after the states: awaiting quality control, overlap, released without record."""


@dataclass(frozen=True)
class Portion:
    """Some cells and what touches them.

    Attributes:
        cells, ends: keys of busy cells, ascending, and where their stretches end.
        size, planar: the cell's side, and whether areas are planar metres.
        polygons, digests: (n,) polygons, layer by layer.
        layer, shape: (n,) the layer (place in `LAYERS`) and the number of each polygon in it.
        records: per layer the record of each of its polygons, numbered within the portion.
        hazards, releases, surveys: their versions; records and shapes numbered within the portion.
        numbers: per layer the number of each record in its register.
        named: pairs release version * number of hazards + hazard, ascending.
    """

    cells: Ints
    ends: Ints
    size: float
    planar: bool
    polygons: Geometries
    digests: NDArray[np.bytes_]
    layer: Ints
    shape: Ints
    records: tuple[Ints, ...]
    hazards: Hazards
    releases: Releases
    surveys: Surveys
    numbers: tuple[Ints, ...]
    named: Ints

    def __getstate__(self) -> dict[str, object]:
        """Return what is sent to another process: polygons as WKB, in one piece each."""
        return {**vars(self), "polygons": shapely.to_wkb(self.polygons)}

    def __setstate__(self, given: dict[str, Any]) -> None:
        """Take up what another process sent."""
        vars(self).update({**given, "polygons": shapely.from_wkb(given["polygons"])})


def portion(  # noqa: PLR0913, PLR0917
    cells: Ints,
    ends: Ints,
    size: float,
    hazards: Register[Hazards],
    releases: Register[Releases],
    surveys: Register[Surveys],
    districts: Register[Said],
) -> Portion:
    """Return the portion of some cells: the polygons that come near them, and the versions of their records."""
    place = cells_of(cells)
    low, high = place.min(axis=0) * size, (place.max(axis=0) + 1) * size
    registers: tuple[Register[Any], ...] = (hazards, releases, surveys, districts)
    near = [_near(one.shapes.bounds, low, high) for one in registers]
    h, r, s = _part(hazards, near[0]), _part(releases, near[1]), _part(surveys, near[2])
    return Portion(
        cells,
        ends,
        size,
        hazards.planar,
        np.concatenate([one.shapes.polygons[k] for one, k in zip(registers, near, strict=True)]),
        np.concatenate([one.shapes.digests[k] for one, k in zip(registers, near, strict=True)]),
        np.repeat(np.arange(len(LAYERS)), [len(k) for k in near]),
        np.concatenate(near),
        (h[1], r[1], s[1]),
        h[0],
        r[0],
        s[0],
        (h[2], r[2], s[2]),
        _named(r[0], h[2], hazards.number),
    )


def _near(bounds: Floats, low: Floats, high: Floats) -> Ints:
    apart = (bounds[:, 0] > high[0]) | (bounds[:, 2] < low[0]) | (bounds[:, 1] > high[1]) | (bounds[:, 3] < low[1])
    return np.flatnonzero(~apart)


def _part(register: Register[Says], shapes: Ints) -> tuple[Says, Ints, Ints]:
    """Return the versions of the records of some shapes, the record of each shape, and the records' numbers."""
    numbers, record = np.unique(register.shapes.record[shapes], return_inverse=True)
    seq = register.versions
    # Versions lie by record: those of a record are one stretch.
    low, high = np.searchsorted(seq.record, numbers, "left"), np.searchsorted(seq.record, numbers, "right")
    count = high - low
    says = chosen(register.says, np.repeat(low, count) + within(count))
    mine = says.versions
    at = np.minimum(np.searchsorted(shapes, mine.shape), max(len(shapes) - 1, 0))
    here = (mine.shape >= 0) & (shapes[at] == mine.shape) if len(shapes) else np.zeros(len(mine), dtype=bool)
    local = replace(mine, record=np.repeat(np.arange(len(numbers)), count), shape=np.where(here, at, -1))
    return replace(says, versions=local), record, numbers


def _named(releases: Releases, hazards: Ints, number: dict[str, int]) -> Ints:
    found = []
    for version in np.flatnonzero(releases.names).tolist():
        wanted = np.array([number.get(one, -1) for one in releases.named[version]], dtype=np.int64)
        here = np.flatnonzero(np.isin(hazards, wanted))
        found.append(version * len(hazards) + here)
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def drawn(one: Portion) -> tuple[faces.Faces, CoveringSets, CoveringSets, Ints]:
    """Return the faces of a portion, their covering sets, their sets of district polygons, and each set's first face.

    Covering sets are numbered within the portion, by cell.
    """
    claims = (one.layer == 0) | (one.layer == len(LAYERS) - 1)
    found = faces.draw(one.polygons, one.digests, claims, one.cells, one.ends, one.size)
    n = len(found.polygons)
    district = one.layer[found.shape] == len(LAYERS) - 1
    sets = covering_sets(found.face[~district], found.shape[~district], found.cell)
    borders = covering_sets(found.face[district], found.shape[district], np.zeros(n, dtype=np.int64))
    return found, sets, borders, np.unique(sets.of_face, return_index=True)[1]


def work_out(one: Portion) -> tuple[Tables, list[tuple[int, ...]]]:
    """Work out the cells of a portion; return their tables, and which district polygons each border is."""
    found, sets, borders, first = drawn(one)
    areas = measure.areas(found.polygons, planar=one.planar)
    atom, amount = _atoms(sets.of_face, borders.of_face, areas, borders.count)
    rank = found.cell[first]
    cell = one.cells[rank]
    # Within its cell: a set's number does not depend on what else is in the portion.
    number = np.arange(sets.count) - np.searchsorted(rank, rank)
    owner, border = atom // max(borders.count, 1), atom % max(borders.count, 1)
    ground = _Ground(owner, border, amount, cell, number)
    area = np.zeros(sets.count, dtype=np.int64)
    np.add.at(area, owner, amount)

    starts = np.searchsorted(one.layer, np.arange(len(LAYERS)))

    def cover(layer: int, said: Said) -> spans.Cover:
        mine = (sets.shape >= starts[layer]) & (sets.shape < starts[layer + 1])
        shape = sets.shape[mine] - starts[layer]
        return spans.cover(sets.owner[mine], shape, said.versions, one.records[layer])

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
    return Tables(
        cells=table(CELLS, cell=one.cells, end=one.ends),
        atoms=table(ATOMS, cell=cell[owner], amount=amount, set=number[owner], border=border),
        events=_events(events, cell, number),
        tally=_tally(events, since, ground),
        bookings=ground.spread(
            BOOKINGS,
            booked.owner,
            booked.sign,
            day=booked.day,
            profile=booked.profile,
            line=booked.line,
            confirmed=booked.confirmed.astype(np.int64),
        ),
        opens=_opens(stages, ground, one.numbers[0]),
        facts=_facts(look, area, cell, one.numbers),
        covered=_covered(ground, area, sets, borders, one),
    ), borders_of(borders, one)


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
    """The ground of covering sets, in sets of district polygons, and the sets' cells and numbers there."""

    owner: Ints
    border: Ints
    amount: Ints
    cell: Ints
    number: Ints

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


def _covered(ground: _Ground, area: Ints, sets: CoveringSets, borders: CoveringSets, one: Portion) -> Rows:
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
            amount=np.concatenate([area[sets.owner], ground.amount[atom]]),
            shape=one.shape[shape],
            layer=one.layer[shape],
        )
    )


def _events(events: Events, cell: Ints, number: Ints) -> Rows:
    later = follows(events)
    same = (events.state == before(events.state, later, NONE)) & (events.profile == before(events.profile, later, 0))
    k = np.flatnonzero(~same & (events.day < NEVER))
    owner = events.owner[k]
    return table(
        EVENTS,
        cell=cell[owner],
        set=number[owner],
        day=events.day[k],
        profile=events.profile[k],
        state=events.state[k],
    )


def _tally(events: Events, since: Ints, ground: _Ground) -> Rows:
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
    every = np.arange(len(ground.cell))
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


def _facts(look: Facts, area: Ints, cell: Ints, numbers: tuple[Ints, ...]) -> Rows:
    """Return the facts with their ground, and with the numbers that records have in their registers."""
    record, other = look.record.copy(), look.other.copy()
    for code, (layer, second) in enumerate(LAYER_OF.values()):
        mine = look.code == code
        record[mine] = numbers[LAYERS.index(layer)][look.record[mine]]
        if second is not None:
            other[mine] = numbers[LAYERS.index(second)][look.other[mine]]
    rows = table(
        FACTS,
        cell=cell[look.owner],
        amount=area[look.owner],
        record=record,
        other=other,
        since=look.since,
        begins=look.begins,
        ends=look.ends,
        code=look.code,
    )
    return condensed(rows)
