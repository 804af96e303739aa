"""GeoParquet (1.0 and 1.1), read with pyarrow inside the cage."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.reading.coordinates import from_columns
from layers.reading.found import Columns, Found, Request
from layers.reading.questions import Unreadable

MOST_BYTES = 2 * 2**30
"""What a file may claim to unpack to."""


def read(path: Path, request: Request) -> Found:
    """Read a Parquet file: its primary geometry where it is GeoParquet, else columns with coordinates.

    Raises:
        Unreadable: it is no Parquet, too large unpacked, or keeps its geometry in a way that is not read.
        Question: its columns with coordinates are not known.
    """
    try:
        with pq.ParquetFile(path, memory_map=False) as file:
            groups = [file.metadata.row_group(k).total_byte_size for k in range(file.metadata.num_row_groups)]
            if sum(groups) > MOST_BYTES or file.metadata.num_rows > 50_000_000:
                raise Unreadable("it is too large unpacked; send it in smaller parts")
            table = file.read(use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable(f"it is no whole Parquet file: {str(error)[:200]}") from None
    geo = _geo(table)
    if geo is None:
        return from_columns(_columns(table, None), request)
    name = str(geo.get("primary_column"))
    listed = geo.get("columns")
    about = listed.get(name) if isinstance(listed, dict) else None
    if not isinstance(about, dict) or name not in table.column_names:
        raise Unreadable("its description (geo) names a geometry column that is not there")
    if about.get("encoding") != "WKB":
        raise Unreadable(f"its geometry is encoded as {str(about.get('encoding'))[:40]!r}; write it with encoding WKB")
    wkb = np.array(table.column(name).cast(pa.large_binary()).to_pylist(), dtype=object)
    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    broken = [k for k, one in enumerate(wkb) if one is not None and geometry[k] is None]
    crs = _crs(about)
    return Found(
        _columns(table, name),
        geometry,
        crs,
        assumed="crs" not in about,
        defects=dict.fromkeys(broken, ("geometry", "its geometry is no WKB")),
        notices=[("spherical_edges", "the file's edges are great circles; they are taken as straight here")]
        if about.get("edges") == "spherical"
        else [],
    )


def _geo(table: pa.Table) -> dict[str, object] | None:
    text = (table.schema.metadata or {}).get(b"geo")
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Unreadable("its description (geo) is not JSON")
    return found


def _crs(about: dict[str, object]) -> str | None:
    """Return the coordinate system as text; GeoParquet without one is in longitude and latitude."""
    if "crs" not in about:
        return "OGC:CRS84"
    try:
        return CRS.from_json_dict(about["crs"]).to_wkt() if isinstance(about["crs"], dict) else None
    except CRSError:
        return None


def _columns(table: pa.Table, geometry: str | None) -> Columns:
    """Return the attributes as values that JSON can hold; bytes and other geometries are left out."""
    kept: Columns = {}
    for field in table.schema:
        if field.name == geometry or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            continue
        column = table.column(field.name)
        if pa.types.is_temporal(field.type):
            kept[field.name] = [
                None if one is None else one.isoformat() if hasattr(one, "isoformat") else str(one)
                for one in column.to_pylist()
            ]
        else:
            kept[field.name] = column.to_pylist()
    if geometry and "bbox" in kept and pa.types.is_struct(table.schema.field("bbox").type):
        del kept["bbox"]  # the covering that GeoParquet 1.1 writes beside each geometry
    return kept
