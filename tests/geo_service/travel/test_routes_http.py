"""Routes, access and plans of a small demonstration area over HTTP: the contract's fields, and what must never be said."""

import datetime as dt
import json

import numpy as np
import pyproj
import pytest
import shapely

from layers.roads.classes import Evidenced

NOBODY_MAY = {"inside_hazard", "closed", "inside_buffer"}


@pytest.fixture(scope="module")
def at(demo):
    features = demo.get("/collections/settlements/items?limit=1000").json()["features"]
    return {one["id"]: one["geometry"]["coordinates"] for one in features}


@pytest.fixture(scope="module")
def access(demo):
    answer = demo.get("/access")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def reached(access, at):
    """The ends of a way that there is."""
    row = max((row for row in access["settlements"] if row["reached"]), key=lambda row: row["length_m"])
    return {"from": at[row["site"]], "to": at[row["settlement"]]}


@pytest.fixture(scope="module")
def answer(demo, reached):
    found = demo.post("/routes", json=reached)
    assert found.status_code == 200, found.text
    return found.json()


def test_an_answer_has_the_fields_of_the_contract(answer):
    assert answer["type"] == "FeatureCollection"
    assert answer["synthetic"]
    assert "Do not enter" in answer["notice"]
    assert answer["features"]
    for one in answer["features"]:
        told = one["properties"]
        assert told.keys() >= {
            "verdict",
            "reasons",
            "conditions",
            "length_m",
            "duration_s",
            "exposure_m",
            "evidence",
            "segments",
            "expires_on",
        }
        assert told["verdict"] in {"go_with_conditions", "insufficient_information"}
        assert sum(told["evidence"].values()) == pytest.approx(told["length_m"], abs=1e-6)
        assert not NOBODY_MAY & {part["class"] for part in told["segments"]}
        assert (told["verdict"] == "insufficient_information") == ("unsurveyed" in told["evidence"])
        assert told["exposure_m"] % 10 == 0
        ends = [part["to_m"] for part in told["segments"]]
        assert [part["from_m"] for part in told["segments"]] == pytest.approx([0, *ends[:-1]])
        assert ends[-1] == pytest.approx(told["length_m"])
        assert dt.date.fromisoformat(told["expires_on"]) <= dt.date.fromisoformat(answer["as_of"]) + dt.timedelta(
            days=30
        )


def test_no_way_dominates_another(answer):
    values = [(one["properties"]["duration_s"], one["properties"]["exposure_m"]) for one in answer["features"]]
    for k, (time, exposure) in enumerate(values):
        others = values[:k] + values[k + 1 :]
        assert not any(t <= time and e <= exposure for t, e in others)


def test_ways_keep_out_of_the_buffers_of_open_polygons(demo, answer):
    """Measured anew, in a projection of its own for every stretch, to the polygons as they were recorded."""
    items = demo.get("/collections/hazards/items?limit=10000").json()["features"]
    open_ = [one for one in items if one["properties"]["state"] == "open"]
    shapes = np.array([shapely.from_geojson(json.dumps(one["geometry"])) for one in open_])
    accuracy = np.array([one["properties"]["positional_accuracy_m"] or 100.0 for one in open_])
    tree = shapely.STRtree(shapes)
    looked_at = 0
    for one in answer["features"]:
        for part in one["properties"]["segments"]:
            line = shapely.LineString(part["coordinates"])
            if part["lifted"] or part["to_m"] - part["from_m"] < 0.1:
                continue
            near = tree.query(line.buffer(0.01))
            x, y = line.interpolate(0.5, normalized=True).coords[0]
            flat = pyproj.Transformer.from_crs(
                4326, pyproj.CRS(f"+proj=aeqd +lat_0={y} +lon_0={x} +ellps=WGS84"), always_xy=True
            )
            road = shapely.segmentize(line, 0.0005)
            for k in near.tolist():
                a, b = (shapely.transform(g, flat.transform, interleaved=False) for g in (road, shapes[k]))
                # The road's own accuracy is 10 m, its width at least 3 m.
                assert shapely.distance(a, b) > 10 + 2 * np.hypot(accuracy[k], 10) + 1.5 - 0.1
                looked_at += 1
    assert looked_at


def test_forbidding_what_nobody_surveyed_never_leads_over_it(demo, reached):
    found = demo.post("/routes", json={**reached, "unsurveyed": "forbid"}).json()
    assert all("unsurveyed" not in one["properties"]["evidence"] for one in found["features"])
    if not found["features"]:
        assert "UNSURVEYED_NOT_ALLOWED" in {one["code"] for one in found["reasons"]}


def test_another_day_is_no_way_to_travel(demo, reached):
    past = {**reached, "as_of": "2020-01-01"}
    found = demo.post("/routes", json=past).json()
    assert {one["properties"]["verdict"] for one in found["features"]} <= {"historical"}
    assert demo.post("/routes?f=gpx&confirm=unsurveyed", json=past).status_code == 409
    before = demo.post("/routes", json={**reached, "as_of": "1950-01-01"}).json()
    assert before["coverage_gap"]
    ends = {name: ",".join(map(str, place)) for name, place in reached.items()}
    assert "before the first record" in demo.get("/maps/routes", params={**ends, "as_of": "1950-01-01"}).text


def test_tracks_are_confirmed_and_name_their_verdict(demo, reached):
    refused = demo.post("/routes?f=gpx", json=reached)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    for form in ("gpx", "kml"):
        found = demo.post(f"/routes?f={form}&confirm=unsurveyed", json=reached)
        assert found.status_code == 200
        assert "SYNTHETIC INSUFFICIENT INFORMATION" in found.text
    turns = demo.post("/routes?f=csv", json=reached)
    assert turns.text.splitlines()[0].startswith("route,verdict,expires_on,from_m,to_m,road")
    assert len(turns.text.splitlines()) > 3


def test_the_tag_holds_while_nothing_changes(demo, reached):
    tag = demo.post("/routes", json=reached).headers["etag"]
    assert demo.post("/routes", json=reached, headers={"If-None-Match": tag}).status_code == 304
    other = demo.post("/routes", json={**reached, "mode": "bus"}, headers={"If-None-Match": tag})
    assert other.status_code == 200


BAD = [
    {}, {"from": "x", "to": [46, 39]}, {"mode": "tank"}, {"as_of": "2999-01-01"}, {"as_of": "soon"},
    {"known_at": "1990-01-01T00:00:00Z"}, {"via": [[1]]}, {"max_alternatives": 0}, {"surprise": 1},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=str)
def test_bad_questions_are_422_with_their_place(demo, reached, body):
    asked = body if not body or "from" in body else {**reached, **body}
    found = demo.post("/routes", json=asked)
    assert found.status_code == 422
    name = next(iter(body), "from")
    assert name in found.json()["detail"]


def test_what_can_not_be_is_a_reason_and_no_error(demo, reached):
    far = demo.post("/routes", json={**reached, "to": [10.0, 10.0]}).json()
    assert [one["code"] for one in far["reasons"]] == ["NO_ROAD"]
    same = demo.post("/routes", json={**reached, "to": reached["from"]}).json()
    assert [one["code"] for one in same["reasons"]] == ["SAME_PLACE"]
    items = demo.get("/collections/hazards/items?limit=1000").json()["features"]
    shapes = [
        shapely.from_geojson(json.dumps(one["geometry"])) for one in items if one["properties"]["state"] == "open"
    ]
    inside = shapely.point_on_surface(max(shapes, key=shapely.area))
    start = demo.post("/routes", json={**reached, "from": [inside.x, inside.y], "max_snap_m": 5000}).json()
    assert [one["code"] for one in start["reasons"]] == ["START_IN_BUFFER"]


def test_without_roads_it_is_said_what_to_load(client):
    found = client.post("/routes", json={"from": [46.1, 39.2], "to": [46.7, 39.6]})
    assert found.status_code == 200
    assert "clearway roads" in found.json()["reasons"][0]["detail"]
    assert client.get("/access").status_code == 422
    assert client.get("/maps/routes?from=46.1,39.2&to=46.7,39.6").status_code == 200


def test_access_says_for_every_settlement_how_it_stands(demo, access, at):
    homes = [one for one in at if one not in {row["site"] for row in access["settlements"]}]
    told = {row["settlement"]: row for row in access["settlements"]}
    assert set(homes) >= set(told)
    assert len(told) > 100
    for row in told.values():
        if row["reached"]:
            assert sum(row["evidence"].values()) == pytest.approx(row["length_m"])
            assert row["worst"] == min(row["evidence"], key=lambda name: Evidenced[name])
            assert row["hazards"] == []
        else:
            assert row["reason"]
            assert row["verdict"] == "no_go"
    counted = access["summary"]
    assert sum(one["settlements"] for one in counted.values()) == len(told)
    text = demo.get("/access?f=csv").text
    assert len(text.splitlines()) == len(told) + 1


def test_the_matrix_agrees_with_single_routes(demo, access, at):
    rows = [row for row in access["settlements"] if row["reached"]][:4]
    body = {"origins": [at[rows[0]["site"]]], "destinations": [at[row["settlement"]] for row in rows]}
    found = demo.post("/routes/matrix", json=body).json()["rows"]
    for k, row in enumerate(found):
        one = demo.post("/routes", json={"from": body["origins"][0], "to": body["destinations"][k]}).json()
        fastest = min(way["properties"]["duration_s"] for way in one["features"])
        assert row["seconds"] == pytest.approx(fastest, abs=0.5)
        assert row["verdict"] in {way["properties"]["verdict"] for way in one["features"]}
    for wrong in (
        {},
        {"origins": [], "destinations": [[1, 1]]},
        {**body, "mode": "x"},
        {"origins": [[1, 1]] * 1000, "destinations": [[1, 1]] * 1000},
    ):
        assert demo.post("/routes/matrix", json=wrong).status_code == 422


def test_a_plan_says_its_bound_and_is_lived_through(demo, access):
    body = {"teams": 4, "rate_m2": 500, "time_limit_s": 4}
    found = demo.post("/priorities", json=body)
    assert found.status_code == 200, found.text
    plan = found.json()
    assert 0 <= plan["bound"] <= plan["value"] + 1e-6
    assert plan["proven"] == (plan["gap"] < 1e-6) or not plan["proven"]
    assert plan["smallest_area_first_times"] >= 1 - 1e-9
    days = [row["ends_day"] for row in plan["schedule"]]
    assert days == sorted(days)
    # Lived through anew from the schedule alone: who waits until when.
    people = {row["settlement"]: row["people_waiting"] for row in access["settlements"]}
    opens = {one: row["ends_day"] for row in plan["schedule"] for one in (row["opens"] or "").split(";") if one}
    assert sum(people[one] * day for one, day in opens.items()) == pytest.approx(plan["value"], rel=1e-6)
    for wrong in (
        {},
        {"teams": 0, "rate_m2": 1},
        {**body, "settlements": ["nowhere"]},
        {**body, "people": {"x": -1}},
        {**body, "site": "nowhere"},
    ):
        assert demo.post("/priorities", json=wrong).status_code == 422


def test_the_page_shows_a_way_and_its_files(demo, access):
    row = next(row for row in access["settlements"] if row["reached"])
    query = {"from": row["site"], "to": row["settlement"]}
    page = demo.get("/maps/routes", params=query)
    assert page.status_code == 200
    assert "Insufficient information" in page.text
    assert demo.get("/maps/routes/csv", params=query).status_code == 200
    assert demo.get("/maps/routes/gpx", params=query).status_code == 409
    assert demo.get("/maps/routes/gpx", params={**query, "confirm": "unsurveyed"}).status_code == 200
    lost = demo.get("/maps/routes", params={"from": "<script>alert(1)</script>", "to": row["settlement"]})
    assert lost.status_code == 200
    assert "<script>alert(1)" not in lost.text


def test_a_plan_is_shown_as_one(demo, access):
    row = next(row for row in access["settlements"] if not row["reached"] and row["m2"] is not None)
    page = demo.get("/maps/routes", params={"from": row["site"], "to": row["settlement"], "planning": "true"})
    assert page.status_code == 200
    assert "PLAN ONLY" in page.text
    assert "No go" in page.text
    assert "/maps/routes/gpx" not in page.text
