"""Each form holds every record with what must be said of it, opens in other programs, and is whole or not there."""

import csv
import html.parser
import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from geo_service.balance import Refused, coverage, view
from geo_service.exports import kml
from geo_service.exports.content import Content, Incomplete, content_of
from geo_service.exports.readme import readme
from geo_service.exports.writing import FORMS, form_of
from geo_service.styles import STYLES
from layers.definitions import LAYERS
from tests.geo_service.exports.cases import COUNTS

KML = "{http://www.opengis.net/kml/2.2}"
SENTENCE = "No recorded hazard is not absence of hazard"


def says(text, content):
    for name in ("as_of", "known_at", "revision", "hash"):
        assert content.about[name] in text
    assert SENTENCE in text
    assert "a residual risk remains" in text
    assert "OpenStreetMap" in text


def test_a_geopackage_says_what_it_is_and_how_it_is_drawn(exporting):
    out, counts, content = exporting.write("said.gpkg")
    assert {name: count for name, count in counts.items() if name != "states"} == COUNTS
    with closing(sqlite3.connect(out)) as connection:
        about = dict(connection.execute("SELECT name, value FROM about"))
        says(" ".join(about.values()), content)
        styles = dict(connection.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault"))
        tables = {row[0] for row in connection.execute("SELECT table_name FROM gpkg_contents")}
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {*LAYERS, "states", "about", "layer_styles"} == tables
    assert styles.keys() == {*LAYERS, "states"}
    for layer, style in styles.items():
        root = ET.fromstring(style.partition(">")[2])  # noqa: S314 - our own
        assert root.find("renderer-v2").get("type") == "RuleRenderer"
        symbols = {one.get("name") for one in root.iter("symbol")}
        assert {one.get("symbol") for one in root.iter("rule")} == symbols
        fields = list(pyogrio.read_info(out, layer=layer)["fields"])
        if layer in LAYERS:
            aliases = {one.get("field"): int(one.get("index")) for one in root.iter("alias")}
            assert {name: fields.index(name) + 1 for name in aliases} == aliases
    says(" ".join(pyogrio.read_info(out, layer="hazards")["layer_metadata"].values()), content)


def test_the_ground_by_state_is_that_of_the_balance(exporting):
    out, _, _ = exporting.write("ground.gpkg", layers=["states"])
    frame = gpd.read_file(out, layer="states")
    rows = coverage(exporting.seen)["rows"]
    found = {(row["district_id"] or "", row["state"]): row["m2"] for row in frame.to_dict("records")}
    for row in rows:
        for state in ("CHA", "SHA", "cleared", "reduced", "cancelled", "surveyed_no_evidence", "no_recorded_hazard"):
            assert found.pop((row["district_id"], state), 0) == pytest.approx(row[state], abs=1, rel=1e-9)
    assert not found
    assert frame.geometry.is_valid.all()


def test_green_is_for_handed_over_ground_alone():
    green = "46,125,50"
    assert [name for name, style in STYLES.items() if green in style] == ["releases"]
    assert STYLES["releases"].count(green) == 1
    assert [name for name, (fill, line, _) in kml.STYLES.items() if kml.GREEN in {fill, line}] == ["handed_over"]
    given = [
        ({"state": "open", "classification": "CHA", "status": "open"}, "hazards", "CHA"),
        ({"state": "partly_released", "classification": "SHA", "status": "worked_on"}, "hazards", "SHA-worked_on"),
        ({"state": "released", "classification": "CHA", "status": "open"}, "hazards", "released"),
        ({"product": "cleared", "in_effect": "true", "handed_over": "false"}, "releases", "cleared"),
        ({"product": "cleared", "in_effect": "true", "handed_over": "true"}, "releases", "handed_over"),
        ({"product": "cleared", "in_effect": "false", "handed_over": "true"}, "releases", "not_in_effect"),
        ({"product": "cancelled", "in_effect": "true", "handed_over": "true"}, "releases", "cancelled"),
        ({"state": "no_recorded_hazard"}, "states", "plain"),
    ]
    assert [kml.style_of(row, layer) for row, layer, _ in given] == [style for *_, style in given]


@pytest.mark.parametrize("form", ["geojson", "csv", "shp", "parquet"])
def test_a_folder_and_a_zip_hold_the_same_files_and_say_what_they_are(form, exporting):
    out, counts, content = exporting.write(f"folder-{form}", form)
    files = {one.name: one.read_bytes() for one in out.iterdir()}
    says(files["README.txt"].decode(), content)
    assert all(f"{layer}: {count} " in files["README.txt"].decode() for layer, count in counts.items())
    packed, _, _ = exporting.write(f"packed-{form}.zip", form)
    with zipfile.ZipFile(packed) as zipped:
        assert {one: zipped.read(one) for one in zipped.namelist()} == files
    if form == "geojson":
        for layer, count in counts.items():
            body = json.loads(files[f"{layer}.geojson"])
            assert len(body["features"]) == count
            says(json.dumps(body, ensure_ascii=False), content)
    if form == "csv":
        for layer, count in counts.items():
            rows = list(csv.DictReader(io.StringIO(files[f"{layer}.csv"].decode())))
            assert len(rows) == count
            assert {(one["as_of"], one["known_at"]) for one in rows} == {
                (content.about["as_of"], content.about["known_at"])
            }
    if form == "parquet":
        for layer, count in counts.items():
            about = pq.read_metadata(out / f"{layer}.parquet").metadata
            says(" ".join(about[name.encode()].decode() for name in content.about), content)
            assert len(gpd.read_parquet(out / f"{layer}.parquet")) == count
    if form == "shp":
        names = list(csv.DictReader(io.StringIO(files["fields.csv"].decode("utf-8-sig"))))
        for path in out.glob("*.shp"):
            info = pyogrio.read_info(path)
            layer = re.sub("_(points|polygons)$", "", path.stem)
            assert set(info["fields"]) == {one["name"] for one in names if one["layer"] == layer}
            assert (out / f"{path.stem}.cpg").read_text() == "UTF-8"
        assert {"settlements_points.shp", "settlements_polygons.shp"} < files.keys()


def test_one_file_holds_one_layer(exporting):
    out, counts, _ = exporting.write("hazards.geojson", layers=["hazards"])
    assert (counts, len(gpd.read_file(out))) == ({"hazards": COUNTS["hazards"]}, COUNTS["hazards"])
    with pytest.raises(Refused, match="--layers"):
        exporting.write("hazards.csv", layers=["hazards", "spots"])
    assert not (exporting.folder / "hazards.csv").exists()


class Markup(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))

    def handle_data(self, data):
        self.text.append(data)


def test_no_record_brings_markup_into_a_kml(exporting):
    out, counts, content = exporting.write("all.kml")
    root = ET.parse(out).getroot()  # noqa: S314 - our own
    marks = list(root.iter(f"{KML}Placemark"))
    assert len(marks) == sum(counts.values())
    for one in root.iter(f"{KML}description"):
        seen = Markup()
        seen.feed(one.text)
        assert {tag for tag, _ in seen.tags} <= {"br"}
        assert SENTENCE in "".join(seen.text)
    says(root.find(f"{KML}Document/{KML}description").text, content)
    evil = next(one for one in marks if "T-07" in one.find(f"{KML}name").text)
    values = {one.get("name"): one.find(f"{KML}value").text for one in evil.iter(f"{KML}Data")}
    assert values["note"] == "<b>bold</b><script>alert(1)</script> & so on"
    assert all(one.text == "$[description]" for one in root.iter(f"{KML}text"))
    known = {one.get("id") for one in root.iter(f"{KML}Style")}
    assert {one.text.removeprefix("#") for one in root.iter(f"{KML}styleUrl")} <= known
    hazards = exporting.seen.snapshot.in_force("hazards", exporting.seen.as_of)
    read = pyogrio.read_dataframe(out, layer=LAYERS["hazards"].label.en)
    assert len(read) == len(hazards)
    assert shapely.equals_exact(
        shapely.normalize(shapely.force_2d(read.geometry.to_numpy())),
        shapely.normalize(hazards.geometry.to_numpy()),
        1e-7,
    ).all()


def test_the_same_view_gives_the_same_file(exporting):
    for name in ("same.gpkg", "same.zip"):
        first, second = (exporting.write(f"{k}-{name}")[0].read_bytes() for k in (1, 2))
        assert first == second, name


def test_a_file_that_would_lack_a_record_is_not_written(exporting):
    content = content_of(exporting.seen, exporting.service.settings)
    whole = COUNTS | {"states": len(content.states)}
    assert content.check(whole) == whole
    for layer in whole:
        with pytest.raises(Incomplete, match=layer):
            content.check(whole | {layer: whole[layer] - 1})
    with pytest.raises(Incomplete, match="roads"):
        content.check({name: count for name, count in whole.items() if name != "roads"})


def test_what_was_there_stays_where_an_export_is_refused(exporting):
    out = exporting.folder / "kept.pmtiles"
    out.write_bytes(b"before")
    with pytest.raises(Refused, match="max-zoom"):
        exporting.write("kept.pmtiles", max_zoom=14, most=10)
    assert out.read_bytes() == b"before"
    assert not list(exporting.folder.glob(".clearway-export-*"))


@pytest.mark.parametrize(
    ("name", "form", "found"),
    [("a.gpkg", None, "gpkg"), ("a.GPKG", None, "gpkg"), ("a", None, "geojson"), ("a", "kml", "kml"), ("a.zip", None, "shp"),
     ("a.shp.zip", None, "shp"), ("a.zip", "csv", "csv"), ("a.pmtiles", "pmtiles", "pmtiles"), ("a.csv", None, "csv")],
)  # fmt: skip
def test_the_form_is_named_or_told_by_the_name(name, form, found, tmp_path):
    assert form_of(tmp_path / name, form) == found


@pytest.mark.parametrize(("name", "form"), [("a.tif", None), ("a.gpkg", "kml"), ("a", "tif"), ("a.shp", None)])
def test_a_form_that_does_not_exist_is_refused(name, form, tmp_path):
    with pytest.raises(Refused):
        form_of(tmp_path / name, form)


def test_layers_are_those_there_are(exporting):
    for layers in (["mines"], [], ["hazards", ""]):
        with pytest.raises(Refused, match="layers are some of"):
            content_of(exporting.seen, exporting.service.settings, layers=layers)
    some: Content = content_of(exporting.seen, exporting.service.settings, layers=["roads", "hazards"])
    assert some.layers == ("hazards", "roads")
    assert set(FORMS) == {"gpkg", "geojson", "csv", "shp", "kml", "parquet", "pmtiles"}


def test_a_date_before_the_first_record_says_so(exporting):
    service = exporting.service
    early = view(service.snapshots, service.settings, service.clock, "1999-01-01")
    content = content_of(early, service.settings)
    assert readme(content, dict.fromkeys(content.layers, 0)).startswith("COVERAGE GAP")
    assert "coverage_gap" not in content_of(exporting.seen, service.settings).about
