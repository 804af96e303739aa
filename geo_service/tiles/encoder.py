"""A layer of a vector tile as bytes: MVT 2.1 (https://github.com/mapbox/vector-tile-spec/tree/master/2.1)."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.geometry import drawn, put, room
from geo_service.tiles.shapes import EXTENT, Shapes
from geo_service.tiles.values import Attributes, varint

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Tile = tuple[float, int, int]

FEATURE, TAGS, KIND, COMMANDS = 0x12, 0x12, 0x18, 0x22
"""Tags of a feature in a layer, and of what it holds."""


def tile_of(zoom: int, row: int, column: int) -> Tile:
    """Return a tile as the encoder takes it: tiles of the world's side at its zoom, its column, its row."""
    return float(1 << zoom), column, row


def layer(name: str, shapes: Shapes, attributes: Attributes, chosen: Ints, of: Ints, tile: Tile) -> bytes:
    """Return a tile with one layer; no bytes where none of the records meets it. Arguments as of `layer_and_drawn`."""
    return layer_and_drawn(name, shapes, attributes, chosen, of, tile)[0]


def layer_and_drawn(
    name: str, shapes: Shapes, attributes: Attributes, chosen: Ints, of: Ints, tile: Tile
) -> tuple[bytes, NDArray[np.bool_]]:
    """Return a tile with one layer, no bytes where none of the records meets it, and (n,) which of them are drawn.

    Args:
        name: of the layer.
        shapes: the ground.
        attributes: what the records say.
        chosen: (n,) the places of the records in `shapes`.
        of: (n,) their places in `attributes`.
        tile: as `tile_of` returns it.
    """
    streams, starts = drawn(
        *(shapes.kind, shapes.records, shapes.parts, shapes.rings, shapes.points, shapes.bounds, chosen, tile)
    )
    there = np.diff(starts) > 0
    if not len(streams):
        return b"", there
    features, values = _features(
        *(streams, starts, shapes.kind[chosen], attributes.codes[of], attributes.shared),
        *(attributes.values, attributes.starts),
    )
    title = name.encode()
    keys = b"".join(b"\x1a" + varint(len(key)) + key for key in (one.encode() for one in attributes.names))
    extent = b"\x28" + varint(EXTENT)
    head = b"\x78\x02\x0a" + varint(len(title)) + title
    size = len(head) + len(features) + len(keys) + len(values) + len(extent)
    made = b"".join([b"\x1a", varint(size), head, features.tobytes(), keys, values.tobytes(), extent])
    return made, there


@njit(cache=True, nogil=True)
def _size(number: int) -> int:
    """Return how many bytes a varint takes."""
    n = 1
    while number > 127:
        number >>= 7
        n += 1
    return n


@njit(cache=True, nogil=True)
def _features(
    streams: Bytes,
    starts: Ints,
    kind: NDArray[np.int8],
    codes: Ints,
    shared: int,
    values: Bytes,
    places: Ints,
) -> tuple[Bytes, Bytes]:
    """Return the features of a layer and its values.

    Args:
        streams, starts: the command streams, and where each begins.
        kind: (n,) kinds of ground.
        codes: (n, c) values of the features, -1 for none.
        shared: how many of the values may stand in several features.
        values, places: all values, and where each begins.
    """
    out, told = np.empty(len(streams) + 64 * len(kind), dtype=np.uint8), np.empty(4096, dtype=np.uint8)
    at, end, known = 0, 0, 0
    seen = np.full(shared, -1, dtype=np.int64)
    tags = np.empty(20 * codes.shape[1], dtype=np.uint8)
    for i in range(len(kind)):
        length = starts[i + 1] - starts[i]
        if length == 0:
            continue
        wide = 0
        for key in range(codes.shape[1]):
            code = codes[i, key]
            if code < 0:
                continue
            place = seen[code] if code < shared else -1
            if place < 0:
                place = known
                known += 1
                if code < shared:
                    seen[code] = place
                more = places[code + 1] - places[code]
                told = room(told, end, more)
                told[end : end + more] = values[places[code] : places[code + 1]]
                end += more
            wide = put(tags, wide, key)
            wide = put(tags, wide, place)
        size = 1 + _size(wide) + wide + 2 + 1 + _size(length) + length
        out = room(out, at, size + 16)
        out[at] = FEATURE
        at = put(out, at + 1, size)
        out[at] = TAGS
        at = put(out, at + 1, wide)
        out[at : at + wide] = tags[:wide]
        at += wide
        out[at], out[at + 1], out[at + 2] = KIND, kind[i], COMMANDS
        at = put(out, at + 3, length)
        out[at : at + length] = streams[starts[i] : starts[i + 1]]
        at += length
    return out[:at], told[:end]
