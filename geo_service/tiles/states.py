"""Tiles of the ground by state: faces of the arrangement from zoom 10 up, and below cells with the m2 of each state.

Faces are drawn for the tile that is asked for, out of the cells of the arrangement that it touches: nothing has to be
moved forward after an edit but the arrangement itself. Ground without a recorded hazard is not drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.balance import View
from geo_service.tiles import encoder
from geo_service.tiles.cells import cells
from geo_service.tiles.geometry import BUFFER
from geo_service.tiles.shapes import EXTENT, LIMIT, Shapes, shapes_of
from geo_service.tiles.values import attributes
from layers.coverage import Arrangement
from layers.coverage.cells import boxes_of, cells_of, ends_of, touched
from layers.coverage.partition import states_on
from layers.coverage.state import CHA, NONE, SHA, STATES
from layers.coverage.tables import UNIT
from layers.coverage.zones import faces
from layers.versions import day

LAYER = "states"
FIRST = NONE + 1
"""The first state that is drawn."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """The ground of a view by state.

    Attributes:
        arrangement, day: what lies there, and the day that is shown.
        boxes: the cells of the arrangement with their stretches.
        m2: (cells, states) how much of each is in which state.
    """

    arrangement: Arrangement
    day: int
    boxes: Shapes
    m2: Floats

    def tile(self, zoom: int, row: int, column: int, whole_from: int) -> bytes:
        """Return a tile; from the zoom `whole_from` it has the faces."""
        return self._faces(zoom, row, column) if zoom >= whole_from else self._sums(zoom, row, column)

    def _faces(self, zoom: int, row: int, column: int) -> bytes:
        keys = self.arrangement.cells["cell"]
        box = np.array([degrees_of(zoom, row, column)])
        near = keys[touched(keys, ends_of(keys), box, self.arrangement.size)]
        polygons, states = [], []
        for some in faces(self.arrangement, near) if len(near) else ():
            state = states_on(self.arrangement, some.cell, some.number, self.day)
            polygons.append(some.polygons[state != NONE])
            states.append(state[state != NONE])
        if not polygons:
            return b""
        number = np.concatenate(states)
        # The more dangerous lies on top.
        order = np.argsort(number, kind="stable")
        names = np.array([one.value for one in STATES], dtype=object)[number[order]]
        shapes, every = shapes_of(np.concatenate(polygons)[order]), np.arange(len(order))
        said = attributes({"state": names}, frozenset())
        return encoder.layer(LAYER, shapes, said, every, every, encoder.tile_of(zoom, row, column))

    def _sums(self, zoom: int, row: int, column: int) -> bytes:
        there = np.flatnonzero(self.m2.any(axis=1))
        opened = (self.m2[there, SHA] > 0) | (self.m2[there, CHA] > 0)
        bounds = self.boxes.bounds[there]
        made = cells(self.boxes, bounds, there, opened, self.m2[there][:, FIRST:], (zoom, row, column))
        told: dict[str, NDArray[np.generic]] = {"open": made.marked}
        told |= {one.value: made.sums[:, k] for k, one in enumerate(STATES[FIRST:])}
        every = np.arange(len(made.count))
        return encoder.layer(LAYER, made.shapes, attributes(told, frozenset()), every, every, encoder.tile_of(0, 0, 0))


def ground_of(seen: View) -> Ground:
    """Return the ground of a view by state."""
    arrangement, on = seen.snapshot.arrangement, day(seen.as_of)
    keys, atoms = arrangement.cells["cell"], arrangement.tables.atoms
    place = cells_of(keys)
    boxes = shapes_of(boxes_of(place[:, 0], ends_of(keys), place[:, 1], arrangement.size))
    state = states_on(arrangement, atoms["cell"], atoms["set"].astype(np.int64), on)
    of = np.searchsorted(keys, atoms["cell"]) * len(STATES) + state
    m2 = np.zeros(len(keys) * len(STATES))
    np.add.at(m2, of, atoms["amount"] * UNIT)
    return Ground(arrangement, on, boxes, m2.reshape(-1, len(STATES)))


def degrees_of(zoom: int, row: int, column: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile with its buffer, degrees."""
    margin, n = BUFFER / EXTENT, float(1 << zoom)
    west, east = ((column - margin) / n * 360 - 180, (column + 1 + margin) / n * 360 - 180)
    north, south = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / n))))) for y in (row - margin, row + 1 + margin)
    )
    # What lies beyond the ends of the map is drawn on its edge.
    return west, -90.0 if south <= -LIMIT else south, east, 90.0 if north >= LIMIT else north
