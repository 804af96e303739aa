"""A register with a few records of every layer."""

from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from geo_service.app import create_app
from geo_service.store import open_store
from tests.geo_service.ogc.cases import RECORDS, send


@pytest.fixture
def filled(client):
    """The client of a register with records in every layer."""
    for layer, rows in RECORDS.items():
        send(client, layer, rows)
    return client


@pytest.fixture(scope="session")
def full(stores, tmp_path_factory):
    """Make a register with records in every layer, for as long as it is needed; answers its client."""

    @contextmanager
    def make():
        place = stores.new(tmp_path_factory.mktemp("register") / "data")
        with (
            open_store(place, create=True) as log,
            TestClient(
                create_app(log, local=True),
                base_url="http://127.0.0.1:8000",
                raise_server_exceptions=False,
                client=("127.0.0.1", 50_000),
            ) as one,
        ):
            for layer, rows in RECORDS.items():
                send(one, layer, rows)
            yield one
        stores.clear(place)

    return make


@pytest.fixture(scope="session")
def register(full):
    """The client of one register, for all tests that only read or are refused."""
    with full() as one:
        yield one


def written(log):
    """All that a request could have left in a store."""
    newest = max((one.id for one in log.changesets()), default=0)
    return log.head(), newest, dict(log.settings()), log.tokens.all()


@pytest.fixture
def reading(register):
    """The client of a register that the test leaves as it was: nothing recorded, nothing set, no cookie."""
    log = register.app.state.service.log
    before = written(log)
    yield register
    assert written(log) == before
    assert not register.cookies


@pytest.fixture
def hazards(client):
    """The client of a register with hazards alone."""
    send(client, "hazards", RECORDS["hazards"])
    return client
