"""A small network straight from lines: every line an edge, its ends nodes."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import Geod
from shapely.geometry import LineString

from layers import versions
from layers.definitions import LAYERS
from layers.roads.network import MODE_BITS, Network

GEOD = Geod(ellps="WGS84")


def network_of(
    lines: Sequence[Sequence[tuple[float, float]]], said: Mapping[str, Sequence[Any]] | None = None
) -> Network:
    """Return a network in which each line (lon, lat) is a road and an edge; `said` are fields of the road records."""
    ids = [f"R{k:03}" for k in range(len(lines))]
    frame = gpd.GeoDataFrame({"id": ids, **(said or {})}, geometry=[LineString(one) for one in lines], crs=4326)
    roads = versions.typed(frame, LAYERS["roads"])
    xy = [np.asarray(one, dtype=np.float64) for one in lines]
    nodes, place = np.unique(np.concatenate([one[[0, -1]] for one in xy]), axis=0, return_inverse=True)
    ends = place.reshape(-1, 2)
    along = []
    for one in xy:
        steps = GEOD.inv(one[:-1, 0], one[:-1, 1], one[1:, 0], one[1:, 1])[2]
        along.append(np.r_[0.0, np.cumsum(steps)])
    lonlat = np.concatenate(xy)
    e = len(lines)
    return Network(
        roads,
        nodes,
        ends[:, 0],
        ends[:, 1],
        np.arange(e),
        np.r_[0, np.cumsum([len(one) for one in xy])],
        lonlat,
        np.concatenate(along),
        np.full(len(lonlat), np.nan),
        np.ones(e, dtype=bool),
        np.ones(e, dtype=bool),
        np.full(e, sum(MODE_BITS.values()), dtype=np.uint8),
    )
