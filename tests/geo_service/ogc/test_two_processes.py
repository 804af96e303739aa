"""Two worker processes and a writer: once an edit is acknowledged, no process answers from before it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from geo_service.app import create_app
from geo_service.store import open_store
from tests.geo_service.ogc.cases import PATCH, RECORDS, send

ROOT = Path(__file__).parents[3]
READS, READERS, EDITS = 10_000, 4, 10
HOME = "/collections/hazards/items"


@pytest.fixture
def port(tmp_path):
    """The port of a register with hazards that two processes serve."""
    with open_store(tmp_path / "data", create=True) as log:
        send(SimpleNamespace(app=create_app(log, local=True)), "hazards", RECORDS["hazards"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    command = (sys.executable, "-c", "from geo_service.cli import main; main()", "serve", "--data", tmp_path / "data")
    process = subprocess.Popen(
        [*command, "--port", str(number), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while True:
        assert process.poll() is None
        try:
            with socket.create_connection(("127.0.0.1", number), timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    yield number
    process.terminate()
    process.wait()


def ask(connection, method, address, body=None, headers=None):
    connection.request(method, address, body, headers or {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


@pytest.mark.slow
def test_no_process_answers_from_before_an_acknowledged_edit(port):
    acknowledged, done, stale, seen = [0], threading.Event(), [], [0] * READERS

    def read(k):
        while not done.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for _ in range(20):
                least = acknowledged[0]
                status, page = ask(connection, "GET", f"{HOME}?limit=1&properties=note&skipGeometry=true")
                note = page["features"][0]["properties"]["note"] or "0"
                if status != 200 or int(note.rpartition(" ")[2]) < least:
                    stale.append((status, note, least))
                seen[k] += 1
            connection.close()

    readers = [threading.Thread(target=read, args=(k,)) for k in range(READERS)]
    for one in readers:
        one.start()
    writer, number = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
    while sum(seen) < READS and not stale:
        number += 1
        document = json.dumps({"properties": {"note": f"edit {number}"}})
        status, _ = ask(writer, "PATCH", f"{HOME}/H-000", document, PATCH)
        assert status == 200
        acknowledged[0] = number
        time.sleep(0.25)
    done.set()
    writer.close()
    for one in readers:
        one.join()
    assert stale == []
    assert number > EDITS
    assert sum(seen) >= READS
