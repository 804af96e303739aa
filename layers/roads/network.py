"""The road network: nodes where roads meet, and edges between them, as arrays.

An edge is a piece of one road between two nodes. It is kept once; it says in which directions and by whom it may be
used. Positions along an edge are metres on the ellipsoid from its beginning.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Geod

from layers.roads.access import directions, open_to
from layers.roads.heights import along_roads
from layers.roads.joining import TOLERANCE_M, Joined, joined
from layers.roads.keys import keys_of
from layers.roads.rules import Mode
from layers.roads.tags import extras
from layers.roads.vertices import Vertices, vertices_of

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
        key: (e,) names each edge by its road, its vertices and what the record says of explosive ordnance and width:
            the same key in another network is the same piece of road with the same record. Two edges have one key only
            where a road runs twice over the same ground.
        joined: how ends were joined that did not meet; None where nobody looked.
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
    key: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    joined: Joined | None = None

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


def build(
    roads: gpd.GeoDataFrame, *, tolerance_m: float = TOLERANCE_M, height: Callable[[Floats], Floats] | None = None
) -> Network:
    """Return the network of road records in force: a function of the records alone, whatever their order.

    Vertices with the same OpenStreetMap node are one place; a road without nodes is joined where its end lies within
    the tolerance of another road. Roads that cross without a common vertex are not joined.

    Args:
        roads: records in force with the fields of the layer `roads` and, where there is any, `extra`; EPSG:4326.
        tolerance_m: how near to a road an end belongs to it (m).
        height: gives the elevation (v,) of places (v, 2) in m, NaN where it is not known; None: none is known. The
            network's heights are averaged along each road (`layers.roads.heights`).

    Raises:
        ValueError: the roads are not in longitude and latitude, or two of them have one id.
    """
    if len(roads) and (roads.crs is None or roads.crs.to_epsg() != 4326):
        raise ValueError("a road network is built of roads in EPSG:4326")
    order = np.argsort(roads["id"].to_numpy(dtype=object).astype(str), kind="stable")
    ordered = roads.iloc[order].reset_index(drop=True)
    if ordered["id"].duplicated().any():
        raise ValueError("a road network is built of one version of each road")
    extra = extras(ordered)
    vertices, how = joined(vertices_of(ordered, extra), tolerance_m)
    at, first = _cut(vertices)
    lonlat = vertices.xy[at]
    places, node = np.unique(vertices.group[np.r_[at[first[:-1]], at[first[1:] - 1]]], return_inverse=True)
    representative = np.zeros(int(vertices.group.max(initial=-1)) + 1, dtype=np.int64)
    representative[vertices.group[::-1]] = np.arange(len(vertices.xy))[::-1]
    part = vertices.part[at[first[:-1]]]
    road = vertices.road[part]
    along, heights = _measured(vertices, extra, height)
    forward, backward = directions(ordered)
    allowed = np.zeros(len(ordered), dtype=np.uint8)
    for mode, is_open in open_to(ordered).items():
        allowed |= np.where(is_open, MODE_BITS[mode], 0).astype(np.uint8)
    return Network(
        roads=ordered,
        nodes=vertices.xy[representative[places]],
        tail=node[: len(road)],
        head=node[len(road) :],
        road=road,
        first=first,
        lonlat=lonlat,
        along=along[at] - np.repeat(along[at[first[:-1]]], np.diff(first)),
        height=heights[at],
        forward=forward[road],
        backward=backward[road],
        allowed=allowed[road],
        key=keys_of(ordered, road, vertices.number[part], first, lonlat),
        joined=how,
    )


def _cut(vertices: Vertices) -> tuple[Ints, Ints]:
    """Return the vertices of the edges, edge by edge, and where each begins (e + 1,): roads are cut at their nodes."""
    node = np.bincount(vertices.group)[vertices.group] > 1
    last = np.zeros(len(node), dtype=bool)
    last[vertices.ends] = True
    node[vertices.begins] = True
    node |= last
    stops = np.flatnonzero(node)
    starts = ~last[stops]
    begin, end = stops[starts], stops[np.flatnonzero(starts) + 1]
    counts = end - begin + 1
    first = np.r_[0, np.cumsum(counts)]
    return np.arange(int(first[-1])) + np.repeat(begin - first[:-1], counts), first


def _measured(
    vertices: Vertices, extra: list[dict[str, Any]], height: Callable[[Floats], Floats] | None
) -> tuple[Floats, Floats]:
    """Return how far along its part each vertex lies and its elevation (m)."""
    starts = vertices.starts
    steps = np.zeros(len(vertices.xy))
    a, b = vertices.xy[starts], vertices.xy[starts + 1]
    steps[starts + 1] = Geod(ellps="WGS84").inv(*a.T, *b.T)[2] if len(starts) else 0.0
    # Sums begin anew with each part, so that a road's metres do not depend on the roads before it.
    along: Floats = np.asarray(pd.Series(steps).groupby(vertices.part).cumsum(), dtype=np.float64)
    if height is None:
        return along, np.full(len(along), np.nan)
    return along, along_roads(vertices, along, np.asarray(height(vertices.xy), dtype=np.float64), extra)
