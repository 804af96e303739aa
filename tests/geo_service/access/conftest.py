"""A service that asks who comes, people with tokens, and records to be seen or hidden."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import box, mapping

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.store import open_store

HAZARD = {"classification": "SHA", "opened_on": "2020-01-01"}
ROOT = Path(__file__).parents[3]
CLEARWAY = (sys.executable, "-c", "from geo_service.cli import main; main()")


@pytest.fixture
def log(data):
    with open_store(data, create=True) as one:
        yield one


@pytest.fixture
def give(log):
    """Make a token; answers its text."""

    def make(role, name=None, **options):
        return tokens.create(log.tokens, utc_now, name or f"token of {role}", role, **options)[1]

    return make


@pytest.fixture
def app(log):
    return create_app(log)


@pytest.fixture
def visit(app):
    """A client of the service: of nobody, or with a token as Bearer."""

    def client(token=None, on=None, **headers):
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return TestClient(
            on or app,
            base_url="http://127.0.0.1:8000",
            client=("127.0.0.1", 50_000),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    return client


def collection(*shapes, **properties):
    rows = [
        {"type": "Feature", "id": properties.pop(f"id{k}", None), "geometry": mapping(shape), "properties": properties}
        for k, shape in enumerate(shapes)
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": rows})


def post(client, content=None, layer="hazards", given=HAZARD, **form):
    content = content or collection(box(46, 39, 46.1, 39.1))
    return client.post(
        "/changesets", files={"file": ("a.geojson", content)}, data={"layer": layer, "set": json.dumps(given), **form}
    )


@pytest.fixture(scope="session")
def upload():
    """Send features as a file."""
    return post


@pytest.fixture(scope="session")
def features():
    """Write shapes as a file."""
    return collection


class Serving:
    """`clearway serve` in a process of its own, and everything that it and its workers write."""

    def __init__(self, data, *arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.lines = []
        self.process = subprocess.Popen(
            [*CLEARWAY, "serve", "--data", str(data), "--port", str(self.port), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def ask(self, path, method="GET", body=None, **headers):
        """Send a request; answers status, headers and body."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method=method, headers=names)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def wait(self):
        """Wait until it serves."""
        while True:
            if self.process.poll() is not None:
                self.reader.join()
                raise AssertionError("".join(self.lines))
            try:
                return self.ask("/healthz")
            except OSError:
                time.sleep(0.05)

    def end(self):
        """End it; answers all that was written."""
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        return "".join(self.lines)


@pytest.fixture
def serving(data):
    """Start the service as users do."""
    started = []

    def start(*arguments):
        started.append(Serving(data, *arguments))
        started[-1].wait()
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end()
