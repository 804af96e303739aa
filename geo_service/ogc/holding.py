"""The records of one layer at a view, ready to be handed out: in order of id, with an index and their text.

A holding is a value of (layer, revision, date, who may see what). Everything that a page needs is an array in it, so
that a page costs no scan, and nothing of it is worked out twice.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

import geopandas as gpd
import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service import features
from geo_service.access.public import Records
from geo_service.balance import View
from geo_service.ogc.texts import MOST_BYTES, Texts, written
from layers.versions import is_missing

Places = NDArray[np.int64]
Pieces = NDArray[np.object_]

KEPT = 3
"""Holdings of a layer that a process keeps; the one that was not asked for the longest goes."""

ANSWERS = 64
"""Selections kept by a holding."""

WHOLE = 4_096
"""Selections of more places than this are kept in small number: one of 100,000 records is a megabyte."""


HIDDEN = frozenset({"extra", "row", "recorded_at", "revision", "changeset", "geometry"})
"""Columns of a frame that are no properties of a record."""


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
        self._heads, self._tails = (np.empty(len(frame), dtype=object) for _ in range(2))
        self._ready = np.zeros(len(frame), dtype=bool)
        self._held = 0
        self._kept: OrderedDict[object, Places] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.ids)

    @cached_property
    def columns(self) -> list[str]:
        """The properties that may be named in a request."""
        return [str(name) for name in self.frame.columns if name not in HIDDEN]

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
        west, south, east, north = shapely.bounds(box).tolist()
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
        """Return the records at some places as GeoJSON features, in pieces to be joined: a comma stands behind each."""
        # Asked once: another thread may write the same texts meanwhile.
        missing = ~self._ready[places]
        heads, tails = self._heads[places], self._tails[places]
        if missing.any():
            at = places[missing]
            heads[missing], tails[missing] = new = self._written(at)
            self._keep(at, *new)
        pieces = np.empty(2 * len(heads), dtype=object)
        pieces[::2], pieces[1::2] = heads, tails
        found: list[bytes] = pieces.tolist()
        return found

    def _keep(self, at: Places, heads: Pieces, tails: Pieces) -> None:
        """Keep the texts of some places, unless there are too many already."""
        if self._held >= MOST_BYTES:
            return
        self._heads[at], self._tails[at] = heads, tails
        self._held += sum(map(len, heads)) + sum(map(len, tails))
        self._ready[at] = True

    def _written(self, places: Places) -> tuple[Pieces, Pieces]:
        at, frame = places.tolist(), self.frame.iloc[places]
        heads, tails = np.empty(len(at), dtype=object), np.empty(len(at), dtype=object)
        if self._texts is not None:
            heads[:] = self._texts.of(self.layer, frame, frame["row"].tolist())
        else:
            heads[:] = written(frame, self.layer)
        tails[:] = self._tails_of(frame)
        return heads, tails

    def _tails_of(self, frame: gpd.GeoDataFrame) -> list[bytes]:
        """Return what is worked out of records, as the end of their text."""
        names = [name for name in features.DERIVED.get(self.layer, ()) if name in frame]
        if not names:
            return [b"}},"] * len(frame)
        rows = zip(*(frame[name].tolist() for name in names), strict=True)
        made = ({n: None if is_missing(v) else v for n, v in zip(names, row, strict=True)} for row in rows)
        return [b"," + orjson.dumps(one)[1:-1] + b"}}," for one in made]


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
            try:
                frame = records.in_force(seen, layer)
                made = Holding(layer, frame, self._texts if records.form == "full" else None)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._kept[key] = made
                mine_too = [one for one, held in self._kept.items() if held.layer == layer]
                for old in mine_too[:-KEPT]:
                    del self._kept[old]
        return made
