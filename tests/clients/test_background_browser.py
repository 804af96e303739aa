"""Backgrounds in a real browser: archives of pictures and of vector tiles from beside the store, and shaded relief."""

import random
import re

import geopandas as gpd
import pytest
from shapely.geometry import box

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.pages import RASTERS
from geo_service.app import create_app
from tests.clients.archives import along_the_curve, archive, plain
from tests.clients.browser import browsing, until
from tests.clients.test_map_browser import feature, load, log  # noqa: F401 - fixtures
from tests.clients.test_review_browser import serving

pytestmark = pytest.mark.browser

PIXEL = """async ([selector, lat, lon]) => {
    const map = window.clearway.map, at = map.latLngToContainerPoint([lat, lon]), box = map.getContainer().getBoundingClientRect();
    for (const one of document.querySelectorAll(selector)) {
        const seen = one.getBoundingClientRect(), x = box.x + at.x - seen.x, y = box.y + at.y - seen.y;
        if (x < 0 || y < 0 || x >= seen.width || y >= seen.height) continue;
        const scale = one.width / seen.width;
        const copy = new OffscreenCanvas(1, 1).getContext("2d");
        copy.drawImage(one, -Math.floor(x * scale), -Math.floor(y * scale));
        return [...copy.getImageData(0, 0, 1, 1).data];
    }
    return null;
}"""
CANVAS = "#map .cw-background canvas, .folium-map .cw-background canvas"


@pytest.fixture
def served(log):  # noqa: F811
    app = create_app(log, local=True)
    app.get(RASTERS, dependencies=[requires(Role.viewer)])(lambda: {"rasters": []})
    yield from serving(app)


def pixel(page, lat, lon):
    until(page, f"Boolean(document.querySelector('{CANVAS}'))")
    page.wait_for_timeout(500)
    return page.evaluate(PIXEL, [CANVAS, lat, lon])


def test_backgrounds_come_from_beside_the_store_and_from_nowhere_else(log, served):  # noqa: F811, PLR0915 - one walk
    load(log, "districts", [feature(box(46, 39, 46.5, 39.5), "D", name="D")])
    pictures = {
        (z, x, y): plain((40 * z, x * 60 % 256, y * 60 % 256))
        for z in range(5)
        for x in range(2**z)
        for y in range(2**z)
    }
    (log.folder / "pictures.pmtiles").write_bytes(archive(pictures, leaf=20))
    water = gpd.GeoDataFrame({"kind": ["lake"]}, geometry=[box(46, 39, 46.25, 39.5)], crs=4326)
    water.to_file(log.folder / "vectors.pmtiles", driver="PMTiles", layer="water", engine="pyogrio", MAXZOOM="8")
    with browsing() as opened:
        log.set_setting("basemap", {"pmtiles": "pictures.pmtiles", "attribution": "<b>Own</b> survey"})
        page, seen = opened(f"{served}/?zoom=4&centre=39.25,46.25")
        until(page, "window.clearway && window.clearway.ready")
        x, y = int((46.25 + 180) / 360 * 16), 6
        assert pixel(page, 39.25, 46.25)[:3] == [160, x * 60 % 256, y * 60 % 256]
        assert "<b>Own</b> survey" in page.inner_text(".leaflet-control-attribution")
        numbers = page.evaluate("""async (tiles) => {
            const { tileNumber } = await import("/static/overview/archive.js");
            return tiles.map(([z, x, y]) => tileNumber(z, x, y));
        }""", [[z, *at] for z in (0, 1, 2, 5) for at in along_the_curve(z)] + [[26, 2**26 - 1, 0]])  # fmt: skip
        below = {z: (4**z - 1) // 3 for z in (0, 1, 2, 5, 26)}
        assert numbers[:-1] == [below[z] + k for z in (0, 1, 2, 5) for k in range(4**z)]
        assert numbers[-1] == below[26] + 4**26 - 1
        asked = [[4, x, y] for x in range(16) for y in range(16)]
        asked = random.Random(2).sample(asked, 60)
        lengths = page.evaluate("""async (tiles) => {
            const { Archive } = await import("/static/overview/archive.js");
            const one = await new Archive("/maps/basemap.pmtiles").open();
            return Promise.all([...tiles, [5, 0, 0]].map(([z, x, y]) => one.tile(z, x, y).then((body) => body && [...new Uint8Array(body)])));
        }""", asked)  # fmt: skip
        assert lengths.pop() is None
        assert [bytes(one) for one in lengths] == [pictures[tuple(one)] for one in asked]
        page.locator('[data-layer="background"]').uncheck()
        until(page, "!document.querySelector('.cw-background')")
        assert "survey" not in page.inner_text(".leaflet-control-attribution")
        assert "layers=" in page.url or page.wait_for_timeout(400) is None
        assert seen.complaints == []
        assert all(one.startswith((served, "data:", "blob:")) for one in seen.requests)

        log.set_setting("basemap", {"pmtiles": "vectors.pmtiles"})
        page, seen = opened(f"{served}/?zoom=9&centre=39.25,46.25&compare=2020-01-01")
        until(page, "window.clearway && window.clearway.ready")
        wet, dry = pixel(page, 39.25, 46.1), pixel(page, 39.25, 46.4)
        assert wet[2] > wet[0] + 10
        assert dry[3] == 0
        until(page, "document.querySelectorAll('#second .cw-background canvas').length > 0")
        # Over-zoomed beyond what the archive holds, the same lies there.
        page.evaluate("window.clearway.map.setView([39.25, 46.25], 13, { animate: false })")
        until(page, "!window.clearway.loading()")
        assert pixel(page, 39.25, 46.249)[2] > pixel(page, 39.25, 46.249)[0] + 10
        assert seen.complaints == []

        (log.folder / "vectors.pmtiles").unlink()
        page, seen = opened(served)
        until(page, "document.querySelector('[data-under=background]')?.textContent")
        assert "drawn whole" in page.inner_text("[data-under=background]")
        assert page.locator("#trouble").is_hidden()
        assert all("404" in one for one in seen.complaints)

        # The other service's part is made up here: which rasters there are, and their pictures.
        log.set_setting("basemap", None)
        there = [None]
        for rasters in ([{"name": "dem 1", "kind": "terrain"}, {"name": "b", "kind": "density"}], []):
            there[0] = rasters
            page, seen = opened("about:blank")
            page.route(re.compile("/rasters$"), lambda route: route.fulfill(json={"rasters": there[0]}))
            page.route(
                re.compile("/rasters/dem%201/tiles/hillshade/"),
                lambda route: route.fulfill(body=plain("gray"), content_type="image/png"),
            )
            page.goto(f"{served}/?zoom=10&centre=39.25,46.25")
            until(page, "window.clearway && window.clearway.ready")
            if rasters:
                until(page, "document.querySelector('.cw-shading img.leaflet-tile-loaded')")
                order = page.evaluate(
                    "[...document.querySelectorAll('.leaflet-tile-pane > *')].map((one) => [Number(one.style.zIndex), one.className])"
                )
                assert min(order)[1].endswith("cw-shading")
                assert page.locator('[data-layer="hillshade"]').is_visible()
            else:
                until(page, "document.querySelector('[data-layer=hillshade]').closest('.cw-layer').hidden")
            assert seen.complaints == []
