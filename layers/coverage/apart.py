"""Open ground worked out a second time, another way, for the certificate: by overlay of whole polygons, without faces.

Each hazard standing on the day loses the polygons of the releases that answer it - but for the ground that a survey
brought to it after the release was completed - and the rest of all hazards is united, block by block. What a block
came to is kept under what went into it: another date, or an edit, asks only for the blocks that it changes.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.tables import UNIT

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Marks = NDArray[np.uint64]
Geometries = NDArray[np.object_]

BLOCK = 2
"""Side of a block in cells."""


@dataclass(frozen=True)
class Open:
    """Open ground by overlay, in m2.

    Attributes:
        union_m2: of all hazards together.
        added_up_m2: of each by itself, added up.
    """

    union_m2: float
    added_up_m2: float


@dataclass(frozen=True)
class _Standing:
    """The hazards standing on a day and the releases that answer them.

    Attributes:
        version: (n,) versions of hazards.
        place, release: (m,) pairs: the hazard `version[place]` is answered by that version of a release.
    """

    version: Ints
    place: Ints
    release: Ints


def open_ground(arrangement: Arranged, day: int) -> Open:
    """Return the open ground on a day by overlay of polygons."""
    standing = _standing(arrangement, day)
    shapes = arrangement.registers.hazards.shapes
    shape = arrangement.hazards.versions.shape[standing.version]
    column, row, hazard = _blocks(shapes.bounds[shape], arrangement.size * BLOCK)
    order = np.lexsort((shapes.digests[shape][hazard], column, row))
    column, row, hazard = column[order], row[order], hazard[order]
    first = np.flatnonzero(np.r_[True, (column[1:] != column[:-1]) | (row[1:] != row[:-1])][: len(hazard)])
    keys = _keys(arrangement, standing, hazard, column[first], row[first], first)
    known = arrangement.apart
    missing = np.array([key not in known for key in keys], dtype=bool)
    if missing.any():
        block = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(hazard)]))
        k = np.flatnonzero(missing[block])
        asked, inverse = np.unique(hazard[k], return_inverse=True)
        rest = _rest(arrangement, standing, asked)
        found = _united(rest[inverse.ravel()], column[k], row[k], arrangement)
        known.update(zip([keys[one] for one in np.flatnonzero(missing).tolist()], found, strict=True))
    return Open(*(sum(known[key][part] for key in keys) * UNIT for part in (0, 1)))


def _standing(arrangement: Arranged, day: int) -> _Standing:
    hz, rel = arrangement.hazards, arrangement.releases
    h, r = hz.versions, rel.versions
    now = np.flatnonzero(h.in_force(day) & (hz.opened <= day) & (h.shape >= 0))
    effective = np.flatnonzero(r.in_force(day) & (rel.effective <= day) & (r.shape >= 0))
    # Which polygons touch does not depend on the day; here it is brought to the versions that hold.
    touching = arrangement.touching
    version_of = np.full(len(arrangement.registers.hazards.shapes), -1, dtype=np.int64)
    version_of[h.shape[now]] = np.arange(len(now))
    release_of = np.full(len(arrangement.registers.releases.shapes), -1, dtype=np.int64)
    release_of[r.shape[effective]] = effective
    place, release = version_of[touching[:, 0]], release_of[touching[:, 1]]
    both = (place >= 0) & (release >= 0)
    place, release = place[both], release[both]
    v = now[place]
    since = np.maximum(hz.worsened[v], hz.opened[v])
    fits = (rel.completed[release] >= since) & ((hz.devices[v] & ~rel.devices[release]) == 0)
    fits &= (rel.rank[release] > 1) | ~(hz.confirmed[v] | (hz.downgraded[v] > rel.completed[release]))
    for k in np.flatnonzero(fits & rel.names[release]).tolist():
        fits[k] = arrangement.registers.hazards.ids[h.record[v[k]]] in rel.named[release[k]]
    return _Standing(now, place[fits], release[fits])


def _blocks(bounds: Floats, size: float) -> tuple[Ints, Ints, Ints]:
    """Return column, row and place for each block that each of some boxes enters."""
    low = np.floor(bounds[:, :2] / size).astype(np.int64)
    count = np.floor(bounds[:, 2:] / size).astype(np.int64) - low + 1
    total = count.prod(axis=1)
    place = np.repeat(np.arange(len(bounds)), total)
    step = within(total)
    return low[place, 0] + step % count[place, 0], low[place, 1] + step // count[place, 0], place


def _marks(digests: NDArray[np.bytes_], salt: int) -> Marks:
    """Return one 64-bit number for each digest; another salt gives an independent one."""
    half = np.frombuffer(np.ascontiguousarray(digests).tobytes(), dtype=np.uint64).reshape(-1, 4)
    mixed = np.zeros(len(digests), dtype=np.uint64)
    for part in half.T:
        mixed = _mix(mixed ^ (part + np.uint64(salt)))
    return mixed


def _mix(z: Marks) -> Marks:
    """Scramble 64 bits (the finaliser of splitmix64, Steele and others 2014)."""
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _keys(  # noqa: PLR0913, PLR0917
    arrangement: Arranged, standing: _Standing, hazard: Ints, column: Ints, row: Ints, first: Ints
) -> list[bytes]:
    """Return for each block a key of all that its ground is made of."""
    if not len(first):
        return []
    hazards, releases = arrangement.registers.hazards, arrangement.registers.releases
    seq = hazards.versions
    parts = [column.astype("<i8").tobytes(), row.astype("<i8").tobytes()]
    for salt in (1, 2):
        polygon = np.zeros(len(seq), dtype=np.uint64)
        drawn = np.flatnonzero(seq.shape >= 0)
        polygon[drawn] = _marks(hazards.shapes.digests[seq.shape[drawn]], salt)
        # What surveys brought to a hazard shows in its versions up to now.
        flags = seq.survey.astype(np.uint64) + np.uint64(2) * seq.withdrawn.astype(np.uint64)
        step = _mix(_mix(polygon ^ _mix(seq.begins.astype(np.uint64))) + flags)
        so_far = np.cumsum(step, dtype=np.uint64)
        start = np.maximum.accumulate(np.where(seq.first, np.arange(len(seq)), 0))
        history = so_far - so_far[start] + step[start]
        mine = polygon[standing.version].copy()
        answer = _marks(releases.shapes.digests[releases.versions.shape[standing.release]], salt)
        answer = _mix(answer + arrangement.releases.completed[standing.release].astype(np.uint64))
        np.add.at(mine, standing.place, _mix(answer ^ history[standing.version[standing.place]]))
        # Rows lie block by block.
        parts.append(np.add.reduceat(_mix(mine)[hazard], first).tobytes())
    size = np.dtype(np.int64).itemsize
    return [b"".join(part[k : k + size] for part in parts) for k in range(0, len(parts[0]), size)]


def _rest(arrangement: Arranged, standing: _Standing, asked: Ints) -> Geometries:
    """Return what remains of some standing hazards (places in `standing.version`, ascending)."""
    hazards, releases = arrangement.registers.hazards, arrangement.registers.releases
    rest = hazards.shapes.polygons[hazards.versions.shape[standing.version[asked]]].copy()
    where = np.full(len(standing.version), -1, dtype=np.int64)
    where[asked] = np.arange(len(asked))
    taken: dict[int, list[shapely.Geometry]] = {}
    for k in np.flatnonzero(where[standing.place] >= 0).tolist():
        by, version = int(standing.release[k]), int(standing.version[standing.place[k]])
        answer = releases.shapes.polygons[releases.versions.shape[by]]
        for later in _arrivals(arrangement, version, int(arrangement.releases.completed[by])):
            answer = shapely.difference(answer, later)
        taken.setdefault(int(where[standing.place[k]]), []).append(answer)
    for place, answers in taken.items():
        rest[place] = shapely.difference(rest[place], shapely.union_all(answers))
    return rest


def _arrivals(arrangement: Arranged, version: int, completed: int) -> list[shapely.Geometry]:
    """Return the ground that surveys after `completed` brought to a hazard, up to one of its versions."""
    register = arrangement.registers.hazards
    seq = register.versions

    def ground(v: int) -> shapely.Geometry | None:
        return register.shapes.polygons[seq.shape[v]] if seq.shape[v] >= 0 else None

    found: list[shapely.Geometry] = []
    v = version
    while not seq.first[v]:
        here, there = ground(v), ground(v - 1)
        if here is not None and seq.survey[v] and not seq.withdrawn[v] and seq.begins[v] > completed:
            before = shapely.Polygon() if there is None or seq.withdrawn[v - 1] else there
            found.append(shapely.difference(here, before))
        v -= 1
    return found


def _united(rest: Geometries, column: Ints, row: Ints, arrangement: Arranged) -> list[tuple[int, int]]:
    """Return for each block the ground of the union of what lies in it, and of its parts added up (units)."""
    size = arrangement.size * BLOCK
    first = np.r_[True, (column[1:] != column[:-1]) | (row[1:] != row[:-1])]
    block = np.cumsum(first) - 1
    bounds = shapely.bounds(rest)
    low = np.column_stack([column, row]) * size
    within_block = (bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= low + size).all(axis=1)
    cross = np.flatnonzero(~within_block & ~shapely.is_empty(rest))
    clipped = rest.copy()
    clipped[cross] = _clipped(rest[cross], column[cross], row[cross], size)
    parts = np.zeros(int(block[-1]) + 1)
    np.add.at(parts, block, measure.areas(_polygons(clipped), planar=arrangement.planar))
    together = shapely.geometrycollections(clipped, indices=block)
    united = shapely.union_all(np.asarray(together, dtype=object)[:, np.newaxis], axis=1)
    areas = measure.areas(_polygons(np.asarray(united, dtype=object)), planar=arrangement.planar)
    return [(round(one / UNIT), round(two / UNIT)) for one, two in zip(areas.tolist(), parts.tolist(), strict=True)]


def _clipped(polygons: Geometries, column: Ints, row: Ints, size: float) -> Geometries:
    """Return polygons cut to their blocks: to strips first, so that a large one is not read for every block."""
    strip = np.stack([row, _number(polygons)], axis=1)
    _, one, inverse = np.unique(strip, axis=0, return_index=True, return_inverse=True)
    bounds = shapely.bounds(polygons[one])
    lanes = shapely.box(bounds[:, 0] - size, row[one] * size, bounds[:, 2] + size, (row[one] + 1) * size)
    strips = shapely.intersection(polygons[one], lanes)
    boxes = shapely.box(column * size, row * size, (column + 1) * size, (row + 1) * size)
    found: Geometries = np.asarray(shapely.intersection(strips[inverse.ravel()], boxes), dtype=object)
    return found


def _number(polygons: Geometries) -> Ints:
    """Return one number for each polygon object."""
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(id(one), len(numbers)) for one in polygons], dtype=np.int64)


def _polygons(geometries: Geometries) -> Geometries:
    """Return geometries without the points and lines that cutting may leave along borders."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(geometries), (3, 6)))
    if not len(mixed):
        return geometries
    found = geometries.copy()
    for k in mixed.tolist():
        parts = shapely.get_parts(shapely.get_parts(geometries[k]))
        found[k] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return found


def reported_beside_computed(arrangement: Arranged, day: int) -> tuple[Floats, Floats]:
    """Return reported and computed area (m2) of the hazards in force that report one."""
    register = arrangement.registers.hazards
    seq = register.versions
    reported = register.column("reported_area_m2").astype(np.float64)
    now = np.flatnonzero(seq.in_force(day) & ~np.isnan(reported) & (seq.shape >= 0))
    return reported[now], register.shapes.areas[seq.shape[now]]
