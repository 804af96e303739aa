"""One small register for all tests of the client: served with tokens, and opened without a server."""

import threading
import time
from types import SimpleNamespace

import pytest
import uvicorn

from geo_service import demo
from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.client import Clearway
from geo_service.clock import utc_now
from geo_service.store import open_store
from geo_service.store.log import Log
from layers.coverage.arrangement import quiet


class Served:
    """A store, served in a thread."""

    def __init__(self, folder):
        self.log: Log = open_store(folder, create=True)
        config = uvicorn.Config(create_app(self.log), port=0, log_level="error", lifespan="on")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.02)
        self.address = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def token(self, role, name, **options):
        return tokens.create(self.log.tokens, utc_now, name, role, owner=name, **options)[1]

    def end(self):
        self.server.should_exit = True
        self.thread.join()
        self.log.close()


@pytest.fixture(scope="session")
def register(tmp_path_factory):
    """The demonstration area, small: served, with tokens."""
    folder = tmp_path_factory.mktemp("client") / "store"
    demo.write(folder, seed=3, hazards=10, area_km2=80.0, progress=quiet)
    served = Served(folder)
    yield SimpleNamespace(folder=folder, served=served, address=served.address)
    served.end()


@pytest.fixture(scope="session")
def remote(register):
    with Clearway(register.address, token=register.served.token("admin", "remote")) as cw:
        yield cw


@pytest.fixture(scope="session")
def local(register):
    with Clearway.open(register.folder) as cw:
        yield cw


@pytest.fixture
def fresh(tmp_path):
    """An empty register, opened without a server."""
    with Clearway.open(tmp_path / "fresh", create=True) as cw:
        yield cw


@pytest.fixture
def serving(tmp_path):
    """Another store, served: tests that write, or that are refused."""
    served = Served(tmp_path / "served")
    yield served
    served.end()
