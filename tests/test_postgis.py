"""The private PostGIS that other tests and the benchmarks start."""

import pytest

from tests import postgis


@pytest.mark.postgis
def test_a_private_server_starts_answers_and_leaves_nothing():
    postgis.needed()
    with postgis.server(fsync="on") as server:
        assert server.run("SELECT ST_Area(ST_MakeEnvelope(0, 0, 2, 3))") == "6"
        assert server.run("SHOW fsync") == "on"
        folder = server.folder
        assert folder.is_dir()
    assert not folder.exists()
