"""What is opened, what is refused, and how an older store becomes a present one."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import pytest
import shapely

from geo_service.store import open_store
from geo_service.store.errors import NotFound, StoreDamaged, StoreError, StoreTooNew
from geo_service.store.migrations import STEPS
from geo_service.store.opening import open_folder


def test_there_has_to_be_a_store_unless_one_is_made(tmp_path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(NotFound, match="no store"):
            open_store(folder)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "clearway.gpkg").touch()
    with pytest.raises(NotFound, match="no store"):
        open_store(tmp_path)
    with open_store(tmp_path, create=True) as log:
        assert log.check() == []
        assert log.settings()["synthetic"] is False


def test_opening_again_keeps_what_is_there(place, drafts):
    with open_store(place("store"), create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(2)))
        store = log.settings()["store"]
    with open_store(place("store"), create=True) as log:
        assert log.head().number == 1
        assert log.settings()["store"] == store


@pytest.mark.parametrize(
    "content", [b"not a database, whatever its name says" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path, content):
    (tmp_path / "clearway.gpkg").write_bytes(content)
    for create in (False, True):
        with pytest.raises(StoreDamaged):
            open_store(tmp_path, create=create)
    assert (tmp_path / "clearway.gpkg").read_bytes() == content


def test_another_geopackage_is_refused_untouched(tmp_path):
    file = tmp_path / "clearway.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=4326).to_file(file, layer="x")
    content = file.read_bytes()
    for create in (False, True):
        with pytest.raises(StoreDamaged, match="not a store"):
            open_store(tmp_path, create=create)
    assert file.read_bytes() == content


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_torn_file_is_found(tmp_path, drafts, share):
    with open_store(tmp_path, create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(500)))
    file = tmp_path / "clearway.gpkg"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    try:
        with open_store(tmp_path) as log:
            assert log.check()
    except StoreError as error:
        assert "sql" not in str(error).lower()


def test_a_store_of_version_1_is_brought_up_to_date_once(tmp_path, drafts):
    taken = []

    def add_notes(connection, at):
        taken.append(at)
        connection.execute("ALTER TABLE hazards ADD COLUMN access TEXT")

    with open_store(tmp_path, create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(2)))
    for _ in range(2):
        with open_folder(tmp_path, steps=(*STEPS, add_notes)) as log:
            assert log.head().number == 1
            # What was recorded before still verifies; only the layout differs from the one known here.
            assert {one.code for one in log.check()} == {"layout"}
            assert len(log.versions("hazards")) == 2
    assert len(taken) == 1


def test_a_step_that_fails_leaves_the_store_as_it_was(tmp_path):
    def fail(connection, at):
        connection.execute("CREATE TABLE half (a)")
        connection.execute("CREATE TABLE half (a)")

    open_store(tmp_path, create=True).close()
    with pytest.raises(StoreError):
        open_folder(tmp_path, steps=(*STEPS, fail))
    with open_store(tmp_path) as log:
        assert log.check() == []


def test_a_store_of_a_later_version_is_refused(tmp_path):
    open_folder(tmp_path, create=True, steps=(*STEPS, lambda connection, at: None)).close()
    with pytest.raises(StoreTooNew, match="later version"):
        open_store(tmp_path)


def test_messages_name_no_sql_and_no_path(tmp_path):
    (tmp_path / "clearway.gpkg").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError) as raised:
        open_store(tmp_path)
    assert str(tmp_path) not in str(raised.value)
    assert "database" not in str(raised.value)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_file_is_durable_by_its_settings(tmp_path, log):
    with log._pool.reading() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    with closing(sqlite3.connect(tmp_path / "store" / "clearway.gpkg")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
