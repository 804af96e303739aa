"""Real files through the whole way: incidents of a war, the mined land of Bosnia, questions and their answers."""

import re

import orjson
import pytest

HAZARD = {"classification": "SHA", "opened_on": "1996-01-01"}
RELEASE = {"product": "cleared", "completed_on": "2005-01-01", "qc_status": "not_required"}


def send(client, layer, name, content, **form):
    fields = {"layer": layer} | {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in form.items()}
    return client.post("/changesets", files={"file": (name, content)}, data=fields)


def test_the_event_table_loads_as_incidents(shared, client):
    content = (shared / "syria" / "ucdp_ged_syria_3000.csv").read_bytes()
    answer = send(client, "incidents", "ged.csv", content, set={"kind": "incident"}).json()
    assert (answer["rows_read"], answer["accepted"], answer["rejected"]) == (2998, 2998, 0)
    codes = [one["code"] for one in answer["report"]]
    assert codes.count("low_location_precision") == 1433
    assert "known_source" in codes
    item = client.get("/collections/incidents/items/214804.0").json()
    assert item["geometry"]["coordinates"] == pytest.approx([36.449962, 35.688342])
    kept = item["properties"]
    assert (kept["occurred_on"], kept["killed"], kept["location_accuracy_m"]) == ("2016-01-01", 2, 25_000)
    marked = [one["row"] for one in answer["report"] if one["code"] == "low_location_precision"]
    assert 2 in marked
    assert 1 not in marked  # the first row's place is exactly known


def test_overlaps_in_bosnia_are_listed_and_loading_again_proposes_nothing(shared, client):
    suspect = (shared / "bosnia" / "suspect_areas_simplyfied.geojson").read_bytes()
    cleared = (shared / "bosnia" / "cleared_areas_simplyfied.geojson").read_bytes()
    first = send(client, "hazards", "suspect.geojson", suspect, set=HAZARD).json()
    assert (first["accepted"], first["rejected"]) == (1127, 631)
    second = send(client, "releases", "cleared.geojson", cleared, set=RELEASE).json()
    lines = [one for one in second["report"] if one["code"] == "covers_hazard"]
    assert lines
    assert all(re.search(r"hazards-[0-9a-f]{16}\S* \([\d,.]+ m2, [\d.]+ %\)", one["message"]) for one in lines)
    assert [one["code"] for one in second["report"]].count("duplicate") == 3
    head = client.get("/changesets").json()["changesets"][0]["revision"]
    for layer, name, content, given in (
        ("hazards", "suspect", suspect, HAZARD),
        ("releases", "cleared", cleared, RELEASE),
    ):
        again = send(client, layer, f"{name}.geojson", content, set=given).json()
        assert again["versions"] == 0
        assert again["unchanged"] == again["accepted"]
        assert again["revision"] is None
    assert max(one["revision"] or 0 for one in client.get("/changesets").json()["changesets"]) == head


def test_a_question_over_http_is_answered_by_sending_again(client):
    content = b"id;lat;lon;found_on\nA;40,5;46,75;2020-01-01\n"
    asked = send(client, "spots", "a.csv", content)
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["code"] == "decimal_comma"
    answered = send(
        client, "spots", "a.csv", content, answers={"decimal_comma": asked.json()["errors"][0]["choices"][0]}
    )
    assert (answered.status_code, answered.json()["accepted"]) == (201, 1)
    assert send(client, "spots", "a.csv", content, answers={"colour": "red"}).status_code == 422


def test_a_question_on_the_command_line_is_answered_by_sending_again(tmp_path, clearway):
    path = tmp_path / "a.csv"
    path.write_text("id;lat;lon;found_on\nA;40,5;46,75;2020-01-01\n")
    asked = clearway("load", "spots", path, check=2)
    assert "--answer decimal_comma='yes'" in asked.stderr
    clearway("load", "spots", path, "--answer", "decimal_comma=yes", check=0)


def test_a_folder_is_sent_as_a_whole(tmp_path, clearway):
    import geopandas as gpd
    from shapely.geometry import box

    folder = tmp_path / "survey"
    folder.mkdir()
    gpd.GeoDataFrame({"id": ["A"]}, geometry=[box(46, 39, 46.1, 39.1)], crs=4326).to_file(folder / "a.shp")
    given = ("--set", "classification=SHA", "--set", "opened_on=2020-01-01")
    clearway("load", "hazards", folder, *given, check=0)


def test_a_new_hazard_over_a_known_one_is_named(client):
    def square(identifier, west):
        ring = [[west, 39], [west + 0.01, 39], [west + 0.01, 39.01], [west, 39.01], [west, 39]]
        properties = {"id": identifier} | HAZARD
        return orjson.dumps({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties})  # fmt: skip

    assert send(client, "hazards", "a.geojson", square("A", 46.0)).status_code == 201
    answer = send(client, "hazards", "b.geojson", square("B", 46.005)).json()
    [line] = [one for one in answer["report"] if one["code"] == "overlap_hazard"]
    assert line["level"] == "warning"
    assert re.search(r"A \(480,\d{3}\.\d m2, 50\.0 %\)", line["message"])
