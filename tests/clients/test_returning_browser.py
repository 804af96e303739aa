"""The page of return in a real browser: marks by access, a table that sorts by keyboard, weights, three languages."""

import json
from pathlib import Path

import pytest

from geo_service.demo import write
from geo_service.store import open_store
from tests.clients.browser import browsing, until
from tests.clients.served import serving

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    data = tmp_path_factory.mktemp("demo")
    write(data, seed=3, hazards=60, area_km2=900.0, progress=lambda done, of: None)
    log = open_store(data)
    with serving(log) as (address, _):
        yield address
    log.close()


def column(page, name):
    return page.evaluate(
        f"[...document.querySelectorAll('#settlements [data-column={name}]')].map((one) => one.dataset.by)"
    )


def test_a_walk_through_the_page(address):
    with browsing() as opened:
        page, seen = opened(f"{address}/maps/returning?w_open_1000_m2=-1&w_population_before=2", width=1440)
        until(page, "window.clearway && window.clearway.ready && window.clearway.loaded", seen, seconds=120)
        rows = page.locator("#settlements tbody tr").count()
        assert page.evaluate("window.clearway.marks.size") == rows > 1
        assert page.locator(".cw-home path").count() == 2 * rows
        assert "20 %" in page.inner_text("#sensitivity")
        assert page.locator("#weighed tbody tr").count() == 2
        ranks = [int(one) for one in column(page, "rank") if one]
        assert ranks == sorted(ranks) != []
        # By keyboard alone: what has no figure stands last, whichever way it is sorted.
        for turn in (1, -1):
            page.focus("[data-sort=people_waiting]")
            page.keyboard.press("Enter")
            found = column(page, "people_waiting")
            known = [float(one) for one in found if one]
            assert known == sorted(known, reverse=turn < 0)
            assert found == [*found[: len(known)], *[""] * (rows - len(known))]
        assert page.get_attribute("th:has([data-sort=people_waiting])", "aria-sort") == "descending"
        page.locator("[data-settle]").first.focus()
        page.keyboard.press("Enter")
        assert page.locator(".cw-chosen-mark").count() == 1
        assert page.locator("#settlements tbody tr.cw-chosen").count() == 1
        # Axe itself is put in from outside, where a page's policy lets nobody else.
        if not AXE.is_file():
            pytest.fail("axe-core is not here: scripts/setup installs it")
        for query, width in (
            ("?lang=en&w_returned=1&w_population_before=1", 1440),
            ("?lang=ru", 390),
            ("?lang=az", 1440),
        ):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{address}/maps/returning{query}")
            until(page, "window.clearway && window.clearway.ready && window.clearway.loaded", seen, seconds=120)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            page.evaluate(AXE.read_text(encoding="utf-8"))
            wrong = page.evaluate(
                "(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"
                ".then((all) => all.violations.map((one) => [one.id, one.nodes.map((node) => node.target.join(' '))]))",
                RULES,
            )
            assert wrong == [], json.dumps(wrong, indent=1)
        assert seen.complaints == []
        assert seen.dialogs == []
        assert [one for one in seen.requests if not one.startswith((address, "data:", "blob:"))] == []
