"""Tokens: how they are made, kept, shown, brought along, and taken back."""

import base64
import datetime as dt
import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.access import tokens
from geo_service.access.principals import identity, same_person
from geo_service.access.tokens import BadToken, expiry
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.store import open_store
from geo_service.store.errors import NotFound, WrongState


def basic(text, name="anybody"):
    return "Basic " + base64.b64encode(f"{name}:{text}".encode()).decode()


def test_every_way_of_bringing_a_token(visit, give):
    token = give("viewer", read_only=True)
    assert visit(token).get("/coverage").status_code == 200
    assert visit(X_API_Key=token).get("/coverage").status_code == 200
    assert visit(Authorization=basic(token)).get("/coverage").status_code == 200
    assert visit(Authorization=basic(token, "")).get("/coverage").status_code == 200
    assert visit(Authorization=f"bearer {token}").get("/coverage").status_code == 200
    assert visit().get("/coverage", params={"token": token}).status_code == 200
    assert visit().get("/coverage").status_code == 401


def spoilt(token):
    """Texts that are nearly a token, and texts that are nothing like one."""
    last = "A" if token[-1] != "A" else "B"
    yield from (token[:-1] + last, token[:-1], token + "A", token.upper(), token.replace("cw_", "cw-"), token[3:])
    yield from ("", " ", "x", "cw_", "cw_000000000000_" + token[16:], "null", "a.b.c", "eyJhbGciOiJub25lIn0.e30.")
    yield from ("' OR 1=1 --", "cw_%_" + token[16:], "é" * 40, token + "\\n", "\\x00")


@pytest.mark.parametrize("way", ["Bearer", "key", "Basic", "query"])
def test_wrong_tokens_are_401_and_come_back_in_no_answer(visit, give, way):
    token = give("viewer", read_only=True)
    for text in spoilt(token):
        if way == "query":
            answer = visit().get("/coverage", params={"token": text})
        elif way == "Basic":
            answer = visit(Authorization=basic(text)).get("/coverage")
        else:
            headers = {"X_API_Key": text.encode()} if way == "key" else {"Authorization": b"Bearer " + text.encode()}
            answer = visit(**headers).get("/coverage")
        assert answer.status_code == 401, text
        assert "Basic" in answer.headers["www-authenticate"]
        assert not text.strip() or len(text) < 5 or text not in answer.text


@pytest.mark.parametrize("value", ["Basic !!!", "Basic", "Digest x", "Negotiate abc", "Basic /w==", "Token x"])
def test_an_authorization_that_cannot_be_read_is_401(visit, give, value):
    give("viewer")
    assert visit(Authorization=value).get("/coverage").status_code == 401


def test_several_credentials_are_refused(visit, give):
    token = give("viewer", read_only=True)
    assert visit(token, X_API_Key=token).get("/coverage").status_code == 400
    assert visit(token).get("/coverage", params={"token": token}).status_code == 400
    assert visit().get(f"/coverage?token={token}&token={token}").status_code == 400


def test_a_token_that_may_write_is_refused_in_an_address(visit, give):
    for role in ("viewer", "editor", "admin"):
        answer = visit().get("/coverage", params={"token": give(role)})
        assert answer.status_code == 401
        assert "--read-only" in answer.json()["detail"]


def test_a_token_in_an_address_only_reads(visit, give, upload, log):
    token = give("admin", read_only=True)
    client = visit()
    client.params = {"token": token}
    assert upload(client).status_code == 403
    assert client.post("/changesets/1/approve").status_code == 403
    assert log.changesets() == []


def test_an_expired_token_is_401_from_its_very_moment(log, visit):
    now = utc_now()
    until = now + dt.timedelta(days=1)
    text = tokens.create(log.tokens, lambda: now, "t", "viewer", expires_at=until)[1]
    for moment, status in (
        (now, 200),
        (until - dt.timedelta(microseconds=1), 200),
        (until, 401),
        (until + dt.timedelta(days=9), 401),
    ):
        app = create_app(log, clock=lambda moment=moment: moment)
        answer = visit(text, on=app).get("/coverage")
        assert answer.status_code == status
        assert status == 200 or "expired" in answer.json()["detail"]


def test_a_revoked_token_is_401_at_once_wherever_it_was_revoked(visit, give, data):
    token = give("viewer", "one")
    client = visit(token)
    assert client.get("/coverage").status_code == 200
    with open_store(data) as elsewhere:
        elsewhere.tokens.revoke("one")
    answer = client.get("/coverage")
    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]


def test_the_last_token_revoked_does_not_open_the_service(log, visit, give):
    app = create_app(log, local=True)
    assert visit(on=app).get("/coverage").status_code == 200
    give("viewer", "one")
    assert visit(on=app).get("/coverage").status_code == 401
    log.tokens.revoke("one")
    assert visit(on=app).get("/coverage").status_code == 401


def test_layers_limit_what_a_token_writes_and_not_what_it_reads(visit, give, upload, log):
    log.set_setting("review", value=True)
    narrow = visit(give("reviewer", "narrow", layers=["releases"]))
    assert upload(narrow).status_code == 403
    assert upload(visit(give("editor", "wide"))).json()["state"] == "submitted"
    for step in ("submit", "approve", "reject"):
        assert narrow.post(f"/changesets/1/{step}").status_code == 403
    assert narrow.get("/collections/hazards/items").status_code == 200
    assert visit(give("reviewer", "fit", layers=["hazards"])).post("/changesets/1/approve").status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_secret_is_nowhere_in_the_store(log, give, data):
    texts = [give("admin", f"t{k}") for k in range(3)]
    log.tokens.revoke("t1")
    kept = b"".join(path.read_bytes() for path in data.iterdir())
    for text in texts:
        assert text.encode() not in kept
        assert text[16:].encode() not in kept
        assert text[16:40].encode() not in kept
    assert len({text[16:] for text in texts}) == 3


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_making_and_revoking_stand_on_the_audit_chain(log, give, data):
    give("editor", "t", owner="Ann", layers=["hazards"], author="root")
    token = log.tokens.revoke("t", "ben")
    with closing(sqlite3.connect(data / "clearway.gpkg")) as store:
        rows = store.execute("SELECT kind, actor, subject, body FROM journal WHERE kind LIKE 'token%'").fetchall()
    assert [row[:3] for row in rows] == [("token_created", "root", token.id), ("token_revoked", "ben", token.id)]
    body = json.loads(rows[0][3])
    assert (body["name"], body["owner"], body["role"], json.loads(body["layers"])) == (
        "t",
        "Ann",
        "editor",
        ["hazards"],
    )
    assert log.check() == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_right_given_in_the_file_is_found(log, give, data):
    give("viewer", "t")
    with closing(sqlite3.connect(data / "clearway.gpkg")) as store, store:
        store.execute("DROP TRIGGER tokens_steps")
        store.execute("UPDATE tokens SET role = 'admin'")
    assert {one.code for one in log.check()} >= {"tokens"}


def test_names_are_free_again_after_revocation(log, give):
    give("viewer", "t")
    with pytest.raises(WrongState, match="already"):
        give("viewer", "t")
    log.tokens.revoke("t")
    give("viewer", "t")
    assert len(log.tokens.all()) == 2
    log.tokens.revoke(log.tokens.all()[1].id)
    with pytest.raises(NotFound):
        log.tokens.revoke("t")


@pytest.mark.parametrize(
    ("name", "role", "options"),
    [
        ("", "viewer", {}),
        ("a\nb\x00", "viewer", {}),
        ("t", "god", {}),
        ("t", "public", {}),
        ("t", "nobody", {}),
        ("t", "Viewer", {}),
        ("local", "viewer", {}),
        ("t", "viewer", {"owner": " LOCAL "}),
        ("t", "viewer", {"owner": "ｐｕｂｌｉｃ"}),
        ("0123456789ab", "viewer", {}),
        ("t", "editor", {"layers": ["hazard"]}),
        ("t", "editor", {"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
        ("t" * 201, "viewer", {}),
    ],
)
def test_what_can_be_no_token_is_refused(log, name, role, options):
    with pytest.raises(BadToken):
        tokens.create(log.tokens, utc_now, name, role, **options)
    assert not log.tokens.ever()


def test_expiry_is_a_number_of_days_or_the_end_of_a_date():
    now = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    zone = dt.timezone(dt.timedelta(hours=4))
    assert expiry("90d", now, zone) == now + dt.timedelta(days=90)
    assert expiry("2026-02-01", now, zone) == dt.datetime(2026, 2, 1, 20, tzinfo=dt.UTC)
    for text in ("", "90", "d", "-1d", "2026-02-30", "9999-12-31", "99999d" * 9, "tomorrow", "1e3d"):
        with pytest.raises(BadToken):
            expiry(text, now, zone)


@given(st.text(max_size=20))
def test_a_name_is_one_person_however_it_is_written(name):
    for other in (name.upper().lower(), f"  {name}\t", name.casefold()):
        if identity(other) == identity(name):
            assert same_person(name, other)
    assert identity(identity(name)) == identity(name)
    assert same_person(name, f" {name} ")


def test_the_command_makes_lists_and_revokes(clearway, data):
    text = clearway("token", "create", "--name", "gis", "--role", "viewer", "--read-only", "--expires", "90d", check=0)
    token = text.stdout.strip()
    assert tokens.FORM.fullmatch(token)
    listed = clearway("token", "list", check=0)
    assert "gis: viewer, only reads, expires" in listed.stdout
    assert token not in listed.stdout + listed.stderr + text.stderr
    clearway("token", "create", "--name", "gis", "--role", "viewer", check=2)
    clearway("token", "create", "--name", "x", "--role", "god", check=2)
    clearway("token", "create", "--name", "x", "--role", "editor", "--layer", "nothing", check=2)
    clearway("token", "create", "--name", "x", "--role", "editor", "--expires", "2020-01-01", check=2)
    clearway("token", "revoke", "gis", check=0)
    clearway("token", "revoke", "gis", check=2)
    assert "revoked" in clearway("token", "list", check=0).stdout
    assert clearway("check", check=0)


@pytest.mark.parametrize(
    "pair",
    ["public_access=yes", "public_access=1", "requests_per_minute=0", "requests_per_minute=1.5", "max_body_mb=big",
     "oidc_jwks=http://example.org/keys", "oidc_jwks=file:///etc/passwd", "oidc_jwks=keys.json", "oidc_audience=[1]"],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(clearway, pair):
    done = clearway("settings", pair, check=2)
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
