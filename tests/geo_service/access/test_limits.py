"""How much one sender may ask for."""

import asyncio

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.access import limits
from geo_service.access.limits import Buckets, address_of


@given(st.integers(1, 100), st.lists(st.floats(0, 30), max_size=300))
def test_no_more_go_through_than_the_rate_allows(per_minute, pauses):
    now = 0.0
    buckets = Buckets(lambda: now)
    passed = 0
    for pause in pauses:
        now += pause
        passed += buckets.take("a", per_minute) == 0
        assert passed <= per_minute * (1 + now / 60) + 1e-6


@given(st.integers(1, 1000), st.integers(1, 3000))
def test_whoever_waits_as_told_goes_through(per_minute, times):
    now = 0.0
    buckets = Buckets(lambda: now)
    for _ in range(times):
        wait = buckets.take("a", per_minute)
        if wait:
            now += wait
            assert buckets.take("a", per_minute) == 0


def test_senders_do_not_share_a_bucket_and_few_are_remembered(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 3)
    buckets = Buckets(lambda: 0.0)
    for name in "abc":
        assert buckets.take(name, 1) == 0
        assert buckets.take(name, 1) == 60
    assert buckets.take("d", 1) == 0
    assert len(buckets._filled) == 3


@pytest.mark.parametrize(
    ("address", "sender"),
    [("10.0.0.1", "10.0.0.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("testclient", "testclient")],
)
def test_a_sender_is_an_address_or_a_network(address, sender):
    assert address_of({"client": (address, 1)}) == sender


def test_too_many_requests_are_429_with_the_time_to_wait(log, visit, give):
    log.set_setting("requests_per_minute", 3)
    log.set_setting("public_requests_per_minute", 2)
    token = give("viewer", owner="Ann")
    for _ in range(3):
        assert visit(token).get("/coverage").status_code == 200
    answer = visit(token).get("/coverage")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    # A second token is the same person; a colleague is not.
    assert visit(give("viewer", "second", owner="ANN")).get("/coverage").status_code == 429
    assert visit(give("viewer", "other", owner="Ben")).get("/coverage").status_code == 200
    assert [visit().get("/coverage").status_code for _ in range(3)] == [401, 401, 429]


def test_guesses_are_counted_by_address(log, visit, give):
    log.set_setting("public_requests_per_minute", 5)
    give("viewer")
    found = [visit(f"cw_00000000000{k}_" + "A" * 43).get("/coverage").status_code for k in range(8)]
    assert found == [401] * 5 + [429] * 3


START = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.geojson"\r\n\r\n'
"""How an upload begins."""


def ask(app, token, *chunks, **headers):
    """Send a body in pieces; answers the status, the problem, and how many pieces were read."""
    read, sent = [], []

    async def receive():
        if len(read) == len(chunks):
            return {"type": "http.disconnect"}
        read.append(1)
        return {"type": "http.request", "body": chunks[len(read) - 1], "more_body": len(read) < len(chunks)}

    async def send(message):
        sent.append(message)

    given = {"authorization": f"Bearer {token}", "content-type": "multipart/form-data; boundary=x", **headers}
    scope = {
        "type": "http", "method": "POST", "path": "/changesets", "query_string": b"", "client": ("10.0.0.1", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], orjson.loads(sent[1]["body"]), len(read)


def test_a_body_that_says_it_is_too_large_is_refused_unread(app, log, give):
    log.set_setting("max_upload_mb", 1)
    status, problem, read = ask(app, give("editor"), b"x", content_length="1000001")
    assert (status, read) == (413, 0)
    assert "1,000,000 bytes" in problem["detail"]


def test_a_body_without_length_is_counted_while_it_streams(app, log, give):
    log.set_setting("max_upload_mb", 1)
    status, problem, read = ask(app, give("editor"), START, *[b"x" * 100_000] * 50, transfer_encoding="chunked")
    assert (status, read) == (413, 11)
    assert problem["title"]


def test_a_body_that_is_larger_than_it_says_is_refused(app, log, give):
    log.set_setting("max_upload_mb", 1)
    status, _, read = ask(app, give("editor"), START, *[b"x" * 600_000] * 9, content_length="10")
    assert (status, read) == (413, 3)


def test_other_bodies_are_smaller(app, log, give, visit):
    log.set_setting("max_body_mb", 1)
    answer = visit(give("reviewer")).post("/changesets/1/approve", content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_a_file_under_the_limit_is_taken(log, give, visit, upload):
    log.set_setting("max_upload_mb", 1)
    log.set_setting("max_body_mb", 1)
    assert upload(
        visit(give("editor")), b" " * 900_000 + b'{"type":"FeatureCollection","features":[]}'
    ).status_code in {201, 422}
