"""Routes and access as people get them: pages in three languages, places by any spelling, the printed way."""

import re
import sys
from io import BytesIO

import pypdfium2
import pytest
import shapely
from fastapi.testclient import TestClient

from geo_service.balance import Refused, view
from geo_service.cli import main
from geo_service.printing import ways as printed
from geo_service.printing.furniture import KEY_MM
from geo_service.printing.paper import PAPERS, extent
from geo_service.travel.places import place_named
from layers.roads.classes import Evidenced
from tests.geo_service.maps.test_way_words import ALL

EN, AZ, RU = ALL


def text_of(pdf):
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.fixture(scope="module")
def seen(demo):
    service = demo.app.state.service
    return view(service.snapshots, service.settings, service.clock)


@pytest.fixture(scope="module")
def rows(demo):
    return demo.get("/access").json()["settlements"]


@pytest.fixture(scope="module")
def far(rows):
    """A way that there is, over unsurveyed ground: its ends by id."""
    row = max((row for row in rows if row["verdict"] == "insufficient_information"), key=lambda row: row["length_m"])
    return {"from": row["site"], "to": row["settlement"]}


@pytest.fixture(scope="module")
def barred(rows):
    row = next(row for row in rows if row["reason"] == "ONLY_THROUGH_HAZARD" and row["hazards"])
    return {"from": row["site"], "to": row["settlement"]}


def test_a_place_is_found_by_any_name_in_any_spelling(demo, seen):
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    row = frame[frame["aliases"].map(len) == 2].iloc[0]
    point = shapely.point_on_surface(row.geometry)
    latin, cyrillic = row["aliases"]
    assert re.search("[а-я]", cyrillic)
    for text in (row["id"], row["name"], latin, cyrillic, cyrillic.upper(), f"  {row['name'].lower()} "):
        assert place_named(text, seen, "from") == (point.x, point.y), text
    assert place_named("46.5, 39.25", seen, "from") == (46.5, 39.25)
    assert place_named("39°15'00\"N 46°30'00\"E", seen, "from") == pytest.approx((46.5, 39.25))
    assert place_named("38SNJ1234567890", seen, "from")[0] == pytest.approx(45.1, abs=1)
    for text, why in (
        ("", "where"),
        ("nowhere at all", "is called"),
        ("38S NJ 1", "from"),
        ("39°15' 46°30'", "can be read"),
    ):
        with pytest.raises(Refused, match=why):
            place_named(text, seen, "from")


def test_a_page_speaks_the_language_asked_for_and_keeps_it(demo, far):
    def language(**more):
        with TestClient(demo.app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as one:
            page = one.get("/maps/routes", **more)
        return re.search(r'<html lang="(\w+)">', page.text)[1], page.headers.get("set-cookie")

    assert language() == ("en", None)
    assert language(headers={"Accept-Language": "fr, ru-RU;q=0.8, en;q=0.4"}) == ("ru", None)
    assert language(headers={"Accept-Language": "ru", "Cookie": "lang=az"}) == ("az", None)
    asked, cookie = language(params={"lang": "ru"}, headers={"Cookie": "lang=az"})
    assert (asked, cookie.split(";")[0]) == ("ru", "lang=ru")
    page = demo.get("/maps/routes", params={**far, "lang": "ru"}).text
    assert RU.t("because_insufficient_information") in page
    assert RU.t("verdict_insufficient_information") in page
    assert EN.t("because_insufficient_information") not in page
    other = re.search(r'href="\?([^"]*)" lang="az"', page)[1]
    assert f"from={far['from']}" in other
    assert "lang=az" in other
    demo.cookies.clear()


def test_what_bars_the_way_is_told_and_linked_in_the_language(demo, barred):
    page = demo.get("/maps/routes", params={**barred, "lang": "az"}).text
    answer = demo.post("/routes", json={name: _at(demo, id_) for name, id_ in barred.items()}).json()
    reasons = answer["reasons"]
    assert answer["features"] == []
    for one in reasons:
        assert one["detail"] not in page
        for id_ in (*one.get("hazards", ()), *one.get("barred_by", ())):
            link = re.search(rf'href="(/collections/\w+/items/{id_}[^"]*)"', page)[1]
            assert demo.get(link.replace("&amp;", "&")).status_code == 200
    plan = demo.get("/maps/routes", params={**barred, "planning": "true", "lang": "ru"}).text
    assert RU.t("plan_only") in plan
    assert RU.t("refused_plan") in plan
    demo.cookies.clear()


def _at(demo, id_):
    shape = shapely.from_geojson(demo.get(f"/collections/settlements/items/{id_}").text.replace('"crs"', '"c"'))
    point = shapely.get_coordinates(shape)[0]
    return point.tolist()


def test_a_printed_way_is_withheld_as_a_track_is(demo, far, barred):
    for asked, why in (
        (far, "confirm=unsurveyed"), ({**far, "as_of": "2024-05-01", "confirm": "unsurveyed"}, "the past"),
        ({**barred, "planning": "true", "confirm": "unsurveyed"}, "a plan"), ({**barred, "confirm": "unsurveyed"}, "no route"),
    ):  # fmt: skip
        answer = demo.get("/maps/routes/pdf", params=asked)
        assert answer.status_code == 409, answer.text
        assert "PDF is refused" in answer.json()["detail"]
        assert why in answer.json()["detail"]
        assert demo.get("/maps/routes/gpx", params=asked).status_code == 409


def test_a_printed_way_says_what_the_answer_says_in_three_scripts(demo, far):
    body = {name: _at(demo, id_) for name, id_ in far.items()}
    found = demo.post("/routes", json=body).json()
    asked = {**far, "confirm": "unsurveyed", "lang": "ru", "way": 1}
    answer = demo.get("/maps/routes/pdf", params=asked)
    assert answer.headers["content-type"] == "application/pdf", answer.text
    first, *rest = text_of(answer.content)
    every, told = " ".join((first, *rest)), found["features"][0]["properties"]
    for speech in ALL:
        assert speech.t("verdict_insufficient_information") in every
    for text in (
        RU.t("because_insufficient_information"), RU.t("holds_until", date=RU.date(told["expires_on"])), RU.t("paper_synthetic"),
        RU.t("paper_confirmed"), "Не входите на опасные участки", f"лист 1 из {1 + len(rest)}", far["from"], far["to"],
        *(RU.metres(metres) for metres in told["evidence"].values()), *(RU.t(f"class_{name}") for name in told["evidence"]),
    ):  # fmt: skip
        assert text.replace("\u00a0", " ") in first, text
    assert "Şübhəli və ya təsdiqlənmiş təhlükəli ərazilərə girməyin" in every
    assert "Do not enter suspected or confirmed hazardous areas" in every
    counted = re.search(r"записано (\d+), нанесено (\d+)", first)
    assert counted[1] == counted[2]
    for part in told["segments"]:
        assert part["source"] is None or part["source"] in " ".join(rest)
        assert part["nearest_hazard"] is None or part["nearest_hazard"] in " ".join(rest)
    for one in told["conditions"]:
        for neighbour in one.get("neighbours", ()):
            assert neighbour["id"] in " ".join(rest)
    # It keeps its tag and its bytes; another language is another paper.
    again = demo.get("/maps/routes/pdf", params=asked, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    posted = demo.post("/routes?f=pdf&confirm=unsurveyed&way=1&lang=az", json=body)
    assert posted.headers["etag"] != answer.headers["etag"]
    assert AZ.t("because_insufficient_information") in text_of(posted.content)[0]
    late = demo.get("/maps/routes/pdf", params={**asked, "way": 20})
    assert late.status_code == 422
    assert "no number 20" in late.json()["detail"]
    demo.cookies.clear()


def test_the_command_writes_what_is_printed_and_refuses_what_is_not(demo, far, tmp_path, capsys, monkeypatch):
    out = tmp_path / "way.pdf"
    asked = ["clearway", "route", "--from", far["from"], "--to", far["to"], "--data", str(demo.folder)]

    def run(*more):
        monkeypatch.setattr(sys, "argv", [*asked, *map(str, more)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr()

    for more, why in (
        (("--format", "pdf"), "--out FILE.pdf"), (("--format", "pdf", "--out", out), "confirm=unsurveyed"),
        (("--format", "pdf", "--out", out, "--language", "xx"), "--language is one of en, az, ru"),
    ):  # fmt: skip
        code, said = run(*more)
        assert (code, out.exists()) == (2, False)
        assert why in said.err
    code, said = run("--format", "pdf", "--out", out, "--language", "az", "--way", 1, "--confirm-unsurveyed")
    assert (code, said.out) == (0, f"{out}: 1 ways\n")
    assert AZ.t("because_insufficient_information") in text_of(out.read_bytes())[0]


def test_every_class_of_evidence_is_drawn_differently_in_grey():
    looks = printed.EVIDENCE
    assert looks.keys() == {kind.name for kind in Evidenced}
    whole = [name for name, one in looks.items() if not one.dash]
    assert whole == ["inside_hazard", "released_cleared"]
    dashes = [one.dash for one in looks.values() if one.dash]
    assert len(set(dashes)) == len(dashes)


def test_the_page_of_access_says_of_every_settlement_what_the_answer_says(demo, rows):
    page = demo.get("/maps/access", params={"lang": "ru"}).text
    lines = dict(re.findall(r'<tr data-settlement="([^"]+)"(.*?)</tr>', page, re.DOTALL))
    assert lines.keys() == {row["settlement"] for row in rows}
    for row in rows:
        line = lines[row["settlement"]]
        assert RU.t(f"verdict_{row['verdict']}") in line
        assert f'data-barred="{0 if row["reached"] else 1}"' in line
        assert all(f"/items/{id_}?" in line for id_ in row["hazards"])
        assert row["m2"] is None or RU.number(row["m2"]) in line
        assert row["worst"] is None or RU.t(f"class_{row['worst']}") in line
    assert RU.t("class_unsurveyed") in page
    refused = demo.get("/maps/access", params={"place": "nowhere at all"}).text
    assert "no settlement in force is called" in refused
    assert "data-settlement" not in refused
    past = demo.get("/maps/access", params={"as_of": "2024-01-01", "mode": "foot", "lang": "en"}).text
    assert EN.t("historical_note") in past
    demo.cookies.clear()


def test_the_public_learns_why_there_is_nothing_for_it(demo, far, rows):
    demo.log.set_setting("public_access", value=True)
    try:
        from geo_service.app import create_app

        public = TestClient(create_app(demo.log, local=False), base_url="http://127.0.0.1:8000")
        for path in ("/maps/routes", "/maps/access"):
            page = public.get(path, params={**far, "lang": "en"})
            assert page.status_code == 200
            assert EN.t("sign_in_why") in page.text
            assert far["to"] not in re.sub(r'href="\?[^"]*"', "", page.text)
            assert rows[0]["name"] not in page.text
        assert public.get("/maps/routes/pdf", params=far).status_code == 401
        assert public.post("/priorities", json={"teams": 1, "rate_m2": 1}).status_code == 401
    finally:
        demo.log.set_setting("public_access", value=False)


def test_no_symbol_of_the_printed_legend_is_cut_in_any_language():
    room = PAPERS["A4"].column - 5 - KEY_MM - 1.8
    keys = ("paper_released", "paper_cancelled", "paper_worked_on", "paper_suspended", "paper_handed_over", "paper_not_in_effect",
            "paper_accident_incident", "paper_spot", "paper_settlement_site", "paper_road", "symbol_cha", "symbol_sha", "symbol_cleared",
            "symbol_reduced", "symbol_survey", "paper_road_verified", "paper_road_restricted", "paper_road_closed")  # fmt: skip
    for speech in ALL:
        cut = {key: speech.t(key) for key in keys if extent(speech.t(key), PAPERS["A4"].small)[0] > room}
        assert cut == {}, speech.language
