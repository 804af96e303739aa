"""Routes around hazards beside Valhalla: the same roads, the same polygons, the same places, in one run.

Valhalla is told of the hazards with every question (`exclude_polygons`), its limits raised; ours knows them, and finds
the whole front of time against exposure with the evidence of every metre. Both are asked by the same places. First
with our buffers at nothing, so that the same roads are barred; whether a way exists is then found by a third party,
networkx over the roads that meet no polygon. Then with our own buffers.
"""

import argparse
import sys
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

ROOT = Path(__file__).parents[2]
sys.path[0] = str(ROOT)  # not this folder: our coverage.py is not the package that numba looks for

from geo_service.travel.ways import Laid, Roads  # noqa: E402
from layers import coverage, versions  # noqa: E402
from layers.definitions import LAYERS  # noqa: E402
from layers.roads import evidence, network, osm, speeds  # noqa: E402
from layers.roads.rules import Mode, Rules, Unsurveyed  # noqa: E402
from layers.routing.routes import routes  # noqa: E402
from layers.routing.snap import Nearby  # noqa: E402
from tests.benchmarks import _valhalla  # noqa: E402

CACHE = ROOT / ".cache" / "bench"
GOAL = 10.0
AS_OF = "2026-01-01"


def hazards(count: int, on: network.Network, seed: int = 3) -> gpd.GeoDataFrame:
    """Return hazards of 30 vertices around roads, the smaller the more there are, so that ways are left between them."""
    rng = np.random.default_rng(seed)
    middle = on.lonlat[rng.integers(0, len(on.lonlat), count)] + rng.normal(0, 0.012, (count, 2))
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    reach = 0.00018 * np.sqrt(1_000 / count) * rng.uniform(0.6, 1.4, (count, 30))
    x, y = middle[:, :1] + 1.35 * reach * np.cos(turn), middle[:, 1:] + reach * np.sin(turn)
    polygons = shapely.make_valid(shapely.polygons(np.stack([x, y], axis=2)), method="structure", keep_collapsed=False)
    values = {"id": [f"H{k:05}" for k in range(count)], "classification": "CHA", "opened_on": "2020-01-01"}
    frame = gpd.GeoDataFrame({**values, "valid_from": "2020-01-01"}, geometry=polygons, crs=4326)
    return frame.assign(positional_accuracy_m=5.0)


def roads_with(on: network.Network, frame: gpd.GeoDataFrame, rules: Rules) -> tuple[Roads, float]:
    """Return the roads with their evidence, and the seconds that finding it took."""
    arrangement = coverage.arrange(frame)
    start = time.perf_counter()
    found = evidence.find(on, arrangement, AS_OF, rules)
    laid = Laid(on, Nearby(on), {Mode.car: speeds.seconds(on, Mode.car)})
    made = Roads(laid, found)
    made.ground(Mode.car, Unsurveyed.show)
    return made, time.perf_counter() - start


def ask(roads: Roads, origin: np.ndarray, destination: np.ndarray) -> tuple[float, int]:
    """Return the seconds of an answer, and how many routes it has."""
    start = time.perf_counter()
    ground = roads.ground(Mode.car, Unsurveyed.show)
    found = routes(ground, roads.laid.nearby, [origin, destination], connect=roads.connect(Mode.car))
    return time.perf_counter() - start, len(found.alternatives)


def open_ways(on: network.Network, frame: gpd.GeoDataFrame) -> "nx.DiGraph[int]":
    """Return the directed roads that meet no polygon."""
    lines = shapely.linestrings(on.lonlat, indices=np.repeat(np.arange(len(on)), np.diff(on.first)))
    met = np.unique(shapely.STRtree(frame.geometry.to_numpy()).query(lines, predicate="intersects")[0])
    there, back = speeds.seconds(on, Mode.car)
    open_ = np.setdiff1d(np.arange(len(on)), met)
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from((int(on.tail[k]), int(on.head[k])) for k in open_ if np.isfinite(there[k]))
    graph.add_edges_from((int(on.head[k]), int(on.tail[k])) for k in open_ if np.isfinite(back[k]))
    return graph


def pairs(on: network.Network, frame: gpd.GeoDataFrame, count: int) -> list[tuple[int, int]]:
    """Return pairs of nodes some kilometres apart, between which a car has an open way, clear of all polygons."""
    rng = np.random.default_rng(11)
    graph = open_ways(on, frame)
    largest = np.array(sorted(max(nx.strongly_connected_components(graph), key=len)))
    clear = shapely.STRtree(frame.geometry.to_numpy()).query(
        shapely.points(on.nodes[largest]), predicate="dwithin", distance=0.0008
    )[0]
    free = np.delete(largest, np.unique(clear))
    found: list[tuple[int, int]] = []
    far = 0.4 * float(np.hypot(*np.ptp(on.nodes[free], axis=0)))
    while len(found) < count:
        a, b = rng.choice(free, 2, replace=False).tolist()
        if np.hypot(*(on.nodes[a] - on.nodes[b])) > far:
            found.append((a, b))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pbf", type=Path, nargs="?", default=ROOT.parent / "shared/data/andorra/andorra.osm.pbf")
    parser.add_argument("--hazards", type=int, nargs="+", default=[1_000, 6_000])
    parser.add_argument("--pairs", type=int, default=30)
    given = parser.parse_args()
    if not given.pbf.is_file():
        raise SystemExit(f"{given.pbf} is not there: name an extract, ./scripts/bench valhalla FILE.osm.pbf")
    CACHE.mkdir(parents=True, exist_ok=True)
    on = network.build(versions.typed(osm.read(given.pbf).roads, LAYERS["roads"]))
    print(f"{given.pbf.name}: {len(on):,} edges; {given.pairs} pairs; medians in ms")
    with _valhalla.serving(given.pbf, CACHE) as port:
        for count in given.hazards:
            frame = hazards(count, on)
            rings = [
                shapely.get_coordinates(one).round(7).tolist() for one in shapely.get_parts(frame.geometry.to_numpy())
            ]
            asked = pairs(on, frame, given.pairs)
            bare, _ = roads_with(on, frame, Rules(buffer_m=0, k=0, road_width_m=0))
            full, seconds = roads_with(on, frame, Rules())
            peer, mine, front, lost, missed = [], [], [], 0, 0
            ask(bare, on.nodes[asked[0][0]], on.nodes[asked[0][1]])  # compiled before it is timed
            for a, b in asked:
                start = time.perf_counter()
                answer = _valhalla.route(port, on.nodes[a].tolist(), on.nodes[b].tolist(), rings)
                peer.append(time.perf_counter() - start)
                lost += answer is None or "trip" not in answer
                took, some = ask(bare, on.nodes[a], on.nodes[b])
                mine.append(took)
                missed += not some
                front.append(ask(full, on.nodes[a], on.nodes[b])[0])
            ratio = float(np.median(peer) / np.median(mine))
            print(
                f"  {count:6,} hazards  Valhalla {1e3 * np.median(peer):7.1f}   ours {1e3 * np.median(mine):6.2f}   "
                f"{ratio:5.1f}x (goal {GOAL:.0f}x)   with buffers and fronts {1e3 * np.median(front):6.2f}, "
                f"evidence of all roads {seconds:.2f} s once"
            )
            print(f"          a way exists for all {len(asked)}: Valhalla finds none for {lost}, we for {missed}")


if __name__ == "__main__":
    main()
