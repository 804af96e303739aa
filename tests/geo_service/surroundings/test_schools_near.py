"""Schools by district and near open ground: each counted by hand, districts and outside summing to the whole."""

import csv
import io
from itertools import product

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod
from rasterio.transform import from_origin

from geo_service.balance import view
from geo_service.surroundings.known import Around
from geo_service.surroundings.schools import schools_in
from layers.measure import areas
from layers.roads.osm import ATTRIBUTION
from tests.geo_service.surroundings.conftest import DISTRICTS, HAZARDS, SCHOOLS

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def people(filled, tmp_path_factory):
    """A raster of people over the area, filed."""
    path = tmp_path_factory.mktemp("raster") / "people.tif"
    profile = {"driver": "GTiff", "height": 60, "width": 60, "count": 1, "dtype": "float32", "crs": "EPSG:4326",
               "transform": from_origin(46.4, 39.8, 0.01, 0.01)}  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        out.write(np.ones((60, 60), dtype="float32"), 1)
    asked = {"name": "people", "kind": "population", "unit": "people", "valid_from": "2020-01-01"}
    with path.open("rb") as file:
        sent = filled.post("/rasters", files={"file": ("people.tif", file)}, data=asked)
    assert sent.status_code == 201, sent.text
    return "/rasters/people/statistics"


def metres(place, shape):
    """How far a place is from a shape, walked along its edges in steps of about a metre."""
    if shape.covers(shapely.Point(place)):
        return 0.0
    edge = shapely.get_coordinates(shapely.segmentize(shape.exterior, 1e-5))
    return min(GEOD.inv(np.full(len(edge), place[0]), np.full(len(edge), place[1]), edge[:, 0], edge[:, 1])[2])


def test_schools_are_counted_where_they_are(filled, people):
    said = filled.get(people, params={"by": "district", "near": "0.5,1"}).json()
    assert said["attribution"] == [ATTRIBUTION]
    far = {k: min(metres(at, one) for one in HAZARDS.values()) for k, at in SCHOOLS.items()}
    rows = {(row["district_id"], row["near_km"]): row["schools"] for row in said["rows"]}
    for (name, shape), km in product(DISTRICTS.items(), (0.5, 1.0)):
        inside = [k for k, at in SCHOOLS.items() if shape.covers(shapely.Point(at)) and far[k] <= km * 1000]
        assert rows[name, km] == len(inside), (name, km)
    for km in (0.5, 1.0):
        assert rows[None, km] == sum(one <= km * 1000 for one in far.values())
        assert rows[None, km] == sum(n for (district, of), n in rows.items() if district is not None and of == km)
    assert rows[None, 0.5] < rows[None, 1.0]
    plain = filled.get(people).json()["rows"]
    assert [(row["district_id"], row["schools"]) for row in plain] == [("D1", 1), ("D2", 3), (None, 4)]
    assert all(row["schools_not_known_m2"] == pytest.approx(0, abs=1) for row in plain)
    table = list(csv.DictReader(io.StringIO(filled.get(people, params={"f": "csv"}).text)))
    assert [row["schools"] for row in table] == ["1", "3", "4"]


def test_as_known_before_none_is_known_and_the_answer_can_be_asked_again(filled, people):
    now = filled.get(people)
    before = filled.get(people, params={"known_at": filled.before})
    assert before.status_code == 404  # the raster was not known then either
    again = filled.get(people, params={"known_at": now.json()["known_at"]})
    assert again.json() == now.json()
    assert filled.get(people, headers={"If-None-Match": now.headers["etag"]}).status_code == 304


def test_beyond_an_extract_no_school_is_known(filled):
    """Districts in a part of which, and outside which, an extract tells of the ground."""
    service = filled.app.state.service
    seen = service.surroundings.now(view(service.snapshots, service.settings, service.clock))
    districts = seen.snapshot.in_force("districts", seen.as_of)
    zones = [((name, name, None), shape) for name, shape in DISTRICTS.items()]
    zones.append(((None, None, None), shapely.union_all(list(DISTRICTS.values()))))
    whole = areas(np.array([shape for _, shape in zones], dtype=object))
    known = service.surroundings.at(seen)
    west = Around(known.key, known.things, shapely.box(46.5, 39.5, 46.605, 39.7), known.attribution)
    part = schools_in(west, districts, zones)
    assert [one["schools"] for one in part] == [1, None, 4]
    assert part[1]["schools_not_known_m2"] == pytest.approx(whole[1])
    assert 0 < part[0]["schools_not_known_m2"] < whole[0]
