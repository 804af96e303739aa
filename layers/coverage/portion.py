"""A portion of the work: some cells, and all that is needed to work them out; one pure function does it.

A portion is small, knows nothing of the rest of the ground and can be sent to any process on any machine. A cell comes
out the same to the bit whichever portion it is in.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.cells import cells_of
from layers.coverage.cutting import Runs, isin_sorted, within
from layers.coverage.records import Hazards, Releases, Said, Says, Surveys, chosen
from layers.coverage.register import Register

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

LAYERS = ("hazards", "releases", "surveys", "districts")


@dataclass(frozen=True)
class Portion:
    """Some cells and what touches them.

    Attributes:
        cells, ends: keys of busy cells, ascending, and where their stretches end.
        size, planar: the cell's side, and whether areas are planar metres.
        runs: the boundaries in the cells, within each in the order of their polygons' digests.
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
    runs: Runs
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
    runs: Runs,
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
    h, r, s = part(hazards, near[0]), part(releases, near[1]), part(surveys, near[2])
    return Portion(
        cells,
        ends,
        size,
        hazards.planar,
        runs,
        np.concatenate([one.shapes.polygons[k] for one, k in zip(registers, near, strict=True)]),
        np.concatenate([one.shapes.digests[k] for one, k in zip(registers, near, strict=True)]),
        np.repeat(np.arange(len(LAYERS)), [len(k) for k in near]),
        np.concatenate(near),
        (h[1], r[1], s[1]),
        h[0],
        r[0],
        s[0],
        (h[2], r[2], s[2]),
        named(r[0], h[2], hazards.number),
    )


def _near(bounds: Floats, low: Floats, high: Floats) -> Ints:
    apart = (bounds[:, 0] > high[0]) | (bounds[:, 2] < low[0]) | (bounds[:, 1] > high[1]) | (bounds[:, 3] < low[1])
    return np.flatnonzero(~apart)


def part(register: Register[Says], shapes: Ints) -> tuple[Says, Ints, Ints]:
    """Return the versions of the records of some shapes, the record of each shape, and the records' numbers.

    Args:
        register: the layer.
        shapes: numbers of shapes, ascending; in what is returned, records and shapes are numbered by their place.
    """
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


def named(releases: Releases, hazards: Ints, number: dict[str, int]) -> Ints:
    """Return pairs release version * number of hazards + hazard, ascending, of the hazards that releases name.

    Args:
        releases: the releases' versions.
        hazards: the numbers of the hazard records concerned, ascending; a hazard is its place here.
        number: of each id.
    """
    found = []
    for version in np.flatnonzero(releases.names).tolist():
        wanted = np.array([number.get(one, -1) for one in releases.named[version]], dtype=np.int64)
        wanted = wanted[isin_sorted(wanted, hazards)]
        found.append(version * len(hazards) + np.searchsorted(hazards, wanted))
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
