"""A CSV file per layer: a column per field, the dates and the revision on every row, the geometry as WKT."""

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service.exports.content import Content
from geo_service.store.log import Progress
from layers.reading.exported import TIMES, guarded

REMARKS = (
    "Geometry is WKT, longitude first. A text that a spreadsheet would run as a formula stands behind an apostrophe.",
    "To load a file again, say its coordinate system: clearway load LAYER FILE --crs EPSG:4326.",
)
"""What must be known of these files."""

TOGETHER = 5_000
"""Rows that are held as text at a time."""


def write(folder: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write a file per layer into a folder; return how many records each has."""
    counts = {}
    for done, name in enumerate(content.layers, start=1):
        counts[name] = write_layer(folder / f"{name}.csv", name, content)
        progress(done, len(content.layers))
    return counts


def write_layer(path: Path, layer: str, content: Content) -> int:
    """Write one layer as CSV (RFC 4180, UTF-8); return how many rows it has."""
    frame = content.flat(layer)
    told = [content.about[name] for name in TIMES]
    names = [str(name) for name in frame if name != "geometry"]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*names, *TIMES, "geometry"])
        for start in range(0, len(frame), TOGETHER):
            part = frame.iloc[start : start + TOGETHER]
            rows = zip(*(_cells(part, name) for name in names), _wkt(part), strict=True)
            for *cells, shape in rows:
                writer.writerow([*cells, *told, shape])
                count += 1
    return count


def _cells(frame: gpd.GeoDataFrame, name: str) -> list[object]:
    return [_cell(value) for value in frame[name].tolist()]


def _cell(value: object) -> object:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return "" if pd.isna(value) else guarded(value)  # type: ignore[call-overload]


def _wkt(frame: gpd.GeoDataFrame) -> list[str]:
    found: list[str] = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1).tolist()
    return found
