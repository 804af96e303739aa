"""Ready GeoJSON text of versions, held once per process: a version never changes, so its text is made once."""

import threading
from collections.abc import Sequence

import geopandas as gpd
import orjson

from geo_service import features
from layers.definitions import LAYERS

MOST_BYTES = 400_000_000
"""Text that a process holds; beyond, the oldest goes, and is made anew when asked for."""


class Texts:
    """The text of each version of a layer up to the last of its own fields: what is worked out is written behind it."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._held = most_bytes, 0
        self._lock = threading.Lock()
        self._made: dict[tuple[str, int], bytes] = {}

    def of(self, layer: str, frame: gpd.GeoDataFrame, rows: Sequence[int]) -> list[bytes]:
        """Return the texts of some versions of a layer.

        Args:
            layer: their layer.
            frame: the versions.
            rows: their row numbers, in the same order; a layer gives each once.
        """
        found = [self._made.get((layer, row)) for row in rows]
        missing = [k for k, text in enumerate(found) if text is None]
        if missing:
            new = written(frame.iloc[missing], layer)
            with self._lock:
                for k, text in zip(missing, new, strict=True):
                    found[k] = text
                    if (layer, rows[k]) not in self._made:
                        self._made[layer, rows[k]] = text
                        self._held += len(text)
                while self._held > self._most and self._made:
                    self._held -= len(self._made.pop(next(iter(self._made))))
        return [text for text in found if text is not None]


def written(frame: gpd.GeoDataFrame, layer: str) -> list[bytes]:
    """Return each record as a GeoJSON feature without the last two braces, and without what is worked out of it."""
    own = [*LAYERS[layer].names, *(("extra",) if "extra" in frame else ()), "geometry"]
    bare = frame[[name for name in own if name in frame]]
    return [orjson.dumps(one)[:-2] for one in features.features(bare, layer)]
