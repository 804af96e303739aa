"""Names of edges that stay while nothing about them changes, so that what was found of them need not be found again."""

import hashlib

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.roads.vertices import Floats, Ints

TOLD = ("id", "width_m", "eo_status", "eo_width_m", "eo_as_of", "expires_on")
"""The fields of a road record that evidence on its pieces depends on."""


def keys_of(roads: gpd.GeoDataFrame, road: Ints, number: Ints, first: Ints, lonlat: Floats) -> NDArray[np.uint64]:
    """Return a key (e,) for each edge: the first 64 bits of a BLAKE2 digest of its record and its vertices.

    Args:
        roads: the records; road: (e,) the row of each edge; number: (e,) which part of its road each edge belongs to.
        first: (e + 1,) where the vertices of each edge begin; lonlat: (v, 2) the vertices.
    """
    told = [map(str, roads[name].tolist()) for name in TOLD if name in roads]
    records = ["\x1f".join(values).encode() for values in zip(*told, strict=True)]
    data = np.ascontiguousarray(lonlat, dtype="<f8").tobytes()
    wide = 2 * np.dtype("<f8").itemsize
    digests = bytearray()
    rows = zip(road.tolist(), number.tolist(), first[:-1].tolist(), first[1:].tolist(), strict=True)
    for row, part, begin, end in rows:
        digest = hashlib.blake2b(records[row], digest_size=8)
        digest.update(b"\x1e%d\x1e" % part)
        digest.update(data[begin * wide : end * wide])
        digests += digest.digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)
