"""Surroundings that are filed: once, in versions, known from when they were filed, kept whole, and gone with no file."""

import datetime as dt

import pytest

from geo_service.balance import view
from geo_service.roads import receive_roads
from geo_service.settings import settings_of
from geo_service.store import open_store, restore
from geo_service.store.snapshot import Snapshots
from geo_service.surroundings.known import Known
from geo_service.surroundings.receiving import receive_extract
from geo_service.surroundings.register import FILED, versions
from layers.roads.extracts import DateNeeded
from layers.roads.osm import ATTRIBUTION, NoExtract
from layers.surroundings import Kind
from tests.geo_service.surroundings.extracts import BOX, SCHOOL, WELL, written


class Clock:
    """A clock that stands until it is set."""

    def __init__(self):
        self.at = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)

    def __call__(self):
        return self.at

    def on(self, year, month=1):
        self.at = dt.datetime(year, month, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log(place, clock):
    with open_store(place("data"), create=True, clock=clock) as log:
        yield log


@pytest.fixture
def load(log, clock, tmp_path):
    def loaded(things, name="area.osm.pbf", valid_from=None, **more):
        path = written(tmp_path / name, things, **more)
        return receive_extract(log, Snapshots(log), path, clock, author="ana", valid_from=valid_from)[1]

    return loaded


def at(log, clock, as_of=None, known_at=None):
    """The ids of what is around at a view, by kind; None where nothing is known."""
    seen = view(Snapshots(log), settings_of(log.settings()), clock, as_of, known_at)
    known = Known(log)
    found = known.at(seen if known_at else known.now(seen))
    return found and {kind.value: set(found.of(kind)["id"]) for kind in Kind}


def test_an_extract_is_filed_once_and_known_from_then(log, clock, load):
    first = {10: (46.6, 39.61, SCHOOL), 11: (46.6, 39.62, WELL)}
    got = load(first)
    assert (got.new, got.counts) == (True, {"school": 1, "water_point": 1, "water": 1})
    again = load(first)
    assert (again.new, again.filed) == (False, got.filed)
    (kept,) = versions(log)
    assert (kept.valid_from, kept.author, kept.source, kept.box) == (dt.date(1, 1, 1), "ana", ATTRIBUTION, BOX)
    one = {"school": {"osm-node-10"}, "water_point": {"osm-node-11"}, "water": {"osm-way-2"}}
    assert at(log, clock) == at(log, clock, "1990-01-01") == one
    clock.on(2025)
    later = {10: (46.6, 39.61, SCHOOL), 12: (46.61, 39.61, SCHOOL)}
    assert load(later, date="2024-12-01T00:00:00Z").filed.version == 2
    two = {"school": {"osm-node-10", "osm-node-12"}, "water_point": set(), "water": {"osm-way-2"}}
    assert at(log, clock) == two
    # On a date before it, and as known before it came, the first one holds.
    assert at(log, clock, "2024-11-30") == one
    assert at(log, clock, known_at="2024-06-01T00:00:00Z") == one
    # The older one again: from its own date it is what holds already.
    assert not load(first).new
    assert len(log.filing.all(FILED)) == 2
    assert log.check() == []


def test_known_at_before_it_was_filed_there_is_none(log, clock, load, tmp_path):
    """A store with roads, whose surroundings come a year later with the same file."""
    things = {10: (46.6, 39.61, SCHOOL)}
    path = written(tmp_path / "area.osm.pbf", things)
    receive_roads(log, Snapshots(log), path, clock, author="ana")
    assert at(log, clock) is None
    before = log.head().recorded_at.isoformat()
    clock.on(2025)
    assert load(things).new
    assert at(log, clock, known_at=before) is at(log, clock, known_at="2024-12-31T00:00:00Z") is None
    now = at(log, clock)
    assert now["school"] == {"osm-node-10"}
    # What a view says it knows can be asked for again.
    pinned = Known(log).now(view(Snapshots(log), settings_of(log.settings()), clock)).known_at
    assert at(log, clock, known_at=pinned) == now


def test_areas_lie_beside_each_other_and_a_thing_of_both_stands_once(log, clock, load):
    load({10: (46.6, 39.61, SCHOOL), 11: (46.6, 39.62, SCHOOL)})
    clock.on(2025)
    load({10: (46.6, 39.615, SCHOOL)}, name="b.osm.pbf", box=(46.0, 39.0, 47.0, 40.0), date="2024-12-01T00:00:00Z")
    seen = Known(log).now(view(Snapshots(log), settings_of(log.settings()), clock))
    around = Known(log).at(seen)
    schools = around.of(Kind.school).set_index("id").geometry
    assert set(schools.index) == {"osm-node-10", "osm-node-11"}
    assert len(around.things) == 3
    assert around.ground.equals(around.ground.envelope)
    assert around.ground.bounds == (46.0, 39.0, 47.0, 40.0)
    assert around.attribution == (ATTRIBUTION,)


def test_only_what_lies_in_the_area_of_operations_is_filed(log, clock, load):
    log.set_setting("area_of_operations", [46.59, 39.59, 46.605, 39.7])
    got = load({10: (46.6, 39.61, SCHOOL), 11: (46.69, 39.61, SCHOOL)})
    assert (got.counts, got.outside) == ({"school": 1, "water_point": 0, "water": 0}, 2)
    assert got.filed.box == (46.59, 39.59, 46.605, 39.7)


def test_what_is_refused_leaves_nothing(log, clock, load, tmp_path):
    with pytest.raises(NoExtract, match="no roads"):
        load({10: (46.6, 39.61, SCHOOL)}, roads=False)
    whole = written(tmp_path / "cut.osm.pbf", dict.fromkeys(range(10, 9000), (46.6, 39.6, SCHOOL))).read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NoExtract):
        receive_extract(log, Snapshots(log), tmp_path / "cut.osm.pbf", clock, author="ana")
    log.set_setting("area_of_operations", [10.0, 10.0, 11.0, 11.0])
    with pytest.raises(NoExtract, match="outside the area"):
        load({10: (46.6, 39.61, SCHOOL)})
    assert (log.head(), log.filing.all(FILED)) == (None, [])
    log.set_setting("area_of_operations", None)
    load({10: (46.6, 39.61, SCHOOL)})
    with pytest.raises(DateNeeded):
        load({}, date=None)
    assert (log.head().number, len(versions(log))) == (1, 1)


def test_a_backup_holds_them(log, clock, load, place, tmp_path):
    load({10: (46.6, 39.61, SCHOOL)})
    log.backup(tmp_path / "all.zip")
    restore(tmp_path / "all.zip", place("other"))
    with open_store(place("other"), clock=clock) as other:
        assert versions(other) == versions(log)
        assert at(other, clock) == at(log, clock)
        assert other.check() == []
