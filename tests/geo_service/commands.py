"""The command as a user types it: in this process, or in one of its own where the process is what a test is about."""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from geo_service.cli import main

CLEARWAY = Path(sys.executable).parent / "clearway"
WIDE = {"COLUMNS": "200"}


def in_process(arguments: Sequence[object], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command's `main` here with what it is told, its environment and its streams; answers as a process does.

    Whatever `main` leaves in the process - the environment, the collector of garbage - is put back.
    """
    line = ["clearway", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    code = 0
    with pytest.MonkeyPatch.context() as here, _as_it_was():
        here.setattr(sys, "argv", line)
        os.environ |= {**WIDE, **environment}
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    said = [one.buffer.getvalue().decode() for one in (out, err)]
    return subprocess.CompletedProcess(line, code, *said)


def as_process(arguments: Sequence[object], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    return subprocess.run(
        [CLEARWAY, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **WIDE, **environment},
    )


@contextmanager
def _as_it_was() -> Iterator[None]:
    collecting, environment = gc.isenabled(), dict(os.environ)
    try:
        yield
    finally:
        (gc.enable if collecting else gc.disable)()
        os.environ.clear()
        os.environ |= environment
