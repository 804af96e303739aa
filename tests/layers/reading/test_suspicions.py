"""What is possible but should be looked at, as gravely as the programme says."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_cases import HAZARD, codes, feature, judge
from shapely.geometry import box, mapping

from geo_service.settings import settings_of
from layers import measure, reading
from layers.reading.severity import DEFAULTS, LEVELS, severities

NEAR = gpd.GeoDataFrame(
    {"id": ["H1", "R1", "A"], "layer": ["hazards", "releases", "hazards"]},
    geometry=[box(46.005, 39, 46.02, 39.01), box(46, 39.005, 46.01, 39.02), box(46, 39, 46.01, 39.01)],
    crs=4326,
)


def near(bounds):
    return NEAR[NEAR.intersects(box(*bounds))]


def messages(verdict, code):
    return [(one.row, one.level, one.message) for one in verdict.problems if one.code == code]


def m2(shape):
    return float(measure.areas(np.array([shape], dtype=object))[0])


def test_overlaps_with_what_is_in_force_are_named_with_m2_and_percent():
    verdict = judge([feature(id="A", **HAZARD)], neighbours=near)
    [(row, level, message)] = messages(verdict, "overlap_hazard")
    size = m2(box(46.005, 39, 46.01, 39.01))
    assert (row, level) == (1, "warning")
    assert f"H1 ({size:,.1f} m2, 50.0 %)" in message
    assert "A (" not in message  # an earlier version of itself is no neighbour
    [(_, _, message)] = messages(verdict, "overlap_release")
    assert "R1" in message


def test_a_release_over_a_hazard_is_a_notice():
    row = feature(id="A", product="cleared", completed_on="2021-01-01")
    verdict = judge([row], "releases", neighbours=near)
    assert [level for _, level, _ in messages(verdict, "covers_hazard")] == ["notice"]
    [(_, _, message)] = messages(verdict, "covers_hazard")
    assert "A (" in message  # a hazard of the same id is another record
    assert "H1" in message


def test_overlaps_inside_a_file_are_told_in_both_rows():
    rows = [feature(id="A", **HAZARD), feature(mapping(box(46.005, 39, 46.02, 39.01)), id="B", **HAZARD)]
    found = messages(judge(rows), "overlap_hazard")
    assert [(row, "B" in message, "A" in message) for row, _, message in found] == [(1, True, False), (2, False, True)]


def test_rows_that_only_touch_do_not_overlap_and_crumbs_are_counted():
    touching = [feature(id="A", **HAZARD), feature(mapping(box(46.01, 39, 46.02, 39.01)), id="B", **HAZARD)]
    assert messages(judge(touching), "overlap_hazard") == []
    crumb = [feature(id="A", **HAZARD), feature(mapping(box(46.01 - 1e-9, 39, 46.02, 39.01)), id="B", **HAZARD)]
    assert messages(judge(crumb), "overlap_hazard") == []


def test_versions_of_one_record_do_not_overlap_one_another():
    rows = [
        feature(id="A", valid_from="2020-01-01", **HAZARD),
        feature(id="A", valid_from="2021-01-01", change="survey", **(HAZARD | {"classification": "CHA"})),
    ]
    verdict = judge(rows)
    assert codes(verdict, "warning") == []


def test_many_overlaps_are_one_line():
    rows = [feature(mapping(box(46, 39, 46.01, 39.01 + k / 1000)), id=f"R{k}", **HAZARD) for k in range(9)]
    found = messages(judge(rows), "overlap_hazard")
    assert len(found) == 9
    assert all("and 3 more" in message for _, _, message in found)


boxes = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4)).map(
    lambda n: box(46 + n[0] / 100, 39 + n[1] / 100, 46 + (n[0] + n[2]) / 100, 39 + (n[1] + n[3]) / 100)
)


@given(st.lists(boxes, min_size=2, max_size=6))
def test_every_overlapping_pair_is_named_and_no_other(shapes):
    rows = [feature(mapping(shape), id=f"R{k}.", **HAZARD) for k, shape in enumerate(shapes)]
    told = {row: message for row, _, message in messages(judge(rows), "overlap_hazard")}
    for k, shape in enumerate(shapes):
        for j, other in enumerate(shapes):
            named = f"R{j}." in told.get(k + 1, "")
            assert named == (j != k and shape.intersection(other).area > 0)


@pytest.mark.parametrize(
    ("level", "rejected", "lines"), [("error", 1, 1), ("warning", 0, 1), ("notice", 0, 1), ("ignore", 0, 0)]
)
def test_severity_is_the_programmes(level, rejected, lines):
    programme = reading.Programme(severity={"overlap_hazard": level, "overlap_release": "ignore"})
    verdict = judge([feature(id="A", **HAZARD)], neighbours=near, programme=programme)
    assert verdict.rejected == rejected
    assert [one.level for one in verdict.problems if one.code == "overlap_hazard"] == [level] * lines


def test_severities_are_settings_of_the_store():
    assert settings_of({"severity": {"sliver": "error"}}).severity == {"sliver": "error"}
    for wrong in ({"sliver": "grave"}, {"colour": "error"}, "error"):
        with pytest.raises(ValueError, match=r"severity|check"):
            settings_of({"severity": wrong})
    assert severities(dict(DEFAULTS)) == dict(DEFAULTS)
    assert set(DEFAULTS.values()) <= set(LEVELS)


AREA = m2(box(46, 39, 46.01, 39.01))


@pytest.mark.parametrize(
    ("row", "answers", "kept", "warned"),
    [
        ({"reported_area_m2": AREA}, {}, AREA, False),
        ({"reported_area_m2": AREA * 1.2}, {}, AREA * 1.2, True),
        ({"Area (ha)": AREA / 1e4}, {}, AREA, False),
        ({"Площадь, га": AREA / 1e4}, {}, AREA, False),
        ({"area_km2": AREA / 1e6 * 1.5}, {}, AREA * 1.5, True),
        ({"area": AREA}, {}, AREA, False),
        ({"area": AREA / 1e4}, {"area_unit": "ha"}, AREA, False),
        ({"reported_area_m2": AREA / 1e4}, {"area_unit": "ha"}, AREA, False),
        ({"reported_area_m2": AREA / 1e4}, {"area_unit": "m2"}, AREA / 1e4, True),
    ],
)
def test_reported_areas_in_their_unit(row, answers, kept, warned):
    verdict = judge([feature(id="A", **HAZARD, **row)], answers=answers)
    assert verdict.versions["reported_area_m2"].iloc[0] == pytest.approx(kept)
    assert bool(messages(verdict, "reported_area")) == warned


@pytest.mark.parametrize(
    "row", [{"area": AREA / 1e4}, {"area": 17.0}, {"reported_area_m2": AREA / 1e4}, {"Area (ha)": AREA}]
)
def test_a_unit_that_nothing_tells_is_asked_about(row):
    with pytest.raises(reading.Question) as asked:
        judge([feature(id="A", **HAZARD, **row)])
    assert (asked.value.code, asked.value.choices) == ("area_unit", ("m2", "ha", "km2"))


def test_slivers_long_edges_and_copies():
    rows = [
        feature(mapping(box(46, 39, 46 + 1e-6, 39 + 1e-6)), id="sliver", **HAZARD),
        feature(mapping(box(46.5, 39, 46.6, 39.001)), id="long", **HAZARD),
        feature(mapping(box(46.5, 39, 46.6, 39.001)), id="copy", **HAZARD),
    ]
    found = {(one.code, one.row) for one in judge(rows).problems if one.code != "overlap_hazard"}
    assert found == {("sliver", 1), ("long_edge", 2), ("long_edge", 3), ("duplicate", 3)}


def test_identical_incidents_are_copies_and_others_are_not():
    point = {"type": "Point", "coordinates": [46, 39]}
    row = {"kind": "accident", "occurred_on": "2020-01-01"}
    rows = [feature(point, **row), feature(point, **row), feature(point, **(row | {"occurred_on": "2020-01-02"}))]
    found = [one.row for one in judge(rows, "incidents").problems if one.code == "duplicate"]
    assert found == [2]


@pytest.mark.parametrize(("total", "warned"), [(3, False), (4, True), ("", False), ("many", False)])
def test_the_killed_and_the_injured_are_the_total(total, warned):
    point = {"type": "Point", "coordinates": [46, 39]}
    row = {
        "id": "A",
        "kind": "accident",
        "occurred_on": "2020-01-01",
        "deaths": 1,
        "wounded": 2,
        "Total victims": total,
    }
    verdict = judge([feature(point, **row)], "incidents")
    assert verdict.versions[["killed", "injured"]].to_numpy().tolist() == [[1, 2]]
    assert bool(messages(verdict, "casualties_sum")) == warned


def test_lines_of_the_report_hold_the_rows_values():
    verdict = judge([feature(id="A", **HAZARD, sheet="2385-II"), feature(id="B", classification="XXX")])
    line = next(one for one in verdict.problems if one.code == "bad_classification")
    assert line.values == '{"classification":"XXX","id":"B"}'
    assert all(one.values is None for one in verdict.problems if one.row is None)
