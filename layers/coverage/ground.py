"""The ground of an arrangement, summed: how much of each covering set lies in each district on a date."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.records import VersionSequence
from layers.coverage.sets import CoveringSets

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Atoms:
    """Ground with one covering set and one set of district polygons.

    Attributes:
        owner: (n,) the covering set, ascending.
        border: (n,) the set of district polygons.
        areas: (n,) m2.
    """

    owner: Ints
    border: Ints
    areas: Floats


def atoms(owner: Ints, border: Ints, areas: Floats, borders: int) -> tuple[Atoms, Ints]:
    """Sum faces to atoms; return them and the atom of each face.

    Args:
        owner, border: the covering set and the set of district polygons over each face.
        areas: m2 of each face.
        borders: how many sets of district polygons there are.
    """
    keys, of_face = np.unique(owner * borders + border, return_inverse=True)
    total = np.bincount(of_face, weights=areas, minlength=len(keys)).astype(np.float64)
    return Atoms(keys // max(borders, 1), keys % max(borders, 1), total), of_face


@dataclass(frozen=True)
class Boundaries:
    """The districts in force on a day.

    Attributes:
        ids, names: of the districts, ascending by id.
        row: for each set of district polygons the district (place in `ids`), or len(ids) for outside all.
        shared: for each set of district polygons whether more than one district claims it.
        polygons: of the districts.
        alone: m2 of each district computed by itself.
        claims: for each pair (set of district polygons, polygon) the district whose polygon it is on that day, or -1.
    """

    ids: list[str]
    names: list[str]
    row: Ints
    shared: NDArray[np.bool_]
    polygons: Geometries
    alone: Floats
    claims: Ints

    def claimants(self, border: int, borders: CoveringSets) -> list[int]:
        """Return the districts that claim the ground of one set of district polygons, the lowest id first."""
        found = self.claims[borders.owner == border]
        return sorted(found[found >= 0].tolist())


def boundaries(  # noqa: PLR0913, PLR0917
    day: int,
    seq: VersionSequence,
    shape_of: Ints,
    polygons: Geometries,
    areas: Floats,
    owner: Ints,
    shape: Ints,
    borders: int,
) -> Boundaries:
    """Return the districts in force on a day. Ground that two claim goes to the lower id.

    Args:
        day: days since 1970-01-01.
        seq, shape_of: the districts' versions and their shapes.
        polygons, areas: the district shapes and the m2 of each.
        owner, shape: pairs (set of district polygons, shape), ascending.
        borders: the number of those sets.
    """
    now = np.flatnonzero((seq.begins <= day) & (day < seq.ends) & ~seq.withdrawn & (shape_of >= 0))
    district_of = np.full(len(areas), -1, dtype=np.int64)
    district_of[shape_of[now]] = np.arange(len(now))
    claim = district_of[shape]
    valid = claim >= 0
    row = np.full(borders, len(now), dtype=np.int64)
    np.minimum.at(row, owner[valid], claim[valid])
    shared = np.bincount(owner[valid], minlength=borders) > 1
    ids = [seq.ids[k] for k in seq.record[now]]
    names = seq.frame["name"].to_numpy()[now].tolist()
    return Boundaries(ids, names, row, shared, polygons[shape_of[now]], areas[shape_of[now]], claim)
