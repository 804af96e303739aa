"""The map in a real browser: every hazard drawn, nothing asked of another host, text that stays text."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import orjson
import pytest
import uvicorn
from shapely.geometry import LineString, Point, box, mapping

from geo_service import balance
from geo_service.access import tokens
from geo_service.app import create_app
from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.maps.figure import Fixed, OfflineFigure, OfflineMap, RemoteAddress
from geo_service.maps.overview import overview
from geo_service.settings import Settings
from geo_service.situations import situation
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from tests.clients.browser import page_of, until

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror='window.pwned=1'>",
    "${window.pwned=1}",
    "`${window.pwned=1}`",
    "</script><script>window.pwned=1</script>",
    "javascript:window.pwned=1",
    "<svg onload=window.pwned=1>",
    "{{ 7*7 }}{% for x in [] %}",
    "' onmouseover='window.pwned=1",
    "\u2028</textarea><!--",
)


def load(log, layer, rows):
    content = orjson.dumps({"type": "FeatureCollection", "features": rows})
    received = receive(log, Snapshots(log), Upload(layer, content, "a.geojson", "test"), utc_now)
    assert received.draft.rejected == 0, received.draft.problems


def feature(shape, identifier, **properties):
    return {"type": "Feature", "id": identifier, "geometry": mapping(shape), "properties": properties}


def fill(log, text="plain", hazards=40):
    """Records of every kind, each text field holding `text`; of several texts, records for each."""
    texts = (text,) if isinstance(text, str) else text
    for layer in ("districts", "hazards", "releases", "surveys", "incidents", "spots", "settlements", "roads"):
        load(log, layer, [row for one in texts for row in rows_of(layer, one, hazards)])


def rows_of(layer, text, hazards):
    """What `fill` records of a layer for one text."""
    if layer == "districts":
        named = {"name": text, "aliases": [text], "code": text, "note": text, "source": text}
        return [feature(box(46, 39, 46.5, 39.5), f"D {text}", **named)]
    if layer == "hazards":
        rows = []
        for k in range(hazards):
            x, y = 46.02 + (k % 8) * 0.05, 39.02 + (k // 8) * 0.05
            status = ("open", "worked_on", "suspended")[k % 3]
            rows.append(
                feature(box(x, y, x + 0.02, y + 0.02), f"H{k} {text}", classification=("SHA", "CHA")[k % 2], opened_on="2020-01-01",
                        status=status, evidence=text, note=text, source=text, unknown_column=text)
            )  # fmt: skip
        return rows
    if layer == "releases":
        release = {
            "completed_on": "2021-01-01",
            "method": text,
            "organisation": text,
            "certificate": text,
            "note": text,
        }
        return [
            feature(box(46.02, 39.02, 46.04, 39.04), f"R1 {text}", product="cleared", qc_status="passed", qc_on="2021-01-02",
                    handed_over_on="2021-02-01", depth_cm=20, **release),
            feature(box(46.07, 39.02, 46.09, 39.04), f"R2 {text}", product="cancelled", **release),
            feature(box(46.12, 39.02, 46.14, 39.04), f"R3 {text}", product="cleared", **release),
        ]  # fmt: skip
    return {
        "surveys": [feature(box(46.4, 39.4, 46.45, 39.45), f"S {text}", surveyed_on="2021-01-01", method=text, organisation=text)],
        "incidents": [feature(Point(46.03, 39.03), f"I {text}", kind="accident", occurred_on="2021-06-01", activity=text)],
        "spots": [feature(Point(46.2, 39.2), f"P {text}", found_on="2021-06-01", note=text)],
        "settlements": [feature(Point(46.3, 39.3), f"V {text}", name=text, aliases=[text])],
        "roads": [feature(LineString([(46, 39), (46.5, 39.5)]), f"W {text}", **{"class": text}, name=text, surface=text)],
    }[layer]  # fmt: skip


@pytest.fixture
def log(tmp_path):
    one = open_store(tmp_path / "data", create=True)
    yield one
    one.close()


@contextmanager
def serving(log):
    """Serve a store on a free port; answers the address."""
    sock = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(log, local=True), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    sock.close()


@pytest.fixture
def served(log):
    """The address of a service over the store."""
    with serving(log) as address:
        yield address


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """The address of a service over a filled store, for all tests of a module that only look."""
    with open_store(tmp_path_factory.mktemp("standing") / "data", create=True) as log:
        fill(log)
        before = log.head(), log.changesets()
        with serving(log) as address:
            yield address
        assert (log.head(), log.changesets()) == before


def shown(log):
    return situation(balance.view(Snapshots(log), Settings(), utc_now), Settings())


HAZARDS = "window.clearway.first().tiles.hazards()"
"""How many hazards the tiles on the screen show."""


@pytest.mark.browser
def test_every_hazard_is_drawn_at_every_zoom_and_nothing_leaves_the_host(log, served):
    fill(log, hazards=120)
    with page_of(served) as (page, seen):
        assert page.evaluate(HAZARDS) == 120
        assert "No recorded hazard is not absence of hazard" in page.locator("#notice").inner_text()
        page.mouse.move(500, 400)
        assert page.locator(".cw-cursor").inner_text().startswith("38S ")
        assert page.locator(".leaflet-control-scale").count() == 1
        for zoom in (6, 8, 9, 10):
            page.evaluate(f"window.clearway.map.setView([39.35, 46.22], {zoom}, {{ animate: false }})")
            until(page, "!window.clearway.loading()")
            assert page.evaluate(HAZARDS) == 120, zoom
    assert seen.complaints == []
    assert all(address.startswith((served, "data:")) for address in seen.requests), seen.requests


@pytest.mark.browser
def test_the_public_map_draws_every_hazard_and_no_point(log, served):
    fill(log)
    log.set_setting("public_access", value=True)
    tokens.create(log.tokens, utc_now, "somebody", "viewer")
    with page_of(served) as (page, seen):
        assert page.evaluate(HAZARDS) == 40
        assert page.locator("#legend input").evaluate_all("all => all.map((one) => one.dataset.layer).sort()") == [
            "districts",
            "hazards",
        ]
        assert page.locator("#changes").count() == 0
        assert "drawn outward" in page.locator("#notice").inner_text()
    assert seen.complaints == []


@pytest.mark.browser
def test_one_file_opens_without_any_host(log, tmp_path):
    fill(log)
    path = tmp_path / "map.html"
    path.write_text(overview(shown(log), mode="embedded"), encoding="utf-8")
    with page_of(path.as_uri()) as (page, seen):
        assert page.evaluate("window.clearway.counts.hazards") == 40
    assert seen.complaints == []
    assert [address for address in seen.requests if not address.startswith(("file:", "data:"))] == []


POPUPS = """() => {
    const told = [], { map } = window.clearway;
    const layers = [];
    map.eachLayer((layer) => layer.getPopup && layer.getPopup() && layers.push(layer));
    for (const layer of layers) {
        layer.openPopup();
        const box = layer.getPopup().getElement();
        told.push([box.textContent, box.querySelectorAll("script, img, svg:not(.leaflet-zoom-animated), textarea").length]);
    }
    return told;
}"""
"""Open one popup after another and read each while it is the open one: what it says, and what elements it has that no popup has."""


@pytest.mark.browser
def test_text_of_records_stays_text_in_the_file(log, tmp_path):
    fill(log, PAYLOADS, hazards=3)
    path = tmp_path / "map.html"
    path.write_text(overview(shown(log), mode="embedded"), encoding="utf-8")
    # The file carries no policy that would stop a script: only our own care does.
    with page_of(path.as_uri()) as (page, seen):
        told = page.evaluate(POPUPS)
        for payload in PAYLOADS:
            # Hazards, releases in effect, a survey, an incident, a spot, a road: each says the payload as it was written.
            assert sum(payload.strip() in text for text, _ in told) >= 8, (payload, len(told))
        assert {strange for _, strange in told} == {0}
        # By mouse too: whatever is clicked opens.
        page.locator(".leaflet-interactive").first.dispatch_event("click")
        page.wait_for_timeout(200)  # whatever a popup could start has started
        assert page.evaluate("window.pwned") is None
    assert seen.dialogs == []
    assert seen.complaints == []


@pytest.mark.browser
def test_text_of_records_stays_text_on_the_page(log, served):
    payload = " ".join(PAYLOADS)
    fill(log, payload, hazards=3)
    with page_of(f"{served}/?zoom=11.5&centre=39.25,46.25") as (page, seen):
        # Names of settlements on the map, of districts in the table, of records in the list, and what popups say.
        assert page.locator(".cw-name span").first.text_content() == payload
        assert page.locator("#districts tbody button").first.text_content() == payload
        page.locator("#districts tbody button").first.click()
        assert payload.strip() in page.locator("#chosen").text_content()
        for zoom, centre in ((12, "[39.2, 46.2]"), (13, "[39.03, 46.08]"), (13, "[39.42, 46.42]")):
            page.evaluate(f"window.clearway.map.setView({centre}, {zoom}, {{ animate: false }})")
            until(page, "!window.clearway.loading()")
            page.wait_for_timeout(350)  # the list follows when the map rests
            until(page, "document.querySelector('#view button')")
            k = 0
            while k < page.locator("#view button").count():
                page.locator("#view button").nth(k).click()
                k += 1
                # The popup of before may still be fading.
                until(page, "[...document.querySelectorAll('.cw-popup')].pop()?.querySelector('table')")
                assert payload.strip() in page.locator(".cw-popup").last.text_content()
        page.fill("#search", "V ")
        until(page, "document.querySelector('#found li')")
        found = page.locator("#found").text_content()
        assert payload in found
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        assert page.evaluate("window.pwned") is None
    assert seen.dialogs == []
    assert seen.complaints == []


@pytest.mark.browser
def test_a_narrow_screen_shows_map_and_figures(standing):
    with page_of(standing, 390, 800) as (page, _):
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        assert page.locator(".folium-map").bounding_box()["height"] > 300
        assert page.locator(".cw-card").first.is_visible()


@pytest.mark.browser
def test_the_date_moves_the_map(standing):
    with page_of(standing + "/?as_of=2010-01-01") as (page, _):
        until(page, "!document.getElementById('gap').hidden")
        assert page.evaluate(HAZARDS) == 0
        assert "lies before the first record" in page.locator("#gap").inner_text()


def test_a_page_with_a_remote_address_is_never_made(log):
    for harm in ('<img src="https://example.org/x.png"/>', '<link rel="stylesheet" href="//example.org/x.css"/>',
                 "<style>@import 'x.css'</style>", "<style>a{background:url(http://example.org/a)}</style>"):  # fmt: skip
        figure = OfflineFigure("linked")
        figure.add_child(OfflineMap(tiles=None))
        figure.html.add_child(Fixed(harm))
        with pytest.raises(RemoteAddress):
            figure.render()
    figure = OfflineFigure("linked")
    figure.add_child(OfflineMap())  # Folium's default tiles
    with pytest.raises(RemoteAddress):
        figure.render()


def test_the_data_of_a_page_cannot_end_its_script(log):
    fill(log, "</script><script>alert(1)</script>", hazards=1)
    page = overview(shown(log), mode="linked", nonce="abc")
    assert "</script><script>alert(1)" not in page
    data = page.split('id="clearway-data">')[1].split("</script>")[0]
    assert len(json.loads(data)["layers"]["hazards"]) == 1


def test_what_is_proven_later_is_not_shown_as_proven_yet(log):
    load(log, "districts", [feature(box(46, 39, 46.5, 39.5), "D", name="D")])
    line = LineString([(46, 39), (46.5, 39.5)])
    verified = {"eo_status": "verified", "eo_as_of": "2022-01-01", "expires_on": "2023-01-01"}
    load(log, "roads", [feature(line, "W", **verified)])
    load(log, "surveys", [feature(box(46, 39, 46.1, 39.1), "S", surveyed_on="2022-01-01", valid_from="2021-01-01")])
    passed = {"product": "cleared", "completed_on": "2021-01-01", "qc_status": "passed", "qc_on": "2022-01-01"}
    load(log, "releases", [feature(box(46, 39, 46.1, 39.1), "R", handed_over_on="2022-02-01", **passed)])

    def at(day):
        frames = situation(balance.view(Snapshots(log), Settings(), utc_now, day), Settings()).frames
        release = frames["releases"].iloc[0]
        return (frames["roads"]["eo_status"].iloc[0], len(frames["surveys"]), bool(release["in_effect"]),
                bool(release["handed_over"]))  # fmt: skip

    assert at("2021-06-01") == ("not_assessed", 0, False, False)
    assert at("2022-06-01") == ("verified", 1, True, True)
    assert at("2023-06-01") == ("not_assessed", 1, True, True)
