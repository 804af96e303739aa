"""The overview in a real browser: the tasks of a planner, by mouse, by keyboard, on a small screen, in three languages."""

import itertools
import json
import re
from pathlib import Path

import mgrs
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import Point, box

from layers.measure import areas
from tests.clients.browser import DRAWN, browsing, page_of, until
from tests.clients.pictures import SIGHTS, picture, seen_as
from tests.clients.test_map_browser import HAZARDS, feature, fill, load, log, served, standing  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SETTLED = "!window.clearway.loading()"


def settled(page):
    """Wait until the map has drawn what was asked for, and list and address follow."""
    page.wait_for_timeout(150)
    until(page, SETTLED)
    page.wait_for_timeout(350)


def figure(page, card):
    """Return what a card says, by its place."""
    return page.locator(".cw-card b").nth(card).inner_text()


def test_the_situation_of_a_district_on_two_dates_and_its_link(log, served):  # noqa: F811
    fill(log)
    load(log, "districts", [feature(box(47, 39, 47.5, 39.5), "E", name="Other")])
    with page_of(served, 1440, 900) as (page, seen):
        until(page, "document.querySelectorAll('.cw-card b').length > 6")
        assert figure(page, 6) == "39"  # a cleared one of 40 is answered whole
        page.get_by_role("button", name="plain", exact=True).click()
        assert "Figures of plain" in page.locator("#chosen").inner_text()
        page.fill("#as-of", "2020-06-01")
        page.locator("#as-of").dispatch_event("change")
        until(page, "document.querySelectorAll('.cw-card b')[6].textContent === '40'")
        page.check("#comparing")
        page.fill("#compare", "2019-12-31")
        page.locator("#compare").dispatch_event("change")
        until(page, "window.clearway.second().tiles && !window.clearway.second().tiles.isLoading()")
        until(page, "document.querySelectorAll('.cw-card em').length > 5")
        assert page.evaluate("window.clearway.second().tiles.hazards()") == 0
        page.evaluate("window.clearway.map.setView([39.2, 46.2], 11, { animate: false })")
        settled(page)
        there = page.evaluate("[window.clearway.second().map.getCenter().lat, window.clearway.second().map.getZoom()]")
        assert there == pytest.approx([39.2, 11], abs=1e-3)
        until(page, "location.search.includes('zoom=11')")  # the address follows when the map rests
        drawn, address = page.evaluate(HAZARDS), page.url
        assert {"as_of=2020-06-01", "compare=2019-12-31", "district=D+plain", "zoom=11"} <= set(
            address.split("?")[1].split("&")
        )
        assert seen.complaints == []
    with page_of(address, 1440, 900) as (page, seen):
        until(page, "document.querySelectorAll('.cw-card em').length > 5")
        assert page.url == address
        assert page.evaluate(HAZARDS) == drawn
        assert figure(page, 6) == "40"
        assert page.evaluate("Boolean(window.clearway.second())")
        page.uncheck("#comparing")
        page.locator("#unchoose").click()
        assert page.locator("#second").count() == 0
        assert page.locator("#chosen").is_hidden()
        assert seen.complaints == []


def test_the_table_sorts_by_every_column_and_layers_go_and_come(log, served):  # noqa: F811
    fill(log)
    load(log, "districts", [feature(box(47, 39, 47.5, 39.5), "E", name="Aaa")])
    with page_of(served, 1440, 900) as (page, seen):
        rows = page.locator("#districts tbody th")
        until(page, "document.querySelector('#districts tbody th')")
        assert rows.all_inner_texts() == ["plain", "Aaa"]
        for k in range(page.locator("#districts thead button").count()):
            heading = page.locator("#districts thead th").nth(k)
            heading.get_by_role("button").click()
            first = heading.get_attribute("aria-sort"), rows.all_inner_texts()
            heading.get_by_role("button").click()
            then = heading.get_attribute("aria-sort"), rows.all_inner_texts()
            assert {first[0], then[0]} == {"ascending", "descending"}
            assert first[1] == then[1][::-1] or k in {1, 2, 3, 4, 5}
            assert page.evaluate("document.activeElement.dataset.column") == str(k)
            assert page.locator('#districts [aria-sort="none"]').count() == 5
        page.locator('[data-layer="hazards"]').uncheck()
        settled(page)
        assert page.evaluate(HAZARDS) == 0
        assert "layers=districts" in page.url
        assert "No recorded hazard is not absence of hazard" in page.locator("#notice").inner_text()
        page.locator('[data-layer="hazards"]').check()
        settled(page)
        assert page.evaluate(HAZARDS) == 40
        assert seen.complaints == []


def test_a_village_is_found_by_its_cyrillic_name_with_the_keyboard_alone(log, served):  # noqa: F811
    fill(log)
    load(log, "settlements", [feature(Point(46.31, 39.42), "V-9", name="Ağdam", aliases=["Агдам"])])
    with page_of(f"{served}/?lang=ru", 1440, 900) as (page, seen):
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "search":
                break
        page.keyboard.type("агдам")
        until(page, "document.querySelector('#found li')")
        assert page.get_attribute("#search", "aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        assert page.get_attribute("#search", "aria-activedescendant") == "found-0"
        page.keyboard.press("Enter")
        settled(page)
        where = page.evaluate("[window.clearway.map.getCenter().lng, window.clearway.map.getCenter().lat]")
        assert where == pytest.approx([46.31, 39.42], abs=1e-3)
        assert page.locator("#found").is_hidden()
        assert page.get_attribute("html", "lang") == "ru"
        assert "Отсутствие записей об опасности" in page.locator("#notice").inner_text()
        # The record in view opens from the list, and its words are Russian.
        page.locator("#view button", has_text="Ağdam").focus()
        page.keyboard.press("Enter")
        until(page, "document.querySelector('.cw-popup table')")
        assert "Агдам" in page.locator(".cw-popup").inner_text()
        page.keyboard.press("Escape")
        assert seen.complaints == []


def test_every_language_speaks_and_is_kept(standing):  # noqa: F811
    with page_of(standing, 1440, 900) as (page, seen):
        for code, word, number in (
            ("az", "Təsdiqlənmiş, açıq", ","),
            ("ru", "Подтверждено, открыто", ","),
            ("en", "Confirmed, open", "."),
        ):
            page.locator(f'[data-language="{code}"]').click()
            until(page, f"document.documentElement.lang === '{code}' && {DRAWN}", seen)
            assert page.locator(".cw-card span").first.inner_text() == word
            assert number in page.locator(".cw-card b").first.inner_text()
            assert f"lang={code}" in page.url
            assert re.search(r"2026|20\d\d", page.locator("#when").inner_text())
        assert seen.complaints == []


def test_time_plays_over_the_whole_record_and_knowledge_can_be_turned_back(log, served):  # noqa: F811
    load(log, "hazards", [feature(box(46, 39, 46.1, 39.1), "H1", classification="SHA", opened_on="2026-01-01")])
    known = log.head().recorded_at.isoformat()
    load(log, "hazards", [feature(box(46.2, 39, 46.3, 39.1), "H2", classification="CHA", opened_on="2026-01-01")])
    with page_of(f"{served}/?as_of=2026-02-28", 1440, 900) as (page, seen):
        assert page.evaluate("Number(document.getElementById('slider').max)") >= 1
        assert page.evaluate(HAZARDS) == 2
        page.fill("#known-at", known)
        page.locator("#known-at").dispatch_event("change")
        until(page, f"{HAZARDS} === 1")
        assert "(revision 1)" in page.locator("#when").inner_text()
        page.fill("#known-at", "no moment")
        page.locator("#known-at").dispatch_event("change")
        until(page, "!document.getElementById('trouble').hidden")
        assert page.input_value("#known-at") == known
        assert page.evaluate(HAZARDS) == 1
        assert all("400" in one for one in seen.complaints)  # the browser's own word on the refusal
        seen.complaints.clear()
        page.fill("#known-at", "")
        page.locator("#known-at").dispatch_event("change")
        until(page, f"{HAZARDS} === 2")
        page.locator("#slider").focus()
        page.keyboard.press("Home")
        until(page, "window.clearway.state.asOf === '2026-01-31'")
        # Pressed and read at once: a short record has been played before a slow machine asks.
        pressed = "() => { const play = document.getElementById('play'); play.click(); return play.getAttribute('aria-pressed'); }"
        assert page.evaluate(pressed) == "true"
        until(page, "document.getElementById('slider').value === document.getElementById('slider').max")
        until(page, "document.getElementById('play').getAttribute('aria-pressed') === 'false'")
        assert seen.complaints == []


def test_what_changed_links_to_changesets_and_is_not_for_the_public(standing):  # noqa: F811
    with page_of(standing, 1440, 900) as (page, _):
        until(page, "document.querySelectorAll('#changes li').length === 8")
        assert page.locator("#changes a").first.get_attribute("href").endswith("/maps/review/8")
        page.fill("#since", "2020-01-01")
        page.locator("#since").dispatch_event("change")
        until(page, "document.querySelectorAll('#changes li').length === 8")


def test_an_area_drawn_is_measured_and_asked_for(log, served):  # noqa: F811
    fill(log, hazards=8)
    with page_of(f"{served}/?zoom=12&centre=39.03,46.1&layers=hazards", 1440, 900) as (page, seen):
        page.get_by_role("button", name="Draw an area to ask what it holds").click()
        corners = [(46.01, 39.01), (46.1, 39.01), (46.1, 39.05), (46.01, 39.05)]
        map_box = page.locator(".folium-map").bounding_box()
        for lon, lat in corners:
            at = page.evaluate(f"window.clearway.map.latLngToContainerPoint([{lat}, {lon}])")
            page.mouse.click(map_box["x"] + at["x"], map_box["y"] + at["y"])
            page.wait_for_timeout(60)
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.cw-told p').length > 0")
        told = page.locator(".cw-told").inner_text()
        assert "Hazardous areas: 2 (H0 plain, H1 plain)" in told
        assert "Incidents and accidents: 1" in told
        expected = areas(np.array([shapely.Polygon(corners)]))[0] / 1e6
        shown = float(re.search(r"Within ([\d.]+) km", told)[1])
        assert shown == pytest.approx(expected, rel=0.01)  # clicks are whole pixels
        page.get_by_role("button", name="Draw an area to ask what it holds").click()
        page.get_by_role("button", name="Measure a distance").click()
        for lon, lat in corners[:2]:
            at = page.evaluate(f"window.clearway.map.latLngToContainerPoint([{lat}, {lon}])")
            page.mouse.click(map_box["x"] + at["x"], map_box["y"] + at["y"])
            page.wait_for_timeout(60)
        length = float(re.search(r"([\d.]+) km", page.locator(".cw-told").inner_text())[1])
        assert length == pytest.approx(Geod(ellps="WGS84").inv(*corners[0], *corners[1])[2] / 1000, rel=0.01)
        assert seen.complaints == []


def test_lengths_areas_and_grid_references_are_those_of_libraries(standing):  # noqa: F811
    rng = np.random.default_rng(7)
    places = np.column_stack([rng.uniform(-179, 179, 300), rng.uniform(-79.5, 83.5, 300)]).round(7)
    # Norway and Svalbard, whose zones are wider, edges of zones and bands, both sides of the equator.
    odd = [(4, 60), (11.9, 63.9), (9.1, 78), (20.9, 75), (33, 73), (41.9, 80), (-180, 10), (179.999, -10), (48, 0.0001),
           (48, -0.0001), (45.999999, 39.999999), (46.0, 40.0), (0, 71.999), (-0.0001, -79.9)]  # fmt: skip
    places = [*places.tolist(), *map(list, odd)]
    ends = [[lon * 0.5 + 1, lat * 0.7] for lon, lat in places]
    rings = [
        (np.array([x, y]) + 0.3 * np.column_stack([np.cos(a), np.sin(a)]) * rng.uniform(0.3, 1, (len(a), 1))).tolist()
        for (x, y), a in ((one, np.sort(rng.uniform(0, 2 * np.pi, 12))) for one in places[:100])
    ]
    with page_of(standing) as (page, _):
        found = page.evaluate(
            """async ([places, ends, rings]) => {
                const { distance, mgrs, ringArea } = await import("/static/overview/geodesy.js");
                return [places.map(([x, y]) => mgrs(x, y)), places.map((one, k) => distance(one, ends[k])), rings.map(ringArea)];
            }""",
            [places, ends, rings],
        )
    grid = mgrs.MGRS()
    for (lon, lat), text in zip(places, found[0], strict=True):
        # To a metre, either side of the line where one cuts digits off: the place it names is the same.
        there = grid.toLatLon(text.replace(" ", ""))
        expected = grid.toLatLon(grid.toMGRS(lat, lon))
        assert Geod(ellps="WGS84").inv(there[1], there[0], expected[1], expected[0])[2] < 1.5, (lon, lat, text)
        assert text[:3] == grid.toMGRS(lat, lon)[:3], (lon, lat, text)
    starts, stops = np.array(places), np.array(ends)
    lengths = Geod(ellps="WGS84").inv(starts[:, 0], starts[:, 1], stops[:, 0], stops[:, 1])[2]
    np.testing.assert_allclose(found[1], lengths, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(found[2], areas(np.array([shapely.Polygon(one) for one in rings])), rtol=1e-7)


def test_symbols_are_told_apart_by_every_eye_and_on_grey_paper(standing):  # noqa: F811
    with page_of(standing) as (page, _):
        shown = page.locator(".cw-layer").evaluate_all(
            "all => all.flatMap((one) => [...one.querySelectorAll('li')].map((line) => "
            "[line.textContent, line.querySelector('canvas').toDataURL()]))"
        )
    assert len(shown) == 27
    images = {name: picture(address) for name, address in shown}
    for sight in SIGHTS:
        for one, other in itertools.combinations(images, 2):
            a, b = (seen_as(images[name], sight) for name in (one, other))
            # The hundredth of the pixels that differ most: a dash or a hatch counts, a shade that nobody sees does not.
            apart = np.sort(np.abs(a - b).max(axis=-1).ravel())[-len(a.ravel()) // 3 // 100 :].mean()
            assert apart > 0.15, (sight, one, other)
    confirmed, suspected = images["Confirmed hazardous area (CHA)"], images["Suspected hazardous area (SHA)"]
    for sight in SIGHTS:
        # Even in grey, hatches lean to different sides: flipped, one is nearer to the other than as it is.
        a, b = (seen_as(one, sight).mean(axis=-1)[4:-4, 4:-4] for one in (confirmed, suspected))
        a, b = a - a.mean(), b - b.mean()
        assert (np.abs(np.fft.fft2(a)) * np.abs(np.fft.fft2(b))).sum() < (
            np.abs(np.fft.fft2(a)) * np.abs(np.fft.fft2(b[:, ::-1]))
        ).sum()


def test_a_tile_that_does_not_come_is_not_empty_ground(standing):  # noqa: F811
    with browsing() as opened:
        page, _ = opened("about:blank")
        page.route("**/collections/hazards/tiles/**", lambda route: route.abort())
        page.goto(standing)
        until(page, "window.clearway && window.clearway.ready")
        until(page, "!document.getElementById('trouble').hidden")
        assert "not empty ground" in page.locator("#trouble").inner_text()


@pytest.mark.parametrize(("path", "width"), [
    ("/?compare=2020-06-01&zoom=12&centre=39.1,46.1", 1440), ("/?lang=ru", 390),  # others: test_every_page
])  # fmt: skip
def test_no_page_keeps_anybody_out(standing, path, width):  # noqa: F811
    with browsing() as opened:
        page, _ = opened(standing + path, width=width)
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"
            ".then((all) => all.violations.map((one) => [one.id, one.nodes.map((node) => node.target.join(' '))]))",
            RULES,
        )
        assert found == [], json.dumps(found, indent=1)


def test_a_small_screen_and_a_slow_machine_can_work_with_it(standing):  # noqa: F811
    with page_of(standing, 390, 844) as (page, seen):
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator(".folium-map").bounding_box()["height"] > 300
        page.fill("#as-of", "2020-06-01")
        page.locator("#as-of").dispatch_event("change")
        until(page, "document.querySelectorAll('.cw-card b')[6].textContent === '40'")
        page.check("#comparing")
        until(
            page,
            "window.clearway.second() && window.clearway.second().tiles && !window.clearway.second().tiles.isLoading()",
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        small = page.evaluate(
            "[...document.querySelectorAll('button, input:not([type=date]), a')].filter((one) => one.offsetParent"
            " && !one.closest('.cw-changes, .leaflet-control-attribution, p') && one.getBoundingClientRect().height < 16)"
            ".map((one) => one.outerHTML.slice(0, 80))"
        )
        assert small == []
        assert seen.complaints == []


def test_the_situation_is_worked_with_by_keyboard_alone(log, served):  # noqa: F811
    fill(log)
    load(log, "districts", [feature(box(47, 39, 47.5, 39.5), "E", name="Other")])

    def to(fits):
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate(fits):
                return
        raise AssertionError(fits)

    with page_of(served, 1440, 900) as (page, seen):
        until(page, "document.querySelector('#districts tbody button')")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "cw-skip"
        to("document.activeElement.id === 'comparing'")
        page.keyboard.press("Space")
        until(page, "window.clearway.second() && window.clearway.second().tiles")
        page.keyboard.press("Space")
        until(page, "!window.clearway.second()")
        to("document.activeElement.classList.contains('folium-map')")
        before = page.evaluate("window.clearway.map.getCenter().lng")
        page.keyboard.press("ArrowLeft")
        until(page, f"window.clearway.map.getCenter().lng < {before}")
        zoom = page.evaluate("window.clearway.map.getZoom()")
        page.keyboard.press("-")
        until(page, f"window.clearway.map.getZoom() < {zoom}")
        to("document.activeElement.dataset.layer === 'hazards'")
        page.keyboard.press("Space")
        until(page, f"!window.clearway.loading() && {HAZARDS} === 0")
        page.keyboard.press("Space")
        until(page, f"!window.clearway.loading() && {HAZARDS} > 0")
        to("document.activeElement.dataset.column === '0'")
        page.keyboard.press("Enter")
        assert page.locator("#districts tbody button").all_inner_texts() == ["Other", "plain"]
        to("document.activeElement.closest('#districts tbody') && document.activeElement.textContent === 'plain'")
        page.keyboard.press("Enter")
        until(page, "!document.getElementById('chosen').hidden")
        assert "Figures of plain" in page.inner_text("#chosen")
        settled(page)
        assert "district=D+plain" in page.url
        assert seen.complaints == []
