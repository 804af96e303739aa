"""The balance beside its peers on the same data in one run; prints seconds, ratios and growth.

    ./scripts/bench coverage                        all parts
    ./scripts/bench coverage --part geopandas       one of geopandas, postgis, edit, dates, growth, real, dask
    ./scripts/bench coverage --scale 0.1            all sizes a tenth

Work: the m2 of each state in each of 20 districts, over 10,000 km2. A peer is given one date and no history, and its
answer is compared with ours to the square metre.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from layers import coverage, measure  # noqa: E402
from layers.coverage import working  # noqa: E402
from layers.coverage.arrangement import arranged, built  # noqa: E402
from tests import postgis  # noqa: E402

DAY = "2024-01-01"
STATES = ("cleared", "reduced", "CHA", "cancelled", "SHA")
"""From the strongest claim on ground to the weakest, for records like these: no release is older than its hazard, and a
cancellation answers no confirmed hazard."""


def polygons(rng: np.random.Generator, x, y, reach) -> np.ndarray:
    """Return polygons of 30 vertices around places, irregular as surveyed ones are."""
    count = len(x)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    out = reach[:, np.newaxis] * rng.uniform(0.5, 1, (count, 30))
    found = shapely.polygons(np.stack([x[:, None] + out * np.cos(turn), y[:, None] + out * np.sin(turn)], axis=2))
    bad = ~shapely.is_valid(found)
    found[bad] = shapely.make_valid(found[bad], method="structure", keep_collapsed=False)
    return found


def programme(count: int, seed: int = 1, *, spread: float = 1.0) -> dict[str, gpd.GeoDataFrame]:
    """Return hazards opened over 25 years, two in five of them released in part, and 20 districts.

    A hazard is 0.05 km2 whatever their number (those of western Bosnia average 0.12), so that 100,000 over 10,000 km2
    overlap heavily and 10,000 do not; `spread` makes the area as many times larger.
    """
    rng = np.random.default_rng(seed)
    wide, high = 1.17 * math.sqrt(spread), 0.9 * math.sqrt(spread)
    x, y = 46 + rng.uniform(0, wide, count), 39 + rng.uniform(0, high, count)
    reach = 0.0018 * rng.uniform(0.4, 1.6, count)
    opened = np.datetime64("1994-01-01") + rng.integers(0, 25 * 365, count)
    hazards = gpd.GeoDataFrame(
        {
            "id": [f"H{k:07}" for k in range(count)],
            "classification": rng.choice(["SHA", "CHA"], count),
            "devices": [["AP_mine"] if k else ["AV_mine", "UXO"] for k in rng.integers(0, 2, count)],
            "opened_on": opened.astype(str),
        },
        geometry=polygons(rng, x, y, reach),
        crs=4326,
    )
    done = np.sort(rng.choice(count, count * 2 // 5, replace=False))
    completed = np.datetime64("2019-06-01") + rng.integers(0, 4 * 365, len(done))
    releases = gpd.GeoDataFrame(
        {
            "id": [f"R{k:07}" for k in range(len(done))],
            "product": rng.choice(["cancelled", "reduced", "cleared"], len(done)),
            "completed_on": completed.astype(str),
            "qc_status": "not_required",
        },
        geometry=polygons(rng, x[done], y[done], reach[done]),
        crs=4326,
    )
    boxes = [
        shapely.box(46 + i * wide / 5, 39 + j * high / 4, 46 + (i + 1) * wide / 5, 39 + (j + 1) * high / 4)
        for i in range(5)
        for j in range(4)
    ]
    names = [f"District {k}" for k in range(20)]
    districts = gpd.GeoDataFrame({"id": [f"D{k:02}" for k in range(20)], "name": names}, geometry=boxes, crs=4326)
    return {"hazards": hazards, "releases": releases, "districts": districts}


def by_status(given: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return hazards and releases as one table of polygons with a status, as a peer takes them."""
    one = given["hazards"][["classification", "geometry"]].rename(columns={"classification": "status"})
    two = given["releases"][["product", "geometry"]].rename(columns={"product": "status"})
    return gpd.GeoDataFrame(pd.concat([one, two], ignore_index=True), crs=4326)


def arrange(given: dict[str, gpd.GeoDataFrame], **more) -> coverage.Arrangement:
    """Return our arrangement, with worker processes from the size at which they pay."""
    workers = working.workers_for(sum(map(len, given.values())))
    return coverage.arrange(given["hazards"], given["releases"], None, given["districts"], workers=workers, **more)


def ours(given: dict[str, gpd.GeoDataFrame]) -> dict[str, float]:
    """Return m2 by state inside the districts: every date is worked out, and one is asked for."""
    rows = arrange(given).partition(DAY)
    inside = rows[rows["district_id"] != ""]
    return {state: float(inside[state].sum()) for state in STATES}


def by_geopandas(given: dict[str, gpd.GeoDataFrame]) -> dict[str, float]:
    """Return m2 by state and district with geopandas: dissolve by status, take away what is stronger, overlay."""
    united = by_status(given).dissolve("status").reset_index()
    found, stronger = {}, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for state in STATES:
            zone = united[united["status"] == state]
            left = zone if stronger is None else zone.overlay(stronger, how="difference")
            parts = given["districts"].overlay(left[["geometry"]], how="intersection")
            found[state] = float(measure.areas(parts.geometry.to_numpy()).sum())
            both = [zone] if stronger is None else [zone, stronger]
            stronger = gpd.GeoDataFrame(geometry=[pd.concat(both).union_all()], crs=4326)
    return found


def timed(work: Callable, *given, runs: int = 3) -> tuple[float, object]:
    """Return the best seconds of some runs, and the answer."""
    best, answer = np.inf, None
    for _ in range(runs):
        start = time.perf_counter()
        answer = work(*given)
        best = min(best, time.perf_counter() - start)
    return best, answer


def line(name: str, seconds: float, more: str = "") -> None:
    """Print a row of the table."""
    print(f"  {name:58s} {seconds:10.4f} s   {more}", flush=True)


def off(mine: dict[str, float], theirs: dict[str, float]) -> str:
    """Return by how much two answers differ."""
    return f"largest difference {max(abs(mine[state] - theirs[state]) for state in STATES):.3f} m2"


def part_geopandas(scale: float) -> None:
    """Beside geopandas dissolve and overlay."""
    count = int(10_000 * scale)
    given = programme(count)
    print(f"\n{count:,} hazards and {len(given['releases']):,} releases by status and 20 districts")
    mine, here = timed(ours, given)
    arrangement = arrange(given)
    certificate, passed = timed(lambda: arrangement.partition(DAY).attrs["certificate"]["passed"], runs=1)
    peer, there = timed(by_geopandas, given)
    line("Clearway, arranged for every date, one asked", mine)
    line("its certificate, once per arrangement", certificate, f"passed: {passed}")
    line(
        "geopandas, dissolve and overlay, one date",
        peer,
        f"ratio {peer / mine:.1f}x (goal 8x, aim 15x), {off(here, there)}",
    )


PLAIN = """
WITH united AS (SELECT status, ST_Union(geom) AS geom FROM records GROUP BY status),
ranked AS (SELECT u.status, u.geom, (SELECT ST_Union(s.geom) FROM united s JOIN ranks b ON b.status = s.status
  WHERE b.rank < a.rank) AS stronger FROM united u JOIN ranks a ON a.status = u.status)
SELECT r.status, sum(ST_Area(ST_Intersection(d.geom,
  CASE WHEN r.stronger IS NULL THEN r.geom ELSE ST_Difference(r.geom, r.stronger) END)::geography))
FROM ranked r CROSS JOIN districts d GROUP BY r.status
"""

GRIDDED = """
WITH squares AS (SELECT d.id, g.i, g.j, ST_Intersection(d.geom, g.geom) AS geom
  FROM districts d CROSS JOIN LATERAL ST_SquareGrid(0.03125, d.geom) g WHERE ST_Intersects(d.geom, g.geom)),
parts AS (SELECT s.id, s.i, s.j, r.status, ST_Union(ST_Intersection(r.geom, s.geom)) AS geom
  FROM squares s JOIN records r ON ST_Intersects(r.geom, s.geom) GROUP BY s.id, s.i, s.j, r.status),
ranked AS (SELECT p.status, p.geom, (SELECT ST_Union(q.geom) FROM parts q JOIN ranks b ON b.status = q.status
  WHERE q.id = p.id AND q.i = p.i AND q.j = p.j AND b.rank < a.rank) AS stronger
  FROM parts p JOIN ranks a ON a.status = p.status)
SELECT status, sum(ST_Area(CASE WHEN stronger IS NULL THEN geom ELSE ST_Difference(geom, stronger) END::geography))
FROM ranked GROUP BY status
"""


def into_postgis(server: postgis.Server, given: dict[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Load records and districts, indexed and analysed, as a careful administrator would."""
    for name, frame in (("records", by_status(given)), ("districts", given["districts"])):
        file = folder / f"{name}.fgb"
        frame.to_file(file, driver="FlatGeobuf")
        options = [
            "-lco",
            "GEOMETRY_NAME=geom",
            "-nln",
            name,
            "-nlt",
            "PROMOTE_TO_MULTI",
            "--config",
            "PG_USE_COPY",
            "YES",
        ]
        subprocess.run(["ogr2ogr", "-f", "PostgreSQL", server.ogr, file, *options], check=True)
        server.run(f"ANALYZE {name}")
    ranks = ", ".join(f"('{state}', {place})" for place, state in enumerate(STATES))
    server.run(f"CREATE TABLE ranks AS SELECT * FROM (VALUES {ranks}) AS v (status, rank)")  # noqa: S608 - our own words


def part_postgis(scale: float) -> None:
    """Beside PostGIS: its plain union and its best form, by squares."""
    count = int(100_000 * scale)
    given = programme(count)
    print(f"\n{count:,} hazards and {len(given['releases']):,} releases by status and 20 districts")
    mine, here = timed(ours, given, runs=1)
    line("Clearway, arranged for every date, one asked", mine)
    settings = {"shared_buffers": "1GB", "work_mem": "256MB", "max_parallel_workers_per_gather": 2, "fsync": "off"}
    with postgis.server(**settings) as server, tempfile.TemporaryDirectory() as folder:
        into_postgis(server, given, Path(folder))
        for name, query, goal in (("by squares of 1/32 degree", GRIDDED, "ahead"), ("plain union", PLAIN, "5x")):
            start = time.perf_counter()
            answer = server.run(query)
            peer = time.perf_counter() - start
            there = {row.split("|")[0]: float(row.split("|")[1]) for row in answer.splitlines()}
            worst = max(abs(here[state] - there[state]) / here[state] for state in STATES)
            line(f"PostGIS, {name}, one date", peer, f"ratio {peer / mine:.1f}x (goal {goal}), off by {worst:.1e}")


def edited(arrangement: coverage.Arrangement, place: int) -> dict[str, gpd.GeoDataFrame]:
    """Return the hazards with one of them redrawn by a further version."""
    frame = arrangement.frame("hazards")
    new = frame.iloc[[place]].copy()
    new["geometry"] = [shapely.affinity.translate(new.geometry.iloc[0], 0.0003, 0.0002)]
    new["valid_from"] = pd.Timestamp("2023-01-01").as_unit("s")
    new["change"], new["row"] = "survey", len(frame)
    return {"hazards": gpd.GeoDataFrame(pd.concat([frame, new], ignore_index=True), crs=frame.crs)}


def part_edit(scale: float) -> None:
    """One changed polygon against rebuilding."""
    count = int(100_000 * scale)
    arrangement = arrange(programme(count))
    print(f"\none changed polygon of {count:,} hazards")
    arrangement.partition(DAY).attrs["certificate"]["passed"]
    moved, certified, last = [], [], arrangement
    for place in np.linspace(0, count - 1, 9).astype(int).tolist():
        frames = edited(last, place)
        start = time.perf_counter()
        last = last.extended(frames)
        rows = last.partition(DAY)
        moved.append(time.perf_counter() - start)
        rows.attrs["certificate"]["passed"]
        certified.append(time.perf_counter() - start)
    start = time.perf_counter()
    workers = working.workers_for(count)
    fresh = arranged(
        coverage.Arrangement,
        {name: last.frame(name) for name in ("hazards", "releases", "districts")},
        planar=False,
        size=last.size,
        workers=workers,
    )
    again = fresh.partition(DAY)
    rebuilt = time.perf_counter() - start
    again.attrs["certificate"]["passed"]
    proven = time.perf_counter() - start
    same = again.equals(rows) and again.attrs["total"] == rows.attrs["total"]
    line("the new balance after an edit (median of 9)", np.median(moved), f"equal to rebuilt, to the bit: {same}")
    line("rebuilding it", rebuilt, f"ratio {rebuilt / np.median(moved):.0f}x (goal 100x)")
    line("the new balance with its certificate", np.median(certified))
    line("rebuilding it with its certificate", proven, f"ratio {proven / np.median(certified):.0f}x")


def part_dates(scale: float) -> None:
    """Any date from a warm arrangement, and a timeline against single partitions."""
    count = int(100_000 * scale)
    arrangement = arrange(programme(count))
    print(f"\nany date, {count:,} hazards")
    seconds = [timed(arrangement.partition, f"{year}-07-01", runs=1)[0] for year in range(1994, 2024)]
    line("a partition (median of 30 dates)", np.median(seconds), f"worst {max(seconds):.4f} s (goal under 0.1 s)")
    count = int(10_000 * scale)
    small = arrange(programme(count))
    print(f"\n30 years by month, {count:,} hazards")
    small.partition(DAY)
    dates = sorted(set(small.timeline("1994-01-01", "2023-12-31", "month")["date"]))
    mine, _ = timed(small.timeline, "1994-01-01", "2023-12-31", "month", runs=7)
    warm, _ = timed(lambda: [small.partition(date) for date in dates], runs=1)
    peer, _ = timed(by_geopandas, programme(count), runs=1)
    line(f"the timeline of {len(dates)} dates", mine)
    line(f"{len(dates)} partitions of the same arrangement", warm, f"ratio {warm / mine:.0f}x")
    line(
        f"{len(dates)} single partitions by overlay (one was timed)",
        peer * len(dates),
        f"ratio {peer * len(dates) / mine:,.0f}x (goal 1,000x)",
    )


def part_growth(scale: float) -> None:
    """How time and memory grow, each size in a process of its own."""
    print("\ngrowth: the area grows with the records, 10 hazards and 4 releases per 10 km2")
    found = []
    for count in (1_000, 10_000, 100_000, 1_000_000):
        size = int(count * scale)
        command = [sys.executable, __file__, "--grow", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        seconds, certificate, date, memory = map(float, done[:4])
        found.append((size, seconds, memory))
        line(f"{size:,} hazards, arranged", seconds, f"{memory / 1024:,.2f} GB at most, all processes added up")
        line("  a date; the certificate", date, f"{certificate:.2f} s; passed: {done[4]}")
    (a, s, m), (b, t, n) = found[1], found[-1]
    print(
        f"  from {a:,} to {b:,}: time grows with the power {math.log(t / s) / math.log(b / a):.2f} of the records, ",
        end="",
    )
    print(f"memory with {math.log(n / m) / math.log(b / a):.2f}")


def grow(count: int) -> None:
    """Print seconds and peak memory (MB) of one size."""
    given = programme(count, spread=count / 10_000)
    start = time.perf_counter()
    arrangement = arrange(given)
    seconds = time.perf_counter() - start
    date, rows = timed(arrangement.partition, DAY, runs=3)
    certificate, passed = timed(lambda: rows.attrs["certificate"]["passed"], runs=1)
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    # The largest child counts for each of them.
    memory = (usage[0] + usage[1] * (os.cpu_count() or 1)) / 1024
    print(seconds, certificate, date, memory, passed)


def part_real(_: float) -> None:
    """The real coasts and islands of data/scale."""
    shared = Path(os.environ.get("CLEARWAY_SHARED", ROOT.parent / "shared"))
    file = shared / "data" / "scale" / "gshhg_f_scandinavia.fgb"
    if not file.exists():
        print("\nreal polygons: set CLEARWAY_SHARED to the folder of real files")
        return
    shapes = gpd.read_file(file).geometry.to_numpy()
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    ids = [f"H{k:05}" for k in range(len(shapes))]
    columns = {"id": ids, "classification": "SHA", "opened_on": "2010-01-01"}
    records = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
    print(
        f"\nreal coasts and islands: {len(shapes):,} polygons, {shapely.get_num_coordinates(shapes).sum():,} vertices"
    )
    workers = working.workers_for(len(shapes))
    seconds, arrangement = timed(lambda: coverage.arrange(records, workers=workers), runs=1)
    certificate, passed = timed(lambda: arrangement.partition(DAY).attrs["certificate"]["passed"], runs=1)
    line("arranged", seconds)
    line("its certificate", certificate, f"passed: {passed}")


def part_dask(scale: float) -> None:
    """A Dask cluster of worker processes beside the embedded engine, one worker lost on the way."""
    import signal

    from distributed import Client, LocalCluster

    from layers.coverage.cluster import dask_workers

    count = int(1_000_000 * scale)
    given = programme(count, spread=count / 10_000)
    print(f"\nDask and embedded, {count:,} hazards and {len(given['releases']):,} releases")
    seconds, embedded = timed(lambda: arrange(given), runs=1)
    line("embedded", seconds)
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        pids, lost = client.run(os.getpid), []

        def lose_one(done: int, total: int) -> None:
            if done * 2 >= total and not lost:
                lost.append(next(iter(pids.values())))
                os.kill(lost[0], signal.SIGKILL)

        workers = dask_workers(client, Path(folder))
        bare = embedded
        seconds, by_dask = timed(lambda: built(bare, workers=workers, progress=lose_one), runs=1)
    equal = all(embedded.partition(day).equals(by_dask.partition(day)) for day in ("2000-01-01", "2020-01-01", DAY))
    total = embedded.partition(DAY).attrs["total"] == by_dask.partition(DAY).attrs["total"]
    line("Dask, GeoParquet by cells, a worker killed halfway", seconds, f"equal figures: {equal and total}")


PARTS = {
    "geopandas": part_geopandas,
    "postgis": part_postgis,
    "edit": part_edit,
    "dates": part_dates,
    "real": part_real,
    "growth": part_growth,
    "dask": part_dask,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes")
    parser.add_argument("--grow", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.grow:
        grow(given.grow)
        return
    for name in given.part or PARTS:
        PARTS[name](given.scale)


if __name__ == "__main__":
    main()
