"""A store of one's own, of each kind, a service over it, and the command as a user types it.

A test of commands or of the service as a process runs on the embedded store alone; so does a module that says so in
`KINDS`.
"""

import importlib.util
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geo_service.app import create_app
from geo_service.store import open_store
from geo_service.store.locations import Database, environment_of
from tests import postgis
from tests.geo_service import commands

KINDS = ("sqlite", pytest.param("postgis", marks=pytest.mark.postgis))


def _module(name):
    spec = importlib.util.spec_from_file_location(f"geo_service_{name}", Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def postgis_server():
    """One server for all tests of a process."""
    postgis.needed()
    with postgis.server(postgis.memory()) as server:
        yield server


def pytest_generate_tests(metafunc):
    if "kind" not in metafunc.fixturenames:
        return
    if any("kind" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")):
        return
    slow = {"clearway", "clearway_process", "serving"} & set(metafunc.fixturenames)
    kinds = getattr(metafunc.module, "KINDS", ("sqlite",) if slow else KINDS)
    metafunc.parametrize("kind", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def kind(request):
    """What the store is kept in: sqlite or postgis."""
    return request.param


@pytest.fixture(scope="session")
def stores(kind, request):
    """Free places for stores of this kind."""
    return _module("stores").Places(request.getfixturevalue("postgis_server").url if kind == "postgis" else None)


@pytest.fixture
def place(stores, tmp_path):
    """A place for a store by its name, in the folder of the test or in a schema of its own."""
    made = {}

    def named(name):
        if name not in made:
            made[name] = stores.new(tmp_path / name)
        return made[name]

    yield named
    for one in made.values():
        stores.clear(one)


@pytest.fixture
def data(place):
    return place("data")


@pytest.fixture
def beside(data):
    """The folder that belongs to the store."""
    return data.folder if isinstance(data, Database) else data


def _command(data, run):
    def command(*arguments, check=None):
        on_database = isinstance(data, Database)
        where, environment = ([], environment_of(data)) if on_database else (["--data", data], {})
        done = run([*arguments, *where], environment)
        if check is not None:
            assert done.returncode == check, done.stdout + done.stderr
        return done

    return command


@pytest.fixture
def clearway(data):
    """Run the command on the store, in this process; answers what a finished process would."""
    return _command(data, commands.in_process)


@pytest.fixture
def clearway_process(data):
    """Run the installed command on the store in a process of its own; answers it, finished."""
    return _command(data, commands.as_process)


@pytest.fixture
def client(data):
    """A client of the service over the store, open for one person on this machine."""
    log = open_store(data, create=True)
    with TestClient(
        create_app(log, local=True),
        base_url="http://127.0.0.1:8000",
        raise_server_exceptions=False,
        client=("127.0.0.1", 50_000),
    ) as one:
        yield one
    log.close()
