"""Evidence on every piece of road: 100,000 hazards against 400,000 directed edges over 10,000 km2; prints seconds.

    ./scripts/bench evidence
    ./scripts/bench evidence --hazards 10000 --roads 100

No peer cuts roads by exact buffers with their records. What was found after one hazard changed is compared, to the last
digit, with what is found anew.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parents[2]
# In place of this folder: its coverage.py would hide a package of that name from numba.
sys.path[:1] = [str(ROOT), str(ROOT / "tests" / "layers")]

from road_lines import GEOD, network_of  # noqa: E402

from layers import coverage  # noqa: E402
from layers.coverage.opens import open_ground  # noqa: E402
from layers.roads.evidence import find, moved  # noqa: E402
from layers.roads.network import MODE_BITS, Network  # noqa: E402
from tests.benchmarks.upload import hazards  # noqa: E402

DAY = "2020-01-01"
Found = TypeVar("Found")


def grid(side: int) -> Network:
    """Return a network of `side` x `side` nodes over the area of the hazards, every road of one edge."""
    x, y = np.meshgrid(46 + np.linspace(0, 1.17, side), 39 + np.linspace(0, 0.9, side))
    nodes, place = np.column_stack([x.ravel(), y.ravel()]), np.arange(side * side).reshape(side, side)
    tail = np.r_[place[:, :-1].ravel(), place[:-1].ravel()]
    head = np.r_[place[:, 1:].ravel(), place[1:].ravel()]
    count = len(tail)
    lengths = GEOD.inv(*nodes[tail].T, *nodes[head].T)[2]
    return Network(
        network_of([[(46.0, 39.0), (47.0, 39.0)]]).roads,
        nodes,
        tail,
        head,
        np.zeros(count, dtype=np.int64),
        np.arange(count + 1) * 2,
        np.stack([nodes[tail], nodes[head]], axis=1).reshape(-1, 2),
        np.column_stack([np.zeros(count), lengths]).ravel(),
        np.full(2 * count, np.nan),
        np.ones(count, dtype=bool),
        np.ones(count, dtype=bool),
        np.full(count, sum(MODE_BITS.values()), dtype=np.uint8),
    )


def timed(what: str, work: Callable[[], Found]) -> Found:
    """Do some work; print its seconds, and those of the processor."""
    start, busy = time.perf_counter(), time.process_time()
    found = work()
    print(f"  {what:44} {time.perf_counter() - start:8.2f} s  {time.process_time() - busy:8.2f} s of CPU")
    return found


def redrawn(frame: gpd.GeoDataFrame, place: int) -> gpd.GeoDataFrame:
    """Return the version frame with one hazard drawn anew some 50 m away by a later survey."""
    row = frame.iloc[[place]].copy()
    row["valid_from"] = np.datetime64("2015-01-01", "s")
    row["change"], row["row"] = "survey", len(frame)
    row = row.set_geometry(
        shapely.transform(row.geometry.to_numpy(), lambda xy: xy + np.array([0.0005, 0.0])), crs=frame.crs
    )
    return gpd.GeoDataFrame(pd.concat([frame, row], ignore_index=True), crs=frame.crs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hazards", type=int, default=100_000)
    parser.add_argument("--roads", type=int, default=317, help="nodes along a side of the network")
    given = parser.parse_args()
    small = coverage.arrange(hazards(50))
    find(grid(5), small, DAY)  # compiles
    network = grid(given.roads)
    print(f"{given.hazards:,} hazards, {2 * len(network):,} directed edges")
    arrangement = timed("the arrangement", lambda: coverage.arrange(hazards(given.hazards)))
    timed("what remains open of each hazard", lambda: open_ground(arrangement, DAY))
    evidence = timed("evidence of every piece", lambda: find(network, arrangement, DAY))
    print(f"  {len(evidence.pieces):,} pieces, {len(evidence.barred_by):,} pairs of a piece and a hazard that bars it")
    frames = {"hazards": redrawn(arrangement.frame("hazards"), given.hazards // 2)}
    after = timed("the arrangement after one hazard changed", lambda: arrangement.extended(frames))
    again = timed("evidence after one hazard changed", lambda: moved(evidence, network, after, DAY))
    anew = timed("the same found anew", lambda: find(network, after, DAY))
    assert again.pieces.tobytes() == anew.pieces.tobytes()
    assert np.array_equal(again.barred_by, anew.barred_by)


if __name__ == "__main__":
    main()
