"""The records of one layer at a view, ready to be handed out: in order of id, with an index and their text.

A holding is a value of (layer, revision, date, who may see what). Everything that a page needs is an array in it, so
that a page costs no scan, and nothing of it is worked out twice.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property

import geopandas as gpd
import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service import features
from geo_service.access.public import Records
from geo_service.balance import View
from geo_service.ogc.texts import Texts, written
from layers.versions import is_missing

Places = NDArray[np.int64]

KEPT = 24
"""Holdings that a process keeps: eight layers at three views; the one that was not asked for the longest goes."""

ANSWERS = 64
"""Selections kept by a holding."""

WHOLE = 4_096
"""Selections of more places than this are kept in small number: one of 100,000 records is a megabyte."""


class Holding:
    """The records of a layer in force at a view.

    Attributes:
        layer: their layer.
        frame: the records in order of id, with what is worked out of them.
        ids: (n,) their ids, ascending.
    """

    def __init__(self, layer: str, frame: gpd.GeoDataFrame, texts: Texts | None) -> None:
        self.layer, self.frame = layer, frame
        self.ids: list[str] = frame["id"].tolist()
        self._texts = texts if "row" in frame else None
        self._rows: list[int] = frame["row"].tolist() if "row" in frame else []
        self._tails: list[bytes | None] = [None] * len(frame)
        self._own: list[bytes | None] = [None] * (0 if self._texts else len(frame))
        self._kept: OrderedDict[object, Places] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.ids)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The geometries, degrees."""
        return np.asarray(self.frame.geometry.to_numpy(), dtype=object)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(n, 4) west, south, east, north of each record."""
        return shapely.bounds(self.shapes)

    @cached_property
    def extent(self) -> list[float] | None:
        """West, south, east and north of all records; None where there are none."""
        if not len(self) or not np.isfinite(self.bounds).any():
            return None
        low, high = np.nanmin(self.bounds, axis=0), np.nanmax(self.bounds, axis=0)
        return [float(low[0]), float(low[1]), float(high[2]), float(high[3])]

    @cached_property
    def all(self) -> Places:
        """The places of all records."""
        return np.arange(len(self))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        tree = shapely.STRtree(self.shapes)
        tree.query(shapely.box(0, 0, 0, 0))  # it is built by its first question
        return tree

    def meeting(self, box: shapely.Geometry) -> Places:
        """Return the places of the records whose geometry meets a polygon, ascending.

        Of an upright rectangle, a record whose bounds lie inside meets it, and needs no closer look.
        """
        with self._lock:
            tree = self._tree
        near = np.sort(tree.query(box))
        if not len(near):
            return near
        west, south, east, north = box.bounds
        found = np.zeros(len(near), dtype=bool)
        if shapely.equals_exact(box, shapely.box(west, south, east, north)):
            bounds = self.bounds[near]
            found = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
        rest = np.flatnonzero(~found)
        shapely.prepare(box)
        found[rest] = shapely.intersects(box, self.shapes[near[rest]])
        return near[found]

    def selected(self, key: object, make: Callable[[], Places]) -> Places:
        """Return what `make` selects; the same question is answered from memory."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            large = sum(len(one) > WHOLE for one in self._kept.values())
            while len(self._kept) > ANSWERS or large > ANSWERS // 8:
                _, gone = self._kept.popitem(last=False)
                large -= len(gone) > WHOLE
        return made

    def place_of(self, record_id: str) -> int | None:
        """Return the place of a record, None where it is not held."""
        place = bisect_right(self.ids, record_id) - 1
        return place if place >= 0 and self.ids[place] == record_id else None

    def texts(self, places: Places) -> list[bytes]:
        """Return the records at some places as GeoJSON features, each in two pieces: they are joined in pairs."""
        at = places.tolist()
        if self._texts:
            heads = self._texts.of(self.layer, self.frame, [self._rows[k] for k in at], at)
        else:
            heads = self._own_heads(at)
        tails = [self._tails[k] for k in at]
        if None in tails:
            self._write_tails([k for k, tail in zip(at, tails, strict=True) if tail is None])
            tails = [self._tails[k] for k in at]
        return [piece for pair in zip(heads, tails, strict=True) for piece in pair if piece is not None]

    def _own_heads(self, at: Sequence[int]) -> list[bytes]:
        missing = [k for k in at if self._own[k] is None]
        for k, text in zip(missing, written(self.frame.iloc[missing], self.layer), strict=True) if missing else ():
            self._own[k] = text
        return [text for text in (self._own[k] for k in at) if text is not None]

    def _write_tails(self, at: Sequence[int]) -> None:
        names = [name for name in features.DERIVED.get(self.layer, ()) if name in self.frame]
        columns = [self.frame[name].iloc[list(at)].tolist() for name in names]
        for place, row in zip(at, zip(*columns, strict=True) if names else [()] * len(at), strict=True):
            pairs = {name: None if is_missing(value) else value for name, value in zip(names, row, strict=True)}
            inner = orjson.dumps(pairs)[1:-1]
            self._tails[place] = (b"," + inner if inner else b"") + b"}}"


class Holdings:
    """The holdings of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, Holding] = OrderedDict()
        self._making: dict[object, threading.Lock] = {}
        self._texts = Texts()

    def at(self, seen: View, layer: str, records: Records) -> Holding:
        """Return the records of a layer at a view, as the one who asks may see them."""
        revision = seen.snapshot.revision
        key = (layer, seen.snapshot.number, revision and revision.hash, seen.as_of, records.form)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            mine = self._making.setdefault(key, threading.Lock())
        with mine:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            frame = records.in_force(seen, layer)
            made = Holding(layer, frame, self._texts if records.form == "full" else None)
            with self._lock:
                self._kept[key] = made
                self._making.pop(key, None)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return made
