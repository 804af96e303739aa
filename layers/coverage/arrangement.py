"""The arrangement: the ground cut once by all boundaries ever recorded, as a value that every question is asked of.

It is made of registers, one for each layer, and of tables worked out cell by cell. When records change, only the cells
near them are worked out again; what was known at an earlier moment is reached the same way, backwards. Either way comes
out as if it had been built from its versions alone, to the last digit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage import records, register, tables
from layers.coverage.cells import by_block, cells_of, ends_of, touched
from layers.coverage.cutting import Runs, busy, cut, isin_sorted
from layers.coverage.ground import Boundaries, boundaries
from layers.coverage.portion import LAYERS, Portion, portion
from layers.coverage.records import NEVER, Hazards, Releases, Said, Surveys
from layers.coverage.register import Register
from layers.coverage.tables import Rows, Tables
from layers.coverage.work import Worked, work_out

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
Workers = Callable[[Iterable[Portion]], Iterable[Worked]]
"""Works portions out, in their order; where and how many at a time is its own affair."""

CELL_DEGREES = 2.0**-6
"""The side of a cell in degrees: 1.7 km from south to north. A power of two, so that borders are exact."""

CELL_METRES = 2.0**11
"""The side of a cell (m) of planar frames."""

KEPT = 4
"""Arrangements of earlier knowledge that one keeps; the oldest goes."""

POINT_DATES = {"incidents": "occurred_on", "spots": "found_on"}
FRAMES = (*LAYERS, *POINT_DATES)
_NONE = np.zeros(0, dtype=np.int64)


def quiet(done: int, total: int) -> None:
    """Report no progress."""


def one_by_one(portions: Iterable[Portion]) -> Iterable[Worked]:
    """Work portions out one after another, in this process."""
    return map(work_out, portions)


@dataclass(frozen=True)
class Registers:
    """The register of each layer that parts the ground."""

    hazards: Register[Hazards]
    releases: Register[Releases]
    surveys: Register[Surveys]
    districts: Register[Said]

    def each(self) -> tuple[Register[Any], ...]:
        """Return the registers in the order of `LAYERS`."""
        return self.hazards, self.releases, self.surveys, self.districts


def no_records(*, planar: bool) -> Registers:
    """Return registers in which nothing was recorded."""
    return Registers(
        register.empty("hazards", records.hazards, planar=planar),
        register.empty("releases", records.releases, planar=planar),
        register.empty("surveys", records.surveys, planar=planar),
        register.empty("districts", register.said, planar=planar),
    )


@dataclass(frozen=True)
class Arranged:
    """The states of the ground on every day, by all versions recorded.

    Immutable; `extended` and `at` give the arrangement of what was known later and earlier.

    Attributes:
        registers: the versions of the layers that part the ground.
        points: the version frames of incidents and spots, which are counted and never measured.
        blocks: what was worked out of the cells of each block.
        borders: the district shapes of each set of district polygons that ground lies in.
        planar: whether areas are planar metres (frames without a CRS).
        size: the cell's side, in units of the coordinates.
        apart: unions worked out apart for the certificate, by what they are made of.
        met: pairs of touching polygons known already, and among how many hazard and release shapes.
    """

    registers: Registers
    points: Mapping[str, gpd.GeoDataFrame]
    blocks: Mapping[int, Tables]
    borders: tuple[tuple[int, ...], ...]
    planar: bool
    size: float
    apart: dict[bytes, tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)
    met: tuple[Ints, int, int] | None = field(default=None, repr=False, compare=False)
    _earlier: dict[tuple[int, ...], Self] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def tables(self) -> Tables:
        """What was worked out of all cells, as one."""
        return tables.joined(list(self.blocks.values()))

    @cached_property
    def cells(self) -> Rows:
        """All busy cells and where their stretches end."""
        rows = np.concatenate([np.zeros(0, dtype=tables.CELLS), *(one.cells for one in self.blocks.values())])
        return np.asarray(rows[np.argsort(rows["cell"])])

    @property
    def hazards(self) -> Hazards:
        """What the versions of hazards say."""
        return self.registers.hazards.says

    @property
    def releases(self) -> Releases:
        """What the versions of releases say."""
        return self.registers.releases.says

    def frame(self, layer: str) -> gpd.GeoDataFrame:
        """Return all versions of a layer, in order of recording."""
        return self.points[layer] if layer in POINT_DATES else self.registers.each()[LAYERS.index(layer)].frame

    def lengths(self) -> tuple[int, ...]:
        """Return how many versions of each layer were recorded, in the order of `FRAMES`."""
        return tuple(len(self.frame(name)) for name in FRAMES)

    def extended(
        self, frames: Mapping[str, gpd.GeoDataFrame], *, workers: Workers = one_by_one, progress: Progress = quiet
    ) -> Self:
        """Return the arrangement of further versions.

        Args:
            frames: version frames by layer that begin with the versions arranged here; layers left out stay.
            workers, progress: who works cells out, and who is told how many of how many are done.
        """
        parts = [
            one.extended(frames[one.layer]) if one.layer in frames else (one, _NONE) for one in self.registers.each()
        ]
        points = {name: frames.get(name, frame) for name, frame in self.points.items()}
        return self._with(parts, points, workers, progress)

    def reached(self, lengths: tuple[int, ...]) -> Self:
        """Return the arrangement of the first so many versions of each layer, in the order of `FRAMES`."""
        lengths = tuple(np.minimum(lengths, self.lengths()).tolist())
        if lengths == self.lengths():
            return self
        if lengths not in self._earlier:
            wanted = dict(zip(FRAMES, lengths, strict=True))
            parts = [one.reached(wanted[one.layer]) for one in self.registers.each()]
            points = {name: frame.iloc[: wanted[name]] for name, frame in self.points.items()}
            while len(self._earlier) >= KEPT:
                self._earlier.pop(next(iter(self._earlier)))
            self._earlier[lengths] = self._with(parts, points, one_by_one, quiet)
        return self._earlier[lengths]

    def at(self, known_at: versions.Moment | None) -> Self:
        """Return the arrangement of the versions recorded at or before `known_at`.

        It is worked out from those versions alone, so that a published figure comes out the same to the last digit
        whatever was recorded since.
        """
        if known_at is None:
            return self
        moment = versions.as_moment(known_at)
        frames = [self.frame(name) for name in FRAMES]
        if not any("recorded_at" in frame for frame in frames):
            message = "known_at needs frames that say when their versions were recorded (recorded_at)"
            raise ValueError(message)
        return self.reached(tuple(len(versions.known_by(frame, moment)) for frame in frames))

    def _with(
        self,
        parts: Sequence[tuple[Register[Any], Ints]],
        points: Mapping[str, gpd.GeoDataFrame],
        workers: Workers,
        progress: Progress,
    ) -> Self:
        """Return the arrangement of other registers, given which records differ."""
        registers = Registers(*(one for one, _ in parts))
        whole = replace(self, registers=registers, points=points, met=self._known_meetings(), _earlier={})
        # The polygons of a changed record, before and after: the register that knows more holds them all.
        pairs = zip(registers.each(), self.registers.each(), strict=True)
        shapes = [max(one.shapes, other.shapes, key=len) for one, other in pairs]
        moved = [np.flatnonzero(np.isin(one.record, changed)) for one, (_, changed) in zip(shapes, parts, strict=True)]
        bounds = np.concatenate([one.bounds[k] for one, k in zip(shapes, moved, strict=True)])
        if not len(bounds):
            return whole
        old = self.cells
        near = touched(old["cell"], old["end"], bounds, self.size)
        if near.sum() * 2 > len(near):
            return built(whole, workers=workers, progress=progress)
        entered = [busy(one.polygons[k], self.size) for one, k in zip(shapes, moved, strict=True)]
        asked = np.unique(np.concatenate([old["cell"][near], *entered]))
        cells = np.union1d(old["cell"][~near], np.unique(_cut(registers, self.size, asked).cell))
        ends = ends_of(cells)
        # A stretch that now ends elsewhere changes the cell it belongs to.
        place = np.minimum(np.searchsorted(old["cell"], cells), max(len(old) - 1, 0))
        kept = (old["cell"][place] == cells) & (old["end"][place] == ends) if len(old) else np.zeros(len(cells), bool)
        todo = np.flatnonzero(~kept | isin_sorted(cells, asked))
        gone = np.union1d(cells[todo], np.setdiff1d(old["cell"], cells))
        blocks = dict(self.blocks)
        for block, some in by_block(gone):
            if block in blocks:
                blocks[block] = blocks[block].without(some)
        whole = replace(whole, blocks={block: one for block, one in blocks.items() if len(one.cells)})
        if not len(todo):
            return whole
        return _worked(whole, _cut(registers, self.size, cells[todo]), cells[todo], ends[todo], workers, progress)

    def _known_meetings(self) -> tuple[Ints, int, int] | None:
        if "touching" not in vars(self):
            return self.met
        return self.touching, len(self.registers.hazards.shapes), len(self.registers.releases.shapes)

    def boundaries(self, day: int) -> Boundaries:
        """Return the districts in force on a day (days since 1970-01-01)."""
        return boundaries(day, self.registers.districts, self.borders)

    @cached_property
    def touching(self) -> Ints:
        """Pairs (hazard shape, release shape) (n, 2) of polygons that meet, ascending."""
        h, r = self.registers.hazards.shapes, self.registers.releases.shapes
        found, hazards, releases = self.met or (np.zeros((0, 2), dtype=np.int64), 0, 0)
        found = found[(found[:, 0] < len(h)) & (found[:, 1] < len(r))]
        new = _meeting(h.polygons[hazards:], r.polygons) + np.array([hazards, 0])
        late = _meeting(h.polygons[:hazards], r.polygons[releases:]) + np.array([0, releases])
        both = np.concatenate([found, new, late])
        return both[np.lexsort((both[:, 1], both[:, 0]))]

    @cached_property
    def least_open(self) -> Floats:
        """How many m2 of each hazard must be open for it to count as open: 1, or half of a smaller one."""
        shapes = self.registers.hazards.shapes
        least = np.full(len(self.registers.hazards.ids), tables.SQUARE_METRE)
        np.minimum.at(least, shapes.record, shapes.areas / 2)
        return least

    @cached_property
    def by_border(self) -> Rows:
        """The tally summed over cells and profiles: what changes by day, border and column."""
        rows = [one.by_border for one in self.blocks.values()]
        return tables.condensed(np.concatenate([np.zeros(0, dtype=tables.TALLY), *rows]))

    @cached_property
    def first_day(self) -> int:
        """The first day that some record of a hazard, release or survey describes; NEVER where there is none."""
        days = [one.versions.begins.min() for one in self.registers.each()[:3] if len(one.versions)]
        return int(min(days, default=NEVER))

    def points_on(self, name: str, day: int, borders: Boundaries) -> Ints:
        """Return the district of each point record in force on a day: its place, or the number of districts."""
        frame = self.points[name]
        if not len(frame):
            return np.zeros(0, dtype=np.int64)
        found = versions.in_force(frame, versions.date_of(day))
        points = found[versions.days(found[POINT_DATES[name]]) <= day].geometry.to_numpy()
        place = np.full(len(points), len(borders.ids), dtype=np.int64)
        polygon, point = shapely.STRtree(points).query(borders.polygons, predicate="intersects")
        np.minimum.at(place, point, polygon)
        return place


Kind = TypeVar("Kind", bound=Arranged)


def built(whole: Kind, *, workers: Workers = one_by_one, progress: Progress = quiet) -> Kind:
    """Return an arrangement with every cell worked out from its registers."""
    bare = replace(whole, blocks={}, borders=(), _earlier={})
    runs = _cut(whole.registers, whole.size)
    cells = np.unique(runs.cell)
    return _worked(bare, runs, cells, ends_of(cells), workers, progress)


def _worked(  # noqa: PLR0913, PLR0917
    whole: Kind, runs: Runs, cells: Ints, ends: Ints, workers: Workers, progress: Progress
) -> Kind:
    """Return an arrangement with some cells worked out besides those that it has."""
    number = {one: place for place, one in enumerate(whole.borders)}
    blocks, done = dict(whole.blocks), 0
    portions = by_block(cells)
    work = workers(_portions(whole, runs, [some for _, some in portions], cells, ends))
    for (block, some), (found, borders) in zip(portions, work, strict=True):
        again = [number.setdefault(one, len(number)) for one in borders]
        fresh = found.with_borders(np.array(again, dtype=np.int64))
        blocks[block] = tables.merged(blocks[block], fresh) if block in blocks else fresh
        done += len(some)
        progress(done, len(cells))
    ordered = {block: blocks[block] for block in sorted(blocks)}
    return replace(whole, blocks=ordered, borders=tuple(number))


def portions_of_all(whole: Arranged) -> Iterable[Portion]:
    """Return all cells of an arrangement as work, portion by portion."""
    cells, ends = whole.cells["cell"], whole.cells["end"]
    return _portions(whole, _cut(whole.registers, whole.size), [some for _, some in by_block(cells)], cells, ends)


def portions_of(whole: Arranged, some: Ints) -> Iterable[Portion]:
    """Return some busy cells of an arrangement (keys, ascending) as work, portion by portion."""
    cells, ends = whole.cells["cell"], whole.cells["end"]
    runs = _cut(whole.registers, whole.size, some)
    return _portions(whole, runs, [mine for _, mine in by_block(some)], cells, ends)


def _portions(whole: Arranged, runs: Runs, portions: list[Ints], cells: Ints, ends: Ints) -> Iterable[Portion]:
    for some in portions:
        here = ends[np.searchsorted(cells, some)]
        yield portion(some, here, whole.size, runs.within(some), *whole.registers.each())


def _cut(registers: Registers, size: float, cells: Ints | None = None) -> Runs:
    """Cut the boundaries of all polygons, equal ones once, in the order of their digests; in some cells or in all."""
    polygons = np.concatenate([one.shapes.polygons for one in registers.each()])
    digests = np.concatenate([one.shapes.digests for one in registers.each()])
    if cells is not None:
        place = cells_of(cells)
        low, high = place.min(axis=0) * size, (place.max(axis=0) + 1) * size
        box = np.concatenate([one.shapes.bounds for one in registers.each()])
        near = (box[:, 0] <= high[0]) & (box[:, 2] >= low[0]) & (box[:, 1] <= high[1]) & (box[:, 3] >= low[1])
        polygons, digests = polygons[near], digests[near]
    return cut(polygons[np.unique(digests, return_index=True)[1]], size, cells)


def _meeting(one: NDArray[np.object_], other: NDArray[np.object_]) -> Ints:
    """Return pairs (place in one, place in other) (n, 2) of polygons that meet."""
    if not len(one) or not len(other):
        return np.zeros((0, 2), dtype=np.int64)
    if len(one) < len(other):
        b, a = shapely.STRtree(one).query(other, predicate="intersects")
        return np.column_stack([a, b])[:, ::1]
    a, b = shapely.STRtree(other).query(one, predicate="intersects")
    return np.column_stack([a, b])


def arranged(  # noqa: PLR0913
    kind: type[Kind],
    frames: Mapping[str, gpd.GeoDataFrame],
    *,
    planar: bool,
    size: float,
    workers: Workers = one_by_one,
    progress: Progress = quiet,
) -> Kind:
    """Arrange version frames, in order of recording, all in EPSG:4326 or all planar."""
    return built(registered(kind, frames, planar=planar, size=size), workers=workers, progress=progress)


def registered(kind: type[Kind], frames: Mapping[str, gpd.GeoDataFrame], *, planar: bool, size: float) -> Kind:
    """Return an arrangement of version frames, in order of recording, of which no cell is worked out yet."""
    points = {name: frames.get(name, versions.empty(versions.layer_named(name))) for name in POINT_DATES}
    found: list[Register[Any]] = [
        one.extended(frames[one.layer])[0] if one.layer in frames else one for one in no_records(planar=planar).each()
    ]
    return kind(Registers(*found), points, {}, (), planar, size)
