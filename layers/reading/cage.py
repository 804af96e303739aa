"""The child that reads one stranger's file. It runs alone: `python -I`, with an environment made for it.

It limits its own memory, time and writing, refuses to work where GDAL has a driver that is not allowed, reads the one
file it is given, and hands rows back as an Arrow stream on standard output. It writes no file and opens no other.
"""

import json
import math
import resource
import sys
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyogrio
import shapely

from layers.reading import coordinates, delimited, geojson
from layers.reading.drivers import ALLOWED
from layers.reading.questions import Question, Unreadable

Rows = tuple[dict[str, object], list[bytes], np.ndarray, list[str | None]]
"""Header, attributes of each row as JSON, geometries, ids that features carry beside their attributes."""


def limit(memory: int, seconds: int) -> None:
    """Give up the right to more memory (bytes), more time (s of CPU), and any writing to files."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: Path, kind: str, options: dict[str, object]) -> Rows:
    """Read the file as GeoJSON, CSV, or with GDAL."""
    if kind == "geojson":
        return _geojson(path)
    if kind == "csv":
        columns = delimited.parse(path.read_bytes(), _text(options["encoding"]))
        return _from_columns({"crs": None}, columns, options)
    return _gdal(path, options)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _geojson(path: Path) -> Rows:
    found = geojson.parse(path.read_bytes())
    header = {"crs": found.crs or "OGC:CRS84", "defects": found.defects, "notes": found.notes, "assumed": not found.crs}
    return header, [_json(one) for one in found.properties], found.geometry, found.ids


def _json(row: dict[str, object]) -> bytes:
    return orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def _from_columns(header: dict[str, object], columns: dict[str, list[object]], options: dict[str, object]) -> Rows:
    mapping = options.get("mapping")
    placed = coordinates.placed(columns, mapping if isinstance(mapping, dict) else {})
    kept = [name for name in columns if name not in placed.used]
    header |= {"defects": placed.defects, "notes": []}
    if placed.geographic:
        header |= {"crs": "OGC:CRS84", "assumed": True}
    rows = [_json(dict(zip(kept, row, strict=True))) for row in zip(*(columns[name] for name in kept), strict=True)]
    count = len(placed.geometry)
    return header, rows if kept else [b"{}"] * count, placed.geometry, [None] * count


def _gdal(path: Path, options: dict[str, object]) -> Rows:
    foreign = set(pyogrio.list_drivers()) - set(ALLOWED)
    if foreign:
        raise Unreadable("the reader is not caged as it must be; please report this")
    layer = _layer(path, _text(options["layer"]))
    encoding = {"encoding": options["encoding"]} if options["encoding"] else {}
    meta, _, wkb, fields = pyogrio.raw.read(str(path), layer=layer, datetime_as_string=True, **encoding)
    columns = {str(name): _plain(values) for name, values in zip(meta["fields"], fields, strict=True)}
    header: dict[str, object] = {"crs": meta.get("crs"), "defects": {}, "notes": []}
    if wkb is None:
        return _from_columns(header, columns, options)
    message = "curves were drawn as straight lines"
    header["notes"] = [(place, "curves_linearised", message) for place in _curved(path, layer)]
    rows = [_json(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return header, rows or [b"{}"] * len(wkb), np.asarray(shapely.from_wkb(wkb, on_invalid="ignore")), [None] * len(wkb)


def _curved(path: Path, layer: str) -> list[int]:
    """Return the rows of a GeoPackage that hold curves: they come out of the reader as straight lines."""
    if path.suffix != ".gpkg":
        return []
    geometry, table = (
        text.replace('"', '""') for text in (pyogrio.read_info(str(path), layer=layer)["geometry_name"], layer)
    )
    asked = f'SELECT ST_GeometryType("{geometry}") AS kind FROM "{table}"'  # noqa: S608 - names, quoted, of a caged file
    kinds = pyogrio.raw.read(str(path), sql=asked, read_geometry=False)[3][0]
    marks = ("CURVE", "CIRCULAR", "SURFACE")
    return [
        place for place, kind in enumerate(kinds.tolist()) if kind and any(mark in str(kind).upper() for mark in marks)
    ]


def _plain(values: np.ndarray) -> list[object]:
    if values.dtype.kind == "M":
        texts = values.astype(str).tolist()
        return [None if one == "NaT" else one for one in texts]
    return [None if isinstance(one, float) and math.isnan(one) else one for one in values.tolist()]


def _layer(path: Path, asked: str | None) -> str:
    """Return the layer to read.

    Raises:
        Question: it has several, and none of them was named.
    """
    found = pyogrio.list_layers(str(path))
    names, spatial = [str(name) for name in found[:, 0]], [str(name) for name, kind in found if kind is not None]
    for one in ([asked] if asked else [], spatial, names):
        if len(one) == 1 and one[0] in names:
            return one[0]
        if asked:
            break
    if not names:
        raise Unreadable("it has no layer")
    message = "the file has several layers" if asked is None else f"the file has no layer {asked!r}"
    raise Question("source_layer", f"{message}: send it again with source_layer, one of them", names)


def main() -> None:
    """Answer one request: a JSON line on standard input."""
    request = json.loads(sys.stdin.readline())
    limit(request["memory"], request["seconds"])
    if request["kind"] == "drivers":
        sys.stdout.buffer.write(orjson.dumps(sorted(pyogrio.list_drivers())))
        return
    try:
        header, rows, geometry, ids = read(Path(request["path"]), request["kind"], request)
        table = pa.table(
            {
                "attributes": pa.array(rows, pa.large_binary()),
                "wkb": pa.array(shapely.to_wkb(geometry, include_srid=False).tolist(), pa.large_binary()),
                "id": pa.array(ids, pa.large_string()),
            }
        )
    except Question as question:
        header = {"question": question.code, "message": question.message, "choices": question.choices}
        table = pa.table({})
    except MemoryError:
        header, table = {"error": "it needs more memory than a file may use; send it in smaller parts"}, pa.table({})
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file does, the parent is told and nothing else
        header, table = {"error": str(error).replace(request["path"], "the file")}, pa.table({})
    table = table.replace_schema_metadata({"header": orjson.dumps(header, option=orjson.OPT_NON_STR_KEYS)})
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)


if __name__ == "__main__":
    main()
