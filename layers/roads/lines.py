"""Parts of edges as lines: where a stretch of road lies."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.roads.network import Network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def lines_of(network: Network, edge: Ints, begin: Floats, end: Floats) -> NDArray[np.object_]:
    """Return parts of edges as lines (k,) in longitude and latitude, EPSG:4326.

    Args:
        network: the roads.
        edge: (k,) the edge that each part is of.
        begin, end: (k,) where on it the part begins and ends (m); ends between vertices are cut there.
    """
    if not len(edge):
        return np.empty(0, dtype=object)
    # Edges laid one behind the other, so that all parts are looked up at once.
    before = np.r_[0.0, np.cumsum(network.length)]
    vertex_edge = np.repeat(np.arange(len(network)), np.diff(network.first))
    where = before[vertex_edge] + network.along
    first, last = network.first[edge], network.first[edge + 1] - 1
    low = np.clip(np.searchsorted(where, before[edge] + begin, side="right"), first + 1, last)
    high = np.clip(np.searchsorted(where, before[edge] + end, side="left"), low, last)
    number = high - low + 2
    part = np.repeat(np.arange(len(edge)), number)
    starts = np.cumsum(number) - number
    step = np.arange(len(part)) - starts[part]
    lonlat = network.lonlat[np.clip(low[part] + step - 1, 0, len(where) - 1)]
    lonlat[starts] = _at(network, low - 1, begin)
    lonlat[starts + number - 1] = _at(network, high - 1, end)
    return np.asarray(shapely.linestrings(lonlat, indices=part), dtype=object)


def _at(network: Network, vertex: Ints, metre: Floats) -> Floats:
    """Return the places (k, 2) at metres of edges, each between a vertex and the next."""
    here, there = network.along[vertex], network.along[vertex + 1]
    span = np.where(there > here, there - here, 1.0)
    share = np.clip((metre - here) / span, 0.0, 1.0)[:, None]
    start, stop = network.lonlat[vertex], network.lonlat[vertex + 1]
    # At an end the vertex itself, to the last digit.
    return np.where(share == 1.0, stop, start + share * (stop - start))
