"""Formats people send: documents with folders, tables beside shapes, files with the wrong name."""

import io
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import box

from layers import reading
from layers.reading import sandbox

FRAME = gpd.GeoDataFrame(
    {"id": ["A", "B"], "note": ["мина", "поле"], "seen": ["2020-01-02", None]},
    geometry=[box(46, 39, 46.1, 39.1), box(46.2, 39, 46.3, 39.1)],
    crs=4326,
)
PLACEMARK = (
    "<Placemark><name>{name}</name><ExtendedData><Data name='class'><value>SHA</value></Data></ExtendedData>"
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>46,39 46.1,39 46.1,39.1 46,39</coordinates></LinearRing>"
    "</outerBoundaryIs></Polygon></Placemark>"
)


def kml(*folders):
    inside = "".join(
        f"<Folder><name>{name}</name>{''.join(PLACEMARK.format(name=one) for one in marks)}</Folder>"
        for name, marks in folders
    )
    return (
        f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>'.encode()
    )


def packed(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def test_all_folders_of_a_kml_are_read_and_named():
    content = kml(("North", ["N1", "N2"]), ("Empty", []), ("South", ["S1"]))
    table = reading.read(content, "a.kml")
    assert table.columns["Name"] == ["N1", "N2", "S1"]
    assert table.columns["folder"] == ["North", "North", "South"]
    assert table.columns["class"] == ["SHA"] * 3
    assert "North (2), South (1)" in dict(table.notices)["folders"]
    assert reading.read(content, "a.kml", source_layer="South").columns["Name"] == ["S1"]
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "a.kml", source_layer="West")
    assert "South" in asked.value.choices


def test_a_kmz_is_its_document():
    content = packed(doc__kml=kml(("North", ["N1"])), files__png=b"x")
    assert len(reading.read(content, "a.kmz")) == 1
    assert len(reading.read(content, "a.zip")) == 1


def test_gpx_takes_what_it_holds_and_asks_where_it_holds_more():
    point = '<wpt lat="39.5" lon="46.5"><name>W</name></wpt>'
    track = '<trk><name>T</name><trkseg><trkpt lat="39" lon="46"/><trkpt lat="39.1" lon="46"/></trkseg></trk>'
    gpx = '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
    table = reading.read(gpx.format(point).encode(), "a.gpx")
    assert [(one.x, one.y) for one in table.geometry] == [(46.5, 39.5)]
    with pytest.raises(reading.Question) as asked:
        reading.read(gpx.format(point + track).encode(), "a.gpx")
    assert {"waypoints", "tracks"} <= set(asked.value.choices)
    assert len(reading.read(gpx.format(point + track).encode(), "a.gpx", source_layer="waypoints")) == 1


def test_geoparquet_in_its_own_coordinate_system(tmp_path):
    FRAME.to_crs(32638).to_parquet(tmp_path / "a.parquet")
    table = reading.read((tmp_path / "a.parquet").read_bytes(), "called-something-else.gpkg")
    assert table.crs.to_epsg() == 32638
    assert table.columns["note"] == ["мина", "поле"]
    assert shapely.area(table.geometry).min() > 1e6


def test_parquet_without_geometry_has_columns(tmp_path):
    pq.write_table(pa.table({"id": ["A"], "lat": [39.5], "lon": [46.5]}), tmp_path / "a.parquet")
    assert reading.read((tmp_path / "a.parquet").read_bytes(), "a.parquet").geometry[0].x == 46.5


def test_geoparquet_without_a_known_coordinate_system_is_asked_about(tmp_path):
    FRAME.set_crs(None, allow_override=True).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(reading.Question, match="coordinate system"):
        reading.read((tmp_path / "a.parquet").read_bytes(), "a.parquet")


def shapefile(folder, encoding, drop=()):
    FRAME.to_file(folder / "a.shp", encoding=encoding)
    dbf = folder / "a.dbf"
    content = bytearray(dbf.read_bytes())
    content[29] = 0  # no language driver
    dbf.write_bytes(content)
    return packed(**{one.name: one.read_bytes() for one in folder.iterdir() if one.suffix not in drop})


@pytest.mark.parametrize("encoding", ["cp1251", "cp866"])
def test_the_encoding_of_a_cyrillic_table_is_asked_about(tmp_path, encoding):
    content = shapefile(tmp_path, encoding, drop=(".cpg",))
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "a.zip")
    assert asked.value.code == "encoding"
    assert encoding in asked.value.choices
    assert "мина" in str(asked.value)
    table = reading.read(content, "a.zip", answers={"encoding": encoding})
    assert table.columns["note"] == ["мина", "поле"]


def test_a_table_that_says_its_encoding_is_not_asked_about(tmp_path):
    assert reading.read(shapefile(tmp_path, "cp1251"), "a.zip").columns["note"] == ["мина", "поле"]


def test_utf8_is_known_by_its_bytes(tmp_path):
    assert reading.read(shapefile(tmp_path, "UTF-8", drop=(".cpg",)), "a.zip").columns["note"] == ["мина", "поле"]


@pytest.mark.parametrize(
    ("drop", "says"),
    [((".shx",), r"lacks its \.shx"), ((".dbf",), r"lacks its \.dbf"), ((".shp",), r"lacks the \.shp")],
)
def test_what_a_shapefile_lacks_is_named(tmp_path, drop, says):
    with pytest.raises(reading.Unreadable, match=says):
        reading.read(shapefile(tmp_path, "UTF-8", drop), "a.zip")


def test_a_zip_with_several_files_and_layers_is_asked_file_then_layer(tmp_path):
    FRAME.to_file(tmp_path / "a.gpkg", layer="one")
    FRAME.head(1).to_file(tmp_path / "a.gpkg", layer="two")
    content = packed(a__gpkg=(tmp_path / "a.gpkg").read_bytes(), b__geojson=FRAME.to_json().encode())
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "x.zip")
    assert asked.value.choices == ("a.gpkg", "b.geojson")
    with pytest.raises(reading.Question) as asked:
        reading.read(content, "x.zip", source_layer="a.gpkg")
    assert asked.value.choices == ("one", "two")
    assert len(reading.read(content, "x.zip", source_layer="a.gpkg:two")) == 1
    assert len(reading.read(content, "x.zip", source_layer="b.geojson")) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x1f\x8b\x08" + bytes(50), "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old Excel"),
        (b"a" * 257 + b"ustar" + bytes(500), "tar"),
        (b"PAR1" + b"\xff" * 100, "Parquet"),
        (b"<OGRVRTDataSource/>", "neither KML nor GPX"),
        (b"\x00\x00\x27\x0a" + bytes(96), "several files"),
    ],
)
def test_what_is_not_read_says_what_to_send(content, says):
    with pytest.raises(reading.Unreadable, match=says):
        reading.read(content, "a.geojson")


def test_one_keeper_reads_file_after_file():
    """A file that fails leaves nothing behind for the next one."""
    for _ in range(3):
        with pytest.raises(reading.Unreadable):
            reading.read(b"SQLite format 3\x00" + b"\x00" * 200, "a.gpkg")
        assert len(reading.read(FRAME.to_json().encode(), "a.geojson")) == 2


def test_many_may_read_at_once():
    content = FRAME.to_json().encode()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda k: len(reading.read(content, f"{k}.geojson")), range(12)))
    assert found == [2] * 12


def test_a_keeper_that_is_gone_is_replaced():
    content = FRAME.to_json().encode()
    assert len(reading.read(content, "a.geojson")) == 2
    keeper = sandbox._kept(os.getpid())
    keeper._process.kill()
    keeper._process.wait()
    assert len(reading.read(content, "a.geojson")) == 2
    assert sandbox._kept(os.getpid()) is not keeper
