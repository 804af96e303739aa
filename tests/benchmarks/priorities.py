"""What to clear first, and what rests on the same graph: plans of two sizes, a matrix, access, the least opening.

    ./scripts/bench priorities [--part plan|roads] [--seconds 60] [--edges 400000]

Part plan prints for 30 hazards and 10 settlements, and for 300 and 80: the value of every rule of thumb and of local
search, the plan, its bound, the gap, seconds. Part roads prints on a grid with so many directed edges: cutting and
contracting, a matrix of 100 x 300, access of 300 settlements, and least openings with their bounds.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import shapely

ROOT = Path(__file__).parents[2]
# Instead of this folder, whose coverage.py is not the one that numba looks for.
sys.path[:1] = [str(ROOT), str(ROOT / "tests" / "layers")]

import barred_roads  # noqa: E402
import clearance_cases  # noqa: E402

from layers.priorities.plan import plan  # noqa: E402
from layers.roads.classes import Evidenced  # noqa: E402
from layers.roads.rules import Mode  # noqa: E402
from layers.routing.access import Asked, access  # noqa: E402
from layers.routing.barring import least_opening  # noqa: E402
from layers.routing.matrix import matrix  # noqa: E402
from layers.routing.passages import contract  # noqa: E402
from layers.routing.places import places  # noqa: E402
from layers.routing.stretches import stretches  # noqa: E402


def plans(seconds: float) -> None:
    """Print plans of both sizes."""
    plan(clearance_cases.large(8, 5), teams=1, rate_m2=100, time_limit_s=5)  # compiles
    for hazards, settlements in ((30, 10), (300, 80)):
        case = clearance_cases.large(hazards, settlements)
        begin = time.perf_counter()
        made = plan(case, teams=10, rate_m2=300.0, time_limit_s=seconds)
        took = time.perf_counter() - begin
        print(f"\n{hazards} hazards, {settlements} settlements: {took:.1f} s")
        for row in made.heuristics.itertuples():
            print(f"  {row.rule:22} {row.value:14,.0f} person-days  {row.times_plan:5.2f} x the plan")
        print(f"  {'plan':22} {made.value:14,.0f}")
        proven = "proven" if made.proven else f"not proven, gap {made.gap:.1%}"
        print(f"  {'bound':22} {made.bound:14,.0f}  {proven}")
        if made.next_best is not None:
            print(f"  to begin with {made.next_best.hazard} instead: {made.next_best.more:,.0f} more")


def grid(edges: int, hazards: int, seed: int = 1):
    """Return the network, open ground and evidence of a grid of roads with hazards over it, 100 km across."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(edges / 4))
    node = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
            np.column_stack([node[:-1].ravel(), node[1:].ravel()]),
        ]
    )
    step = 100_000 / side
    roads = barred_roads.network(side * side, [(a, b, step) for a, b in pairs.tolist()])
    xy = np.column_stack([np.arange(side * side) % side, np.arange(side * side) // side]) * step
    lonlat = np.column_stack([46 + xy[:, 0] / 86_000, 39.5 + xy[:, 1] / 111_000])
    object.__setattr__(roads, "nodes", lonlat)
    object.__setattr__(roads, "lonlat", np.stack([lonlat[roads.tail], lonlat[roads.head]], axis=1).reshape(-1, 2))
    middle = (xy[roads.tail] + xy[roads.head]) / 2
    centre, reach = rng.uniform(0, 100_000, (hazards, 2)), rng.lognormal(6, 0.6, hazards)
    tree = shapely.STRtree(shapely.points(middle))
    hazard, edge = tree.query(shapely.buffer(shapely.points(centre), reach), predicate="contains")
    bars = [[] for _ in range(len(roads))]
    for h, e in zip(hazard.tolist(), edge.tolist(), strict=True):
        bars[e].append(h)
    ground = barred_roads.ground((np.pi * reach**2).tolist())
    ground.polygons[:] = shapely.buffer(
        shapely.points(46 + centre[:, 0] / 86_000, 39.5 + centre[:, 1] / 111_000), reach / 1e5
    )
    kinds = rng.choice(
        [Evidenced.unsurveyed, Evidenced.surveyed_no_evidence, Evidenced.verified], len(roads), p=[0.6, 0.3, 0.1]
    )
    pieces = [(k, 0.0, step, Evidenced.inside_hazard if bars[k] else kinds[k], bars[k], -1) for k in range(len(roads))]
    found, classes = barred_roads.evidence(roads, ground, pieces)
    return roads, ground, barred_roads.Judged(found, Mode.car, classes, np.ones(len(pieces), bool)), xy


def roads(edges: int) -> None:
    """Print what questions about places take on a large network."""
    network, ground, judged, _ = grid(edges, 2000)
    rng = np.random.default_rng(2)
    middle = len(network.nodes) // 2
    spots = np.r_[middle, rng.choice(middle, 300, replace=False)]
    seconds = (network.length / 15, network.length / 15)
    timed = time.perf_counter()
    where = places(shapely.points(network.nodes[spots] + [0.0005, 0.0]), judged.evidence)
    print(f"\n{4 * (len(network) // 2):,} directed edges, {len(ground)} hazards on them")
    timed = _said("301 places to their roads", timed)
    ways = stretches(judged, seconds, (where.edge, where.along))
    timed = _said("cut and judged", timed)
    matrix(ways, ways.place[:1], ways.place[:2])
    timed = time.perf_counter()
    table = matrix(ways, ways.place[:100], ways.place[1:])
    timed = _said(f"matrix 100 x 300, {(table['verdict'] == 'no_go').mean():.0%} without a way", timed)
    passages = contract(ways)
    timed = _said(f"contracted to {len(passages):,} nodes", timed)
    told = access(Asked(ways, ground, where, np.array([f"S{k:03}" for k in range(300)], object)))
    shut = told[~told["reached"]]
    timed = _said(f"access of 300 settlements, {len(shut)} shut, {shut['proven'].sum()} least openings proven", timed)
    for row in shut.head(20).itertuples():
        begin = time.perf_counter()
        node = int(ways.place[1 + int(row.settlement[1:])])
        found = least_opening(ways, ground, ways.place[:1], [node], passages=passages)
        took = time.perf_counter() - begin
        if found is not None:
            print(
                f"  {row.settlement}: {found.m2:12,.0f} m2, bound {found.bound_m2:12,.0f}, {len(found.hazards)} hazards, {took:.2f} s"
            )


def _said(what: str, since: float) -> float:
    print(f"  {what}: {time.perf_counter() - since:.2f} s")
    return time.perf_counter()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["plan", "roads"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--edges", type=int, default=400_000)
    given = parser.parse_args()
    if given.part != "roads":
        plans(given.seconds)
    if given.part != "plan":
        roads(given.edges)
