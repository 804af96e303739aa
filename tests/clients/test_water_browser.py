"""Surface water in a real browser: beneath roads and records, after the hazards, of the date and knowledge shown."""

import datetime as dt

import pytest
from shapely.geometry import LineString, box

from geo_service.store.snapshot import Snapshots
from geo_service.surroundings.receiving import receive_extract
from tests.clients.browser import browsing, until
from tests.clients.test_map_browser import feature, load, log, served  # noqa: F401 - fixtures
from tests.geo_service.surroundings.extracts import LAKE, written

pytestmark = pytest.mark.browser

THERE = """(() => { const all = [...document.querySelectorAll('.cw-water canvas')];
    return all.length > 0 && all.every((one) => one.clearway.complete); })()"""
DRAWN = "[...document.querySelectorAll('.cw-water canvas')].flatMap((one) => one.clearway.shapes).length"
COLOUR = """([lat, lon]) => {
    const map = window.clearway.map, at = map.latLngToContainerPoint([lat, lon]), box = map.getContainer().getBoundingClientRect();
    for (const one of document.querySelectorAll('.cw-water canvas')) {
        const seen = one.getBoundingClientRect(), x = box.x + at.x - seen.x, y = box.y + at.y - seen.y;
        if (x < 0 || y < 0 || x >= seen.width || y >= seen.height) continue;
        const scale = one.width / seen.width, copy = new OffscreenCanvas(1, 1).getContext('2d');
        copy.drawImage(one, -Math.floor(x * scale), -Math.floor(y * scale));
        return [...copy.getImageData(0, 0, 1, 1).data];
    }
    return null;
}"""
ORDER = "['.cw-water', '.cw-tiles'].map((one) => Math.min(...[...document.querySelectorAll(one)].map((at) => at.style.zIndex)))"


def test_water_lies_beneath_what_is_recorded_and_is_that_of_the_time_shown(log, served, tmp_path):  # noqa: F811
    load(log, "districts", [feature(box(45.9, 38.9, 46.3, 39.3), "D", name="D")])
    hazard = {"classification": "CHA", "opened_on": "2020-01-01"}
    load(log, "hazards", [feature(box(46.02, 39.0, 46.04, 39.02), "H", **hazard)])
    load(log, "roads", [feature(LineString([(46.0, 39.01), (46.06, 39.01)]), "R")])
    load(log, "settlements", [feature(box(46.05, 39.03, 46.051, 39.031), "S", name="S", kind="home")])
    before = log.head().recorded_at.isoformat()
    around = [(46.03, 39.01), (46.05, 39.01), (46.05, 39.03), (46.03, 39.03), (46.03, 39.01)]
    path = written(tmp_path / "a.osm.pbf", {}, ways={7: (around, LAKE)}, box=(45.9, 38.9, 46.3, 39.3))
    receive_extract(log, Snapshots(log), path, lambda: dt.datetime.now(dt.UTC), author="ana")
    with browsing() as opened:
        page, seen = opened("about:blank", width=1200, height=800)
        asked = []
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{served}/?zoom=13&centre=39.02,46.04")
        until(page, f"window.clearway && window.clearway.ready && {THERE}", seen)
        first = next(k for k, one in enumerate(asked) if "/maps/water/" in one)
        assert any("/collections/hazards/tiles/" in one for one in asked[:first])
        assert not any("/collections/hazards/tiles/" in one for one in asked[first:])
        assert page.evaluate(COLOUR, [39.025, 46.045]) == [0xCF, 0xE0, 0xE6, 255]
        assert page.evaluate(COLOUR, [39.005, 46.025])[3] == 0
        under, over = page.evaluate(ORDER)
        assert under < over
        assert "OpenStreetMap contributors" in page.inner_text(".leaflet-control-attribution")
        # The same water holds on another date: it is not asked for again, and lies there still.
        count = len([one for one in asked if "/maps/water/" in one])
        page.evaluate("window.clearway.change({ asOf: '2020-06-01' })")
        until(page, "window.clearway.waysThere() && !window.clearway.loading()", seen)
        assert len([one for one in asked if "/maps/water/" in one]) == count
        assert page.evaluate(DRAWN) > 0
        # What was known before it came has none.
        page.evaluate(f"window.clearway.change({{ knownAt: '{before}' }})")
        until(page, f"{THERE} && {DRAWN} === 0", seen)
        page.evaluate("window.clearway.change({ knownAt: '' })")
        until(page, f"{THERE} && {DRAWN} > 0", seen)
        page.locator('[data-layer="water"]').uncheck()
        until(page, "document.querySelectorAll('.cw-water').length === 0", seen)
        assert "OpenStreetMap" not in page.inner_text(".leaflet-control-attribution")
        assert seen.complaints == []

        # The page of return: roads by evidence, and none in the colour of something else.
        page, seen = opened(f"{served}/maps/returning?lang=az", width=1200, height=800)
        until(page, f"window.clearway && window.clearway.loaded && {THERE}", seen)
        assert "Çaylar və göllər" in page.inner_text("#legend")
        until(page, "document.querySelectorAll('.cw-tiles').length === 2", seen)
        # The records lie over the roads, and both over the water.
        tiles, order = "[...document.querySelectorAll('.cw-tiles')]", "getComputedStyle(one.parentElement).zIndex"
        assert page.evaluate(f"{tiles}.map((one) => {order}).sort()") == ["200", "300"]
        records = f"{tiles}.find((one) => {order} === '300')"
        layers = page.evaluate(
            f"[...{records}.querySelectorAll('canvas')].flatMap((one) => one.clearway.shapes.map((shape) => shape.layer))"
        )
        assert "hazards" in layers
        assert "roads" not in layers
        assert seen.complaints == []
