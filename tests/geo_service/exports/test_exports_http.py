"""Exports over HTTP: the same files, with tags; without a token nothing but what is published."""

import io
import json
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from fastapi.testclient import TestClient
from pmtiles.reader import MemorySource, Reader

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.exports.writing import FORMS
from tests.geo_service.exports.cases import COUNTS


@pytest.fixture(scope="module")
def web(exporting):
    with TestClient(
        create_app(exporting.log, local=True), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)
    ) as one:
        yield one


def left_over():
    return list(Path(tempfile.gettempdir()).glob("clearway-export-*"))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_sent_whole_with_a_tag(form, web, exporting, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked = f"/exports/{form}?max_zoom=3"
    answer = web.get(asked)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-type"] == FORMS[form].media_type
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-disposition"].endswith(f'{FORMS[form].sent_as}"')
    again = web.get(asked, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert left_over() == []
    if FORMS[form].files:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
            assert zipped.testzip() is None
            assert "No recorded hazard is not absence of hazard" in zipped.read("README.txt").decode()
    if form == "pmtiles":
        assert Reader(MemorySource(answer.content)).metadata()["records"] == COUNTS


def test_dates_layers_and_knowledge_are_those_asked_for(web, exporting):
    first = web.get("/exports/geojson?layers=hazards,releases&as_of=2021-01-15")
    with zipfile.ZipFile(io.BytesIO(first.content)) as zipped:
        assert set(zipped.namelist()) == {"README.txt", "hazards.geojson", "releases.geojson"}
        body = json.loads(zipped.read("releases.geojson"))
    assert body["as_of"] == "2021-01-15"
    assert [(one["id"], one["properties"]["in_effect"]) for one in body["features"]] == [("R-1", False)]
    other = web.get("/exports/geojson?layers=hazards,releases&as_of=2021-02-15")
    assert first.headers["etag"] != other.headers["etag"]
    known = exporting.seen.known_at
    pinned = web.get("/exports/geojson", params={"layers": "hazards", "as_of": "2021-01-15", "known_at": known})
    assert pinned.status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [("/exports/tif", 422), ("/exports/gpkg?layers=mines", 422), ("/exports/gpkg?as_of=2999-01-01", 422),
     ("/exports/pmtiles?max_zoom=40", 422), ("/exports/gpkg?known_at=1990-01-01T00:00:00Z", 422)],
)  # fmt: skip
def test_what_can_not_be_written_is_a_problem(asked, status, web):
    answer = web.get(asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/tmp" not in answer.text  # noqa: S108 - it is looked for


def test_the_public_gets_what_is_published_and_a_viewer_all(exporting):
    exporting.log.set_setting("public_access", value=True)
    token = tokens.create(exporting.log.tokens, utc_now, "viewer", "viewer")[1]
    visitor = TestClient(create_app(exporting.log), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_001))
    answer = visitor.get("/exports/geojson")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        names = set(zipped.namelist())
        readme, hazards = zipped.read("README.txt").decode(), zipped.read("hazards.geojson")
        incidents = json.loads(zipped.read("incidents.geojson"))
    assert names == {"README.txt", "hazards.geojson", "incidents.geojson", "districts.geojson"}
    assert "drawn outward" in readme
    frame = gpd.read_file(io.BytesIO(hazards)).set_index("id").sort_index()
    whole = exporting.seen.snapshot.in_force("hazards", exporting.seen.as_of).set_index("id").sort_index()
    assert list(frame.index) == list(whole.index)
    assert shapely.covers(frame.geometry.to_numpy(), whole.geometry.to_numpy()).all()
    assert set(frame.columns) == {"valid_from", "classification", "opened_on", "status", "state", "geometry"}
    assert [one["properties"]["count"] for one in incidents["features"]] == [7]
    assert visitor.get("/exports/geojson?layers=spots").status_code == 401
    for form in ("gpkg", "kml", "pmtiles"):
        made = visitor.get(f"/exports/{form}?max_zoom=2")
        assert made.status_code == 200, made.text[:300]
        assert b"I-1" not in made.content
    full = visitor.get("/exports/geojson?layers=incidents", headers={"Authorization": f"Bearer {token}"})
    with zipfile.ZipFile(io.BytesIO(full.content)) as zipped:
        assert len(json.loads(zipped.read("incidents.geojson"))["features"]) == 7
    assert full.headers["etag"] != visitor.get("/exports/geojson?layers=incidents").headers["etag"]
