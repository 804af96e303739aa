"""What was read of a store holds until its journal grows, whoever wrote there, and then no reader keeps it."""

import datetime as dt
from collections import Counter

from geo_service.access import tokens
from geo_service.clock import utc_now
from geo_service.store import open_store


def counted(log):
    """The readings of a log, and how often each was made."""
    made, read = Counter(), log.remembered.read

    def counting(key, make):
        return read(key, lambda connection: (made.update([key]), make(connection))[1])

    log.remembered.read = counting
    return made


def test_a_reading_is_made_once_until_anybody_writes(log, place, drafts):
    made = counted(log)
    with open_store(place("store")) as other:
        assert [log.head() for _ in range(2)] == [None, None]
        assert log.settings() is log.settings()
        assert not log.tokens.ever()
        assert made == {"head": 1, "settings": 1, "tokens": 1}
        first = other.append_approved(drafts.draft(drafts.hazards(3)))
        assert log.head().changeset == first.id
        other.set_setting("contact", "102")
        assert log.settings()["contact"] == "102"
        token, text = tokens.create(other.tokens, utc_now, "a viewer", "viewer")
        assert log.tokens.ever()
        assert tokens.verified(log.tokens, text) == token
        other.tokens.revoke(token.name)
        assert tokens.verified(log.tokens, text).revoked_at is not None
        second = other.append_approved(drafts.draft(drafts.hazards(2)))
        assert log.head().changeset == second.id
        assert log.revision_at(log.head().recorded_at - dt.timedelta(microseconds=1)).changeset == first.id


def test_a_read_that_began_before_goes_on_with_what_was_then_and_the_next_sees_the_new(log, place, drafts):
    log.append_approved(drafts.draft(drafts.hazards(3)))
    made = counted(log)
    with open_store(place("store")) as other:
        before = log.remembered.mark()
        with log.remembered.holding(before):
            assert log.head().number == 1
            other.append_approved(drafts.draft(drafts.hazards(2)))
            assert log.head().number == 1
        assert log.head().number == 2
        # A request that is answered by an older mark may see more than that, never less.
        with log.remembered.holding(before):
            assert log.head().number == 2
        assert made == {"head": 2}


def test_its_own_writes_are_seen_at_once(log, drafts):
    for number in range(1, 4):
        log.append_approved(drafts.draft(drafts.hazards(1)))
        assert log.head().number == number
