"""Small networks with evidence made by hand, for the tests of routes: facts are set, not found."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.coverage.opens import OpenGround
from layers.roads.classes import Evidenced
from layers.roads.evidence import PIECES, Evidence
from layers.roads.network import Network
from layers.roads.rules import Mode, Rules
from layers.routing.judged import Judged
from layers.routing.snap import metres, per_degree

LON, LAT = 47.0, 39.5
TODAY = dt.date(2024, 6, 1)
X, Y = per_degree(LAT)


def at(x, y):
    """Longitude and latitude of a place so many metres east and north of the corner."""
    return (LON + x / X, LAT + y / Y)


def network(lines, *, oneway=(), roads=None):
    """Make a network of lines given in metres from the corner; ends at the same place are one node."""
    lonlats = [np.array([at(*p) for p in line]) for line in lines]
    nodes, tails, heads = {}, [], []
    for line in lines:
        tails.append(nodes.setdefault(tuple(line[0]), len(nodes)))
        heads.append(nodes.setdefault(tuple(line[-1]), len(nodes)))
    along = [np.r_[0, np.cumsum(metres(line[:-1], line[1:]))] for line in lonlats]
    count = len(lines)
    record = {
        "id": [f"road-{k:03}" for k in range(count)],
        "class": "track",
        "name": [f"Road {k}" for k in range(count)],
        "width_m": np.nan,
        "oneway": False,
        "eo_status": "not_assessed",
        "eo_width_m": np.nan,
        "eo_as_of": None,
        "expires_on": None,
    }
    frame = gpd.GeoDataFrame(record, geometry=[shapely.LineString(line) for line in lonlats], crs=4326)
    for name, values in (roads or {}).items():
        frame[name] = values
    backward = np.ones(count, dtype=bool)
    backward[list(oneway)] = False
    return Network(
        frame,
        np.array([at(*p) for p in nodes]),
        np.array(tails, dtype=np.int64),
        np.array(heads, dtype=np.int64),
        np.arange(count),
        np.r_[0, np.cumsum([len(line) for line in lonlats])],
        np.vstack(lonlats),
        np.concatenate(along),
        np.full(sum(len(line) for line in lonlats), np.nan),
        np.ones(count, dtype=bool),
        backward,
        np.full(count, 0xFF, dtype=np.uint8),
    )


HAZARDS = OpenGround(
    np.array(["H1", "H2"], dtype=object),
    np.array([True, False]),
    np.array([np.nan, 5.0]),
    np.array([19000, 19100]),
    np.array([10_000.0, 20_000.0]),
    np.array([shapely.box(LON, LAT, LON + 0.001, LAT + 0.001), shapely.box(LON, LAT, LON + 0.002, LAT + 0.001)]),
    np.array([10_000.0, 10_000.0]),
    np.array([0, 0, 1]),
    np.array([0, 1, 1]),
)
SOURCES = gpd.GeoDataFrame(
    {
        "layer": ["releases", "surveys"],
        "id": ["R1", "S1"],
        "date": [dt.date(2023, 5, 1), dt.date(2023, 6, 1)],
        "product": ["cleared", None],
        "handed_over_on": [dt.date(2023, 5, 10), None],
        "depth_cm": [20.0, np.nan],
    },
    geometry=[shapely.Point(LON, LAT)] * 2,
    crs=4326,
)
POINTS = gpd.GeoDataFrame(
    {"layer": ["incidents"], "id": ["I1"], "date": [dt.date(2023, 7, 1)], "accuracy_m": [5.0]},
    geometry=[shapely.Point(LON, LAT)],
    crs=4326,
)


def judged(net, classes, *, cuts=None, exposed=(), mode=Mode.car, lifted=(), expired=(), **facts):
    """Judge a network by hand.

    Args:
        net: the network.
        classes: a class for each piece, edge by edge; one class for all.
        cuts: shares of the length at which an edge is cut, by edge.
        exposed, lifted, expired: pieces.
        facts: other columns of the pieces, {piece: value}.
    """
    rows = []
    for edge, length in enumerate(net.length):
        marks = [0.0, *[share * length for share in (cuts or {}).get(edge, ())], length]
        rows += [(edge, a, b) for a, b in pairwise(marks)]
    pieces = np.zeros(len(rows), dtype=PIECES)
    for name, value in (("source", -1), ("blocker", -1), ("point", -1), ("nearest", -1), ("distance", np.inf)):
        pieces[name] = value
    pieces["edge"], pieces["begin"], pieces["end"] = (list(column) for column in zip(*rows, strict=True))
    for name, values in (("exposed", dict.fromkeys(exposed, True)), *facts.items()):
        for piece, value in values.items():
            pieces[name][piece] = value
    held = pieces["blocker"] >= 0
    evidence = Evidence(
        net,
        TODAY,
        Rules(),
        pieces,
        HAZARDS,
        POINTS,
        SOURCES,
        np.r_[0, np.cumsum(held)],
        pieces["blocker"][held].astype(np.int64),
    )
    flags = [np.isin(np.arange(len(rows)), list(which)) for which in (lifted, expired)]
    kinds = np.broadcast_to(np.asarray(classes, dtype=np.int8), len(rows)).copy()
    allowed = np.ones(len(rows), dtype=bool)
    if mode == Mode.foot:
        allowed = np.isin(kinds, [Evidenced.verified, Evidenced.released_cleared])
    return Judged(evidence, mode, kinds, flags[0], allowed, flags[1])


def seconds(net, kmh=36.0):
    """Travel times at one speed; on foot both ways are given as the network has them."""
    time = net.length / kmh * 3.6
    return np.where(net.forward, time, np.inf), np.where(net.backward, time, np.inf)


def connecting(kind=Evidenced.unsurveyed, *, barred=None, mode=Mode.car):
    """Judge every connector as of one class; where it comes into the polygon `barred`, as within a buffer."""

    def connect(net):
        found = judged(net, kind, mode=mode)
        if barred is None:
            return found
        ends = net.lonlat.reshape(-1, 2, 2)
        pieces, classes = [], []
        for edge, (line, length) in enumerate(zip(shapely.linestrings(ends), net.length, strict=True)):
            inside = line.intersection(barred)
            share = sorted({0.0, 1.0, *(line.project(shapely.Point(p), normalized=True) for p in inside.coords)})
            for a, b in pairwise(share):
                pieces.append((edge, a * length, b * length))
                middle = line.interpolate((a + b) / 2, normalized=True)
                classes.append(Evidenced.inside_buffer if barred.covers(middle) else kind)
        table = np.zeros(len(pieces), dtype=PIECES)
        table[:] = [(e, a, b, 0, -1, -1, -1, 0, 0, -1, np.inf, False) for e, a, b in pieces]
        evidence = replace(
            found.evidence,
            pieces=table,
            barring=np.zeros(len(table) + 1, dtype=np.int64),
            barred_by=np.empty(0, dtype=np.int64),
        )
        none, all_ = np.zeros(len(table), dtype=bool), np.ones(len(table), dtype=bool)
        return Judged(evidence, mode, np.array(classes, dtype=np.int8), none, all_, none)

    return connect


def table(found):
    """Time (s), exposure (m) and length of routes as a table, for failures that can be read."""
    return pd.DataFrame([(r.duration_s, r.exposure_m, r.length_m) for r in found.alternatives])
