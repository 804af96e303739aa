"""Programs that GIS staff use, against a served store: GDAL, geopandas over OAPIF, OWSLib, QGIS and its edits."""

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from owslib.ogcapi.features import Features
from shapely.geometry import box, mapping, shape

from geo_service.store import open_store
from layers.definitions import LAYERS
from tests.clients.served import serving
from tests.geo_service.ogc.cases import RECORDS, send

needs_gdal = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="GDAL's programs are not installed: apt-get install gdal-bin"
)


def read(address):
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        return json.load(answer)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a served store, what was asked of it, and a way to read it directly."""
    log, heard = open_store(tmp_path_factory.mktemp("served") / "data", create=True), []
    with serving(log, heard) as (address, app):
        for layer, rows in RECORDS.items():
            send(SimpleNamespace(app=app), layer, rows)
        yield SimpleNamespace(
            address=address,
            app=app,
            heard=heard,
            items=lambda layer: json.load(urllib.request.urlopen(f"{address}/collections/{layer}/items?limit=1000"))[  # noqa: S310 - our own server
                "features"
            ],
        )
    log.close()


def run(*arguments, check=True):
    done = subprocess.run([*map(str, arguments)], capture_output=True, text=True, check=False, timeout=100)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs_gdal
def test_ogrinfo_lists_every_layer(served):
    out = run("ogrinfo", f"OAPIF:{served.address}")
    assert [name for name in LAYERS if name in out] == list(LAYERS)


@needs_gdal
@pytest.mark.parametrize("layer", list(LAYERS))
def test_ogr2ogr_reads_what_was_loaded(served, layer, tmp_path):
    path = tmp_path / "out.gpkg"
    run("ogr2ogr", path, f"OAPIF:{served.address}", layer, "-oo", "PAGE_SIZE=1000")
    frame, rows = gpd.read_file(path), served.items(layer)
    assert sorted(frame["id"]) == [one["id"] for one in rows]
    frame = frame.set_index("id")
    for one in rows:
        found = frame.loc[one["id"]]
        assert shapely.hausdorff_distance(found.geometry, shape(one["geometry"])) < 1e-7
        for name, value in one["properties"].items():
            if name in {"id", "extra"} or value is None:
                continue
            assert alike(found[name], value), (name, found[name], value)


def alike(found, value):
    if isinstance(value, list):
        # GDAL writes a list into a GeoPackage as JSON, or before 3.7 as (2:one,other).
        if isinstance(found, str):
            found = json.loads(found) if found.startswith("[") else found.strip("()").partition(":")[2].split(",")
        return list(found) == value
    if isinstance(value, bool):
        return bool(found) == value
    if isinstance(found, pd.Timestamp):
        return found.date().isoformat() == value
    return found == pytest.approx(value) if isinstance(value, int | float) else str(found)[:10] == str(value)[:10]


@needs_gdal
def test_gdal_pages_by_key_and_gets_all(served):
    served.heard.clear()
    out = run("ogrinfo", "-al", "-so", f"OAPIF:{served.address}", "hazards", "-oo", "PAGE_SIZE=7")
    assert "Feature Count: 25" in out
    path = [query for _, where, query in served.heard if where.endswith("/items")]
    assert path


@needs_gdal
def test_gdal_pushes_filters_down(served):
    served.heard.clear()
    out = run(
        "ogrinfo",
        "-al",
        "-q",
        f"OAPIF:{served.address}",
        "hazards",
        "-where",
        "classification = 'CHA' AND id > 'H-010'",
    )
    assert out.count("OGRFeature(") == 5
    asked = [query for _, where, query in served.heard if where.endswith("/hazards/items")]
    assert [one for one in asked if "filter=" in one or "classification=CHA" in one], asked
    out = run("ogrinfo", "-al", "-q", f"OAPIF:{served.address}", "hazards", "-spat", "46", "39", "46.03", "39.01")
    assert out.count("OGRFeature(") == 2
    assert [query for _, _, query in served.heard if "bbox=46" in query]


@needs_gdal
def test_gdal_on_the_address_of_a_collection(served):
    assert "Feature Count: 25" in run("ogrinfo", "-al", "-so", f"OAPIF:{served.address}/collections/hazards")


READ = """
import sys, geopandas, pyogrio
for layer in sys.argv[3:]:
    geopandas.read_file(f"OAPIF:{sys.argv[1]}/collections/{layer}", layer=layer).to_parquet(f"{sys.argv[2]}/{layer}.parquet")
info = pyogrio.read_info(f"OAPIF:{sys.argv[1]}/collections/hazards", layer="hazards")
print(dict(zip(info["fields"], map(str, info["dtypes"]))))
"""


def read_by_geopandas(address, folder, *layers):
    """Read layers in a process of its own: while GDAL waits for the network, it lets no thread of its process run."""
    out = run(sys.executable, "-W", "ignore", "-c", READ, address, folder, *layers)
    return {layer: gpd.read_parquet(folder / f"{layer}.parquet") for layer in layers}, out


def test_geopandas_reads_every_layer(served, tmp_path):
    frames, out = read_by_geopandas(served.address, tmp_path, *LAYERS)
    for layer, frame in frames.items():
        rows = served.items(layer)
        assert sorted(frame["id"]) == [one["id"] for one in rows]
        by_id = frame.set_index("id")
        for one in rows:
            assert shapely.hausdorff_distance(by_id.geometry[one["id"]], shape(one["geometry"])) < 1e-9
    assert "'area_m2': 'float64'" in out
    assert "'opened_on': 'datetime64" in out


def test_an_empty_layer_opens_in_geopandas(tmp_path):
    # GDAL takes the fields of a layer from its first records; its schema names them for QGIS, and files hold them.
    with open_store(tmp_path / "data", create=True) as log, serving(log) as (address, _):
        frames, _ = read_by_geopandas(address, tmp_path, "roads", "hazards")
    assert [len(frame) for frame in frames.values()] == [0, 0]


def test_owslib(served):
    service = Features(served.address)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in service.conformance()["conformsTo"]
    assert service.feature_collections() == list(LAYERS)
    assert service.collection("hazards")["itemType"] == "feature"
    assert "classification" in service.collection_queryables("hazards")["properties"]
    page = service.collection_items("hazards", limit=5, offset=5)
    assert [one["id"] for one in page["features"]] == [f"H-{k:03d}" for k in range(5, 10)]
    assert service.collection_items("hazards", bbox=[46, 39, 46.001, 39.001])["numberMatched"] == 1
    assert service.collection_item("hazards", "H-001")["id"] == "H-001"
    assert service.api()["openapi"].startswith("3.0")


def test_the_edits_of_qgis_3_44(served):
    def ask(method, path, document=None, **headers):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(path if "://" in path else served.address + path, body, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None

    plain = {"Accept": "application/json"}
    landing = ask("GET", "/", **plain)[2]
    found = next(
        one["href"] for one in landing["links"] if one["type"] == "application/vnd.oai.openapi+json;version=3.0"
    )
    limit = ask("GET", found)[2]["components"]["parameters"]["limit"]["schema"]
    assert min(max(1000, limit["default"]), limit["maximum"]) == 1000
    conforms = ask("GET", "/conformance", **plain)[2]["conformsTo"]
    assert any(one.endswith("features-filter") for one in conforms)
    ask("GET", "/collections/hazards", **plain)
    ask("GET", "/collections/hazards/queryables", Accept="application/schema+json")
    ask("GET", "/collections/hazards/schema", Accept="application/schema+json")
    assert "POST" in ask("OPTIONS", "/collections/hazards/items")[1]["Allow"]
    first = ask("GET", "/collections/hazards/items?limit=10", Accept="application/geo+json")[2]["features"][0]["id"]
    assert {"PUT", "PATCH", "DELETE"} <= set(
        ask("OPTIONS", f"/collections/hazards/items/{first}")[1]["Allow"].split(", ")
    )

    ring = box(46.31, 39.31, 46.32, 39.32)
    feature = {
        "type": "Feature",
        "geometry": mapping(ring),
        "properties": {"classification": "CHA", "opened_on": "2021-01-01", "note": "by QGIS"},
    }
    crs84 = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    status, headers, _ = ask(
        "POST", "/collections/hazards/items", feature, **{"Content-Type": "application/geo+json", "Content-Crs": crs84}
    )
    assert status == 201
    place = headers["Location"]
    assert "/items/" in place
    status, headers, kept = ask("GET", place, Accept="application/geo+json")
    assert kept["properties"]["note"] == "by QGIS"
    merge = {"Content-Type": "application/merge-patch+json", "Content-Crs": crs84}
    moved = box(46.31, 39.31, 46.33, 39.32)
    assert ask("PATCH", place, {"geometry": mapping(moved)}, **merge)[0] == 200
    assert ask("PATCH", place, {"properties": {"note": "changed"}}, **merge)[0] == 200
    kept = ask("GET", place)[2]
    assert shape(kept["geometry"]).equals(moved)
    assert (kept["properties"]["note"], kept["properties"]["classification"]) == ("changed", "CHA")
    assert ask("DELETE", place)[0] == 204
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask("GET", place)
    assert len(ask("GET", f"{place}/versions")[2]["features"]) >= 2


QGIS = """
import json
import sys
sys.path.insert(0, "/usr/share/qgis/python")
from qgis.core import QgsApplication, QgsVectorLayer, QgsFeatureRequest, QgsRectangle
app = QgsApplication([], False)
app.initQgis()
found = {}
for name in sys.argv[2].split(","):
    layer = QgsVectorLayer(f"url='{sys.argv[1]}' typename='{name}'", name, "OAPIF")
    assert layer.isValid(), (name, layer.error().message())
    rows = sorted(one["id"] for one in layer.getFeatures())
    found[name] = {"ids": rows, "fields": [one.name() for one in layer.fields()], "crs": layer.crs().authid()}
    if name == "hazards":
        box = QgsRectangle(46, 39, 46.03, 39.01)
        found["in box"] = sorted(one["id"] for one in layer.getFeatures(QgsFeatureRequest().setFilterRect(box)))
print("FOUND" + json.dumps(found))
app.exitQgis()
"""


@pytest.mark.qgis
@pytest.mark.skipif(
    not Path("/usr/lib/python3/dist-packages/qgis").exists(),
    reason="QGIS is not installed: apt-get install python3-qgis qgis-providers",
)
def test_qgis_reads_every_layer(served, tmp_path):
    script = tmp_path / "read.py"
    script.write_text(QGIS)
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    done = subprocess.run(
        ["/usr/bin/python3", script, served.address, ",".join(LAYERS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=environment,
    )
    assert "FOUND" in done.stdout, done.stdout + done.stderr
    found = json.loads(done.stdout.partition("FOUND")[2].splitlines()[0])
    for layer in LAYERS:
        assert found[layer]["ids"] == [one["id"] for one in served.items(layer)]
        assert "note" in found[layer]["fields"]
    assert found["in box"] == ["H-000", "H-001"]
