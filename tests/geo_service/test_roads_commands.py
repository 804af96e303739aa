"""Roads and terrain on the command line: real files, twice, with what was left out, and what goes wrong."""

import json
import re

import numpy as np
import pytest

from geo_service.demo.calendar import Calendar
from geo_service.demo.districts import land_of
from geo_service.demo.roads import roads_of
from geo_service.demo.settlements import places_of
from geo_service.store import open_store
from geo_service.terrain import height_of, terrain_key
from layers.roads.network import build
from layers.roads.osm import ATTRIBUTION
from layers.roads.pieces import pieces
from layers.versions import in_force


@pytest.fixture
def andorra(shared):
    return shared / "andorra" / "andorra.osm.pbf"


def test_an_extract_is_one_changeset_and_twice_the_same(andorra, clearway, data):
    first = clearway("roads", andorra, "--message", "first extract", check=0)
    assert "1615 ways read = 1613 roads + 2 left out" in first.stdout
    assert "468 residential" in first.stdout
    assert "2 construction" in first.stdout
    assert "approved: revision 1" in first.stdout
    assert ATTRIBUTION in first.stdout
    assert "around: schools: 1, water points: 1, lines and areas of water: 207\n" in first.stdout
    share = float(re.search(r"the largest holds ([\d.]+)% of the length", first.stdout)[1])
    assert 95 < share < 100
    again = clearway("roads", andorra, check=0)
    assert "0 new, 0 changed, 0 back, 0 gone, 1613 unchanged" in again.stdout
    assert again.stdout.count("nothing changed") == 2
    with open_store(data) as log:
        assert log.head().number == 1
        assert len(log.versions("roads")) == 1613
        report = log.report(1)
        assert [(one.level, one.code) for one in report] == [("notice", "no_road")] * 2
        assert {one.id for one in report}.isdisjoint(log.versions("roads")["id"])
        kept = log.changeset(1)
        assert (kept.rows_read, kept.accepted, kept.rejected, kept.message) == (1615, 1613, 2, "first extract")
        assert len(log.filing.all("surroundings")) == 1
        assert log.check() == []


def test_what_is_loaded_is_the_network_that_is_built(andorra, shared, clearway, data):
    clearway("roads", andorra, check=0)
    terrain = [shared / "andorra" / f"{name}.hgt.zip" for name in ("N41E001", "N42E001")]
    first = clearway("terrain", *terrain, check=0)
    assert "349 to 3,100 m" in first.stdout
    assert clearway("terrain", *terrain, check=0).stdout.count("nothing changed") == 2
    with open_store(data) as log:
        assert len(terrain_key(log)) == 16
        network = build(in_force(log.versions("roads"), "2024-01-01"), height=height_of(log))
    known = ~np.isnan(network.height)
    assert known.mean() > 0.98
    assert 600 < network.height[known].min() < 1000
    assert 2000 < network.height[known].max() < 3000
    assert pieces(network).largest_share > 0.95


def test_roads_come_out_with_their_source(andorra, clearway, tmp_path):
    clearway("roads", andorra, check=0)
    clearway("export", tmp_path / "out", check=0)
    body = json.loads((tmp_path / "out" / "roads.geojson").read_text())
    assert len(body["features"]) == 1613
    assert {one["properties"]["source"] for one in body["features"]} == {ATTRIBUTION}


def test_with_review_on_roads_wait_for_a_second_person(andorra, clearway, data):
    with open_store(data, create=True) as log:
        log.set_setting("review", value=True)
    done = clearway("roads", andorra, check=0)
    assert "changeset 1: submitted" in done.stdout
    with open_store(data) as log:
        assert log.head() is None


def test_what_can_not_be_loaded_is_one_line(andorra, shared, clearway, data, tmp_path):
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(andorra.read_bytes()[:90_000])
    for arguments, reason in (
        (("roads", broken), "ends in the middle"),
        (("roads", tmp_path / "none.osm.pbf"), "no such file"),
        (("roads", andorra, "--valid-from", "yesterday"), "--valid-from is a date"),
        (("roads", andorra, "--valid-from", "2999-01-01"), "a day to come"),
        (("terrain", andorra), "no GeoTIFF"),
    ):
        done = clearway(*arguments, check=2)
        assert reason in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
    with open_store(data, create=True) as log:
        log.set_setting("area_of_operations", [46.0, 39.0, 47.0, 40.0])
        assert log.head() is None
    assert "outside the area of operations" in clearway("roads", andorra, check=2).stderr


def test_roads_outside_the_area_are_named(andorra, clearway, data):
    with open_store(data, create=True) as log:
        log.set_setting("area_of_operations", [1.4, 42.4, 1.55, 42.7])
    done = clearway("roads", andorra, check=1)
    assert "outside_area" in done.stdout
    with open_store(data) as log:
        kept, west = log.changeset(1), log.versions("roads").total_bounds[0]
    assert (kept.accepted + kept.rejected, kept.accepted > 300, west < 1.55) == (1615, True, True)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_roads_of_the_demonstration_reach_every_settlement(seed):
    land = land_of(seed, 10_000.0)
    x, y = places_of(seed, land)
    network = build(roads_of(seed, land, (x, y), Calendar()))
    assert pieces(network).count == 1
    settlements = land.area.lonlat(x, y)
    gaps = np.abs(network.nodes[:, None] - settlements[None]).max(axis=2).min(axis=0)
    assert gaps.max() < 1e-9
    assert network.joined.ends == 0
