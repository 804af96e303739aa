"""What a changeset goes through, and who may do what."""

import datetime as dt
import threading

import pytest

from geo_service.store import open_store
from geo_service.store.errors import Forbidden, NotFound, StoreBusy, StoreError, WrongState
from geo_service.store.log import ReportLine, State


def test_a_draft_is_submitted_and_approved(log, drafts):
    made = log.append(drafts.draft(drafts.hazards(2)), submit=False)
    assert (made.state, made.revision, made.recorded_at, made.versions) == (State.draft, None, None, 2)
    assert len(log.versions("hazards")) == 0
    assert len(log.proposed(made.id)) == 2
    assert log.submit(made.id).state is State.submitted
    revision = log.approve(made.id, "ben")
    after = log.changeset(made.id)
    assert (after.state, after.revision, after.reviewed_by) == (State.approved, revision.number, "ben")
    assert after.recorded_at == revision.recorded_at
    assert len(log.versions("hazards")) == 2


def test_a_rejected_changeset_stays_readable_and_records_nothing(log, drafts):
    made = log.append(drafts.draft(drafts.hazards(2)))
    after = log.reject(made.id, "ben")
    assert (after.state, after.reviewed_by, after.revision) == (State.rejected, "ben", None)
    assert len(log.proposed(made.id)) == 2
    assert log.head() is None


@pytest.mark.parametrize("step", ["submit", "approve", "reject"])
def test_a_step_from_a_wrong_state_is_refused(log, drafts, step):
    with pytest.raises(NotFound):
        getattr(log, step)(1)
    approved = log.append_approved(drafts.draft(drafts.hazards(1))).id
    rejected = log.reject(log.append(drafts.draft(drafts.hazards(1))).id).id
    for number in (approved, rejected):
        with pytest.raises(WrongState, match=f"Changeset {number} is"):
            getattr(log, step)(number)
    waiting = log.append(drafts.draft(drafts.hazards(1)), submit=step == "submit").id
    with pytest.raises(WrongState):
        getattr(log, step)(waiting)
    assert log.check() == []


def test_with_review_on_nobody_approves_their_own(log, drafts):
    log.set_setting("review", value=True)
    made = log.append(drafts.draft(drafts.hazards(1), author="ana"))
    for reviewer in (None, "", "ana"):
        with pytest.raises(Forbidden):
            log.approve(made.id, reviewer)
        with pytest.raises(Forbidden):
            log.append_approved(drafts.draft(drafts.hazards(1), author="ana"), reviewer=reviewer)
    assert [one.id for one in log.changesets()] == [made.id]
    log.approve(made.id, "ben")
    log.append_approved(drafts.draft(drafts.hazards(1), author="ana"), reviewer="ben")
    log.set_setting("review", value=False)
    log.append_approved(drafts.draft(drafts.hazards(1), author="ana"))
    assert log.head().number == 3


def test_a_draft_checked_against_older_records_is_refused(log, drafts):
    based = drafts.draft(drafts.hazards(1), based_on=0)
    log.append_approved(based)
    with pytest.raises(WrongState, match="Load the file again"):
        log.append_approved(based)
    with pytest.raises(WrongState, match="Load the file again"):
        log.append(based)
    # A revision of another layer does not matter.
    other = drafts.hazards(1).rename(columns={"opened_on": "surveyed_on"})
    surveys = other[["id", "valid_from", "withdrawn", "note", "source", "surveyed_on", "geometry"]]
    surveys = surveys.assign(method=None, organisation=None)
    log.append_approved(drafts.draft(surveys, "surveys", based_on=0))
    log.append_approved(drafts.draft(drafts.hazards(1), based_on=1))
    assert log.head().number == 3


def test_everything_said_of_a_changeset_is_kept(place, drafts):
    now = dt.datetime(2021, 6, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=4)))
    problems = (
        ReportLine(row=3, id="H0-1", level="repair", code="self_intersection", message="cut: 100 m² → 99 m²"),
        ReportLine(row=None, id=None, level="notice", code="column", message="kept under extra"),
    )
    counts = {"rows_read": 5, "accepted": 3, "rejected": 2, "repaired": 1, "unchanged": 1, "warnings": 4}
    given = {"author": "Aynur", "message": "sənəd", "source_name": "a.gpkg", "source_sha256": "ab" * 32}
    with open_store(place("store"), create=True, clock=lambda: now) as log:
        made = log.append(drafts.draft(drafts.hazards(2), problems=problems, **counts, **given))
        assert log.changeset(made.id) == made
        assert log.report(made.id) == list(problems)
        assert made.created_at == now
        assert {name: getattr(made, name) for name in {**counts, **given}} == {**counts, **given}
        with pytest.raises(NotFound):
            log.report(2)
        with pytest.raises(NotFound):
            log.changeset(2)
        with pytest.raises(NotFound):
            log.proposed(2)


def test_changesets_are_listed_by_pages_newest_first(log, drafts):
    for _ in range(5):
        log.append(drafts.draft(drafts.hazards(1)))
    first = log.changesets(limit=2)
    assert [one.id for one in first] == [5, 4]
    assert [one.id for one in log.changesets(limit=2, before=4)] == [3, 2]


def test_history_is_that_of_one_record(log, drafts):
    log.append_approved(drafts.draft(drafts.hazards(2)))
    log.append_approved(drafts.draft(drafts.hazards(1, note="again")))
    log.append(drafts.draft(drafts.hazards(1, note="proposed")))
    assert log.history("hazards", "H0-0")["note"].tolist() == [None, "again"]
    with pytest.raises(NotFound, match="no record X"):
        log.history("hazards", "X")


def test_settings_are_kept_and_forgotten(place):
    with open_store(place("store"), create=True) as log:
        log.set_setting("authority", "Mərkəz", "ana")
        log.set_setting("centre", [47.0, 39.5])
        log.set_setting("authority", "Centre")
        log.set_setting("contact", "102")
        log.set_setting("contact", None)
    with open_store(place("store")) as log:
        kept = dict(log.settings())
        assert kept.pop("store")
        assert kept == {"authority": "Centre", "centre": [47.0, 39.5], "synthetic": False}
        for value in (object(), float("nan")):
            with pytest.raises(ValueError, match=r"centre|JSON"):
                log.set_setting("centre", value)
        with pytest.raises(ValueError, match="review"):
            log.set_setting("review", "no")
        assert log.check() == []


def test_a_synthetic_store_stays_one(place):
    with open_store(place("demo"), create=True, synthetic=True) as log, pytest.raises(Forbidden):
        log.set_setting("synthetic", value=False)
    with open_store(place("demo"), create=True) as log:
        assert log.settings()["synthetic"] is True
    open_store(place("real"), create=True).close()
    with pytest.raises(WrongState, match="real records"):
        open_store(place("real"), create=True, synthetic=True)


def test_progress_is_told_and_may_stop_the_load(log, drafts):
    told = []
    log.append(drafts.draft(drafts.hazards(12_000)), progress=lambda done, total: told.append((done, total)))
    assert told == [(5000, 12_000), (10_000, 12_000), (12_000, 12_000)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        log.append_approved(drafts.draft(drafts.hazards(12_000)), progress=stop)
    assert len(log.changesets()) == 1
    assert log.check() == []


def test_a_second_writer_waits_and_then_says_who_is_in_the_way(place, drafts):
    with open_store(place("store"), create=True) as log, open_store(place("store"), patience_s=0.05) as hasty:
        entered, leave = threading.Event(), threading.Event()

        def linger(done, total):
            entered.set()
            leave.wait()

        load = threading.Thread(target=log.append, args=(drafts.draft(drafts.hazards(1)),), kwargs={"progress": linger})
        load.start()
        entered.wait()
        with pytest.raises(StoreBusy, match="Another load"):
            hasty.append(drafts.draft(drafts.hazards(1)))
        assert hasty.changesets() == []
        leave.set()
        load.join()
        assert len(hasty.changesets()) == 1


def test_a_closed_log_says_so(log):
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.head()
