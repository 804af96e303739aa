"""Timeline, restatement, overlaps, dissolved states: over HTTP, by command, and in every process that serves."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import httpx
import numpy as np
import orjson
import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import box, mapping
from worked_example import write_geojson

from geo_service.app import create_app
from geo_service.store import open_store
from geo_service.store.snapshot import SHELF, Snapshots
from layers import measure

LAYERS = ("districts", "hazards", "releases")
PERIOD = {"from": "2021-01-01", "to": "2021-06-01"}


def upload(client, layer, content, **form):
    return client.post("/changesets", files={"file": ("upload.geojson", content)}, data={"layer": layer, **form})


def square(identifier, west, south, side=0.004, **fields):
    return orjson.dumps(
        {
            "type": "Feature",
            "id": identifier,
            "properties": {"classification": "CHA", "opened_on": "2021-01-15"} | fields,
            "geometry": mapping(box(west, south, west + side, south + side)),
        }
    )


@pytest.fixture
def loaded(tmp_path, client):
    """The client of a register with the worked example, to record more in."""
    return with_example(client, tmp_path)


@pytest.fixture(scope="module")
def example(stores, tmp_path_factory):
    """The client of a register with the worked example, for those who only ask."""
    folder = tmp_path_factory.mktemp("example")
    place = stores.new(folder / "data")
    with (
        open_store(place, create=True) as log,
        TestClient(create_app(log, local=True), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as one,
    ):
        yield with_example(one, folder)
        assert len(log.changesets()) == len(LAYERS)
    stores.clear(place)


def with_example(client, folder):
    files = write_geojson(folder)
    for layer in LAYERS:
        assert upload(client, layer, files[layer].read_bytes(), message=layer).status_code == 201
    return client


@pytest.fixture
def corner(loaded):
    first = loaded.get("/collections/hazards/items", params={"limit": 1}).json()["features"][0]
    return first["geometry"]["coordinates"][0][0][:2]


def test_the_timeline_is_the_coverage_of_each_date(example):
    line = example.get("/coverage/timeline", params={**PERIOD, "step": "month"}).json()
    dates = sorted({row["date"] for row in line["rows"]})
    assert len(dates) == 7
    for date in dates:
        coverage = example.get("/coverage", params={"as_of": date}).json()
        mine = [row for row in line["rows"] if row["date"] == date]
        assert [row["district_id"] for row in mine] == [*(row["district_id"] for row in coverage["rows"]), None]
        for said, wanted in zip(mine, [*coverage["rows"], coverage["total"]], strict=True):
            assert {name: said[name] for name in said if name != "date"} == {
                name: wanted[name] for name in said if name != "date"
            }
    csv = example.get("/coverage/timeline", params={**PERIOD, "f": "csv"}).text
    assert csv.count("\n") == 1 + len(line["rows"])
    for asked in ({"from": "2021-06-01", "to": "2021-01-01"}, {**PERIOD, "step": "week"}, {"from": "2021-01-01", "to": "2999-01-01"}):  # fmt: skip
        assert example.get("/coverage/timeline", params=asked).status_code == 422


def test_a_restatement_tells_which_changeset_changed_what(loaded, corner):
    west, south = corner
    before = loaded.get("/coverage", params={"as_of": "2021-02-01"}).json()
    known_at = before["known_at"]
    upload(loaded, "hazards", square("LATE-1", west + 0.02, south + 0.02), message="found in an old report")
    upload(
        loaded, "hazards", square("LATER", west + 0.05, south + 0.05, opened_on="2021-05-01"), message="another date"
    )
    upload(loaded, "hazards", square("LATE-2", west + 0.03, south + 0.03), message="and another")
    after = loaded.get("/coverage", params={"as_of": "2021-02-01"}).json()
    answer = loaded.get("/coverage/restatement", params={"as_of": "2021-02-01", "known_at": known_at})
    told = answer.json()
    assert told["was"] == before["total"]
    assert told["is"] == after["total"]
    assert [one["message"] for one in told["changesets"]] == ["found in an old report", "and another"]
    assert [one["recorded_at"] for one in told["changesets"]] == sorted(
        one["recorded_at"] for one in told["changesets"]
    )
    for name in ("CHA", "SHA", "no_recorded_hazard"):
        change = sum(one["difference"][name] for one in told["changesets"])
        assert change == told["difference"][name] == after["total"][name] - before["total"][name]
    assert told["difference"]["CHA"] > 0
    assert told["certificate"]["passed"]
    # Against a moment in between, only what was known by then.
    half = told["changesets"][0]["recorded_at"]
    part = loaded.get("/coverage/restatement", params={"as_of": "2021-02-01", "known_at": known_at, "against": half})
    assert [one["message"] for one in part.json()["changesets"]] == ["found in an old report"]
    wrong = loaded.get("/coverage/restatement", params={"as_of": "2021-02-01", "known_at": half, "against": known_at})
    assert wrong.status_code == 422
    assert "earlier" in wrong.json()["detail"]


def test_overlaps_list_pairs_with_their_ground(example):
    told = example.get("/coverage/overlaps", params={"as_of": "2021-06-01"}).json()
    total = example.get("/coverage", params={"as_of": "2021-06-01"}).json()["total"]
    pairs = {(one["hazard"], one["other"]): one["m2"] for one in told["pairs"]}
    assert all(hazard < other for hazard, other in pairs)
    assert pairs["SHA-1", "SHA-2"] > 1
    # Three hazards over each other are three pairs and count twice too often: pairs are never less than the overlap.
    assert told["pairs_m2"] >= total["overlap_m2"] - 1
    assert told["hidden"]["pairs_beyond_the_list"] == 0


def test_the_dissolved_states_measure_what_the_table_says(example):
    answer = example.get("/coverage", params={"as_of": "2021-06-01", "f": "geojson"})
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert "residual risk" in body["notice"]
    zones = gpd.GeoDataFrame.from_features(body["features"], crs="EPSG:4326")
    row = example.get("/coverage", params={"as_of": "2021-06-01"}).json()["rows"][0]
    for state, m2, polygon in zip(zones["state"], zones["m2"], zones.geometry, strict=True):
        assert m2 == pytest.approx(row[state], abs=0.1)
        assert measure.areas(np.array([polygon]))[0] == pytest.approx(row[state], abs=0.1)
    assert set(zones["state"]) == {"CHA", "SHA", "cleared", "reduced", "cancelled", "no_recorded_hazard"}
    assert shapely.is_valid(zones.geometry.to_numpy()).all()


def test_categories_say_that_they_do_not_sum(example):
    body = example.get("/coverage", params={"as_of": "2021-06-01", "by": "device"}).json()
    assert body["any_device"]["sums_to_total"] is False
    assert {one["device"] for one in body["any_device"]["rows"]} == {"unknown"}
    assert "any_device" not in example.get("/coverage", params={"as_of": "2021-06-01"}).json()


def test_the_balance_as_a_page(loaded, corner):
    west, south = corner
    payload = "<script>window.ran = 1</script>"
    loaded.get("/", headers={"Accept": "text/html"})
    district = orjson.dumps(
        {"type": "Feature", "id": "X", "properties": {"name": payload}, "geometry": mapping(box(west - 1, south, west - 0.9, south + 0.1))}
    )  # fmt: skip
    assert upload(loaded, "districts", district).json()["accepted"] == 1
    page = loaded.get("/coverage", params={"as_of": "2021-06-01", "f": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert payload not in page.text
    assert "1,588,000" in page.text
    assert "Certificate: passed" in page.text


def test_by_command(tmp_path, clearway, clearway_process):
    files = write_geojson(tmp_path)
    for layer in LAYERS:
        clearway("load", layer, files[layer], check=0)
    line = clearway("timeline", "--from", "2021-01-01", "--to", "2021-06-01", "--step", "quarter", check=0).stdout
    assert "1,588,000" in line
    known_at = json.loads(clearway("coverage", "--as-of", "2021-06-01", "--format", "json", check=0).stdout)["known_at"]
    nothing = clearway("restatement", "--as-of", "2021-06-01", "--known-at", known_at, check=0).stdout
    assert "CERTIFICATE PASSED" in nothing
    here = clearway("coverage", "--as-of", "2021-06-01", "--format", "json", check=0).stdout
    by_dask = clearway_process(
        "coverage", "--as-of", "2021-06-01", "--format", "json", "--engine", "dask", check=0
    ).stdout
    assert by_dask == here
    wrong = clearway_process("coverage", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", check=2)
    assert "no Dask scheduler answers" in wrong.stderr
    assert clearway("coverage", "--engine", "abacus", check=2).stderr.startswith("clearway: --engine is one of")


def test_a_start_takes_what_was_worked_out_before(tmp_path, clearway, data):
    files = write_geojson(tmp_path)
    for layer in LAYERS:
        clearway("load", layer, files[layer], check=0)
    asked = ("coverage", "--as-of", "2021-06-01", "--format", "json")
    first = clearway(*asked, check=0).stdout
    kept = data / SHELF
    assert kept.exists()
    told = []
    with open_store(data) as log:
        snapshots = Snapshots(log, lambda done, total: told.append(total), kept)
        assert snapshots.newest().arrangement.partition("2021-06-01").attrs["certificate"]["passed"]
    assert told == []
    # What was recorded since is worked out and no more; a damaged file is worked out anew; the answer is the same.
    for content in (kept.read_bytes()[:-1], b"", b"nonsense" * 1000):
        kept.write_bytes(content)
        assert clearway(*asked, check=0).stdout == first
        assert kept.read_bytes() != content
    extra = tmp_path / "extra.geojson"
    extra.write_bytes(square("E", 47.0, 40.0))
    clearway("load", "hazards", extra, check=0)
    later = clearway(*asked, check=0).stdout
    kept.unlink()
    assert clearway(*asked, check=0).stdout == later


@pytest.mark.slow
def test_an_approved_edit_is_seen_by_every_process_within_a_second(tmp_path, clearway, data):
    files = write_geojson(tmp_path)
    for layer in LAYERS:
        clearway("load", layer, files[layer], check=0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        Path(sys.executable).parent / "clearway",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        "--workers",
        "2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    home = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{home}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        for number in range(5):
            sent = httpx.post(
                f"{home}/changesets",
                files={"file": ("one.geojson", square(f"N{number}", 47.0 + number / 100, 40.0))},
                data={"layer": "hazards"},
                timeout=30,
            ).json()
            # Each request is a connection of its own, and either process may answer.
            for _ in range(20):
                seen = httpx.get(f"{home}/coverage", params={"as_of": "2021-06-01"}, timeout=30).json()
                assert seen["revision"] >= sent["revision"]
                assert seen["certificate"]["passed"]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
