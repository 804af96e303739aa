"""Uploads over HTTP: the changeset, its report, and errors with their place."""

import json

import orjson
import pytest
from shapely.geometry import box, mapping

SET = json.dumps({"classification": "SHA", "opened_on": "2020-01-01"})


def features(*shapes, **properties):
    rows = [{"type": "Feature", "geometry": shape and mapping(shape), "properties": properties} for shape in shapes]
    return orjson.dumps({"type": "FeatureCollection", "features": rows})


def post(client, content, layer="hazards", name="a.geojson", **form):
    return client.post("/changesets", files={"file": (name, content)}, data={"layer": layer, "set": SET, **form})


def test_an_upload_is_a_changeset_with_a_report(client):
    answer = post(client, features(box(46, 39, 46.1, 39.1), None), message="first")
    body = answer.json()
    assert answer.status_code == 201
    assert (body["rows_read"], body["accepted"], body["rejected"], body["state"]) == (2, 1, 1, "approved")
    assert answer.headers["location"] == f"/changesets/{body['id']}"
    kept = client.get(answer.headers["location"]).json()
    assert kept["source_name"] == "a.geojson"
    assert kept["message"] == "first"
    report = client.get(f"/changesets/{body['id']}/report").json()["report"]
    assert [(line["row"], line["code"]) for line in report if line["level"] == "error"] == [(2, "no_geometry")]
    text = client.get(f"/changesets/{body['id']}/report", params={"f": "csv"}).text
    assert text.splitlines()[0] == "row,id,level,code,message"
    assert client.get("/changesets").json()["changesets"][0]["id"] == body["id"]


def test_loading_again_adds_nothing(client):
    content = features(box(46, 39, 46.1, 39.1))
    post(client, content)
    before = client.get("/coverage").content
    again = post(client, content).json()
    assert (again["unchanged"], again["versions"], again["revision"]) == (1, 0, None)
    assert client.get("/coverage").content == before


def test_a_dry_run_keeps_nothing(client):
    answer = post(client, features(box(46, 39, 46.1, 39.1)), dry_run="true")
    assert answer.status_code == 200
    assert answer.json()["id"] is None
    assert client.get("/changesets").json()["changesets"] == []


def test_what_must_be_looked_at_stands_in_the_report_with_its_area(client):
    post(client, features(box(46, 39, 46.1, 39.1)))
    cleared = json.dumps({"product": "cleared", "completed_on": "2021-01-01", "qc_status": "not_required"})
    body = post(client, features(box(46, 39, 46.2, 39.1)), "releases", set=cleared).json()
    found = {line["code"]: line["message"] for line in body["report"] if line["level"] == "notice"}
    assert {"cleared_without_qc", "cleared_without_depth", "released_without_record"} <= found.keys()
    assert "m2" in found["released_without_record"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"layer": "nothing"}, 422),
        ({"set": "{"}, 422),
        ({"set": "[1]"}, 422),
        ({"set": '{"colour": 1}'}, 422),
        ({"mapping": '{"note": "nothing"}'}, 422),
        ({"crs": "EPSG:99999999"}, 422),
    ],
)
def test_a_wrong_request_says_what_is_wrong(client, form, status):
    answer = post(client, features(box(46, 39, 46.1, 39.1)), **{"layer": "hazards", **form})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_file_that_cannot_be_read_is_a_problem_and_a_question_has_choices(client):
    assert post(client, b"rubbish").status_code == 422
    asked = post(client, b'id,wkt\nA,"POLYGON((46 39,46.1 39,46.1 39.1,46 39))"\n', name="a.csv")
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["choices"]


def test_items_are_paged_each_once(client):
    post(client, features(*(box(46 + k / 100, 39, 46 + k / 100 + 0.005, 39.005) for k in range(25))))
    address, seen = "/collections/hazards/items?limit=10", []
    while address:
        page = client.get(address).json()
        assert page["numberMatched"] == 25
        assert page["numberReturned"] == len(page["features"])
        seen += [one["id"] for one in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert len(seen) == len(set(seen)) == 25
    west = client.get("/collections/hazards/items", params={"bbox": "46,39,46.012,39.01", "limit": 100}).json()
    assert west["numberMatched"] == 2
    one = client.get(f"/collections/hazards/items/{seen[0]}").json()
    assert (one["properties"]["state"], one["id"]) == ("open", seen[0])
    assert one["properties"]["open_m2"] == pytest.approx(one["properties"]["area_m2"])


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/collections/nothing",
        "/collections/nothing/items",
        "/collections/hazards/items/none",
        "/changesets/9",
        "/changesets/9/report",
    ],
)
def test_what_is_not_there_is_404_as_a_problem(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=1,9,2,3"])
def test_a_bad_query_is_refused(client, query):
    assert client.get(f"/collections/hazards/items?{query}").status_code in {400, 422}


def test_collections_and_health(client):
    names = [one["id"] for one in client.get("/collections").json()["collections"]]
    assert names == ["hazards", "releases", "surveys", "incidents", "spots", "districts", "settlements", "roads"]
    assert client.get("/healthz").status_code == 200


def test_head_answers_as_get_without_the_body(client):
    post(client, features(box(46, 39, 46.1, 39.1)))
    got, head = client.get("/coverage"), client.head("/coverage")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == got.headers["content-length"]
    assert client.head("/nothing").status_code == 404


def test_the_schema_describes_what_items_hold(client):
    post(client, features(box(46, 39, 46.1, 39.1)))
    schema = client.get("/collections/hazards/schema").json()
    row = client.get("/collections/hazards/items").json()["features"][0]["properties"]
    assert set(schema["required"]) == {"id", "valid_from", "classification", "opened_on"}
    assert schema["properties"]["classification"]["enum"] == ["SHA", "CHA"]
    assert set(schema["properties"]) - {"geometry"} <= set(row)


def test_review_keeps_a_changeset_from_the_ground_until_it_is_approved(client, clearway):
    clearway("settings", "review=true", check=0)
    body = post(client, features(box(46, 39, 46.1, 39.1))).json()
    assert body["state"] == "submitted"
    assert client.get("/coverage").json()["total"]["SHA"] == 0
    assert client.post(f"/changesets/{body['id']}/approve").status_code == 403
    assert client.post(f"/changesets/{body['id']}/reject").json()["state"] == "rejected"
    assert client.post(f"/changesets/{body['id']}/submit").status_code == 409


def test_a_release_is_in_effect_only_from_its_passed_control(client):
    post(client, features(box(46, 39, 46.1, 39.1)))
    passed = {"product": "cleared", "completed_on": "2021-01-01", "qc_status": "passed", "qc_on": "2021-06-01"}
    post(client, features(box(46, 39, 46.1, 39.1)), "releases", set=json.dumps(passed))

    def at(day):
        found = client.get("/collections/releases/items", params={"as_of": day}).json()["features"][0]["properties"]
        hazard = client.get("/collections/hazards/items", params={"as_of": day}).json()["features"][0]["properties"]
        return found["in_effect"], hazard["state"]

    assert at("2021-03-01") == (False, "open")
    assert at("2021-06-01") == (True, "released")
