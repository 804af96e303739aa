"""Part 1, by the ids of the standard's abstract tests."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import validate
from shapely.geometry import box, shape

from layers.definitions import LAYERS
from tests.geo_service.ogc.cases import CRS84, send

LAYER = pytest.mark.parametrize("layer", list(LAYERS))


def rel(body, name):
    return [one for one in body["links"] if one["rel"] == name]


def items(client, layer="hazards", **asked):
    named = {
        name.replace("_", "-") if name.startswith(("bbox_", "filter_")) else name: value
        for name, value in asked.items()
    }
    return client.get(f"/collections/{layer}/items", params=named)


def every(client, address):
    """All features, page by page, along `next`."""
    found = []
    while address:
        page = client.get(address).json()
        found += page["features"]
        address = next((one["href"] for one in rel(page, "next")), None)
        assert page["numberReturned"] == len(page["features"])
    return found


def test_root(reading):
    answer = reading.get("/", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    for name in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert rel(body, name), name
    assert rel(body, "service-desc")[0]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    for one in body["links"]:
        assert reading.get(one["href"]).status_code == 200, one


def test_a_browser_gets_the_map_at_the_root(reading):
    answer = reading.get("/", headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "leaflet" in answer.text.lower()


def test_api_definition(reading):
    answer = reading.get("/api")
    assert answer.headers["content-type"].replace(" ", "") == "application/vnd.oai.openapi+json;version=3.0"
    validate(answer.json())


def test_oas30_has_what_clients_look_for(reading):
    body = reading.get("/api").json()
    limit = body["components"]["parameters"]["limit"]["schema"]
    assert (limit["type"], limit["minimum"], limit["default"], limit["maximum"]) == ("integer", 1, 10, 10_000)
    for layer in LAYERS.values():
        given = body["paths"][f"/collections/{layer.name}/items"]["get"]["parameters"]
        assert {"$ref": "#/components/parameters/limit"} in given
        assert {"$ref": "#/components/parameters/resultType"} in given
        own = {one["name"]: one for one in given if "name" in one}
        assert set(layer.names) <= set(own)
        assert all((own[name]["style"], own[name]["explode"]) == ("form", False) for name in layer.names)
    assert body["components"]["parameters"]["resultType"]["schema"]["enum"] == ["results", "hits"]
    assert {"cql-text", "cql2-text", "cql2-json"} == set(
        body["components"]["parameters"]["filter-lang"]["schema"]["enum"]
    )
    assert "default" in limit


def test_the_interface_is_readable_without_another_host(reading):
    page = reading.get("/api.html")
    assert page.status_code == 200
    assert "/collections/hazards/items" in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


def test_conformance(reading):
    classes = reading.get("/conformance").json()["conformsTo"]
    for name in (
        "ogcapi-features-1/1.0/conf/core", "ogcapi-features-2/1.0/conf/crs", "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter", "cql2/1.0/conf/cql2-text", "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators", "cql2/1.0/conf/case-insensitive-comparison",
        "cql2/1.0/conf/basic-spatial-operators", "cql2/1.0/conf/basic-spatial-functions", "ogcapi-features-5/1.0/conf/schemas",
    ):  # fmt: skip
        assert f"http://www.opengis.net/spec/{name}" in classes


def test_fc_md(reading):
    body = reading.get("/collections").json()
    assert [one["id"] for one in body["collections"]] == list(LAYERS)
    assert {one["type"] for one in body["links"]} == {"application/json", "text/html"}
    for one in body["collections"]:
        own = reading.get(f"/collections/{one['id']}").json()
        assert own == one


@LAYER
def test_sfc_md(reading, layer):
    body = reading.get(f"/collections/{layer}").json()
    assert (body["itemType"], body["storageCrs"], body["crs"][0]) == ("feature", CRS84, CRS84)
    assert body["itemCount"] == items(reading, layer).json()["numberMatched"]
    for name in ("self", "items", "describedby", "enclosure", "http://www.opengis.net/def/rel/ogc/1.0/schema"):
        assert rel(body, name), name
    assert {"application/geo+json", "application/flatgeobuf"} <= {one["type"] for one in rel(body, "items")}
    for one in body["links"]:
        answer = reading.get(one["href"])
        assert answer.status_code == 200, one
        assert answer.headers["content-type"].partition(";")[0] == one["type"].partition(";")[0], one
    around = box(*body["extent"]["spatial"]["bbox"][0])
    assert all(around.covers(shape(one["geometry"])) for one in items(reading, layer, limit=100).json()["features"])


@LAYER
def test_fc_op_and_fc_response(reading, layer):
    answer = items(reading, layer)
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["type"] == "FeatureCollection"
    assert body["numberMatched"] >= body["numberReturned"] == len(body["features"]) > 0
    assert all(isinstance(one["id"], str) and one["type"] == "Feature" for one in body["features"])


@pytest.mark.parametrize(
    ("limit", "count"), [("1", 1), ("10", 10), ("25", 25), ("10000", 25), ("99999999", 25), (None, 10)]
)
def test_fc_limit_response(reading, limit, count):
    asked = {} if limit is None else {"limit": limit}
    assert items(reading, **asked).json()["numberReturned"] == count


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "1e3", "١"])
def test_fc_limit_of_another_kind_is_400(reading, limit):
    assert items(reading, limit=limit).status_code == 400


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("46,39,46.005,39.005", 1), ("46,39,0,46.005,39.005,1000", 1), ("46.005,39.005,46.02,39.02", 4), ("-180,-90,180,90", 25),
        ("46.006,39.006,46.019,39.019", 0), ("170,-90,-170,90", 0), ("46.1,39,-170,39.005", 5), ("46.001,39.001,46.002,39.002", 1),
    ],
)  # fmt: skip
def test_fc_bbox_response(reading, bbox, found):
    body = items(reading, bbox=bbox, limit=100).json()
    assert body["numberMatched"] == len(body["features"]) == found


def test_fc_bbox_agrees_with_brute_force(reading):
    every_one = items(reading, limit=100).json()["features"]
    for k in range(40):
        west, south = 45.99 + k * 0.005, 38.99 + (k % 7) * 0.01
        asked = box(west, south, west + 0.013 * (k % 4 + 1), south + 0.021)
        expected = [one["id"] for one in every_one if shape(one["geometry"]).intersects(asked)]
        found = items(reading, limit=100, bbox=",".join(map(str, asked.bounds))).json()["features"]
        assert [one["id"] for one in found] == expected


@pytest.mark.parametrize(
    "bbox",
    [
        "",
        "1,2,3",
        "a,b,c,d",
        "1,9,2,3",
        "1,2,3,4,5",
        "nan,1,2,3",
        "inf,1,2,3",
        "1,2,3,4,5,6,7",
        "0,-91,1,0",
        "900,0,901,1",
    ],
)
def test_fc_bbox_that_is_none_is_400(reading, bbox):
    answer = items(reading, bbox=bbox)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "bbox"


@pytest.mark.parametrize(
    ("when", "first", "last"),
    [
        ("2020-03-01", "2020-03-01", "2020-03-01"), ("2020-03-01T00:00:00Z", "2020-03-01", "2020-03-01"), ("2020-03-01/2020-05-01", "2020-03-01", "2020-05-01"),
        ("2020-06-01/..", "2020-06-01", "9999"), ("../2020-06-01", "0", "2020-06-01"), ("/2020-06-01", "0", "2020-06-01"), ("2020-06-01/", "2020-06-01", "9999"),
        ("2020-06-01/9999-12-31T00:00:00Z", "2020-06-01", "9999"), ("../..", "0", "9999"),
    ],
)  # fmt: skip
def test_fc_time_response(reading, when, first, last):
    expected = [
        one["id"]
        for one in items(reading, limit=100).json()["features"]
        if first <= one["properties"]["opened_on"] <= last
    ]
    found = items(reading, limit=100, datetime=when).json()["features"]
    assert [one["id"] for one in found] == expected
    assert found


@pytest.mark.parametrize(
    "when",
    [
        "",
        "x",
        "2020-13-01",
        "2021-01-01/2020-01-01",
        "a/b/c",
        "..",
        "2020-01-01/2020-02-01/2020-03-01",
        "99999999-01-01",
    ],
)
def test_fc_time_that_is_none_is_400(reading, when):
    assert items(reading, datetime=when).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "/collections",
        "/collections/hazards",
        "/collections/hazards/items",
        "/collections/hazards/items/H-001",
        "/collections/hazards/schema",
        "/collections/hazards/queryables",
        "/conformance",
        "/api",
        "/collections/hazards/items/H-001/versions",
    ],
)
def test_query_param_unknown_is_400(reading, address):
    answer = reading.get(address, params={"my-own": "1"})
    assert answer.status_code == 400
    assert "my-own" in answer.json()["detail"]
    assert reading.get(address).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["as_of=x", "known_at=2020-01-01", "as_of=2999-01-01", "f=x", "crs=EPSG:9", "bbox-crs=x", "resultType=all", "filter-lang=sql", "filter-crs=x", "sortby=x", "properties=x", "skipGeometry=2", "offset=-1", "classification=CHA&classification=SHA", "reported_area_m2=x", "opened_on=x", "withdrawn=x", "limit=1&limit=2", "note=%00", "rev=x", "%ff=1", "note=%ff"],
)  # fmt: skip
def test_query_param_invalid_is_400_with_its_place(reading, query):
    answer = reading.get(f"/collections/hazards/items?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@LAYER
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_fc_links_the_union_of_pages_is_everything_once(reading, layer, limit):
    whole = items(reading, layer, limit=1000).json()
    assert not rel(whole, "next")
    found = every(reading, f"/collections/{layer}/items?limit={limit}")
    assert [one["id"] for one in found] == [one["id"] for one in whole["features"]]
    assert found == whole["features"]


def test_fc_links_next_keeps_every_parameter_and_prev_leads_back(reading):
    asked = {
        "limit": 3,
        "bbox": "45,38,48,41",
        "sortby": "-opened_on,classification",
        "classification": "SHA",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/4326",
        "properties": "opened_on,classification",
    }
    whole = items(reading, **asked | {"limit": 1000}).json()
    first = items(reading, **asked).json()
    address = rel(first, "next")[0]["href"]
    assert "," not in urlsplit(address).query
    second = reading.get(address).json()
    assert first["features"] + second["features"] == whole["features"][:6]
    assert reading.get(rel(second, "prev")[0]["href"]).json()["features"] == first["features"]
    assert every(reading, str(items(reading, **asked).url)) == whole["features"]


def test_fc_links_of_a_page_stay_with_its_view_when_somebody_records(filled):
    first = items(filled, limit=20).json()
    send(
        filled,
        "hazards",
        [
            {
                "type": "Feature",
                "id": "H-0000",
                "geometry": items(filled, limit=1).json()["features"][0]["geometry"],
                "properties": {"classification": "SHA", "opened_on": "2020-01-01"},
            }
        ],
    )
    rest = filled.get(rel(first, "next")[0]["href"]).json()
    assert first["numberReturned"] + rest["numberReturned"] == rest["numberMatched"] == 25


def test_fc_rel_type(reading):
    body = items(reading).json()
    assert rel(body, "self")[0]["type"] == "application/geo+json"
    kinds = {one["type"] for one in rel(body, "alternate")}
    assert {"text/html", "text/csv", "application/geo+json-seq", "application/flatgeobuf"} <= kinds
    for one in rel(body, "alternate"):
        assert reading.get(one["href"]).headers["content-type"].partition(";")[0] == one["type"].partition(";")[0]


def test_fc_time_stamp(reading):
    stamp = items(reading).json()["timeStamp"]
    assert dt.datetime.fromisoformat(stamp) <= dt.datetime.now(dt.UTC)
    assert stamp.endswith("Z")
    assert stamp == reading.get("/changesets").json()["changesets"][0]["recorded_at"]


def test_fc_number_of_hits(reading):
    body = items(reading, resultType="hits", classification="CHA").json()
    assert (body["numberMatched"], body["numberReturned"], body["features"]) == (9, 0, [])


@LAYER
def test_f_op_and_f_success(reading, layer):
    for one in items(reading, layer, limit=100).json()["features"]:
        answer = reading.get(f"/collections/{layer}/items/{one['id']}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
        own = answer.json()
        assert (own["id"], own["geometry"], own["properties"]) == (one["id"], one["geometry"], one["properties"])


def test_f_links(reading):
    body = reading.get("/collections/hazards/items/H-001").json()
    for name in ("self", "alternate", "collection"):
        assert reading.get(rel(body, name)[0]["href"]).status_code == 200


def test_crs84_is_longitude_first(reading):
    answer = items(reading, limit=1)
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    assert shape(answer.json()["features"][0]["geometry"]).bounds == pytest.approx((46, 39, 46.005, 39.005))


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/collections",
        "/collections/hazards",
        "/collections/hazards/items",
        "/collections/hazards/items/H-001",
        "/conformance",
        "/collections/hazards/schema",
        "/collections/hazards/items/H-001/versions",
    ],
)
def test_html(reading, address):
    for how in ({"headers": {"Accept": "text/html"}}, {"params": {"f": "html"}}):
        answer = reading.get(address, **how)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', answer.text)


def test_html_carries_the_sentences_and_what_was_uploaded_stays_text(filled):
    bait = "<script>window.x=1</script>\" onload='x'"
    send(
        filled,
        "districts",
        [
            {
                "type": "Feature",
                "id": "D-X",
                "geometry": items(filled, "districts").json()["features"][0]["geometry"],
                "properties": {"name": bait, "aliases": [bait], "colour<b>": bait},
            }
        ],
    )
    for address in (
        "/collections/districts/items?f=html",
        "/collections/districts/items/D-X?f=html",
        "/collections/districts/items/D-X/versions?f=html",
    ):
        page = filled.get(address).text
        assert "<script>window" not in page
        assert "<b>" not in page
        assert "No recorded hazard is not absence of hazard" in page


@pytest.mark.parametrize("accept", ["application/xml", "image/png", "text/turtle;q=0.5", "application/json;q=0"])
def test_nothing_that_the_client_takes_is_406(reading, accept):
    assert items(reading).status_code == 200
    assert reading.get("/collections/hazards/items", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    "accept",
    [
        "application/geo+json, application/json",
        "*/*",
        "application/*",
        "application/vnd.geo+json;q=0.1, application/geo+json",
        "text/html;q=0.1, application/json",
    ],
)
def test_what_programs_accept_is_geojson(reading, accept):
    answer = reading.get("/collections/hazards/items", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_405_says_what_is_allowed(reading, method):
    answer = reading.request(method, "/collections/hazards/items")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "address",
    [
        "/collections/nothing",
        "/collections/nothing/items",
        "/collections/hazards/items/none",
        "/collections/nothing/schema",
        "/collections/hazards/items/none/versions",
    ],
)
def test_404(reading, address):
    assert reading.get(address).status_code == 404


def test_sorting_ends_with_the_id(reading):
    every_one = items(reading, limit=100).json()["features"]
    found = items(reading, limit=100, sortby="-classification,opened_on").json()["features"]
    ordered = sorted(every_one, key=lambda one: one["id"])
    ordered.sort(key=lambda one: one["properties"]["opened_on"])
    ordered.sort(key=lambda one: one["properties"]["classification"], reverse=True)
    assert [one["id"] for one in found] == [one["id"] for one in ordered]


def test_properties_and_geometry_are_left_out_on_request(reading):
    one = items(reading, limit=1, properties="classification", skipGeometry="true").json()["features"][0]
    assert (one["id"], one["geometry"], one["properties"]) == ("H-000", None, {"classification": "CHA"})


def test_offset_stays_for_those_who_count(reading):
    whole = items(reading, limit=100).json()["features"]
    assert items(reading, limit=5, offset=7).json()["features"] == whole[7:12]
    assert items(reading, limit=5, offset=999).json()["features"] == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("classification", "CHA", 9),
        ("devices", "UXO", 13),
        ("estimated_geometry", "true", 4),
        ("reported_area_m2", "5000", 1),
        ("opened_on", "2020-01-01", 3),
        ("id", "H-003", 1),
        ("note", "it's number 4", 1),
        ("state", "open", None),
        ("withdrawn", "true", 0),
    ],
)
def test_a_property_as_parameter_is_equality(reading, name, value, found):
    body = items(reading, limit=100, **{name: value}).json()
    every_one = [one["properties"][name] for one in items(reading, limit=100).json()["features"]]
    expected = sum(
        value in one if isinstance(one, list) else str(one).lower().removesuffix(".0") == value.lower()
        for one in every_one
    )
    assert body["numberMatched"] == expected
    assert found is None or expected == found


def test_versions_are_the_whole_history(filled):
    send(
        filled,
        "hazards",
        [
            {
                "type": "Feature",
                "id": "H-000",
                "geometry": items(filled, limit=1).json()["features"][0]["geometry"],
                "properties": {
                    "classification": "SHA",
                    "opened_on": "2020-01-01",
                    "valid_from": "2021-01-01",
                    "change": "survey",
                },
            }
        ],
    )
    body = filled.get("/collections/hazards/items/H-000/versions").json()
    assert [one["properties"]["classification"] for one in body["features"]] == ["CHA", "SHA"]
    assert [one["properties"]["changeset"] for one in body["features"]] == sorted(
        one["properties"]["changeset"] for one in body["features"]
    )
    first = body["features"][0]["properties"]["recorded_at"]
    then = filled.get("/collections/hazards/items/H-000/versions", params={"known_at": first}).json()
    assert len(then["features"]) == 1


def test_a_token_in_the_address_leads_to_the_next_page_and_stands_nowhere_else(filled):
    from geo_service.access import tokens
    from geo_service.clock import utc_now

    text = tokens.create(filled.app.state.service.log.tokens, utc_now, "one", "viewer", read_only=True)[1]
    body = items(filled, limit=20, token=text).json()
    assert filled.get(rel(body, "next")[0]["href"]).json()["numberReturned"] == 5
    assert not [one for one in body["links"] if text in one["href"] and one["rel"] not in {"next", "prev"}]
    assert items(filled, limit=20).status_code == 401
