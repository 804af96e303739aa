"""The commands and the service over a database: the same answers as over the file, on one machine and on several."""

import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import box, mapping
from typer.testing import CliRunner

from geo_service.app import create_app
from geo_service.changesets import Upload
from geo_service.cli import app
from geo_service.jobs import background, incoming
from geo_service.jobs.runner import Runner
from geo_service.store import open_store
from geo_service.store.locations import environment_of
from geo_service.store.log import State

KINDS = (pytest.param("postgis", marks=pytest.mark.postgis),)
MAIN = (sys.executable, "-c", "from geo_service.cli import main; main()")
SET = ("--set", "classification=SHA", "--set", "opened_on=2020-01-01")


def rows(count, prefix="H"):
    """A file of squares."""
    squares = [box(46 + k / 5000, 39, 46 + k / 5000 + 1e-4, 39.0001) for k in range(count)]
    features = [
        {"type": "Feature", "id": f"{prefix}{k}", "geometry": mapping(one), "properties": {}}
        for k, one in enumerate(squares)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def acknowledged(log, content):
    """Let a file go on in the background."""
    upload = Upload("hazards", b"", "a.geojson", "ana", set={"classification": "SHA", "opened_on": "2020-01-01"})
    return background.acknowledge(log, upload, io.BytesIO(content), submit=True)


@pytest.fixture
def url(data):
    """The address of the store as a user gives it."""
    return environment_of(data)["CLEARWAY_DATABASE"]


@pytest.fixture
def run(data, url):
    """Run a command with `--database`; answers the finished process."""

    def command(*arguments, check=0, **environment):
        given = {**os.environ, "COLUMNS": "200", **environment}
        where = () if "CLEARWAY_DATABASE" in environment else ("--database", url, "--folder", data.folder)
        done = subprocess.run(
            [*MAIN, *map(str, arguments), *map(str, where)], capture_output=True, text=True, check=False, env=given
        )
        assert done.returncode == check, done.stdout + done.stderr
        return done

    return command


def test_every_command_works_on_a_database_as_on_a_folder(tmp_path, data, url):
    """In this process: what starting one costs is not what it is about."""
    folder = tmp_path / "file"
    on_database, on_folder = ("--database", url, "--folder", data.folder), ("--data", folder)

    def say(*arguments, where=on_database):
        done = CliRunner().invoke(app, [*map(str, arguments), *map(str, where)], catch_exceptions=False)
        gc.enable()
        assert done.exit_code == 0, done.output
        return done.stdout

    def alike(*arguments):
        assert say(*arguments) == say(*arguments, where=on_folder)

    for where in (on_database, on_folder):
        assert "SYNTHETIC area, 13 districts" in say("demo", "--hazards", "40", "--area-km2", "2500", where=where)
    alike("raster", "statistics", "terrain", "--format", "csv")
    alike("coverage", "--as-of", "2021-06-01", "--by", "district")
    alike("ledger", "--from", "2020-12-31", "--to", "2021-12-31", "--format", "csv")
    alike("timeline", "--from", "2019-01-01", "--to", "2021-12-31", "--step", "year")
    alike("changesets", "--limit", "1000")
    (tmp_path / "a.geojson").write_bytes(rows(5))
    assert "changeset" in say("load", "hazards", tmp_path / "a.geojson", *SET, "--draft")
    number = json.loads(say("coverage", "--format", "json"))["revision"] + 1
    for step in ("diff", "submit", "approve", "history"):
        say(step, number)
    assert "revision" in say("reverse", number, "--valid-from", "2024-01-01")
    assert "sound" in say("check")
    assert "authority = Centre" in say("settings", "authority=Centre")
    token = say("token", "create", "--name", "gis", "--role", "viewer").strip()
    listed = say("token", "list")
    assert "gis: viewer" in listed
    assert token not in listed
    say("token", "revoke", "gis")
    say("map", tmp_path / "map.html")
    say("export", tmp_path / "out.gpkg")
    say("backup", tmp_path / "copy.gpkg")
    say("restore", tmp_path / "copy.gpkg", where=("--data", tmp_path / "back"))
    with open_store(tmp_path / "back") as one, open_store(data) as other:
        assert one.revisions() == other.revisions()
    say("restore", tmp_path / "copy.gpkg")


def test_a_folder_and_a_database_are_not_both_named(tmp_path, run, url):
    told = run("check", "--data", tmp_path, check=2).stderr
    assert "not both" in told
    run("check", check=2, CLEARWAY_DATABASE=url, CLEARWAY_DATA=str(tmp_path))
    # What stands on the command line goes before the environment.
    assert "no store in this folder" in run("check", "--data", tmp_path, check=2, CLEARWAY_DATABASE=url).stderr
    assert "no store in this database" in run("check", check=2, CLEARWAY_DATABASE=url).stderr


def test_what_is_wrong_with_an_address_is_one_line_without_it(run):
    for address in (
        "nonsense",
        "postgresql://ana:s3cret@127.0.0.1:1/x",
        "postgresql://ana:s3cret@127.0.0.1:1/x?schema=A",
    ):
        told = run("check", check=2, CLEARWAY_DATABASE=address).stderr
        assert told.count("\n") == 1
        assert "s3cret" not in told
        assert "Traceback" not in told


def test_a_killed_load_leaves_all_of_it_or_nothing(tmp_path, data, run):
    run("settings", "authority=Centre")
    (tmp_path / "a.geojson").write_bytes(rows(3000))
    for turn in range(4):
        process = subprocess.Popen(
            [
                *MAIN,
                "load",
                "hazards",
                tmp_path / "a.geojson",
                *SET,
                "--set",
                f"note={turn}",
                "--set",
                "valid_from=2020-01-01",
            ],
            env={**os.environ, **environment_of(data)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.8 + 0.4 * turn)
        process.kill()
        process.wait()
    with open_store(data) as log:
        for one in log.changesets():
            assert one.state is State.approved
            assert (log.versions("hazards")["changeset"] == one.id).sum() == one.versions == 3000
        assert log.check() == []


@contextmanager
def serving(data, *arguments):
    """`clearway serve` over a database, its address in the environment; ended with all its workers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*MAIN, "serve", "--port", str(port), *arguments],
        env={**os.environ, **environment_of(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while True:
                assert process.poll() is None
                try:
                    client.get("/healthz").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def lines(process):
    """The command lines of a process and all that it started."""
    found = [Path(f"/proc/{process.pid}/cmdline").read_text()]
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            group = one.read_text().rpartition(")")[2].split()[2]
            if int(group) == process.pid:
                found.append((one.parent / "cmdline").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.mark.slow
def test_two_services_with_two_workers_each_never_serve_what_was_before(data, tmp_path):
    other = replace(data, folder=tmp_path / "elsewhere")
    secret = replace(data, url=data.url.replace("clearway@", "clearway:s3cret@"))
    with serving(secret, "--workers", "2") as (here, process), serving(other, "--workers", "2") as (there, _):
        told = lines(process)
        assert len(told) > 2
        assert not any("s3cret" in one or "postgresql" in one for one in told)
        for number in range(4):
            sent = httpx.post(
                f"{here}/changesets", files={"file": ("a.geojson", rows(1, f"N{number}-"))},
                data={"layer": "hazards", "set": json.dumps({"classification": "SHA", "opened_on": "2020-01-01"})}, timeout=60,
            ).json()  # fmt: skip
            for _ in range(10):
                # Each request is a connection of its own, and any process of either service may answer.
                for home in (here, there):
                    seen = httpx.get(f"{home}/coverage", timeout=60).json()
                    assert seen["revision"] >= sent["revision"] == number + 1
                    assert seen["certificate"]["passed"]


def test_an_upload_of_another_machine_is_left_to_it(data, tmp_path):
    other = replace(data, folder=tmp_path / "elsewhere")
    with open_store(data, create=True) as here, open_store(other) as there:
        made = acknowledged(here, rows(3))
        theirs = Runner(there, every_s=0.01)
        theirs.start()
        second = acknowledged(there, rows(2, "N"))
        until = time.monotonic() + 60
        while there.changeset(second.id).state is State.processing:
            assert time.monotonic() < until
            time.sleep(0.05)
        theirs.stop()
        assert there.changeset(second.id).state is State.approved
        assert here.changeset(made.id).state is State.processing
        (waits,) = (str(one.request["file"]) for one in here.processing())
        assert incoming.path_of(data.folder, waits).exists()
        ours = Runner(here, every_s=0.01)
        ours.start()
        while here.changeset(made.id).state is State.processing:
            assert time.monotonic() < until
            time.sleep(0.05)
        ours.stop()
        # Checked against what was there when it was taken up, after the other.
        assert here.changeset(made.id).state is State.approved
        assert len(here.versions("hazards")) == 5
        assert here.check() == []


def test_a_database_that_goes_away_is_503_and_comes_back(data, postgis_server):
    name = f"{data.schema}_gone"
    admin = psycopg.connect(data.url, autocommit=True)
    admin.execute(f'CREATE DATABASE "{name}"')
    where = replace(data, url=data.url.rpartition("/")[0] + f"/{name}")
    try:
        with open_store(where, create=True) as log:
            client = TestClient(create_app(log, local=True), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 1))
            assert client.get("/healthz").status_code == 200
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            for _ in range(3):
                gone = client.get("/healthz")
                assert (gone.status_code, gone.headers["content-type"]) == (503, "application/problem+json")
                assert "try again" in gone.json()["detail"]
                assert name not in gone.text
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            assert client.get("/healthz").status_code == 200
    finally:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()
