"""Reads over HTTP beside tipg: the same 100,000 hazards in PostGIS and in our stores, one worker each, in one run.

Every row is a kind of request, asked again and again by a few connections that stay open, from a process of its own. What
is counted is whole answers, uncompressed. We keep answers while nothing has changed, and the peer does not: boxes that
nobody asked for before are rows of their own. Prints answers per second, the ratio, bytes of an answer and memory.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from tests import postgis  # noqa: E402
from tests.benchmarks import _tipg  # noqa: E402
from tests.benchmarks.upload import hazards, resident  # noqa: E402

CACHE = ROOT / ".cache" / "bench"
WEST, SOUTH, EAST, NORTH = 46.0, 39.0, 47.17, 39.9
SIDE = 0.1
"""A box is this share of the area's width and height."""

GOALS = {"page of 1,000 in a box": 20.0, "page of 10": 5.0, "the 90th page of 1,000": 50.0}


def boxes(count: int, seed: int = 7) -> list[str]:
    """Return boxes of a tenth of the area's side."""
    rng = random.Random(seed)
    wide, high = (EAST - WEST) * SIDE, (NORTH - SOUTH) * SIDE
    found = []
    for _ in range(count):
        x, y = rng.uniform(WEST, EAST - wide), rng.uniform(SOUTH, NORTH - high)
        found.append(f"{x:.4f},{y:.4f},{x + wide:.4f},{y + high:.4f}")
    return found


async def _connection(port: int, paths: Sequence[str], until: float, tally: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    rng = random.Random(id(reader))
    while time.perf_counter() < until:
        path = rng.choice(paths)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/geo+json, */*;q=0.5\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise SystemExit(f"{path}: {head[:200].decode()}")
        if b"content-length:" in head:
            size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
        else:  # chunked
            size = 0
            while part := int((await reader.readline()).strip() or b"0", 16):
                await reader.readexactly(part + 2)
                size += part
            await reader.readline()
        tally[0] += 1
        tally[1] += size
    writer.close()


def _ask(port: int, paths: Sequence[str], seconds: float, connections: int, out: str) -> None:
    tally = [0, 0]

    async def run() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_connection(port, paths, until, tally) for _ in range(connections)))

    start = time.perf_counter()
    asyncio.run(run())
    Path(out).write_text(json.dumps([*tally, time.perf_counter() - start]))


def rate(port: int, paths: Sequence[str], seconds: float, connections: int = 4) -> tuple[float, float]:
    """Return answers per second and bytes per answer."""
    with tempfile.NamedTemporaryFile() as out:
        asker = multiprocessing.get_context("spawn").Process(
            target=_ask, args=(port, paths, seconds, connections, out.name)
        )
        asker.start()
        asker.join()
        if asker.exitcode:
            raise SystemExit("a request failed")
        count, size, took = json.loads(Path(out.name).read_text())
    return count / took, size / max(count, 1)


def requests(collection: str, boxes_: Sequence[str], last: Sequence[str]) -> dict[str, list[str]]:
    """Return the paths of each kind of request."""
    items = f"/collections/{collection}/items"
    return {
        "page of 10": [f"{items}?limit=10"],
        "page of 10 in a box": [f"{items}?limit=10&bbox={box}" for box in boxes_],
        "page of 10 in a new box": [f"{items}?limit=10&bbox={box}" for box in boxes(30_000, seed=8)],
        "page of 1,000": [f"{items}?limit=1000"],
        "page of 1,000 in a box": [f"{items}?limit=1000&bbox={box}" for box in boxes_],
        "page of 1,000 in a new box": [f"{items}?limit=1000&bbox={box}" for box in boxes(8_000, seed=9)],
        "limit=1 with a box around all": [f"{items}?limit=1&bbox={WEST - 1},{SOUTH - 1},{EAST + 1},{NORTH + 1}"],
        "the 90th page of 1,000": list(last),
    }


def ninetieth(port: int) -> str:
    """Follow our pages of 1,000 to the 90th, as a client does, and return its path."""
    import urllib.request

    address = f"http://127.0.0.1:{port}/collections/hazards/items?limit=1000"
    for _ in range(89):
        with urllib.request.urlopen(address, timeout=60) as answer:
            links = json.loads(answer.read())["links"]
        address = next(one["href"] for one in links if one["rel"] == "next")
    return address.partition(f":{port}")[2]


def ours(name: str, arguments: Sequence[str], seconds: float, boxes_: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Serve a store of ours with one worker and return its rates; prints its start and memory."""
    port = _tipg.free_port()
    clearway = str(Path(sys.executable).with_name("clearway"))
    start = time.perf_counter()
    process = subprocess.Popen(
        [clearway, "serve", "--port", str(port), *arguments],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        _tipg.ready(port, "/collections/hazards/items?limit=1", process)
        up = time.perf_counter() - start
        paths = requests("hazards", boxes_, [ninetieth(port)])
        found = {kind: rate(port, some, seconds) for kind, some in paths.items()}
        print(f"  {name}: up after {up:.1f} s, {resident(process.pid) / 2**20:,.0f} MiB")
    finally:
        process.terminate()
        process.wait()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each kind of request is asked")
    given = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    places = boxes(40)
    clearway = str(Path(sys.executable).with_name("clearway"))
    with tempfile.TemporaryDirectory(prefix="clearway-serve-") as folder, postgis.server() as server:
        file, store = Path(folder) / "hazards.gpkg", Path(folder) / "store"
        hazards(given.hazards).to_file(file, layer="hazards")
        copy = ["ogr2ogr", "-f", "PostgreSQL", server.ogr, str(file), "-nln", "hazards", "-nlt", "PROMOTE_TO_MULTI"]
        subprocess.run(copy, check=True)
        server.run("ANALYZE hazards")
        load = [clearway, "load", "hazards", str(file)]
        subprocess.run([*load, "--data", str(store)], check=True, stdout=subprocess.DEVNULL)
        server.run("CREATE DATABASE ours")
        database = server.url.rpartition("/")[0] + "/ours"
        subprocess.run([*load, "--database", database], check=True, stdout=subprocess.DEVNULL)
        with _tipg.serving(server.url, CACHE) as (port, pid):
            collection = "public.hazards"
            last = [f"/collections/{collection}/items?limit=1000&offset=89000"]
            paths = requests(collection, places, last)
            theirs = {kind: rate(port, some, given.seconds) for kind, some in paths.items()}
            print(f"  tipg: {resident(pid) / 2**20:,.0f} MiB, without the database")
        mine = {
            "SQLite": ours("Clearway on SQLite", ["--data", str(store)], given.seconds, places),
            "PostGIS": ours("Clearway on PostGIS", ["--database", database], given.seconds, places),
        }
    print(f"{given.hazards:,} hazards of 30 vertices, one worker each, uncompressed; answers per second (kB each)")
    print(f"  {'':32} {'tipg + PostGIS':>20}" + "".join(f"{name:>20}{'ratio':>8}" for name in mine))
    for kind, (peer, size) in theirs.items():
        row = f"  {kind:32} {peer:10.1f} ({size / 1e3:6.0f})"
        for found in mine.values():
            row += f" {found[kind][0]:10.1f} ({found[kind][1] / 1e3:6.0f})" + f"{found[kind][0] / peer:7.1f}x"
        goal = GOALS.get(kind)
        print(row + (f"  goal {goal:.0f}x" if goal else ""))


if __name__ == "__main__":
    main()
