"""Uploads in the background in the log: their numbers, their ends, and what the journal tells of them."""

import pytest

from geo_service.store import open_store, restore
from geo_service.store.errors import NotFound, WrongState
from geo_service.store.log import State


def test_a_job_has_the_number_of_its_changeset_and_nobody_else_gets_it(log, drafts):
    first = log.begin(drafts.claim())
    between = log.append(drafts.draft(drafts.hazards(1)))
    second = log.begin(drafts.claim(author="ben"))
    assert [one.id for one in (first, between, second)] == [1, 2, 3]
    assert [(one.id, one.state) for one in log.changesets()] == [(3, "processing"), (2, "submitted"), (1, "processing")]
    made = log.append_approved(drafts.draft(drafts.hazards(2), job=first.id))
    assert (made.id, made.state, made.versions) == (1, State.approved, 2)
    assert [one.id for one in log.processing()] == [3]
    assert [one.id for one in log.changesets()] == [3, 2, 1]
    assert log.append(drafts.draft(drafts.hazards(1))).id == 4
    assert log.check() == []


def test_a_job_ends_once(log, drafts):
    for end in (lambda one: log.append(drafts.draft(drafts.hazards(1), job=one)),
                lambda one: log.stop(one, State.failed, reason="x"),
                lambda one: log.stop(one, State.cancelled, reason="x", actor="ana")):  # fmt: skip
        made = log.begin(drafts.claim()).id
        end(made)
        with pytest.raises(WrongState):
            log.append(drafts.draft(drafts.hazards(1), job=made))
        with pytest.raises(WrongState):
            log.stop(made, State.failed, reason="late")
    with pytest.raises(NotFound):
        log.stop(99, State.failed, reason="x")
    with pytest.raises(WrongState, match="does not go on in the background"):
        log.stop(log.append(drafts.draft(drafts.hazards(1))).id, State.cancelled, reason="x")
    with pytest.raises(ValueError, match="does not end as"):
        log.stop(log.begin(drafts.claim()).id, State.approved, reason="x")
    assert log.check() == []


def test_a_step_that_a_job_does_not_take_is_refused(log, drafts):
    made = log.begin(drafts.claim()).id
    for step in (log.submit, log.approve, log.reject):
        with pytest.raises(WrongState, match="is processing"):
            step(made)
    assert len(log.proposed(made)) == 0
    assert log.report(made) == []


def test_the_journal_tells_what_happened_to_a_changeset(log, drafts):
    log.set_setting("authority", "1")
    done, failed = log.begin(drafts.claim()).id, log.begin(drafts.claim()).id
    log.append(drafts.draft(drafts.hazards(1), job=done), submit=False)
    log.submit(done, "ana")
    log.approve(done, "ben")
    log.stop(failed, State.failed, reason="it can't be read", errors=[{"code": "crs"}])
    assert [(one.step, one.actor) for one in log.steps(done)] == [
        ("acknowledged", "ana"), ("received", "ana"), ("submitted", "ana"), ("approved", "ben"),
    ]  # fmt: skip
    assert log.steps(failed)[-1].body["reason"] == "it can't be read"
    assert [one.number for one in log.steps(done)] == sorted(one.number for one in log.steps(done))
    with pytest.raises(NotFound):
        log.steps(9)


def test_what_was_answered_for_a_source_is_remembered_from_the_last_that_was_not_rejected(log, drafts):
    def draft(answers, seed):
        return drafts.draft(drafts.hazards(1, seed=seed), signature="s", answers=answers)

    assert log.answers("s") is None
    log.append(draft('{"mapping":{"id":"a"}}', 1))
    log.append(draft('{"mapping":{"id":"b"}}', 2))
    assert log.answers("s") == {"mapping": {"id": "b"}}
    log.reject(2)
    assert log.answers("s") == {"mapping": {"id": "a"}}
    assert log.answers("t") is None


def test_jobs_come_through_a_backup(tmp_path, place, drafts):
    with open_store(place("a"), create=True) as log:
        log.begin(drafts.claim())
        log.stop(log.begin(drafts.claim()).id, State.failed, reason="x")
        log.backup(tmp_path / "copy")
    restore(tmp_path / "copy", place("b"))
    with open_store(place("b")) as log:
        assert [(one.id, one.state) for one in log.changesets()] == [(2, "failed"), (1, "processing")]
        assert log.check() == []
