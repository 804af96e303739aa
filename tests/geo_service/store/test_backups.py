"""Backups go back only where nothing is lost by it, and one of the two stores is always there."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from geo_service.store import open_store, restore
from geo_service.store.errors import NotFound, StoreBusy, StoreDamaged, StoreTooNew, WrongState
from geo_service.store.migrations import STEPS
from geo_service.store.opening import open_folder


@pytest.fixture
def saved(tmp_path, place, drafts):
    """A store with two revisions, a setting and a draft, closed, and its backup."""
    with open_store(place("store"), create=True) as log:
        for seed in range(2):
            log.append_approved(drafts.draft(drafts.hazards(3, seed=seed)))
        log.append(drafts.draft(drafts.hazards(1)), submit=False)
        log.set_setting("authority", "Centre")
        log.backup(tmp_path / "copy")
    return tmp_path / "copy"


def alone(place):
    """Nothing but the store is in its folder."""
    if isinstance(place, Path):
        assert [path.name for path in place.iterdir()] == ["clearway.gpkg"]


def heads(folder):
    with open_store(folder) as log:
        assert log.check() == []
        return log.head(), len(log.changesets()), dict(log.settings())


def test_a_backup_is_one_whole_file_with_everything(tmp_path, place, saved):
    assert restore(saved, place("new")) is None
    assert heads(place("new")) == heads(place("store"))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    alone(place("new"))


def test_a_backup_replaces_the_one_before(tmp_path, place, saved, drafts):
    with open_store(place("store")) as log:
        log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))
        log.backup(saved)
    restore(saved, place("new"))
    assert heads(place("new"))[0].number == 3


def test_an_older_store_is_replaced_by_what_continues_it(tmp_path, place, saved, drafts):
    restore(saved, place("standby"))
    with open_store(place("store")) as log:
        log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))
        log.backup(saved)
    assert restore(saved, place("standby")) is None
    assert heads(place("standby")) == heads(place("store"))
    alone(place("standby"))


def _revision(log, drafts):
    log.append_approved(drafts.draft(drafts.hazards(1, seed=9)))


def _draft(log, drafts):
    log.append(drafts.draft(drafts.hazards(1, seed=9)))


def _setting(log, drafts):
    log.set_setting("authority", "Other")


@pytest.mark.parametrize("change", [_revision, _draft, _setting])
def test_a_newer_store_is_not_replaced_without_force_and_kept_with_it(tmp_path, place, stores, saved, drafts, change):
    with open_store(place("store")) as log:
        change(log, drafts)
    newer = heads(place("store"))
    with pytest.raises(WrongState, match="--force"):
        restore(saved, place("store"))
    assert heads(place("store")) == newer
    alone(place("store"))

    kept = restore(saved, place("store"), force=True)
    assert heads(place("store"))[0].number == 2
    if isinstance(kept, Path):
        (tmp_path / "old").mkdir()
        kept.rename(tmp_path / "old" / "clearway.gpkg")
        assert heads(tmp_path / "old") == newer
    else:
        assert kept == place("store").schema + "_replaced_1"
        old = replace(place("store"), schema=kept)
        assert heads(old) == newer
        stores.clear(old)


def test_another_store_is_not_replaced_without_force(tmp_path, place, saved):
    open_store(place("other"), create=True).close()
    with pytest.raises(WrongState, match="--force"):
        restore(saved, place("other"))


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_damaged_store_is_replaced_with_force_and_kept(tmp_path, place, saved):
    file = tmp_path / "store" / "clearway.gpkg"
    file.write_bytes(b"damaged" * 1000)
    with pytest.raises(WrongState, match="--force"):
        restore(saved, place("store"))
    for number in (1, 2):
        kept = restore(saved, place("store"), force=True)
        assert kept.name == f"clearway.gpkg.replaced-{number}"
        assert heads(place("store"))[0].number == 2
        assert kept.read_bytes() == b"damaged" * 1000
        file.write_bytes(b"damaged" * 1000)


def test_a_store_in_use_is_not_replaced(tmp_path, place, saved):
    with open_store(place("store")) as log:
        log.head()
        for force in (False, True):
            with pytest.raises(StoreBusy, match="Stop the server"):
                restore(saved, place("store"), force=force)
        assert log.check() == []
    restore(saved, place("store"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no store" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes().replace(b"H0-1", b"H0-9")),
    ],
)
def test_a_backup_that_does_not_verify_replaces_nothing(tmp_path, place, saved, spoil):
    spoil(saved)
    before = heads(place("store"))
    for force in (False, True):
        with pytest.raises(StoreDamaged):
            restore(saved, place("store"), force=force)
    assert heads(place("store")) == before
    alone(place("store"))


def test_a_backup_of_a_later_version_is_refused(tmp_path, place):
    with open_folder(tmp_path / "new", create=True, steps=(*STEPS, lambda connection, at: None)) as log:
        log.backup(tmp_path / "copy")
    with pytest.raises(StoreTooNew):
        restore(tmp_path / "copy", tmp_path / "store")


def test_there_has_to_be_a_backup(tmp_path, place):
    with pytest.raises(NotFound):
        restore(tmp_path / "none", place("store"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_store_is_not_backed_up_over_itself(tmp_path, log):
    with pytest.raises(WrongState, match="store itself"):
        log.backup(tmp_path / "store" / "clearway.gpkg")
    assert log.check() == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_damaged_store_makes_no_backup(tmp_path, place, saved):
    file = tmp_path / "store" / "clearway.gpkg"
    with closing(sqlite3.connect(file)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'hazards'").fetchone()[0]
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 : (page - 1) * 4096 + 100] = b"\xff" * 100
    file.write_bytes(content)
    before = saved.read_bytes()
    with open_store(place("store")) as log:
        assert log.check()
        with pytest.raises(StoreDamaged):
            log.backup(saved)
    assert saved.read_bytes() == before
