"""Part 4: edits by the standard's ids, and what an edit is here: a version with an author, that can be refused."""

import datetime as dt
import threading

import orjson
import pytest
from pyproj import Transformer
from shapely.geometry import box, mapping, shape

from tests.geo_service.ogc.cases import CRS84, EPSG, GEOJSON, PATCH, feature

HOME = "/collections/hazards/items"
TODAY = dt.datetime.now(dt.UTC).date().isoformat()


def patch(client, record, document, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(f"{HOME}/{record}", content=orjson.dumps(document), headers=PATCH | named)


def new(identifier="N-1", **properties):
    own = {"classification": "SHA", "opened_on": "2021-05-05"} | properties
    return feature(box(46.3, 39.3, 46.31, 39.31), identifier, **own)


def post(client, document, **headers):
    return client.post(HOME, content=orjson.dumps(document), headers=GEOJSON | headers)


def test_options(reading):
    assert set(reading.options(HOME).headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    for record in ("H-001", "unknown_id"):
        answer = reading.options(f"{HOME}/{record}")
        assert answer.status_code == 200
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}


def test_post_answers_201_with_the_place_that_then_answers(filled):
    answer = post(filled, new())
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith("/collections/hazards/items/N-1")
    kept = filled.get(answer.headers["location"])
    assert kept.json()["properties"]["classification"] == "SHA"
    assert kept.json()["properties"]["valid_from"] == "2021-05-05"
    assert shape(kept.json()["geometry"]).equals(shape(new()["geometry"]))
    newest = filled.get("/changesets").json()["changesets"][0]
    assert (newest["author"], newest["versions"], newest["state"], newest["source_name"]) == (
        "local",
        1,
        "approved",
        None,
    )


def test_post_without_an_id_is_given_one_and_the_same_again_is_409(filled):
    first = post(filled, new(None))
    assert first.status_code == 201
    assert filled.get(first.headers["location"]).status_code == 200
    assert post(filled, new(None)).status_code == 409


def test_post_of_an_id_in_force_is_409(reading):
    assert post(reading, new("H-001")).status_code == 409


@pytest.mark.parametrize("media", ["text/plain", "application/xml", "", "application/gml+xml"])
def test_post_of_another_type_is_415(reading, media):
    assert reading.post(HOME, content=orjson.dumps(new()), headers={"Content-Type": media}).status_code == 415


@pytest.mark.parametrize(
    ("document", "status", "field"),
    [
        (b"{", 400, None),
        (b"[]", 400, None),
        (b'{"type": "FeatureCollection", "features": []}', 400, "type"),
        (b'{"type": "Feature", "properties": [], "geometry": null}', 400, "properties"),
        (new(classification="XXX"), 422, "classification"),
        (new(opened_on="yesterday"), 422, "opened_on"),
        (new(opened_on="2999-01-01"), 422, "opened_on"),
        (new(classification=None), 422, "classification"),
        (new(keeps_released=True), 422, "keeps_released"),
        (new() | {"geometry": None}, 422, "geometry"),
        (new() | {"geometry": {"type": "Point", "coordinates": [46, 39]}}, 422, "geometry"),
        (new() | {"geometry": {"type": "Polygon", "coordinates": [[[46, 39]]]}}, 422, "geometry"),
        (new() | {"geometry": {"type": "Polygon", "coordinates": "x"}}, 422, "geometry"),
        (new() | {"geometry": "x"}, 422, "geometry"),
        (new() | {"id": True}, 422, "id"),
        (new("a/b"), 422, "id"),
        (new(".."), 422, "id"),
        (b'{"type": "Feature", "geometry": ' + b"[" * 500 + b"]" * 500 + b', "properties": {}}', 400, None),
    ],
)
def test_post_of_what_breaks_a_rule_names_the_field(reading, document, status, field):
    before = reading.get(HOME).json()["revision"]
    content = document if isinstance(document, bytes) else orjson.dumps(document)
    answer = reading.post(HOME, content=content, headers=GEOJSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field:
        assert field in [one["place"] for one in answer.json()["errors"]]
    assert reading.get(HOME).json()["revision"] == before


@pytest.mark.parametrize("code", [4326, 3857, 32638, 32639])
def test_post_in_another_system_is_stored_in_degrees(filled, code):
    xy = Transformer.from_crs("OGC:CRS84", code).transform(46.12, 39.13)
    document = {
        "type": "Feature",
        "id": "I-9",
        "geometry": {"type": "Point", "coordinates": xy},
        "properties": {"kind": "incident", "occurred_on": "2021-01-01"},
    }
    answer = filled.post(
        "/collections/incidents/items",
        content=orjson.dumps(document),
        headers=GEOJSON | {"Content-Crs": f"<{EPSG.format(code)}>"},
    )
    assert answer.status_code == 201, answer.text
    kept = filled.get("/collections/incidents/items/I-9").json()["geometry"]["coordinates"]
    assert kept == pytest.approx([46.12, 39.13], abs=1e-8)


def test_post_in_an_unknown_system_is_400(reading):
    assert post(reading, new(), **{"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/9999>"}).status_code == 400


def test_patch_of_the_geometry_alone_keeps_the_rest_and_holds_from_today(filled):
    before = filled.get(f"{HOME}/H-001").json()
    moved = box(46.02, 39.01, 46.03, 39.02)
    answer = patch(filled, "H-001", {"geometry": mapping(moved)})
    assert answer.status_code == 200, answer.text
    after = filled.get(f"{HOME}/H-001").json()
    assert shape(after["geometry"]).equals(moved)
    own = {"valid_from", "area_m2", "open_m2", "state", "change"}
    assert {k: v for k, v in after["properties"].items() if k not in own} == {
        k: v for k, v in before["properties"].items() if k not in own
    }
    assert after["properties"]["valid_from"] == TODAY
    assert after["properties"]["change"] == "survey"


def test_patch_of_one_property_keeps_the_geometry_to_the_bit(filled):
    before = filled.get(f"{HOME}/H-002").json()
    assert patch(filled, "H-002", {"properties": {"note": "looked at"}}).status_code == 200
    after = filled.get(f"{HOME}/H-002").json()
    assert after["geometry"] == before["geometry"]
    assert after["properties"]["note"] == "looked at"
    assert after["properties"]["devices"] == before["properties"]["devices"]


def test_patch_with_null_takes_a_property_away(filled):
    assert filled.get(f"{HOME}/H-004").json()["properties"]["note"] == "it's number 4"
    assert patch(filled, "H-004", {"properties": {"note": None}}).status_code == 200
    assert filled.get(f"{HOME}/H-004").json()["properties"]["note"] is None


def test_patch_that_changes_nothing_makes_no_version(reading):
    before = reading.get(f"{HOME}/H-001")
    answer = patch(reading, "H-001", {"properties": {"classification": before.json()["properties"]["classification"]}})
    assert (answer.status_code, answer.headers["etag"]) == (200, before.headers["etag"].split(".")[0].rstrip('"') + '"')
    assert len(reading.get(f"{HOME}/H-001/versions").json()["features"]) == 1


def test_the_past_is_corrected_by_its_date_and_a_reason(filled):
    asked = patch(filled, "H-001", {"properties": {"note": "x", "valid_from": "2020-06-01"}})
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["place"] == "change"
    document = {"properties": {"note": "x", "valid_from": "2020-06-01", "change": "correction"}}
    assert patch(filled, "H-001", document).status_code == 200
    assert filled.get(f"{HOME}/H-001", params={"as_of": "2020-07-01"}).json()["properties"]["note"] == "x"


def test_put_replaces_the_whole(filled):
    document = new("H-004", opened_on="2020-05-01")
    answer = filled.put(f"{HOME}/H-004", content=orjson.dumps(document), headers=GEOJSON)
    assert answer.status_code == 200, answer.text
    after = filled.get(f"{HOME}/H-004").json()["properties"]
    assert (after["note"], after["devices"], after["classification"]) == (None, ["unknown"], "SHA")


def test_put_of_what_was_read_makes_no_version(reading):
    read = reading.get(f"{HOME}/H-003").json()
    answer = reading.put(f"{HOME}/H-003", content=orjson.dumps(read), headers=GEOJSON)
    assert answer.status_code == 200, answer.text
    assert len(reading.get(f"{HOME}/H-003/versions").json()["features"]) == 1


def test_a_survey_that_moves_the_day_of_opening_is_refused_with_its_field(reading):
    answer = patch(reading, "H-001", {"properties": {"opened_on": "2019-01-01"}})
    assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, "opened_on")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_what_is_not_there_is_404(reading, method):
    more = {} if method == "delete" else {"content": orjson.dumps(new("none")), "headers": GEOJSON}
    assert getattr(reading, method)(f"{HOME}/none", **more).status_code == 404


def test_an_id_never_changes(reading):
    assert patch(reading, "H-001", {"id": "H-999"}).status_code == 422
    assert patch(reading, "H-001", {"properties": {"id": "H-999"}}).status_code == 422


def test_delete_withdraws_and_history_stays(filled):
    assert filled.delete(f"{HOME}/H-001").status_code == 204
    assert filled.get(f"{HOME}/H-001").status_code == 404
    assert filled.get(HOME).json()["numberMatched"] == 24
    assert filled.get(f"{HOME}/H-001", params={"as_of": "2021-01-01"}).status_code == 200
    versions = filled.get(f"{HOME}/H-001/versions").json()["features"]
    assert [one["properties"]["withdrawn"] for one in versions] == [False, True]
    assert [one["properties"]["revision"] for one in versions] == sorted(
        one["properties"]["revision"] for one in versions
    )
    assert filled.delete(f"{HOME}/H-001").status_code == 404
    assert post(filled, new("H-001", opened_on="2020-02-01")).status_code == 201


@pytest.mark.parametrize("layer", ["releases", "surveys", "incidents", "spots", "districts", "settlements", "roads"])
def test_every_layer_is_edited(filled, layer):
    address = f"/collections/{layer}/items"
    record = filled.get(address).json()["features"][0]["id"]
    content = orjson.dumps({"properties": {"note": "looked at"}})
    assert filled.patch(f"{address}/{record}", content=content, headers=PATCH).status_code == 200
    assert filled.get(f"{address}/{record}").json()["properties"]["note"] == "looked at"
    assert filled.delete(f"{address}/{record}").status_code == 204


def test_if_match(filled):
    tag = filled.get(f"{HOME}/H-001").headers["etag"]
    assert tag.startswith('"')
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, If_Match='"other"').status_code == 412
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, If_Match=f"W/{tag}").status_code == 412
    first = patch(filled, "H-001", {"properties": {"note": "1"}}, If_Match=f'"x", {tag}')
    assert first.status_code == 200
    assert patch(filled, "H-001", {"properties": {"note": "2"}}, If_Match=tag).status_code == 412
    assert patch(filled, "H-001", {"properties": {"note": "2"}}, If_Match=first.headers["etag"]).status_code == 200
    assert patch(filled, "H-001", {"properties": {"note": "3"}}, If_Match="*").status_code == 200
    html = filled.get(f"{HOME}/H-001", headers={"Accept": "text/html"}).headers["etag"]
    assert filled.delete(f"{HOME}/H-001", headers={"If-Match": html}).status_code == 204


def test_if_unmodified_since(filled):
    headers = {"If_Unmodified_Since": "Wed, 01 Jan 2020 00:00:00 GMT"}
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, **headers).status_code == 412
    headers = {"If_Unmodified_Since": filled.get(f"{HOME}/H-001").headers["last-modified"]}
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, **headers).status_code == 200
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, If_Unmodified_Since="x").status_code == 400


def test_a_collection_may_require_the_version(filled):
    service = filled.app.state.service
    service.log.set_setting("if_match_required", ["hazards"])
    assert patch(filled, "H-001", {"properties": {"note": "1"}}).status_code == 428
    tag = filled.get(f"{HOME}/H-001").headers["etag"]
    assert patch(filled, "H-001", {"properties": {"note": "1"}}, If_Match=tag).status_code == 200
    assert post(filled, new()).status_code == 201


def test_of_two_edits_that_know_one_version_one_wins(filled):
    tag = filled.get(f"{HOME}/H-001").headers["etag"]
    found = []

    def edit(k):
        found.append(patch(filled, "H-001", {"properties": {"note": f"by {k}"}}, If_Match=tag).status_code)

    threads = [threading.Thread(target=edit, args=(k,)) for k in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [200, 412, 412, 412, 412, 412]
    assert len(filled.get(f"{HOME}/H-001/versions").json()["features"]) == 2


def test_with_review_an_edit_waits_and_the_record_is_unchanged(filled):
    filled.app.state.service.log.set_setting("review", value=True)
    before = filled.get(f"{HOME}/H-001")
    for answer in (
        patch(filled, "H-001", {"properties": {"note": "1"}}),
        post(filled, new()),
        filled.delete(f"{HOME}/H-001"),
    ):
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "submitted"
        assert filled.get(answer.headers["location"]).json()["id"] == answer.json()["id"]
    assert filled.get(f"{HOME}/H-001").json()["properties"] == before.json()["properties"]
    assert filled.get(f"{HOME}/N-1").status_code == 404


def test_properties_that_are_no_fields_are_kept_and_nothing_is_taken_for_something_else(filled):
    answer = post(filled, new("N-2", colour="red", type="CHA", status_of_area="closed"))
    assert answer.status_code == 201, answer.text
    assert answer.json()["properties"]["extra"] == {"colour": "red", "type": "CHA", "status_of_area": "closed"}
    assert patch(filled, "N-2", {"properties": {"note": "1"}}).json()["properties"]["extra"]["colour"] == "red"


def test_the_system_of_answers_to_edits_is_named(filled):
    assert post(filled, new()).headers["content-crs"] == f"<{CRS84}>"


@pytest.mark.parametrize("identifier", ["Ağdam 1", "a?b#c", "50%", "a&b+c", "<b>", "'; --", "a;b,c"])
def test_any_id_leads_to_its_record(filled, identifier):
    answer = post(filled, new(identifier))
    assert answer.status_code == 201, answer.text
    assert filled.get(answer.headers["location"]).json()["id"] == identifier
    page = filled.get(HOME, params={"limit": 1, "after": identifier})
    assert page.status_code == 200
    assert filled.get(HOME, params={"id": identifier}).json()["numberMatched"] == 1
    assert filled.get(f"{answer.headers['location']}/versions").json()["numberMatched"] == 1
