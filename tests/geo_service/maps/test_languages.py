"""Every page speaks three languages: no key is missing in one, no text of a page stands outside the catalogues."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geo_service import languages
from geo_service.languages import LANGUAGES, language_of, words
from geo_service.settings import SENTENCES

ROOT = Path(languages.__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "static" / "overview").glob("*.js"))
PAGES = [ROOT / "templates" / "served.html"]
SAME = {"Clearway"}
"""Words that are the same in every language."""


def used():
    """The keys that pages and scripts ask for."""
    found = set()
    for path in (*SCRIPTS, *PAGES):
        text = path.read_text(encoding="utf-8")
        for call in re.finditer(r"\bt\((?=([^()]*))", text):
            found |= set(re.findall(r"[\"']([a-z][a-z0-9_]+)[\"']", call[1].split(", {")[0]))
        found |= set(re.findall(r'\["((?:symbol|card|column)_[a-z_]+)"', text))
        found |= set(re.findall(r'\b(?:button|drawer)\("([a-z_]+)"', text))
    return found


def test_every_language_has_every_key_with_the_same_places_to_fill():
    places = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words(language).items()}
        for language in LANGUAGES
    }
    assert places["az"] == places["en"]
    assert places["ru"] == places["en"]
    assert all(text.strip() for language in LANGUAGES for text in words(language).values())


def test_pages_ask_for_no_key_that_is_not_there_and_none_lies_unused():
    kept = {key for key in words("en") if not key.startswith(("field_", "word_"))}
    asked = used() | {"sentences", "public_view"}
    assert asked - kept == set()
    assert kept - asked == set()


class Texts(HTMLParser):
    """Collects the text and the spoken attributes of a template without its expressions."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found.append(data)

    def handle_starttag(self, tag, attrs):
        self.found += [
            value for name, value in attrs if name in {"title", "placeholder", "aria-label", "alt"} and value
        ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_text_of_a_page_stands_outside_the_catalogues(page):
    parser = Texts()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", page.read_text(encoding="utf-8")))
    loose = {text.strip(" :\n") for text in parser.found} - {""} - SAME
    assert loose == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_says_anything_of_its_own(script):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"throw new Error\([^;]*;", "", text)
    told = re.findall(r'element\("\w+", "([^"]+)"', text) + re.findall(r'textContent = "([^"]+)"', text)
    assert told == []


def test_the_sentences_are_those_of_every_product():
    assert words("en")["sentences"] == SENTENCES
    for language in LANGUAGES:
        assert sorted(re.findall(r"\{(\w+)\}", words(language)["sentences"])) == sorted(
            re.findall(r"\{(\w+)\}", SENTENCES)
        )


def test_a_language_that_there_is_none_of_gives_way():
    assert language_of("ru", "az") == "ru"
    assert language_of("xx", None, "az") == "az"
    assert language_of(None) == "en"
    with pytest.raises(KeyError):
        words("../en")


def test_no_language_calls_ground_safe():
    wrong = re.compile(r"\bsafe|təhlükəsiz|безопасн", re.IGNORECASE)
    assert [text for language in LANGUAGES for text in words(language).values() if wrong.search(text)] == []
