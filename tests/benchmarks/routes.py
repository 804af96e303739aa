"""Routes at the size of a country: how long the exact front of time against exposure takes.

./scripts/bench routes                          all parts
./scripts/bench routes --part front             fronts between places 80 km apart, on 400,000 directed edges
./scripts/bench routes --scale 0.1              a tenth of the roads
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: numba would take its coverage.py for the package of that name

from layers.routing.front import front  # noqa: E402
from layers.routing.graph import MICRO, Arcs, Graph  # noqa: E402

SIDE_M = 100_000
APART_M = 80_000
EDGES = 400_000
SPEEDS_KMH = np.array([20.0, 40.0, 60.0, 90.0])
SHARES = np.array([0.45, 0.35, 0.15, 0.05])
"""Of tracks, local, main and trunk roads."""


def country(directed: int, rng: np.random.Generator, *, scattered: bool) -> tuple[Graph, np.ndarray, int]:
    """Return a grid of roads over 10,000 km2, the places of its nodes (m), and how many of its edges are barred.

    Nodes are off the grid by a fifth of its spacing; roads of a class run in lines. Nothing is surveyed but patches of
    some kilometres (a fifth of the area) and stretches of main roads that are verified (half of them, 5 km at a time).
    Other patches lie near open ground: their roads are within 200 m of it over a part of their length, and one edge in
    fifty is barred. `scattered` draws for each edge by itself whether it is surveyed, and over what part of it: no
    programme works so, and nothing has more trades.
    """
    side = round((directed / 4) ** 0.5)
    spacing = SIDE_M / side
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    place = (np.column_stack([x, y]) + rng.uniform(-0.2, 0.2, (side * side, 2))) * spacing
    node = np.arange(side * side).reshape(side, side)
    tail = np.r_[node[:-1].ravel(), node[:, :-1].ravel()]
    head = np.r_[node[1:].ravel(), node[:, 1:].ravel()]
    line = np.r_[y[node[:-1]].ravel(), x[node[:, :-1]].ravel() + side]
    metres = np.hypot(*(place[tail] - place[head]).T) * rng.uniform(1, 1.3, len(tail))
    kmh = rng.choice(SPEEDS_KMH, 2 * side, p=SHARES)[line]
    seconds = metres / (kmh * rng.uniform(0.7, 1, len(tail))) * 3.6
    middle = (place[tail] + place[head]) / 2
    near = patches(rng, middle, 150, 500, 3000)
    if scattered:
        unsurveyed = (rng.random(len(tail)) < np.where(kmh > 50, 0.5, 0.85)) * rng.uniform(0.5, 1, len(tail))
    else:
        stretch = (middle.sum(axis=1) // 5000).astype(int)
        verified = (kmh > 50) & (rng.random((2 * side, 2 * SIDE_M // 5000 + 1))[line, stretch] < 0.5)
        unsurveyed = ~(patches(rng, middle, 60, 1000, 5000) | verified)
    exposed = metres * (unsurveyed + near * rng.uniform(0.2, 1, len(tail)))
    open_ = ~near | (rng.random(len(tail)) > 0.02)
    tail, head, seconds, exposed = (a[open_] for a in (tail, head, seconds, exposed))
    edge, ends = np.arange(len(tail)), np.zeros(len(tail))
    way = (np.rint(seconds * MICRO).astype(np.int64), np.rint(exposed * MICRO).astype(np.int64), edge, ends, ends)
    there = Arcs(tail.astype(np.int32), head.astype(np.int32), *way)
    back = Arcs(head.astype(np.int32), tail.astype(np.int32), *way)
    return Graph.of(there.joined(back), side * side), place, int((~open_).sum())


def patches(rng: np.random.Generator, places: np.ndarray, count: int, least: float, most: float) -> np.ndarray:
    """Say which places (m) lie within one of so many discs, whose radii lie between two numbers (m)."""
    inside = np.zeros(len(places), dtype=bool)
    for at, reach in zip(rng.uniform(0, SIDE_M, (count, 2)), rng.uniform(least, most, count), strict=True):
        inside |= np.hypot(*(places - at).T) < reach
    return inside


def fronts(scale: float, pairs: int, *, scattered: bool) -> None:
    """Print how long fronts take between random places 80 km apart."""
    rng = np.random.default_rng(1)
    graph, place, barred = country(round(EDGES * scale), rng, scattered=scattered)
    apart = APART_M * scale**0.5
    how = "evidence drawn edge by edge" if scattered else "evidence in patches"
    print(f"front, {how}: {len(graph):,} directed edges, {barred:,} barred; {pairs} pairs {apart / 1000:.0f} km apart")
    front(graph, 0, 1)
    took, worked, labels, sizes, capped = [], [], [], [], 0
    for origin in rng.permutation(graph.nodes)[:pairs]:
        off = np.abs(np.hypot(*(place - place[origin]).T) - apart)
        destination = rng.choice(np.flatnonzero(off < max(500.0, off.min() + 1)))
        start, before = time.perf_counter(), time.process_time()
        found = front(graph, int(origin), int(destination))
        took.append(time.perf_counter() - start)
        worked.append(time.process_time() - before)
        labels.append(found.labels)
        sizes.append(len(found))
        capped += found.capped
    print(f"  s       median {np.median(took):8.2f}   worst {max(took):8.2f}   aim: median under 0.5")
    print(f"  CPU s   median {np.median(worked):8.2f}   worst {max(worked):8.2f}   beside other work only this tells")
    print(
        f"  labels  median {np.median(labels):8,.0f}   worst {max(labels):8,}   fronts cut short by the limit: {capped}"
    )
    print(f"  routes  median {np.median(sizes):8,.0f}   most  {max(sizes):8,}")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["front", "scattered"], help="one part alone")
    parser.add_argument("--scale", type=float, default=1.0, help="of the full size")
    parser.add_argument("--pairs", type=int, default=20, help="how many pairs of places")
    args = parser.parse_args()
    for part in ("front", "scattered"):
        if args.part in (None, part):
            fronts(args.scale, args.pairs, scattered=part == "scattered")


if __name__ == "__main__":
    main()
