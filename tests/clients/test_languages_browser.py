"""Sending in, review and the diff in Azerbaijani and in Russian: no English is left but data and the service's words."""

import re

import pytest

from geo_service.languages import words
from geo_service.languages.written import PARTS
from layers.definitions import LAYERS
from tests.clients.browser import browsing
from tests.clients.test_review_browser import hazard, load, log, quiet, served, written

__all__ = ["log", "served"]

pytestmark = pytest.mark.browser

SEEN = """(() => {
    const texts = [];
    const walk = (node, english) => {
        if (node.nodeType === Node.TEXT_NODE) { if (!english && node.data.trim()) texts.push(node.data.trim()); return; }
        if (node.nodeType !== Node.ELEMENT_NODE || ["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"].includes(node.tagName)) return;
        const own = english || node.lang === "en";
        for (const name of ["title", "aria-label", "placeholder"]) if (!own && node.getAttribute(name)) texts.push(node.getAttribute(name));
        for (const child of node.childNodes) walk(child, own);
    };
    walk(document.body, false);
    return texts;
})()"""
"""All texts of a page, hidden ones too, that are not said to be English."""


def english_on(page, language):
    """The texts of the English catalogue that a page shows and that the language says otherwise."""
    english, other = words("en", *PARTS), words(language, *PARTS)
    whole = {text for key, text in english.items() if other[key] != text and "{" not in text}
    whole -= {*other.values(), *LAYERS["hazards"].names}
    said = [re.escape(text) for text in whole if len(text) > 12]
    parts = re.compile("|".join(sorted(said, key=len, reverse=True)))
    return [text for text in page.evaluate(SEEN) if text in whole or parts.search(text)]


@pytest.mark.parametrize("language", ["az", "ru"])
def test_sending_in_review_and_diff_have_no_english_left(log, served, tmp_path, language):
    say = words(language, *PARTS)
    load(log, "hazards", hazard("H1", evidence="open"))
    more = {"valid_from": "2021-03-05", "change": "survey", "status": "worked_on", "evidence": "Withdrawn <b>"}
    path = tmp_path / "h.geojson"
    path.write_bytes(written(hazard("H1", 46.0, **more), {**hazard("H2"), "properties": {"classification": "??"}}))
    with browsing() as opened:
        page, seen = opened(f"{served}/maps/upload?lang={language}")
        assert page.get_attribute("html", "lang") == language
        assert english_on(page, language) == []
        page.set_input_files("#file", path)
        page.select_option("#layer", "hazards")
        page.click("#check")
        page.wait_for_selector("#result:not([hidden])")
        assert page.inner_text("#outcome") == say["upload_some"].format(accepted=1, read=2, rejected=1)
        assert english_on(page, language) == []
        page.click("#send")
        page.wait_for_selector("#sent:not([hidden])")
        assert say["state_approved"] in page.inner_text("#sent-title")
        assert english_on(page, language) == []
        # The choice stays: no address says the language any more.
        page.goto(f"{served}/maps/review")
        assert page.get_attribute("html", "lang") == language
        assert page.locator("[data-language][aria-current]").get_attribute("data-language") == language
        assert say["group_ended"] in page.inner_text("main")
        assert english_on(page, language) == []
        page.goto(f"{served}/maps/review/2")
        page.wait_for_selector("body[data-ready]")
        assert page.inner_text("#state") == say["state_approved"]
        fields = page.inner_text("section[aria-labelledby=records] tbody")
        assert f"{say['word_open']} {say['word_worked_on']}" in " ".join(fields.split())
        page.click("[data-zoom='0']")
        page.wait_for_selector(".cw-popup")
        popup = page.inner_text(".cw-popup")
        assert say["word_worked_on"] in popup
        found = [text for text in english_on(page, language) if text not in {"Withdrawn <b>", "open"}]
        assert found == []
        page.goto(f"{served}/coverage?f=html")
        assert page.get_attribute("html", "lang") == language
        assert english_on(page, language) == []
        page.goto(f"{served}/collections/hazards/items?f=html")
        assert page.get_attribute("html", "lang") == language
        assert say["word_worked_on"] in page.inner_text("main")
        assert [text for text in english_on(page, language) if text != "Withdrawn <b>"] == []
        quiet(seen, served)
