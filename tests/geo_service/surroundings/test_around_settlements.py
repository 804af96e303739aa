"""Open ground around the school and the water point of a settlement: the nearest recorded, and where nothing is known."""

import csv
import io

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo_service.languages import LANGUAGES, words
from geo_service.returning import answers
from geo_service.returning.components import COMPONENTS
from layers.returning.around import open_around
from layers.roads.osm import ATTRIBUTION
from tests.geo_service.surroundings.conftest import HAZARDS, HOMES, SCHOOLS, WELLS

GEOD = Geod(ellps="WGS84")
STANDING = [f"{of}_open_{far}_m2" for of in ("school", "water") for far in (500, 1000)]


def nearest(home, places):
    """The nearest of places within 2 km of a home, by geodesics: (how far, its id)."""
    every = [(GEOD.inv(home.x, home.y, *at)[2], f"osm-node-{k}") for k, at in places.items()]
    return min((one for one in every if one[0] <= 2000), default=(None, None))


def test_open_ground_is_counted_around_the_nearest_one(filled):
    said = filled.get("/returning").json()
    assert (said["not_recorded"], said["reach_m"], said["attribution"]) == ([], 2000, [ATTRIBUTION])
    rows = {row["settlement"]: row for row in said["settlements"]}
    ground = np.array(list(HAZARDS.values()), dtype=object)
    counted = 0
    for name in ("S1", "S2", "S3"):
        for of, places in (("school", SCHOOLS), ("water", WELLS)):
            row, (metres, which) = rows[name], nearest(HOMES[name], places)
            assert row[f"{of}_id"] == which
            assert row[f"{of}_m"] == pytest.approx(metres, abs=0.1)
            if which is None:
                assert {row["missing"][f"{of}_open_{far}_m2"] for far in (500, 1000)} == {"none_within_reach"}
                continue
            at = shapely.Point(places[int(which.removeprefix("osm-node-"))])
            areas = open_around(np.array([at], dtype=object), ground, (500.0, 1000.0))[0]
            assert [row[f"{of}_open_{far}_m2"] for far in (500, 1000)] == pytest.approx(areas.tolist(), abs=1)
            counted += areas[1] > 0
    assert counted >= 2
    assert rows["S2"]["school_id"] == "osm-node-11"
    assert rows["S3"]["school_id"] is rows["S3"]["water_id"] is None
    # It lies beyond the ground that the extract tells of: nobody knows what is there.
    assert [rows["S4"]["missing"][name] for name in STANDING] == ["not_recorded"] * 4
    for row in said["settlements"]:
        assert {name for name in COMPONENTS if row[name] is None} == set(row["missing"])


def test_as_known_before_nothing_is_said_and_what_is_said_can_be_asked_again(filled):
    now = filled.get("/returning")
    before = filled.get("/returning", params={"known_at": filled.before}).json()
    assert before["not_recorded"] == ["water", "school"]
    for row in before["settlements"]:
        assert [row["missing"][name] for name in STANDING] == ["not_recorded"] * 4
        assert row["school_id"] is row["school_m"] is None
    again = filled.get("/returning", params={"known_at": now.json()["known_at"]})
    assert again.json() == now.json()
    tag = {"If-None-Match": now.headers["etag"]}
    assert filled.get("/returning", headers=tag).status_code == 304
    assert filled.get("/returning", params={"known_at": filled.before}, headers=tag).status_code == 200
    gap = filled.get("/returning?as_of=1990-01-01").json()["settlements"]
    assert {row["missing"]["school_open_500_m2"] for row in gap} == {"before_first_record", "not_recorded"}


def test_every_form_and_page_says_it(filled):
    said = filled.get("/returning").json()
    table = list(csv.DictReader(io.StringIO(filled.get("/returning?f=csv").text)))
    assert {row["school_id"] for row in table} == {"osm-node-10", "osm-node-11", ""}
    text = answers.to_text(said)
    assert "school 500 m" in text
    assert "within 2 km" in text
    for language in LANGUAGES:
        page = filled.get("/maps/returning", params={"lang": language}).text
        catalogue = words(language, *answers.PARTS)
        assert catalogue["return_standing"].replace("{km}", "2") in page
        assert catalogue["return_not_recorded"] not in page
        assert catalogue["return_missing_none_within_reach"] in page
        assert catalogue["return_c_school_open_500_m2"] in page.split("<table")[-1]
    index = filled.get("/returning", params={"weights": '{"school_open_500_m2": 1}'}).json()["index"]
    assert index["ranked"] == 2
