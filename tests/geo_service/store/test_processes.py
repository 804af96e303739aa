"""Many threads and processes at one store, and processes that are killed."""

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from geo_service.store import open_store, restore
from geo_service.store.log import State


def whole(log):
    """Assert that every approved changeset is there with all its versions."""
    held = log.versions("hazards").groupby("changeset").size().to_dict()
    listed = log.changesets(limit=1_000_000)
    assert held == {one.id: one.accepted - one.unchanged for one in listed if one.state is State.approved}
    return listed


@pytest.mark.slow
def test_killed_many_times_nothing_acknowledged_is_lost(kind, place, child):
    times = 25 if kind == "sqlite" else 12
    process = child("crash", place("store"), times, 7)
    told, _ = process.communicate()
    assert process.returncode == 0
    acknowledged = {int(line) for line in told.split()}
    assert len(acknowledged) > times
    with open_store(place("store")) as log:
        states = {one.id: one.state for one in whole(log)}
        assert all(states[number] is State.approved for number in acknowledged)
        assert log.check() == []
        # Each killed process may have had one more on its way that was kept and not yet acknowledged.
        assert len(states) - len(acknowledged) <= times
        numbers = [one.number for one in log.revisions()]
        assert numbers == list(range(1, len(numbers) + 1))


def test_four_processes_make_and_fill_one_store(place, child):
    writers = [child("load", place("store"), 25, 20, name) for name in ("p", "q", "r", "s")]
    told = [int(line) for process in writers for line in process.communicate()[0].split()]
    assert [process.returncode for process in writers] == [0, 0, 0, 0]
    assert sorted(told) == list(range(1, 101))
    with open_store(place("store")) as log:
        assert [one.number for one in log.revisions()] == list(range(1, 101))
        assert len(whole(log)) == 100
        assert log.check() == []


@pytest.mark.slow
def test_readers_see_whole_changesets_in_order_while_another_process_writes(place, child):
    open_store(place("store"), create=True).close()
    process = child("load", place("store"), 30, 400, "w")
    done = threading.Event()

    def follow(log):
        seen, rows = 0, 0
        while True:
            last = done.is_set()
            head = log.head()
            now = head.number if head else 0
            assert now >= seen
            some = log.versions("hazards", seen, now)
            new = log.revisions(seen)[: now - seen]
            assert [one.number for one in new] == list(range(seen + 1, now + 1))
            assert sorted(set(some["revision"])) == list(range(seen + 1, now + 1))
            for one in new:
                assert (some["changeset"] == one.changeset).sum() == log.changeset(one.changeset).versions
            seen, rows = now, rows + len(some)
            if last:
                return seen, rows

    with open_store(place("store")) as log, open_store(place("store")) as other, ThreadPoolExecutor() as threads:
        readers = [threads.submit(follow, one) for one in (log, log, other)]
        process.communicate()
        done.set()
        assert {one.result() for one in readers} == {(30, len(log.versions("hazards")))}


def test_backups_taken_while_loading_restore_to_sound_stores(tmp_path, place, child):
    with open_store(place("store"), create=True) as log:
        process = child("load", place("store"), 40, 400, "w")
        process.stdout.readline()
        copies = []
        while process.poll() is None and len(copies) < 8:
            copies.append(tmp_path / f"copy{len(copies)}")
            log.backup(copies[-1])
            assert log.head()
        process.communicate()
        assert copies
        for number, copy in enumerate(copies):
            restore(copy, place(str(number)))
            with open_store(place(str(number))) as restored:
                assert restored.check() == []
                last = restored.head()
                assert log.revisions(last.number - 1)[0] == last
                whole(restored)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_threads_share_a_log(log, drafts):
    def work(place):
        made = log.append_approved(drafts.draft(drafts.hazards(3, seed=place)))
        assert len(log.versions("hazards", made.revision - 1, made.revision)) == 3
        return made.revision

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(work, range(40))) == list(range(1, 41))
    assert log.check() == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, drafts, child):
    with open_store(tmp_path, create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(10)))
    told, _ = child("limited", tmp_path, 2_000_000).communicate()
    assert told.startswith("StoreFull The disk is full")
    with open_store(tmp_path) as log:
        assert len(whole(log)) == 1
        assert log.check() == []
        log.append_approved(drafts.draft(drafts.hazards(10, seed=1)))
        assert log.check() == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_full_disk_while_backing_up_leaves_the_old_backup(tmp_path, drafts, log, monkeypatch):
    log.append_approved(drafts.draft(drafts.hazards(10)))
    log.backup(tmp_path / "copy")
    before = (tmp_path / "copy").read_bytes()

    def full(source, path):
        path.write_bytes(b"half")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("geo_service.store.backups.duplicate", full)
    with pytest.raises(Exception, match="The disk is full"):
        log.backup(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "store"]


def test_a_folder_that_may_not_be_written_is_said(tmp_path_factory, child):
    folder = tmp_path_factory.mktemp("locked")
    open_store(folder, create=True).close()
    (folder / "clearway.gpkg").chmod(0o444)
    folder.chmod(0o555)
    try:
        told, _ = child("unprivileged", folder).communicate()
    finally:
        folder.chmod(0o755)
    assert told.startswith("StoreLocked")


def test_a_write_ahead_log_left_by_a_crash_is_taken_up(tmp_path, drafts):
    with open_store(tmp_path / "a", create=True) as log:
        log.append_approved(drafts.draft(drafts.hazards(5)))
        # As after a kill: the file and its write-ahead log, never folded in.
        shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b" / "clearway.gpkg-wal").stat().st_size > 0
    with open_store(tmp_path / "b") as log:
        assert len(whole(log)) == 1
        assert log.check() == []


def test_a_torn_write_ahead_log_gives_whole_changesets(tmp_path, drafts):
    with open_store(tmp_path / "a", create=True) as log:
        for place in range(3):
            log.append_approved(drafts.draft(drafts.hazards(50, seed=place)))
        shutil.copytree(tmp_path / "a", tmp_path / "torn")
    journal = tmp_path / "torn" / "clearway.gpkg-wal"
    (tmp_path / "torn" / "clearway.gpkg-shm").unlink()
    with journal.open("r+b") as file:
        file.truncate(journal.stat().st_size - 5000)
    with open_store(tmp_path / "torn") as log:
        assert len(whole(log)) == 2
        assert log.check() == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_closing_leaves_one_file(tmp_path, log, drafts):
    log.append_approved(drafts.draft(drafts.hazards(5)))
    log.close()
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["clearway.gpkg"]
    with closing(sqlite3.connect(tmp_path / "store" / "clearway.gpkg")) as file:
        assert file.execute("SELECT COUNT(*) FROM hazards").fetchone() == (5,)
