"""The same records in every form, their schema, and what caches are told."""

import csv
import io
import json

import geopandas as gpd
import jsonschema
import pytest
import shapely
from shapely.geometry import shape

from layers.definitions import LAYERS
from tests.geo_service.ogc.cases import EPSG, send

LAYER = pytest.mark.parametrize("layer", list(LAYERS))


def same(frame, rows):
    assert sorted(frame["id"]) == [one["id"] for one in rows]
    frame = frame.set_index("id")
    for one in rows:
        found = frame.geometry[one["id"]]
        assert shapely.equals(shapely.normalize(found), shapely.normalize(shape(one["geometry"]))), one["id"]


@LAYER
def test_files_hold_every_record_exactly(reading, layer, tmp_path):
    rows = reading.get(f"/collections/{layer}/items", params={"limit": 1000}).json()["features"]
    for form, kind in (
        ("fgb", "application/flatgeobuf"),
        ("gpkg", "application/geopackage+sqlite3"),
        ("parquet", "application/vnd.apache.parquet"),
    ):
        answer = reading.get(f"/collections/{layer}/items", params={"f": form})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["ogc-numbermatched"] == answer.headers["ogc-numberreturned"] == str(len(rows))
        path = tmp_path / f"a.{form}"
        path.write_bytes(answer.content)
        frame = (
            gpd.read_parquet(path)
            if form == "parquet"
            else gpd.read_file(path, **({"layer": layer} if form == "gpkg" else {}))
        )
        same(frame, rows)
    text = reading.get(f"/collections/{layer}/items", params={"f": "csv"}).text
    lines = list(csv.DictReader(io.StringIO(text)))
    same(
        gpd.GeoDataFrame(
            {"id": [one["id"] for one in lines]}, geometry=shapely.from_wkt([one["geometry"] for one in lines])
        ),
        rows,
    )
    answer = reading.get(f"/collections/{layer}/items", params={"f": "geojsonseq"})
    assert answer.headers["content-type"] == "application/geo+json-seq"
    assert [json.loads(one) for one in answer.text.split("\x1e")[1:]] == rows


def test_files_are_paged_by_headers(reading):
    for form in ("csv", "geojsonseq", "fgb"):
        answer = reading.get("/collections/hazards/items", params={"f": form, "limit": 10})
        assert (answer.headers["ogc-numbermatched"], answer.headers["ogc-numberreturned"]) == ("25", "10")
        following = [one for one in answer.headers["link"].split(", ") if 'rel="next"' in one]
        assert len(following) == 1
        address = following[0].partition(">")[0].lstrip("<")
        assert "," not in address
        again = reading.get(address)
        assert again.headers["content-type"] == answer.headers["content-type"]
        assert again.headers["ogc-numberreturned"] == "10"
        assert again.content != answer.content


def test_files_are_in_the_system_that_is_asked_for(reading, tmp_path):
    for form in ("fgb", "gpkg", "parquet"):
        answer = reading.get("/collections/hazards/items", params={"f": form, "crs": EPSG.format(32638)})
        (tmp_path / f"u.{form}").write_bytes(answer.content)
        frame = gpd.read_parquet(tmp_path / "u.parquet") if form == "parquet" else gpd.read_file(tmp_path / f"u.{form}")
        assert frame.crs.to_epsg() == 32638
        assert frame.total_bounds[0] > 100_000
        assert answer.headers["content-crs"] == f"<{EPSG.format(32638)}>"


def test_no_temporary_file_stays(reading, monkeypatch, tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    for form in ("fgb", "gpkg", "parquet"):
        assert reading.get("/collections/hazards/items", params={"f": form}).status_code == 200
    assert list(folder.iterdir()) == []


def test_csv_is_no_formula(filled):
    geometry = filled.get("/collections/spots/items").json()["features"][0]["geometry"]
    send(
        filled,
        "spots",
        [
            {
                "type": "Feature",
                "id": "P-2",
                "geometry": geometry,
                "properties": {"found_on": "2020-01-01", "note": "=1+1"},
            }
        ],
    )
    assert ",'=1+1," in filled.get("/collections/spots/items", params={"f": "csv"}).text


@LAYER
def test_an_empty_layer_opens_with_its_fields_and_geometry(client, layer, tmp_path):
    for form in ("fgb", "gpkg", "parquet"):
        answer = client.get(f"/collections/{layer}/items", params={"f": form})
        assert answer.status_code == 200, answer.text
        (tmp_path / f"e.{form}").write_bytes(answer.content)
        frame = gpd.read_parquet(tmp_path / "e.parquet") if form == "parquet" else gpd.read_file(tmp_path / f"e.{form}")
        assert len(frame) == 0
        assert set(LAYERS[layer].names) <= set(frame.columns)
    assert client.get(f"/collections/{layer}/items").json()["features"] == []
    assert client.get(f"/collections/{layer}/items", params={"f": "csv"}).text.startswith("id,")


@LAYER
def test_schema_is_valid_and_every_item_validates(reading, layer):
    answer = reading.get(f"/collections/{layer}/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"http://127.0.0.1:8000/collections/{layer}/schema"
    properties = schema["properties"]
    roles = {one.get("x-ogc-role"): name for name, one in properties.items()}
    assert (roles["id"], roles["primary-geometry"]) == ("id", "geometry")
    assert "type" not in properties["geometry"]
    assert properties["geometry"]["format"].startswith("geometry-")
    places = [one["x-ogc-propertySeq"] for one in properties.values() if "x-ogc-propertySeq" in one]
    assert sorted(places) == list(range(1, len(properties)))
    for name, one in properties.items():
        assert name == "geometry" or isinstance(one["type"], str)
        assert one["title"]
    validator = jsonschema.Draft202012Validator(schema)
    for item in reading.get(f"/collections/{layer}/items", params={"limit": 1000}).json()["features"]:
        # A property without a value is null in a feature: nullability stands outside of the type.
        validator.validate({name: value for name, value in item["properties"].items() if value is not None})
        assert set(item["properties"]) - {"extra"} == set(properties) - {"geometry"}


def test_what_is_worked_out_is_read_only_in_the_schema(reading):
    properties = reading.get("/collections/hazards/schema").json()["properties"]
    assert {name for name, one in properties.items() if one.get("readOnly")} == {"area_m2", "open_m2", "state"}


ADDRESSES = [
    "/",
    "/collections",
    "/collections/hazards",
    "/collections/hazards/schema",
    "/collections/hazards/items",
    "/collections/hazards/items/H-001",
    "/collections/hazards/items/H-001/versions",
    "/collections/hazards/items?f=csv",
    "/collections/hazards/items?f=fgb",
    "/collections/hazards/items?f=html",
    "/conformance",
    "/api",
]


def test_every_read_has_a_strong_tag_and_answers_304(reading):
    for address in ADDRESSES:
        tag = reading.get(address).headers["etag"]
        assert tag.startswith('"'), address
        again = reading.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), address
        assert again.headers["etag"] == tag
        packed = reading.get(address, headers={"Accept-Encoding": "gzip"})
        plain = reading.get(address, headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content, address
        if packed.headers.get("content-encoding"):
            assert packed.headers["etag"] != plain.headers["etag"], address


def test_an_edit_makes_a_new_tag_and_no_stale_answer(filled):
    before = {address: filled.get(address).headers["etag"] for address in ADDRESSES[2:]}
    content = json.dumps({"properties": {"note": "new"}})
    filled.patch(
        "/collections/hazards/items/H-001", content=content, headers={"Content-Type": "application/merge-patch+json"}
    )
    for address in (
        "/collections/hazards/items",
        "/collections/hazards/items/H-001",
        "/collections/hazards/items?f=csv",
        "/collections/hazards",
    ):
        again = filled.get(address, headers={"If-None-Match": before[address]})
        assert again.status_code == 200, address
    assert "new" in filled.get("/collections/hazards/items/H-001").text


def test_only_what_its_address_pins_is_immutable(filled):
    body = filled.get("/collections/hazards/items").json()
    pinned = {"rev": body["revision"], "as_of": body["as_of"], "known_at": body["known_at"]}
    answer = filled.get("/collections/hazards/items", params=pinned)
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    for left_out in pinned:
        asked = {name: value for name, value in pinned.items() if name != left_out}
        assert "immutable" not in filled.get("/collections/hazards/items", params=asked).headers["cache-control"]
    assert filled.get("/collections/hazards/items", params=pinned | {"rev": body["revision"] - 1}).status_code == 404
    send(
        filled,
        "spots",
        [
            {
                "type": "Feature",
                "id": "P-7",
                "geometry": {"type": "Point", "coordinates": [46, 39]},
                "properties": {"found_on": "2020-01-01"},
            }
        ],
    )
    assert filled.get("/collections/hazards/items", params=pinned).content == answer.content


def test_past_dates_and_knowledge_are_answered(reading):
    assert reading.get("/collections/hazards/items", params={"as_of": "2020-06-15"}).json()["numberMatched"] == 13
    first = reading.get("/changesets").json()["changesets"][-1]["recorded_at"]
    assert reading.get("/collections/hazards/items", params={"known_at": first}).json()["numberMatched"] == 0


@pytest.mark.parametrize(
    ("taken", "packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("br", False),
        ("identity", False),
    ],
)
def test_answers_are_packed_only_for_who_asks(reading, taken, packed):
    answer = reading.get("/collections/hazards/items", headers={"Accept-Encoding": taken})
    assert (answer.headers.get("content-encoding") == "gzip") == packed
    assert answer.json()["numberMatched"] == 25
