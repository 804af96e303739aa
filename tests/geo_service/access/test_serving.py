"""`clearway serve` as it is started: where it refuses to, and who is let in."""

import socket

import pytest

from geo_service.access import tokens
from geo_service.access.settings import is_loopback
from geo_service.app import create_app
from geo_service.clock import utc_now

# Of the addresses, hosts and pages that ask: what the store is kept in is not the point.
KINDS = ("sqlite",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104 - that it is refused
def test_others_are_not_served_without_a_token(clearway, data, host):
    done = clearway("serve", "--host", host, "--port", "0", check=2)
    assert "token create" in done.stderr
    assert done.stderr.count("\n") == 1


def test_nor_with_tokens_that_hold_no_more(clearway, log):
    tokens.create(log.tokens, utc_now, "gone", "admin")
    log.tokens.revoke("gone")
    assert "token create" in clearway("serve", "--host", "0.0.0.0", "--port", "0", check=2).stderr  # noqa: S104


@pytest.mark.slow
def test_others_are_served_with_a_token(log, give, serving):
    token = give("viewer")
    server = serving("--host", "0.0.0.0")  # noqa: S104 - what it is about
    assert server.ask("/coverage")[0] == 401
    assert server.ask("/coverage", Authorization=f"Bearer {token}")[0] == 200
    assert "Every request needs a token" in server.end()


@pytest.mark.slow
def test_every_worker_follows_the_tokens_at_once(log, data, clearway, serving):
    server = serving("--workers", "2")
    assert server.ask("/coverage")[0] == 200
    token = clearway("token", "create", "--name", "t", "--role", "viewer", check=0).stdout.strip()
    assert {server.ask("/coverage")[0] for _ in range(12)} == {401}
    assert {server.ask("/coverage", X_API_Key=token)[0] for _ in range(12)} == {200}
    clearway("token", "revoke", "t", check=0)
    assert {server.ask("/coverage", X_API_Key=token)[0] for _ in range(12)} == {401}
    assert {server.ask("/coverage")[0] for _ in range(12)} == {401}
    assert "one person" in server.end()


@pytest.mark.slow
def test_a_body_without_end_is_cut_off(log, give, serving):
    log.set_setting("max_upload_mb", 1)
    token = give("editor")
    server = serving()
    head = f"POST /changesets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 100_000
    chunk = f"{len(part):x}\r\n".encode() + part + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(head.encode())
        raw.settimeout(0.02)
        answer = b""
        while not answer and sent < 10_000:
            try:
                raw.sendall(chunk)
                sent += 1
                answer = raw.recv(10_000)
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert sent < 10_000
    assert b" 413 " in answer.splitlines()[0]
    assert server.ask("/healthz")[0] == 200


STRANGE = [
    {"host": "evil.example"},
    {"host": "evil.example:8000"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "127.0.0.1@evil.example"},
    {"host": "evil.example@127.0.0.1, evil.example"},
    {"host": "192.0.2.1"},
    {"host": "0.0.0.0"},  # noqa: S104 - bait
    {"host": ""},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1"},
    {"via": "1.1 proxy"},
]


@pytest.mark.parametrize("headers", STRANGE)
def test_a_service_that_runs_open_answers_this_machine_alone(log, visit, headers):
    client = visit(on=create_app(log, local=True))
    assert client.get("/collections/hazards/items").status_code == 200
    assert client.get("/collections/hazards/items", headers=headers).status_code == 403
    assert client.post("/changesets/1/approve", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.3.2.1:1", "[::1]:8000", "LOCALHOST"])
def test_and_by_every_name_of_it(log, visit, host):
    client = visit(on=create_app(log, local=True))
    assert client.get("/coverage", headers={"host": host}).status_code == 200


def test_another_machine_is_refused_whatever_it_says(log, visit):
    client = visit(on=create_app(log, local=True))
    client._transport.client = ("192.0.2.7", 1)
    assert client.get("/coverage").status_code == 403


SITES = [
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"origin": "https://evil.example"}, False),
    ({"origin": "http://127.0.0.1:9999"}, False),
    ({"origin": "null"}, False),
    ({"origin": "http://127.0.0.1:8000"}, True),
    ({"origin": "https://evil.example", "sec-fetch-site": "same-origin"}, True),
    ({}, True),
]


@pytest.mark.parametrize(("headers", "taken"), SITES)
def test_another_sites_page_changes_nothing(log, visit, give, upload, headers, taken):
    import base64

    client = visit(on=create_app(log, local=True), **{name.replace("-", "_"): value for name, value in headers.items()})
    assert upload(client).status_code == (201 if taken else 403)
    assert client.get("/coverage").status_code == 200
    # A browser sends Basic by itself as well; a header of a program it does not.
    token = give("editor")
    given = {name.replace("-", "_"): value for name, value in headers.items()}
    basic = base64.b64encode(f"ann:{token}".encode()).decode()
    assert upload(visit(Authorization=f"Basic {basic}", **given)).status_code == (201 if taken else 403)
    assert upload(visit(token, **given)).status_code == 201


@pytest.mark.parametrize(
    ("host", "own"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("[::1]", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
     ("localhost.evil.example", False), ("", False), ("10.0.0.1", False), ("2130706433", False)],
)  # fmt: skip
def test_what_is_this_machine(host, own):
    assert is_loopback(host) is own
