"""Return over HTTP, on the command line's words, and as a page: gaps are named, and an index is only made if asked for."""

import csv
import io
import json

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from geo_service.app import create_app
from geo_service.balance import Refused
from geo_service.languages import LANGUAGES, words
from geo_service.returning import answers
from geo_service.returning.components import COMPONENTS, UNRECORDED
from layers.measure import areas
from layers.returning.around import open_around

WEIGHTS = {"open_1000_m2": -1, "people_waiting": 2}


@pytest.fixture(scope="module")
def said(demo):
    answer = demo.get("/returning")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def weighed(demo):
    return demo.get("/returning", params={"weights": json.dumps(WEIGHTS)}).json()


@pytest.fixture(scope="module")
def records(demo):
    return {
        layer: demo.get(f"/collections/{layer}/items?limit=10000").json()["features"]
        for layer in ("settlements", "hazards")
    }


def test_every_home_has_a_row_and_every_gap_a_name(said, records):
    homes = {one["id"] for one in records["settlements"] if one["properties"]["kind"] != "displacement_site"}
    assert [row["settlement"] for row in said["settlements"]] == sorted(homes)
    assert said["synthetic"]
    assert "Do not enter" in said["notice"]
    assert said["not_recorded"] == list(UNRECORDED)
    for row in said["settlements"]:
        assert {name for name in COMPONENTS if row[name] is None} == set(row["missing"])
        for of in UNRECORDED:
            assert {row["missing"][f"{of}_open_{far}_m2"] for far in (500, 1000)} == {"not_recorded"}
        for of in ("", "road_"):
            near, far = row[f"{of}open_500_m2"], row[f"{of}open_1000_m2"]
            assert near is None or 0 <= near <= far
    assert any(row["open_500_m2"] for row in said["settlements"])
    assert any(row["road_open_1000_m2"] for row in said["settlements"])


def test_people_are_those_of_the_record_and_waiting_is_not_guessed(said, records):
    recorded = {one["id"]: one["properties"] for one in records["settlements"]}
    for row in said["settlements"]:
        planned, back = (recorded[row["settlement"]][name] for name in ("returnees_planned", "returned"))
        assert (row["returnees_planned"], row["returned"]) == (planned, back)
        waiting = None if planned is None or back is None else max(planned - back, 0)
        assert row["people_waiting"] == waiting
    known = [row["people_waiting"] for row in said["settlements"] if row["people_waiting"] is not None]
    assert 0 < len(known) < len(said["settlements"])
    assert said["summary"]["people_waiting"] == sum(known)
    assert said["summary"]["people_not_recorded"] == len(said["settlements"]) - len(known)


def test_access_is_that_of_access(demo, said):
    told = {row["settlement"]: row for row in demo.get("/access").json()["settlements"]}
    for row in said["settlements"]:
        one = told[row["settlement"]]
        assert {**row["access"], "settlement": one["settlement"]}.items() <= one.items()
        assert row["clear_m2"] == (0 if one["reached"] else one["m2"] or None)
        assert row["duration_s"] == one["duration_s"]
    assert any(not row["access"]["reached"] for row in said["settlements"])


def test_wholly_open_hazards_are_counted_whole_around_houses(said, records):
    """From the records as anybody can load them, where no hazard around was released in part."""
    shapes = {one["id"]: shapely.from_geojson(json.dumps(one["geometry"])) for one in records["settlements"]}
    hazards = [
        (one["properties"]["state"], shapely.from_geojson(json.dumps(one["geometry"]))) for one in records["hazards"]
    ]
    partly = shapely.union_all([shape for state, shape in hazards if state == "partly_released"])
    ground = np.array([shape for state, shape in hazards if state == "open"], dtype=object)
    compared = 0
    for row in said["settlements"]:
        home = shapes[row["settlement"]]
        if shapely.dwithin(home, partly, 0.013):
            continue
        area = open_around(np.array([home], dtype=object), ground, (1000.0,))[0, 0]
        assert row["open_1000_m2"] == pytest.approx(area, abs=1)
        compared += row["open_1000_m2"] > 0
    assert compared
    assert (
        max(row["road_open_1000_m2"] or 0 for row in said["settlements"])
        <= areas(np.array([shapely.union_all([shape for _, shape in hazards])], dtype=object))[0]
    )


def test_there_is_no_index_unless_somebody_weighs(said, weighed):
    assert said["index"] is None
    assert all("index" not in row and "rank" not in row for row in said["settlements"])
    index, rows = weighed["index"], weighed["settlements"]
    assert index["weights"] == WEIGHTS
    ranked = [row for row in rows if row["rank"]]
    assert [row["rank"] for row in ranked] == sorted(row["rank"] for row in ranked)
    assert rows[: len(ranked)] == ranked
    assert len(ranked) == index["ranked"] > 1
    lacking = {one["settlement"]: one["missing"] for one in index["not_assessed"]}
    assert lacking.keys() == {row["settlement"] for row in rows[len(ranked) :]} != set()
    for row in rows:
        assert lacking.get(row["settlement"], []) == [name for name in WEIGHTS if row[name] is None]
        if row["rank"]:
            on = [(row[name] - index["scale"][name][0]) / max(np.ptp(index["scale"][name]), 1e-300) for name in WEIGHTS]
            assert row["index"] == pytest.approx((-on[0] + 2 * on[1]) / 3, abs=1e-9)
    assert {(one["component"], one["factor"]) for one in index["sensitivity"]} == {
        (name, factor) for name in WEIGHTS for factor in (0.8, 1.2)
    }
    assert "20 %" in index["sentence"]


def test_a_component_that_nobody_recorded_ranks_nobody(demo):
    index = demo.get("/returning", params={"weights": '{"school_open_500_m2": 1, "returned": 1}'}).json()["index"]
    assert index["ranked"] == 0
    assert all("school_open_500_m2" in one["missing"] for one in index["not_assessed"])
    assert "none is ranked" in index["sentence"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("weights=x", "JSON object"),
        ("weights=[1]", "JSON object"),
        ('weights={"open":1}', "no component open"),
        ('weights={"returned":0}', "returned"),
        ('weights={"returned":"1"}', "returned"),
        ('weights={"returned":true}', "returned"),
        ("site=Nowhere", "Nowhere"),
        ("mode=boat", "mode"),
        ("as_of=2999-01-01", "as_of"),
    ],
)
def test_what_is_no_question_is_refused(demo, asked, says):
    answer = demo.get(f"/returning?{asked}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.text


@pytest.mark.parametrize(
    "pairs", [["returned"], ["returned=x"], ["returned=nan"], ["returned=1", "returned=2"], ["=1"]]
)
def test_pairs_that_are_none_are_refused(pairs):
    with pytest.raises(Refused):
        answers.weights_given(pairs)


def test_forms_hold_the_same_and_a_client_that_has_it_is_told_so(demo, weighed):
    asked = {"weights": json.dumps(WEIGHTS)}
    table = list(csv.DictReader(io.StringIO(demo.get("/returning", params={**asked, "f": "csv"}).text)))
    ids = [row["settlement"] for row in weighed["settlements"]]
    assert [row["settlement"] for row in table] == ids
    assert all(row["water_open_500_m2"] == "" for row in table)
    assert {row["rank"] for row in table} > {"", "1"}
    places = demo.get("/returning", params={**asked, "f": "geojson"}).json()
    assert [one["id"] for one in places["features"]] == ids
    assert places["features"][0]["properties"] == weighed["settlements"][0]
    assert {one["geometry"]["type"] for one in places["features"]} == {"Point"}
    first = demo.get("/returning", params=asked)
    tag = first.headers["etag"]
    assert demo.get("/returning", params=asked, headers={"If-None-Match": tag}).status_code == 304
    assert demo.get("/returning", headers={"If-None-Match": tag}).status_code == 200
    text = answers.to_text(weighed)
    assert text.startswith("SYNTHETIC")
    assert all(part in text for part in (weighed["index"]["sentence"], "not recorded", weighed["notice"]))


def test_before_the_first_record_no_ground_counts_as_free(demo):
    said = demo.get("/returning?as_of=1990-01-01").json()
    assert said["coverage_gap"]
    for row in said["settlements"]:
        for name in ("open_500_m2", "open_1000_m2", "clear_m2"):
            assert row[name] is None
            assert row["missing"][name] in {"before_first_record", "no_roads", "not_by_clearing", "no_site"}
    assert 'role="alert"' in demo.get("/maps/returning?as_of=1990-01-01").text


def test_without_roads_access_is_not_assessed_and_nothing_is_free_of_charge(tmp_path):
    from geo_service.store import open_store

    log = open_store(tmp_path / "data", create=True)
    where = {"type": "Point", "coordinates": [46.2, 39.4]}
    rows = [{"type": "Feature", "id": "S1", "geometry": where, "properties": {"name": "Alone", "kind": "home"}}]
    text = json.dumps({"type": "FeatureCollection", "features": rows})
    app = create_app(log, local=True)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as client:
        assert client.get("/returning").json()["settlements"] == []
        sent = client.post(
            "/changesets", files={"file": ("s.geojson", text)}, data={"layer": "settlements", "crs": "EPSG:4326"}
        )
        assert sent.status_code == 201, sent.text
        said = client.get("/returning").json()
        (row,) = said["settlements"]
        assert row["access"] is None
        assert said["access_not_assessed"]
        assert row["missing"]["clear_m2"] == row["missing"]["road_open_500_m2"] == "no_roads"
        assert client.get("/maps/returning").status_code == 200
    log.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_each_language_and_says_all(demo, language, weighed):
    asked = {"lang": language, "w_open_1000_m2": "-1", "w_people_waiting": "2"}
    page = demo.get("/maps/returning", params=asked).text
    catalogue = words(language, *answers.PARTS)
    assert f'<html lang="{language}">' in page
    for key in ("return_not_recorded", "return_zero", "return_missing_not_recorded", "synthetic"):
        assert catalogue[key] in page
    assert page.count("data-settlement=") == len(weighed["settlements"])
    made = page.split('id="sensitivity">')[1].split("<")[0]
    assert "20 %" in made
    assert (made == str(weighed["index"]["sentence"]).replace('"', "&#34;")) == (language == "en")
    trouble = demo.get("/maps/returning", params={"site": "<b>Nowhere"}).text
    assert "<b>Nowhere" not in trouble
    assert "Nowhere" in trouble


def test_the_catalogues_have_the_same_keys_and_a_key_for_all_that_is_said():
    all_ = {language: words(language, *answers.PARTS) for language in LANGUAGES}
    assert all_["en"].keys() == all_["az"].keys() == all_["ru"].keys()
    assert all(f"return_c_{name}" in all_["en"] for name in COMPONENTS)
    wrong = ("safe", "təhlükəsiz", "безопасн")
    assert not [text for one in all_.values() for text in one.values() if any(part in text.lower() for part in wrong)]
