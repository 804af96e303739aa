"""The overview map beside Folium with GeoJSON: 100,000 hazards on ours, 10,000 and 1,000 of the same ones in a Folium page.

Each page is opened in a Chromium of its own. First picture: from asking for the page to the map drawn (ours: every tile
painted; Folium: two frames after its load event). Worst frame: the longest pause between two frames while the map is
pushed for three seconds. Then ours is asked, zoom by zoom, how many hazards it shows, beside how many are stored there.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import _tipg  # noqa: E402
from upload import hazards  # noqa: E402

from geo_service.maps.figure import OfflineFigure, OfflineMap  # noqa: E402
from tests.clients.browser import browsing  # noqa: E402

FRAMES = """async () => {
    const map = %s;
    let worst = 0, last = performance.now(), end = last + 3000;
    while (last < end) {
        map.panBy([12, 7], { animate: false });
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        worst = Math.max(worst, now - last);
        last = now;
    }
    return worst;
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
OUR_MAP = "window.clearway.map"
SHOWN = """() => {
    const all = window.clearway.first().tiles.inView(["hazards"]).records;
    const b = window.clearway.map.getBounds();
    return [window.clearway.first().tiles.hazards(), all.map((one) => one.properties.id).filter(Boolean),
            [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]];
}"""


def folium_page(records: gpd.GeoDataFrame, path: Path) -> str:
    """Write a page of Folium with the records as GeoJSON; return the name of its map."""
    figure = OfflineFigure("embedded")
    west, south, east, north = records.total_bounds.tolist()
    drawn = OfflineMap(tiles=None, prefer_canvas=True, height="100%")
    drawn.fit_bounds([[south, west], [north, east]])
    colours = {"CHA": "#FF0000", "SHA": "#F4A718"}
    folium.GeoJson(
        records,
        style_function=lambda one: {"color": "#C00000", "fillColor": colours[one["properties"]["classification"]]},
    ).add_to(drawn)
    figure.add_child(drawn)
    path.write_text(figure.render(), encoding="utf-8")
    return str(drawn.get_name())


def fetched(address: str) -> bytes:
    """Return what an address of this machine answers."""
    with urllib.request.urlopen(address, timeout=600) as answer:  # noqa: S310 - an address made here
        return bytes(answer.read())


def up(base: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the balance of all records is worked out, which happens once.

    Raises:
        SystemExit: the server ended.
    """
    while server.poll() is None:
        try:
            fetched(f"{base}/maps/figures")
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the server ended")


def heap(page: Any) -> float:
    """Return the memory that the page's scripts hold (MB)."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 1e6


def measured(address: str, map_name: str, ready: str | None) -> tuple[float, float, float]:
    """Open a page; return seconds to its first picture, its worst frame (ms) and its memory (MB)."""
    with browsing() as opened:
        page, _ = opened("about:blank", None, 1440, 900)
        start = time.perf_counter()
        page.goto(address, timeout=300_000)
        while ready and not page.evaluate(ready):
            page.wait_for_timeout(5)
        page.evaluate(TWO_FRAMES)
        first = time.perf_counter() - start
        return first, page.evaluate(FRAMES % map_name), heap(page)


def drawn(address: str, records: gpd.GeoDataFrame) -> None:
    """Print zoom by zoom how many hazards our page shows, and how many of those stored in view it lacks."""
    with browsing() as opened:
        page, _ = opened(address, None, 1440, 900)
        for zoom in (6, 7, 8, 9, 10, 11, 12, 13, 14, 15):
            while not page.evaluate("window.clearway.ready"):
                page.wait_for_timeout(20)
            page.evaluate(f"{OUR_MAP}.setView([39.45, 46.585], {zoom}, {{ animate: false }})")
            page.wait_for_timeout(300)
            while page.evaluate("window.clearway.loading()"):
                page.wait_for_timeout(20)
            shown, ids, view = page.evaluate(SHOWN)
            inside = records["id"][shapely.intersects(records.geometry.to_numpy(), shapely.box(*view))]
            if ids:
                print(
                    f"  zoom {zoom:2}: {len(ids):7,} drawn in view, {len(set(inside) - set(ids))} of {len(inside):,} lacking"
                )
            else:
                print(
                    f"  zoom {zoom:2}: {shown:7,} counted in cells, {len(records):,} stored, {len(inside):,} of them in view"
                )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    given = parser.parse_args()
    records = hazards(given.hazards)
    clearway = str(Path(sys.executable).with_name("clearway"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    rows = []
    with tempfile.TemporaryDirectory(prefix="clearway-map-") as folder:
        file, store, port = Path(folder) / "hazards.gpkg", Path(folder) / "store", _tipg.free_port()
        records.to_file(file, layer="hazards")
        command = [clearway, "load", "hazards", str(file), "--data", str(store)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        command = [clearway, "serve", "--port", str(port), "--data", str(store)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        try:
            base = f"http://127.0.0.1:{port}"
            up(base, server)
            size = len(fetched(f"{base}/?f=html"))
            for name in ("first time", "again"):
                ready = "Boolean(window.clearway && window.clearway.ready)"
                rows.append((f"Clearway, {given.hazards:,}, {name}", size, *measured(f"{base}/", OUR_MAP, ready)))
            near = measured(f"{base}/?zoom=12&centre=39.45,46.585", OUR_MAP, ready)
            rows.append((f"Clearway, {given.hazards:,}, polygons", size, *near))
            drawn(f"{base}/", records)
        finally:
            server.terminate()
            server.wait()
        for count in (1_000, 10_000):
            path = Path(folder) / f"folium-{count}.html"
            name = folium_page(records.iloc[:count], path)
            rows.append((f"Folium, GeoJSON of {count:,}", path.stat().st_size, *measured(path.as_uri(), name, None)))
    print(f"  {'':36} {'HTML':>12} {'first picture':>14} {'worst frame':>12} {'memory':>9}")
    for name, size, first, worst, memory in rows:
        print(f"  {name:36} {size / 1e3:9,.1f} kB {first:12.2f} s {worst:9.0f} ms {memory:6.0f} MB")
    peer = rows[-1]
    print(f"  bytes: 1/{peer[1] / rows[0][1]:,.0f} of {peer[0]} (goal 1/1,000)")
    for name, _, first, worst, _ in rows[:3]:
        print(
            f"  {name}: first picture {first / peer[2]:.2f} of its time (goal 1), worst frame {worst:.0f} ms (goal 250)"
        )


if __name__ == "__main__":
    main()
