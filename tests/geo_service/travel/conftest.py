"""A small demonstration area served, and the real roads of Andorra with its terrain."""

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geo_service.app import create_app
from geo_service.demo import write
from geo_service.store import open_store

SHARED = Path(os.environ.get("CLEARWAY_SHARED", Path(__file__).parents[3] / ".." / "shared"))
ANDORRA = SHARED / "data" / "andorra"


def served(log):
    return TestClient(
        create_app(log, local=True),
        base_url="http://127.0.0.1:8000",
        raise_server_exceptions=False,
        client=("127.0.0.1", 50_000),
    )


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A client of a service over a small demonstration area; nothing may be written to it."""
    data = tmp_path_factory.mktemp("demo")
    write(data, seed=3, hazards=160, area_km2=1_600.0, progress=lambda done, of: None)
    log = open_store(data)
    with served(log) as client:
        client.log, client.folder = log, data
        yield client
    log.close()


@pytest.fixture
def andorra(clearway, data):
    """A client of a service over a store with the roads of Andorra and its terrain."""
    if not ANDORRA.is_dir():
        pytest.skip("the real roads of Andorra are not here: set CLEARWAY_SHARED")
    clearway("roads", ANDORRA / "andorra.osm.pbf", check=0)
    clearway("terrain", *sorted(ANDORRA.glob("*.hgt.zip")), check=0)
    log = open_store(data)
    with served(log) as client:
        client.log = log
        yield client
    log.close()
