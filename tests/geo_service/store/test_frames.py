"""A version frame comes back from the store as it was given."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.definitions import LAYERS, Kind
from layers.versions import empty, typed

finite = {"allow_nan": False, "allow_infinity": False}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = {
    Kind.text: texts,
    Kind.date: st.dates(),
    Kind.integer: st.integers(-(2**53), 2**53),
    Kind.number: st.floats(**finite),
    Kind.boolean: st.booleans(),
    Kind.text_list: st.lists(texts, max_size=3),
}
extras = st.none() | st.dictionaries(
    texts, st.none() | texts | st.integers(-(2**53), 2**53) | st.booleans(), min_size=1
)
longitudes, latitudes = st.floats(-180, 180), st.floats(-90, 90)
points = st.builds(shapely.Point, longitudes, latitudes)
boxes = st.builds(lambda x, y: shapely.box(x, y, x + 0.5, y + 0.5), st.floats(-180, 179), st.floats(-90, 89))
several = st.builds(lambda x, y: shapely.MultiPolygon([x, y]), boxes, boxes)
lines = st.builds(lambda a, b: shapely.LineString([a, b]), points, points)
shapes = {"polygon": boxes | several, "point": points, "line": lines, "point_or_polygon": points | boxes}


def _cells(field):
    if field.words is not None:
        word = st.sampled_from([one.value for one in field.words])
        return st.lists(word, max_size=3) if field.kind is Kind.word_list else word
    return values[field.kind] if field.required else st.none() | values[field.kind]


@st.composite
def frames(draw):
    layer = LAYERS[draw(st.sampled_from(sorted(LAYERS)))]
    count = draw(st.integers(0, 4))
    columns = {field.name: [draw(_cells(field)) for _ in range(count)] for field in layer.fields}
    geometry = [draw(shapes[layer.geometry]) for _ in range(count)]
    if count == 0:
        return layer, empty(layer)
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")
    frame["extra"] = pd.Series([draw(extras) for _ in range(count)], dtype="object")
    return layer, typed(frame, layer)


def test_a_frame_comes_back_as_it_was(drafts, stores, kind):
    @settings(max_examples=60 if kind == "sqlite" else 25)
    @given(frames())
    def holds(made):
        layer, frame = made
        with stores.fresh() as log:
            number = log.append_approved(drafts.draft(frame, layer.name)).id
            for back in (log.versions(layer.name), log.proposed(number)):
                assert back.crs == frame.crs
                pd.testing.assert_frame_equal(back[list(layer.names)], frame[list(layer.names)])
                assert [g.wkb for g in back.geometry] == [g.wkb for g in frame.geometry]
                if "extra" in frame:
                    assert back["extra"].tolist() == frame["extra"].tolist()
            assert log.check() == []

    holds()


def test_an_empty_store_has_frames_of_the_same_types_as_a_full_one(log, drafts):
    before = log.versions("hazards")
    log.append_approved(drafts.draft(drafts.hazards(2)))
    after = log.versions("hazards")
    assert len(before) == 0
    assert before.dtypes.to_dict() == after.dtypes.to_dict()
    assert str(after["recorded_at"].dtype) == "datetime64[us, UTC]"
    assert "revision" not in log.proposed(1)


def test_row_is_the_order_of_recording(log, drafts):
    frame = drafts.hazards(3)
    frame["row"] = [30, 10, 20]
    log.append_approved(drafts.draft(frame))
    assert log.versions("hazards")["id"].tolist() == ["H0-1", "H0-2", "H0-0"]


def test_the_year_one_and_the_last_year_are_kept(log, drafts):
    frame = drafts.hazards(2)
    frame["valid_from"] = np.array(["0001-01-01", "9999-12-31"], dtype="datetime64[s]")
    log.append_approved(drafts.draft(frame))
    assert log.versions("hazards")["valid_from"].tolist() == [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="classification"), "no column classification"),
        (lambda f: f.to_crs(3857), "EPSG:4326"),
        (lambda f: f.set_geometry([None, f.geometry[1]], crs=4326), "row 0.*geometry"),
        (lambda f: f.set_geometry([f.geometry[0], shapely.Polygon()], crs=4326), "row 1.*geometry"),
        (lambda f: f.set_geometry(shapely.force_3d(f.geometry.array, 1.0), crs=4326), "two dimensions"),
        (lambda f: f.assign(id=pd.Series(["a", None], dtype="object")), "row 1: id is missing"),
        (lambda f: f.assign(valid_from=np.array(["NaT", "2001-01-01"], "datetime64[s]")), "valid_from is missing"),
        (lambda f: f.assign(note=pd.Series(["\ud800", ""], dtype="object")), "surrogates"),
    ],
)
def test_a_frame_that_is_none_is_refused_and_leaves_nothing(log, drafts, spoil, message):
    with pytest.raises(ValueError, match=message):
        log.append_approved(drafts.draft(spoil(drafts.hazards(2))))
    assert log.changesets() == []
    assert log.check() == []


def test_an_unknown_layer_is_refused(log, drafts):
    with pytest.raises(ValueError, match="no layer"):
        log.append(drafts.draft(drafts.hazards(1), "minefields"))


@pytest.mark.parametrize(
    "counts", [{"rows_read": 3}, {"repaired": 2}, {"unchanged": 2}, {"accepted": -1, "rejected": 2}]
)
def test_counts_that_do_not_add_up_are_refused(drafts, counts):
    with pytest.raises(ValueError, match=r"rows read|accepted"):
        drafts.draft(drafts.hazards(1), **counts)
