"""The access log has a line for every request, and no secret in any."""

import base64
import json
import logging
import socket
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.access import tokens
from geo_service.access.logbook import NAME, Redacting, config, redacted
from geo_service.clock import utc_now

FIELDS = {"time", "principal", "token", "method", "path", "status", "duration_ms", "bytes"}


def test_a_line_per_request(caplog, visit, give):
    caplog.set_level(logging.INFO, NAME)
    token = give("viewer", "laptop", owner="Ann")
    answer = visit(token).get("/coverage?as_of=2020-01-01")
    visit(token).head("/coverage")
    visit().get("/coverage")
    visit().post("/nothing")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == NAME]
    assert all(line.keys() == FIELDS for line in lines)
    assert [(line["principal"], line["method"], line["path"], line["status"]) for line in lines] == [
        ("Ann", "GET", "/coverage", answer.status_code),
        ("Ann", "HEAD", "/coverage", 200),
        ("", "GET", "/coverage", 401),
        ("", "POST", "/nothing", 404),
    ]
    assert lines[0]["bytes"] == len(answer.content)
    assert lines[1]["bytes"] == 0
    assert lines[0]["token"] == "laptop"


def test_a_failure_is_a_line_too(caplog, app, visit, give):
    from geo_service.access.dependencies import requires
    from geo_service.access.principals import Role

    @app.get("/fails", dependencies=[requires(Role.viewer)])
    def fails():
        raise RuntimeError

    caplog.set_level(logging.INFO, NAME)
    assert visit(give("viewer")).get("/fails").status_code == 500
    assert json.loads(caplog.records[-1].getMessage())["status"] == 500


def test_a_path_writes_no_second_line(caplog, visit, give):
    caplog.set_level(logging.INFO, NAME)
    visit(give("viewer")).get('/x%0a{"time":1}%22%00')
    text = caplog.records[-1].getMessage()
    assert "\n" not in text
    assert json.loads(text)["path"] == '/x\n{"time":1}"\0'


@given(
    st.binary(min_size=6, max_size=6), st.binary(min_size=32, max_size=32), st.text(max_size=20), st.text(max_size=20)
)
def test_nothing_that_looks_like_a_token_gets_through(start, secret, before, after):
    middle = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    token = f"cw_{start.hex()}_{middle}"
    assert middle not in redacted(f"{before}{token}{after}")
    record = logging.LogRecord("x", 40, "x", 1, "%s", (f"{before} {token} {after}",), None)
    assert middle not in Redacting("%(message)s").format(record)


def test_a_traceback_is_redacted():
    text = "cw_0123456789ab_" + "s" * 43
    try:
        int(text)
    except ValueError:
        record = logging.LogRecord("x", 40, "x", 1, "failed", (), sys.exc_info())
    line = Redacting("%(message)s").format(record)
    assert "Traceback" in line
    assert "s" * 43 not in line


def test_the_servers_own_access_log_is_off():
    assert config()["loggers"]["uvicorn.access"]["handlers"] == []


def secrets_of(log):
    """A token of every kind: held, reading, expired, revoked, and one that was never made."""
    made = [tokens.create(log.tokens, utc_now, name, "editor")[1] for name in ("held", "gone")]
    made.append(tokens.create(log.tokens, utc_now, "reading", "viewer", read_only=True)[1])
    log.tokens.revoke("gone")
    return [
        *made,
        "cw_0123456789ab_" + "Q" * 43,
        "not-even-a-token-5up3r53cr3t",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    ]


@pytest.mark.slow
def test_tokens_never_occur_in_what_the_server_writes(log, serving):
    texts = secrets_of(log)
    server = serving("--workers", "2")
    for text in texts:
        basic = base64.b64encode(f"ann:{text}".encode()).decode()
        for headers in ({"Authorization": f"Bearer {text}"}, {"Authorization": f"Basic {basic}"}, {"X_API_Key": text}):
            for path, method in (
                ("/coverage", "GET"),
                ("/changesets", "POST"),
                ("/nothing", "GET"),
                ("/coverage", "PUT"),
            ):
                server.ask(path, method, b"x" if method == "POST" else None, **headers)
        for path in (
            f"/coverage?token={text}",
            f"/coverage?as_of=x&token={text}",
            f"/?token={text}",
            f"/nothing/{text}",
            f"/?{text}",
        ):
            server.ask(path)
            server.ask(path, "POST", b"{}", Content_Type="application/json")
    # What is no HTTP at all makes the server itself complain.
    for text in texts:
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(f"GET /x?token={text} HTTP/9\r\nAuthorization: Bearer {text}\r\n\r\n".encode())
            raw.recv(1000)
    written = server.end()
    asked = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert len(asked) >= len(texts) * (12 + 10)
    assert {line["status"] for line in asked} >= {200, 401, 404}
    for text in texts[:4] + texts[5:]:
        assert text not in written
        assert base64.b64encode(f"ann:{text}".encode()).decode() not in written
        assert (text[16:] if text.startswith("cw_") else text.rpartition(".")[2]) not in written
    # A path is written down; a word in it that looks like no credential can't be told from a name.
    assert written.count(texts[4]) == sum(line["path"].endswith(texts[4]) for line in asked)
