"""The cage of rasters: `python -I`, an environment made for it, no driver but those allowed, limits it can't lift.

One file is made ready by a process of its own, which ends with it. Which drivers are skipped stands in the environment
that it is started with; it looks itself whether that worked, before it opens anything.
"""

import importlib
import json
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from layers.isolation import unplug
from layers.rasters.kinds import ALLOWED, Kind, Limits, Wish


def main() -> None:
    """Make one raster ready as the request on standard input says, and answer on standard output."""
    request = json.loads(sys.stdin.buffer.read())
    memory, seconds = int(request["memory"]), int(request["seconds"])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(request["written"]), int(request["written"])))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(2 * seconds)
    unplug()
    answer = _answer(request)
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _answer(request: dict[str, object]) -> dict[str, object]:
    intake = importlib.import_module("layers.rasters.intake")  # not before the limits hold
    questions = importlib.import_module("layers.questions")
    rasterio = importlib.import_module("rasterio")
    with rasterio.Env(GDAL_CACHEMAX=64) as gdal:
        if set(gdal.drivers()) - set(ALLOWED):
            return {"error": "the reader is not caged as it must be; please report this"}
        files = [Path(str(one)) for one in request["files"]]  # type: ignore[attr-defined]
        wish = dict(request["wish"])  # type: ignore[call-overload]
        wish |= {"kind": Kind(wish["kind"]), "limits": Limits(**wish["limits"])}
        try:
            return {"facts": asdict(intake.prepare(files, Path(str(request["out"])), Wish(**wish)))}
        except questions.Question as question:
            return {"question": question.code, "message": question.message, "choices": question.choices}
        except (questions.Unreadable, importlib.import_module("layers.terrain.files").NoTerrain) as error:
            return {"error": str(error)}
        except MemoryError:
            return {"error": "it needs more memory than a raster may use. Write it in tiles of 512 cells, or cut it."}
        except rasterio.errors.RasterioError:
            return {"error": f"{files[0].name}: it is damaged, or its cells can't be read. Write it anew."}
