"""An archive of vector tiles of 100,000 hazards by command, read back: every hazard at every zoom, beside ogr2ogr.

Work: `clearway export hazards.pmtiles` from a store on the disk, then each tile decoded by the words of the
specification and nothing of the code that wrote it. Below zoom 10 the counts of the cells are summed, above each `id`
is looked for. Prints seconds, the peak memory with all processes, the size, and a row per zoom. The peer is GDAL's MVT
driver as it comes, on the same polygons: how many of them are left at each zoom is counted alike.
"""

import argparse
import gzip
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from pmtiles.reader import MmapSource, all_tiles  # noqa: E402

from tests.benchmarks.upload import hazards, measured  # noqa: E402
from tests.geo_service.tiles.decoder import fields, numbers, value_of  # noqa: E402

WHOLE_FROM = 10
"""The zoom from which each hazard is drawn; below, cells count them."""


def properties(body: bytes, layer: str) -> Iterator[dict[str, object]]:
    """Go through the properties of the features of a layer in a tile."""
    for _, content in fields(body):
        told = list(fields(content))
        if next(one for number, one in told if number == 1).decode() != layer:
            continue
        keys = [one.decode() for number, one in told if number == 3]
        values = [value_of(one) for number, one in told if number == 4]
        for number, one in told:
            if number == 2:
                tags = numbers(dict(fields(one))[2])
                yield {keys[a]: values[b] for a, b in zip(tags[::2], tags[1::2], strict=True)}


def held(tiles: Iterator[tuple[int, bytes]], *, cells: bool) -> dict[int, int]:
    """Return by zoom how many hazards are in tiles: their ids, or what cells count where there are some."""
    ids: dict[int, set[object]] = defaultdict(set)
    counts: dict[int, int] = defaultdict(int)
    for zoom, packed in tiles:
        for one in properties(gzip.decompress(packed), "hazards"):
            if cells and zoom < WHOLE_FROM:
                counts[zoom] += int(str(one["hazards"]))
            else:
                ids[zoom].add(one["id"])
    return dict(sorted((counts | {zoom: len(found) for zoom, found in ids.items()}).items()))


def of_archive(path: Path) -> dict[int, int]:
    """Return by zoom how many hazards an archive holds."""
    with path.open("rb") as file:
        return held(((where[0], body) for where, body in all_tiles(MmapSource(file))), cells=True)


def of_mbtiles(path: Path) -> dict[int, int]:
    """Return by zoom how many hazards GDAL's archive holds."""
    connection = sqlite3.connect(path)
    try:
        return held(connection.execute("SELECT zoom_level, tile_data FROM tiles"), cells=False)
    finally:
        connection.close()


def main() -> None:
    """Print the table; exit 1 where a hazard is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--max-zoom", type=int, default=14)
    parser.add_argument("--peer", action="store_true", help="let ogr2ogr write them too (some minutes)")
    given = parser.parse_args()
    clearway = [sys.executable, "-c", "from geo_service.cli import main; main()"]
    zooms = str(given.max_zoom)
    with tempfile.TemporaryDirectory(prefix="clearway-exports-") as name:
        folder = Path(name)
        file, out, theirs = folder / "hazards.gpkg", folder / "hazards.pmtiles", folder / "peer.mbtiles"
        hazards(given.hazards).to_file(file, layer="hazards")
        measured([*clearway, "load", "hazards", str(file), "--data", str(folder / "store")])
        seconds, peak = measured(
            [*clearway, "export", str(out), "--data", str(folder / "store"), "--max-zoom", zooms]
        )  # fmt: skip
        print(f"{given.hazards:,} hazards of 30 vertices and the ground by state, zoom 0 to {zooms}")
        print(f"  clearway export  {seconds:8.1f} s   {peak / 2**20:7,.0f} MiB   {out.stat().st_size / 2**20:,.1f} MiB")
        found, left = of_archive(out), {}
        if given.peer:
            options = ("-dsco", "MINZOOM=0", "-dsco", f"MAXZOOM={zooms}", "-t_srs", "EPSG:3857", "-nln", "hazards")
            seconds, peak = measured(["ogr2ogr", "-f", "MVT", str(theirs), str(file), *options])
            print(
                f"  ogr2ogr -f MVT   {seconds:8.1f} s   {peak / 2**20:7,.0f} MiB   {theirs.stat().st_size / 2**20:,.1f} MiB"
            )
            left = of_mbtiles(theirs)
    for zoom, count in found.items():
        beside = f"   {left.get(zoom, 0):9,}" if left else ""
        print(f"  z{zoom:<2} {count:9,}{beside}")
    if found != dict.fromkeys(range(given.max_zoom + 1), given.hazards):
        raise SystemExit("a hazard is missing")


if __name__ == "__main__":
    main()
