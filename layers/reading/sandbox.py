"""A stranger's file is read by a child process with nothing to reach: no other driver, no writing, bounded work."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from layers.reading.drivers import ALLOWED
from layers.reading.questions import Question, Unreadable

MEMORY = 6 * 2**30
"""Bytes of address space that the child may use."""

SECONDS = 120
"""Seconds of CPU, and twice as many by the clock, that a file may take."""


def _environment(skip: str) -> dict[str, str]:
    """Return the whole environment of the child; nothing of the parent's comes through."""
    return {
        "GDAL_SKIP": skip,
        "OGR_SKIP": skip,
        "GDAL_DRIVER_PATH": "disable",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_TIMEOUT": "1",
        "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
        "TZ": "UTC",
    }


def _ask(request: dict[str, object], skip: str, folder: str) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "layers.reading.cage"],
            input=json.dumps(request).encode() + b"\n",
            capture_output=True,
            timeout=2 * SECONDS,
            env=_environment(skip),
            cwd=folder,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("it took too long to read; send it in smaller parts") from None
    if done.returncode:
        raise Unreadable("reading it failed; it is damaged, or larger than a file may be")
    return done.stdout


@functools.cache
def _skipped() -> str:
    """Return the drivers that a file must not reach, as GDAL wants them named."""
    with tempfile.TemporaryDirectory() as folder:
        known = json.loads(_ask({"kind": "drivers", "memory": MEMORY, "seconds": SECONDS}, "", folder))
    return ",".join(one for one in known if one not in ALLOWED)


def read_caged(
    files: Mapping[str, bytes], main: str, kind: str, options: Mapping[str, object]
) -> tuple[dict[str, object], pa.Table]:
    """Read a file in the cage; return what it says of itself and its rows (`attributes` as JSON, `wkb`, `id`).

    Args:
        files: safe names of our own -> contents; they are written to a folder of their own.
        main: which of them is opened.
        kind: geojson, csv or gdal.
        options: layer, encoding and mapping, where they were given.

    Raises:
        Unreadable: it can't be read.
        Question: something must be answered first.
    """
    with tempfile.TemporaryDirectory(prefix="clearway-reading-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        path = str(Path(folder) / main)
        request = {"kind": kind, "path": path, "memory": MEMORY, "seconds": SECONDS, **options}
        answer = _ask(request, _skipped() if kind == "gdal" else "", folder)
    try:
        with pa.ipc.open_stream(answer) as stream:
            table = stream.read_all()
    except pa.ArrowInvalid:
        raise Unreadable("reading it failed; it is damaged") from None
    header = json.loads(table.schema.metadata[b"header"])
    if "question" in header:
        raise Question(header["question"], header["message"], header["choices"])
    if "error" in header:
        raise Unreadable(f"it can't be read: {header['error']}")
    return header, table
