"""The rules of rows: what is accepted, what is mended and named, what is rejected, and that the numbers add up."""

import datetime as dt

import orjson
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box, mapping

from layers import reading, versions
from layers.definitions import LAYERS
from layers.reading import geojson
from layers.reading.table import RawTable

TODAY = dt.date(2022, 1, 1)
SQUARE = mapping(box(46, 39, 46.01, 39.01))
HAZARD = {"classification": "SHA", "opened_on": "2020-01-01"}


def table(features):
    content = orjson.dumps({"type": "FeatureCollection", "features": features})
    found = geojson.parse(content)
    names = list(dict.fromkeys(name for row in found.properties for name in row))
    columns = {name: [row.get(name) for row in found.properties] for name in names}
    return RawTable(columns, found.geometry, None, found.ids, found.defects, found.notes, right_handed=True)


def feature(geometry=SQUARE, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def judge(features, layer="hazards", known=None, **options):
    frame = versions.empty(LAYERS[layer]) if known is None else known
    programme = options.pop("programme", reading.Programme())
    verdict = reading.assess(
        table(features),
        LAYERS[layer],
        known=lambda ids: frame[frame["id"].isin(ids)],
        today=TODAY,
        programme=programme,
        **options,
    )
    assert verdict.accepted + verdict.rejected == verdict.rows_read == len(features)
    return verdict


def codes(verdict, level="error"):
    return [one.code for one in verdict.problems if one.level == level]


def stored(verdict, at="2021-01-01T00:00:00Z"):
    frame = verdict.versions
    return frame.assign(recorded_at=pd.Timestamp(at), revision=1, changeset=1)


def test_a_good_row_is_accepted_and_its_defaults_are_filled_in():
    verdict = judge([feature(id="A", **HAZARD)])
    row = verdict.versions.iloc[0]
    assert (verdict.accepted, verdict.repaired) == (1, 0)
    assert (row["status"], row["devices"], row["change"], row["withdrawn"]) == ("open", ["unknown"], "survey", False)
    assert row["valid_from"] == pd.Timestamp("2020-01-01")


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"opened_on": "2020-01-01"}, "missing_field"),
        ({"classification": "SHA"}, "missing_field"),
        (HAZARD | {"classification": "minefield"}, "bad_classification"),
        (HAZARD | {"opened_on": "2023-01-01"}, "date_to_come"),
        (HAZARD | {"opened_on": "01.02.03"}, "bad_opened_on"),
        (HAZARD | {"reported_area_m2": "12,5"}, "bad_reported_area_m2"),
        (HAZARD | {"reported_area_m2": -1}, "bad_reported_area_m2"),
        (HAZARD | {"devices": "AP_mine;spoon"}, "bad_devices"),
        (HAZARD | {"keeps_released": True}, "keeps_released_reason"),
    ],
)
def test_rows_that_cannot_be_are_rejected_with_their_reason(properties, code):
    verdict = judge([feature(id="A", **properties), feature(id="B", **HAZARD)])
    assert codes(verdict) == [code]
    assert [one.row for one in verdict.problems if one.level == "error"] == [1]
    assert verdict.versions["id"].tolist() == ["B"]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"qc_status": "passed"}, "qc_on_missing"),
        ({"qc_status": "failed", "qc_on": "2020-12-31"}, "qc_before_completion"),
        ({"qc_status": "not_required"}, "qc_required"),
    ],
)
def test_quality_control_fits(properties, code):
    row = {"id": "R", "product": "cleared", "completed_on": "2021-01-01"} | properties
    programme = reading.Programme(qc_required_from=dt.date(2020, 6, 1))
    assert codes(judge([feature(**row)], "releases", programme=programme)) == [code]


def test_quality_control_of_cleared_ground_is_pending_by_default_and_of_other_ground_not_required():
    rows = [feature(id=name, product=name, completed_on="2021-01-01") for name in ("cleared", "reduced", "cancelled")]
    verdict = judge(rows, "releases")
    assert verdict.versions["qc_status"].tolist() == ["pending", "not_required", "not_required"]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "no_geometry"),
        ({"type": "MultiPolygon", "coordinates": []}, "empty_geometry"),
        ({"type": "Point", "coordinates": [46, 39]}, "geometry_type"),
        ({"type": "Polygon", "coordinates": [[[46, 39], [46, 39], [46.1, 39], [46, 39]]]}, "too_few_vertices"),
        ({"type": "Polygon", "coordinates": [[[46, 39], [46.1, 39.1], [46.2, 39.2], [46, 39]]]}, "no_area"),
        ({"type": "Polygon", "coordinates": [[[446, 39], [446.1, 39.1], [446.2, 39], [446, 39]]]}, "outside_world"),
        ({"type": "Polygon", "coordinates": "none"}, "geometry"),
        ({"type": "Circle", "coordinates": [1, 2]}, "geometry"),
        ("POLYGON", "geometry"),
    ],
)
def test_geometry_that_is_no_ground_is_rejected(geometry, code):
    good = [feature(id=f"B{k}", **HAZARD) for k in range(3)]
    assert codes(judge([feature(geometry, id="A", **HAZARD), *good])) == [code]


def test_not_a_number_is_rejected_and_the_other_rows_stay():
    content = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[NaN,39],[46.1,39],[46.1,39.1],[NaN,39]]]}}]}'
    found = geojson.parse(content)
    assert len(found.properties) == 1
    verdict = reading.assess(
        RawTable({}, found.geometry, None, found.ids, found.defects, found.notes),
        LAYERS["hazards"], known=lambda _: versions.empty(LAYERS["hazards"]), today=TODAY, programme=reading.Programme(),
        set_values=HAZARD,
    )  # fmt: skip
    assert verdict.rejected == 1


def test_a_self_intersection_is_mended_and_named_with_both_areas():
    bow = {"type": "Polygon", "coordinates": [[[46, 39], [46.01, 39.01], [46.01, 39], [46, 39.01], [46, 39]]]}
    verdict = judge([feature(bow, id="A", **HAZARD)])
    repairs = {one.code: one.message for one in verdict.problems if one.level == "repair"}
    assert "method structure" in repairs["self_intersection"]
    assert "area before" in repairs["self_intersection"]
    assert "after" in repairs["self_intersection"]
    assert verdict.repaired == 1
    assert shapely.is_valid(verdict.versions.geometry.iloc[0])


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([[46, 39], [46.01, 39], [46.01, 39.01], [46, 39]], None),
        ([[46, 39], [46.01, 39.01], [46.01, 39], [46, 39]], "ring_order"),
        ([[46, 39], [46.01, 39], [46.01, 39], [46.01, 39.01], [46, 39]], "repeated_vertices"),
        ([[46, 39, 5], [46.01, 39, 5], [46.01, 39.01, 5], [46, 39, 5]], "z_dropped"),
        ([[46, 39], [46.01, 39], [46.01, 39.01]], "ring_closed"),
    ],
)
def test_every_repair_is_named(ring, code):
    verdict = judge([feature({"type": "Polygon", "coordinates": [ring]}, id="A", **HAZARD)])
    assert codes(verdict, "repair") == ([code] if code else [])
    assert verdict.accepted == 1


def test_ground_outside_the_area_of_operations_is_rejected():
    programme = reading.Programme(area_of_operations=(45.0, 38.0, 47.0, 40.0))
    far = mapping(box(60, 50, 60.01, 50.01))
    rows = [feature(id="A", **HAZARD), feature(far, id="B", **HAZARD)]
    assert codes(judge(rows, programme=programme)) == ["outside_area"]


def test_swapped_coordinates_are_asked_about_and_the_answer_is_taken():
    programme = reading.Programme(area_of_operations=(45.0, 38.0, 47.0, 40.0))
    swapped = [feature(mapping(box(39, 46, 39.01, 46.01)), id="A", **HAZARD)]
    with pytest.raises(reading.Question, match="swapped") as asked:
        judge(swapped, programme=programme)
    assert asked.value.choices
    assert judge(swapped, programme=programme, swap_axes=True).versions.total_bounds.tolist() == [46, 39, 46.01, 39.01]


def test_a_status_that_says_only_closed_is_asked_about():
    with pytest.raises(reading.Question, match="how was the ground released"):
        judge([feature(id="A", status="closed", **HAZARD)])


def test_a_word_in_other_letters_is_a_named_repair():
    verdict = judge([feature(id="A", **(HAZARD | {"classification": "sha"}))])
    assert codes(verdict, "repair") == ["read_classification"]
    assert verdict.versions["classification"].tolist() == ["SHA"]


def test_unknown_columns_are_kept_and_named():
    verdict = judge([feature(id="A", sheet="2385-II", **HAZARD)])
    assert orjson.loads(verdict.versions["extra"].iloc[0]) == {"sheet": "2385-II"}
    assert "sheet" in next(one.message for one in verdict.problems if one.code == "kept_as_extra")


def test_a_mapping_names_a_column_that_is_there():
    assert (
        judge([feature(id="A", kind="SHA", opened_on="2020-01-01")], mapping={"classification": "kind"}).accepted == 1
    )
    with pytest.raises(reading.Question, match="no column"):
        judge([feature(id="A")], mapping={"classification": "nothing"})
    with pytest.raises(reading.Question, match="no field"):
        judge([feature(id="A")], set_values={"colour": "red"})


# The rules of versions


def test_loading_again_changes_nothing_with_and_without_ids():
    for rows in (
        [feature(id="A", **HAZARD)],
        [feature(sheet="x", **HAZARD), feature(sheet="x", **HAZARD), feature(**HAZARD)],
    ):
        first = judge(rows)
        again = judge(rows, known=stored(first))
        assert first.versions["id"].is_unique
        assert (again.unchanged, len(again.versions)) == (len(rows), 0)


def test_values_set_for_the_load_do_not_make_another_record():
    row = [feature(sheet="x")]
    one = judge(row, set_values=HAZARD)
    other = judge(row, set_values=HAZARD | {"opened_on": "2019-01-01"})
    assert one.versions["id"].tolist() == other.versions["id"].tolist()


def test_a_known_id_must_say_from_when_the_change_holds():
    known = stored(judge([feature(id="A", **HAZARD)]))
    changed = feature(id="A", **(HAZARD | {"classification": "CHA"}), change="survey")
    assert codes(judge([changed], known=known)) == ["valid_from_missing"]
    assert judge([changed], known=known, set_values={"valid_from": "2021-05-01"}).accepted == 1


def test_a_later_version_says_why_it_exists():
    known = stored(judge([feature(id="A", **HAZARD)]))
    row = feature(id="A", valid_from="2021-05-01", **(HAZARD | {"classification": "CHA"}))
    assert codes(judge([row], known=known)) == ["change_missing"]


def test_only_a_correction_moves_opened_on():
    known = stored(judge([feature(id="A", **HAZARD)]))
    moved = {"id": "A", "valid_from": "2021-05-01"} | HAZARD | {"opened_on": "2019-01-01"}
    assert codes(judge([feature(**moved, change="survey")], known=known)) == ["opened_on_moved"]
    assert judge([feature(**moved, change="correction")], known=known).accepted == 1


def test_the_same_version_twice_in_a_file_is_rejected():
    verdict = judge(
        [
            feature(id="A", valid_from="2021-01-01", **HAZARD),
            feature(id="A", valid_from="2021-01-01", note="x", **HAZARD),
        ]
    )
    assert codes(verdict) == ["version_twice", "version_twice"]


def test_a_file_may_hold_several_versions_of_one_id():
    rows = [
        feature(id="A", valid_from="2020-01-01", **HAZARD),
        feature(id="A", valid_from="2021-01-01", change="survey", **(HAZARD | {"classification": "CHA"})),
    ]
    assert len(judge(rows).versions) == 2


def test_a_correction_is_carried_to_later_versions_that_repeat_the_value():
    first = judge(
        [
            feature(id="A", valid_from="2020-01-01", evidence="wrong", **HAZARD),
            feature(
                id="A",
                valid_from="2020-06-01",
                evidence="wrong",
                change="survey",
                **(HAZARD | {"classification": "CHA"}),
            ),
            feature(
                id="A",
                valid_from="2020-09-01",
                evidence="other",
                change="survey",
                **(HAZARD | {"classification": "CHA"}),
            ),
        ]
    )
    mended = feature(id="A", valid_from="2020-01-01", evidence="right", change="correction", **HAZARD)
    verdict = judge([mended], known=stored(first))
    assert verdict.versions[["valid_from", "evidence", "classification"]].astype(str).to_numpy().tolist() == [
        ["2020-01-01", "right", "SHA"],
        ["2020-06-01", "right", "CHA"],
    ]
    assert codes(verdict, "notice") == ["later_version_corrected"]


def test_a_version_is_a_whole_record():
    known = stored(judge([feature(id="A", evidence="seen", devices=["AP_mine"], **HAZARD)]))
    row = feature(id="A", valid_from="2021-05-01", change="survey", **HAZARD)
    new = judge([row], known=known).versions.iloc[0]
    assert (new["evidence"], new["devices"]) == (None, ["unknown"])


def test_records_without_a_date_hold_from_the_beginning():
    verdict = judge([feature(name="One")], "districts")
    assert str(verdict.versions["valid_from"].iloc[0])[:10] == "0001-01-01"


# The numbers add up, and rows are named by their place

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
shapes = (
    st.sampled_from([SQUARE, mapping(box(46.1, 39.1, 46.2, 39.2))])
    | st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "GeometryCollection", "Curve"]),
            "coordinates": anything,
        }
    )
    | anything
)
fields = st.sampled_from([*LAYERS["hazards"].names, "sheet"])
rows_of_anything = st.lists(
    st.fixed_dictionaries({"type": st.just("Feature") | anything, "geometry": shapes, "properties": st.dictionaries(fields, anything, max_size=6) | anything})
    | anything,
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(rows_of_anything)
def test_whatever_comes_every_row_has_one_verdict(features):
    import json

    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    found = geojson.parse(content)
    names = list(dict.fromkeys(name for row in found.properties for name in row))
    columns = {name: [row.get(name) for row in found.properties] for name in names}
    raw = RawTable(columns, found.geometry, None, found.ids, found.defects, found.notes, right_handed=True)
    try:
        verdict = reading.assess(
            raw, LAYERS["hazards"], known=lambda _: versions.empty(LAYERS["hazards"]), today=TODAY,
            programme=reading.Programme(), set_values=HAZARD,
        )  # fmt: skip
    except reading.Question:
        return
    assert verdict.rows_read == len(features) == verdict.accepted + verdict.rejected
    bad = {one.row for one in verdict.problems if one.level == "error"}
    assert len(bad) == verdict.rejected
    assert bad.isdisjoint(verdict.versions["source_row"])
    assert len(verdict.versions) + verdict.unchanged == verdict.accepted
