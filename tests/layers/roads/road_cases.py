"""Roads on a grid of about eleven metres, and what a network is when places that only pass traffic on are left out."""

import geopandas as gpd
import numpy as np
import shapely

STEP = 1e-4
"""Degrees between places of the grid: 11 m."""
ORIGIN = np.array([46.6, 39.65])


def at(*places):
    return [tuple((ORIGIN + STEP * np.array(place)).tolist()) for place in places]


def roads(lines, **fields):
    """Records of roads: {id: [(x, y), ...] in steps of the grid, or a geometry}."""
    shapes = [line if isinstance(line, shapely.Geometry) else shapely.LineString(at(*line)) for line in lines.values()]
    columns = {"class": "primary", "surface": None, "width_m": np.nan, "oneway": False, "eo_status": "not_assessed"}
    return gpd.GeoDataFrame({"id": list(lines)} | {n: fields.get(n, v) for n, v in columns.items()} | {
        n: v for n, v in fields.items() if n not in columns}, geometry=shapes, crs=4326)  # fmt: skip


def skeleton(network):
    """Chains between places that are no mere passage: (one end, other end, metres), sorted; rings by length alone."""
    ends = [[] for _ in network.nodes]
    for edge, (a, b) in enumerate(zip(network.tail.tolist(), network.head.tolist(), strict=True)):
        ends[a].append(edge)
        ends[b].append(edge)
    passage = [len(one) == 2 for one in ends]
    name = [tuple(np.round(place, 6).tolist()) for place in network.nodes]
    length, used, found = network.length, set(), []

    def walk(node, edge):
        total = 0.0
        while True:
            used.add(edge)
            total += length[edge]
            a, b = network.tail[edge], network.head[edge]
            node = b if node == a else a
            onward = [one for one in ends[node] if one not in used]
            if not passage[node] or not onward:
                return node, total
            edge = onward[0]

    for node, edges in enumerate(ends):
        for edge in edges if not passage[node] else ():
            if edge not in used:
                other, total = walk(node, edge)
                found.append((*sorted([name[node], name[other]]), round(total, 3)))
    rings = (walk(network.tail[edge], edge)[1] for edge in range(len(network)) if edge not in used)
    found.extend(("ring", "ring", round(total, 3)) for total in rings)
    return sorted(found, key=str)


def same(one, other):
    """Whether two skeletons are the same to 1 mm per chain."""
    return len(one) == len(other) and all(
        a[:2] == b[:2] and abs(a[2] - b[2]) < 2e-3 for a, b in zip(one, other, strict=True)
    )
