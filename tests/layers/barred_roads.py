"""Small networks with evidence made by hand: each edge one road of its own, cut into pieces as asked."""

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from layers.coverage.opens import OpenGround
from layers.roads.classes import Evidenced
from layers.roads.evidence import PIECES, Evidence
from layers.roads.network import MODE_BITS, Network
from layers.roads.rules import Mode, Rules
from layers.routing.stretches import stretches


@dataclass(frozen=True)
class Judged:
    evidence: Evidence
    mode: Mode
    classes: np.ndarray
    allowed: np.ndarray


ALL = sum(MODE_BITS.values())


def ground(areas, shared=()):
    """Open ground of hazards with so many m2 of their own, and pieces (m2, hazards) that several share."""
    share = [*areas, *(m2 for m2, _ in shared)]
    pairs = [(k, k) for k in range(len(areas))] + [(len(areas) + k, h) for k, (_, hs) in enumerate(shared) for h in hs]
    share_of, sharing = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    n = len(areas)
    m2 = np.bincount(sharing, np.array(share, float)[share_of], minlength=n)
    return OpenGround(
        ids=np.array([f"H{k}" for k in range(n)], object),
        confirmed=np.ones(n, bool),
        accuracy_m=np.full(n, np.nan),
        asserted=np.zeros(n, np.int64),
        m2=m2,
        polygons=np.array([shapely.box(k, 0, k + 1e-3, 1e-3) for k in range(n)] + [None], object)[:n],
        share=np.array(share, float),
        share_of=share_of,
        sharing=sharing,
    )


def network(nodes, edges, *, length=100.0, status=None, allowed=ALL):
    """A network of straight edges (tail, head) or (tail, head, metres) between so many nodes on a line of longitude."""
    at = np.column_stack([46 + np.arange(nodes) * 0.01, np.full(nodes, 39.5)])
    tail = np.array([e[0] for e in edges], np.int64)
    head = np.array([e[1] for e in edges], np.int64)
    metres = np.array([e[2] if len(e) > 2 else length for e in edges], float)
    count = len(edges)
    along = np.column_stack([np.zeros(count), metres]).ravel()
    roads = gpd.GeoDataFrame(
        {"id": [f"R{k}" for k in range(count)], "eo_status": [status[k] if status else None for k in range(count)]},
        geometry=[shapely.LineString([at[a], at[b]]) for a, b in zip(tail, head, strict=True)],
        crs=4326,
    )
    return Network(
        roads=roads,
        nodes=at,
        tail=tail,
        head=head,
        road=np.arange(count),
        first=np.arange(count + 1) * 2,
        lonlat=np.stack([at[tail], at[head]], axis=1).reshape(-1, 2),
        along=along,
        height=np.full(2 * count, np.nan),
        forward=np.ones(count, bool),
        backward=np.ones(count, bool),
        allowed=np.full(count, allowed, np.uint8),
    )


def evidence(roads, hazards, pieces, points=0):
    """Evidence of pieces (edge, begin, end, class, hazards, point); returns it with the classes."""
    rows = np.zeros(len(pieces), PIECES)
    rows["blocker"] = rows["point"] = rows["source"] = rows["nearest"] = -1
    rows["distance"] = np.inf
    bars = []
    for row, (edge, begin, end, _, by, point) in zip(rows, pieces, strict=True):
        row["edge"], row["begin"], row["end"], row["point"] = edge, begin, end, point
        row["blocker"] = by[0] if len(by) else -1
        bars.append(sorted(by))
    found = Evidence(
        network=roads,
        as_of=dt.date(2024, 1, 1),
        rules=Rules(),
        pieces=rows,
        hazards=hazards,
        points=gpd.GeoDataFrame(
            {"id": [f"P{k}" for k in range(points)]}, geometry=[shapely.Point(0, 0)] * points, crs=4326
        ),
        sources=gpd.GeoDataFrame({"id": []}, geometry=[], crs=4326),
        barring=np.r_[0, np.cumsum([len(b) for b in bars])].astype(np.int64),
        barred_by=np.array([h for b in bars for h in b], np.int64),
    )
    return found, np.array([p[3] for p in pieces], np.int8)


def ways(nodes, edges, hazards, bars, *, points=(), oneway=(), mode=Mode.car, places=None, status=None, seconds=None):
    """Stretches of a network: `bars[k]` are the hazards on edge k, `points` edges with a point, `oneway` edges."""
    roads = network(nodes, edges, status=status)
    pieces = []
    for k, length in enumerate(roads.length):
        point = list(points).index(k) if k in points else -1
        hard = len(bars[k]) > 0 or point >= 0
        kind = Evidenced.inside_hazard if len(bars[k]) else Evidenced.inside_buffer
        pieces.append((k, 0.0, length, kind if hard else Evidenced.unsurveyed, bars[k], point))
    found, classes = evidence(roads, hazards, pieces, len(points))
    forward = roads.length / 10 if seconds is None else np.array(seconds, float)
    backward = np.where(np.isin(np.arange(len(edges)), list(oneway)), np.inf, forward)
    return stretches(Judged(found, mode, classes, np.ones(len(pieces), bool)), (forward, backward), places)
