"""Nobody approves their own work, by whatever way they come."""

import base64

import pytest

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.clock import utc_now


@pytest.fixture
def ann_has_sent(log, give, visit, upload):
    """Review is on, and Ann has handed a changeset in."""
    log.set_setting("review", value=True)
    ann = visit(give("reviewer", "laptop", owner="Ann"))
    assert upload(ann).json()["state"] == "submitted"
    return ann


def test_the_author_is_the_owner_of_the_token(ann_has_sent):
    kept = ann_has_sent.get("/changesets/1").json()
    assert (kept["author"], kept["reviewed_by"]) == ("Ann", None)


def test_the_author_does_not_approve(ann_has_sent, log):
    assert ann_has_sent.post("/changesets/1/approve").status_code == 403
    assert log.head() is None


@pytest.mark.parametrize("owner", ["Ann", "ann", "ANN", " Ann ", "Ａｎｎ"])
@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_nor_with_another_token_of_theirs(ann_has_sent, give, visit, log, owner, role):
    other = give(role, "phone", owner=owner)
    assert visit(other).post("/changesets/1/approve").status_code == 403
    assert visit(X_API_Key=other).post("/changesets/1/approve").status_code == 403
    named = base64.b64encode(f"Somebody Else:{other}".encode()).decode()
    assert visit(Authorization=f"Basic {named}").post("/changesets/1/approve").status_code == 403
    assert log.head() is None


def test_nor_with_a_name_in_the_request(ann_has_sent, log):
    for extra in (
        {"params": {"reviewer": "Ben"}},
        {"json": {"reviewer": "Ben"}},
        {"headers": {"X-User": "Ben", "X-Remote-User": "Ben"}},
    ):
        assert ann_has_sent.post("/changesets/1/approve", **extra).status_code == 403
    assert log.head() is None


def test_nor_after_a_new_token_of_the_same_name(ann_has_sent, give, visit, log):
    log.tokens.revoke("laptop")
    assert visit(give("admin", "laptop", owner="Ann")).post("/changesets/1/approve").status_code == 403


def test_an_editor_does_not_approve_for_a_colleague(ann_has_sent, give, visit):
    assert visit(give("editor", owner="Ben")).post("/changesets/1/approve").status_code == 403


def test_a_colleague_approves(ann_has_sent, give, visit, log):
    assert visit(give("reviewer", "tablet", owner="Ben")).post("/changesets/1/approve").status_code == 200
    kept = log.changeset(1)
    assert (kept.state, kept.author, kept.reviewed_by) == ("approved", "Ann", "Ben")
    assert log.check() == []


def test_the_store_itself_refuses(log, ann_has_sent):
    for name in (None, "", " ", "Ann", "aNN "):
        with pytest.raises(Exception, match="somebody other"):
            log.approve(1, name)
    assert log.approve(1, "Ben").number == 1


def test_who_runs_the_service_open_is_one_person(log, visit, upload):
    log.set_setting("review", value=True)
    alone = visit(on=create_app(log, local=True))
    assert upload(alone).json()["author"] == "local"
    assert alone.post("/changesets/1/approve").status_code == 403
    # Nobody can be called so later, and a token made for the purpose names its owner.
    with pytest.raises(tokens.BadToken):
        tokens.create(log.tokens, utc_now, "local", "reviewer")
