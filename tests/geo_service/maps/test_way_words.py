"""Routes, access and the printed way speak three languages: whatever an answer can say by code has words in each."""

import re
from pathlib import Path

import pytest

from geo_service import languages
from geo_service.languages import LANGUAGES, words
from geo_service.languages.speech import Speech
from geo_service.maps.access import RULES
from geo_service.maps.way_words import PARTS, condition, plan_reason, reason
from geo_service.travel.ways import NO_NETWORK
from layers.priorities.greedy import HEURISTICS
from layers.roads.classes import Evidenced
from layers.roads.rules import Mode, Unsurveyed
from layers.routing.reasons import Unreached
from layers.routing.verdict import Verdict
from tests.geo_service.maps.test_languages import Texts

ROOT = Path(languages.__file__).resolve().parents[1]
LAYERS = ROOT.parent / "layers"
TEMPLATES = [
    ROOT / "templates" / f"{name}.html"
    for name in ("routes", "access", "spoken_header", "signed_out", "ways_macros", "tiled_end")
]
SCRIPTS = sorted((ROOT / "static" / "ways").glob("*.js"))
PYTHON = [ROOT / "maps" / f"{name}.py" for name in ("access", "routes", "tiled", "way_words")]
PYTHON += [ROOT / "printing" / f"{name}.py" for name in ("way_sheets", "ways")] + [ROOT / "languages" / "speech.py"]
CODED = {
    "class": [one.name for one in Evidenced], "mode": list(Mode), "by": list(Mode), "verdict": list(Verdict),
    "because": list(Verdict), "short": [one.value.lower() for one in Unreached], "unsurveyed": list(Unsurveyed),
    "rule": [*HEURISTICS, "local_search"], "place": ["from", "to", "via"], "ask": ["from", "to"], "pick": ["from", "to"],
    "routes": ["title"], "access": ["title"], "paper": ["scale", "grid", "east", "west"],
}  # fmt: skip
ALL = [Speech(language, PARTS) for language in LANGUAGES]


def test_every_language_has_every_key_with_the_same_places_to_fill():
    places = {
        one.language: {key: sorted(set(re.findall(r"\{(\w+)\}", text))) for key, text in one.catalogue.items()}
        for one in ALL
    }
    assert places["az"] == places["en"] == places["ru"]
    assert all(text.strip() for one in ALL for text in one.catalogue.values())


def test_a_key_stands_in_one_catalogue_alone():
    assert not words("en").keys() & (words("en", "routes").keys() - words("en").keys())
    assert len(words("en", "routes")) > len(words("en")) + 200
    with pytest.raises(KeyError):
        words("en", "routes", "routes")


def test_every_code_has_words_and_no_words_lie_unused():
    own = words("en", "routes").keys() - words("en").keys()
    coded = {f"{prefix}_{code}" for prefix, codes in CODED.items() for code in codes}
    assert coded <= words("en", "routes").keys()
    text = "".join(path.read_text(encoding="utf-8") for path in (*TEMPLATES, *SCRIPTS, *PYTHON))
    named = set(re.findall(r"[\"']([a-z][a-z0-9_]+)[\"']", text))
    told = {key for key in own if key.startswith(("reason_", "condition_", "short_"))}
    assert own - coded - named - told == set()
    asked = set(re.findall(r"\b(?:t|say)\([\"']([a-z0-9_]+)[\"'][,)]", text))
    assert asked - words("en", "routes").keys() == set()
    assert set(RULES) == {*HEURISTICS, "local_search"}


def codes_in(pattern, *paths):
    return {code for path in paths for code in re.findall(pattern, (LAYERS / path).read_text(encoding="utf-8"))}


def test_every_reason_and_condition_that_the_domain_gives_is_told_by_its_code():
    reasons = codes_in(r'"([A-Z]+(?:_[A-Z]+)+)"', "routing/why.py", "routing/routes.py", "routing/reasons.py")
    reasons |= codes_in(r'"((?:START|END|VIA)_IN_BUFFER)"', "routing/routes.py")
    assert {"NO_ROAD", "ONLY_THROUGH_HAZARD", "END_IN_BUFFER", "SAME_PLACE"} <= reasons
    conditions = codes_in(r'Condition\(\s*"([a-z_]+)"', "routing/verdict.py")
    assert len(conditions) == 4
    facts = {"width_m": 3.5, "expires_on": "2026-05-01", "neighbours": [{"layer": "hazards", "id": "H<1>"}]}
    for speech in ALL:
        for code in reasons - {"SHUT_IN"}:
            for more in ({}, {"place": "from", "distance_m": 812.0}, {"place": "via 2", "distance_m": None}):
                said = reason(speech, {"code": code, "detail": "ENGLISH", **more})
                assert said != "ENGLISH", (speech.language, code)
                assert "{" not in said
        for code in conditions:
            said = condition(speech, {"code": code, "detail": "ENGLISH", **facts})
            assert "ENGLISH" not in said
            assert "{" not in said
        assert "H<1>" in condition(speech, {"code": "keep_to_carriageway", "detail": "", **facts})
        assert reason(speech, {"code": "NEW_ONE", "detail": "as it came"}) == "as it came"
        assert plan_reason(speech, {"code": "OPEN_ALREADY", "detail": ""}) == speech.t("reason_open_already")
        assert speech.metres(812) in plan_reason(speech, {"code": "NO_ROAD", "detail": "ENGLISH", "distance_m": 812.0})
        for said in (reason, plan_reason):
            assert said(speech, {"code": "NO_ROAD", "detail": NO_NETWORK}) == speech.t("reason_no_network")


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.name)
def test_no_text_of_a_page_stands_outside_the_catalogues(page):
    parser = Texts()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    loose = {text.strip(" :\n-,;()0") for text in parser.found} - {"", "Clearway"}
    assert loose == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_says_anything_of_its_own(script):
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", script.read_text(encoding="utf-8"), flags=re.DOTALL)
    told = re.findall(r'element\("\w+", "([^"]+)"', text) + re.findall(r'textContent = "([^"]+)"', text)
    assert told == []


def test_no_language_calls_ground_safe():
    wrong = re.compile(r"\bsafe|təhlükəsiz|безопасн|менее опас", re.IGNORECASE)
    assert [text for one in ALL for text in one.catalogue.values() if wrong.search(text)] == []


def test_numbers_lengths_and_times_as_each_language_writes_them():
    en, az, ru = ALL
    assert [one.number(1234567.25, 1) for one in ALL] == ["1,234,567.2", "1.234.567,2", "1\u00a0234\u00a0567,2"]
    assert [one.date("2026-05-01") for one in ALL] == ["1 May 2026", "1 may 2026", "1 мая 2026"]
    assert [en.metres(one) for one in (0, 0.4, 999.4, 999.6, 12_345)] == ["0 m", "<1 m", "999 m", "1.0 km", "12.3 km"]
    assert [en.time(one) for one in (0, 1, 3600, 3601)] == ["0 min", "1 min", "1 h 00 min", "1 h 01 min"]
    assert [az.area(0), ru.area(0.2), en.area(1499.6)] == ["0 m²", "<1 м²", "1,500 m²"]
