"""Has numba compile what the service and its tests need: once, while the checks run, before two test processes do it.

What is compiled lies beside the modules, and is used by every process that comes after.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from shapely.geometry import shape

from geo_service.app import create_app
from geo_service.cli import main
from geo_service.store import open_store

ASKED = [
    *(f"/collections/hazards/tiles/WebMercatorQuad/{place}" for place in ("5/12/20", "12/1566/2573", "13/3132/5146")),
    *(f"/coverage/tiles/WebMercatorQuad/{place}" for place in ("5/12/20", "12/1566/2573")),
    *(f"/maps/ways/{place}" for place in ("8/97/160", "12/1566/2573")),
    "/collections/settlements/tiles/WebMercatorQuad/12/1566/2573",
    "/access",
    "/returning",
]


def compile_all(folder: Path) -> None:
    """Ask a demonstration for what is worked out by compiled code."""
    sys.argv = ["clearway", "demo", "--data", str(folder)]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    here = ("127.0.0.1", 50_000)
    with open_store(folder) as log, TestClient(create_app(log, local=True), "http://127.0.0.1", client=here) as client:
        for path in ASKED:
            _answered(client.get(path))
        homes = _answered(client.get("/collections/settlements/items", params={"limit": 3}))["features"]
        ends = [shape(one["geometry"]).representative_point().coords[0] for one in homes]
        _answered(client.post("/routes", json={"from": ends[0], "to": ends[-1]}))
        _answered(client.post("/priorities", json={"teams": 2, "rate_m2": 500}))


def _answered(answer: Response) -> Any:
    if answer.is_error:
        raise SystemExit(f"{answer.request.url}: {answer.text[:300]}")
    return answer.json() if "json" in answer.headers.get("content-type", "") else None


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="clearway-compiled-") as made:
        compile_all(Path(made) / "data")
