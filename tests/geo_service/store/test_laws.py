"""What holds of every log, whatever was done to it."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.store.errors import StoreError

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

actions = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.integers(0, 4)),
        st.tuples(st.just("append"), st.integers(0, 4)),
        st.tuples(st.just("draft"), st.integers(0, 4)),
        st.tuples(st.sampled_from(["submit", "approve", "reject"]), st.integers(1, 8)),
    ),
    max_size=12,
)
# Seconds by which the clock moves before each action: it may stand still and go back.
steps = st.lists(st.integers(-5, 5), min_size=12, max_size=12)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


def _play(log, drafts, clock, actions, steps):
    """Do the actions and return the frames approved, in order; what is refused changes nothing."""
    approved, waiting = [], {}
    for place, ((action, value), step) in enumerate(zip(actions, steps, strict=False)):
        clock.now += dt.timedelta(seconds=step)
        frame = drafts.hazards(value, seed=place, prefix=str(place % 2))
        try:
            if action == "load":
                log.append_approved(drafts.draft(frame))
                approved.append(frame)
            elif action in {"append", "draft"}:
                made = log.append(drafts.draft(frame), submit=action == "append")
                waiting[made.id] = frame
            else:
                getattr(log, action)(value)
                if action == "approve":
                    approved.append(waiting[value])
        except StoreError:
            assert action in {"submit", "approve", "reject"}
    return approved


def test_the_log_is_what_was_approved_in_order(drafts, stores, kind):
    @settings(max_examples=40 if kind == "sqlite" else 15)
    @given(actions, steps)
    def holds(actions, steps):
        clock = Clock()
        with stores.fresh(clock=clock) as log:
            approved = _play(log, drafts, clock, actions, steps)
            revisions = log.revisions()
            whole = log.versions("hazards")

            assert [one.number for one in revisions] == list(range(1, len(approved) + 1))
            times = [one.recorded_at for one in revisions]
            assert times == sorted(set(times))
            assert log.head() == (revisions[-1] if revisions else None)

            expected = [name for frame in approved for name in frame["id"]]
            assert whole["id"].tolist() == expected
            assert whole["revision"].tolist() == [
                number for number, frame in enumerate(approved, start=1) for _ in range(len(frame))
            ]
            parts = [log.versions("hazards", number, number + 1) for number in range(len(approved))]
            if parts:
                joined = pd.concat(parts, ignore_index=True)
                pd.testing.assert_frame_equal(pd.DataFrame(joined), pd.DataFrame(whole))
            assert whole["row"].is_unique
            assert whole.groupby("changeset")["row"].is_monotonic_increasing.all()
            assert whole["recorded_at"].tolist() == [times[number - 1] for number in whole["revision"]]
            for one in revisions:
                assert log.revision_at(one.recorded_at) == one
                assert log.changeset(one.changeset).recorded_at == one.recorded_at
            assert log.check() == []

    holds()


def test_known_is_versions_of_those_ids(drafts, stores, kind):
    @settings(max_examples=20 if kind == "sqlite" else 8)
    @given(actions, steps)
    def holds(actions, steps):
        clock = Clock()
        with stores.fresh(clock=clock) as log:
            _play(log, drafts, clock, actions, steps)
            whole = log.versions("hazards")
            some = set(whole["id"].tolist()[::2]) | {"nobody"}
            expected = whole[whole["id"].isin(some)].reset_index(drop=True)
            pd.testing.assert_frame_equal(pd.DataFrame(log.known("hazards", some)), pd.DataFrame(expected))

    holds()


def test_recorded_at_never_goes_back_and_is_now_when_it_can_be(stores, drafts):
    clock = Clock()
    with stores.fresh(clock=clock) as log:
        assert log.head() is None
        assert log.revision_at(START) is None
        times = []
        for step in (0, 0, -3600, 7200):
            clock.now += dt.timedelta(seconds=step)
            times.append(log.append_approved(drafts.draft(drafts.hazards(1))).recorded_at)
        tick = dt.timedelta(microseconds=1)
        assert times == [START, START + tick, START + 2 * tick, START + dt.timedelta(hours=1)]
        assert log.revision_at(START + tick).number == 2
        assert log.revision_at(START - tick) is None


def test_known_at_needs_a_zone(log):
    with pytest.raises(ValueError, match="zone"):
        log.revision_at(START.replace(tzinfo=None))
