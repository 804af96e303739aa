"""Routes and access in a real browser: places by their Cyrillic names, a way looked at and printed, by keyboard, on a phone."""

import json
import re
import socket
import threading
import time
import urllib.request
from pathlib import Path

import pypdfium2
import pytest
import uvicorn

from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.clock import utc_now
from geo_service.demo import write
from geo_service.store import open_store
from tests.clients.browser import browsing, until

pytestmark = pytest.mark.browser

PAYLOAD = "</script><img src=x onerror='window.pwned=1'>${window.pwned=1}{{ 7*7 }}"
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
READY = "window.clearway && window.clearway.ready && window.clearway.loaded"
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A small demonstration area, served: its address and its store."""
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
    yield f"http://127.0.0.1:{port}", log
    server.should_exit = True
    thread.join()
    log.close()


@pytest.fixture(scope="module")
def address(served):
    return served[0]


def asked(address, path):
    with urllib.request.urlopen(f"{address}{path}") as answer:  # noqa: S310 - our own address
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def rows(address):
    """The settlements with how they are reached."""
    return asked(address, "/access")["settlements"]


@pytest.fixture(scope="module")
def cyrillic(address):
    """The Cyrillic name of each settlement, by id."""
    found = asked(address, "/collections/settlements/items?limit=1000&f=json")["features"]
    names = {one["id"]: [name for name in one["properties"]["aliases"] if re.search("[а-яё]", name)] for one in found}
    return {id_: some[0] for id_, some in names.items() if some}


@pytest.fixture(scope="module")
def opened(address):
    """One browser for all; each page in a context of its own, checked at the end for what it asked of others and said."""
    pages = []
    with browsing() as opening:

        def at(path, **look):
            page, seen = opening(f"{address}{path}", **look)
            page.set_default_timeout(90_000)
            until(page, READY, seen, seconds=120)
            pages.append((page, seen))
            at.last = seen
            return page

        yield at
        for _, seen in pages:
            assert seen.complaints == []
            assert seen.dialogs == []
            assert [one for one in seen.requests if not one.startswith((address, "data:", "blob:"))] == []


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        "(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"
        ".then((all) => all.violations.map((one) => [one.id, one.nodes.map((node) => node.target.join(' '))]))",
        RULES,
    )


def search(page, field, text):
    """Type a name and take the first that is found, by keys alone."""
    page.focus(f"#{field}")
    page.keyboard.type(text)
    until(page, f"!document.getElementById('{field}-found').hidden", seconds=60)
    page.keyboard.press("ArrowDown")
    assert page.get_attribute(f"#{field}", "aria-activedescendant") == f"{field}-found-0"
    page.keyboard.press("Enter")
    until(page, f"document.getElementById('{field}-found').hidden", seconds=60)


def downloaded(page, path):
    """Press Enter on what downloads a PDF; answers its sheets as text, and the first as a grey picture."""
    with page.expect_download(timeout=120_000) as download:
        page.keyboard.press("Enter")
    download.value.save_as(path)
    with pypdfium2.PdfDocument(path) as document:
        sheets = [" ".join(one.get_textpage().get_text_range().split()) for one in document]
        return sheets, document[0].render(scale=1).to_pil().convert("L")


def test_a_way_between_cyrillic_names_is_looked_at_and_printed_by_keyboard_alone(opened, rows, cyrillic, tmp_path):
    row = max(
        (
            row
            for row in rows
            if row["verdict"] == "insufficient_information" and {row["site"], row["settlement"]} <= cyrillic.keys()
        ),
        key=lambda row: row["length_m"],
    )
    page = opened("/maps/routes?lang=en")
    search(page, "from", cyrillic[row["site"]])
    search(page, "to", cyrillic[row["settlement"]])
    assert page.input_value("#to") == row["name"]
    assert page.locator(".cw-end-mark").count() == 2
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-route]:not([hidden])")
    until(page, READY, seconds=120)
    assert "Insufficient information" in page.inner_text(".cw-way:not([hidden]) h3")
    assert page.inner_text("#notice").count("Do not enter suspected or confirmed hazardous areas") == 1
    # The strip: every stretch is reached and said, and shown on the map.
    strip = page.locator("[data-strip='0']")
    parts = page.locator("[data-strip='0'] [data-part]")
    assert parts.count() == int(strip.get_attribute("aria-valuemax"))
    strip.focus()
    page.keyboard.press("End")
    assert strip.get_attribute("aria-valuenow") == str(parts.count())
    assert (
        strip.get_attribute("aria-valuetext") == page.inner_text("[data-at='0']") == parts.last.get_attribute("title")
    )
    page.keyboard.press("Home")
    assert page.inner_text("[data-at='0']").startswith("0 m to ")
    strip.hover(position={"x": strip.bounding_box()["width"] - 4, "y": 15})
    assert page.inner_text("[data-at='0']") == parts.last.get_attribute("title")
    # The last of the ways, and the page's address with it, in another language.
    last = page.locator("[data-show]").count() - 1
    page.locator(f"[data-show='{last}']").focus()
    page.keyboard.press("Enter")
    assert page.locator(f"[data-route='{last}']").is_visible()
    assert page.evaluate("window.clearway.chosen") == last
    assert ("way=" in page.url) == (last > 0)
    page.locator("[data-language='ru']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("html[lang=ru] [data-route]:not([hidden])")
    until(page, READY, seconds=120)
    assert page.evaluate("window.clearway.chosen") == last
    assert page.input_value("#to") == row["name"]
    assert "Недостаточно сведений" in page.inner_text(f"[data-route='{last}'] h3")
    assert violations(page) == []
    # Nothing to follow is handed out before it is confirmed.
    assert not page.evaluate("document.getElementById('take').checkValidity()")
    page.focus("#confirm")
    page.keyboard.press("Space")
    assert page.evaluate("document.getElementById('take').checkValidity()")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Печать (PDF)"
    sheets, picture = downloaded(page, tmp_path / "way.pdf")
    assert row["name"] in sheets[0]
    for text in (
        "Недостаточно сведений",
        "Məlumat yetərli deyil",
        "Do not enter suspected or confirmed hazardous areas",
    ):
        assert text in " ".join(sheets)
    dark, light = picture.getextrema()
    assert (dark < 60, light) == (True, 255)


def test_what_bars_the_way_is_named_shown_and_planned(opened, rows):
    barred = next(row for row in rows if row["reason"] == "ONLY_THROUGH_HAZARD" and row["hazards"])
    page = opened(f"/maps/routes?from={barred['site']}&to={barred['settlement']}&lang=en")
    said = page.inner_text(".cw-note[data-reason]")
    assert "No route" in said
    named = page.locator(".cw-named a").all_inner_texts()
    assert named
    page.locator("[data-go]").first.focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.cw-popup table') !== null", seconds=90)
    assert named[0] in page.inner_text(".cw-popup")
    page.check("[name=planning]")
    page.click("text=Look for a way")
    page.wait_for_selector("text=PLAN ONLY")
    until(page, READY, seconds=120)
    assert all(one in page.inner_text("[data-reason]") for one in barred["hazards"])
    assert page.locator("[formaction$='/pdf'], [formaction$='/gpx']").count() == 0


def test_the_map_sets_the_places_on_a_phone_and_what_was_typed_stays_text(opened, rows):
    page = opened("/maps/routes?lang=az", width=390, height=844)
    box = page.locator(".folium-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.4)
    until(page, "document.getElementById('from').value !== ''", seconds=60)
    assert page.get_attribute("[data-pick=to]", "aria-pressed") == "true"
    # Without a pointer: the button, then the map's middle.
    page.focus("[data-pick=to]")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    until(page, "document.getElementById('to').value !== ''", seconds=60)
    assert page.evaluate("document.activeElement.classList.contains('folium-map')") is False
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.fill("#from", PAYLOAD)
    page.fill("#to", rows[0]["settlement"])
    page.click("text=Yol axtar")
    page.wait_for_selector(".cw-note[role=alert]")
    until(page, READY, seconds=120)
    assert page.evaluate("window.pwned") is None
    assert page.input_value("#from") == PAYLOAD


def test_access_is_sorted_filtered_and_planned_by_keyboard_and_fits_a_phone(opened, rows):
    page = opened("/maps/access?lang=en")
    names = page.locator("#settlements tbody tr:not([hidden]) th")
    assert (
        names.count()
        == len(rows)
        == page.locator(".cw-settle").count()
        - page.evaluate("JSON.parse(document.getElementById('clearway-data').textContent).sites.length")
    )
    page.locator("[data-sort=waiting]").focus()
    page.keyboard.press("Enter")
    waiting = sorted(row["people_waiting"] for row in rows)
    shown = page.evaluate(
        "[...document.querySelectorAll('#settlements tbody tr')].map((row) => Number(row.dataset.byWaiting))"
    )
    assert shown == waiting
    page.keyboard.press("Enter")
    assert page.locator("#settlements th[aria-sort=descending]").count() == 1
    page.select_option("#filter", "barred")
    assert names.count() == sum(not row["reached"] for row in rows)
    names.locator("button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".cw-chosen-mark").count() == 1
    page.fill("#teams", "0")
    page.focus("#make")
    page.keyboard.press("Enter")
    assert page.inner_text("#planned") == ""
    page.fill("#teams", "6")
    page.fill("#time_limit_s", "1")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#planned tbody tr') !== null", seconds=120)
    assert "person-days of displacement under this plan" in page.inner_text("#plan-told")
    order = page.locator("#planned table").first
    assert set(order.locator("a").all_inner_texts()) <= {id_ for row in rows for id_ in row["hazards"]}
    assert "No order has less" in page.inner_text("#planned") or "Proven" in page.inner_text("#planned")
    assert page.locator(".cw-chart circle").count() > 1
    assert page.locator(".cw-settle b").count() >= 1
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("[data-language='ru']")
    page.wait_for_selector("html[lang=ru]")
    until(page, READY, seconds=120)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        "[...document.querySelectorAll('#panel button, #panel input, #panel select')].filter((one) => one.offsetParent"
        " && one.getBoundingClientRect().height < 16).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert small == []


def test_somebody_without_the_right_sees_why_there_is_no_plan(opened, served):
    log = served[1]
    token, secret = tokens.create(log.tokens, utc_now, "somebody", "viewer")
    page = opened("/maps/access?lang=ru", token=secret)
    # Their right ends after the page was opened.
    log.tokens.revoke(token.name)
    page.click("#make")
    until(page, "document.getElementById('plan-told').textContent.startsWith('У вас нет права на план: ')", seconds=90)
    assert len(page.inner_text("#plan-told")) > len("У вас нет права на план: 401")
    assert all("401" in one for one in opened.last.complaints)
    opened.last.complaints.clear()
