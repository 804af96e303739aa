"""Files as strangers send them: real ones, broken ones, hostile ones."""

import io
import socket
import threading
import zipfile

import geopandas as gpd
import orjson
import pytest
from shapely.geometry import box, mapping

from layers import reading
from layers.reading.drivers import ALLOWED

HAZARD = {"classification": "SHA", "opened_on": "1996-01-01"}
FRAME = gpd.GeoDataFrame(
    {"id": ["A", "B"], "note": ["ənə", "тест"]}, geometry=[box(46, 39, 46.1, 39.1), box(46.2, 39, 46.3, 39.1)], crs=4326
)


def written(tmp_path, name, **options):
    path = tmp_path / name
    FRAME.to_file(path, **options)
    return path


@pytest.mark.parametrize(("name", "driver"), [("a.geojson", "GeoJSON"), ("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf")])
def test_formats_say_the_same(tmp_path, name, driver):
    verdict = reading.load(written(tmp_path, name, driver=driver), "hazards", set_values=HAZARD)
    assert (verdict.accepted, verdict.repaired) == (2, 0)
    rows = verdict.versions.sort_values("id", ignore_index=True)  # FlatGeobuf puts rows in an order of its own
    assert rows["note"].tolist() == ["ənə", "тест"]
    assert rows.geometry.geom_equals(FRAME.geometry).all()


def zipped(folder, suffixes=(".shp", ".shx", ".dbf", ".prj", ".cpg")):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in folder.iterdir():
            if path.suffix in suffixes:
                archive.write(path, f"survey/{path.name}")
    return out.getvalue()


def test_zipped_shapefile_in_another_projection(tmp_path):
    FRAME.to_crs(32638).to_file(tmp_path / "a.shp", encoding="UTF-8")
    table = reading.read(zipped(tmp_path), "a.zip")
    assert table.crs.to_epsg() == 32638
    assert table.columns["note"] == ["ənə", "тест"]


def test_a_shapefile_without_its_projection_is_asked_about(tmp_path):
    FRAME.to_file(tmp_path / "a.shp")
    content = zipped(tmp_path, (".shp", ".shx", ".dbf"))
    with pytest.raises(reading.Question, match="coordinate system"):
        reading.read(content, "a.zip")
    assert reading.read(content, "a.zip", crs="EPSG:4326").crs.to_epsg() == 4326


def test_a_shapefile_without_its_table_is_refused(tmp_path):
    FRAME.to_file(tmp_path / "a.shp")
    with pytest.raises(reading.Unreadable, match=r"lacks its \.dbf"):
        reading.read(zipped(tmp_path, (".shp", ".shx")), "a.zip")


def test_several_layers_are_asked_about(tmp_path):
    path = written(tmp_path, "a.gpkg", layer="one")
    FRAME.to_file(path, layer="two")
    with pytest.raises(reading.Question) as asked:
        reading.read(path.read_bytes(), path.name)
    assert asked.value.choices == ("one", "two")
    assert len(reading.read(path.read_bytes(), path.name, source_layer="two")) == 2


def test_csv_with_coordinates():
    table = reading.read("id;lon;lat;note\nA;46.5;39.5;ə\nB;46.6;;x\n".encode(), "a.csv")
    assert [one and (one.x, one.y) for one in table.geometry] == [(46.5, 39.5), None]
    assert table.defects[1][0] == "coordinates"


def test_csv_with_wkt_needs_its_coordinate_system():
    content = b'id,wkt\nA,"POLYGON((46 39,46.1 39,46.1 39.1,46 39))"\nB,nonsense\n'
    with pytest.raises(reading.Question, match="coordinate system"):
        reading.read(content, "a.csv")
    assert list(reading.read(content, "a.csv", crs="EPSG:4326").defects) == [1]


def test_decimal_commas_and_unknown_text_are_asked_about():
    with pytest.raises(reading.Question, match="decimal comma"):
        reading.read(b"id;lon;lat\nA;46,5;39,5\n", "a.csv")
    with pytest.raises(reading.Question, match="encoding"):
        reading.read("id,lon,lat\nтест,46,39\n".encode("cp1251"), "a.csv")
    assert reading.read("id,lon,lat\nтест,46,39\n".encode("cp1251"), "a.csv", encoding="windows-1251").columns[
        "id"
    ] == ["тест"]


def test_an_old_geojson_says_its_coordinate_system():
    moved = FRAME.to_crs(32638)
    content = orjson.loads(moved.to_json()) | {
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32638"}}
    }
    assert reading.read(orjson.dumps(content), "a.geojson").crs.to_epsg() == 32638


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.geojson"),
        (b"   ", "a.csv"),
        (b'{"type":"FeatureCollection","features":[{"type":"Fea', "a.geojson"),
        (b'{"type":"Topology"}', "a.geojson"),
        (b"[1,2", "a.geojson"),
        (b"PK\x03\x04rubbish", "a.zip"),
        (b"SQLite format 3\x00" + b"\x00" * 200, "a.gpkg"),
        (b"fgb\x03fgb\x00" + b"\xff" * 64, "a.fgb"),
        (b"\x89PNG\r\n\x1a\n", "a.geojson"),
        (bytes(range(256)) * 10, "a.bin"),
        (b"id,lon,lat\n", "a.csv"),
        (b"<html></html>", "a.kml"),
        (b"[" * 100_000, "a.geojson"),
    ],
)
def test_what_cannot_be_read_says_why(content, name):
    with pytest.raises(reading.Unreadable) as refused:
        reading.read(content, name)
    assert "/" not in str(refused.value).replace("km/h", "")


# Hostile files

SECRET = "the contents of a local file"


class Canary(threading.Thread):
    """Counts who connects to it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(0.2)
        self.port, self.visits, self.over = self.server.getsockname()[1], 0, False

    def run(self):
        while not self.over:
            try:
                self.server.accept()[0].close()
                self.visits += 1
            except TimeoutError:
                continue
        self.server.close()


@pytest.fixture
def canary():
    bird = Canary()
    bird.start()
    yield bird
    bird.over = True
    bird.join()


def hostile(secret, port):
    """Documents that GDAL would follow, by what they are."""
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="s"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    gdalg = orjson.dumps(
        {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret}"}
    ).decode()
    wfs = f"<OGRWFSDataSource><URL>http://127.0.0.1:{port}/wfs</URL></OGRWFSDataSource>"
    oapif = f"<OGROAPIFDataSource><URL>http://127.0.0.1:{port}/</URL></OGROAPIFDataSource>"
    link = orjson.dumps(
        {"type": "Feature", "geometry": None, "properties": {}, "href": f"http://127.0.0.1:{port}/"}
    ).decode()
    entity = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "file://{secret}">]><kml><Placemark><name>&x;</name></Placemark></kml>'
    return {"vrt": vrt, "gdalg": gdalg, "wfs": wfs, "oapif": oapif, "link": link, "entity": entity,
            "path": str(secret), "address": f"http://127.0.0.1:{port}/x.geojson", "vsi": f"/vsicurl/http://127.0.0.1:{port}/x"}  # fmt: skip


@pytest.mark.parametrize("kind", ["vrt", "gdalg", "wfs", "oapif", "link", "entity", "path", "address", "vsi"])
@pytest.mark.parametrize("name", ["upload.geojson", "upload.kml", "upload.csv", "upload.gpkg"])
def test_no_document_reads_a_local_file_or_reaches_the_network(kind, name, tmp_path, canary):
    secret = tmp_path / "secret.geojson"
    feature = {"type": "Feature", "geometry": mapping(box(46, 39, 47, 40)), "properties": {"note": SECRET}}
    secret.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [feature]}))
    try:
        table = reading.read(hostile(secret, canary.port)[kind].encode(), name)
    except (reading.Unreadable, reading.Question) as refused:
        assert SECRET not in str(refused)
    else:
        assert SECRET not in str(table.columns)
    assert canary.visits == 0


def test_gdal_unguarded_would_have_followed_it(tmp_path):
    """The attack is real: without the cage the same document hands out the file."""
    secret = tmp_path / "secret.geojson"
    FRAME.assign(note=SECRET).to_file(secret)
    bait = tmp_path / "bait.geojson"
    bait.write_text(hostile(secret, 1)["vrt"].replace('name="s"', 'name="secret"'))
    assert SECRET in gpd.read_file(bait)["note"].tolist()


def test_the_cage_knows_only_its_drivers():
    assert {"VRT", "WFS", "OAPIF", "GDALG", "CSV"}.isdisjoint(ALLOWED)


def packed(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in members:
            archive.writestr(info, content)
    return out.getvalue()


def test_zips_that_harm_are_refused():
    link = zipfile.ZipInfo("link.geojson")
    link.external_attr = 0o120777 << 16
    bomb = packed([("a.geojson", b"0" * 200_000_000)])
    for content, why in (
        (packed([("../../a.geojson", b"{}")]), "outside itself"),
        (packed([("/etc/a.geojson", b"{}")]), "outside itself"),
        (packed([(link, "/etc/passwd")]), "link"),
        (bomb, "many times its size"),
        (packed([(f"{k}.txt", b"x") for k in range(1500)]), "files"),
        (packed([("a.txt", b"x")]), "holds no"),
    ):
        with pytest.raises(reading.Unreadable, match=why):
            reading.read(content, "a.zip")


def test_a_claim_of_a_billion_vertices_is_refused():
    # A polygon of one ring with 10^9 points, and then nothing.
    wkt = b"id,wkt\nA,010300000001000000 00CA9A3B\n"
    assert reading.read(wkt, "a.csv", crs="EPSG:4326").defects


# Real files


@pytest.mark.parametrize(
    ("layer", "name", "options", "accepted", "rejected"),
    [
        ("districts", "cantons.geojson", {"mapping": {"name": "shapeName"}}, 142, 0),
        ("hazards", "suspect_areas_simplyfied.geojson", {"set_values": HAZARD}, 1127, 631),
        ("releases", "cleared_areas_simplyfied.geojson",
         {"set_values": {"product": "cleared", "completed_on": "2005-01-01", "qc_status": "not_required"}}, 725, 0),
        ("incidents", "incidents.geojson", {"set_values": {"kind": "incident", "occurred_on": "1996-01-01"}}, 112, 0),
    ],
)  # fmt: skip
def test_bosnia(shared, layer, name, options, accepted, rejected):
    verdict = reading.load(shared / "bosnia" / name, layer, **options)
    assert (verdict.accepted, verdict.rejected) == (accepted, rejected)
    assert verdict.versions["id"].is_unique
    repairs = [one for one in verdict.problems if one.level == "repair"]
    assert all("area before" in one.message and "after" in one.message for one in repairs)
    assert len({one.row for one in repairs}) == verdict.repaired


def test_curves_are_drawn_straight_and_named(shared):
    verdict = reading.load(shared / "dirty" / "misc" / "curvepolygon.gpkg", "hazards", set_values=HAZARD)
    assert [one.code for one in verdict.problems if one.level == "repair"] == ["curves_linearised"]
    assert verdict.versions.geometry.iloc[0].geom_type == "Polygon"


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["geojson", "kml", "shp", "misc"])
def test_every_dirty_file_has_an_outcome(shared, folder):
    outcomes = {}
    for path in sorted(one for one in (shared / "dirty" / folder).rglob("*") if one.is_file()):
        try:
            verdict = reading.load(path, "hazards", set_values=HAZARD)
            outcomes[path.name] = "accepted" if not verdict.rejected else "rejected"
            assert verdict.accepted + verdict.rejected == verdict.rows_read
        except (reading.Unreadable, reading.Question) as refused:
            outcomes[path.name] = type(refused).__name__
            assert len(str(refused)) > 10, path.name
    assert len(outcomes) >= 5
    if folder == "geojson":
        assert outcomes["invalid_less_three_unique_nodes.geojson"] == "rejected"
        assert outcomes["invalid_unclosed.geojson"] == "accepted"
