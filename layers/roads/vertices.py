"""The vertices of road records, and which of them are one place of the network.

Vertices with the same OpenStreetMap node are one place. Roads without nodes share a place where their coordinates are
the same to 1e-7 degrees (about 1 cm).
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NODES = "osm_nodes"
"""The key under `extra` that holds the OpenStreetMap node of each vertex of a road, part after part."""
_LINES = (1, 2)
"""The type numbers of a line and a ring."""
_PER_DEGREE = 1e7
_LARGEST = 2**62


@dataclass(frozen=True, eq=False)
class Vertices:
    """The vertices of roads, line by line: v vertices of p parts (lines); a multi-line has several.

    Attributes:
        xy: (v, 2) longitude and latitude.
        part: (v,) the part that each belongs to, ascending.
        group: (v,) which vertices are one place of the network.
        road: (p,) the row of the roads that each part belongs to, ascending.
        number: (p,) which part of its road it is, from 0.
        mapped: (p,) whether its OpenStreetMap nodes say how it joins other such parts.
    """

    xy: Floats
    part: Ints
    group: Ints
    road: Ints
    number: Ints
    mapped: Bools

    @property
    def begins(self) -> Ints:
        """The first vertex of each part (p,)."""
        return np.searchsorted(self.part, np.arange(len(self.road)))

    @property
    def ends(self) -> Ints:
        """The last vertex of each part (p,)."""
        return np.searchsorted(self.part, np.arange(len(self.road)), side="right") - 1

    @property
    def starts(self) -> Ints:
        """The vertices (s,) from which a segment runs to the next vertex."""
        return np.flatnonzero(self.part[1:] == self.part[:-1])


def vertices_of(roads: gpd.GeoDataFrame, extra: list[dict[str, Any]]) -> Vertices:
    """Return the vertices of roads in EPSG:4326, repeated ones and lines without length left out."""
    lines, road = shapely.get_parts(np.asarray(roads.geometry.to_numpy(), dtype=object), return_index=True)
    drawn = np.isin(shapely.get_type_id(lines), _LINES) & ~shapely.is_empty(lines)
    lines, road = lines[drawn], road[drawn]
    xy, part = shapely.get_coordinates(lines, return_index=True)
    nodes = _nodes(extra, np.bincount(road[part], minlength=len(roads)))
    new = np.r_[True, (part[1:] != part[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)] if len(xy) else np.zeros(0, dtype=bool)
    group, torn = _groups(xy, nodes)
    # A vertex that repeats the place of the one before is left out, and what met at it meets there.
    group = same_places(group, group[~new], group[np.flatnonzero(~new) - 1])
    counts = np.bincount(part[new], minlength=len(lines))
    kept = new & (counts[part] > 1)
    xy, nodes, group, torn = xy[kept], nodes[kept], group[kept], torn[kept]
    long, part = np.unique(part[kept], return_inverse=True)
    road = road[long]
    unmapped = np.zeros(len(roads), dtype=bool)
    unmapped[road[part[torn | (nodes == 0)]]] = True
    first = np.searchsorted(road, road)
    return Vertices(xy, part, group, road, np.arange(len(road)) - first, ~unmapped[road])


def same_places(group: Ints, some: Ints, others: Ints) -> Ints:
    """Return the group of each vertex where `some` groups and `others` (j,), pair by pair, are one place."""
    count = int(max(group.max(initial=-1), some.max(initial=-1), others.max(initial=-1))) + 1
    links = coo_array((np.ones(len(some), dtype=np.int8), (some, others)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1][group], dtype=np.int64)


def _nodes(extra: list[dict[str, Any]], counts: Ints) -> Ints:
    """Return the OpenStreetMap node of each vertex, 0 where the road names none, or not one for each vertex."""
    found = np.zeros(int(counts.sum()), dtype=np.int64)
    begin = np.cumsum(counts) - counts
    for row, one in enumerate(extra):
        given = one.get(NODES)
        # Anybody may send a column of this name; only numbers of nodes count.
        if isinstance(given, list) and len(given) == counts[row] and all(type(node) is int for node in given):
            found[begin[row] : begin[row] + counts[row]] = [node if abs(node) < _LARGEST else 0 for node in given]
    return found


def _groups(xy: Floats, nodes: Ints) -> tuple[Ints, Bools]:
    """Return the group of each vertex, and whether its node lies at another place in some other road.

    Such a node joins only the vertices that do lie at one place: somebody moved a road, and not its neighbour.
    """
    whole = np.round(xy * _PER_DEGREE).astype(np.int64)
    place = ((whole[:, 0] + 1_800_000_000) << 31) | (whole[:, 1] + 900_000_000)
    places, at = np.unique(place, return_inverse=True)
    none = np.iinfo(np.int64).max
    least = np.full(len(places), none)
    named = nodes != 0
    np.minimum.at(least, at[named], nodes[named])
    # A vertex without a node takes the node of the vertex it lies on.
    joining = np.where(named, nodes, np.where(least[at] == none, 0, least[at]))
    different, node = np.unique(joining, return_inverse=True)
    keys, group = np.unique(at * max(len(different), 1) + node, return_inverse=True)
    places_of_node = np.bincount(keys % max(len(different), 1), minlength=len(different))
    return group, named & (places_of_node[node] > 1)
