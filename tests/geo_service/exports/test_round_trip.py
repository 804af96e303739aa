"""An export loaded again is the records that it was made of: with the same store nothing changes, a new one is alike."""

import csv
import string

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import MultiPolygon, box

from geo_service.changesets import Upload, receive
from geo_service.cli.loading import _content
from geo_service.exports import flat
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from layers.definitions import LAYERS, Kind
from layers.reading.exported import CUT, MOST_BYTES, brought_back, columns_of, guarded, shortened, unguarded
from layers.reading.table import RawTable
from tests.geo_service.exports.cases import COUNTS, LONG
from tests.geo_service.ogc.cases import feature


def loaded(log, snapshots, layer, path, clock, **options):
    content, name = _content(path)
    return receive(
        log, snapshots, Upload(layer=layer, content=content, name=name, author="test", message="", **options), clock
    )


def file_of(out, form, layer):
    if form == "gpkg":
        return out, {"source_layer": layer}
    if form == "shp":
        return out / f"{layer}.shp", {}
    return out / f"{layer}.{form}", {"crs": "EPSG:4326"} if form == "csv" else {}


PAIRS = [
    *(("hazards", form) for form in ("gpkg", "geojson", "parquet", "csv", "shp")),
    ("releases", "gpkg"),
    ("roads", "csv"),
    ("settlements", "parquet"),
    ("districts", "geojson"),
    ("incidents", "csv"),
]  # fmt: skip


@pytest.fixture(scope="module")
def written(exporting):
    names = {"gpkg": "all.gpkg", **{form: f"all-{form}" for form in ("geojson", "parquet", "csv", "shp")}}
    return {form: exporting.write(name, form)[0] for form, name in names.items()}


@pytest.mark.parametrize(("layer", "form"), PAIRS)
def test_loading_an_export_gives_the_records_and_changes_nothing(layer, form, exporting, written, tmp_path):
    path, options = file_of(written[form], form, layer)
    if form == "shp":
        alone = tmp_path / layer
        alone.mkdir()
        for one in path.parent.glob(f"{path.stem}.*"):
            (alone / one.name).write_bytes(one.read_bytes())
        path = alone
    service = exporting.service
    with open_store(tmp_path / "new", create=True) as log:
        received = loaded(log, Snapshots(log), layer, path, service.clock, **options)
        assert (received.draft.accepted, received.draft.rejected) == (COUNTS[layer], 0)
        again = log.versions(layer).set_index("id").sort_index()
    before = exporting.seen.snapshot.in_force(layer, exporting.seen.as_of).set_index("id").sort_index()
    assert list(again.index) == list(before.index)
    assert shapely.equals_exact(
        shapely.normalize(again.geometry.to_numpy()), shapely.normalize(before.geometry.to_numpy()), 1e-7
    ).all()
    for field in LAYERS[layer].fields:
        if field.name == "id":
            continue
        if field.kind is Kind.number:
            np.testing.assert_allclose(again[field.name], before[field.name], rtol=1e-12)
        else:
            assert plain(again[field.name]) == plain(before[field.name]), field.name
    assert [extra(one) for one in again["extra"]] == [extra(one) for one in before["extra"]]
    # Into the store that it came from: every row is known.
    received = receive(service.log, service.snapshots, _upload(layer, path, options), service.clock, dry_run=True)
    assert (received.draft.unchanged, len(received.draft.versions)) == (COUNTS[layer], 0), [
        one.message for one in received.draft.problems if one.level == "error"
    ]


def _upload(layer, path, options):
    content, name = _content(path)
    return Upload(layer=layer, content=content, name=name, author="test", message="", **options)


def plain(column):
    return [None if not isinstance(one, list) and pd.isna(one) else one for one in column]


def extra(value):
    import orjson

    if isinstance(value, str):
        value = orjson.loads(value)
    return value if isinstance(value, dict) else {}


def test_long_texts_stand_whole_beside_a_shapefile_and_are_warned_of(exporting, tmp_path):
    with open_store(tmp_path / "data", create=True) as log:
        from geo_service.balance import view
        from geo_service.exports import shapefile
        from geo_service.exports.content import content_of
        from tests.geo_service.exports.cases import fill

        records = [
            feature(box(46, 39, 46.1, 39.1), "A", classification="CHA", opened_on="2020-01-01", note=LONG.strip())
        ]
        service = fill(log, {"hazards": records}).state.service
        out = tmp_path / "out"
        out.mkdir()
        shapefile.write(
            out,
            content_of(view(service.snapshots, service.settings, service.clock), service.settings, layers=["hazards"]),
            lambda *_: None,
        )
        with (out / "long_texts.csv").open(encoding="utf-8-sig", newline="") as file:
            assert list(csv.reader(file)) == [["layer", "id", "field", "text"], ["hazards", "A", "note", LONG.strip()]]
        note = gpd.read_file(out / "hazards.shp")["note"].iloc[0]
        assert note.endswith(CUT)
        assert LONG.startswith(note[: -len(CUT)])
        assert MOST_BYTES - 5 < len(note.encode()) <= MOST_BYTES
        columns = {name: [None] for name in shortened(columns_of(LAYERS["hazards"])).values()} | {"note": [note]}
        found = brought_back(RawTable(columns, np.array([box(0, 0, 1, 1)]), CRS(4326), [None]), LAYERS["hazards"])
        assert [(place, code) for place, code, _ in found.doubts] == [(0, "cut_text")]


@given(st.lists(st.text(string.ascii_lowercase + "_ABÄ", min_size=1, max_size=14), unique_by=str.lower, max_size=60))
def test_short_names_are_short_and_unlike_each_other(names):
    found = shortened(names)
    assert list(found) == names
    assert all(len(one) <= 10 for one in found.values())
    assert len({one.lower() for one in found.values()}) == len(names)
    assert all(found[name] == name for name in names if len(name) <= 10)


@given(st.text())
def test_what_a_spreadsheet_would_run_comes_back(text):
    cell = guarded(text)
    assert unguarded(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters=";\x00"), min_size=1, max_size=12)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            TEXT,
            st.dictionaries(
                TEXT.filter(lambda one: one not in columns_of(LAYERS["hazards"])),
                st.one_of(TEXT, st.integers(-9, 9)),
                max_size=3,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_table_made_flat_comes_back_as_it_was(rows):
    layer, n = LAYERS["hazards"], len(rows)
    day = pd.Series(["2020-01-01"] * n).astype("datetime64[s]")
    values = {name: pd.Series([None] * n, dtype=object) for name in layer.names}
    values |= {
        "id": [str(k) for k in range(n)],
        "valid_from": day,
        "opened_on": day,
        "note": [text for text, _ in rows],
    }
    values |= {
        "devices": [["UXO"]] * n,
        "extra": [extra or None for _, extra in rows],
        "state": "open",
        "open_m2": 1.0,
        "area_m2": 2.0,
    }
    frame = flat(gpd.GeoDataFrame(values, geometry=[box(0, 0, 1, 1)] * n, crs=4326), "hazards")
    columns = {
        name: [None if not isinstance(v, list) and pd.isna(v) else v for v in frame[name].tolist()]
        for name in frame
        if name != "geometry"
    }
    table = RawTable(columns, np.array([MultiPolygon([one]) for one in frame.geometry]), CRS(4326), [None] * n)
    found = brought_back(table, layer).table
    assert [found.columns["note"][k] for k in range(n)] == [text for text, _ in rows]
    assert not {"state", "open_m2", "area_m2", "extra"} & found.columns.keys()
    assert [one.geom_type for one in found.geometry] == ["Polygon"] * n
    for k, (_, others) in enumerate(rows):
        kept = {
            name: cells[k] for name, cells in found.columns.items() if name not in layer.names and cells[k] is not None
        }
        assert kept == others


def test_a_table_of_strangers_is_no_export():
    columns = {"id": ["a"], "state": ["open"], "area_m2": [5.0], "extra": ["{}"]}
    assert brought_back(RawTable(columns, np.array([box(0, 0, 1, 1)]), CRS(4326), [None]), LAYERS["hazards"]) is None
