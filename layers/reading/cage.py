"""The cage: where strangers' files are read. `python -I`, with an environment made for it, and limits it can't lift.

The keeper learns in a child of its own which drivers GDAL has, names all but the allowed ones as skipped, and only then
loads GDAL. For every file it forks a reader, which reads the one file it is given, hands rows back as an Arrow stream
and ends. A reader writes no file, has no network where the kernel lets it be taken, and is stopped by the kernel when
it needs more memory or time than a file may.
"""

import importlib
import json
import os
import resource
import signal
import socket
from pathlib import Path

import orjson
import pyarrow as pa
import shapely

from layers.isolation import unplug
from layers.reading import delimited, found, geojson, parquet
from layers.reading.drivers import ALLOWED
from layers.reading.questions import Question
from layers.reading.sandbox import MEMORY


def main() -> None:
    """Keep: answer every line that comes with a reader of its own, until nobody asks any more."""
    _limit()
    unplug()
    _skip_drivers()
    ogr = importlib.import_module("layers.reading.ogr")  # not before GDAL's environment is made
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=0) as control:
        while True:
            _, lines, _, _ = socket.recv_fds(control, 1, 1)
            if not lines:
                return
            if os.fork() == 0:
                control.close()
                _answer(lines[0], ogr.read)
                os._exit(0)
            os.close(lines[0])


def _limit() -> None:
    """Give up the right to more memory, and to any writing to files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _skip_drivers() -> None:
    """Name all drivers but the allowed ones as skipped, in the environment that GDAL will read when it is loaded."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        drivers = importlib.import_module("pyogrio").list_drivers()
        os.write(writing, ",".join(one for one in drivers if one not in ALLOWED).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        foreign = answer.read().decode()
    os.waitpid(child, 0)
    os.environ["GDAL_SKIP"] = os.environ["OGR_SKIP"] = foreign


def _answer(line: int, gdal: found.Reader) -> None:
    """Read one file as its request says, and write what it holds: a header's length, the header, an Arrow stream."""
    with socket.socket(fileno=line) as asked, asked.makefile("rb") as sent, asked.makefile("wb") as out:
        request = json.loads(sent.readline())
        seconds = int(request["seconds"])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(2 * seconds)
        try:
            table, header = _rows(request, gdal)
        except Question as question:
            table = pa.table({})
            header = {"question": question.code, "message": question.message, "choices": question.choices}
        except MemoryError:
            header, table = {"error": "it needs more memory than a file may use; send it in parts"}, pa.table({})
        except Exception as error:  # noqa: BLE001 - whatever a stranger's file does, the parent is told and nothing else
            header, table = {"error": str(error).replace(str(request["path"]), "the file")}, pa.table({})
        text = _json(header)
        out.write(len(text).to_bytes(8, "big"))
        out.write(text)
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)


def _json(header: dict[str, object]) -> bytes:
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(header, default=str, option=options)
    except orjson.JSONEncodeError:  # integers beyond 64 bits, lone surrogates
        return orjson.dumps(
            json.loads(json.dumps(header, default=str), parse_int=_integer), default=str, option=options
        )


def _integer(text: str) -> int | str:
    return int(text) if len(text) < 19 else text


def _rows(request: dict[str, object], gdal: found.Reader) -> tuple[pa.Table, dict[str, object]]:
    readers = {"geojson": geojson.read, "csv": delimited.read, "parquet": parquet.read, "gdal": gdal}
    rows = readers[str(request["kind"])](Path(str(request["path"])), request)
    table = pa.table(
        {
            "wkb": pa.array(shapely.to_wkb(rows.geometry, include_srid=False), pa.large_binary(), from_pandas=True),
            "id": pa.array(rows.ids, pa.large_string()),
            "row": pa.array(rows.numbers, pa.int64()),
        }
    )
    return table, {name: getattr(rows, name) for name in HEADER}


HEADER = ("columns", "crs", "assumed", "settled", "defects", "notes", "notices")
