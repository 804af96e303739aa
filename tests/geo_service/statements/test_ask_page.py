"""The page on which a statement is asked for, in a real browser: drawn on the map, asked by keys, refused in words."""

import socket
import threading
import time

import pytest
import uvicorn

from geo_service.app import create_app
from tests.clients.browser import browsing, until

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror='window.pwned=1'>"
LONG_MS = 180_000


@pytest.fixture(scope="module")
def address(centre):
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    app = create_app(centre.log, local=True, clock=centre.clock)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_parcel_is_drawn_and_a_settlement_asked_for_by_keys(address, centre):
    before = centre.count()
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/statements?lang=ru")
        page.set_default_timeout(LONG_MS)
        page.wait_for_selector("body[data-ready]")
        assert page.get_attribute("html", "lang") == "ru"
        # Nothing to ask about yet: said in words, and nothing is sent.
        page.click("button[type=submit]")
        assert "углов" in page.inner_text("#trouble")
        page.locator("#draw").scroll_into_view_if_needed()
        box = page.locator("#draw").bounding_box()
        for x, y in ((0.4, 0.4), (0.6, 0.4), (0.55, 0.6)):
            page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
            page.wait_for_timeout(700)  # two quick clicks are one double click, which zooms
        assert len(page.input_value("#corners").splitlines()) == 3
        page.fill("#purpose", EVIL)
        page.click("button[type=submit]")
        page.wait_for_selector("#made:not([hidden])")
        assert page.inner_text("#made-title") == f"Справка № {before + 1}"
        assert page.locator("#made-findings li").count() >= 4
        assert page.get_attribute("#made-paper", "href") == f"/statements/{before + 1}?f=pdf"
        # By keys alone: another subject, which there is none of.
        page.focus("input[value=parcel]")
        page.keyboard.press("ArrowUp")
        assert page.is_visible("#settlement")
        assert not page.is_visible("#draw")
        page.focus("#settlement")
        page.keyboard.type("V-9")
        page.keyboard.press("Enter")
        page.wait_for_selector("#trouble:not([hidden])")
        until(page, "document.activeElement.id === 'trouble'", seen)
        assert "V-9" in page.inner_text("#trouble")
        page.goto(f"{address}/statements/{before + 1}?f=html")
        assert EVIL in page.inner_text("main")
        assert page.evaluate("window.pwned") is None
        # A refusal is an answer of the service, and the browser tells of it.
        assert [one for one in seen.complaints if "422" not in one] == []
        assert seen.dialogs == []
        assert [one for one in seen.requests if not one.startswith((address, "data:", "blob:"))] == []
    assert centre.count() == before + 1
