"""What is sent in comes back as it was: names in any letters, nothing, lists, dates, coordinates."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, box

from geo_service.client import Refused
from layers.definitions import LAYERS, Kind

NEAR = 1e-9
"""Degrees."""

WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
TEXT = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
ITEM = WORDS.map(lambda one: one.replace(";", ",")) | st.just("one; and the same")
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2024, 12, 31))
X, Y = st.floats(46, 47, width=64), st.floats(39, 40, width=64)


def columns(strategies):
    return st.fixed_dictionaries(strategies)


SETTLEMENT = columns(
    {
        "name": TEXT,
        "aliases": st.lists(ITEM, max_size=3, unique=True),
        "kind": st.sampled_from([None, "home", "displacement_site"]),
        "population_before": st.none() | st.integers(0, 2**40),
        "note": st.none() | TEXT,
        "valid_from": DAYS,
        "geometry": st.builds(Point, X, Y),
    }
)
HAZARD = columns(
    {
        "classification": st.sampled_from(["SHA", "CHA"]),
        "opened_on": DAYS,
        "devices": st.lists(st.sampled_from(["AP_mine", "UXO", "IED"]), min_size=1, unique=True),
        "evidence": st.none() | TEXT,
        "positional_accuracy_m": st.none() | st.floats(0, 1e5),
        "estimated_geometry": st.booleans(),
        "geometry": st.builds(lambda x, y, w: box(x, y, x + w, y + w), X, Y, st.floats(1e-4, 1e-2)),
    }
)


def frame_of(rows):
    shapes = [row["geometry"] for row in rows]
    values = {name: [row[name] for row in rows] for name in rows[0] if name != "geometry"}
    ids = [f"É-{k:03}" for k in range(len(rows))]
    return gpd.GeoDataFrame({"id": ids, **values}, geometry=shapes, crs="EPSG:4326")


def same(sent, found, layer):
    assert found["id"].tolist() == sent["id"].tolist()
    for field in LAYERS[layer].fields:
        if field.name not in sent:
            continue
        given_, got = sent[field.name].tolist(), found[field.name].tolist()
        if field.kind is Kind.date:
            assert [one.date() for one in got] == given_
        elif field.kind in {Kind.word_list, Kind.text_list}:
            assert [sorted(one) for one in got] == [sorted(one) for one in given_]
        else:
            plain = [None if pd.isna(one) else one for one in got]
            assert plain == [None if pd.isna(one) else one for one in given_], field.name
    for one, two in zip(sent.geometry, found.geometry, strict=True):
        assert shapely.equals_exact(one.normalize(), two.normalize(), NEAR)


@pytest.mark.parametrize(("layer", "rows"), [("settlements", SETTLEMENT), ("hazards", HAZARD)])
def test_a_frame_comes_back_as_it_was_sent(tmp_path, layer, rows):
    """Each example is a store of its own, so that no earlier record is in the way."""
    from geo_service.client import Clearway

    places = iter(range(10_000))

    @settings(max_examples=3, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.lists(rows, min_size=1, max_size=25))
    def law(made):
        sent = frame_of(made)
        with Clearway.open(tmp_path / str(next(places)), create=True) as cw:
            done = cw.upload(layer, sent)
            assert (done.state, done.counts["accepted"], done.counts["rejected"]) == ("approved", len(sent), 0), (
                done.report
            )
            same(sent, cw.items(layer), layer)

    law()


def test_records_of_the_register_sent_again_change_nothing(local, fresh):
    """Layers of the demonstration go into an empty register, and what comes out of it is what went in."""
    for layer in ("districts", "hazards", "settlements"):
        frame = local.items(layer)
        done = fresh.upload(layer, frame.assign(change=None) if "change" in frame else frame, message="Köçürmə")
        assert done.counts["accepted"] == len(frame), done.report
        found = fresh.items(layer)
        names = [one for one in LAYERS[layer].names if one != "change"]
        pd.testing.assert_frame_equal(pd.DataFrame(found[names]), pd.DataFrame(frame[names]))
        # A position that the checks repair is named in the report; the others are those that were sent.
        repaired = set(done.report[done.report.level == "repair"]["id"])
        kept = ~frame["id"].isin(repaired)
        assert shapely.equals_exact(
            shapely.normalize(found[kept].geometry), shapely.normalize(frame[kept].geometry), NEAR
        ).all()
        again = fresh.upload(layer, found)
        assert (again.counts["unchanged"], again.counts["rejected"]) == (len(found), 0), again.report


def hazards(**more):
    shapes = [box(46, 39, 46.01, 39.01), MultiPolygon([box(46.1, 39, 46.11, 39.01), box(46.2, 39, 46.21, 39.01)])]
    values = {"id": ["H-1", "H-2"], "classification": "SHA", "opened_on": pd.to_datetime(["2020-01-01", "2020-02-02"])}
    return gpd.GeoDataFrame({**values, **more}, geometry=shapes, crs="EPSG:4326")


def test_other_columns_are_kept_and_come_back(fresh):
    more = {"Sektor": ["şimal", None], "team": [3, 4], "parts": [["a", "b"], []], "mixed": [1, "two"]}
    done = fresh.upload("hazards", hazards(**more), dry_run=True)
    assert (done.id, done.counts["accepted"]) == (None, 2)
    assert fresh.hazards().empty
    done = fresh.upload("hazards", hazards(**more))
    assert "kept_as_extra" in set(done.report["code"])
    frame = fresh.hazards()
    assert frame["extra"].tolist() == [
        {"Sektor": "şimal", "team": 3, "parts": ["a", "b"], "mixed": "1"},
        {"team": 4, "parts": [], "mixed": "two"},
    ]
    assert fresh.upload("hazards", frame).counts["unchanged"] == 2


def test_frames_as_people_have_them(fresh):
    there = hazards()
    # A projected system, an index with the ids, another name of the geometry, categories.
    given_ = there.to_crs(32638).rename_geometry("shape").set_index("id").astype({"classification": "category"})
    assert fresh.upload("hazards", given_).counts["accepted"] == 2
    found = fresh.hazards()
    assert found["id"].tolist() == ["H-1", "H-2"]
    assert np.allclose(found.total_bounds, there.total_bounds, atol=1e-8)
    # A table with coordinates, and names of its own.
    points = pd.DataFrame({"code": ["P-1"], "lon": [46.1], "lat": [39.1], "when": ["2024-05-05"]})
    done = fresh.upload("spots", points, mapping={"id": "code", "found_on": "when"})
    assert done.counts["accepted"] == 1, done.report
    assert fresh.spots().geometry.tolist() == [Point(46.1, 39.1)]


def test_a_file_is_sent_as_it_is(fresh, tmp_path):
    hazards().drop(columns="classification").to_file(tmp_path / "may.gpkg", layer="hazards")
    done = fresh.upload("hazards", tmp_path / "may.gpkg", set={"classification": "CHA"}, message="may")
    assert (done.state, done.body["source_name"], done.body["message"]) == ("approved", "may.gpkg", "may")
    assert fresh.hazards()["classification"].tolist() == ["CHA", "CHA"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (hazards(other=gpd.GeoSeries([Point(46, 39)] * 2, crs=4326)), "other: a second column with geometries"),
        (hazards(about=[{"a": 1}, {"b": 2}]), "about: values are objects or bytes"),
        (pd.concat([hazards(), hazards()[["classification"]]], axis=1), "classification: two columns have this name"),
        (hazards(team=[1, 2], extra=[{"team": 3}, None]), "team: a column, and also in extra"),
    ],
)  # fmt: skip
def test_what_a_file_cannot_hold_is_refused_with_its_name(fresh, frame, message):
    with pytest.raises(ValueError, match=message):
        fresh.upload("hazards", frame)
    assert fresh.changesets().empty


def test_nothing_is_guessed_for_a_frame_without_a_system(fresh):
    bare = hazards().set_crs(None, allow_override=True)
    with pytest.raises(Refused) as error:
        fresh.upload("hazards", bare)
    assert error.value.errors[0]["code"] == "crs"
    assert fresh.upload("hazards", bare, crs="EPSG:4326").counts["accepted"] == 2


def test_a_question_is_answered(fresh):
    when = hazards(opened_on=["03/04/2020", "05/06/2020"])
    with pytest.raises(Refused) as error:
        fresh.upload("hazards", when)
    (asked,) = [one for one in error.value.errors if one["code"] == "date_order"]
    assert '"date_order" as one of day_first, month_first' in str(error.value)
    done = fresh.upload("hazards", when, answers={"date_order": asked["choices"][0]})
    assert done.state == "approved"
    assert fresh.hazards()["opened_on"].dt.strftime("%Y-%m-%d").tolist() == ["2020-04-03", "2020-06-05"]
