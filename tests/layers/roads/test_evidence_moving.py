"""Moved forward or back, evidence is what it would be if it were found anew, to the last digit."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from road_lines import network_of

from layers import coverage, versions
from layers.coverage.opens import open_ground
from layers.definitions import LAYERS
from layers.roads.evidence import find, moved
from layers.roads.rules import Rules

CHANGESETS = 4
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
SMALL = Rules(buffer_m=5, k=1, exposed_m=60, listed_m=120)


def same(one, other):
    """All that evidence says is equal, not nearly."""
    for name in one.pieces.dtype.names:
        np.testing.assert_array_equal(one.pieces[name], other.pieces[name], err_msg=name)
    np.testing.assert_array_equal(one.barring, other.barring)
    np.testing.assert_array_equal(one.barred_by, other.barred_by)
    same_opens(one.hazards, other.hazards)
    for frame, again in ((one.points, other.points), (one.sources, other.sources)):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(again), check_exact=True)
    assert (one.as_of, one.rules) == (other.as_of, other.rules)


def same_opens(one, other):
    for field in dataclasses.fields(one):
        if field.name == "polygons":
            assert (shapely.to_wkb(one.polygons) == shapely.to_wkb(other.polygons)).all()
        elif field.name != "made":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


def stars(rng, count, reach):
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 8)), axis=1)
    out = reach * rng.uniform(0.2, 1, (count, 8)) * rng.uniform(0.3, 1.3, (count, 1))
    x, y = 46 + rng.uniform(0, 0.05, (count, 1)), 39 + rng.uniform(0, 0.05, (count, 1))
    found = shapely.polygons(np.stack([x + out * np.cos(turn), y + out * np.sin(turn)], axis=2))
    return shapely.make_valid(found, method="structure", keep_collapsed=False)


def days(rng, count):
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, count), unit="D")


def recorded(rng, rows):
    """Ids that come up again, recorded in the order of a few changesets."""
    n = len(rows["id"])
    rows["valid_from"] = days(rng, n)
    rows["recorded_at"] = FIRST + pd.to_timedelta(np.sort(rng.integers(0, CHANGESETS, n)), unit="D")
    rows["withdrawn"] = rng.random(n) < 0.15
    return rows


def history(seed):
    """Hazards, releases, surveys, incidents and spots that change from changeset to changeset."""
    rng = np.random.default_rng(seed)
    n = 14
    opened = dict(zip(range(8), days(rng, 8), strict=True))
    which = rng.integers(0, 8, n)
    hazards = recorded(
        rng,
        {
            "id": [f"H{k}" for k in which],
            "classification": rng.choice(["SHA", "CHA"], n),
            "opened_on": [opened[k] for k in which.tolist()],
            "change": rng.choice(["survey", "correction"], n),
            "positional_accuracy_m": rng.choice([5.0, 40.0, np.nan], n),
        },
    )
    r = 10
    completed = days(rng, r)
    releases = recorded(
        rng,
        {
            "id": [f"R{k}" for k in rng.integers(0, 6, r)],
            "product": rng.choice(["cancelled", "reduced", "cleared", "cleared"], r),
            "completed_on": completed,
            "qc_status": rng.choice(["passed", "passed", "pending"], r),
            "change": rng.choice(["survey", "correction"], r),
            "handed_over_on": completed + pd.to_timedelta(30, unit="D"),
        },
    )
    releases["qc_on"] = [
        day if qc == "passed" else None for day, qc in zip(completed, releases["qc_status"], strict=True)
    ]
    surveys = recorded(rng, {"id": [f"S{k}" for k in rng.integers(0, 3, 4)], "surveyed_on": days(rng, 4)})
    incidents = recorded(
        rng,
        {
            "id": [f"I{k}" for k in rng.integers(0, 4, 6)],
            "kind": rng.choice(["accident", "incident"], 6),
            "occurred_on": days(rng, 6),
            "location_accuracy_m": rng.choice([5.0, np.nan], 6),
        },
    )
    spots = recorded(
        rng,
        {
            "id": [f"P{k}" for k in rng.integers(0, 3, 4)],
            "found_on": days(rng, 4),
            "disposition": rng.choice(["in_place", "removed", None], 4),
        },
    )
    shapes = stars(rng, n, 0.006)
    released = np.concatenate([shapes[rng.integers(0, n, r // 2)], stars(rng, r - r // 2, 0.008)])
    places = [shapely.points(46 + rng.uniform(0, 0.05, k), 39 + rng.uniform(0, 0.05, k)) for k in (6, 4)]
    grounds = (shapes, released, stars(rng, 4, 0.01), *places)
    names = ("hazards", "releases", "surveys", "incidents", "spots")
    frames = {}
    for name, rows, ground in zip(names, (hazards, releases, surveys, incidents, spots), grounds, strict=True):
        frame = gpd.GeoDataFrame(rows, geometry=ground, crs=4326)
        frames[name] = versions.in_order_of_recording(versions.typed(frame, LAYERS[name]))
    return frames


def known(frames, moment):
    cut = {name: versions.known_by(frame, moment) for name, frame in frames.items()}
    return {name: frame for name, frame in cut.items() if len(frame)}


def roads(seed, count=6):
    rng = np.random.default_rng(seed)
    return [
        [(float(x), float(y)) for x, y in zip(46 + rng.uniform(0, 0.05, 3), 39 + rng.uniform(0, 0.05, 3), strict=True)]
        for _ in range(count)
    ]


dates = st.integers(0, 760).map(lambda n: date(2020, 1, 1) + timedelta(days=n))


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.lists(dates, min_size=3, max_size=3), st.sampled_from([Rules(), SMALL]))
def test_moved_by_changesets_dates_and_knowledge_is_as_found_anew(seed, some_days, rules):
    frames, network = history(seed), network_of(roads(seed))
    moments = [FIRST + timedelta(days=k) for k in range(CHANGESETS)]
    arrangement = coverage.arrange(**known(frames, moments[0]))
    evidence = find(network, arrangement, some_days[0], rules)
    for place, moment in enumerate(moments[1:]):
        arrangement = arrangement.extended(known(frames, moment))
        day = some_days[place % 2]
        evidence = moved(evidence, network, arrangement, day, rules)
        same(evidence, find(network, coverage.arrange(**known(frames, moment)), day, rules))
    # Another date, and what was known before.
    evidence = moved(evidence, network, arrangement, some_days[2], rules)
    same(evidence, find(network, coverage.arrange(**frames), some_days[2], rules))
    back = moved(evidence, network, arrangement.at(moments[1]), some_days[2], rules)
    same(back, find(network, coverage.arrange(**known(frames, moments[1])), some_days[2], rules))


@settings(max_examples=10)
@given(st.integers(0, 10_000), dates)
def test_moved_to_other_roads_is_as_found_anew(seed, day):
    arrangement = coverage.arrange(**history(seed))
    lines = roads(seed)
    evidence = find(network_of(lines), arrangement, day, SMALL)
    # One road gone, one drawn anew, one wider, one that is there twice; the others in another order.
    others = [lines[1], lines[4], lines[0], lines[0], roads(seed + 1, 1)[0], lines[3]]
    network = network_of(others, {"width_m": [None, None, None, None, None, 12.0]})
    same(moved(evidence, network, arrangement, day, SMALL), find(network, arrangement, day, SMALL))


def test_only_edges_near_what_changed_are_looked_at(monkeypatch):
    """Two roads 5 km apart; a hazard is drawn anew beside one of them."""
    hazards = gpd.GeoDataFrame(
        {
            "id": ["A", "B", "A"],
            "classification": "SHA",
            "opened_on": "2020-01-01",
            "valid_from": ["2020-01-01", "2020-01-01", "2020-05-01"],
            "change": ["survey", "survey", "survey"],
            "recorded_at": [FIRST, FIRST, FIRST + timedelta(days=1)],
        },
        geometry=[
            shapely.box(46.0, 39.001, 46.001, 39.002),
            shapely.box(46.0, 39.051, 46.001, 39.052),
            shapely.box(46.0, 39.001, 46.002, 39.002),
        ],
        crs=4326,
    )
    frames = {"hazards": versions.typed(hazards, LAYERS["hazards"])}
    network = network_of([[(46.0, 39.0), (46.01, 39.0)], [(46.0, 39.05), (46.01, 39.05)]])
    before = coverage.arrange(**known(frames, FIRST))
    evidence = find(network, before, "2021-01-01")
    looked_at = []
    from layers.roads import evidence as module

    original = module.found
    monkeypatch.setattr(
        module, "found", lambda n, edges, inputs: looked_at.append(edges.tolist()) or original(n, edges, inputs)
    )
    after = moved(evidence, network, before.extended(frames), "2021-01-01")
    assert looked_at == [[0]]
    same(after, find(network, coverage.arrange(**frames), "2021-01-01"))


@settings(max_examples=10)
@given(st.integers(0, 10_000), dates, dates)
def test_open_ground_moved_is_as_worked_out_anew(seed, one, other):
    frames = history(seed)
    moment = FIRST + timedelta(days=1)
    before = coverage.arrange(**known(frames, moment))
    opened = open_ground(before, one)
    again = before.extended(frames)
    fresh = coverage.arrange(**frames)
    same_opens(open_ground(again, other, opened), open_ground(fresh, other))
    same_opens(open_ground(again, one, opened), open_ground(fresh, one))
