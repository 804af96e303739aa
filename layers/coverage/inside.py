"""The state partition of a piece of ground: it is cut as a district is, by the same faces and the same rules.

Only records that ever touched the ground can give it its state, so that they alone are arranged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from layers import measure, versions
from layers.coverage.arrangement import Arranged
from layers.coverage.balance import Arrangement, arrange
from layers.coverage.certificate import Certificate
from layers.coverage.partition import STATE_COLUMNS, open_rows
from layers.coverage.tables import UNIT

Frames = Mapping[str, gpd.GeoDataFrame]
"""Version frames of `hazards`, `releases` and `surveys`: all versions of the records concerned."""


@dataclass(frozen=True, eq=False)
class Inside:
    """What is known of a piece of ground on a date.

    Attributes:
        area_m2: of the ground; `states` sum to it.
        states: m2 by state, in the order of `STATE_COLUMNS`.
        pending_qc_m2, overlap_m2: as in the partition of a district.
        open_m2: by hazard id, the m2 of the ground on which it is unanswered; ground of several counts with each.
        certificate: the checks of the partition, made when first looked at: `passed` and `checks`.
    """

    area_m2: float
    states: dict[str, float]
    pending_qc_m2: float
    overlap_m2: float
    open_m2: dict[str, float]
    certificate: Certificate


def inside(ground: shapely.Geometry, as_of: versions.Date, frames: Frames, *, planar: bool = False) -> Inside:
    """Return the partition of a piece of ground by state on a date.

    Args:
        ground: a valid polygon or multipolygon, in the coordinates of the frames (EPSG:4326, or planar metres).
        as_of: the date.
        frames: all versions of every record of which some version meets the ground; further ones change nothing.
        planar: coordinates are planar metres.

    Raises:
        ValueError: the ground or a record is no valid polygon.
    """
    arrangement = _arranged([ground], frames, planar=planar)
    found = arrangement.partition(as_of)
    row = found[found["district_id"] == "0"].iloc[0]
    return Inside(
        float(row["area_m2"]),
        {name: float(row[name]) for name in STATE_COLUMNS},
        float(row["pending_qc_m2"]),
        float(row["overlap_m2"]),
        _open(arrangement, versions.day(as_of)),
        found.attrs["certificate"],
    )


def nested(
    grounds: Sequence[shapely.Geometry], as_of: versions.Date, frames: Frames, *, planar: bool = False
) -> list[dict[str, float]]:
    """Return the m2 by state of pieces of ground, each of which holds the one before it.

    Args:
        grounds: valid polygons or multipolygons, the smallest first.
        as_of, frames, planar: as for `inside`.

    Raises:
        ValueError: a ground or a record is no valid polygon.
    """
    # Ground in several districts goes to the lowest id: each row is what its ground has beyond the one before.
    found = _arranged(grounds, frames, planar=planar).partition(as_of).set_index("district_id")
    sums = found.loc[[str(k) for k in range(len(grounds))], list(STATE_COLUMNS)].to_numpy(dtype=np.float64)
    return [dict(zip(STATE_COLUMNS, row, strict=True)) for row in sums.cumsum(axis=0).tolist()]


def _arranged(grounds: Sequence[shapely.Geometry], frames: Frames, *, planar: bool) -> Arrangement:
    if len(grounds) > 10:
        raise ValueError("at most ten pieces of ground are nested at a time: their order is that of their ids")
    ids = [str(k) for k in range(len(grounds))]
    cut = gpd.GeoDataFrame({"id": ids, "name": ids}, geometry=list(grounds), crs=None if planar else measure.LONLAT)
    given = {name: frames[name] for name in ("hazards", "releases", "surveys") if name in frames and len(frames[name])}
    return arrange(given.get("hazards"), given.get("releases"), given.get("surveys"), cut)


def _open(arrangement: Arranged, day: int) -> dict[str, float]:
    """Return the m2 of the only district on which each hazard is unanswered."""
    ids = arrangement.registers.hazards.ids
    rows, district = open_rows(arrangement, day, arrangement.boundaries(day))
    here = rows[district == 0] if len(rows) else rows
    amounts = np.zeros(len(ids), dtype=np.int64)
    np.add.at(amounts, here["hazard"], here["amount"])
    return {ids[k]: float(amounts[k] * UNIT) for k in np.flatnonzero(amounts).tolist()}
