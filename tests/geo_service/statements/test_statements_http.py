"""Written answers over HTTP: their figures are the API's, they expire, they are superseded, a copy is verified."""

import datetime as dt
import hashlib
import json
import re

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import LineString, Point, box, mapping, shape

from geo_service.languages import LANGUAGES, words
from geo_service.printing.paper import wrapped
from geo_service.settings import SENTENCES
from geo_service.statements.issue import looked_at
from geo_service.statements.question import Question, asked
from geo_service.statements.record import stated, written
from geo_service.statements.terms import terms_of
from geo_service.store import open_store

STATES = ("CHA", "SHA", "cleared", "reduced", "cancelled", "surveyed_no_evidence", "no_recorded_hazard")
PARCEL = box(46.01, 39.01, 46.07, 39.06)
FORM = {"parcel": mapping(PARCEL), "purpose": "a school", "asked_by": "the municipality"}


@pytest.fixture(scope="module")
def made(centre):
    """A statement on ground with all that there is."""
    return centre.state(**FORM)


EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def village(centre, made):
    """A statement in Azerbaijani on a settlement, the next one."""
    return centre.state(settlement="V-1", radius_m=600, language="az", purpose=EVIL, asked_by=EVIL)


@pytest.fixture(scope="module")
def road(centre, village):
    """A statement in Russian on a road, the next one."""
    return centre.state(**{"from": [46.12, 39.021], "to": [46.18, 39.031]}, language="ru")


@pytest.fixture(scope="module")
def said_of(centre):
    """What would be stated, without a number and a paper."""
    service = centre.client.app.state.service

    def say(**fields):
        question = asked(fields, service.settings)
        seen = looked_at(service, question)
        return stated(question, seen, service)

    return say


def test_it_is_numbered_dated_expiring_and_found_again(centre, made, village, road):
    assert [one["statement"] for one in (made, village, road)] == [1, 2, 3]
    assert made["issued_on"] == "2026-03-01"
    assert made["expires_on"] == "2026-08-28"  # 180 days
    assert (made["as_of"], made["historical"], made["status"]) == ("2026-03-01", False, "valid")
    assert made["authority"] == "Mine Action Centre of Elsewhere"
    assert (made["purpose"], made["asked_by"], made["issued_by"]) == ("a school", "the municipality", "local")
    place = f"/statements/{made['statement']}"
    one = centre.client.get(place)
    assert one.json() == made
    assert centre.client.get(place, headers={"If-None-Match": one.headers["etag"]}).status_code == 304
    listed = centre.client.get("/statements").json()["statements"]
    assert [row["statement"] for row in listed] == list(range(len(listed), 0, -1))
    [row] = centre.client.get(f"/statements?before={made['statement'] + 1}&limit=1").json()["statements"]
    assert (row["statement"], row["kind"], row["expired"]) == (made["statement"], "parcel", False)
    assert row["sha256"] == {"statement.json": made["sha256"], "statement.pdf": made["pdf_sha256"]}


def test_the_record_is_kept_to_the_byte_and_its_digest_is_told(centre, made):
    place = f"/statements/{made['statement']}"
    content = centre.client.get(f"{place}?f=record").content
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    record = json.loads(content)
    assert written(record) == content
    assert {name: made[name] for name in record} == record
    paper = centre.client.get(f"{place}?f=pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(paper.content).hexdigest() == made["pdf_sha256"]


def test_figures_are_those_of_the_coverage(centre, road):
    """A district sent as a file: its figures are those of its row."""
    client = centre.client
    district = client.get("/collections/districts/items/D1").content
    sent = client.post("/statements", files={"file": ("p.geojson", district)}, data={"valid_days": "10"})
    assert sent.status_code == 201, sent.text
    said = sent.json()
    assert sent.headers["location"] == f"/statements/{said['statement']}"
    assert said["expires_on"] == "2026-03-11"
    [row] = [one for one in client.get("/coverage").json()["rows"] if one["district_id"] == "D1"]
    assert said["states"] == pytest.approx({name: row[name] for name in STATES}, abs=1e-3)
    assert said["area_m2"] == pytest.approx(row["area_m2"], abs=1e-3)
    for name in ("pending_qc_m2", "overlap_m2"):
        assert said[name] == pytest.approx(row[name], abs=1e-3)
        assert said[name] > 0
    # Of its records, the whole and the open m2 are those of the features.
    for one in said["hazards"]:
        item = client.get(f"/collections/hazards/items/{one['id']}").json()["properties"]
        assert one["m2_inside"] == pytest.approx(item["area_m2"], abs=1e-3)
        assert one["open_m2_inside"] == pytest.approx(item["open_m2"], abs=1e-3)
        assert one["state"] == item["state"]
    assert [one["id"] for one in said["hazards"]] == ["H-CHA", "H-SHA"]
    assert {one["id"]: one["in_effect"] for one in said["releases"]} == {"R-1": True, "R-2": True, "R-3": False}
    assert said["districts"] == [{"id": "D1", "name": "West", "m2": pytest.approx(row["area_m2"])}]
    assert said["outside_districts_m2"] == 0


@given(st.floats(-0.02, 0.1), st.floats(-0.02, 0.06), st.floats(0.001, 0.03), st.floats(0.001, 0.03))
@settings(max_examples=3)
def test_states_sum_to_the_parcel_wherever_it_lies(said_of, x, y, width, height):
    said = said_of(parcel=mapping(box(46 + x, 39 + y, 46 + x + width, 39 + y + height))).said
    assert sum(said["states"].values()) == pytest.approx(said["area_m2"], rel=1e-9)
    inside = sum(one["m2"] for one in said["districts"])
    assert inside + said["outside_districts_m2"] == pytest.approx(said["area_m2"], rel=1e-6)
    assert said["certificate"]["passed"]


def test_the_words_are_those_of_the_programme(made):
    codes = {one["code"]: one["text"] for one in made["findings"]}
    assert list(codes)[:4] == ["open", "pending", "not_assessed", "released"]
    assert "not released ground" in codes["not_assessed"]
    assert "H-CHA" in codes["nearest_here"]
    assert made["notice"].startswith("This shows explosive ordnance information recorded by Mine Action Centre of")
    assert "safe" not in json.dumps(made["findings"]).lower()
    assert [one["id"] for one in made["incidents"]] == ["I-1"]
    assert "killed" not in made["incidents"][0]


def test_the_nearest_hazard_is_told_with_distance_and_direction(said_of):
    said = said_of(parcel=mapping(box(46.15, 39.07, 46.16, 39.08))).said
    nearest = said["nearest_hazard"]
    # 0.01 degrees of longitude at 39.075 N are 865 m: west of the hazard, which lies east of the parcel.
    assert (nearest["id"], nearest["direction"]) == ("H-FAR", "E")
    assert 860 <= nearest["distance_m"] <= 866
    within = {one["within_m"]: one for one in said["around"]}
    assert within[500.0]["open_m2"] == 0
    assert within[1000.0]["SHA"] > 100_000
    assert said["states"]["no_recorded_hazard"] == pytest.approx(said["area_m2"])


def test_a_settlement_and_what_lies_around_it(centre, village):
    said = village
    assert said["subject"]["name"] == "Ağkənd"
    assert said["subject"]["radius_m"] == 600
    # A polygon drawn around the circle: all of it, and little more.
    assert 1 < said["area_m2"] / (3.141592653589793 * 600**2) < 1.002
    assert [one["code"] for one in said["findings"]][:2] == ["open_none", "not_assessed"]
    assert "qiymətləndirilməyib" in said["findings"][1]["text"]
    wrong = centre.client.post("/statements", json={"settlement": "V-9"})
    assert wrong.status_code == 422
    assert "V-9" in wrong.json()["detail"]


def test_a_road_with_its_verdict_and_segments(centre, road, said_of):
    said = road
    [way] = centre.client.post("/routes", json={"from": [46.12, 39.021], "to": [46.18, 39.031]}).json()["features"]
    chosen = said["road"]["chosen"]
    assert said["road"]["verdict"] == "insufficient_information"
    for name in ("verdict", "length_m", "evidence", "segments", "expires_on"):
        assert chosen[name] == way["properties"][name]
    assert shape(said["subject"]["geometry"]).equals(shape(way["geometry"]))
    assert said["expires_on"] == min("2026-03-31", chosen["expires_on"])
    assert sum(said["states"].values()) == pytest.approx(said["area_m2"])
    assert centre.client.get(f"/statements/{said['statement']}").json()["status"] == "valid"
    barred = said_of(**{"from": [46.0, 39.03], "to": [46.08, 39.03]})
    assert barred.subject.road["verdict"] == "no_way"
    assert [one["code"] for one in barred.subject.road["reasons"]] == ["ONLY_THROUGH_HAZARD"]
    assert [one["id"] for one in barred.said["hazards"]] == []  # its two ends lie beside the hazards


def test_a_file_holds_one_parcel(centre):
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(PARCEL)}
    two = json.dumps({"type": "FeatureCollection", "features": [feature, feature]})
    before = centre.count()
    wrong = centre.client.post("/statements", files={"file": ("p.geojson", two)})
    assert wrong.status_code == 422
    assert "2 rows" in wrong.json()["detail"]
    assert centre.count() == before


BOW = {"type": "Polygon", "coordinates": [[[46.0, 39.0], [46.1, 39.1], [46.1, 39.0], [46.0, 39.1], [46.0, 39.0]]]}
BAD = [
    ({}, "nothing"),
    ({"parcel": None}, "nothing"),
    ({"parcel": 5}, "GeoJSON polygon"),
    ({"parcel": {"type": "Point", "coordinates": [46, 39]}}, "'Point'"),
    ({"parcel": {"type": "Feature", "geometry": None, "properties": {}}}, "no geometry"),
    ({"parcel": {"type": "Polygon", "coordinates": []}}, "empty"),
    ({"parcel": {"type": "Polygon", "coordinates": [[[46, 39], [46.1, 39]]]}}, "parcel:"),
    ({"parcel": BOW}, "no clear line"),
    ({"parcel": {"type": "Polygon", "coordinates": [[[46, 39], [446, 39], [46, 39.1], [46, 39]]]}}, "off the globe"),
    ({"parcel": mapping(box(40, 35, 45, 39))}, "km2"),
    ({"parcel": mapping(box(46.1, 38.4, 46.2, 38.6))}, "outside the area of operations"),
    ({"parcel": mapping(PARCEL), "settlement": "V-1"}, "both parcel and settlement"),
    ({"settlement": "V-1", "mode": "car"}, "mode: only a statement on a road"),
    ({"parcel": mapping(PARCEL), "radius_m": 500}, "radius_m: only a statement on a settlement"),
    ({"settlement": "V-1", "radius_m": 50}, "radius_m"),
    ({"settlement": "V-1", "language": "fr"}, "language: one of en, az, ru"),
    ({"settlement": "V-1", "valid_days": 0}, "valid_days"),
    ({"settlement": "V-1", "valid_days": 181}, "from 1 to 180"),
    ({"settlement": "V-1", "purpose": "x" * 301}, "at most 300"),
    ({"settlement": "V-1", "purpose": "a\u202eb"}, "controls how text is shown"),
    ({"settlement": "V-1", "as_of": "2026-03-02"}, "after today"),
    ({"settlement": "V-1", "as_of": "1990-01-01"}, "before the first record"),
    ({"settlement": "V-1", "note": 1}, "no such field"),
    ({"from": [46.12, 39.02]}, "to: missing"),
]


@pytest.mark.parametrize(("body", "said"), BAD, ids=[str(k) for k in range(len(BAD))])
def test_what_is_asked_badly_is_refused_and_nothing_is_stored(centre, body, said):
    before = centre.count()
    answer = centre.client.post("/statements", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert centre.count() == before


def test_ground_beyond_the_districts_is_named_as_such(said_of):
    said = said_of(parcel=mapping(box(46.19, 39.0, 46.21, 39.01))).said
    assert said["outside_districts_m2"] == pytest.approx(said["area_m2"] / 2, rel=1e-6)


def test_an_approved_change_of_its_ground_supersedes_it_and_one_far_away_does_not(own):
    made = own.state(**FORM)
    past = own.state(**FORM, as_of="2024-01-01")
    assert past["historical"]
    assert past["findings"][0]["code"] == "historical"
    assert past["states"]["cleared"] == 0
    assert past["states"]["SHA"] > made["states"]["SHA"]
    far = own.state(parcel=mapping(box(46.15, 39.07, 46.16, 39.08)), valid_days=1)
    way = own.state(**{"from": [46.12, 39.021], "to": [46.18, 39.031]})
    assert own.client.get(f"/statements/{way['statement']}").json()["status"] == "valid"
    place = f"/statements/{made['statement']}"
    own.clock.now += dt.timedelta(days=1)
    new = {"classification": "CHA", "opened_on": "2026-03-02"}
    own.load("hazards", [("H-ELSE", translate(HERE, 0.06, 0.0), new)])
    assert own.client.get(place).json()["status"] == "valid"
    changeset = own.load("hazards", [("H-NEW", HERE, new)])
    one = own.client.get(place).json()
    assert one["status"] == "superseded"
    assert one["states"] == made["states"]
    [added] = [change for change in one["changes"] if change["what"] == "added"]
    assert (added["layer"], added["id"], added["changeset"]) == ("hazards", "H-NEW", changeset["id"])
    figures = {change["figure"]: change for change in one["changes"] if change["what"] == "figure"}
    assert figures["CHA"]["now"] > figures["CHA"]["was"] == made["states"]["CHA"]
    # A past date is as it was; ground far from it too.
    assert own.client.get(f"/statements/{past['statement']}").json()["status"] == "valid"
    assert own.client.get(f"/statements/{far['statement']}").json()["status"] == "valid"
    # A correction of the past changes what is known of it.
    own.load(
        "hazards",
        [("H-CHA", box(46.02, 39.02, 46.035, 39.04), {"classification": "CHA", "opened_on": "2020-01-01",
          "devices": ["AP_mine"], "valid_from": "2020-01-01", "change": "correction"})],
    )  # fmt: skip
    assert own.client.get(f"/statements/{past['statement']}").json()["status"] == "superseded"

    # A road that is closed.
    closed = {"class": "secondary", "eo_status": "closed", "valid_from": "2026-03-02"}
    own.load("roads", [("W-1", LineString([(46.12, 39.021), (46.15, 39.021)]), closed)])
    one = own.client.get(f"/statements/{way['statement']}").json()
    assert one["status"] == "superseded"
    assert "way" in {change["what"] for change in one["changes"]}
    # Its last day passes.
    own.clock.now += dt.timedelta(days=1)
    later = own.client.get(f"/statements/{far['statement']}").json()
    assert (later["status"], later["expired"], later["changes"]) == ("expired", True, [])
    assert [row["expired"] for row in own.client.get("/statements").json()["statements"]] == [False, True, False, False]


HERE = box(46.062, 39.052, 46.068, 39.058)


def test_a_copy_is_verified_and_one_changed_byte_fails(centre, made):
    place = f"/statements/{made['statement']}"
    client = centre.client
    paper = client.get(f"{place}?f=pdf").content
    record = client.get(f"{place}?f=record").content

    def verified(content):
        answer = client.post(f"{place}/verify", files={"file": ("copy.pdf", content)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert (verified(paper)["genuine"], verified(paper)["file"], verified(paper)["status"]) == (True, "pdf", "valid")
    assert (verified(record)["genuine"], verified(record)["file"]) == (True, "record")
    for at in (0, len(paper) // 2, len(paper) - 1):
        tampered = paper[:at] + bytes([paper[at] ^ 1]) + paper[at + 1 :]
        said = verified(tampered)
        assert said["genuine"] is False
        assert said.keys().isdisjoint({"status", "states", "as_of", "subject"})
    assert verified(paper + b"\n")["genuine"] is False
    other = client.get(f"/statements/{made['statement'] + 1}?f=pdf").content
    assert verified(other)["genuine"] is False


def test_the_digest_on_the_paper_names_the_record_and_proves_no_paper(centre, made):
    place = f"/statements/{made['statement']}/verify"
    by_paper = centre.client.get(place, params={"sha256": made["pdf_sha256"]}).json()
    assert by_paper["genuine"] is True
    by_record = centre.client.get(place, params={"sha256": made["sha256"].upper()}).json()
    assert by_record["genuine"] is None
    assert by_record["states"] == made["states"]
    assert "does not prove a paper" in by_record["detail"]
    assert centre.client.get(place, params={"sha256": "0" * 64}).json()["genuine"] is False
    assert centre.client.get(place, params={"sha256": "x"}).status_code == 422
    assert centre.client.get("/statements/9999/verify", params={"sha256": "0" * 64}).status_code == 404


def test_the_public_verifies_where_the_programme_says_so_and_reads_nothing(centre, made):
    visitor = centre.visitor(local=False)
    copy = {"file": ("copy.pdf", centre.client.get(f"/statements/{made['statement']}?f=pdf").content)}
    place = f"/statements/{made['statement']}"

    def statuses():
        asked = (visitor.get(place), visitor.get("/statements"), visitor.post("/statements", json=FORM))
        by_digest = visitor.get(f"{place}/verify", params={"sha256": made["pdf_sha256"]})
        return [one.status_code for one in (*asked, by_digest, visitor.post(f"{place}/verify", files=copy))]

    try:
        assert statuses() == [401] * 5
        centre.log.set_setting("public_access", True)
        assert statuses() == [401] * 5
        centre.log.set_setting("statements", {"public_verify": True})
        assert statuses() == [401, 401, 401, 200, 200]
        said = visitor.post(f"{place}/verify", files=copy).json()
        assert said["genuine"] is True
        assert said.keys().isdisjoint({"hazards", "map", "asked_by", "purpose", "findings"})
    finally:
        centre.log.set_setting("public_access", False)
        centre.log.set_setting("statements", {})


def test_nothing_is_stated_on_stale_or_invented_or_no_data(own, bare, tmp_path):
    service, question = own.client.app.state.service, Question(settlement="V-1")
    own.clock.now += dt.timedelta(days=180)
    assert looked_at(service, question).as_of.isoformat() == "2026-08-28"
    own.clock.now += dt.timedelta(days=1)
    stale = own.client.post("/statements", json=FORM)
    assert (stale.status_code, stale.json()["title"]) == (409, "Conflict")
    assert "Stale data" in stale.json()["detail"]
    own.log.set_setting("statements", {"stale_days": 365})
    assert looked_at(service, question).as_of.isoformat() == "2026-08-29"
    earlier = own.client.get("/changesets").json()["changesets"][-1]["recorded_at"]
    then = own.client.post("/statements", json={**FORM, "known_at": earlier})
    assert then.status_code == 409
    assert "leave known_at out" in then.json()["detail"]
    assert own.count() == 0
    assert bare.client.post("/statements", json=FORM).status_code == 409
    with open_store(tmp_path / "demo", create=True, synthetic=True) as log:
        own.log.close()
        own.log = log
        answer = own.visitor().post("/statements", json=FORM)
        assert answer.status_code == 409
        assert "invented" in answer.json()["detail"]
        assert own.count() == 0


def test_two_who_ask_at_once_get_numbers_without_a_gap(own):
    from concurrent.futures import ThreadPoolExecutor

    parcel = {"parcel": mapping(Point(46.15, 39.05).buffer(0.002))}
    clients = [own.visitor() for _ in range(2)]
    # Two processes that have answered before.
    assert [one.get("/statements").json() for one in clients] == [{"statements": []}] * 2
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda k: clients[k].post("/statements", json=parcel), range(2)))
    assert [one.status_code for one in answers] == [201, 201]
    assert sorted(one.json()["statement"] for one in answers) == [1, 2]


def test_the_page_shows_it_and_runs_nothing_of_what_was_sent(centre, made, village, road):
    for one in (made, village, road):
        page = centre.client.get(f"/statements/{one['statement']}", headers={"Accept": "text/html"})
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert EVIL not in page.text
        assert f'lang="{one["language"]}"' in page.text
        assert one["sha256"] in page.text
        assert one["findings"][0]["text"].split("\u00a0")[0] in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "&lt;script&gt;" in centre.client.get(f"/statements/{village['statement']}?f=html").text


def test_no_figure_is_broken_between_two_lines():
    """Half of a figure is another figure."""
    text = "of 2\u00a0450\u00a0904 m²"
    lines = [wrapped(text, width, 8.6) for width in range(8, 60, 2)]
    assert any(len(line) > 1 for line in lines)
    assert all("450" not in one or "2\u00a0450\u00a0904" in one or one.endswith("…") for line in lines for one in line)


def test_the_paper_as_pictures(centre, made, village, road):
    """Each in its script: what the record says stands on it, and the map shows the hazards and the ground."""
    for one, expected in (
        (made, ("Statement No. 1", "Do not enter", "not assessed", "H-CHA", "Mine Action Centre of Elsewhere")),
        (village, ("Arayış № 2", "Ağkənd", "qiymətləndirilməyib", "təhlükənin olmaması demək deyil", EVIL)),
        (road, ("Справка № 3", "сведений недостаточно", "не обследовано", "остаточный риск")),
    ):
        content = centre.client.get(f"/statements/{one['statement']}?f=pdf").content
        with pypdfium2.PdfDocument(content) as document:
            texts = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
            pictures = [
                np.asarray(page.render(scale=1).to_pil().convert("RGB"), dtype=int)
                for page in (document[0], document[len(document) - 1])
            ]
        letter = " ".join(texts[:-1]).replace("- ", "-")
        assert [word for word in expected if word not in letter] == []
        assert one["sha256"] in letter
        assert one["verify"] in letter
        assert one["expires_on"] in letter
        assert "Scale 1:" in texts[-1]
        assert "UTM zone 38N" in texts[-1]
        assert one["notice"].split(". ")[1] in texts[-1]
        # The square code stands in the lower right corner of the letter: half of it dark.
        height, width, _ = pictures[0].shape
        code = pictures[0][int(height * 0.87) : int(height * 0.93), int(width * 0.83) : int(width * 0.91)]
        assert 0.25 < (code.mean(axis=2) < 128).mean() < 0.75
        red = (pictures[1][..., 0] > 200) & (pictures[1][..., 1] < 150) & (pictures[1][..., 2] < 150)
        shown = [row for row in one["map"]["records"]["hazards"] if row["classification"] == "CHA"]
        # The legend has some red of its own.
        assert (red.mean() > 0.01) == bool(shown)


def test_every_language_has_every_key_and_none_calls_ground_safe():
    places = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words(language, "statements").items()}
        for language in LANGUAGES
    }
    assert places["az"] == places["en"] == places["ru"]
    assert words("en", "statements")["statement_notice"] == SENTENCES
    told = [text for language in LANGUAGES for text in words(language, "statements").values()]
    assert [one for one in told if re.search(r"\bsafe|təhlükəsiz|безопасн", one, re.IGNORECASE)] == []


def test_terms_are_settings_with_bounds():
    assert terms_of({"valid_days": 90, "address": "https://x.example/"}).address == "https://x.example"
    for wrong in (
        {"valid_days": 0},
        {"valid_days": 1.5},
        {"public_verify": 1},
        {"address": "javascript:1"},
        {"no": 1},
        [],
    ):
        with pytest.raises(ValueError, match=r"\w"):
            terms_of(wrong)
