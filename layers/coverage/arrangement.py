"""The arrangement: the ground cut once by all boundaries, and every question about it answered from that."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Self, TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure, versions
from layers.coverage import records, spans, state
from layers.coverage.faces import Faces, Progress, draw
from layers.coverage.ground import Atoms, Boundaries, atoms, boundaries
from layers.coverage.journal import Journal, journal_of
from layers.coverage.sets import CoveringSets, covering_sets

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

CELL_DEGREES = 2.0**-6
"""The side of a cell in degrees: 1.7 km from south to north. A power of two, so that borders are exact."""

CELL_METRES = 2.0**11
"""The side of a cell (m) of planar frames."""

WORK = 4_000_000
"""Pairs of spans and events worked out at a time; bounds memory."""


KEPT = 4
"""Arrangements of earlier knowledge that one keeps; the oldest goes."""

LAYER_NAMES = ("hazards", "releases", "surveys", "districts")
POINT_DATES = {"incidents": "occurred_on", "spots": "found_on"}


def quiet(done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Shapes:
    """All different polygons of all records, layer by layer.

    Attributes:
        polygons: (n,) in the order hazards, releases, surveys, districts.
        areas: (n,) m2 of each, computed by itself.
        starts: where each layer begins, and the end.
        of_version: per layer the shape (counted within the layer) of each version of its sequence, -1 for none.
    """

    polygons: Geometries
    areas: Floats
    starts: tuple[int, ...]
    of_version: tuple[Ints, ...]


@dataclass(frozen=True)
class Arranged:
    """Faces of all polygons ever recorded, and the states of the ground on every day.

    Immutable; `at` gives the arrangement of what was known at an earlier moment.

    Attributes:
        frames: the version frames it was made of, by layer.
        planar: whether areas are planar metres (frames without a CRS).
        cell: the cell's side, in units of the coordinates.
    """

    frames: dict[str, gpd.GeoDataFrame | None]
    hazards: records.Hazards
    releases: records.Releases
    surveys: records.VersionSequence
    districts: records.VersionSequence
    shapes: Shapes
    faces: Faces
    sets: CoveringSets
    borders: CoveringSets
    atoms: Atoms
    atom_of_face: Ints
    planar: bool
    cell: float
    _known: dict[dt.datetime, Self] = field(default_factory=dict, repr=False, compare=False)

    def at(self, known_at: versions.Moment | None) -> Self:
        """Return the arrangement of the versions recorded at or before `known_at`.

        It is built from those versions alone, so that a published figure comes out the same to the last digit
        whatever was recorded since.
        """
        if known_at is None:
            return self
        moment = versions.as_moment(known_at)
        dated = [frame for frame in self.frames.values() if frame is not None and "recorded_at" in frame]
        if not dated:
            message = "known_at needs frames that say when their versions were recorded (recorded_at)"
            raise ValueError(message)
        if all((frame["recorded_at"] <= moment).all() for frame in dated):
            return self
        if moment not in self._known:
            then = {
                name: None if frame is None else versions.known_by(frame, moment) for name, frame in self.frames.items()
            }
            while len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[moment] = build(type(self), then, cell=self.cell, planar=self.planar)
        return self._known[moment]

    @cached_property
    def covers(self) -> tuple[spans.Cover, spans.Cover, spans.Cover]:
        """Every version over each covering set: of hazards, releases, surveys."""
        found = []
        for layer, seq in enumerate((self.hazards.versions, self.releases.versions, self.surveys)):
            low, high = self.shapes.starts[layer], self.shapes.starts[layer + 1]
            mine = (self.sets.shape >= low) & (self.sets.shape < high)
            owner, shape = self.sets.owner[mine], self.sets.shape[mine] - low
            found.append(spans.cover(owner, shape, seq, self.shapes.of_version[layer], high - low))
        return found[0], found[1], found[2]

    @cached_property
    def hazard_spans(self) -> spans.HazardSpans:
        """When hazards stand over covering sets."""
        return spans.hazard_spans(self.covers[0], self.hazards)

    @cached_property
    def release_spans(self) -> spans.ReleaseSpans:
        """When releases are in effect, or await quality control, over covering sets."""
        return spans.release_spans(self.covers[1], self.releases)

    @cached_property
    def survey_spans(self) -> spans.SurveySpans:
        """When covering sets are surveyed without evidence found."""
        return spans.survey_spans(self.covers[2], self.surveys)

    @cached_property
    def journal(self) -> Journal:
        """Every change of state of every covering set."""
        parts = [
            state.evaluate(
                _some(self.hazard_spans, low, high),
                _some(self.release_spans, low, high),
                _some(self.survey_spans, low, high),
                self.hazards,
                self.releases,
            )
            for low, high in self._portions()
        ]
        since = state.standing_since(self.hazard_spans, self.sets.count)
        return journal_of(state.joined(parts), since)

    def _portions(self) -> list[tuple[int, int]]:
        """Cut the covering sets into ranges whose work fits in memory."""
        n = self.sets.count
        size = sum(
            np.bincount(x.owner, minlength=n) for x in (self.hazard_spans, self.release_spans, self.survey_spans)
        )
        work = np.cumsum(np.asarray(size, dtype=np.int64) ** 2 * 2 + 1)
        cuts = [0, *(np.searchsorted(work, np.arange(WORK, work[-1], WORK)) + 1)] if n else [0]
        edges = sorted({*(int(min(cut, n)) for cut in cuts), n})
        return list(pairwise(edges)) or [(0, 0)]

    def points_on(self, name: str, day: int, borders: Boundaries) -> Ints:
        """Return the district of each point record in force on a day: its place, or the number of districts."""
        frame = self.frames.get(name)
        if frame is None or not len(frame):
            return np.zeros(0, dtype=np.int64)
        found = versions.in_force(frame, versions.date_of(day))
        points = found[versions.days(found[POINT_DATES[name]]) <= day].geometry.to_numpy()
        place = np.full(len(points), len(borders.ids), dtype=np.int64)
        tree = shapely.STRtree(points)
        polygon, point = tree.query(borders.polygons, predicate="intersects")
        np.minimum.at(place, point, polygon)
        return place

    def boundaries(self, day: int) -> Boundaries:
        """Return the districts in force on a day (days since 1970-01-01)."""
        low = self.shapes.starts[3]
        return boundaries(
            day,
            self.districts,
            self.shapes.of_version[3],
            self.shapes.polygons[low:],
            self.shapes.areas[low:],
            self.borders.owner,
            self.borders.shape,
            self.borders.count,
        )

    @cached_property
    def first_day(self) -> int:
        """The first day that some record of a hazard, release or survey describes; NEVER where there is none."""
        days = [seq.begins.min() for seq in (self.hazards.versions, self.releases.versions, self.surveys) if len(seq)]
        return int(min(days, default=records.NEVER))


Spans = TypeVar("Spans", spans.HazardSpans, spans.ReleaseSpans, spans.SurveySpans)


def _some(all_: Spans, low: int, high: int) -> Spans:
    a, b = np.searchsorted(all_.owner, (low, high))
    return type(all_)(**{name: column[a:b] for name, column in vars(all_).items()})


Built = TypeVar("Built", bound=Arranged)


def build(
    kind: type[Built],
    frames: dict[str, gpd.GeoDataFrame | None],
    *,
    cell: float,
    planar: bool,
    progress: Progress = quiet,
) -> Built:
    """Arrange version frames in one coordinate system, all in EPSG:4326 or all planar."""
    hazards = records.hazards(frames["hazards"])
    releases = records.releases(frames["releases"], hazards.versions.ids)
    surveys = records.sequence(frames["surveys"], "surveys")
    districts = records.sequence(frames["districts"], "districts")
    parts, of_version = [], []
    for seq in (hazards.versions, releases.versions, surveys, districts):
        polygons, of = records.shapes_of(seq)
        parts.append(polygons)
        of_version.append(of)
    polygons = np.concatenate(parts)
    starts = tuple(np.cumsum([0, *map(len, parts)]).tolist())
    shapes = Shapes(polygons, measure.areas(polygons, planar=planar), starts, tuple(of_version))
    place = np.arange(len(polygons))
    claims = (place < starts[1]) | (place >= starts[3])
    faces = draw(polygons, claims, cell, planar=planar, progress=progress)
    ground = faces.shape < starts[3]
    n = len(faces.polygons)
    sets = covering_sets(faces.face[ground], faces.shape[ground], n)
    borders = covering_sets(faces.face[~ground], faces.shape[~ground] - starts[3], n)
    summed, atom_of_face = atoms(sets.of_face, borders.of_face, faces.areas, borders.count)
    return kind(
        frames,
        hazards,
        releases,
        surveys,
        districts,
        shapes,
        faces,
        sets,
        borders,
        summed,
        atom_of_face,
        planar,
        cell,
    )
