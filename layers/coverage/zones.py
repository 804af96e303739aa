"""The ground as polygons: what lies in one state on a date, dissolved; for maps and for those who measure again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure, versions
from layers.coverage.arrangement import Arranged, portions_of, portions_of_all
from layers.coverage.partition import known_groups, states_on
from layers.coverage.state import NONE, STATES
from layers.coverage.work import borders_of, drawn

Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Drawn:
    """Faces, drawn again as they were when they were measured.

    Attributes:
        polygons: (n,) the faces.
        cell, number: (n,) the cell and the covering set of each.
        border: (n,) the set of district polygons over each, a place in the arrangement's `borders`.
    """

    polygons: Geometries
    cell: Ints
    number: Ints
    border: Ints


def faces(arrangement: Arranged, cells: Ints | None = None) -> Iterator[Drawn]:
    """Draw the faces, portion by portion; they are not kept, since drawing them takes less than keeping them.

    Args:
        arrangement: the ground.
        cells: keys of busy cells, ascending, whose faces are wanted; None: all.
    """
    places = {one: place for place, one in enumerate(arrangement.borders)}
    for portion in portions_of_all(arrangement) if cells is None else portions_of(arrangement, cells):
        found, sets, borders, first = drawn(portion)
        rank = found.cell[first]
        number = np.arange(sets.count) - np.searchsorted(rank, rank)
        border = np.array([places[one] for one in borders_of(borders, portion)], dtype=np.int64)
        yield Drawn(found.polygons, portion.cells[found.cell], number[sets.of_face], border[borders.of_face])


def state_polygons(arrangement: Arranged, as_of: versions.Date, by: Sequence[str] = ("district",)) -> gpd.GeoDataFrame:
    """Return the ground on a date dissolved by state, and by district where asked for.

    Returns:
        A row for each state that occurs: `district`, `district_id` (None where not asked for), `state`, `m2` measured
        on the dissolved polygon, and the geometry.

    Raises:
        ValueError: `by` names something else than district and device.
    """
    known_groups(by)
    day = versions.day(as_of)
    borders = arrangement.boundaries(day)
    outside, by_district = len(borders.ids), "district" in by
    parts: dict[tuple[int, int], list[shapely.Geometry]] = {}
    for some in faces(arrangement):
        state = states_on(arrangement, some.cell, some.number, day)
        district = borders.row[some.border]
        counted = (district < outside) | (state != NONE)
        key = (district if by_district else np.zeros_like(district)) * len(STATES) + state
        for one in np.unique(key[counted]).tolist():
            # Cell by cell first: faces of one cell share their vertices, those of two cells may not.
            mine = np.flatnonzero(counted & (key == one))
            cell = np.unique(some.cell[mine], return_inverse=True)[1].ravel()
            grouped = shapely.geometrycollections(some.polygons[mine], indices=cell)
            parts.setdefault(divmod(one, len(STATES)), []).append(shapely.union_all(grouped))
    rows = []
    for place, number in sorted(parts):
        polygon = shapely.union_all(parts[place, number])
        rows.append(
            {
                "district": (borders.names[place] if place < outside else "") if by_district else None,
                "district_id": (borders.ids[place] if place < outside else "") if by_district else None,
                "state": STATES[number].value,
                "m2": float(measure.areas(np.array([polygon]), planar=arrangement.planar)[0]),
                "geometry": polygon,
            }
        )
    crs = None if arrangement.planar else measure.LONLAT
    columns = ["district", "district_id", "state", "m2", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
