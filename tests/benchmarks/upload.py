"""A checked upload beside an unchecked one: `clearway load` and ogr2ogr into PostGIS, the same file in one run.

Work: polygons of 30 vertices from a GeoPackage on the disk to a committed store. Ours judges every row, lists what a
person must look at, seals the changeset with its hash and approves it; ogr2ogr copies the rows and builds an index.
Prints seconds, the peak memory of each with all its processes, and the ratio.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from tests import postgis  # noqa: E402

GOAL = 3.0
"""How many times the peer's time a checked upload may take."""

PAGE = os.sysconf("SC_PAGE_SIZE")


def hazards(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return hazards of 30 vertices over 10,000 km2, overlapping as records do."""
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    reach = 0.012 * np.sqrt(1_000 / count) * rng.uniform(0.4, 1.6, (count, 1)) * rng.uniform(0.5, 1, (count, 30))
    x, y = 46 + rng.uniform(0, 1.17, (count, 1)), 39 + rng.uniform(0, 0.9, (count, 1))
    polygons = shapely.polygons(np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=2))
    bad = ~shapely.is_valid(polygons)
    polygons[bad] = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    values = {
        "id": [f"H{k:07}" for k in range(count)],
        "classification": rng.choice(["SHA", "CHA"], count),
        "opened_on": "2010-01-01",
        "note": [f"report {k}" for k in range(count)],
    }
    return gpd.GeoDataFrame(values, geometry=polygons, crs=4326)


def resident(session: int) -> int:
    """Return the bytes of memory that the processes of a session hold now."""
    held = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            held += int(fields[21]) * PAGE
    return held


def measured(command: list[str]) -> tuple[float, int]:
    """Run a command; return its seconds, and the peak of its memory with all its children in bytes."""
    start, peak, done = time.perf_counter(), 0, threading.Event()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"{command[0]} ended with {code}")
    return seconds, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=1, help="the best of so many runs counts, for both")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clearway-upload-") as folder, postgis.server() as server:
        file = Path(folder) / "hazards.gpkg"
        hazards(given.hazards).to_file(file, layer="hazards")
        clearway = str(Path(sys.executable).with_name("clearway"))
        mine = [
            measured([clearway, "load", "hazards", str(file), "--data", str(Path(folder) / f"store{k}")])
            for k in range(given.runs)
        ]
        copy = ["ogr2ogr", "-f", "PostgreSQL", server.ogr, str(file), "-overwrite", "-nln", "hazards"]  # fmt: skip
        theirs = [measured(copy) for _ in range(given.runs)]
        kept = int(server.run("SELECT COUNT(*) FROM hazards"))
        assert kept == given.hazards
    (seconds, memory), (peer, peer_memory) = min(mine), min(theirs)
    rate = given.hazards / seconds
    print(f"{given.hazards:,} polygons of 30 vertices, from a GeoPackage to a committed store")
    print(f"  Clearway, checked and approved   {seconds:8.2f} s   {memory / 2**20:8,.0f} MiB   {rate:,.0f} rows/s")
    print(f"  ogr2ogr into PostGIS, unchecked  {peer:8.2f} s   {peer_memory / 2**20:8,.0f} MiB (without the server)")
    print(f"  ratio {seconds / peer:.1f} (goal: not over {GOAL:.0f})")


if __name__ == "__main__":
    main()
