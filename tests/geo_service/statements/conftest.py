"""A register of a small programme, its clock in the test's hand, and a client of its service."""

import datetime as dt
import json

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import LineString, Point, box, mapping

from geo_service.app import create_app
from geo_service.demo import Hands
from geo_service.store import open_store

START = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)

DISTRICTS = [
    ("D1", box(46.0, 39.0, 46.1, 39.1), {"name": "West"}),
    ("D2", box(46.1, 39.0, 46.2, 39.1), {"name": "East"}),
]
HAZARDS = [
    (
        "H-CHA",
        box(46.02, 39.02, 46.04, 39.04),
        {"classification": "CHA", "opened_on": "2020-01-01", "devices": ["AP_mine"]},
    ),
    ("H-SHA", box(46.03, 39.03, 46.06, 39.05), {"classification": "SHA", "opened_on": "2020-02-01"}),
    ("H-FAR", box(46.17, 39.07, 46.18, 39.08), {"classification": "SHA", "opened_on": "2021-02-01"}),
]
RELEASES = [
    (
        "R-1",
        box(46.05, 39.03, 46.06, 39.05),
        {
            "product": "cleared", "completed_on": "2024-05-01", "qc_status": "passed", "qc_on": "2024-06-01",
            "depth_cm": 20, "handed_over_on": "2024-07-01",
        },
    ),
    ("R-2", box(46.03, 39.041, 46.035, 39.05), {"product": "reduced", "completed_on": "2025-05-01"}),
    ("R-3", box(46.035, 39.041, 46.04, 39.05), {"product": "cleared", "completed_on": "2026-02-01", "depth_cm": 13}),
]  # fmt: skip
SURVEYS = [("S-1", box(46.0, 39.06, 46.05, 39.1), {"surveyed_on": "2025-01-01"})]
INCIDENTS = [
    ("I-1", Point(46.045, 39.035), {"kind": "accident", "occurred_on": "2023-04-01", "device": "AP_mine"}),
    ("I-2", Point(46.19, 39.01), {"kind": "incident", "occurred_on": "2023-05-01"}),
]
SETTLEMENTS = [
    ("V-1", Point(46.12, 39.02), {"name": "Ağkənd", "aliases": ["Акенд"], "kind": "home"}),
    ("V-2", Point(46.18, 39.03), {"name": "Güney", "kind": "displacement_site"}),
]
ROADS = [
    ("W-1", LineString([(46.12, 39.021), (46.15, 39.021)]), {"class": "secondary", "eo_status": "verified",
     "eo_width_m": 6, "width_m": 6, "eo_as_of": "2026-01-01", "expires_on": "2026-12-31"}),
    ("W-2", LineString([(46.15, 39.021), (46.18, 39.031)]), {"class": "secondary"}),
    ("W-3", LineString([(46.0, 39.03), (46.03, 39.03), (46.08, 39.03)]), {"class": "track"}),
]  # fmt: skip
LAYERS = {
    "districts": DISTRICTS,
    "hazards": HAZARDS,
    "releases": RELEASES,
    "surveys": SURVEYS,
    "incidents": INCIDENTS,
    "settlements": SETTLEMENTS,
    "roads": ROADS,
}


class Programme:
    """The service over a store, and the steps of those who work with it."""

    def __init__(self, folder, records=True):
        self.folder = folder
        self.clock = Hands(START)
        self.log = open_store(folder, create=True, clock=self.clock)
        self.log.set_setting("authority", "Mine Action Centre of Elsewhere")
        self.log.set_setting("contact", "+994 12 000 00 00")
        self.client = self.visitor()
        if records:
            for layer, rows in LAYERS.items():
                self.load(layer, rows)
                self.clock.now += dt.timedelta(minutes=1)

    def visitor(self, local=True, **headers):
        return TestClient(
            create_app(self.log, local=local, clock=self.clock), base_url="http://127.0.0.1:8000",
            client=("127.0.0.1", 50_000), headers=headers, raise_server_exceptions=False, follow_redirects=False,
        )  # fmt: skip

    def load(self, layer, rows, **given):
        features = [
            {"type": "Feature", "id": name, "geometry": mapping(shape), "properties": fields}
            for name, shape, fields in rows
        ]
        sent = self.client.post(
            "/changesets",
            files={"file": ("a.geojson", json.dumps({"type": "FeatureCollection", "features": features}))},
            data={"layer": layer, "set": json.dumps(given)},
        )
        assert sent.status_code == 201, sent.text
        assert sent.json()["accepted"] == len(rows), sent.text
        return sent.json()

    def state(self, **asked):
        """Ask for a statement; answers what came."""
        answer = self.client.post("/statements", json=asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def count(self):
        return len(self.log.filing.all("statement"))

    def close(self):
        self.client.close()
        self.log.close()


def programme(folder, records=True):
    one = Programme(folder, records)
    yield one
    one.close()


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    """A programme that nothing more is recorded in; statements may be made."""
    yield from programme(tmp_path_factory.mktemp("centre") / "store")


@pytest.fixture
def own(tmp_path):
    """A programme of the test's own."""
    yield from programme(tmp_path / "store")


@pytest.fixture
def bare(tmp_path):
    """A programme in which nothing is recorded."""
    yield from programme(tmp_path / "bare", records=False)
