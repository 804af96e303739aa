"""A GeoJSON file per layer (RFC 7946); each says for itself what it describes."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import orjson

from geo_service import features
from geo_service.exports.content import STATES, Content
from geo_service.store.log import Progress

TOGETHER = 5_000
"""Features that are held as text at a time."""


def write(folder: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write a file per layer into a folder; return how many records each has."""
    counts = {}
    for done, name in enumerate(content.layers, start=1):
        counts[name] = write_layer(folder / f"{name}.geojson", name, content)
        progress(done, len(content.layers))
    return counts


def write_layer(path: Path, layer: str, content: Content) -> int:
    """Write one layer as a FeatureCollection; return how many features it has."""
    head = orjson.dumps({"type": "FeatureCollection", "name": layer, **content.about})[:-1]
    count = 0
    with path.open("wb") as file:
        file.write(head + b',"features":[\n')
        for text in _texts(content.in_force(layer), layer):
            file.write((b",\n" if count else b"") + text)
            count += 1
        file.write(b"\n]}\n")
    return count


def _texts(frame: gpd.GeoDataFrame, layer: str) -> Iterator[bytes]:
    for start in range(0, len(frame), TOGETHER):
        part = frame.iloc[start : start + TOGETHER]
        rows = _grounds(part) if layer == STATES else features.features(part, layer)
        yield from map(orjson.dumps, rows)


def _grounds(frame: gpd.GeoDataFrame) -> list[dict[str, object]]:
    rows = frame.drop(columns="geometry").to_dict("records")
    shapes = features.geojson(frame.geometry.to_numpy())
    return [{"type": "Feature", "geometry": shape, "properties": row} for row, shape in zip(rows, shapes, strict=True)]
