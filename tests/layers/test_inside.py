"""The laws of the partition of a piece of ground: it sums, it splits, and a place in it is in the state of that place."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import coverage, measure
from layers.coverage.inside import inside, nested
from layers.coverage.partition import STATE_COLUMNS

T = "2021-06-01"


def square(x, y, side):
    return shapely.box(x, y, x + side, y + side)


def frames(hazards=(), releases=(), surveys=(), crs=None):
    def frame(rows, **fields):
        columns = {"id": [f"R{k}" for k in range(len(rows))]}
        for name, value in fields.items():
            columns[name] = [value] * len(rows)
        return gpd.GeoDataFrame(columns, geometry=[one for one, *_ in rows], crs=crs)

    made = {
        "hazards": frame(hazards, opened_on="2020-01-01").assign(classification=[one[1] for one in hazards]),
        "releases": frame(releases, completed_on="2021-01-01", qc_status="passed", qc_on="2021-01-02").assign(
            product=[one[1] for one in releases]
        ),
        "surveys": frame(surveys, surveyed_on="2021-01-01"),
    }
    return {name: one for name, one in made.items() if len(one)}


squares = st.builds(square, *[st.integers(0, 20)] * 2, st.integers(1, 9))
hazards = st.lists(st.tuples(squares, st.sampled_from(["SHA", "CHA"])), max_size=4)
releases = st.lists(st.tuples(squares, st.sampled_from(["cleared", "reduced", "cancelled"])), max_size=3)
surveys = st.lists(st.tuples(squares), max_size=2)


@given(hazards, releases, surveys, squares)
@settings(max_examples=14)
def test_states_sum_to_the_parcel_and_are_those_of_each_unit_square(h, r, s, parcel):
    all_ = frames(h, r, s)
    found = inside(parcel, T, all_, planar=True)
    assert sum(found.states.values()) == pytest.approx(parcel.area, abs=1e-5)
    assert found.area_m2 == sum(found.states.values())
    assert found.certificate["passed"]
    # Brute force: every unit square lies in one face, so that each is judged by the place in its middle.
    counted = dict.fromkeys(STATE_COLUMNS, 0.0)
    west, south, east, north = (int(one) for one in parcel.bounds)
    for x, y in np.ndindex(east - west, north - south):
        counted[state_at(x + west + 0.5, y + south + 0.5, h, r, s)] += 1.0
    assert found.states == pytest.approx(counted, abs=1e-5)
    for k, (shape, _) in enumerate(h):
        assert found.open_m2.get(f"R{k}", 0.0) <= shape.intersection(parcel).area + 1e-5


def state_at(x, y, h, r, s):
    """The state of a place by the rules of domain.md, section 4, for hazards older than every release."""
    ranks = {"cancelled": 1, "reduced": 2, "cleared": 3}
    over = [kind for shape, kind in h if shapely.intersects_xy(shape, x, y)]
    released = [kind for shape, kind in r if shapely.intersects_xy(shape, x, y)]
    answers = [[kind for kind in released if kind != "cancelled" or one == "SHA"] for one in over]
    unanswered = [one for one, by in zip(over, answers, strict=True) if not by]
    if unanswered:
        return "CHA" if "CHA" in unanswered else "SHA"
    if over:
        return min((max(by, key=ranks.get) for by in answers), key=ranks.get)
    if released:
        return max(released, key=ranks.get)
    return "surveyed_no_evidence" if any(shapely.intersects_xy(one, x, y) for (one,) in s) else "no_recorded_hazard"


@given(hazards, releases, squares, st.floats(0.1, 0.9))
@settings(max_examples=4)
def test_a_split_parcel_sums_to_the_whole(h, r, parcel, share):
    all_ = frames(h, r)
    west, south, east, north = parcel.bounds
    cut = west + (east - west) * share
    parts = [shapely.box(west, south, cut, north), shapely.box(cut, south, east, north)]
    sums = [inside(one, T, all_, planar=True).states for one in parts]
    whole = inside(parcel, T, all_, planar=True).states
    assert {name: sums[0][name] + sums[1][name] for name in whole} == pytest.approx(whole, abs=1e-5)


@given(st.sampled_from(["SHA", "CHA"]), st.integers(2, 9), st.floats(0.01, 0.9))
@settings(max_examples=4)
def test_a_parcel_within_a_hazard_is_in_its_state_alone(kind, side, share):
    hazard = square(0, 0, side)
    parcel = shapely.affinity.scale(hazard, share, share)
    found = inside(parcel, T, frames([(hazard, kind)]), planar=True)
    assert {name for name, m2 in found.states.items() if m2} == {kind}
    assert found.states[kind] == pytest.approx(parcel.area, abs=1e-5)
    assert found.open_m2 == {"R0": pytest.approx(parcel.area, abs=1e-5)}


def test_a_parcel_that_is_a_district_has_its_row():
    """In degrees, over cells and a boundary in two parts: as the district of the whole ground has it, to the bit."""
    area = shapely.multipolygons([square(46.0, 39.0, 0.05), shapely.Point(46.2, 39.1).buffer(0.03)])
    district = gpd.GeoDataFrame({"id": ["D"], "name": ["D"]}, geometry=[area], crs=measure.LONLAT)
    all_ = frames(
        [(square(46.01, 39.01, 0.1), "SHA"), (square(46.18, 39.08, 0.04), "CHA"), (square(47, 40, 0.1), "CHA")],
        [(square(46.02, 39.0, 0.02), "reduced")],
        [(square(45.99, 38.99, 0.03),)],
        crs=measure.LONLAT,
    )
    row = coverage.arrange(*all_.values(), district).partition(T).iloc[0]
    found = inside(area, T, all_)
    assert found.states == pytest.approx(row[list(STATE_COLUMNS)].to_dict(), abs=1e-4)
    assert found.area_m2 == pytest.approx(float(measure.areas(np.array([area]))[0]), abs=1e-3)


@given(hazards, releases, st.integers(1, 4), st.integers(1, 4))
@settings(max_examples=3)
def test_nested_ground_is_that_of_each_alone(h, r, one, more):
    all_ = frames(h, r)
    grounds = [square(8, 8, 3), shapely.Point(9.5, 9.5).buffer(3 + one), shapely.Point(9.5, 9.5).buffer(3 + one + more)]
    for states, ground in zip(nested(grounds, T, all_, planar=True), grounds, strict=True):
        assert states == pytest.approx(inside(ground, T, all_, planar=True).states, abs=1e-4)


def test_ground_without_any_record_is_not_assessed():
    found = inside(square(0, 0, 10), T, {}, planar=True)
    assert found.states == dict.fromkeys(STATE_COLUMNS, 0.0) | {"no_recorded_hazard": 100.0}
    assert found.open_m2 == {}


def test_ground_that_is_none_is_refused():
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(ValueError, match="not a valid polygon"):
        inside(bow, T, {}, planar=True)
