"""A store with districts, settlements, hazards, a road, and the surroundings of an extract."""

import datetime as dt
import json

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point, box, mapping

from geo_service.app import create_app
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from geo_service.surroundings.receiving import receive_extract
from tests.geo_service.surroundings.extracts import LAKE, RIVER, SCHOOL, WELL, written

SCHOOLS = {10: (46.601, 39.611), 11: (46.615, 39.611), 12: (46.64, 39.64), 13: (46.66, 39.66)}
WELLS = {20: (46.6, 39.605), 21: (46.63, 39.63)}
HAZARDS = {"H1": box(46.602, 39.61, 46.606, 39.615), "H2": box(46.65, 39.655, 46.655, 39.66)}
HOMES = {"S1": Point(46.6, 39.61), "S2": Point(46.62, 39.62), "S3": Point(46.69, 39.51), "S4": Point(46.8, 39.6)}
DISTRICTS = {"D1": box(46.5, 39.5, 46.61, 39.7), "D2": box(46.61, 39.5, 46.7, 39.7)}


def features(shapes, **properties):
    rows = [{"type": "Feature", "id": k, "geometry": mapping(one), "properties": {"name": k, **properties}}
            for k, one in shapes.items()]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": rows})


def send(client, layer, body):
    data = {"layer": layer, "crs": "EPSG:4326"}
    sent = client.post("/changesets", files={"file": ("a.geojson", body)}, data=data)
    assert sent.status_code == 201, sent.text


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A client of a service; its `before` is a moment at which no surroundings were filed."""
    folder = tmp_path_factory.mktemp("around")
    log = open_store(folder / "data", create=True)
    app = create_app(log, local=True)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as client:
        hazard = {"classification": "CHA", "opened_on": "2020-01-01"}
        send(client, "districts", features(DISTRICTS))
        send(client, "settlements", features(HOMES, kind="home"))
        send(client, "hazards", features(HAZARDS, **hazard))
        client.before = log.head().recorded_at.isoformat()
        things = {k: (*at, SCHOOL) for k, at in SCHOOLS.items()} | {k: (*at, WELL) for k, at in WELLS.items()}
        ways = {7: ([(46.52, 39.52), (46.53, 39.52), (46.53, 39.53), (46.52, 39.52)], LAKE),
                8: ([(46.51, 39.6), (46.55, 39.65), (46.69, 39.69)], RIVER)}  # fmt: skip
        path = written(folder / "area.osm.pbf", things, ways=ways)
        receive_extract(log, Snapshots(log), path, lambda: dt.datetime.now(dt.UTC), author="ana")
        client.log, client.path = log, path
        yield client
    log.close()
