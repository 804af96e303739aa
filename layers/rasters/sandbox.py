"""A stranger's raster is made ready by a child process with nothing to reach: no other driver, bounded work."""

import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from layers.questions import Question, Unreadable
from layers.rasters.kinds import ALLOWED, Facts, Wish, facts_of

MEMORY = 4 * 2**30
"""Bytes of address space that the child may use."""

SECONDS = 600
"""Seconds of CPU, and twice as many by the clock, that a raster may take."""

_ROOT = str(Path(__file__).parents[2])
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from layers.rasters.cage import main; main()"

_one_at_a_time = threading.Lock()
"""A process makes one raster ready at a time: each takes as much memory as a worker has."""


def prepared(files: Sequence[Path], out: Path, wish: Wish) -> Facts:
    """Make files ready to be kept as one raster, in the cage; see `layers.rasters.intake.prepare`.

    Raises:
        Unreadable: they can't be read or used; the message says what to do.
        Question: something must be answered first.
    """
    request = {
        "files": [str(one.absolute()) for one in files],  # the cage stands in another folder
        "out": str(out),
        "wish": asdict(wish),
        "memory": MEMORY,
        "seconds": SECONDS,
        "written": 2 * wish.limits.bytes + 2**26,
    }
    with _one_at_a_time:
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-I", "-c", _BOOT, _ROOT],
                input=json.dumps(request).encode(),
                capture_output=True,
                env=_environment(),
                cwd="/",
                timeout=2 * SECONDS + 30,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unreadable("it took too long to read; cut it to the area, or write coarser cells") from None
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Unreadable("reading it failed; it is damaged, or takes more memory or time than a raster may") from None
    if "question" in answer:
        raise Question(answer["question"], answer["message"], answer["choices"])
    if "error" in answer:
        raise Unreadable(answer["error"])
    return facts_of(answer["facts"])


@functools.lru_cache(maxsize=1)
def _foreign() -> str:
    """Return the names of all drivers that the child must not have."""
    import rasterio  # noqa: PLC0415 - only who takes rasters in needs it

    with rasterio.Env() as gdal:
        return ",".join(name for name in gdal.drivers() if name not in ALLOWED)


def _environment() -> dict[str, str]:
    """Return the whole environment of the child; nothing of the parent's comes through."""
    return {
        "GDAL_SKIP": _foreign(),
        "OGR_SKIP": _foreign(),
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_HTTP_TIMEOUT": "1",
        "PROJ_NETWORK": "OFF",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
        "TZ": "UTC",
    }
