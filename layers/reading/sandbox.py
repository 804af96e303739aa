"""A stranger's file is read by a child process with nothing to reach: no other driver, no writing, bounded work.

One keeper per process waits in the cage with everything imported; every file is read by a child that it forks and that
ends with the file, so that a reading costs some hundredths of a second and no file meets what another one left.
"""

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import orjson
import pyarrow as pa

from layers.reading.questions import Question, Unreadable

MEMORY = 6 * 2**30
"""Bytes of address space that the child may use."""

SECONDS = 120
"""Seconds of CPU, and twice as many by the clock, that a file may take."""

MOST_ANSWER = 2 * 2**30
"""Bytes of rows that a file may come to."""

_ROOT = str(Path(__file__).parents[2])
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from layers.reading.cage import main; main()"
"""The cage runs the code of the process that asks, wherever it was imported from, and nothing that a variable names."""

_starting = threading.Lock()


def _environment() -> dict[str, str]:
    """Return the whole environment of the child; nothing of the parent's comes through."""
    return {
        "GDAL_DRIVER_PATH": "disable",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_TIMEOUT": "1",
        "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
        "OGR_XLSX_HEADERS": "FORCE",
        "OGR_ODS_HEADERS": "FORCE",
        "LIBKML_RESOLVE_STYLE": "NO",
        "PROJ_NETWORK": "OFF",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
        "TZ": "UTC",
    }


class Keeper:
    """The waiting child of this process: it forks a reader for every file it is asked about."""

    def __init__(self) -> None:
        """Start it."""
        self._owner = os.getpid()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-I", "-c", _BOOT, _ROOT],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
            )
        atexit.register(self.end)

    def end(self) -> None:
        """Let it go: by the process that started it, and not by one that was forked from that."""
        atexit.unregister(self.end)
        self._control.close()
        if self._owner != os.getpid():
            return
        self._process.kill()
        self._process.wait()

    def ask(self, request: dict[str, object]) -> bytearray:
        """Have one file read; return the reader's answer as it came.

        Raises:
            OSError: the keeper is gone.
            Unreadable: the rows are more than a file may come to, or reading took too long.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self._control, [b"1"], [theirs.fileno()])
            ours.settimeout(2 * SECONDS + 30)
            ours.sendall(json.dumps(request).encode() + b"\n")
            return _whole(ours)


def _whole(line: socket.socket) -> bytearray:
    answer = bytearray()
    try:
        while part := line.recv(2**20):
            answer += part
            if len(answer) > MOST_ANSWER:
                raise Unreadable("its rows take more memory than a file may use; send it in smaller parts")
    except TimeoutError:
        raise Unreadable("it took too long to read; send it in smaller parts") from None
    return answer


@functools.lru_cache(maxsize=1)
def _kept(process: int) -> Keeper:  # noqa: ARG001 - a forked process must not share its parent's keeper
    return Keeper()


def _ask(request: dict[str, object]) -> bytearray:
    for _ in range(2):
        with _starting:
            keeper = _kept(os.getpid())
        try:
            return keeper.ask(request)
        except OSError:
            with _starting:
                if _kept(os.getpid()) is keeper:
                    keeper.end()
                    _kept.cache_clear()
    raise Unreadable("the reader does not start; please report this")


def read_caged(
    files: Mapping[str, bytes], main: str, kind: str, options: Mapping[str, object]
) -> tuple[dict[str, object], pa.Table]:
    """Read a file in the cage; return what it says of itself and its rows (`wkb`, `id`, `row`).

    Args:
        files: safe names of our own -> contents; they are written to a folder of their own.
        main: which of them is opened.
        kind: geojson, csv, parquet or gdal.
        options: layer, crs, mapping and answers, where they were given.

    Raises:
        Unreadable: it can't be read.
        Question: something must be answered first.
    """
    with tempfile.TemporaryDirectory(prefix="clearway-reading-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        path = str(Path(folder) / main)
        answer = _ask({"kind": kind, "path": path, "seconds": SECONDS, **options})
    length = int.from_bytes(answer[:8], "big")
    try:
        header = orjson.loads(memoryview(answer)[8 : 8 + length])
        with pa.ipc.open_stream(pa.py_buffer(answer)[8 + length :]) as stream:
            table = stream.read_all()
    except (pa.ArrowInvalid, orjson.JSONDecodeError):
        raise Unreadable("reading it failed; it is damaged, or larger than a file may be") from None
    if "question" in header:
        raise Question(header["question"], header["message"], header["choices"])
    if "error" in header:
        raise Unreadable(f"it can't be read: {header['error']}")
    return header, table
