"""Backups go back only where nothing is lost by it, and one of the two stores is always there."""

import sqlite3
from contextlib import closing

import pytest

from geo_service.store import open_store, restore
from geo_service.store.errors import NotFound, StoreBusy, StoreDamaged, StoreTooNew, WrongState
from geo_service.store.migrations import STEPS


@pytest.fixture
def saved(tmp_path, drafts):
    """A store with two revisions, a setting and a draft, closed, and its backup."""
    with open_store(tmp_path / "store", create=True) as log:
        for place in range(2):
            log.append_approved(drafts.draft(drafts.hazards(3, seed=place)))
        log.append(drafts.draft(drafts.hazards(1)), submit=False)
        log.set_setting("authority", "Centre")
        log.backup(tmp_path / "copy")
    return tmp_path / "copy"


def heads(folder):
    with open_store(folder) as log:
        assert log.check() == []
        return log.head(), len(log.changesets()), dict(log.settings())


def test_a_backup_is_one_whole_file_with_everything(tmp_path, saved):
    assert restore(saved, tmp_path / "new") is None
    assert heads(tmp_path / "new") == heads(tmp_path / "store")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "new", "store"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["clearway.gpkg"]


def test_a_backup_replaces_the_one_before(tmp_path, saved, drafts):
    with open_store(tmp_path / "store") as log:
        log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))
        log.backup(saved)
    restore(saved, tmp_path / "new")
    assert heads(tmp_path / "new")[0].number == 3


def test_an_older_store_is_replaced_by_what_continues_it(tmp_path, saved, drafts):
    restore(saved, tmp_path / "standby")
    with open_store(tmp_path / "store") as log:
        log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))
        log.backup(saved)
    assert restore(saved, tmp_path / "standby") is None
    assert heads(tmp_path / "standby") == heads(tmp_path / "store")
    assert [path.name for path in (tmp_path / "standby").iterdir()] == ["clearway.gpkg"]


def _revision(log, drafts):
    log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))


def _draft(log, drafts):
    log.append(drafts.draft(drafts.hazards(1, seed=9)))


def _setting(log, drafts):
    log.set_setting("authority", "Other")


@pytest.mark.parametrize("change", [_revision, _draft, _setting])
def test_a_newer_store_is_not_replaced_without_force_and_kept_with_it(tmp_path, saved, drafts, change):
    with open_store(tmp_path / "store") as log:
        change(log, drafts)
    newer = heads(tmp_path / "store")
    with pytest.raises(WrongState, match="--force"):
        restore(saved, tmp_path / "store")
    assert heads(tmp_path / "store") == newer
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["clearway.gpkg"]

    kept = restore(saved, tmp_path / "store", force=True)
    assert heads(tmp_path / "store")[0].number == 2
    (tmp_path / "old").mkdir()
    kept.rename(tmp_path / "old" / "clearway.gpkg")
    assert heads(tmp_path / "old") == newer


def test_another_store_is_not_replaced_without_force(tmp_path, saved):
    open_store(tmp_path / "other", create=True).close()
    with pytest.raises(WrongState, match="--force"):
        restore(saved, tmp_path / "other")


def test_a_damaged_store_is_replaced_with_force_and_kept(tmp_path, saved):
    file = tmp_path / "store" / "clearway.gpkg"
    file.write_bytes(b"damaged" * 1000)
    with pytest.raises(WrongState, match="--force"):
        restore(saved, tmp_path / "store")
    for number in (1, 2):
        kept = restore(saved, tmp_path / "store", force=True)
        assert kept.name == f"clearway.gpkg.replaced-{number}"
        assert heads(tmp_path / "store")[0].number == 2
        assert kept.read_bytes() == b"damaged" * 1000
        file.write_bytes(b"damaged" * 1000)


def test_a_store_in_use_is_not_replaced(tmp_path, saved):
    with open_store(tmp_path / "store") as log:
        log.head()
        for force in (False, True):
            with pytest.raises(StoreBusy, match="Stop the server"):
                restore(saved, tmp_path / "store", force=force)
        assert log.check() == []
    restore(saved, tmp_path / "store")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no store" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes().replace(b"H0-1", b"H0-9")),
    ],
)
def test_a_backup_that_does_not_verify_replaces_nothing(tmp_path, saved, spoil):
    spoil(saved)
    before = heads(tmp_path / "store")
    for force in (False, True):
        with pytest.raises(StoreDamaged):
            restore(saved, tmp_path / "store", force=force)
    assert heads(tmp_path / "store") == before
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["clearway.gpkg"]


def test_a_backup_of_a_later_version_is_refused(tmp_path):
    with open_store(tmp_path / "new", create=True, steps=(*STEPS, lambda connection, at: None)) as log:
        log.backup(tmp_path / "copy")
    with pytest.raises(StoreTooNew):
        restore(tmp_path / "copy", tmp_path / "store")


def test_there_has_to_be_a_backup(tmp_path):
    with pytest.raises(NotFound):
        restore(tmp_path / "none", tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_not_backed_up_over_itself(tmp_path, log):
    with pytest.raises(WrongState, match="store itself"):
        log.backup(tmp_path / "store" / "clearway.gpkg")
    assert log.check() == []


def test_a_damaged_store_makes_no_backup(tmp_path, saved):
    file = tmp_path / "store" / "clearway.gpkg"
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'hazards'").fetchone()[0]
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 : (page - 1) * 4096 + 100] = b"\xff" * 100
    file.write_bytes(content)
    before = saved.read_bytes()
    with open_store(tmp_path / "store") as log:
        assert log.check()
        with pytest.raises(StoreDamaged):
            log.backup(saved)
    assert saved.read_bytes() == before
