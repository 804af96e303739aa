"""Distances against an independent measure: points along the road, each with geodesics of its own."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from road_lines import GEOD, network_of

from layers import coverage
from layers.coverage.state import STATES
from layers.roads.classes import HARD, classes
from layers.roads.evidence import find
from layers.roads.plane import lean, metres_per_degree, slack
from layers.roads.rules import Mode, Rules

DAY = "2021-01-01"
WITHIN = 0.1
"""How far (m) the two measures may differ within 300 m; the slack widens buffers by as much at most."""

latitudes = st.sampled_from([0.0, 12.3, 39.0, -33.0, 51.7, 60.0])


def ground(seed, latitude, hazards=4, points=2):
    """Stars of some 100 m and points with accuracies of their own, within some 2 km."""
    rng = np.random.default_rng(seed)
    wide = 1 / np.cos(np.radians(latitude))
    turn = np.sort(rng.uniform(0, 2 * np.pi, (hazards, 7)), axis=1)
    out = 0.003 * rng.uniform(0.1, 1, (hazards, 7)) * rng.uniform(0.2, 1.5, (hazards, 1))
    x = 46 + wide * (rng.uniform(0, 0.02, (hazards, 1)) + out * np.cos(turn))
    y = latitude + rng.uniform(0, 0.02, (hazards, 1)) + out * np.sin(turn)
    polygons = shapely.make_valid(shapely.polygons(np.stack([x, y], axis=2)), method="structure", keep_collapsed=False)
    found = gpd.GeoDataFrame(
        {
            "id": [f"H{k}" for k in range(hazards)],
            "classification": rng.choice(["SHA", "CHA"], hazards),
            "opened_on": "2020-01-01",
            "positional_accuracy_m": rng.choice([5.0, 50.0, np.nan], hazards),
        },
        geometry=polygons,
        crs=4326,
    )
    places = gpd.GeoDataFrame(
        {
            "id": [f"P{k}" for k in range(points)],
            "kind": "accident",
            "occurred_on": "2020-03-01",
            "location_accuracy_m": rng.choice([5.0, 50.0, np.nan], points),
        },
        geometry=shapely.points(46 + wide * rng.uniform(0, 0.02, points), latitude + rng.uniform(0, 0.02, points)),
        crs=4326,
    )
    lines = [
        np.column_stack([46 + wide * rng.uniform(-0.002, 0.022, 4), latitude + rng.uniform(-0.002, 0.022, 4)])
        for _ in range(2)
    ]
    return found, places, [[tuple(one) for one in line] for line in lines]


def along(network, edge, step):
    """Points about every `step` metres of an edge, straight in longitude and latitude between its vertices."""
    low, high = network.first[edge : edge + 2]
    at = np.arange(step / 2, network.length[edge], step)
    xy = [np.interp(at, network.along[low:high], network.lonlat[low:high, k]) for k in (0, 1)]
    return at, np.column_stack(xy)


def far(points, geometries):
    """Distances (m) of points from geometries (n, m): azimuth and geodesic length of every vertex seen from the point.

    That is the equidistant projection of the ellipsoid about the point; edges are cut to 20 m first.
    """
    found = np.empty((len(points), len(geometries)))
    fine = shapely.segmentize(geometries, 0.0002)
    for k, (lon, lat) in enumerate(points):

        def flat(xy, lon=lon, lat=lat):
            turn, _, away = GEOD.inv(np.full(len(xy), lon), np.full(len(xy), lat), xy[:, 0], xy[:, 1])
            return np.column_stack([away * np.sin(np.radians(turn)), away * np.cos(np.radians(turn))])

        found[k] = shapely.distance(shapely.Point(0, 0), shapely.transform(fine, flat))
    return found


def buffers(rules, accuracy):
    known = np.where(np.isnan(accuracy), rules.accuracy_m, accuracy)
    return rules.buffer_m + rules.k * np.sqrt(known**2 + rules.road_accuracy_m**2) + rules.road_width_m / 2


@settings(max_examples=13)
@given(st.integers(0, 10_000), latitudes)
def test_facts_of_pieces_are_those_of_points_on_them(seed, latitude):
    frame, places, lines = ground(seed, latitude)
    network, rules = network_of(lines), Rules()
    evidence = find(network, coverage.arrange(frame, incidents=places), DAY, rules)
    polygons, points = frame.geometry.to_numpy(), places.geometry.to_numpy()
    reach = buffers(rules, frame["positional_accuracy_m"].to_numpy())
    point_reach = buffers(rules, places["location_accuracy_m"].to_numpy())
    confirmed = (frame["classification"] == "CHA").to_numpy()
    for edge in range(len(network)):
        at, xy = along(network, edge, 25.0)
        gap, point_gap = far(xy, polygons), far(xy, points)
        mine = np.flatnonzero(evidence.pieces["edge"] == edge)
        pieces = evidence.pieces[mine]
        place = np.searchsorted(pieces["begin"], at, side="right") - 1
        near = np.array(
            [(begin < at - 0.2) & (at + 0.2 < end) for begin, end in zip(pieces["begin"], pieces["end"], strict=True)]
        )
        inner = near[place, np.arange(len(at))]  # the middle of the road, not where one piece turns into the next
        for k in np.flatnonzero(inner).tolist():
            piece = pieces[place[k]]
            number = int(mine[place[k]])
            barred = np.zeros(len(frame), dtype=bool)
            barred[evidence.barred_by[evidence.barring[number] : evidence.barring[number + 1]]] = True
            # Never outside what bars by the other measure; wider by no more than the slack and its error.
            assert barred[gap[k] <= reach].all()
            assert not barred[gap[k] > reach + WITHIN].any()
            inside = gap[k] == 0
            state = STATES[piece["ground"]].value
            assert state == ("CHA" if (inside & confirmed).any() else "SHA" if inside.any() else "no_recorded_hazard")
            if (gap[k] <= rules.exposed_m).any():
                assert piece["exposed"]
            if (gap[k] > rules.exposed_m + WITHIN).all():
                assert not piece["exposed"]
            if (point_gap[k] <= point_reach).any():
                assert piece["point"] >= 0
            if (point_gap[k] > point_reach + WITHIN).all():
                assert piece["point"] < 0
            assert piece["distance"] <= max(gap[k].min(), 0) + WITHIN or gap[k].min() > rules.listed_m - WITHIN
        check_nearest(evidence, frame, edge)


def check_nearest(evidence, frame, edge):
    """The distance of a piece is the least of its points, and of no hazard is it less."""
    pieces = evidence.pieces[evidence.pieces["edge"] == edge]
    low, high = evidence.network.first[edge : edge + 2]
    for piece in pieces[:: max(len(pieces) // 6, 1)]:
        at = np.unique(np.r_[np.linspace(piece["begin"], piece["end"], 25), evidence.network.along[low:high]])
        at = at[(at >= piece["begin"]) & (at <= piece["end"])]
        xy = np.column_stack(
            [np.interp(at, evidence.network.along[low:high], evidence.network.lonlat[low:high, k]) for k in (0, 1)]
        )
        gap = far(xy, frame.geometry.to_numpy())
        step = np.diff(at).max()
        least = gap.min()
        if piece["nearest"] < 0:
            assert least > evidence.rules.listed_m - WITHIN
            continue
        assert piece["distance"] <= least + WITHIN
        named = gap[:, list(frame["id"]).index(evidence.hazards.ids[piece["nearest"]])].min()
        assert named - step / 2 - WITHIN <= piece["distance"] <= named + WITHIN


def test_a_buffer_is_as_wide_as_the_domain_says():
    """East of a square, straight along a parallel: base + k * sqrt(hazard^2 + road^2) + half the width."""
    hazard = gpd.GeoDataFrame(
        {"id": ["A"], "classification": ["CHA"], "opened_on": "2020-01-01", "positional_accuracy_m": [50.0]},
        geometry=[shapely.box(46.0, 39.0, 46.01, 39.01)],
        crs=4326,
    )
    network = network_of([[(46.01, 39.005), (46.03, 39.005)]], {"width_m": [8.0]})
    evidence = find(network, coverage.arrange(hazard), DAY, Rules(buffer_m=7, k=3, road_accuracy_m=12))
    wanted = 7 + 3 * np.hypot(50, 12) + 4
    barred = evidence.pieces[evidence.pieces["blocker"] == 0]
    assert barred["end"].max() == pytest.approx(wanted, abs=0.02)
    assert barred["end"].max() > wanted


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.floats(-75, 75), st.floats(0, 600))
def test_the_plane_is_wrong_by_less_than_the_slack(seed, latitude, distance):
    """From any point of a band, to points at a distance by the geodesic."""
    rng = np.random.default_rng(seed)
    band = 2.0**-8
    middle = (np.floor(latitude / band) + 0.5) * band
    start = middle + rng.uniform(-band / 2, band / 2, 50)
    lon, lat, _ = GEOD.fwd(np.full(50, 46.0), start, rng.uniform(0, 360, 50), np.full(50, distance))
    x, y = metres_per_degree(np.array([middle]))
    measured = np.hypot((np.asarray(lon) - 46.0) * x, (np.asarray(lat) - start) * y)
    assert (np.abs(measured - distance) <= slack(np.array([distance]), lean(np.array([middle]))) + 1e-6).all()
    if abs(latitude) <= 60 and distance <= 300:
        assert slack(np.array([distance]), lean(np.array([middle])))[0] < WITHIN


def sampled(evidence, chain, at):
    """The class at positions along a chain of edges."""
    found = classes(evidence, Mode.car)
    offset = np.r_[0.0, np.cumsum(evidence.network.length[chain])]
    begin, kind = [], []
    for edge, start in zip(chain, offset[:-1].tolist(), strict=True):
        mine = evidence.pieces["edge"] == edge
        begin.append(evidence.pieces["begin"][mine] + start)
        kind.append(found[mine])
    return np.concatenate(kind)[np.searchsorted(np.concatenate(begin), at, side="right") - 1]


def turns(evidence, edge):
    found = classes(evidence, Mode.car)
    mine = np.flatnonzero(evidence.pieces["edge"] == edge)
    return evidence.pieces["begin"][mine][1:][found[mine][1:] != found[mine][:-1]]


@settings(max_examples=13)
@given(st.integers(0, 10_000), latitudes)
def test_splitting_and_densifying_change_no_class(seed, latitude):
    frame, places, lines = ground(seed, latitude)
    whole = find(network_of(lines), coverage.arrange(frame, incidents=places), DAY)
    dense = frame.set_geometry(shapely.segmentize(frame.geometry.to_numpy(), 0.0004))
    doubled = gpd.GeoDataFrame(
        {name: list(frame[name]) * 2 for name in frame.columns if name != "geometry"}
        | {"id": [f"D{k}" for k in range(2 * len(frame))]},
        geometry=[*frame.geometry, *frame.geometry],
        crs=4326,
    )
    split = halves(frame)
    for other in (dense, doubled, split):
        again = find(network_of(lines), coverage.arrange(other, incidents=places), DAY)
        same_by_metre(whole, again, [[0], [1]])
    finer = [[tuple(xy) for xy in shapely.segmentize(shapely.LineString(line), 0.0007).coords] for line in lines]
    same_by_metre(whole, find(network_of(finer), coverage.arrange(frame, incidents=places), DAY), [[0], [1]])
    cut = [[*line[:2]] for line in lines] + [line[1:] for line in lines]
    same_by_metre(whole, find(network_of(cut), coverage.arrange(frame, incidents=places), DAY), [[0, 2], [1, 3]])


def halves(frame):
    """Every hazard cut in two along a meridian through it, each half a hazard of the same class and accuracy."""
    rows, parts = [], []
    for k, polygon in enumerate(frame.geometry):
        west, south, east, north = polygon.bounds
        middle = (west + east) / 2
        for box in (
            shapely.box(west - 1, south - 1, middle, north + 1),
            shapely.box(middle, south - 1, east + 1, north + 1),
        ):
            part = polygon.intersection(box)
            rows.append(k)
            parts.append(part)
    found = frame.iloc[rows].set_geometry(parts).reset_index(drop=True)
    found["id"] = [f"S{k}" for k in range(len(found))]
    return found


def same_by_metre(one, other, chains):
    """Every metre has the same class, but for the centimetre where classes turn."""
    for k, chain in enumerate(chains):
        length = one.network.length[k]
        assert sum(other.network.length[edge] for edge in chain) == pytest.approx(length, abs=0.01)
        at = np.arange(0.5, length - 0.5, 1.0)
        near = np.abs(at[:, None] - turns(one, k)[None, :]).min(axis=1, initial=np.inf) < 0.02
        mine, theirs = sampled(one, [k], at), sampled(other, chain, at)
        assert (mine == theirs)[~near].all()


def test_a_metre_inside_the_buffer_is_a_hard_block():
    frame, places, lines = ground(3, 39.0)
    evidence = find(network_of(lines), coverage.arrange(frame, incidents=places), DAY)
    found = classes(evidence, Mode.car)
    barred = (np.diff(evidence.barring) > 0) | (evidence.pieces["point"] >= 0)
    assert barred.any()
    assert not barred.all()
    assert (found[barred] <= HARD).all()
    assert (found[~barred] > HARD).all()
