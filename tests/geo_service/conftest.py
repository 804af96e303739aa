"""A store of one's own, a service over it, and the command as a user types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geo_service.app import create_app
from geo_service.store import open_store

CLEARWAY = Path(sys.executable).parent / "clearway"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def clearway(data):
    """Run the command on the store; answers the finished process."""

    def run(*arguments, check=None):
        environment = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(
            [CLEARWAY, *map(str, arguments), "--data", data],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if check is not None:
            assert done.returncode == check, done.stdout + done.stderr
        return done

    return run


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
