"""Behind a proxy: links right under its path, host and scheme; only a trusted proxy is believed."""

import pytest
from fastapi.testclient import TestClient

from geo_service.access import tokens
from geo_service.access.forwarded import networks
from geo_service.clock import utc_now

TOLD = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "maps.example.org", "X-Forwarded-Prefix": "/clearway"}


@pytest.fixture(scope="module")
def proxied(full):
    """A visitor with a token, through a proxy on this machine or from elsewhere; all of them read one register."""
    with full() as one:
        text = tokens.create(one.app.state.service.log.tokens, utc_now, "one", "viewer")[1]

        def client(address="127.0.0.1", **told):
            headers = {"Authorization": f"Bearer {text}"} | (TOLD | told)
            return TestClient(one.app, base_url="http://inside:8000", client=(address, 1), headers=headers)

        yield client


def addresses(body):
    if isinstance(body, dict):
        for name, value in body.items():
            if name in {"href", "$id"}:
                yield value
            else:
                yield from addresses(value)
    elif isinstance(body, list):
        for one in body:
            yield from addresses(one)


@pytest.mark.parametrize(
    "address",
    [
        "/?f=json",
        "/collections",
        "/collections/hazards",
        "/collections/hazards/items?limit=2",
        "/collections/hazards/items/H-001",
        "/collections/hazards/schema",
        "/collections/hazards/items/H-001/versions",
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_links_lead_through_the_proxy(proxied, address, kept):
    client = proxied()
    answer = client.get(("/clearway" if kept else "") + address)
    assert answer.status_code == 200, answer.text
    found = list(addresses(answer.json()))
    assert found
    assert all(one.startswith("https://maps.example.org/clearway/") for one in found)
    for one in found:
        if "f=" not in one.partition("?")[2]:
            assert client.get(one.removeprefix("https://maps.example.org")).status_code == 200


def test_a_stranger_is_not_believed(proxied):
    found = list(addresses(proxied("192.0.2.1").get("/collections").json()))
    assert all(one.startswith("http://inside:8000/collections") for one in found)


@pytest.mark.parametrize(
    "told",
    [
        {"X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Prefix": "/a b"},
        {"X-Forwarded-Host": 'a"b'},
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Host": "evil.example/x"},
    ],
)
def test_what_is_no_prefix_host_or_scheme_is_left_aside(proxied, told):
    text = proxied(**told).get("/collections/hazards").text
    assert not [value for value in told.values() if value in text]


def test_pages_lead_through_the_proxy(proxied):
    page = proxied().get("/collections/hazards/items", params={"f": "html", "limit": 2}).text
    assert 'href="/clearway/static/map.css"' in page
    assert 'href="/clearway/collections/hazards/items/H-000' in page


def test_networks_are_read_or_refused():
    assert [str(one) for one in networks("127.0.0.1, 10.0.0.0/8,::1")] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    with pytest.raises(ValueError, match="not appear to be"):
        networks("proxy.example")
