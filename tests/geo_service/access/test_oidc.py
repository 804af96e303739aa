"""Bearer tokens of an identity provider: real keys, a real server that publishes them."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from contextlib import contextmanager

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from geo_service.access.oidc import BadBearer, IdentityProvider, Unavailable, role_of
from geo_service.access.principals import Role
from geo_service.access.settings import AccessSettings

ISSUER, AUDIENCE = "https://id.example/realms/centre", "clearway"


class Provider:
    """An identity provider: its keys, and the server that publishes them."""

    def __init__(self):
        self.keys, self.asked, self.broken = {}, 0, False
        self.add("rsa", rsa.generate_private_key(65537, 2048))
        self.add("ec", ec.generate_private_key(ec.SECP256R1()))

    def add(self, kid, key, **more):
        kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
        self.keys[kid] = (key, {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more})

    def published(self):
        return json.dumps({"keys": [public for _, public in self.keys.values()]}).encode()

    def sign(self, kid="rsa", key=None, alg=None, drop=(), header=None, **claims):
        key = key or self.keys[kid][0]
        alg = alg or ("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
        now = int(time.time())
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "roles": ["editor"],
            **claims,
        }
        return jwt.encode({k: v for k, v in body.items() if k not in drop}, key, alg, headers=header or {"kid": kid})


@contextmanager
def published(provider):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            provider.asked += 1
            body = provider.published()
            self.send_response(500 if provider.broken else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()
        thread.join()


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def address(provider):
    with published(provider) as where:
        yield where


@pytest.fixture
def trusting(log, address):
    """The register takes bearer tokens of the provider."""
    for name, value in (("issuer", ISSUER), ("audience", AUDIENCE), ("jwks", address)):
        log.set_setting(f"oidc_{name}", value)
    return log


def settings(jwks, **more):
    return AccessSettings(oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks=str(jwks), **more)


@pytest.mark.parametrize("kid", ["rsa", "ec"])
def test_a_bearer_token_of_the_provider_comes_in_with_its_role(trusting, provider, visit, upload, kid):
    client = visit(provider.sign(kid))
    assert upload(client).json()["author"] == "u-1"
    assert client.post("/changesets/1/approve").status_code == 403
    assert visit(provider.sign(kid, roles="viewer")).get("/coverage").status_code == 200
    assert visit().get("/coverage").status_code == 401
    assert provider.asked == 1


def wrong(provider):
    """Bearer tokens that must not be taken, and why."""
    now = int(time.time())
    stranger = rsa.generate_private_key(65537, 2048)
    head, body, _ = provider.sign().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"rsa"}').decode().rstrip("=")
    pem = (
        provider.keys["rsa"][0]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    confused = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"rsa"}').decode().rstrip("=")
    mac = hmac.new(pem, f"{confused}.{body}".encode(), hashlib.sha256).digest()
    forged = base64.urlsafe_b64encode(json.dumps({"sub": "admin", "roles": ["admin"]}).encode()).decode().rstrip("=")
    yield "expired", provider.sign(exp=now - 60)
    yield "not yet valid", provider.sign(nbf=now + 600)
    yield "issued later", provider.sign(iat=now + 600)
    yield "another issuer", provider.sign(iss="https://evil.example")
    yield "another audience", provider.sign(aud="other")
    yield "no audience", provider.sign(drop=["aud"])
    yield "no expiry", provider.sign(drop=["exp"])
    yield "no issuer", provider.sign(drop=["iss"])
    yield "nobody", provider.sign(drop=["sub"])
    yield "an empty name", provider.sign(sub="  ")
    yield "a stranger's key", provider.sign(key=stranger)
    yield "an unknown key", provider.sign(key=stranger, header={"kid": "other"})
    yield "no key id", provider.sign(header={"typ": "JWT"})
    yield "RS512", provider.sign(alg="RS512")
    yield "PS256", provider.sign(alg="PS256")
    yield "unsigned", f"{none}.{body}."
    yield "signed with the public key", f"{confused}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    yield "another body", f"{head}.{forged}.{provider.sign().split('.')[2]}"
    yield "RSA by the EC key's name", provider.sign(key=provider.keys["rsa"][0], header={"kid": "ec"})
    yield "no JSON", "eyJhbGciOi.x.y"
    yield "words", "not.a.token"


def test_wrong_bearer_tokens_are_401(trusting, provider, visit, upload):
    for why, text in wrong(provider):
        client = visit(text)
        assert client.get("/coverage").status_code == 401, why
        answer = upload(client)
        assert answer.status_code == 401, why
        assert text not in answer.text
    assert trusting.changesets() == []


def test_keys_for_other_uses_sign_nothing(provider, tmp_path):
    provider.add("enc", rsa.generate_private_key(65537, 2048), use="enc")
    provider.add("long", ec.generate_private_key(ec.SECP384R1()))
    (tmp_path / "keys").write_bytes(provider.published())
    found = IdentityProvider(settings(tmp_path / "keys"))
    assert found.principal(provider.sign("ec")).name == "u-1"
    with pytest.raises(BadBearer):
        found.principal(provider.sign("enc"))
    with pytest.raises(BadBearer):
        found.principal(provider.sign("long", alg="ES384"))


def test_who_has_no_role_is_told_so(trusting, provider, visit):
    for roles in ([], ["guest"], "", None, 5, {"viewer": 1}):
        answer = visit(provider.sign(roles=roles)).get("/coverage")
        assert answer.status_code == 403
        assert "no role" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("claims", "path", "role"),
    [
        ({"roles": ["viewer", "reviewer", "x"]}, "roles", Role.reviewer),
        ({"roles": "editor viewer"}, "roles", Role.editor),
        ({"roles": "administrator"}, "roles", Role.nobody),
        ({"realm_access": {"roles": ["admin"]}}, "realm_access.roles", Role.admin),
        ({"https://centre.example/roles": ["editor"]}, "https://centre.example/roles", Role.editor),
        ({"roles": ["public"]}, "roles", Role.nobody),
        ({"roles": [["admin"]]}, "roles", Role.nobody),
        ({"roles": "admin"}, "groups", Role.nobody),
        ({"realm_access": "admin"}, "realm_access.roles", Role.nobody),
        ({}, "", Role.nobody),
    ],
)
def test_the_role_is_the_highest_that_the_claim_names(claims, path, role):
    assert role_of(claims, path) is role


def test_a_new_key_is_fetched_when_it_is_first_used(provider, address):
    found = IdentityProvider(settings(address), cooldown_s=0)
    assert found.principal(provider.sign()).name == "u-1"
    provider.keys.clear()
    provider.add("new", rsa.generate_private_key(65537, 2048))
    assert found.principal(provider.sign("new", sub="u-2")).name == "u-2"
    assert provider.asked == 2


def test_unknown_keys_do_not_make_us_ask_again_and_again(provider, address):
    found = IdentityProvider(settings(address))
    stranger = rsa.generate_private_key(65537, 2048)
    for k in range(20):
        with pytest.raises(BadBearer):
            found.principal(provider.sign(key=stranger, header={"kid": f"k{k}"}))
    assert provider.asked == 1


def test_a_provider_that_fails_holds_nobody_up(provider, address):
    provider.broken = True
    found = IdentityProvider(settings(address))
    for _ in range(5):
        with pytest.raises(Unavailable):
            found.principal(provider.sign())
    assert provider.asked == 1


def test_keys_once_fetched_hold_while_the_provider_fails(provider, address):
    found = IdentityProvider(settings(address), cooldown_s=0)
    found.principal(provider.sign())
    provider.broken = True
    stranger = rsa.generate_private_key(65537, 2048)
    with pytest.raises(BadBearer):
        found.principal(provider.sign(key=stranger, header={"kid": "other"}))
    assert found.principal(provider.sign()).name == "u-1"


def test_without_the_provider_tokens_still_come_in(trusting, provider, visit, give):
    provider.broken = True
    answer = visit(provider.sign()).get("/coverage")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert visit(give("viewer")).get("/coverage").status_code == 200


def test_keys_in_a_file_are_read_again_when_it_changes(provider, tmp_path):
    file = tmp_path / "keys.json"
    found = IdentityProvider(settings(file))
    with pytest.raises(Unavailable):
        found.principal(provider.sign())
    file.write_bytes(provider.published())
    assert found.principal(provider.sign("ec")).name == "u-1"
    provider.add("new", rsa.generate_private_key(65537, 2048))
    file.write_bytes(provider.published())
    assert found.principal(provider.sign("new")).name == "u-1"
    file.write_bytes(b"{")
    with pytest.raises(Unavailable):
        found.principal(provider.sign())


def test_other_claims_name_the_person_and_the_role(provider, address):
    chosen = settings(address, oidc_name_claim="email", oidc_roles_claim="realm_access.roles")
    text = provider.sign(email="ann@centre.example", realm_access={"roles": ["reviewer"]})
    principal = IdentityProvider(chosen).principal(text)
    assert (principal.name, principal.role) == ("ann@centre.example", Role.reviewer)


def test_a_person_with_a_token_and_an_account_is_one_person(trusting, provider, visit, give, upload):
    trusting.set_setting("review", value=True)
    assert upload(visit(provider.sign(sub="ann"))).json()["state"] == "submitted"
    assert visit(give("reviewer", "t", owner="Ann")).post("/changesets/1/approve").status_code == 403
    assert visit(provider.sign(sub="ann", roles="admin")).post("/changesets/1/approve").status_code == 403
    assert visit(provider.sign(sub="ben", roles="reviewer")).post("/changesets/1/approve").status_code == 200


def test_a_provider_closes_a_service_that_would_run_open(trusting, visit):
    from geo_service.app import create_app

    assert visit(on=create_app(trusting, local=True)).get("/coverage").status_code == 401


def test_a_provider_that_is_set_in_part_lets_nobody_in(log, provider, visit, give):
    log.set_setting("oidc_issuer", ISSUER)
    give("viewer")
    assert visit(provider.sign()).get("/coverage").status_code == 401
