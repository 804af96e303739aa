"""The pages of records speak three languages: same keys in all, none that a page asks for is missing, none is unused."""

import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo_service import languages
from geo_service.languages import LANGUAGES, words
from geo_service.languages.speech import Speech
from geo_service.languages.written import PARTS, choices, field_value, look, proof, signed, square_metres
from layers.coverage import arrange
from layers.coverage.attention import MEANING
from tests.geo_service.maps.test_languages import Texts

ROOT = Path(languages.__file__).resolve().parents[1]
NAMES = ("header", "page", "queue", "upload", "changeset", "coverage", "ogc", "items", "item", "listing", "small_map")
TEMPLATES = [ROOT / "templates" / f"{name}.html" for name in NAMES]
CODED = (
    "code_",
    "state_",
    "level_",
    "said_",
    "phase_",
    "diff_",
    "figure_",
    "column_of_",
    "field_",
    "word_",
    "step_",
    "proof_",
    "look_",
)
SAME = {"SYNTHETIC", "Clearway", "clearway load LAYER FILE", "SHA-256", "m"}


def own(language="en"):
    return words(language, *PARTS).keys() - words(language).keys()


def test_every_language_has_every_key_with_the_same_places_to_fill():
    places = {
        one: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words(one, *PARTS).items()}
        for one in LANGUAGES
    }
    assert places["az"] == places["en"]
    assert places["ru"] == places["en"]
    told = [text for one in LANGUAGES for text in words(one, *PARTS).values()]
    assert all(text.strip() for text in told)
    assert [text for text in told if re.search(r"\bsafe|təhlükəsiz|безопасн", text, re.IGNORECASE)] == []


def test_pages_ask_for_no_key_that_is_not_there_and_none_lies_unused():
    sources = [*TEMPLATES, *(ROOT / "static" / f"{name}.js" for name in ("say", "report", "upload", "review"))]
    sources += [
        ROOT / "tabular.py",
        *(ROOT / "maps").glob("*.py"),
        *(ROOT / "api").glob("*.py"),
        *(ROOT / "languages").glob("*.py"),
    ]
    text = "\n".join(one.read_text(encoding="utf-8") for one in sources)
    quoted = set(re.findall(r"[\"']([a-z][a-z0-9_]+)[\"']", text))
    asked = {
        key
        for one in sources
        if one.suffix in {".html", ".js"} and one.name != "listing.html"
        for call in re.findall(r"\bt\(([^()]*)", one.read_text(encoding="utf-8"))
        for key in re.findall(r"[\"']([a-z][a-z0-9_]+_[a-z0-9_]+)[\"']", call.split(", ")[0])
    }
    assert {key for key in asked if not key.endswith("_")} - words("en", *PARTS).keys() == set()
    assert {key for key in own() if not key.startswith((*CODED, "listing_"))} - quoted == set()


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.name)
def test_no_text_of_a_page_stands_outside_the_catalogues(page):
    parser = Texts()
    text = re.sub(r"<(style|script)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL))
    loose = " ".join(parser.found)
    for one in sorted(SAME, key=len, reverse=True):
        loose = re.sub(rf"(?<!\w){one}(?!\w)|m²", "", loose)
    assert re.findall(r"[^\W\d_]+", loose) == []


def test_figures_and_values_are_written_as_the_language_writes_them():
    az, ru, en = (Speech(one, PARTS) for one in ("az", "ru", "en"))
    assert (square_metres(en, 1234567.0), square_metres(az, 1234567.0)) == ("1,234,567", "1.234.567")
    assert (signed(ru, -2500.0), signed(en, 0.0001), signed(az, 0.25)) == ("-2\u00a0500", "0", "+0,2")
    assert square_metres(en, 0.04) != "0"
    assert field_value(az, "hazards", "status", "worked_on") == words("az")["word_worked_on"]
    assert field_value(ru, "hazards", "devices", ["AP_mine"]) == words("ru")["word_AP_mine"]
    # What people wrote stays as they wrote it, even where it reads like one of our words.
    assert field_value(ru, "hazards", "evidence", "open") == "open"
    assert field_value(ru, "hazards", "opened_on", "2020-01-05") == ru.date("2020-01-05")


def test_every_check_and_all_that_must_be_looked_at_is_said_in_every_language():
    ground = shapely.box(46, 39, 46.01, 39.01)
    hazard = {"id": "H", "valid_from": "2020-01-01", "classification": "CHA", "opened_on": "2020-01-01"}
    certificate = arrange(gpd.GeoDataFrame([hazard], geometry=[ground], crs=4326)).partition("2021-01-01").attrs
    checks = [one["check"] for one in certificate["certificate"]["checks"]]
    assert len(checks) == 10
    for language in LANGUAGES:
        speech = Speech(language, PARTS)
        said = [*(proof(speech, one) for one in checks), *(look(speech, code) for code in MEANING)]
        assert None not in said
        assert (said == [*checks, *MEANING.values()]) is (language == "en")
    # The script of reports parts the sentence of a message from what it names.
    assert [text for text in MEANING.values() if ": " in text] == []


def test_the_address_of_another_language_keeps_what_is_asked_but_no_token():
    made = choices("/coverage", {"f": "html", "lang": "az", "token": "x", "as_of": "2024-01-01"})
    assert made["ru"] == ("Русский", "/coverage?f=html&as_of=2024-01-01&lang=ru")
