"""Records into a GeoDataFrame: our client beside geopandas over `OAPIF:` from tipg, the same 100,000 hazards in one run.

Each reader is a process of its own, started anew, with one worker of its service at the other end; what is timed is
from the first request to the frame that holds every record, and its memory is that process's peak. The frames are
compared: same ids, same ground. Geopandas reads in pages as large as tipg gives (10,000), which is its best.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from tests import postgis  # noqa: E402
from tests.benchmarks import _tipg  # noqa: E402
from tests.benchmarks.upload import hazards  # noqa: E402

CACHE = ROOT / ".cache" / "bench"
CLEARWAY = (sys.executable, "-c", "from geo_service.cli import main; main()")
GOAL = 5.0

OURS = """
import sys, time
from geo_service.client import Clearway
with Clearway(sys.argv[1]) as cw:
    start = time.perf_counter()
    frame = cw.hazards()
    took = time.perf_counter() - start
"""
OURS_LOCAL = OURS.replace("Clearway(sys.argv[1])", "Clearway.open(sys.argv[1])")
THEIRS = """
import sys, time
import geopandas as gpd
start = time.perf_counter()
frame = gpd.read_file(f"OAPIF:{sys.argv[1]}", layer="public.hazards", PAGE_SIZE=sys.argv[2])
took = time.perf_counter() - start
"""
SAID = """
import hashlib, json, resource, shapely
frame = frame.sort_values("id", ignore_index=True)
print(json.dumps({"seconds": took, "rows": len(frame), "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "ids": hashlib.sha256("|".join(frame["id"]).encode()).hexdigest(), "area": float(shapely.area(frame.geometry).sum())}))
"""


def read(program: str, *arguments: str) -> dict[str, float]:
    """Return what a reader says of itself."""
    command = [sys.executable, "-c", program + SAID, *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  read {found['rows']:,} in {found['seconds']:.2f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3, help="how often each reads; the best counts")
    given = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="clearway-client-") as folder, postgis.server() as server:
        file, store = Path(folder) / "hazards.gpkg", Path(folder) / "store"
        hazards(given.hazards).to_file(file, layer="hazards")
        copy = ["ogr2ogr", "-f", "PostgreSQL", server.ogr, str(file), "-nln", "hazards", "-nlt", "PROMOTE_TO_MULTI"]
        subprocess.run(copy, check=True)
        server.run("ANALYZE hazards")
        ours = {**os.environ, "PYTHONPATH": str(ROOT)}
        load = [*CLEARWAY, "load", "hazards", str(file), "--data", str(store)]
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL, env=ours)
        with _tipg.serving(server.url, CACHE) as (port, _):
            address = f"http://127.0.0.1:{port}"
            every = [read(THEIRS, address, "10000") for _ in range(given.times)]
            found["geopandas over OAPIF from tipg"] = min(every, key=lambda one: one["seconds"])
        port = _tipg.free_port()
        serve = [*CLEARWAY, "serve", "--port", str(port), "--data", str(store)]
        process = subprocess.Popen(serve, start_new_session=True, stdout=subprocess.DEVNULL, env=ours)
        try:
            _tipg.ready(port, "/collections/hazards/items?limit=1", process, patience_s=300)
            time.sleep(1)
            every = [read(OURS, f"http://127.0.0.1:{port}") for _ in range(given.times)]
            found["the client"] = min(every, key=lambda one: one["seconds"])
            found["the client, first read"] = every[0]
        finally:
            process.terminate()
            process.wait()
        found["the client without a server"] = read(OURS_LOCAL, str(store))
    first = next(iter(found.values()))
    print(f"{given.hazards:,} hazards of 30 vertices into a GeoDataFrame, the best of {given.times}")
    print(f"  {'':34} {'seconds':>8} {'rows':>9} {'MiB':>7} {'ahead by':>9}")
    for name, one in found.items():
        assert (one["rows"], one["ids"]) == (first["rows"], first["ids"]), name
        assert abs(one["area"] / first["area"] - 1) < 1e-9, name
        ratio = first["seconds"] / one["seconds"]
        print(f"  {name:34} {one['seconds']:8.2f} {one['rows']:9,} {one['mib']:7,.0f} {ratio:8.1f}x")
    print(f"  goal {GOAL:.0f}x")


if __name__ == "__main__":
    main()
