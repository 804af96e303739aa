"""Roads by evidence on the overview, in a real browser: after the hazards, of the date that is shown, and never blank."""

import pytest
from shapely.geometry import LineString, box

from tests.clients.browser import browsing, until
from tests.clients.test_map_browser import HAZARDS, feature, load, log, served  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

DRAWN = """Object.fromEntries(window.clearway.first().ways.current().flatMap(({ el }) => el.clearway.shapes)
    .map(({ properties }) => [`${properties.id} ${properties.evidence}`, true]))"""


def tap(page, lon, lat):
    # A popup moves the map to be seen whole: where a place is on the screen counts only when the map has come to rest.
    until(page, "!document.querySelector('.leaflet-pan-anim, .leaflet-zoom-anim') && window.clearway.waysThere()")
    at = page.evaluate(
        f"(() => {{ const p = window.clearway.map.latLngToContainerPoint([{lat}, {lon}]); return [p.x, p.y]; }})()"
    )
    page.locator(".folium-map").click(position={"x": at[0], "y": at[1]}, force=True)


def test_roads_show_what_is_known_of_them_on_the_date_that_is_shown(log, served):  # noqa: F811
    load(log, "districts", [feature(box(45.9, 38.9, 46.3, 39.3), "D", name="D")])
    load(
        log,
        "hazards",
        [
            feature(
                box(46.02, 39.0, 46.04, 39.02),
                "H",
                classification="CHA",
                opened_on="2020-01-01",
                positional_accuracy_m=5.0,
            )
        ],
    )
    good = {"eo_status": "verified", "eo_as_of": "2021-03-01", "eo_width_m": 4.0, "expires_on": "2100-12-31"}
    load(log, "roads", [
        feature(LineString([(46.0, 39.01), (46.06, 39.01)]), "through", name="Through road"),
        feature(LineString([(46.0, 39.03), (46.06, 39.03)]), "verified", **good),
    ])  # fmt: skip
    with browsing() as opened:
        page, seen = opened("about:blank", width=1200, height=800)
        answered = []
        page.on("response", lambda answer: answered.append(answer.url))
        page.goto(f"{served}/?zoom=13&centre=39.02,46.03")
        until(page, "window.clearway && window.clearway.ready && window.clearway.waysThere()", seen)
        # Nothing of the roads was asked for before the hazards were there.
        first = next(k for k, one in enumerate(answered) if "/maps/ways/" in one)
        assert any("/collections/hazards/tiles/" in one for one in answered[:first])
        assert not any("/collections/hazards/tiles/" in one for one in answered[first:])
        assert page.evaluate(DRAWN).keys() == {
            "through unsurveyed",
            "through inside_buffer",
            "through inside_hazard",
            "verified verified",
        }
        order = page.evaluate(
            "[...document.querySelectorAll('.cw-tiles')].map((one) => Number(one.style.zIndex)).sort()"
        )
        assert order == [3, 4]  # under the records
        tap(page, 46.03, 39.03)
        until(page, "document.querySelector('.cw-popup table')")
        said = page.inner_text(".cw-popup")
        assert "Roads: verified" in said
        assert "Evidence here\tverified" in said
        page.keyboard.press("Escape")
        tap(page, 46.01, 39.01)
        until(page, "[...document.querySelectorAll('.cw-popup')].pop()?.textContent.includes('Through road')")
        assert "not assessed: no survey" in page.locator(".cw-popup").last.inner_text()
        # Another date: what was known of the roads of this one is taken off at once, and none is shown until it is there.
        page.evaluate("window.clearway.change({ asOf: '2021-01-01' })")
        assert page.evaluate("window.clearway.first().ways") is None
        until(page, "window.clearway.waysThere()", seen)
        assert "verified unsurveyed" in page.evaluate(DRAWN)
        assert page.evaluate("document.querySelectorAll('.cw-tiles').length") == 2
        page.evaluate("window.clearway.change({ asOf: '2019-01-01', compare: '2021-06-01' })")
        until(page, "window.clearway.waysThere()", seen)
        assert page.evaluate(DRAWN).keys() == {"through unsurveyed", "verified unsurveyed"}
        page.locator('[data-layer="roads"]').uncheck()
        until(page, "!window.clearway.loading() && document.querySelectorAll('.cw-tiles').length === 2")
        assert page.evaluate("window.clearway.first().ways") is None
        assert "layers=" in page.url or page.wait_for_timeout(400) is None
        assert page.evaluate(HAZARDS) == 0
        assert seen.complaints == []

        # A slow machine with a small screen: the first picture does not wait for the roads, and they come.
        page, seen = opened("about:blank", width=390, height=844)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
        page.goto(f"{served}/?zoom=13&centre=39.02,46.03&lang=az")
        until(page, "window.clearway && window.clearway.ready", seen)
        assert page.evaluate(HAZARDS) == 1
        until(page, "window.clearway.waysThere()", seen)
        assert page.inner_text("#ways-told") == ""
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert seen.complaints == []
