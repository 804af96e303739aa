"""Vector tiles of every layer and of the ground by state as one file (PMTiles 3), in which no record is missing.

The tiles are those of the service: from zoom 10 up every record is drawn, below cells count each record once. While
they are written, what is drawn and counted at each zoom is held against what is stored, and an archive that lacks a
single record at a single zoom is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo_service import features
from geo_service.balance import Refused
from geo_service.exports.archive import Archive, tile_ids
from geo_service.exports.content import STATES, Content, Incomplete, label_of
from geo_service.ogc.holding import Holding
from geo_service.ogc.packing import gzipped
from geo_service.store.log import Progress
from geo_service.tiles import shown
from geo_service.tiles.build import WHOLE_FROM, Grounds, Index
from geo_service.tiles.geometry import BUFFER
from geo_service.tiles.shapes import EXTENT, LIMIT
from geo_service.tiles.states import FIRST, Ground, ground_of
from layers.coverage.state import STATES as STATES_OF_GROUND
from layers.definitions import LAYERS, Kind

MARGIN = BUFFER / EXTENT
"""Share of a tile's side around it that is drawn too."""

STEPS = 50
"""Tiles after which progress is told."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def write(path: Path, content: Content, progress: Progress, *, max_zoom: int, most: int) -> dict[str, int]:
    """Write the tiles of an export from zoom 0 to `max_zoom`; return how many records each layer has at every zoom.

    Raises:
        Incomplete: a record is missing at a zoom.
        Refused: there is nothing, or there are more tiles than `most`.
    """
    indexes = [
        Index(Holding(name, content.in_force(name), None), Grounds()) for name in content.layers if name != STATES
    ]
    ground = ground_of(content.seen) if STATES in content.layers else None
    bounds = np.concatenate([*(one.bounds for one in indexes), *([_drawn(ground)] if ground else [])])
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        raise Refused(f"there is nothing to draw on {content.about['as_of']}: no layer has a record")
    wanted = _planned(bounds, max_zoom, most)
    total, done = sum(map(len, wanted)), 0
    with Archive(path) as archive:
        for zoom, places in enumerate(wanted):
            count = _Count(indexes)
            for tile_id, (row, column) in places:
                body = count.tile(zoom, row, column)
                if ground:
                    body += ground.tile(zoom, row, column, WHOLE_FROM)
                if body:
                    archive.put(tile_id, gzipped(body))
                done += 1
                if done % STEPS == 0:
                    progress(done, total)
            count.check(zoom)
        archive.finish(_degrees(bounds), (0, max_zoom), _metadata(content, indexes, max_zoom))
    progress(total, total)
    return {one.layer: len(one) for one in indexes}


class _Count:
    """What is drawn and counted of each layer at one zoom."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes
        self._drawn = [np.zeros(len(one), dtype=bool) for one in indexes]
        self._counted = [0] * len(indexes)

    def tile(self, zoom: int, row: int, column: int) -> bytes:
        """Return a tile of all layers, and take down what is in it."""
        body = b""
        for k, index in enumerate(self._indexes):
            made, drawn, counted = index.accounted(zoom, row, column)
            body += made
            self._drawn[k][drawn] = True
            self._counted[k] += counted
        return body

    def check(self, zoom: int) -> None:
        """Let through a zoom at which every record is.

        Raises:
            Incomplete: one is not, or counts twice.
        """
        for index, drawn, counted in zip(self._indexes, self._drawn, self._counted, strict=True):
            there = counted if index.counts(zoom) else int(drawn.sum())
            if there != len(index):
                raise Incomplete(
                    f"{len(index)} {index.layer} are stored and {there} are in the tiles of zoom {zoom}; nothing was "
                    "exported. Report this."
                )


class _Places:
    """The tiles of one zoom in the order of an archive."""

    def __init__(self, zoom: int, rows: Ints, columns: Ints) -> None:
        ids = tile_ids(zoom, columns, rows)
        order = np.argsort(ids)
        self._ids, self._rows, self._columns = ids[order], rows[order], columns[order]

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[tuple[int, tuple[int, int]]]:
        places = zip(self._rows.tolist(), self._columns.tolist(), strict=True)
        return zip(self._ids.tolist(), places, strict=True)


def _planned(bounds: Floats, max_zoom: int, most: int) -> list[_Places]:
    """Return the tiles of each zoom that some box (west, north, east, south, shares of the world) meets.

    Raises:
        Refused: they are too many.
    """
    found, total = [], 0
    for zoom in range(max_zoom + 1):
        ends = _ends(bounds, zoom)
        boxes = np.unique(ends, axis=0)
        wide = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
        if total + int(wide.max()) > most:
            raise _too_many(zoom, most)
        keys: Ints = np.empty(0, dtype=np.int64)
        for some in np.array_split(boxes, max(1, int(wide.sum()) // 1_000_000)):
            keys = np.union1d(keys, _keys(some, zoom))
            if total + len(keys) > most:
                raise _too_many(zoom, most)
        total += len(keys)
        found.append(_Places(zoom, keys >> zoom, keys & ((1 << zoom) - 1)))
    return found


def _too_many(zoom: int, most: int) -> Refused:
    return Refused(
        f"up to zoom {zoom} there would be more than {most:,} tiles: choose a lower --max-zoom (max_zoom), or fewer "
        "layers"
    )


def _ends(bounds: Floats, zoom: int) -> Ints:
    """Return (n, 4) the first column and row and the last column and row of the tiles that boxes meet."""
    side, last = 1 << zoom, (1 << zoom) - 1
    low, high = np.floor(bounds[:, :2] * side - MARGIN), np.floor(bounds[:, 2:] * side + MARGIN)
    found: Ints = np.clip(np.concatenate([low, high], axis=1), 0, last).astype(np.int64)
    return found


def _keys(boxes: Ints, zoom: int) -> Ints:
    """Return the tiles of boxes as row * side + column."""
    wide, high = boxes[:, 2] - boxes[:, 0] + 1, boxes[:, 3] - boxes[:, 1] + 1
    each = wide * high
    of = np.repeat(np.arange(len(boxes)), each)
    step = np.arange(len(of)) - np.repeat(np.cumsum(each) - each, each)
    found: Ints = np.unique(((boxes[of, 1] + step // wide[of]) << zoom) + boxes[of, 0] + step % wide[of])
    return found


def _drawn(ground: Ground) -> Floats:
    """Return the boxes of the cells in which some ground has a state that is drawn."""
    found: Floats = ground.boxes.bounds[ground.m2[:, FIRST:].any(axis=1)]
    return found


def _degrees(bounds: Floats) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of boxes in shares of the world."""
    west, north = bounds[:, :2].min(axis=0)
    east, south = bounds[:, 2:].max(axis=0)
    low, high = (float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y))))) for y in (south, north))
    return float(west * 360 - 180), max(low, -LIMIT), float(east * 360 - 180), min(high, LIMIT)


def _metadata(content: Content, indexes: Sequence[Index], max_zoom: int) -> dict[str, object]:
    """Return what an archive says of itself: its layers as TileJSON 3.0 names them, and what every product says."""
    told = content.about
    mark = " (SYNTHETIC)" if "synthetic" in told else ""
    listed = [
        {"id": one.layer, "description": label_of(one.layer), "minzoom": 0, "maxzoom": max_zoom, "fields": _fields(one)}
        for one in indexes
    ]
    if STATES in content.layers:
        fields = {"state": "String", "open": "Boolean"} | {one.value: "Number" for one in STATES_OF_GROUND[FIRST:]}
        listed.append(
            {"id": STATES, "description": label_of(STATES), "minzoom": 0, "maxzoom": max_zoom, "fields": fields}
        )
    return {
        "name": f"Clearway, ground on {told['as_of']}{mark}",
        "description": told["notice"],
        "attribution": "; ".join([content.settings.authority, *content.owed]),
        "type": "overlay",
        "version": told["revision"],
        **{name: text for name, text in told.items() if name != "attribution"},
        "records": {one.layer: len(one) for one in indexes},
        "cells": f"below zoom {WHOLE_FROM} cells of a 64th of a tile count hazards: each in one cell",
        "vector_layers": listed,
    }


def _fields(index: Index) -> Mapping[str, str]:
    """Return the attributes of a layer with their types."""
    derived = {"state": "String", "area_m2": "Number", "open_m2": "Number", "count": "Number"}
    kinds = {Kind.boolean: "Boolean", Kind.number: "Number", Kind.integer: "Number"}
    found = {}
    for name in index.names:
        if name in features.DERIVED.get(index.layer, ()):
            found[name] = derived.get(name, "Boolean")
        else:
            found[name] = kinds.get(LAYERS[index.layer].field_named(name).kind, "String")
    found[index.layer] = "Number"
    if index.layer == "hazards":
        found |= {shown.OPEN: "Boolean"} | dict.fromkeys(shown.OPEN_M2, "Number")
    return found
