"""Boxes of ground and of paper, and what lies in them."""

import numpy as np
import shapely
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""West, south, east, north; on paper in mm from its lower left corner, on the ground in m of the grid."""

Geometries = NDArray[np.object_]


def meets(shapes: Geometries, box: Box) -> NDArray[np.bool_]:
    """Say which shapes (n,) have ground in a box."""
    if not len(shapes):
        return np.zeros(0, dtype=bool)
    return np.asarray(shapely.intersects(shapes, shapely.box(*box)), dtype=bool)
