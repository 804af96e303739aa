"""A GeoParquet file per layer (1.0), with its dates and sentences in the metadata of the file."""

from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from geo_service.exports.content import Content
from geo_service.store.log import Progress


def write(folder: Path, content: Content, progress: Progress) -> dict[str, int]:
    """Write a file per layer into a folder; return how many records each has."""
    counts = {}
    for done, name in enumerate(content.layers, start=1):
        counts[name] = write_layer(folder / f"{name}.parquet", name, content)
        progress(done, len(content.layers))
    return counts


def write_layer(path: Path, layer: str, content: Content) -> int:
    """Write one layer as GeoParquet; return how many rows the file has, read from it."""
    drawn = BytesIO()
    content.flat(layer).to_parquet(drawn, index=False, compression="zstd")
    table = pq.read_table(drawn)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **content.about})
    pq.write_table(table, path, compression="zstd")
    rows: int = pq.read_metadata(path).num_rows
    return rows
