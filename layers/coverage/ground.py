"""The districts of a date: whose ground each set of district polygons is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.records import Said
from layers.coverage.register import Register

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Boundaries:
    """The districts in force on a day.

    Attributes:
        ids, names: of the districts, ascending by id.
        row: for each set of district polygons the district (place in `ids`), or len(ids) for outside all.
        claims: for each set of district polygons the districts that claim it, the lowest id first.
        polygons: of the districts.
        alone: m2 of each district computed by itself.
    """

    ids: list[str]
    names: list[str]
    row: Ints
    claims: list[list[int]]
    polygons: Geometries
    alone: Floats

    @property
    def shared(self) -> list[int]:
        """The sets of district polygons that more than one district claims."""
        return [place for place, claims in enumerate(self.claims) if len(claims) > 1]


def boundaries(day: int, districts: Register[Said], borders: Sequence[tuple[int, ...]]) -> Boundaries:
    """Return the districts in force on a day. Ground that two claim goes to the lower id.

    Args:
        day: days since 1970-01-01.
        districts: their register.
        borders: the district shapes of each set of district polygons.
    """
    seq = districts.versions
    now = np.flatnonzero(seq.in_force(day) & (seq.shape >= 0))
    ids = [districts.ids[k] for k in seq.record[now].tolist()]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    now = now[order]
    names = districts.column("name")[now].tolist()
    shape = seq.shape[now]
    district_of = dict(zip(shape.tolist(), range(len(now)), strict=True))
    claims = [sorted(district_of[one] for one in border if one in district_of) for border in borders]
    row = np.array([claim[0] if claim else len(now) for claim in claims], dtype=np.int64)
    shapes = districts.shapes
    return Boundaries([ids[k] for k in order], names, row, claims, shapes.polygons[shape], shapes.areas[shape])
