"""Tiles of the roads by evidence: each edge cut where the class of its evidence changes.

The class is the worst of all modes of travel, since a map does not ask who reads it. From zoom 10 up every road is
drawn; below, where there are many, those that carry traffic between places.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.tiles import encoder
from geo_service.tiles.cutting import touching
from geo_service.tiles.geometry import BUFFER
from geo_service.tiles.shapes import EXTENT, Shapes, shapes_of
from geo_service.tiles.values import Attributes, attributes
from layers.roads import classes
from layers.roads.classes import Evidenced
from layers.roads.evidence import Evidence
from layers.roads.lines import lines_of
from layers.roads.rules import Mode

LAYER = "roads"

FEW = 20_000
"""Parts of roads that are drawn at every zoom."""

MAIN = ("motorway", "trunk", "primary", "secondary")
"""Classes of roads that carry traffic between places, as OpenStreetMap names them (and their links)."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WaysByEvidence:
    """The roads of a view, ready to be drawn.

    Attributes:
        shapes: their parts, the best evidence first, so that the worst lies on top.
        attributes: what each part says: `id` of its road, its `class`, `evidence`, whether the record says `closed`
            (or too narrow for some mode), whether a verification has `expired`.
        main: the places of the parts that are drawn from afar.
    """

    shapes: Shapes
    attributes: Attributes
    main: Ints

    def tile(self, zoom: int, row: int, column: int, whole_from: int) -> bytes:
        """Return a tile; from the zoom `whole_from` it has every road. No bytes where none is in it."""
        scale, margin = float(1 << zoom), BUFFER / EXTENT
        whole = zoom >= whole_from or len(self.shapes) <= FEW
        bounds = self.shapes.bounds if whole else self.shapes.bounds[self.main]
        found = touching(
            *(bounds, (column - margin) / scale, (row - margin) / scale),
            *((column + 1 + margin) / scale, (row + 1 + margin) / scale),
        )
        chosen = found if whole else self.main[found]
        return encoder.layer(LAYER, self.shapes, self.attributes, chosen, chosen, encoder.tile_of(zoom, row, column))


def ways_by_evidence(evidence: Evidence) -> WaysByEvidence | None:
    """Return roads by what is known of them; None where there are none."""
    pieces, network = evidence.pieces, evidence.network
    if not len(pieces):
        return None
    found = classes.worst(evidence)
    shut = np.any([classes.closed(evidence, mode) for mode in Mode], axis=0)
    late = classes.expired(evidence)
    edge = pieces["edge"].astype(np.int64)
    changes = (np.diff(edge) != 0) | (np.diff(found) != 0) | (np.diff(shut) != 0) | (np.diff(late) != 0)
    starts = np.r_[0, np.flatnonzero(changes) + 1]
    ends = np.r_[starts[1:], len(pieces)] - 1
    order = np.argsort(-found[starts], kind="stable")
    starts, ends = starts[order], ends[order]
    lines = lines_of(network, edge[starts], pieces["begin"][starts], pieces["end"][ends])
    names = np.array([one.name for one in Evidenced], dtype=object)
    kind = _kinds(evidence)[edge[starts]]
    said = attributes(
        {
            "id": network.of_road("id")[edge[starts]].astype(object),
            "class": kind,
            "evidence": names[found[starts]],
            "closed": shut[starts],
            "expired": late[starts],
        },
        frozenset(),
    )
    main = np.isin(np.array([str(one).removesuffix("_link") for one in kind]), MAIN)
    return WaysByEvidence(shapes_of(lines), said, np.flatnonzero(main))


def _kinds(evidence: Evidence) -> NDArray[np.object_]:
    """Return the class of the road of each edge, None where its record says none."""
    roads = evidence.network.roads
    if "class" not in roads:
        return np.full(len(evidence.network), None, dtype=object)
    told = np.array([one if isinstance(one, str) else None for one in roads["class"]], dtype=object)
    return told[evidence.network.road]
