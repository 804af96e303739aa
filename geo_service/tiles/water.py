"""Tiles of surface water, drawn beneath all that is recorded.

From zoom 10 up every water is drawn; below, where there are many, rivers, and areas that are larger than a pixel.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.surroundings.known import Around
from geo_service.tiles import encoder
from geo_service.tiles.cutting import touching
from geo_service.tiles.geometry import BUFFER
from geo_service.tiles.shapes import EXTENT, POLYGON, Shapes, shapes_of
from geo_service.tiles.values import Attributes, attributes
from layers.surroundings import Kind

LAYER = "water"

FEW = 20_000
"""Waters that are drawn at every zoom."""

PIXELS = 512
"""Of a tile's side on the map."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Water:
    """The surface water of a view, ready to be drawn.

    Attributes:
        shapes: the waters; size: (n,) the longer side of the box of each, in shares of the world's side.
        attributes: what each says: its `class` (river, water, ...), and whether it is of the `kind` line or area.
        rivers: (n,) whether it is the line of a river.
    """

    shapes: Shapes
    size: NDArray[np.float64]
    attributes: Attributes
    rivers: NDArray[np.bool_]

    def tile(self, zoom: int, row: int, column: int, whole_from: int) -> bytes:
        """Return a tile; from the zoom `whole_from` it has every water. No bytes where none is in it."""
        scale, margin = float(1 << zoom), BUFFER / EXTENT
        found = touching(
            *(self.shapes.bounds, (column - margin) / scale, (row - margin) / scale),
            *((column + 1 + margin) / scale, (row + 1 + margin) / scale),
        )
        if zoom < whole_from and len(self.shapes) > FEW:
            areas = (self.shapes.kind == POLYGON) & (self.size * scale * PIXELS >= 1)
            found = found[(self.rivers | areas)[found]]
        return encoder.layer(LAYER, self.shapes, self.attributes, found, found, encoder.tile_of(zoom, row, column))


def water_of(around: Around) -> Water | None:
    """Return the surface water of what stands around; None where there is none."""
    frame = around.of(Kind.water)
    if not len(frame):
        return None
    shapes = shapes_of(np.array(frame.geometry, dtype=object))
    kinds = np.array([one.partition("=")[2] for one in frame["tag"]], dtype=object)
    areal = shapes.kind == POLYGON
    forms = np.where(areal, "area", "line").astype(object)
    said = attributes({"class": kinds, "kind": forms}, frozenset())
    west, north, east, south = shapes.bounds.T
    return Water(shapes, np.maximum(east - west, south - north), said, (kinds == "river") & ~areal)
