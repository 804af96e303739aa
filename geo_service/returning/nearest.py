"""The school and the water point of each settlement: the nearest recorded within reach, and where nothing is known."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.surroundings.known import Around
from layers.surroundings import Kind
from layers.surroundings.near import nearest

Geometries = NDArray[np.object_]

REACH_M = 2000.0
"""How far from a settlement its school or water point may lie (m)."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest thing of a kind, a place per settlement.

    Attributes:
        shapes: (n,) the points, None where there is none within reach.
        ids: their ids; metres: how far each lies from its settlement's edge (m); None where there is none.
        known: (n,) whether what was loaded tells of the ground where the settlement lies.
    """

    shapes: Geometries
    ids: list[str | None]
    metres: list[float | None]
    known: NDArray[np.bool_]

    def why(self, settlement: int) -> str:
        """Return why a settlement has none."""
        return "none_within_reach" if self.known[settlement] else "not_recorded"


def nearest_of(around: Around | None, kind: Kind, settlements: Geometries) -> Nearest:
    """Return the nearest thing of a kind of each settlement (n,), within reach.

    Of a settlement beyond the ground that the extracts tell of nothing is said.
    """
    count = len(settlements)
    shapes = np.full(count, None, dtype=object)
    if around is None:
        return Nearest(shapes, [None] * count, [None] * count, np.zeros(count, dtype=bool))
    things = around.of(kind)
    known = np.asarray(shapely.covers(around.ground, settlements), dtype=bool)
    points: Geometries = np.array(things.geometry, dtype=object)
    asked = settlements.copy()
    asked[~known] = None
    which, far = nearest(asked, points, REACH_M)
    there = which >= 0
    shapes[there] = points[which[there]]
    ids = things["id"].to_numpy(dtype=object)
    return Nearest(
        shapes,
        [str(ids[k]) if k >= 0 else None for k in which.tolist()],
        [None if np.isnan(metres) else round(metres, 1) for metres in far.tolist()],
        known,
    )
