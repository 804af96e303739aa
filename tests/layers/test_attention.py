"""What a person must look at: each kind of it is found, with its record and its square metres."""

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from layers import coverage

DAY = "2021-12-31"
SQUARE = box(0, 0, 100, 100)


def hazard(geometry=SQUARE, identifier="H", classification="SHA", opened_on="2020-01-01", **fields):
    return {"id": identifier, "classification": classification, "opened_on": opened_on, "geometry": geometry} | fields


def release(geometry=SQUARE, identifier="R", product="reduced", completed_on="2020-06-01", **fields):
    return {"id": identifier, "product": product, "completed_on": completed_on, "geometry": geometry} | fields


def later(valid_from, change="survey", **fields):
    return hazard(valid_from=valid_from, change=change, **fields)


def cleared(**fields):
    passed = {"product": "cleared", "qc_status": "passed", "qc_on": "2020-06-02", "depth_cm": 20}
    return release(**(passed | fields))


def frame(rows):
    return gpd.GeoDataFrame(rows) if rows else None


def listed(hazards=(), releases=(), surveys=(), **points):
    rows = {name: frame(list(found)) for name, found in points.items()}
    arrangement = coverage.arrange(frame(list(hazards)), frame(list(releases)), frame(list(surveys)), **rows)
    found = arrangement.attention(DAY)
    return {(one.code, one.id, one.other): one.m2 for one in found.itertuples()}


CASES = {
    "nothing": ([hazard()], [release()], {}),
    "cancellation over confirmed ground": (
        [hazard(classification="CHA")],
        [release(box(0, 0, 50, 100), product="cancelled")],
        {("cancellation_over_confirmed", "R", "H"): 5000.0},
    ),
    "reopened by worse evidence": (
        [hazard(), later("2021-01-01", classification="CHA")],
        [release()],
        {("released_ground_reopened", "H", None): 10_000.0},
    ),
    "kept by decision": (
        [hazard(), later("2021-01-01", classification="CHA", keeps_released=True, note="told so")],
        [release()],
        {("released_ground_kept", "H", None): 10_000.0},
    ),
    "a correction onto released ground": (
        [hazard(box(0, 0, 50, 100)), later("2021-01-01", "correction")],
        [release()],
        {("correction_onto_released", "H", None): 5000.0},
    ),
    "a correction that moves opened_on behind a release": (
        [hazard(opened_on="2020-09-01"), later("2021-01-01", "correction", opened_on="2020-01-01")],
        [release()],
        {("correction_moves_opened_on", "H", "R"): 10_000.0, ("released_ground_reopened", "H", None): 10_000.0},
    ),
    "a release that names nothing": (
        [hazard()],
        [release(hazards=["NOBODY"])],
        {("release_names_unknown", "R", "NOBODY"): 10_000.0},
    ),
    "cleared without quality control": (
        [hazard()],
        [release(product="cleared", qc_status="not_required", depth_cm=20)],
        {("cleared_without_qc", "R", None): 10_000.0},
    ),
    "cleared without depth": ([hazard()], [cleared(depth_cm=None)], {("cleared_without_depth", "R", None): 10_000.0}),
    "confirmed ground left by downgrade": (
        [hazard(classification="CHA"), later("2021-01-01", classification="SHA")],
        [],
        {("confirmed_left_open", "H", None): 10_000.0},
    ),
    "withdrawn where a release covers": (
        [hazard(), later("2021-01-01", "correction", withdrawn=True)],
        [release(box(0, 0, 25, 100))],
        {("withdrawn_on_released", "H", None): 2500.0},
    ),
    "released where nothing stood": (
        [hazard()],
        [release(box(50, 0, 150, 100))],
        {("released_without_record", "R", None): 5000.0},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_is_listed_with_its_area(name):
    hazards, releases, wanted = CASES[name]
    assert listed(hazards, releases) == wanted


def test_a_failed_control_reopens_and_names_the_release():
    failed = cleared(valid_from="2021-03-01", change="survey") | {"qc_status": "failed", "qc_on": "2021-03-01"}
    found = listed([hazard()], [cleared(), failed])
    assert found == {("released_ground_reopened", "R", None): 10_000.0}


def test_a_survey_over_open_ground():
    found = listed([hazard()], surveys=[{"id": "S", "surveyed_on": "2021-01-01", "geometry": box(0, 0, 10, 100)}])
    assert found == {("survey_over_open", "S", None): 1000.0}


def test_an_accident_after_the_release():
    accident = {"id": "I", "kind": "accident", "occurred_on": "2021-01-01", "geometry": Point(5, 5)}
    found = listed(
        [hazard()],
        [release()],
        incidents=[accident],
        spots=[{"id": "P", "found_on": "2019-01-01", "geometry": Point(5, 5)}],
    )
    assert found == {("found_after_release", "I", "R"): 0.0}


def test_pairs_that_overlap_are_listed_with_their_ground():
    arrangement = coverage.arrange(
        frame([hazard(), hazard(box(50, 0, 150, 100), "K"), hazard(box(90, 0, 100, 100), "L")])
    )
    pairs = {(one.hazard, one.other): one.m2 for one in arrangement.overlaps(DAY).itertuples()}
    assert pairs == {("H", "K"): 5000.0, ("H", "L"): 1000.0, ("K", "L"): 1000.0}
    assert arrangement.partition(DAY).attrs["total"]["overlap_m2"] == 6000.0
