import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geo_service.store import open_store
from geo_service.store.locations import DATABASE, Database, environment_of

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def told(place):
    return environment_of(place)[DATABASE]


def _load(name):
    spec = importlib.util.spec_from_file_location(f"store_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drafts():
    return _load("drafts")


@pytest.fixture
def log(place):
    with open_store(place("store"), create=True) as opened:
        yield opened


@pytest.fixture
def child():
    """Start child.py with arguments; what still runs at the end is killed."""
    started = []

    def start(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        arguments = [told(one) if isinstance(one, Database) else one for one in arguments]
        process = subprocess.Popen(
            [sys.executable, HERE / "child.py", *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
