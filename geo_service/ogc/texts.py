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

    def of(self, layer: str, frame: gpd.GeoDataFrame, rows: Sequence[int], places: Sequence[int]) -> list[bytes]:
        """Return the texts of the versions at some places of a frame.

        Args:
            layer: their layer.
            frame: the records; `rows` are their row numbers, which are given once in a layer.
            rows: of the versions, in the order of `places`.
            places: where they stand in the frame.
        """
        made = self._made
        found = [made.get((layer, row)) for row in rows]
        missing = [k for k, text in enumerate(found) if text is None]
        if missing:
            new = written(frame.iloc[[places[k] for k in missing]], layer)
            with self._lock:
                for k, text in zip(missing, new, strict=True):
                    if (layer, rows[k]) not in made:
                        made[layer, rows[k]] = text
                        self._held += len(text)
                while self._held > self._most and made:
                    oldest = next(iter(made))
                    self._held -= len(made.pop(oldest))
            for k, text in zip(missing, new, strict=True):
                found[k] = text
        return [text for text in found if text is not None]


def written(frame: gpd.GeoDataFrame, layer: str) -> list[bytes]:
    """Return each record as a GeoJSON feature without the last two braces, and without what is worked out of it."""
    own = [*LAYERS[layer].names, *(("extra",) if "extra" in frame else ()), "geometry"]
    bare = frame[[name for name in own if name in frame]]
    return [orjson.dumps(one)[:-2] for one in features.features(bare, layer)]
