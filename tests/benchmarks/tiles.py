"""Vector tiles over HTTP beside tipg: the same 100,000 hazards, one worker each, in one run.

Cold: a few connections ask for distinct tiles, and ours keeps none (the peer never does). Warm: the same tiles from a
process that has made them, beside a bare Starlette application handing out the same bytes from memory. Prints tiles per
second, the ratios, and the features of a tile: the peer cuts at 10,000 in silence, ours never does, and below zoom 10 it
serves cells in which every hazard counts.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import _tipg  # noqa: E402
from serve import CACHE, rate  # noqa: E402
from upload import hazards, resident  # noqa: E402

from tests import postgis  # noqa: E402

WEST, SOUTH, EAST, NORTH = 46.0, 39.0, 47.17, 39.9
GOALS = {8: 4.0, 9: 4.0, 10: 4.0, 11: 1.3, 12: 1.3, 13: 1.3, 14: 1.3}
MOST = 60
"""Distinct tiles of a zoom."""

OURS = """
import os, sys
import uvicorn
from geo_service.access import recall
from geo_service.serving import application
from geo_service.tiles.build import Tiles
app = application()
vars(app.state.service)["tiles"] = Tiles(int(sys.argv[2]))
if sys.argv[2] == "0":
    recall.MOST_OF_ONE = -1  # cold: no answer is given again either
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
"""

BARE = """
import json, sys, urllib.request
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
base, paths = sys.argv[2], json.loads(open(sys.argv[3]).read())
bodies = {path: urllib.request.urlopen(base + path).read() for path in paths}
async def tile(request):
    return Response(bodies[request.url.path], media_type="application/vnd.mapbox-vector-tile")
app = Starlette(routes=[Route("/{rest:path}", tile)])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
"""


def places(zoom: int) -> list[tuple[int, int]]:
    """Return (row, column) of tiles in the area, at most `MOST`."""
    import math

    def at(longitude: float, latitude: float) -> tuple[int, int]:
        n = 2**zoom
        return int((0.5 - math.asinh(math.tan(math.radians(latitude))) / math.tau) * n), int(
            (longitude / 360 + 0.5) * n
        )

    (top, left), (bottom, right) = at(WEST, NORTH), at(EAST, SOUTH)
    if zoom >= 12:  # those on the border may be empty
        top, left, bottom, right = top + 1, left + 1, bottom - 1, right - 1
    every = [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    return random.Random(zoom).sample(every, min(MOST, len(every)))


def features(address: str) -> int:
    """Return how many features a tile has."""
    with urllib.request.urlopen(address, timeout=120) as answer:
        body = answer.read()
    return sum(1 for _, layer in _fields(body) for number, _ in _fields(layer) if number == 2)


def _fields(data: bytes):
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        size = varint()
        if key & 7 == 2:
            yield key >> 3, data[at : at + size]
            at += size


def started(script: str, port: int, path: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a server of ours and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(port), *arguments],
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLEARWAY_LOCAL": "1", **environment},
        cwd=ROOT,
    )
    try:
        _tipg.ready(port, path, process)
    except BaseException:
        process.terminate()
        raise
    return process


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each zoom is asked")
    given = parser.parse_args()
    _tipg.PATIENCE_S = 300
    CACHE.mkdir(parents=True, exist_ok=True)
    clearway = str(Path(sys.executable).with_name("clearway"))
    tiles = {zoom: places(zoom) for zoom in GOALS}
    theirs, mine, warm, bare, counts = {}, {}, {}, {}, {}
    with tempfile.TemporaryDirectory(prefix="clearway-tiles-") as folder, postgis.server() as server:
        file, store = Path(folder) / "hazards.gpkg", Path(folder) / "store"
        hazards(given.hazards).to_file(file, layer="hazards")
        copy = ["ogr2ogr", "-f", "PostgreSQL", server.ogr, str(file), "-nln", "hazards", "-nlt", "PROMOTE_TO_MULTI"]
        subprocess.run(copy, check=True)
        server.run("ANALYZE hazards")
        load = [clearway, "load", "hazards", str(file), "--data", str(store)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL, env=environment)
        with _tipg.serving(server.url, CACHE) as (port, _):
            home = "/collections/public.hazards/tiles/WebMercatorQuad"
            for zoom, some in tiles.items():
                paths = [f"{home}/{zoom}/{column}/{row}" for row, column in some]
                theirs[zoom] = rate(port, paths, given.seconds)
                print(f"  tipg, zoom {zoom}: {theirs[zoom][0]:.1f} tiles/s", flush=True)
                counts[zoom] = [max(features(f"http://127.0.0.1:{port}{path}") for path in paths[:12])]
        home = "/collections/hazards/tiles/WebMercatorQuad"
        first = f"{home}/12/1576/2571"
        paths = {zoom: [f"{home}/{zoom}/{row}/{column}" for row, column in some] for zoom, some in tiles.items()}
        for keeps, into in ((0, mine), (2**30, warm)):
            port = _tipg.free_port()
            process = started(OURS, port, "/healthz", str(keeps), CLEARWAY_DATA=str(store), CLEARWAY_DATABASE="")
            try:
                begun = time.perf_counter()
                urllib.request.urlopen(f"http://127.0.0.1:{port}{first}", timeout=300).read()
                print(f"  the first tile after the start: {time.perf_counter() - begun:.1f} s", flush=True)
                for zoom, some in paths.items():
                    for path in some:
                        if keeps or path == some[0]:
                            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120).read()
                    into[zoom] = rate(port, some, given.seconds)
                    print(f"  Clearway keeping {keeps:,} bytes, zoom {zoom}: {into[zoom][0]:.1f} tiles/s", flush=True)
                    if not keeps:
                        counts[zoom].append(max(features(f"http://127.0.0.1:{port}{path}") for path in some[:12]))
                print(f"  Clearway keeping {keeps:,} bytes of tiles: {resident(process.pid) / 2**20:,.0f} MiB")
                if keeps:
                    listed = Path(folder) / "paths.json"
                    listed.write_text(json.dumps([path for some in paths.values() for path in some]))
                    other = _tipg.free_port()
                    plain = started(BARE, other, paths[8][0], f"http://127.0.0.1:{port}", str(listed))
                    try:
                        bare = {zoom: rate(other, some, given.seconds) for zoom, some in paths.items()}
                    finally:
                        plain.terminate()
                        plain.wait()
            finally:
                process.terminate()
                process.wait()
    print(f"{given.hazards:,} hazards of 30 vertices, one worker each, uncompressed; tiles per second (kB each)")
    print(
        f"  {'zoom':>4} {'tipg + PostGIS':>18} {'cold':>18} {'ratio':>7} {'goal':>5} {'warm':>18} {'ratio':>7}", end=""
    )
    print(f" {'bare':>8} {'share':>6}   most features: tipg, ours")
    for zoom, goal in GOALS.items():
        peer, cold, held, plain_rate = theirs[zoom], mine[zoom], warm[zoom], bare[zoom][0]
        row = [f"{one[0]:9.1f} ({one[1] / 1e3:6.0f})" for one in (peer, cold, held)]
        print(
            f"  {zoom:>4} {row[0]} {row[1]} {cold[0] / peer[0]:6.1f}x {goal:4.1f}x {row[2]} {held[0] / peer[0]:6.1f}x",
            end="",
        )
        print(f" {plain_rate:8.0f} {held[0] / plain_rate:6.2f}   {counts[zoom][0]:,}, {counts[zoom][1]:,}")


if __name__ == "__main__":
    main()
