"""The open ground of a date, hazard by hazard: where each is unanswered, as polygons, and how much of it is shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged, portions_of
from layers.coverage.cutting import isin_sorted, within
from layers.coverage.partition import open_sets
from layers.coverage.sets import covering_sets
from layers.coverage.tables import UNIT, Rows, Tables
from layers.coverage.work import drawn

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class OpenGround:
    """The hazards that are unanswered somewhere on a date, in order of id.

    Attributes:
        ids: (n,) their ids.
        confirmed: (n,) whether each is a CHA.
        accuracy_m: (n,) the positional accuracy its record states (m), NaN where it states none.
        asserted: (n,) the latest day (since 1970-01-01) up to the date on which it was opened or a survey version of it
            took effect: evidence of an earlier day says nothing about it.
        m2: (n,) its open ground (m2); ground of several hazards counts with each.
        polygons: (n,) its open ground.
        share: (s,) m2 of each piece of open ground under the same hazards; they sum to all open ground.
        share_of, sharing: (m,) pairs (share, hazard): that hazard is unanswered there; ascending.
        made: how partly open hazards were drawn, so that the next open ground need not draw them again.
    """

    ids: NDArray[np.object_]
    confirmed: Bools
    accuracy_m: Floats
    asserted: Ints
    m2: Floats
    polygons: Geometries
    share: Floats
    share_of: Ints
    sharing: Ints
    made: "Made | None" = field(default=None, repr=False)

    def __len__(self) -> int:
        """Return the number of hazards."""
        return len(self.ids)

    @cached_property
    def boxes(self) -> Floats:
        """The bounds (n, 4) of their open ground."""
        return np.asarray(shapely.bounds(self.polygons)).reshape(-1, 4)

    def area(self, hazards: Ints) -> float:
        """Return the ground (m2) that has to be cleared so that none of some hazards is open, shared ground once."""
        touched = np.unique(self.share_of[np.isin(self.sharing, hazards)])
        return float(self.share[touched].sum())


@dataclass(frozen=True, eq=False)
class Made:
    """The partly open hazards as they were drawn.

    Attributes:
        blocks: what had been worked out of the ground.
        drawn: by hazard id, where it was unanswered (cells and covering sets, as bytes) and the polygon.
    """

    blocks: Mapping[int, Tables]
    drawn: Mapping[str, tuple[bytes, shapely.Geometry]]


def open_ground(arrangement: Arranged, as_of: versions.Date, before: OpenGround | None = None) -> OpenGround:
    """Return the open ground on a date.

    A hazard of which less counts as open than `Arranged.least_open` (1 m2, or half of a smaller one) is left out, as in
    `hazards_open`: slivers between two boundaries drawn along one line do not make it open. A hazard none of whose
    ground was answered keeps the very polygon of its record; what remains of another is made of the faces.

    Args:
        arrangement: the ground, as known; in longitude and latitude.
        as_of: the date.
        before: open ground of an arrangement that this one came out of, or of another date: polygons of hazards about
            which nothing changed are taken from it.
    """
    day = versions.day(as_of)
    register, says = arrangement.registers.hazards, arrangement.hazards
    seq = says.versions
    rows = open_sets(arrangement, day)
    left = np.zeros(len(register.ids), dtype=np.int64)
    np.add.at(left, rows["hazard"], rows["amount"])
    counts = np.flatnonzero((left > 0) & (left * UNIT >= arrangement.least_open))
    ids = np.array([register.ids[k] for k in counts.tolist()], dtype=object)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    record, ids = counts[order], ids[order]
    now = np.flatnonzero(seq.in_force(day))
    of_record = np.full(len(register.ids), -1, dtype=np.int64)
    of_record[seq.record[now]] = now
    version = of_record[record]
    polygons: Geometries = register.shapes.polygons[seq.shape[version]]
    partly = np.flatnonzero(left[record] != _covered(arrangement)[seq.shape[version]])
    rank = np.full(len(register.ids), -1, dtype=np.int64)
    rank[record] = np.arange(len(record))
    place = rank[rows["hazard"]]
    rows, place = rows[place >= 0], place[place >= 0]
    made = _drawn(arrangement, rows, place, ids, partly, before)
    polygons[partly] = [made.drawn[one][1] for one in ids[partly].tolist()]
    surveyed = seq.latest(seq.begins, seq.survey & ~seq.withdrawn)
    accuracy = register.column("positional_accuracy_m")[version]
    return _Opened(
        rows,
        place,
        ids=ids,
        confirmed=says.confirmed[version],
        accuracy_m=accuracy.astype(np.float64),
        asserted=np.maximum(surveyed, says.opened)[version],
        m2=left[record] * UNIT,
        polygons=polygons,
        made=made,
    )


class _Opened(OpenGround):
    """Open ground of which it is worked out when somebody asks how much is shared: most never do."""

    def __init__(self, rows: Rows, place: Ints, **said: object) -> None:
        """Take the ground of unanswered hazards, the hazard of each row, and the other attributes."""
        vars(self).update({**said, "_rows": rows, "_place": place})

    @cached_property
    def _shared(self) -> tuple[Floats, Ints, Ints]:
        return _shares(vars(self)["_rows"], vars(self)["_place"])

    @cached_property
    def share(self) -> Floats:
        """As in `OpenGround`."""
        return self._shared[0]

    @cached_property
    def share_of(self) -> Ints:
        """As in `OpenGround`."""
        return self._shared[1]

    @cached_property
    def sharing(self) -> Ints:
        """As in `OpenGround`."""
        return self._shared[2]


def _covered(arrangement: Arranged) -> Ints:
    """Return the ground (units) that each hazard shape covers, as its faces add up."""
    total = np.zeros(len(arrangement.registers.hazards.shapes), dtype=np.int64)
    for one in arrangement.blocks.values():
        mine = one.covered[one.covered["layer"] == 0]
        np.add.at(total, mine["shape"], mine["amount"])
    return total


def _shares(rows: Rows, hazard: Ints) -> tuple[Floats, Ints, Ints]:
    """Return the ground under each set of unanswered hazards, and pairs (share, hazard), ascending.

    Args:
        rows: the ground of unanswered hazards; rows of one covering set lie together.
        hazard: the place of each row's hazard.
    """
    if not len(rows):
        return np.zeros(0), hazard, hazard
    opens = np.r_[True, (rows["cell"][1:] != rows["cell"][:-1]) | (rows["set"][1:] != rows["set"][:-1])]
    face = np.cumsum(opens) - 1
    # The ground of a covering set is that of any one of its hazards.
    amount = np.zeros(int(face[-1]) + 1, dtype=np.int64)
    mine = hazard == hazard[opens][face]
    np.add.at(amount, face[mine], rows["amount"][mine])
    pairs = np.unique(face * (int(hazard.max()) + 1) + hazard)
    of_face, of_hazard = np.divmod(pairs, int(hazard.max()) + 1)
    sets = covering_sets(of_face, of_hazard, np.zeros(len(amount), dtype=np.int64))
    share = np.zeros(sets.count, dtype=np.int64)
    np.add.at(share, sets.of_face, amount)
    return np.asarray(share * UNIT, dtype=np.float64), sets.owner, sets.shape


def _drawn(  # noqa: PLR0913, PLR0917
    arrangement: Arranged,
    rows: Rows,
    place: Ints,
    ids: NDArray[np.object_],
    partly: Ints,
    before: OpenGround | None,
) -> Made:
    """Draw what is open of partly answered hazards, those again of which nothing is known from before.

    Args:
        arrangement: the ground.
        rows, place: the ground of unanswered hazards, and the hazard of each row.
        ids: of the hazards.
        partly: places of the partly answered ones, ascending.
        before: open ground of before.
    """
    mine = isin_sorted(place, partly)
    of, cell, number = place[mine], rows["cell"][mine], rows["set"][mine].astype(np.int64)
    order = np.lexsort((number, cell, of))
    of, cell, number = of[order], cell[order], number[order]
    begin = np.searchsorted(of, partly)
    keys = [one.tobytes() for one in np.split(np.column_stack([cell, number]), begin[1:])] if len(partly) else []
    old = before.made if before is not None else None
    moved = _moved(old.blocks, arrangement.blocks, np.unique(cell)) if old else np.unique(cell)
    stirred = np.zeros(len(partly), dtype=bool)
    stirred[np.searchsorted(partly, of[isin_sorted(cell, moved)])] = True
    found: dict[str, tuple[bytes, shapely.Geometry]] = {}
    todo = []
    for k, (hazard, key, again) in enumerate(zip(partly.tolist(), keys, stirred.tolist(), strict=True)):
        known = old.drawn.get(ids[hazard]) if old and not again else None
        if known is not None and known[0] == key:
            found[ids[hazard]] = known
        else:
            todo.append(k)
    again = isin_sorted(of, partly[todo])
    polygons = _faces(arrangement, of[again], cell[again], number[again])
    for k, polygon in zip(todo, polygons, strict=True):
        found[ids[partly[k]]] = keys[k], polygon
    return Made(arrangement.blocks, found)


def _moved(old: Mapping[int, Tables], new: Mapping[int, Tables], cells: Ints) -> Ints:
    """Return those of some cells (keys, ascending) in which not the same polygons cover the same ground as before."""
    kept = {id(one) for one in old.values()}
    changed = [one for one in new.values() if id(one) not in kept]
    if not changed:
        return cells[:0]
    was = np.concatenate(
        [one.covered for key, one in old.items() if new.get(key) is not one] or [changed[0].covered[:0]]
    )
    now = np.concatenate([one.covered for one in changed])
    both = np.concatenate([was, now])
    names = ("cell", "layer", "shape", "amount")
    order = np.lexsort([both[name] for name in reversed(names)])
    both = both[order]
    twice = np.ones(max(len(both) - 1, 0), dtype=bool)
    for name in names:
        twice &= both[name][1:] == both[name][:-1]
    alone = ~(np.r_[twice, False][: len(both)] | np.r_[False, twice][: len(both)])
    return np.intersect1d(cells, both["cell"][alone])


def _faces(arrangement: Arranged, hazard: Ints, cell: Ints, number: Ints) -> list[shapely.Geometry]:
    """Return the union of the faces of each hazard, in order of hazard.

    Args:
        arrangement: the ground.
        hazard, cell, number: the covering sets of each hazard; sorted by hazard.
    """
    if not len(hazard):
        return []
    order = np.lexsort((number, cell))
    of, key_cell, key_number = hazard[order], cell[order], number[order]
    parts, owners = [], []
    for portion in portions_of(arrangement, np.unique(cell)):
        found, sets, _, first = drawn(portion)
        rank = found.cell[first]
        face_number = (np.arange(sets.count) - np.searchsorted(rank, rank))[sets.of_face]
        # Both sides as one number: the place of the cell among those asked for, then the set.
        base = np.int64(max(int(face_number.max(initial=0)), int(key_number.max(initial=0))) + 1)
        wanted = np.searchsorted(portion.cells, key_cell)
        here = isin_sorted(key_cell, portion.cells)
        keys = wanted[here] * base + key_number[here]
        face_key = found.cell * base + face_number
        low, high = np.searchsorted(keys, face_key, "left"), np.searchsorted(keys, face_key, "right")
        count = high - low
        owners.append(of[here][np.repeat(low, count) + within(count)])
        parts.append(np.repeat(found.polygons, count))
    polygons, owner = np.concatenate(parts), np.concatenate(owners)
    place = np.argsort(owner, kind="stable")
    pieces = shapely.geometrycollections(polygons[place], indices=np.searchsorted(np.unique(hazard), owner[place]))
    joined: Geometries = np.asarray(shapely.union_all(np.asarray(pieces)[:, np.newaxis], axis=1), dtype=object)
    return list(joined)
