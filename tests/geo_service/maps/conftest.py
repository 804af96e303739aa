"""A store for the maps: the embedded one, since nothing here is about how it is kept."""

import pytest

from geo_service.store import open_store


@pytest.fixture
def log(tmp_path):
    """An empty store."""
    one = open_store(tmp_path / "data", create=True)
    yield one
    one.close()
