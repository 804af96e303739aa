"""Part 3: each condition as text, as its JSON twin, and by brute force in Python over the records."""

import orjson
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box, shape

from geo_service.ogc.cql import tree
from geo_service.ogc.cql.evaluation import pattern_of
from geo_service.ogc.errors import Invalid

HOME = "/collections/hazards/items"
BOX = box(46.03, 39.01, 46.09, 39.03)
RING = "POLYGON((46.03 39.01,46.09 39.01,46.09 39.03,46.03 39.03,46.03 39.01))"


def ids(client, text, language="cql2-text", **more):
    answer = client.get(HOME, params={"filter": text, "filter-lang": language, "limit": 1000, **more})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


CASES = [
    # text, and what it means of a record's properties and shape; None: unknown
    ("classification = 'CHA'", lambda p, s: p["classification"] == "CHA"),
    ("classification <> 'CHA'", lambda p, s: p["classification"] != "CHA"),
    ("classification != 'CHA'", lambda p, s: p["classification"] != "CHA"),
    ("NOT classification = 'CHA'", lambda p, s: p["classification"] != "CHA"),
    ("'CHA' = classification", lambda p, s: p["classification"] == "CHA"),
    ("classification = 'CHA' OR classification = 'SHA' AND id < 'H-005'", lambda p, s: p["classification"] == "CHA" or p["id"] < "H-005"),
    ("(classification = 'CHA' OR classification = 'SHA') AND id < 'H-005'", lambda p, s: p["id"] < "H-005"),
    ("NOT (classification = 'CHA' OR id > 'H-010')", lambda p, s: p["classification"] != "CHA" and p["id"] <= "H-010"),
    ("NOT classification = 'CHA' AND id > 'H-010'", lambda p, s: p["classification"] != "CHA" and p["id"] > "H-010"),
    ("note IS NULL", lambda p, s: p["note"] is None),
    ("note IS NOT NULL", lambda p, s: p["note"] is not None),
    ("NOT note IS NULL", lambda p, s: p["note"] is not None),
    ("note = 'it''s number 8'", lambda p, s: p["note"] == "it's number 8"),
    ("note <> 'it''s number 8'", lambda p, s: p["note"] is not None and p["note"] != "it's number 8"),
    ("NOT (note = 'it''s number 8')", lambda p, s: p["note"] is not None and p["note"] != "it's number 8"),
    ("note = 'it''s number 8' OR classification = 'CHA'", lambda p, s: p["note"] == "it's number 8" or p["classification"] == "CHA"),
    ("NOT (note = 'x' AND classification = 'CHA')", lambda p, s: p["classification"] != "CHA" or p["note"] is not None),
    ("opened_on >= DATE('2020-06-01')", lambda p, s: p["opened_on"] >= "2020-06-01"),
    ("opened_on < TIMESTAMP('2020-06-01T00:00:01Z')", lambda p, s: p["opened_on"] <= "2020-06-01"),
    ("opened_on = '2020-06-01'", lambda p, s: p["opened_on"] == "2020-06-01"),
    ("opened_on = '2020/06/01'", lambda p, s: p["opened_on"] == "2020-06-01"),
    ("T_AFTER(opened_on, DATE('2020-06-01'))", lambda p, s: p["opened_on"] > "2020-06-01"),
    ("T_DURING(opened_on, INTERVAL('2020-03-01', '2020-06-01'))", lambda p, s: "2020-03-01" < p["opened_on"] < "2020-06-01"),
    ("T_INTERSECTS(opened_on, INTERVAL('..', '2020-06-01'))", lambda p, s: p["opened_on"] <= "2020-06-01"),
    ("opened_on = valid_from", lambda p, s: p["opened_on"] == p["valid_from"]),
    ("reported_area_m2 > 5000", lambda p, s: p["reported_area_m2"] is not None and p["reported_area_m2"] > 5000),
    ("NOT reported_area_m2 > 5000", lambda p, s: p["reported_area_m2"] is not None and p["reported_area_m2"] <= 5000),
    ("reported_area_m2 BETWEEN 5000 AND 10000", lambda p, s: p["reported_area_m2"] is not None and 5000 <= p["reported_area_m2"] <= 10000),
    ("reported_area_m2 NOT BETWEEN 5000 AND 10000", lambda p, s: p["reported_area_m2"] is not None and not 5000 <= p["reported_area_m2"] <= 10000),
    ("reported_area_m2 / 1000 + 2 * 3 > 1e1 - -1", lambda p, s: p["reported_area_m2"] is not None and p["reported_area_m2"] / 1000 + 6 > 11),
    ("reported_area_m2 / 0 > 1", lambda p, s: False),
    ("area_m2 > reported_area_m2", lambda p, s: p["reported_area_m2"] is not None and p["area_m2"] > p["reported_area_m2"]),
    ("estimated_geometry = TRUE", lambda p, s: p["estimated_geometry"]),
    ("estimated_geometry", lambda p, s: p["estimated_geometry"]),
    ("NOT estimated_geometry AND id <> 'H-001'", lambda p, s: not p["estimated_geometry"] and p["id"] != "H-001"),
    ("id LIKE 'H-00%'", lambda p, s: p["id"].startswith("H-00")),
    ("id LIKE 'H-0_5'", lambda p, s: p["id"][:3] == "H-0" and p["id"][4:] == "5"),
    ("id NOT LIKE '%5'", lambda p, s: not p["id"].endswith("5")),
    ("id LIKE 'h-00%'", lambda p, s: False),
    ("id ILIKE 'h-00%'", lambda p, s: p["id"].startswith("H-00")),
    ("CASEI(id) LIKE CASEI('h-00%')", lambda p, s: p["id"].startswith("H-00")),
    ("CASEI(classification) = casei('cha')", lambda p, s: p["classification"] == "CHA"),
    ("CASEI(classification) IN (casei('cha'), 'x')", lambda p, s: p["classification"] == "CHA"),
    ("id IN ('H-001', 'H-007', 'none')", lambda p, s: p["id"] in {"H-001", "H-007"}),
    ("id NOT IN ('H-001', 'H-007')", lambda p, s: p["id"] not in {"H-001", "H-007"}),
    ("reported_area_m2 IN (0, 5000.0)", lambda p, s: p["reported_area_m2"] in {0, 5000}),
    ("A_CONTAINS(devices, ('UXO'))", lambda p, s: "UXO" in p["devices"]),
    ("A_CONTAINS(devices, ('AP_mine', 'UXO'))", lambda p, s: {"AP_mine", "UXO"} <= set(p["devices"])),
    ("A_EQUALS(devices, ('UXO', 'AP_mine'))", lambda p, s: set(p["devices"]) == {"UXO", "AP_mine"}),
    ("A_CONTAINEDBY(devices, ('AP_mine', 'IED'))", lambda p, s: set(p["devices"]) <= {"AP_mine", "IED"}),
    ("A_OVERLAPS(devices, ('UXO', 'IED'))", lambda p, s: "UXO" in p["devices"]),
    (f"S_INTERSECTS(geometry, {RING})", lambda p, s: s.intersects(BOX)),
    (f"INTERSECTS(geometry, {RING})", lambda p, s: s.intersects(BOX)),
    (f"S_INTERSECTS({RING}, geometry)", lambda p, s: s.intersects(BOX)),
    ("S_INTERSECTS(geometry, BBOX(46.03, 39.01, 46.09, 39.03))", lambda p, s: s.intersects(BOX)),
    (f"S_DISJOINT(geometry, {RING})", lambda p, s: s.disjoint(BOX)),
    (f"S_WITHIN(geometry, {RING})", lambda p, s: s.within(BOX)),
    (f"S_CONTAINS({RING}, geometry)", lambda p, s: BOX.contains(s)),
    ("S_CONTAINS(geometry, POINT(46.002 39.002))", lambda p, s: s.contains(box(46.002, 39.002, 46.002, 39.002).centroid)),
    ("S_OVERLAPS(geometry, BBOX(46.001, 39.001, 46.2, 39.2))", lambda p, s: s.overlaps(box(46.001, 39.001, 46.2, 39.2))),
    ("S_TOUCHES(geometry, POINT(46 39))", lambda p, s: p["id"] == "H-000"),
    ("S_CROSSES(geometry, LINESTRING(45 39.002, 46.002 39.002))", lambda p, s: p["id"] == "H-000"),
    ("S_EQUALS(geometry, POLYGON((46 39,46.005 39,46.005 39.005,46 39.005,46 39)))", lambda p, s: p["id"] == "H-000"),
    ("state = 'open' AND open_m2 > 0", lambda p, s: p["state"] == "open" and p["open_m2"] > 0),
    ('"classification" = \'CHA\'', lambda p, s: p["classification"] == "CHA"),
]  # fmt: skip


def test_a_filter_means_the_same_as_text_as_json_and_by_brute_force(reading):
    records = reading.get(HOME, params={"limit": 1000}).json()["features"]
    wrong = []
    for text, meaning in CASES:
        expected = [one["id"] for one in records if meaning(one["properties"], shape(one["geometry"]))]
        twin = orjson.dumps(tree(text, "cql2-text")).decode()
        for written, language in ((text, "cql2-text"), (twin, "cql2-json"), (text, "cql-text")):
            found = ids(reading, written, language)
            if found != expected:
                wrong.append((written, language, found, expected))
    assert wrong == []


def test_what_gdal_and_drafts_write_in_json(reading):
    between = {"op": "between", "args": [{"property": "reported_area_m2"}, [5000, 10000]]}
    assert ids(reading, orjson.dumps(between).decode(), "cql2-json") == ["H-005", "H-010"]
    negated = {"op": "not", "args": {"op": "=", "args": [{"property": "classification"}, "CHA"]}}
    assert len(ids(reading, orjson.dumps(negated).decode(), "cql2-json")) == 16
    timed = {"op": ">=", "args": [{"property": "opened_on"}, {"timestamp": "2020-12-01T00:00:00Z"}]}
    assert ids(reading, orjson.dumps(timed).decode(), "cql2-json") == ["H-011", "H-023"]


def test_a_filter_joins_with_all_other_conditions(reading):
    found = ids(reading, "id > 'H-010'", classification="CHA", bbox="46,39,46.2,39.03", sortby="-id")
    assert found == ["H-018", "H-015", "H-012"]


SYNTAX = [("classification = ", 18), ("classification == 'CHA'", 17), ("classification = 'CHA", 18), ("(id = 'x'", 10), ("id = 'x' AND", 13), ("id 'x'", 4), ("id = 'x' id", 10), ("id = 1 ; DROP", 8), ("S_INTERSECTS(geometry, POLYGON((1 2)))", 24)]  # fmt: skip


def test_a_syntax_error_is_400_with_its_place(reading):
    for text, letter in SYNTAX:
        answer = reading.get(HOME, params={"filter": text})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["place"] == f"filter, letter {letter}"


MEANINGLESS = ["colour = 1", "extra = 'x'", "row = 1", "recorded_at > '2020-01-01'", "classification", "classification = 1", "opened_on = 'x'", "opened_on > 5", "reported_area_m2 = 'x'", "geometry = 'x'", "S_INTERSECTS(geometry, 'x')", "S_INTERSECTS(id, POINT(1 2))", "nothing(id) = 1", "id LIKE classification", "1", "'x'", "devices = 'UXO'", "S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "CASEI(opened_on) = 'x'", "id + 1 = 2", "id IN (1)", "1e999 = 1", "A_CONTAINS(opened_on, ('x'))", "T_AFTER(opened_on, 'x')", "BETWEEN", "TRUE = 'x'"]  # fmt: skip


def test_what_a_filter_cannot_mean_is_400(reading):
    for text in MEANINGLESS:
        answer = reading.get(HOME, params={"filter": text})
        assert answer.status_code == 400, text
        assert answer.headers["content-type"] == "application/problem+json"


NO_FILTERS = [{}, [], 1, "x", None, {"op": "and"}, {"op": "and", "args": []}, {"op": 1, "args": []}, {"op": "=", "args": [1]}, {"op": "=", "args": "x"}, {"op": "in", "args": [{"property": "id"}, []]}, {"property": 1}, {"op": "=", "args": [{"property": "id"}, {"date": 1}]}, {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": "x"}]}, {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1]}]}, {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Nothing", "coordinates": []}]}, {"op": "not", "args": [1, 2]}, {"op": "=", "args": [{"property": "opened_on"}, {"interval": [1]}]}]  # fmt: skip


def test_json_that_is_no_filter_is_400(reading):
    for document in NO_FILTERS:
        answer = reading.get(HOME, params={"filter": orjson.dumps(document).decode(), "filter-lang": "cql2-json"})
        assert answer.status_code == 400, document


def test_filters_are_bounded_in_depth_length_and_number(reading):
    bombs = [
        "(" * 9000 + "id = 'x'" + ")" * 9000, "NOT " * 4000 + "id = 'x'", "id = 'x'" + " AND id = 'x'" * 1200, "id = '" + "x" * 30_000 + "'",
        "id IN (" + ",".join(["'x'"] * 3000) + ")", "-" * 9000 + "1 = 1", "1" * 9000 + " = 1", "9^9^9 = 1",
    ]  # fmt: skip
    for text in bombs:
        answer = reading.get(HOME, params={"filter": text})
        assert answer.status_code in {200, 400, 414}, text[:20]
    deep = orjson.loads("[" * 200 + "]" * 200)
    answer = reading.get(
        HOME, params={"filter": orjson.dumps({"op": "and", "args": deep}).decode(), "filter-lang": "cql2-json"}
    )
    assert answer.status_code == 400
    assert reading.get(HOME, params={"filter": "NOT " * 60 + "id = 'x'"}).status_code == 400


def test_the_public_cannot_filter_by_what_it_does_not_see(filled):
    filled.app.state.service.log.set_setting("public_access", value=True)
    from geo_service.access import tokens
    from geo_service.clock import utc_now

    tokens.create(filled.app.state.service.log.tokens, utc_now, "one", "admin")
    assert filled.get(HOME, params={"filter": "classification = 'CHA'"}).status_code == 200
    for text in ("note IS NULL", "A_CONTAINS(devices, ('UXO'))", "reported_area_m2 > 1"):
        assert filled.get(HOME, params={"filter": text}).status_code == 400
    assert filled.get(HOME, params={"devices": "UXO"}).status_code == 400
    assert filled.get(HOME, params={"sortby": "note"}).status_code == 400
    assert filled.get("/collections/releases/items", params={"filter": "id = 'x'"}).status_code == 401


def test_queryables_are_answered_as_gdal_takes_them(reading):
    answer = reading.get(
        "/collections/hazards/queryables", headers={"Accept": "application/geo+json, application/json"}
    )
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"classification", "opened_on", "geometry", "area_m2"} <= set(body["properties"])
    answer = reading.get("/collections/hazards/queryables", headers={"Accept": "application/schema+json"})
    assert answer.headers["content-type"] == "application/schema+json"


LETTERS = st.text(alphabet="ab%_\\", max_size=8)


@given(LETTERS, st.text(alphabet="ab%_\\", max_size=8))
def test_like_matches_what_its_definition_matches(pattern, text):
    def matches(p, t):
        if not p:
            return not t
        if p[0] == "%":
            return any(matches(p[1:], t[k:]) for k in range(len(t) + 1))
        if p[0] == "\\" and len(p) > 1 and p[1] in "%_\\":
            return bool(t) and t[0] == p[1] and matches(p[2:], t[1:])
        return bool(t) and (p[0] == "_" or p[0] == t[0]) and matches(p[1:], t[1:])

    assert (pattern_of(pattern).fullmatch(text) is not None) == matches(pattern, text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        tree(text, "cql2-text")
        tree(text, "cql2-json")
    except Invalid as error:
        assert "filter" in str(error)


def test_dates_of_all_years_compare(reading):
    assert ids(reading, "opened_on > DATE('0001-01-01') AND opened_on < DATE('9999-12-31')") == ids(reading, "TRUE")
