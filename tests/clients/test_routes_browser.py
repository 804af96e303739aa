"""The page of routes in a real browser: a way asked for, looked at and carried along; text that stays text."""

import json
import socket
import threading
import time

import pytest
import uvicorn

from geo_service.app import create_app
from geo_service.demo import write
from geo_service.store import open_store
from tests.clients.browser import browsing

pytestmark = pytest.mark.browser

PAYLOAD = "</script><img src=x onerror='window.pwned=1'>${window.pwned=1}{{ 7*7 }}"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A small demonstration area, served; a settlement and a road have a payload for a name."""
    data = tmp_path_factory.mktemp("demo")
    write(data, seed=3, hazards=120, area_km2=1_600.0, progress=lambda done, of: None)
    log = open_store(data)
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(log, local=True), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    log.close()


@pytest.fixture(scope="module")
def ends(address):
    """A settlement that is reached, and from where."""
    import urllib.request

    with urllib.request.urlopen(f"{address}/access") as answer:  # noqa: S310 - our own address
        rows = json.loads(answer.read())["settlements"]
    row = max((row for row in rows if row["reached"]), key=lambda row: row["length_m"])
    barred = next((row for row in rows if not row["reached"]), None)
    return row, barred


def quiet(seen, address):
    assert seen.complaints == []
    assert seen.dialogs == []
    assert [one for one in seen.requests if not one.startswith((address, "data:", "blob:"))] == []


def test_a_way_is_asked_for_and_looked_at(address, ends):
    row, _ = ends
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/routes")
        page.wait_for_selector("body[data-ready]")
        page.fill("#from", row["site"])
        page.fill("#to", row["settlement"])
        page.click("text=Look for a way")
        page.wait_for_selector("[data-route]")
        page.wait_for_selector("body[data-ready]")
        assert "insufficient information" in page.inner_text(".cw-way h3")
        assert page.locator(".cw-strip rect").count() > 1
        assert page.inner_text("#notice").count("Do not enter suspected or confirmed hazardous areas") == 1
        ways = page.evaluate("window.clearway.ways.length")
        assert page.locator("[data-route]").count() == ways
        if ways > 1:
            page.click("[data-show='1']")
            assert page.locator(".cw-chosen").get_attribute("data-route") == "1"
        quiet(seen, address)


def test_files_are_refused_until_confirmed(address, ends):
    row, _ = ends
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/routes?from={row['site']}&to={row['settlement']}")
        page.wait_for_selector("body[data-ready]")
        refused = page.request.get(f"{address}/maps/routes/gpx?from={row['site']}&to={row['settlement']}")
        assert refused.status == 409
        assert "confirm=unsurveyed" in refused.json()["detail"]
        quiet(seen, address)


def test_what_bars_the_way_is_named(address, ends):
    _, barred = ends
    if barred is None:
        pytest.fail("the demonstration area has no settlement that is cut off")
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/routes?from={barred['site']}&to={barred['settlement']}")
        page.wait_for_selector("body[data-ready]")
        said = page.inner_text("[role=alert]")
        assert "No route" in said
        in_the_way = [*barred["hazards"], *(one.partition("/")[2] for one in barred["points"])]
        assert any(one in said for one in in_the_way), (said, in_the_way)
        quiet(seen, address)


def test_the_map_sets_the_places_and_keys_do_all(address):
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/routes", width=390, height=844)
        page.wait_for_selector("body[data-ready]")
        box = page.locator(".folium-map").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
        page.wait_for_function("document.getElementById('from').value !== ''")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.focus("#from")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "to"
        quiet(seen, address)


def test_what_was_typed_stays_text(address, ends):
    row, _ = ends
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/routes")
        page.wait_for_selector("body[data-ready]")
        page.fill("#from", PAYLOAD)
        page.fill("#to", row["settlement"])
        page.click("text=Look for a way")
        page.wait_for_selector("[role=alert]")
        assert page.evaluate("window.pwned") is None
        assert page.input_value("#from") == PAYLOAD
        quiet(seen, address)
