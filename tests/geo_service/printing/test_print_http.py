"""The printed map over HTTP and on the command line: forms, choices, conditions, and what the public gets."""

import json

import pytest
from fastapi.testclient import TestClient

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.store import open_store


@pytest.fixture
def demo_log(own_demo):
    with open_store(own_demo) as log:
        yield log


def visitor(log, *, local=True, **headers):
    return TestClient(
        create_app(log, local=local), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000), headers=headers,
        raise_server_exceptions=False,
    )  # fmt: skip


def district_of(log):
    return log.versions("districts")["id"].iloc[1]


def test_it_is_a_pdf_with_its_date_and_revision_and_a_tag(demo_log, leaves):
    client, district = visitor(demo_log), district_of(demo_log)
    asked = {"district": district, "paper": "A3", "as_of": "2023-05-06", "edition": 12}
    one = client.get("/maps/print.pdf", params=asked)
    assert one.status_code == 200
    assert one.headers["content-type"] == "application/pdf"
    revision = demo_log.head().number
    assert one.headers["content-disposition"] == f'inline; filename="clearway-2023-05-06-r{revision}.pdf"'
    [leaf] = leaves(one.content)
    assert "Ground on 2023-05-06" in leaf.text
    assert f"Edition 12 · revision {revision}" in leaf.text
    assert leaf.picture.shape[1] / leaf.picture.shape[0] == pytest.approx(420 / 297, abs=0.01)
    again = client.get("/maps/print.pdf", params=asked, headers={"If-None-Match": one.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/maps/print.pdf", params={**asked, "paper": "A4"})
    assert other.headers["etag"] != one.headers["etag"]


def test_a_map_as_it_was_known_is_the_same_file_later(demo_log):
    client, district = visitor(demo_log), district_of(demo_log)
    before = client.get("/maps/print.pdf", params={"district": district, "as_of": "2025-01-01"})
    known_at = client.get("/coverage", params={"as_of": "2025-01-01"}).json()["known_at"]
    feature = client.get("/collections/districts/items/" + district).json()
    content = json.dumps({"type": "FeatureCollection", "features": [{**feature, "id": "NEW", "properties": {}}]})
    given = json.dumps({"classification": "CHA", "opened_on": "2020-01-01"})
    sent = client.post("/changesets", files={"file": ("a.geojson", content)}, data={"layer": "hazards", "set": given})
    assert sent.status_code == 201, sent.text
    now = client.get("/maps/print.pdf", params={"district": district, "as_of": "2025-01-01"})
    assert now.content != before.content
    # Another process, that has printed nothing yet.
    other = visitor(demo_log)
    then = other.get("/maps/print.pdf", params={"district": district, "as_of": "2025-01-01", "known_at": known_at})
    assert then.content == before.content
    assert then.headers["etag"] == before.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "place", "choices"),
    [
        ({"paper": "A0"}, "query.paper", ("A4", "A3")),
        ({"by": "colour"}, "query.by", ("district", "grid", "none")),
        ({"edition": "0"}, "query.edition", ("1",)),
        ({"district": "nowhere"}, "query.district", ("SY-",)),
    ],
)
def test_what_is_asked_badly_is_refused_with_the_choices(demo_log, asked, place, choices):
    answer = visitor(demo_log).get("/maps/print.pdf", params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["place"] == place
    assert all(one in json.dumps(error) for one in choices)


def test_a_date_to_come_and_an_empty_register_are_refused(demo_log, tmp_path):
    assert visitor(demo_log).get("/maps/print.pdf?as_of=2999-01-01").status_code == 422
    with open_store(tmp_path / "empty", create=True) as log:
        answer = visitor(log).get("/maps/print.pdf")
    assert answer.status_code == 422
    assert "nothing to print" in answer.json()["detail"]


def test_the_public_gets_what_is_published_and_no_more(demo_log, leaves):
    demo_log.set_setting("public_access", value=True)
    token = tokens.create(demo_log.tokens, utc_now, "reader", "viewer")[1]
    public = visitor(demo_log, local=False).get("/maps/print.pdf?by=none&paper=A3")
    reader = visitor(demo_log, local=False, Authorization=f"Bearer {token}").get("/maps/print.pdf?by=none&paper=A3")
    assert (public.status_code, reader.status_code) == (200, 200)
    assert public.headers["etag"] != reader.headers["etag"]
    shown, full = (leaves(one.content, [0])[0] for one in (public, reader))
    names = demo_log.versions("settlements")["name"].tolist()
    assert "This is the published view" in shown.text
    assert "This is the published view" not in full.text
    assert not [one for one in names if one in shown.text]
    assert [one for one in names if one in full.text]
    demo_log.set_setting("public_access", value=False)
    assert visitor(demo_log, local=False).get("/maps/print.pdf").status_code == 401


def test_the_command_writes_a_pdf_and_a_picture(demo_folder, clearway_here, leaves, tmp_path):
    where = ("--data", demo_folder)
    done = clearway_here("map", tmp_path / "a.png", *where, "--paper", "A3", "--dpi", 60)
    assert done.returncode == 0, done.stderr
    head = (tmp_path / "a.png").read_bytes()[:24]
    assert (head[:8], int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (b"\x89PNG\r\n\x1a\n", 992, 701)
    done = clearway_here("map", tmp_path / "a.pdf", *where, "--by", "none", "--edition", 3, "--as-of", "2024-02-03")
    assert done.returncode == 0, done.stderr
    assert "hazards, as of 2024-02-03" in done.stdout
    assert "Edition 3" in leaves((tmp_path / "a.pdf").read_bytes(), [0])[0].text


def test_the_command_says_what_it_takes(demo_folder, clearway_here, tmp_path):
    for name, *more in (("a.doc",), ("a.pdf", "--paper", "A5"), ("a.pdf", "--district", "nowhere")):
        done = clearway_here("map", tmp_path / name, "--data", demo_folder, *more)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
        assert not (tmp_path / name).exists()
