"""Uploads that go on in the background: seen on their way, stopped, killed, taken up - and done once or not at all."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import orjson
import pytest
from shapely.geometry import box, mapping

from geo_service.changesets import Upload
from geo_service.jobs import background, incoming
from geo_service.jobs.work import work
from geo_service.store import open_store
from geo_service.store.errors import WrongState
from geo_service.store.locations import Database, environment_of
from geo_service.store.log import State

SET = json.dumps({"classification": "SHA", "opened_on": "2020-01-01"})
BACKGROUND = {"Prefer": "respond-async"}
PATIENCE_S = 120


def rows(count, prefix="H"):
    features = []
    for k in range(count):
        x, y = 46 + (k % 200) / 200, 39 + (k // 200) / 200
        shape = box(x, y, x + 0.004, y + 0.004)
        features.append({"type": "Feature", "id": f"{prefix}{k}", "geometry": mapping(shape), "properties": {}})
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def post(client, content, layer="hazards", name="a.geojson", headers=BACKGROUND, **form):
    return client.post(
        "/changesets", files={"file": (name, content)}, data={"layer": layer, "set": SET, **form}, headers=headers
    )


def ended(client, place):
    """Wait until an upload has ended; answers its changeset."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        body = client.get(place).json()
        if body["state"] != "processing":
            return body
        time.sleep(0.05)
    raise AssertionError(body)


def folder_of(data):
    return data.folder if isinstance(data, Database) else data


def waiting(data):
    folder = folder_of(data) / incoming.FOLDER
    return [path.name for path in folder.iterdir() if path.name != ".turn"] if folder.is_dir() else []


def test_an_upload_in_the_background_is_acknowledged_seen_and_done(client, data):
    answer = post(client, rows(50))
    body = answer.json()
    assert (answer.status_code, body["state"], answer.headers["preference-applied"]) == (
        202,
        "processing",
        "respond-async",
    )
    assert answer.headers["location"] == f"/changesets/{body['id']}"
    assert set(body["progress"]) == {"phase", "done", "of"}
    assert [one["id"] for one in client.get("/changesets").json()["changesets"]] == [body["id"]]
    done = ended(client, answer.headers["location"])
    assert (done["id"], done["state"], done["rows_read"], done["accepted"]) == (body["id"], "approved", 50, 50)
    assert done["source_sha256"] == body["source_sha256"]
    steps = client.get(f"{answer.headers['location']}/history").json()["history"]
    assert [one["step"] for one in steps] == ["acknowledged", "received", "approved"]
    assert client.get("/collections/hazards/items?limit=1").json()["numberMatched"] == 50
    assert waiting(data) == []
    # The next one has the next number, in the background or not.
    assert post(client, rows(1, "N"), headers={}).json()["id"] == body["id"] + 1


def test_files_with_many_rows_go_on_in_the_background_by_themselves(client, clearway, data):
    clearway("settings", "background_rows=5", check=0)
    assert post(client, rows(4, "A"), headers={}).status_code == 201
    answer = post(client, rows(5, "B"), headers={})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers
    assert ended(client, answer.headers["location"])["accepted"] == 5
    # What is only tried is answered at once.
    assert post(client, rows(6, "C"), headers={}, dry_run="true").status_code == 200


def test_a_draft_and_a_review_wait_for_a_person_also_in_the_background(client, clearway):
    draft = post(client, rows(3, "A"), submit="false")
    assert ended(client, draft.headers["location"])["state"] == "draft"
    clearway("settings", "review=true", check=0)
    sent = post(client, rows(3, "B"))
    assert ended(client, sent.headers["location"])["state"] == "submitted"
    none = post(
        client,
        orjson.dumps(
            {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None, "properties": {}}]}
        ),
    )
    assert ended(client, none.headers["location"])["state"] == "rejected"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"rubbish", "a.bin", "none of the formats"),
        (b'id,wkt\nA,"POLYGON((46 39,46.1 39,46.1 39.1,46 39))"\n', "a.csv", ""),
    ],
)
def test_what_cannot_be_read_fails_with_its_reason(client, data, content, name, said):
    answer = post(client, content, name=name)
    body = ended(client, answer.headers["location"])
    assert body["state"] == "failed"
    assert said in body["reason"]
    assert name.endswith(".bin") or body["errors"][0]["choices"]
    assert client.post(f"{answer.headers['location']}/approve").status_code == 409
    assert client.get(f"{answer.headers['location']}/report").json()["report"] == []
    assert waiting(data) == []


def test_an_upload_can_be_cancelled_once(client, data):
    first = post(client, rows(4000))
    second = post(client, rows(3, "N"))
    place = first.headers["location"]
    cancelled = client.post(f"{place}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert client.post(f"{place}/cancel").status_code == 409
    # The next in line is done; of the first nothing is left.
    assert ended(client, second.headers["location"])["state"] == "approved"
    assert client.get("/collections/hazards/items?limit=1").json()["numberMatched"] == 3
    assert client.get(place).json()["state"] == "cancelled"
    assert client.post("/changesets/99/cancel").status_code == 404
    assert client.post(f"{second.headers['location']}/cancel").status_code == 409
    with open_store(data) as log:
        assert log.check() == []
    until = time.monotonic() + PATIENCE_S
    while waiting(data):
        assert time.monotonic() < until
        time.sleep(0.05)


def acknowledged(log, content, author="ana"):
    upload = Upload("hazards", b"", "a.geojson", author, set={"classification": "SHA", "opened_on": "2020-01-01"})
    return background.acknowledge(log, upload, io.BytesIO(content), submit=True)


def test_cancelled_while_it_was_worked_on_nothing_is_kept(data):
    with open_store(data, create=True) as log:
        made = acknowledged(log, rows(3))
        log.stop(made.id, State.cancelled, reason="x", actor="ana")
        work(data, made.id)
        assert log.head() is None
        assert log.changeset(made.id).state is State.cancelled


def test_two_that_work_on_one_upload_keep_it_once(data):
    """Whatever the locks are worth: the end of the job and its changeset are one transaction."""
    with open_store(data, create=True) as log:
        made = acknowledged(log, rows(200))
        content = incoming.path_of(folder_of(data), waiting(data)[0]).read_bytes()
        threads = [threading.Thread(target=work, args=(data, made.id)) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert content == rows(200)
        assert [one.id for one in log.changesets()] == [made.id]
        assert (log.head().number, len(log.versions("hazards"))) == (1, 200)
        assert log.check() == []
        with pytest.raises(WrongState):
            log.stop(made.id, State.failed, reason="late")


def test_a_file_that_nobody_wants_is_swept_and_one_being_written_is_not(data):
    with open_store(data, create=True) as log:
        made = acknowledged(log, rows(3))
        kept = waiting(data)
        (folder_of(data) / incoming.FOLDER / "left").write_bytes(b"by a process that died")
        (folder_of(data) / incoming.FOLDER / "left.progress").write_bytes(b"{}")
        with incoming.kept(folder_of(data), io.BytesIO(b"on its way")) as being_written:
            incoming.sweep(folder_of(data), lambda: {str(one.request["file"]) for one in log.processing()})
            assert set(waiting(data)) == {*kept, being_written.name}
        assert made.id == 1


def test_an_upload_whose_file_is_gone_fails_and_says_so(data, client):
    (log,) = [client.app.state.service.log]
    with open_store(data) as other:
        made = acknowledged(other, rows(3000))
        later = acknowledged(other, rows(2, "N"))
        name = str(other.processing()[1].request["file"])
        incoming.path_of(folder_of(data), name).unlink()
    assert ended(client, f"/changesets/{made.id}")["state"] == "approved"
    gone = ended(client, f"/changesets/{later.id}")
    assert (gone["state"], "Send it again" in gone["reason"]) == ("failed", True)
    assert log.check() == []


@contextmanager
def served(data, port):
    """The service as a process of its own, with its children in one group; killed at the end."""
    command = "from geo_service.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--port", str(port)], env={**os.environ, **environment_of(data)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until = time.monotonic() + PATIENCE_S
            while True:
                try:
                    client.get("/healthz").raise_for_status()
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until
                    time.sleep(0.05)
            yield client, process
    finally:
        killed(process)


def killed(process):
    """End a service and all its children at once, as a machine that loses its power does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children(process):
    found = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(one) for path in found for one in path.read_text().split()]


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "after_s"),
    [*(("sqlite", s) for s in (0.0, 0.8)), pytest.param("postgis", 1.5, marks=pytest.mark.postgis)],
    indirect=["kind"],
)
def test_killed_in_the_middle_it_is_taken_up_again_and_done_once(data, port, after_s):
    count = 3000
    with served(data, port) as (client, process):
        place = post(client, rows(count)).headers["location"]
        time.sleep(after_s)
        killed(process)
    with served(data, port) as (client, _):
        assert ended(client, place)["state"] == "approved"
        assert client.get("/collections/hazards/items?limit=1").json()["numberMatched"] == count
    with open_store(data) as log:
        assert [(one.number, one.changeset) for one in log.revisions()] == [(1, 1)]
        assert len(log.versions("hazards")) == count
        assert [one.step for one in log.steps(1)] == ["acknowledged", "received", "approved"]
        assert log.check() == []
    assert waiting(data) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_service_that_dies_alone_leaves_its_upload_to_the_child_that_works_on_it(data, port):
    with served(data, port) as (client, process):
        place = post(client, rows(3000)).headers["location"]
        while not children(process):
            time.sleep(0.02)
        process.kill()
        process.wait()
        # The child goes on and holds the turn; another service waits for it and does nothing twice.
        with served(data, port) as (again, _):
            assert ended(again, place)["state"] == "approved"
    with open_store(data) as log:
        assert (log.head().number, len(log.versions("hazards"))) == (1, 3000)
        assert log.check() == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_child_that_is_killed_fails_its_upload_and_nothing_else(data, port):
    with served(data, port) as (client, process):
        place = post(client, rows(3000)).headers["location"]
        while not children(process):
            time.sleep(0.02)
        for child in children(process):
            os.kill(child, signal.SIGKILL)
        body = ended(client, place)
        assert (body["state"], "smaller parts" in body["reason"]) == ("failed", True)
        assert ended(client, post(client, rows(2, "N")).headers["location"])["state"] == "approved"
        assert client.get("/collections/hazards/items?limit=1").json()["numberMatched"] == 2
    assert waiting(data) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_readers_answer_while_a_load_goes_on_and_see_all_of_it_or_nothing(data, port):
    with served(data, port) as (client, _):
        assert post(client, rows(5, "A"), headers={}).status_code == 201
        place = post(client, rows(6000)).headers["location"]
        seen, phases = [], set()
        while (body := client.get(place).json())["state"] == "processing":
            phases.add(body["progress"]["phase"])
            page = client.get("/collections/hazards/items?limit=1")
            assert page.status_code == 200
            assert client.get("/coverage").status_code == 200
            seen.append(page.json()["numberMatched"])
        assert body["state"] == "approved"
        assert len(seen) > 1
        assert set(seen) <= {5, 6005}
        assert seen[0] == 5
        assert "checking" in phases
        assert client.get("/collections/hazards/items?limit=1").json()["numberMatched"] == 6005


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_broken_connection_leaves_nothing(data, port):
    with served(data, port) as (client, _):
        content = rows(2000)
        boundary = "x" * 20
        part = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="layer"\r\n\r\nhazards\r\n--{boundary}\r\n'
            f'Content-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\n'
        ).encode()
        head = (
            f"POST /changesets HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nPrefer: respond-async\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(part) + len(content) + 30}\r\n\r\n"
        ).encode()
        for share in (0.0, 0.5, 1.0):
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(head + part + content[: int(len(content) * share)])
        assert client.get("/healthz").status_code == 200
        assert client.get("/changesets").json()["changesets"] == []
    assert waiting(data) == []
