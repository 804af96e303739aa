"""Every page in one walk: nothing that axe complains of, links to the other languages, no sentence in another language."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from shapely.geometry import LineString, Point, box

from geo_service import languages
from geo_service.app import create_app
from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.languages import LANGUAGES, words
from geo_service.store import open_store
from geo_service.store.snapshot import Snapshots
from tests.clients.browser import browsing, until
from tests.clients.test_review_browser import feature, hazard, load, serving, written

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
READY = """!window.clearway || Boolean(window.clearway.ready && !(window.clearway.loading && window.clearway.loading())
    && (!document.getElementById("as-of") || document.getElementById("cards").firstElementChild))"""
SILENT = ("script", "style", "noscript", "template")

MAPS = (
    "/",
    "/maps/routes",
    "/maps/routes?from=46.12,39.02&to=46.18,39.03&unsurveyed=show",
    "/maps/routes?from=46.12,39.02&to=46.19,39.09",
    "/maps/access",
    "/maps/returning?w_returned=1&w_population_before=1",
    "/maps/upload",
    "/maps/review",
    "/maps/review/{draft}",
    "/changesets/{hazards}/diff?f=html",
    "/maps/statements",
    "/statements/1?f=html",
    "/coverage?f=html&by=district,device",
)
RECORDS = (
    "/collections?f=html",
    "/collections/hazards?f=html",
    "/collections/hazards/items?f=html&limit=2",
    "/collections/hazards/items/H-CHA?f=html",
)
SPOKEN = ("/", MAPS[2], "/maps/upload", "/maps/review/{draft}", "/statements/1?f=html")
"""What scripts write on, and more, at 390 px in another language."""
LISTINGS = (
    "/collections/hazards/items/H-CHA/versions?f=html",
    "/collections/hazards/queryables?f=html",
    "/collections/hazards/tiles?f=html",
    "/tileMatrixSets?f=html",
    "/conformance?f=html",
    "/api.html",
)
"""Made of one template: what is seen of one of them holds for all."""
REFUSED = ("/coverage?f=html&as_of=never", "/maps/no-such-page", "/maps/routes?from=46,39&to=nowhere")
OUTSIDE = ("/maps/routes",)
"""For those without a token: what is not public."""

DISTRICTS = [feature(box(46, 39, 46.1, 39.1), "D1", name="West"), feature(box(46.1, 39, 46.2, 39.1), "D2", name="East")]
HAZARDS = [
    feature(
        box(46.02, 39.02, 46.04, 39.04), "H-CHA", classification="CHA", opened_on="2020-01-01", devices=["AP_mine"]
    ),
    feature(box(46.03, 39.03, 46.06, 39.05), "H-SHA", classification="SHA", opened_on="2020-02-01"),
    feature(box(46.15, 39.015, 46.16, 39.04), "H-WAY", classification="SHA", opened_on="2021-02-01"),
]
RELEASES = [
    feature(
        box(46.05, 39.03, 46.07, 39.05), "R-1", product="cleared", completed_on="2024-05-01", qc_status="not_required"
    ),
    feature(box(46.03, 39.03, 46.035, 39.04), "R-2", product="cancelled", completed_on="2024-05-01"),
]
SETTLEMENTS = [
    feature(Point(46.12, 39.02), "V-1", name="Ağkənd", kind="home", population_before=200, returned=20),
    feature(Point(46.18, 39.03), "V-2", name="Güney", kind="displacement_site"),
]
ROADS = [
    feature(LineString([(46.12, 39.02), (46.15, 39.02)]), "W-1", **{"class": "secondary"}),
    feature(LineString([(46.15, 39.02), (46.18, 39.03)]), "W-2", **{"class": "secondary"}),
    feature(LineString([(46.15, 39.02), (46.15, 39.05), (46.18, 39.05), (46.18, 39.03)]), "W-3", **{"class": "track"}),
]


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A small register with a statement and a draft, for one person and for the public: addresses, and pages by name."""
    log = open_store(tmp_path_factory.mktemp("pages") / "data", create=True)
    log.set_setting("public_access", value=True)
    made = {}
    for layer, rows in (
        ("districts", DISTRICTS),
        ("hazards", HAZARDS),
        ("releases", RELEASES),
        ("settlements", SETTLEMENTS),
        ("roads", ROADS),
    ):
        made[layer] = load(log, layer, *rows).id
    moved = feature(box(46.03, 39.03, 46.07, 39.05), "H-SHA", classification="SHA", opened_on="2020-02-01")
    moved["properties"] |= {"valid_from": "2024-06-01", "change": "survey"}
    upload = Upload("hazards", written(moved, hazard("H-NEW", 46.11)), "draft.geojson", "ana")
    made["draft"] = receive(log, Snapshots(log), upload, utc_now, submit=False).changeset.id
    own, outside = serving(create_app(log, local=True)), serving(create_app(log))
    address = next(own)
    asked = {"settlement": "V-1", "radius_m": 800, "language": "az"}
    assert httpx.post(f"{address}/statements", json=asked, timeout=60).status_code == 201
    yield address, next(outside), made
    for one in (own, outside):
        next(one, None)
    log.close()


def axe(page):
    """What axe complains of; it is put in from outside, where a page's policy lets nobody else."""
    if not AXE.is_file():
        pytest.fail("axe-core is not here: scripts/setup installs it")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        "(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })"
        ".then((all) => all.violations.map((one) => [one.id, one.nodes.map((node) => node.target.join(' '))]))",
        RULES,
    )


class Told(HTMLParser):
    """What a page says: its texts with what is heard or hinted, its language, and its links to other languages."""

    def __init__(self, content):
        super().__init__()
        self.texts, self.links, self.language, self._within = [], {}, None, 0
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._within += tag in SILENT
        if tag == "html":
            self.language = given["lang"]
        if "data-language" in given:
            self.links[given["data-language"]] = given["href"]
        self.texts += [given[name] for name in ("title", "aria-label", "placeholder") if given.get(name)]

    def handle_endtag(self, tag):
        self._within -= tag in SILENT

    def handle_data(self, data):
        if not self._within and data.strip():
            self.texts.append(" ".join(data.split()))


def wrong(content, address, language, sentence):
    """What is wrong with the words of a page that was asked for in a language, and with its links to the others."""
    told = Told(content)
    found = [] if told.language == language else [f"it is in {told.language}"]
    if told.links.keys() != LANGUAGES.keys():
        found.append(f"links to {sorted(told.links)}")
    here = urlsplit(address)
    asked = {pair for pair in parse_qsl(here.query) if pair[0] != "lang"}
    for code, link in told.links.items():
        there = urlsplit(urljoin(address, link))
        given = set(parse_qsl(there.query))
        if (there.netloc, there.path) != (here.netloc, here.path) or ("lang", code) not in given or not asked <= given:
            found.append(f"{code} is {link}")
    if language != "en" and here.path != "/api.html":  # the interface is written in English
        found += [one for one in told.texts if sentence(one)]
    return found


@cache
def english():
    """A function that finds the sentences of all English catalogues: more than three words, and other ones in other languages."""
    folder, sentences = Path(languages.__file__).parent, set()
    for part in [(), *((one.name.removesuffix(".en.toml"),) for one in folder.glob("*.en.toml"))]:
        said = {code: words(code, *part) for code in LANGUAGES}
        sentences |= {
            text
            for key, text in said["en"].items()
            if len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text))) > 3 and text != said["az"][key]
        }
    parts = (re.sub(r"\\\{\w+\\\}", ".{1,80}?", re.escape(one)) for one in sorted(sentences, key=len, reverse=True))
    return cache(re.compile("|".join(parts)).search)


def pages(everything, *paths):
    """The addresses of pages, then of those that somebody without a token sees."""
    address, outside, made = everything
    yield from (address + path.format_map(made) for path in paths)
    yield from (outside + path for path in OUTSIDE)


def within(address, language):
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def test_nobody_is_kept_from_any_page_and_every_page_leads_to_its_other_languages(everything, tmp_path):
    trouble = {}
    with browsing() as opened:
        page, seen = opened("about:blank")
        for address in pages(everything, *MAPS, *RECORDS, LISTINGS[0], *REFUSED):
            page.goto(within(address, "en"))
            until(page, READY, seen)
            found = axe(page) + wrong(page.content(), page.url if "/diff" in address else address, "en", None)
            if found:
                trouble[address] = found
        # A file that raises a question, and what is said of its rows.
        page.goto(f"{everything[0]}/maps/upload?lang=en")
        table = tmp_path / "hazards.csv"
        table.write_text("id,x,y,class\nA,500000,4400000,SHA\n", encoding="utf-8")
        page.set_input_files("#file", table)
        page.select_option("#layer", "hazards")
        page.click("#check")
        page.wait_for_selector("#question:not([hidden])")
        trouble |= {"a question": found} if (found := axe(page)) else {}
        table = tmp_path / "hazards.geojson"
        table.write_bytes(written(hazard("A", 46.0), {**hazard("B"), "properties": {"classification": "??"}}))
        page.set_input_files("#file", table)
        page.click("#check")
        page.wait_for_selector("#result:not([hidden])")
        trouble |= {"a report": found} if (found := axe(page)) else {}
        assert trouble == {}, json.dumps(trouble, indent=1, ensure_ascii=False)
        # What complains of nothing anywhere does complain.
        page.evaluate("document.querySelector('main').append(new Image())")
        assert [one for one, _ in axe(page)] == ["image-alt"]


def test_maps_speak_the_language_and_can_be_used_in_it(everything):
    sentence, trouble = english(), {}
    with browsing() as opened:
        page, seen = opened("about:blank", width=390, height=844)
        for address in pages(everything, *SPOKEN):
            page.goto(within(address, "az"))
            until(page, READY, seen)
            found = axe(page) + wrong(page.content(), address, "az", sentence)
            if found:
                trouble[address] = found
    assert trouble == {}, json.dumps(trouble, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("language", ["az", "ru"])
def test_no_page_has_a_sentence_of_the_english_catalogues(everything, language):
    sentence, trouble = english(), {}
    for address in pages(everything, *MAPS, *RECORDS, *LISTINGS, *REFUSED):
        answer = httpx.get(within(address, language), headers={"Accept": "text/html"}, follow_redirects=True)
        own = urlsplit(address).path != "/" and "/diff" not in address  # the map's script keeps what is asked
        found = wrong(answer.text, address if own else str(answer.url), language, sentence)
        if found:
            trouble[address] = found
    assert trouble == {}, json.dumps(trouble, indent=1, ensure_ascii=False)
