"""The background of the map: set only on purpose, from one place, and read part by part from beside the store."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from geo_service.access import tokens
from geo_service.basemaps import NoBasemap, archive, basemap_of
from geo_service.cli import app
from geo_service.clock import utc_now
from geo_service.settings import settings_of
from tests.clients.archives import archive as written
from tests.clients.archives import plain
from tests.geo_service.travel.conftest import served

HTML = {"Accept": "text/html"}
XYZ = "https://tiles.example.org/{z}/{x}/{y}.png"
PMTILES = {"pmtiles": "maps/region.pmtiles", "attribution": "Own survey"}


@pytest.fixture
def client(log):
    with served(log) as one:
        yield one


@pytest.fixture
def kept(log):
    """An archive beside the store, set as the background."""
    path = log.folder / "maps" / "region.pmtiles"
    path.parent.mkdir()
    path.write_bytes(written({(0, 0, 0): plain("red")}))
    log.set_setting("basemap", PMTILES)
    return path


def test_a_basemap_opens_the_policy_for_its_own_host_alone(log, client, kept):
    log.set_setting("basemap", None)
    plainly = client.get("/", headers=HTML).headers["Content-Security-Policy"]
    assert "https:" not in plainly
    log.set_setting("basemap", PMTILES)
    assert len(client.get("/", headers=HTML).headers["Content-Security-Policy"]) == len(plainly)
    for value in (XYZ, {"xyz": XYZ, "attribution": "Example"}):
        log.set_setting("basemap", value)
        answer = client.get("/", headers=HTML)
        policy = answer.headers["Content-Security-Policy"]
        assert "img-src 'self' data: https://tiles.example.org;" in policy
        assert policy.count("example.org") == 1
        assert "unsafe-eval" not in policy
        # The pages of ways draw it too; those without a map of tiles do not.
        assert (
            "img-src 'self' data: https://tiles.example.org;"
            in (client.get("/maps/routes").headers["Content-Security-Policy"])
        )
        for page in ("/maps/upload", "/maps/review"):
            assert "example.org" not in client.get(page).headers["Content-Security-Policy"]


@pytest.mark.parametrize("wrong", [
    "tiles.example.org/{z}/{x}/{y}", "https://example.org/tiles", "javascript:{z}{x}{y}",
    "https://a.org; script-src *;/{z}/{x}/{y}", 'https://a.org/"{z}{x}{y}', 7, ["a"], True, {"xyz": 3}, {},
    {"attribution": "nobody"}, {"xyz": XYZ, "pmtiles": "a.pmtiles"}, {"xyz": XYZ, "more": "x"}, {"pmtiles": "a.png"},
    {"pmtiles": "store.gpkg"}, {"pmtiles": "/etc/a.pmtiles"}, {"pmtiles": "../a.pmtiles"}, {"pmtiles": "a/../../b.pmtiles"},
    {"pmtiles": "..\\a.pmtiles"}, {"pmtiles": "C:\\a.pmtiles"}, {"pmtiles": "\\\\host\\a.pmtiles"}, {"pmtiles": "a\n.pmtiles"},
])  # fmt: skip
def test_a_basemap_is_an_address_of_tiles_or_a_file_beside_the_store(wrong):
    if wrong == {}:
        assert settings_of({"basemap": wrong}).basemap is None
        return
    with pytest.raises(ValueError, match="basemap"):
        settings_of({"basemap": wrong})


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab./\\:~%\x00 "), max_size=12).map(lambda text: f"{text}.pmtiles"))
def test_no_name_leads_out_of_the_folder(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp() / "store"
    try:
        found = basemap_of({"pmtiles": name})
    except ValueError:
        return
    assert (folder / found.pmtiles).resolve().is_relative_to(folder.resolve())


def test_an_attribution_may_stand_beside_an_address():
    assert settings_of({"basemap": XYZ, "basemap_attribution": "Example"}).basemap.attribution == "Example"
    assert settings_of({"basemap": {"xyz": XYZ}, "basemap_attribution": "Example"}).basemap.attribution == "Example"


def test_an_archive_is_read_part_by_part_and_kept_until_it_changes(client, kept):
    whole = kept.read_bytes()
    place = "/maps/basemap.pmtiles"
    answer = client.get(place, headers={"Range": "bytes=0-126"})
    assert (answer.status_code, answer.content) == (206, whole[:127])
    assert answer.headers["Content-Range"] == f"bytes 0-126/{len(whole)}"
    assert client.get(place, headers={"Range": f"bytes=100-{10**9}"}).content == whole[100:]
    assert client.get(place, headers={"Range": "bytes=-5"}).content == whole[-5:]
    assert client.get(place).content == whole
    tag = answer.headers["ETag"]
    assert client.get(place, headers={"If-None-Match": tag}).status_code == 304
    for wrong in (
        f"bytes={len(whole)}-",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "bytes=-0",
        "bytes=-",
        "lines=0-1",
        "bytes=a-b",
    ):
        refused = client.get(place, headers={"Range": wrong})
        assert (refused.status_code, refused.headers["content-type"]) == (416, "application/problem+json"), wrong
        assert refused.headers["Content-Range"] == f"bytes */{len(whole)}"
    kept.write_bytes(written({(0, 0, 0): plain("blue")}) + b"!")
    assert client.get(place, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_no_archive_or_not_there_is_said_and_never_served(log, client, kept):
    place = "/maps/basemap.pmtiles"
    kept.write_bytes(b"SQLite format 3\x00")
    assert "no PMTiles archive" in client.get(place).json()["detail"]
    kept.unlink()
    answer = client.get(place)
    assert (answer.status_code, str(log.folder) in answer.text) == (404, False)
    assert "copy it there" in answer.json()["detail"]
    log.set_setting("basemap", XYZ)
    assert client.get(place).status_code == 404


def test_the_command_sets_a_background_that_is_there(log, kept):
    def set_to(value):
        found = CliRunner().invoke(app, ["settings", f"basemap={value}", "--data", str(log.folder)])
        return found.exit_code, found.output + str(found.exception or "")

    assert set_to('{"pmtiles": "maps/region.pmtiles"}')[0] == 0
    code, said = set_to('{"pmtiles": "maps/other.pmtiles"}')
    assert code != 0
    assert "is not in the folder of the store" in said
    assert log.settings()["basemap"] == {"pmtiles": "maps/region.pmtiles"}
    code, said = set_to('{"pmtiles": "/etc/passwd"}')
    assert code != 0
    assert "copy it there and give its name" in said
    assert set_to("")[0] == 0
    assert settings_of(log.settings()).basemap is None


def test_the_public_is_offered_no_rasters(log, client, kept):
    log.set_setting("public_access", value=True)
    tokens.create(log.tokens, utc_now, "somebody", "viewer")
    page = client.get("/", headers=HTML).text
    assert re.search(r'"under": ?\["background"\]', page)
    assert client.get("/maps/basemap.pmtiles", headers={"Range": "bytes=0-6"}).status_code == 206


def test_an_archive_is_looked_for_below_the_folder(tmp_path):
    with pytest.raises(NoBasemap, match="copy it there"):
        archive(tmp_path, basemap_of({"pmtiles": "a.pmtiles"}))
