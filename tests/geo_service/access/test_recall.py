"""Answers that are given again are those that would be made anew: to the byte, for whoever asks, on whatever day."""

import asyncio
import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from geo_service.access.principals import PUBLIC
from geo_service.access.recall import MOST_ASKED, MOST_OF_ONE, OVERHEAD, Answer, Recall, key_of
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.store.remembered import Mark

TILE = "/collections/hazards/tiles/WebMercatorQuad/10/391/642"
READS = [
    "/collections",
    "/collections/hazards",
    "/collections/hazards/items?limit=10",
    "/collections/hazards/items?limit=10&bbox=46,39,46.05,39.05",
    "/collections/hazards/items?f=csv",
    "/collections/hazards/items/A",
    TILE,
    "/collections/hazards/tiles/WebMercatorQuad?f=tilejson",
]


def whole(answer):
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


NEVER = itertools.count()


def anew(client, path, **headers):
    """The answer to a request as nobody has sent it before; the header changes nothing of it."""
    return whole(client.get(path, headers={**headers, "If-Range": f'"{next(NEVER)}"'}))


@pytest.fixture
def filled(log, give, visit, upload, features):
    admin = visit(give("admin"))
    body = features(box(46, 39, 46.1, 39.1), box(46.2, 39.2, 46.3, 39.3), id0="A", id1="B")
    assert upload(admin, body).status_code == 201
    return admin


def test_answers_are_the_same_as_anew_until_something_changes(log, visit, give, filled, upload, features):
    viewer, editor = give("viewer"), give("editor", "another")
    one, other = visit(viewer), visit(editor)

    def agree():
        told = {}
        for path in READS:
            fresh = anew(one, path)
            assert fresh[0] == 200, path
            for _ in range(3):
                assert whole(one.get(path)) == fresh
            tag = dict(fresh[1])["etag"]
            for _ in range(2):
                assert one.get(path, headers={"If-None-Match": tag}).status_code == 304
                assert one.head(path).headers["etag"] == tag
            assert whole(other.get(path)) == anew(other, path)
            assert whole(one.get(path, headers={"Accept-Encoding": "gzip"})) == anew(
                one, path, **{"Accept-Encoding": "gzip"}
            )
            told[path] = fresh
        return told

    before = agree()
    assert upload(filled, features(box(46.04, 39.04, 46.06, 39.06), id0="C")).status_code == 201
    after = agree()
    assert all(before[path][2] != after[path][2] for path in READS if "items" in path and path != READS[5])
    assert before[TILE][2] != after[TILE][2]
    log.set_setting("contact", "call 102")
    agree()


def test_who_asks_is_found_out_each_time(log, visit, give, filled):
    text = give("viewer", "soon gone")
    assert visit(text).get(TILE).status_code == 200
    assert visit().get(TILE).status_code == 401
    log.set_setting("public_access", True)
    published = visit().get("/collections/hazards/items?limit=10").json()
    full = visit(text).get("/collections/hazards/items?limit=10").json()
    assert published["features"] != full["features"]
    log.tokens.revoke("soon gone")
    assert visit(text).get(TILE).status_code == 401
    log.set_setting("public_requests_per_minute", 2)
    asked = [visit().get("/collections/hazards/items?limit=10").status_code for _ in range(2)]
    client = visit()
    asked += [client.get("/collections/hazards/items?limit=10").status_code for _ in range(4)]
    assert asked[-1] == 429


def test_a_day_ends_and_addresses_differ(log, visit, give, filled):
    now = [utc_now()]
    app = create_app(log, clock=lambda: now[0])
    viewer = visit(give("viewer"), on=app)
    path = "/collections/hazards"
    assert viewer.get(path).status_code == 200
    today = viewer.get("/collections/hazards/items?limit=1")
    now[0] += dt.timedelta(days=1)
    tomorrow = viewer.get("/collections/hazards/items?limit=1")
    assert today.headers["etag"] != tomorrow.headers["etag"]
    assert today.content != tomorrow.content
    hosts = [viewer.get(path, headers={"X-Forwarded-Host": host}).text for host in ("a.example", "b.example")]
    assert "a.example" in hosts[0]
    assert "b.example" in hosts[1]
    assert "a.example" not in hosts[1]
    # Pages to read come in somebody's language, and are made anew.
    pages = [viewer.get(f"{path}?f=html", headers={"Accept-Language": one}).text for one in ("en", "az", "ru", "en")]
    assert pages[0] == pages[3]
    assert len(set(pages)) == 3


def test_nothing_is_kept_of_a_store_without_a_revision(log, visit, give):
    now = [utc_now()]
    viewer = visit(give("viewer"), on=create_app(log, clock=lambda: now[0]))
    path = "/collections/hazards/items"
    first = viewer.get(path)
    now[0] += dt.timedelta(seconds=5)
    assert viewer.get(path).json()["numberMatched"] == 0
    assert viewer.get(path).headers["etag"] != first.headers["etag"]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 8), st.integers(0, 3 * OVERHEAD)), max_size=60))
def test_what_is_kept_is_bounded_and_of_the_last_mark(steps):
    recall, most = Recall(most_bytes=5 * OVERHEAD), 0
    held = {}
    for number, key, size in steps:
        answer = Answer(200, [], bytes([number]) * size)
        most = max(most, number)
        recall.keep(Mark(number, "x"), (key,), answer)
        held = {one: answers for one, answers in held.items() if one >= most}
        if number == most:
            held.setdefault(number, {}).setdefault(key, answer)
    kept = [recall.find(Mark(most, "x"), (key,)) for key in range(9)]
    assert sum(len(one.body) + OVERHEAD for one in kept if one) <= 5 * OVERHEAD
    for key, one in enumerate(kept):
        # What was put out may have been put in again: by its mark and key it is the same.
        assert one is None or set(one.body) <= {most}
        assert one is None or key in held.get(most, {})
    assert all(recall.find(Mark(number, "x"), (key,)) is None for number in range(most) for key in range(9))


def test_a_large_answer_passes_whole_and_is_not_kept():
    recall, sent, mark = Recall(), [], Mark(1, "x")

    async def send(message):
        sent.append(message)

    async def answer(size):
        sending = recall.listening(mark, (size,), send)
        await sending({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(2):
            await sending({"type": "http.response.body", "body": bytes(size), "more_body": True})
        await sending({"type": "http.response.body", "body": b""})

    for size in (10, MOST_OF_ONE):
        asyncio.run(answer(size))
    assert recall.find(mark, (10,)).body == bytes(20)
    assert recall.find(mark, (MOST_OF_ONE,)) is None
    assert sum(len(one.get("body", b"")) for one in sent) == 20 + 2 * MOST_OF_ONE


def test_what_asks_at_length_is_answered_and_not_kept(visit, give, filled):
    day = dt.date(2026, 1, 1)
    asked = {"path": "/collections", "query_string": b"", "scheme": "http", "headers": []}
    assert key_of(asked, PUBLIC, day) is not None
    assert key_of(asked | {"query_string": b"x" * MOST_ASKED}, PUBLIC, day) is None
    assert key_of(asked | {"headers": [(b"if-none-match", b"x" * MOST_ASKED)]}, PUBLIC, day) is None
    assert key_of(asked | {"headers": [(b"user-agent", b"x" * MOST_ASKED)]}, PUBLIC, day) is not None
    viewer = visit(give("viewer"))
    tag = f'"{"x" * 5_000}"'
    answers = [viewer.get(TILE, headers={"If-None-Match": one}) for one in (tag, "")]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert viewer.get(f"/collections/{'x' * 1_000}/items").status_code == 404
