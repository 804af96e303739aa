"""Tiles of a view: an index per layer and view, moved forward by what is new, and the tiles that were made of it.

A tile is a value of (records in force, zoom, row, column): it is kept under the number of its index, which a new
revision, another date or another reader does not share, so that no tile outlives what it was made of.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo_service.balance import View
from geo_service.ogc.holding import Holding
from geo_service.ogc.packing import gzipped
from geo_service.surroundings.known import Around
from geo_service.tiles import encoder, shown
from geo_service.tiles.cells import cells
from geo_service.tiles.cutting import touching
from geo_service.tiles.geometry import BUFFER
from geo_service.tiles.shapes import EXTENT, Shapes, shapes_of
from geo_service.tiles.states import Ground, ground_of
from geo_service.tiles.values import attributes
from geo_service.tiles.water import Water, water_of
from geo_service.tiles.ways import WaysByEvidence, ways_by_evidence
from geo_service.travel.ways import Roads

WHOLE_FROM = 10
"""The zoom from which every record is drawn; below, hazards are counted by cell, and so are layers of many records."""

FEW = 2_000
"""Records of a layer other than hazards that are drawn at every zoom."""

MOST_BYTES = 64 * 2**20
"""Tiles that a process keeps; those not asked for the longest go."""

VIEWS = 4
"""Views whose ground by state a process keeps."""

NUMBERS = itertools.count()
"""Of what tiles are made of in this process: no two have one."""

Ints = NDArray[np.int64]
Key = tuple[int, int, int, int, int]


class Grounds:
    """The ground of the versions of one layer, worked out once: a version never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: Ints = np.empty(0, dtype=np.int64)
        self._shapes = shapes_of(np.empty(0, dtype=object))

    def of(self, frame: gpd.GeoDataFrame) -> tuple[Shapes, Ints]:
        """Return shapes, and the place in them of each version of a frame, which has their `row`."""
        rows = frame["row"].to_numpy(dtype=np.int64)
        with self._lock:
            new = np.flatnonzero(~np.isin(rows, self._rows))
            if len(new):
                made = shapes_of(np.asarray(frame.geometry.to_numpy(), dtype=object)[new])
                self._shapes = self._shapes.followed_by(made) if len(self._rows) else made
                self._rows = np.concatenate([self._rows, rows[new]])
            order = np.argsort(self._rows, kind="stable")
            return self._shapes, order[np.searchsorted(self._rows, rows, sorter=order)]


class Index:
    """The records of a layer in force at a view, ready to be drawn.

    Attributes:
        number: unlike that of any other index of the process.
    """

    def __init__(self, held: Holding, grounds: Grounds) -> None:
        self.number = next(NUMBERS)
        self.layer, frame = held.layer, held.frame
        if "row" in frame:
            self._shapes, self._places = grounds.of(frame)
        else:
            self._shapes, self._places = shapes_of(held.shapes), np.arange(len(frame))
        self._bounds = self._shapes.bounds[self._places]
        self._attributes = shown.attributes_of(held.layer, frame)
        hazards = held.layer == "hazards"
        self._marked = shown.opened(frame) if hazards else np.zeros(len(frame), dtype=bool)
        self._amounts = shown.open_m2(frame) if hazards else np.empty((len(frame), 0))
        self._counted = hazards or (len(frame) > FEW and "count" not in frame)

    def counts(self, zoom: int) -> bool:
        """Say whether records are counted by cell at a zoom, rather than drawn."""
        return self._counted and zoom < WHOLE_FROM

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._places)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes of the records."""
        return self._attributes.names

    @property
    def bounds(self) -> NDArray[np.float64]:
        """(n, 4) west, north, east, south of each record in shares of the world's side; NaN where it has no ground."""
        return self._bounds

    def tile(self, zoom: int, row: int, column: int) -> bytes:
        """Return a tile; no bytes where nothing is in it."""
        return self.accounted(zoom, row, column)[0]

    def accounted(self, zoom: int, row: int, column: int) -> tuple[bytes, Ints, int]:
        """Return a tile, the places of the records that are drawn in it, and how many its cells count."""
        if self.counts(zoom):
            return self._of_cells(zoom, row, column)
        scale, margin = float(1 << zoom), BUFFER / EXTENT
        found = touching(
            *(self._bounds, (column - margin) / scale, (row - margin) / scale),
            *((column + 1 + margin) / scale, (row + 1 + margin) / scale),
        )
        tile = encoder.tile_of(zoom, row, column)
        made, drawn = encoder.layer_and_drawn(
            *(self.layer, self._shapes, self._attributes, self._places[found], found, tile)
        )
        return made, found[drawn], 0

    def _of_cells(self, zoom: int, row: int, column: int) -> tuple[bytes, Ints, int]:
        tile = (zoom, row, column)
        made = cells(self._shapes, self._bounds, self._places, self._marked, self._amounts, tile)
        told: dict[str, NDArray[np.generic]] = {self.layer: made.count}
        if self.layer == "hazards":
            told[shown.OPEN] = made.marked
            told |= dict(zip(shown.OPEN_M2, made.sums.T, strict=False))
        every = np.arange(len(made.count))
        said = attributes(told, frozenset())
        body = encoder.layer(self.layer, made.shapes, said, every, every, encoder.tile_of(0, 0, 0))
        return body, every[:0], int(made.count.sum())


class Tiles:
    """The tiles of one process.

    Args:
        most_bytes: of tiles to keep; 0 keeps none.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._lock = threading.Lock()
        self._indexes: WeakKeyDictionary[Holding, Index] = WeakKeyDictionary()
        self._making: WeakKeyDictionary[Holding, threading.Lock] = WeakKeyDictionary()
        self._grounds: dict[str, Grounds] = {}
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._grounds_by_state: OrderedDict[object, tuple[int, Ground]] = OrderedDict()
        self._ways: WeakKeyDictionary[Roads, tuple[int, WaysByEvidence | None]] = WeakKeyDictionary()
        self._water: WeakKeyDictionary[Around, tuple[int, Water | None]] = WeakKeyDictionary()
        self._laying = threading.Lock()

    def index(self, held: Holding) -> Index:
        """Return the index of a layer's records at a view; it lives as long as they are held."""
        with self._lock:
            if held in self._indexes:
                return self._indexes[held]
            mine = self._making.setdefault(held, threading.Lock())
            grounds = self._grounds.setdefault(held.layer, Grounds())
        with mine:
            with self._lock:
                if held in self._indexes:
                    return self._indexes[held]
            made = Index(held, grounds)
            with self._lock:
                self._indexes[held] = made
        return made

    def prepare(self, held: Holding) -> None:
        """Make the index of some records and draw with it, so that nobody has to wait for that or for compiling."""
        index = self.index(held)
        for zoom in (0, WHOLE_FROM):
            index.tile(zoom, 0, 0)

    def tile(self, held: Holding, zoom: int, row: int, column: int, *, packed: bool = False) -> bytes:
        """Return a tile of a layer's records at a view; no bytes where nothing is in it.

        Args:
            held: the records.
            zoom, row, column: of the tile, rows from the north.
            packed: by gzip.
        """
        index = self.index(held)
        return self._tile((index.number, zoom, row, column), lambda: index.tile(zoom, row, column), packed=packed)

    def states(self, seen: View, zoom: int, row: int, column: int, *, packed: bool = False) -> bytes:
        """Return a tile of the ground by state at a view; no bytes where nothing is in it."""
        number, ground = self._ground(seen)
        return self._tile(
            (number, zoom, row, column), lambda: ground.tile(zoom, row, column, WHOLE_FROM), packed=packed
        )

    def ways(self, roads: Roads, zoom: int, row: int, column: int, *, packed: bool = False) -> bytes:
        """Return a tile of the roads by evidence; no bytes where nothing is in it."""
        with self._laying:
            if roads not in self._ways:
                self._ways[roads] = next(NUMBERS), ways_by_evidence(roads.evidence)
            number, laid = self._ways[roads]
        if laid is None:
            return b""
        return self._tile((number, zoom, row, column), lambda: laid.tile(zoom, row, column, WHOLE_FROM), packed=packed)

    def water(self, around: Around | None, zoom: int, row: int, column: int, *, packed: bool = False) -> bytes:
        """Return a tile of surface water; no bytes where nothing is in it."""
        if around is None:
            return b""
        with self._laying:
            if around not in self._water:
                self._water[around] = next(NUMBERS), water_of(around)
            number, water = self._water[around]
        if water is None:
            return b""
        return self._tile((number, zoom, row, column), lambda: water.tile(zoom, row, column, WHOLE_FROM), packed=packed)

    def _ground(self, seen: View) -> tuple[int, Ground]:
        revision = seen.snapshot.revision
        key = (seen.snapshot.number, revision and revision.hash, seen.as_of)
        with self._lock:
            if key in self._grounds_by_state:
                self._grounds_by_state.move_to_end(key)
                return self._grounds_by_state[key]
        made = next(NUMBERS), ground_of(seen)
        with self._lock:
            self._grounds_by_state[key] = made
            while len(self._grounds_by_state) > VIEWS:
                self._grounds_by_state.popitem(last=False)
        return made

    def _tile(self, place: tuple[int, int, int, int], make: Callable[[], bytes], *, packed: bool) -> bytes:
        made = self._made((*place, 0), make)
        return self._made((*place, 1), lambda: gzipped(made)) if packed and made else made

    def _made(self, key: Key, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept and len(made) <= self._most // 4:
                self._kept[key] = made
                self._size += len(made) + 200
            while self._size > self._most:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone) + 200
        return made
