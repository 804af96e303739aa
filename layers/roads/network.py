"""The road network: nodes where roads meet, and edges between them, as arrays.

An edge is a piece of one road between two nodes. It is kept once; it says in which directions and by whom it may be
used. Positions along an edge are metres on the ellipsoid from its beginning.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.roads.rules import Mode

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MODE_BITS = {mode: 1 << place for place, mode in enumerate(Mode)}
"""The bit of each mode in `Network.allowed`."""


@dataclass(frozen=True, eq=False)
class Network:
    """A road network in force: n nodes, e edges, v vertices.

    Attributes:
        roads: the road records in force, a row each, in order of id.
        nodes: (n, 2) longitude and latitude of the nodes.
        tail, head: (e,) the nodes that each edge runs from and to.
        road: (e,) the row of `roads` that each edge belongs to.
        first: (e + 1,) where the vertices of each edge begin; its vertices are first[k] to first[k + 1].
        lonlat: (v, 2) the vertices, edge by edge, ends included.
        along: (v,) how far along its edge each vertex lies (m).
        height: (v,) elevation of the vertices (m), NaN where it is not known.
        forward, backward: (e,) whether vehicles may use the edge that way; people on foot may always use both.
        allowed: (e,) the modes that the road is open to, as bits (`MODE_BITS`).
    """

    roads: gpd.GeoDataFrame
    nodes: Floats
    tail: Ints
    head: Ints
    road: Ints
    first: Ints
    lonlat: Floats
    along: Floats
    height: Floats
    forward: Bools
    backward: Bools
    allowed: NDArray[np.uint8]

    @property
    def length(self) -> Floats:
        """The length of each edge (m)."""
        return self.along[self.first[1:] - 1]

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.tail)

    def of_road(self, name: str) -> NDArray[Any]:
        """Return a field of the road record of each edge."""
        return np.asarray(self.roads[name].to_numpy()[self.road])
