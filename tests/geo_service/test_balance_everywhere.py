"""The worked example gives its figures by command and over HTTP, and a published figure comes out again to the byte."""

import json

import orjson
import pytest
from shapely.geometry import box, mapping
from worked_example import ledger_wanted, write_geojson

LOADS = ("districts", "hazards", "releases")
CLASSES = ("SHA", "CHA", "total")


def agrees(said, wanted):
    for name, figure in wanted.items():
        assert said[name] == pytest.approx(figure, rel=1e-6, abs=1e-3), name


@pytest.fixture
def files(tmp_path):
    return write_geojson(tmp_path)


def upload(client, layer, path=None, content=None, **form):
    given = path.read_bytes() if path else content
    form = {key: value if isinstance(value, str) else json.dumps(value) for key, value in form.items()}
    return client.post("/changesets", files={"file": ("upload.geojson", given)}, data={"layer": layer, **form})


CLOSING = {
    "area_m2": 1e8, "CHA": 255_000.0, "SHA": 1_588_000.0, "cleared": 307_000.0, "reduced": 500_000.0, "cancelled": 1_000_000.0,
    "surveyed_no_evidence": 0.0, "no_recorded_hazard": 96_350_000.0, "pending_qc_m2": 0.0, "overlap_m2": 698_000.0,
    "hazards_open": 5, "incidents": 0, "spots": 0,
}  # fmt: skip


def test_by_command(files, clearway):
    for layer in LOADS:
        clearway("load", layer, files[layer], check=0)
    coverage = json.loads(clearway("coverage", "--as-of", "2021-06-01", "--format", "json", check=0).stdout)
    agrees(coverage["total"], CLOSING)
    assert [row["district_id"] for row in coverage["rows"]] == ["D1"]
    agrees(coverage["rows"][0], CLOSING)
    assert coverage["certificate"]["passed"]
    period = ("--from", "2021-01-01", "--to", "2021-06-01")
    ledger = json.loads(clearway("ledger", *period, "--format", "json", check=0).stdout)
    assert [(row["district_id"], row["class"]) for row in ledger["rows"]] == [
        (d, c) for d in ("D1", None) for c in CLASSES
    ]
    for row in ledger["rows"]:
        agrees(row, ledger_wanted(row["class"]))
    for form in ("table", "csv"):
        assert clearway("ledger", *period, "--format", form, check=0).stdout.count("reclassified") == 1 + (
            form == "table"
        )
    assert "1,588,000" in clearway("coverage", "--as-of", "2021-06-01", check=0).stdout
    assert clearway("coverage", "--as-of", "2021-06-01", "--by", "device", check=0).returncode == 0
    assert "sound" in clearway("check", check=0).stdout


def test_over_http_and_the_same_as_the_command(files, client, clearway):
    for layer in LOADS:
        assert upload(client, layer, files[layer]).status_code == 201
    answer = client.get("/coverage", params={"as_of": "2021-06-01"})
    coverage = answer.json()
    agrees(coverage["total"], CLOSING)
    agrees(coverage["rows"][0], CLOSING)
    ledger = client.get("/coverage/ledger", params={"from": "2021-01-01", "to": "2021-06-01"}).json()
    for row in ledger["rows"]:
        agrees(row, ledger_wanted(row["class"]))
    assert clearway("coverage", "--as-of", "2021-06-01", "--format", "json", check=0).stdout == answer.text
    devices = client.get("/coverage", params={"as_of": "2021-06-01", "by": "district,device"}).json()
    assert {row["device"] for row in devices["rows"]} == {"", "unknown"}
    assert sum(row["SHA"] for row in devices["rows"]) == pytest.approx(1_588_000, rel=1e-6)
    sheet = client.get("/coverage", params={"as_of": "2021-06-01", "f": "xlsx"})
    assert sheet.content[:2] == b"PK"
    assert client.get("/coverage", params={"as_of": "2021-06-01", "f": "csv"}).text.startswith(
        "district,district_id,area_m2,CHA"
    )


def test_a_published_figure_comes_out_again_after_a_back_dated_report(files, client):
    for layer in LOADS:
        upload(client, layer, files[layer])
    asked = {"as_of": "2021-02-01"}
    published = client.get("/coverage", params=asked)
    known_at = published.json()["known_at"]
    period = {"from": "2021-01-01", "to": "2021-06-01", "known_at": known_at}
    ledger = client.get("/coverage/ledger", params=period)
    items = client.get("/collections/hazards/items", params={**asked, "known_at": known_at, "limit": 100})
    west, south, *_ = client.get("/collections/hazards/items", params={"limit": 1}).json()["features"][0]["geometry"][
        "coordinates"
    ][0][0]
    late = {
        "type": "Feature", "id": "LATE", "properties": {"classification": "CHA", "opened_on": "2021-01-15"},
        "geometry": mapping(box(west + 0.001, south + 0.001, west + 0.004, south + 0.004)),
    }  # fmt: skip
    assert upload(client, "hazards", content=orjson.dumps(late)).json()["accepted"] == 1
    assert client.get("/coverage", params=asked).json()["total"]["CHA"] > published.json()["total"]["CHA"]
    again = client.get("/coverage", params={**asked, "known_at": known_at})
    assert again.content == published.content
    assert again.headers["etag"] == client.get("/coverage", params={**asked, "known_at": known_at}).headers["etag"]
    assert client.get("/coverage/ledger", params=period).content == ledger.content
    assert (
        client.get("/collections/hazards/items", params={**asked, "known_at": known_at, "limit": 100}).content
        == items.content
    )


def test_times_that_cannot_be_answered_are_refused(files, client):
    upload(client, "districts", files["districts"])
    for asked in ({"as_of": "2999-01-01"}, {"known_at": "2001-01-01T00:00:00Z"}, {"known_at": "2999-01-01T00:00:00Z"},
                  {"as_of": "yesterday"}, {"known_at": "2021-01-01T00:00:00"}, {"by": "colour"}):  # fmt: skip
        answer = client.get("/coverage", params=asked)
        assert answer.status_code == 422, asked
        assert answer.headers["content-type"] == "application/problem+json"
    gap = client.get("/coverage", params={"as_of": "1990-01-01"}).json()
    assert gap["coverage_gap"]
    for asked in (
        {"from": "2021-06-01", "to": "2021-01-01"},
        {"from": "2021-01-01", "to": "2999-01-01"},
        {"from": "x", "to": "y"},
        {},
    ):
        assert client.get("/coverage/ledger", params=asked).status_code == 422


def test_a_client_that_has_the_answer_gets_304_until_something_is_recorded(files, client):
    upload(client, "districts", files["districts"])
    tag = client.get("/coverage").headers["etag"]
    assert not tag.startswith("W/")
    assert client.get("/coverage", headers={"If-None-Match": tag}).status_code == 304
    upload(client, "hazards", files["hazards"])
    assert client.get("/coverage", headers={"If-None-Match": tag}).status_code == 200
