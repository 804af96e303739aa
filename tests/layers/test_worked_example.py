"""The worked example of domain.md section 5: by the counter, by `layers` on a plane and on the earth."""

import json
from datetime import UTC, datetime

import pyproj
import pytest
import shapely
import worked_example as example
from counter import Counter

from layers import coverage

WHOLE = None


@pytest.fixture(scope="module", params=["planar", "planar, recorded", "lonlat"])
def arranged(request):
    """The arrangement, and what a figure may be off by: an absolute m², and a share of it."""
    match request.param:
        case "planar":
            return coverage.arrange(*example.planar_frames()), {"abs": 1e-6, "rel": 0}
        case "planar, recorded":
            recorded_at = datetime(2021, 7, 1, 12, tzinfo=UTC)
            return coverage.arrange(*example.planar_frames(recorded_at)), {"abs": 1e-6, "rel": 0}
        case _:
            return coverage.arrange(*example.lonlat_frames()), {"abs": 1e-4, "rel": 1e-6}


@pytest.mark.parametrize("class_", example.CLASSES)
@pytest.mark.parametrize("district", ["D1", WHOLE])
def test_ledger(arranged, class_, district):
    arrangement, tolerance = arranged
    ledger = arrangement.ledger("2021-01-01", "2021-06-01")
    in_district = ledger["district_id"].isna() if district is WHOLE else ledger["district_id"] == district
    rows = ledger[in_district & (ledger["class"] == class_)]
    assert len(rows) == 1
    wanted = example.ledger_wanted(class_) | {"released_without_line_m2": 0}
    assert rows.iloc[0][list(wanted)].to_dict() == pytest.approx(wanted, **tolerance)


def test_states_at_closing(arranged):
    arrangement, tolerance = arranged
    partition = arrangement.partition("2021-06-01")
    assert list(partition["district_id"]) == ["D1"]
    for row in (partition.iloc[0].to_dict(), partition.attrs["total"]):
        assert {name: row[name] for name in example.PARTITION} == pytest.approx(example.PARTITION, **tolerance)
    assert partition.attrs["certificate"]["passed"]


def test_states_at_opening(arranged):
    arrangement, tolerance = arranged
    row = arrangement.partition(example.START).attrs["total"]
    wanted = {"SHA": 3_200_000, "CHA": 300_000, "overlap_m2": 800_000, "hazards_open": 3}
    assert {name: row[name] for name in wanted} == pytest.approx(wanted, **tolerance)


def test_adding_up_polygons_is_23_percent_too_much():
    hazards = example.planar_frames().hazards
    added = hazards[[day == example.START for day in hazards["valid_from"]]].area.sum()
    assert added == example.POLYGONS_AT_OPENING_M2
    assert round(100 * (added / example.LEDGER["opening"][2] - 1)) == 23


def test_the_counter_agrees():
    counter = Counter(example.scenario())
    rows = counter.ledger(example.START, example.END)
    assert rows == counter.ledger(example.START, example.END, every_day=True)
    for class_ in example.CLASSES:
        for district in ("D1", None):
            wanted = example.ledger_wanted(class_) | {"released_without_line_m2": 0}
            assert rows[district, "", class_] == wanted
    partition = counter.partition(example.END)
    assert partition["D1", ""] == partition[None, ""] == example.PARTITION
    assert partition.keys() == {("D1", ""), (None, "")}


def test_the_square_on_the_earth_has_its_area():
    """So that a wrong figure is the implementation's, not the example's."""
    geod = pyproj.Geod(ellps="WGS84")
    square = example.lonlat_frames().districts.geometry.iloc[0]
    assert abs(geod.geometry_area_perimeter(square)[0]) == pytest.approx(example.SIDE_M**2, rel=1e-6)


def test_the_files_hold_the_same_ground(tmp_path):
    paths = example.write_geojson(tmp_path)
    assert list(paths) == ["districts", "hazards", "releases"]
    for layer, path in paths.items():
        told = json.loads(path.read_text())["features"]
        geometries = getattr(example.lonlat_frames(), layer).geometry
        assert len(told) == len(geometries)
        for feature, geometry in zip(told, geometries, strict=True):
            assert shapely.geometry.shape(feature["geometry"]).equals_exact(geometry)
            assert "ground" not in feature["properties"]
