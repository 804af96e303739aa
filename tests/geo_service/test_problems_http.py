"""An error as a page for whoever looks in a browser, as a problem document for every program; the same status in both."""

import re
from html import unescape

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings, strategies

from geo_service.access import tokens
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.problems import is_read
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.languages import LANGUAGES, words
from geo_service.maps.problems import NAMED, PARTS
from geo_service.store import open_store

KINDS = ("sqlite",)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PAYLOAD = "<script>window.pwned=1</script><img src=x onerror=alert(1)>"
LARGE = b"x" * 1_000_001

ASKED = {
    # status: how it comes about
    400: ("GET", "/collections/hazards/items", {"params": {"no_such": PAYLOAD}}),
    401: ("GET", "/maps/review", {"who": None}),
    403: ("GET", "/maps/upload", {"who": "viewer"}),
    404: ("GET", f"/maps/{PAYLOAD.replace('/', '')}", {}),
    405: ("DELETE", "/coverage", {}),
    413: ("POST", "/routes", {"content": LARGE, "headers": {"content-type": "application/json"}}),
    415: ("POST", "/collections/hazards/items", {}),
    422: ("GET", "/coverage", {"params": {"as_of": PAYLOAD}}),
    500: ("GET", "/broken", {}),
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """Ask the service as somebody: (who, method, address, more) -> the answer."""
    log = open_store(tmp_path_factory.mktemp("problems") / "data", create=True)
    log.set_setting("max_body_mb", 1)
    app = create_app(log)
    broken = APIRouter()

    @broken.get("/broken", dependencies=[requires(Role.nobody)])
    def fail():
        raise RuntimeError("/srv/secret.sqlite: SELECT * FROM tokens")

    app.include_router(broken)
    known = {role: tokens.create(log.tokens, utc_now, role, role)[1] for role in ("viewer", "editor")}

    def ask(method, address, *, who="editor", headers=None, **more):
        shown = {"X-API-Key": known[who]} if who else {}
        # Each is like a browser of its own: no language is remembered.
        client = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        return client.request(method, address, headers={**shown, **(headers or {})}, **more)

    yield ask
    log.close()


def spoken(language, status, what):
    return words(language, *PARTS)[f"problem_{status}_{what}"]


@pytest.mark.parametrize("status", ASKED)
def test_a_browser_reads_a_page_and_a_program_a_problem_document(asking, status):
    method, address, more = ASKED[status]
    headers = more.get("headers", {})
    told = asking(method, address, **{**more, "headers": {**headers, "Accept": "*/*"}})
    assert told.status_code == status
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["status"] == status
    shown = asking(method, address, **{**more, "headers": {**headers, "Accept": BROWSER}})
    assert shown.status_code == status
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "no-store" in shown.headers["cache-control"]
    assert "Accept" in shown.headers["vary"]
    assert "Accept" in told.headers["vary"]
    page = shown.text
    # Nothing of what was sent is markup, nothing runs, nothing of the inside leaves.
    assert re.findall(r"<script|<img|onerror=alert(?!\(1\)&gt;)", page) == []
    assert [one for one in ("Traceback", "secret.sqlite", "SELECT") if one in page + told.text] == []
    seen = unescape(page)
    assert told.json()["detail"] in seen
    assert spoken("en", status, "title") in seen
    assert spoken("en", status, "next") in seen
    for name in ("www-authenticate", "allow", "retry-after"):
        assert shown.headers.get(name) == told.headers.get(name)


@pytest.mark.parametrize("language", ["az", "ru"])
def test_the_page_is_in_the_language_and_leads_to_the_others(asking, language):
    for headers, query in (({"Accept-Language": f"{language}-XX,en;q=0.5"}, ""), ({}, f"lang={language}&")):
        answer = asking("GET", f"/coverage?{query}as_of=never&f=html", headers={"Accept": BROWSER, **headers})
        page = unescape(answer.text)
        assert f'<html lang="{language}">' in page
        assert spoken(language, 422, "title") in page
        assert spoken(language, 422, "next") in page
        assert f'<span lang="en">{answer_detail(asking)}</span>' in page
        for other in LANGUAGES:
            assert f'href="?as_of=never&f=html&lang={other}"' in page
    # What was sent once may not be sent again by a link.
    assert 'class="cw-languages"' not in asking("DELETE", "/coverage", headers={"Accept": BROWSER}).text


def answer_detail(asking):
    return asking("GET", "/coverage?as_of=never&f=html").json()["detail"]


def test_a_page_of_an_error_leads_to_where_one_signs_in(asking):
    assert 'href="/login"' in asking("GET", "/maps/review", who=None, headers={"Accept": BROWSER}).text
    assert 'href="/login"' not in asking("GET", "/maps/none", headers={"Accept": BROWSER}).text


def test_an_address_of_json_stays_a_document_in_a_browser(asking):
    for address in ("/coverage?as_of=never&f=json", "/collections/hazards/items?no_such=1&f=geojson"):
        assert asking("GET", address, headers={"Accept": BROWSER}).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html, */*;q=0.1", True),
        ("text/html;q=0.9, application/json;q=0.5", True),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("application/geo+json, application/json;q=0.9, */*;q=0.8", False),
        ("text/html;q=0.1, application/json", False),
        ("application/problem+json, text/html;q=0.5", False),
        ("text/html;q=0", False),
        ("image/png", False),
    ],
)
def test_a_page_is_for_those_who_would_rather_read_one(accept, page):
    assert is_read(accept, None) is page
    assert is_read(accept, "json") is False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(accept=strategies.text(strategies.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60))
def test_any_header_is_answered(accept):
    assert is_read(accept, None) in {True, False}


def test_every_language_says_every_error():
    said = {one: words(one, *PARTS) for one in LANGUAGES}
    assert said["az"].keys() == said["en"].keys() == said["ru"].keys()
    for language, catalogue in said.items():
        own = {key: text for key, text in catalogue.items() if key.startswith("problem_")}
        assert all(text.strip() for text in own.values())
        assert [key for key, text in own.items() if re.search(r"\bsafe|təhlükəsiz|безопасн", text, re.IGNORECASE)] == []
        for code in NAMED:
            assert own[f"problem_{code}_title"], language
            assert own[f"problem_{code}_next"], language
