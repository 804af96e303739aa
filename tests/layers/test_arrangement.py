"""The arrangement: faces are the ground, however it is cut, and bad ground is refused with its place."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from layers import coverage, measure
from layers.coverage import zones

DAY = "2020-01-01"


def hazards(polygons, crs="EPSG:4326", **columns):
    n = len(polygons)
    rows = {"id": [f"H{k:05}" for k in range(n)], "classification": ["SHA"] * n, "opened_on": ["2010-01-01"] * n}
    return gpd.GeoDataFrame(rows | columns, geometry=list(polygons), crs=crs)


def stars(seed, count, size=0.02, middle=(46.1, 39.1), spread=0.05):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        turn = np.sort(rng.uniform(0, 2 * np.pi, 12))
        reach = size * rng.uniform(0.2, 1, 12)
        x, y = np.array(middle) + rng.uniform(-spread, spread, 2)
        polygon = Polygon(np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)]))
        yield shapely.make_valid(polygon, method="structure", keep_collapsed=False)


def figures(arrangement):
    total = arrangement.partition(DAY).attrs["total"]
    return np.array([total["SHA"], total["overlap_m2"], total["area_m2"]])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2.0**-4, 2.0**-7, 2.0**-9]))
def test_the_size_of_cells_changes_no_figure(seed, cell):
    frame = hazards(list(stars(seed, 8)))
    usual, other = coverage.arrange(frame), coverage.arrange(frame, cell=cell)
    assert np.allclose(figures(usual), figures(other), rtol=1e-11, atol=1e-4)
    assert other.partition(DAY).attrs["certificate"]["passed"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_open_ground_is_the_union_that_shapely_makes(seed):
    polygons = list(stars(seed, 10))
    union = measure.areas(np.array([shapely.union_all(polygons)]))[0]
    added_up = measure.areas(np.array(polygons)).sum()
    sha, overlap, _ = figures(coverage.arrange(hazards(polygons)))
    assert sha == pytest.approx(union, rel=1e-11, abs=1e-4)
    assert overlap == pytest.approx(added_up - union, rel=1e-9, abs=1e-3)


def test_the_same_rows_in_another_order_give_the_same_bits():
    frame = hazards(list(stars(3, 12)))
    mixed = frame.sample(frac=1, random_state=1)
    assert figures(coverage.arrange(frame)).tolist() == figures(coverage.arrange(mixed)).tolist()


def drawn(arrangement):
    return sum(len(some.polygons) for some in zones.faces(arrangement))


def test_copies_are_counted_but_not_drawn_again():
    polygon = next(iter(stars(1, 1)))
    one, many = coverage.arrange(hazards([polygon])), coverage.arrange(hazards([polygon] * 500))
    assert drawn(one) == drawn(many)
    area = figures(one)[0]
    assert figures(many).tolist() == pytest.approx([area, 499 * area, area], rel=1e-12)


def test_slivers_and_gaps_of_a_billionth_of_a_metre_are_kept_and_harm_nothing():
    gap = 1e-14
    polygons = [box(46, 39, 46.01, 39.01), box(46.01 + gap, 39, 46.02, 39.01), box(46, 39.01 - gap, 46.02, 39.02)]
    arrangement = coverage.arrange(hazards(polygons))
    assert arrangement.partition(DAY).attrs["certificate"]["passed"]
    assert figures(arrangement)[0] == pytest.approx(measure.areas(np.array([box(46, 39, 46.02, 39.02)]))[0], abs=1e-3)


def test_polygons_on_the_borders_of_cells():
    size = 2.0**-6
    polygons = [box(46, 39, 46 + size * k, 39 + size) for k in range(1, 6)]
    arrangement = coverage.arrange(hazards(polygons))
    assert arrangement.partition(DAY).attrs["certificate"]["passed"]
    assert figures(arrangement)[0] == pytest.approx(measure.areas(np.array(polygons[-1:]))[0], rel=1e-12)


def test_holes_and_islands():
    ring = shapely.difference(box(46, 39, 46.1, 39.1), box(46.02, 39.02, 46.08, 39.08))
    island = box(46.04, 39.04, 46.06, 39.06)
    both = shapely.union(ring, island)
    arrangement = coverage.arrange(hazards([both]))
    assert figures(arrangement)[0] == pytest.approx(measure.areas(np.array([both]))[0], rel=1e-12)


def test_a_polygon_of_a_hundred_thousand_vertices():
    turn = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    reach = 0.3 * (1 + 0.0005 * np.sin(turn * 997))
    coast = Polygon(np.column_stack([46.5 + reach * np.cos(turn), 39.5 + reach * np.sin(turn)]))
    arrangement = coverage.arrange(hazards([coast, box(46, 39, 47, 40)]))
    assert arrangement.partition(DAY).attrs["certificate"]["passed"]


def test_an_invalid_polygon_is_named():
    bow = Polygon([(46, 39), (46.1, 39.1), (46.1, 39), (46, 39.1)])
    with pytest.raises(ValueError, match=r"hazards 'H00001'.*not a valid polygon"):
        coverage.arrange(hazards([box(46, 39, 47, 40), bow]))


def test_a_later_version_says_why_it_exists():
    frame = hazards(
        [box(0, 0, 1, 1), box(0, 0, 2, 2)], crs=None, id=["A", "A"], valid_from=["2010-01-01", "2011-01-01"]
    )
    with pytest.raises(ValueError, match="needs change"):
        coverage.arrange(frame)


def test_frames_with_and_without_a_crs_do_not_mix():
    with pytest.raises(ValueError, match="with and without a CRS"):
        coverage.arrange(
            hazards([box(0, 0, 1, 1)]),
            None,
            None,
            gpd.GeoDataFrame({"id": ["D"], "name": ["D"]}, geometry=[box(0, 0, 1, 1)]),
        )


def test_nothing_recorded():
    arrangement = coverage.arrange()
    frame = arrangement.partition(DAY)
    assert frame.attrs["coverage_gap"]
    assert frame.attrs["total"]["area_m2"] == 0


def test_districts_alone_are_not_assessed():
    districts = gpd.GeoDataFrame({"id": ["D1"], "name": ["One"]}, geometry=[box(46, 39, 46.5, 39.5)], crs=4326)
    frame = coverage.arrange(None, None, None, districts).partition(DAY)
    assert frame.attrs["coverage_gap"]
    assert frame["no_recorded_hazard"].tolist() == frame["area_m2"].tolist()


def test_ground_in_two_districts_goes_to_the_lower_id_and_fails_the_check():
    districts = gpd.GeoDataFrame(
        {"id": ["B", "A"], "name": ["b", "a"]}, geometry=[box(0, 0, 200, 100), box(100, 0, 300, 100)]
    )
    frame = coverage.arrange(hazards([box(0, 0, 10, 10)], crs=None), None, None, districts).partition(DAY)
    assert dict(zip(frame["district_id"], frame["area_m2"], strict=True)) == {"A": 20_000.0, "B": 10_000.0}
    failed = [one for one in frame.attrs["certificate"]["checks"] if not one["passed"]]
    assert [one["difference_m2"] for one in failed] == [10_000.0]


@pytest.mark.slow
def test_real_islands_and_coasts(shared):
    shapes = gpd.read_file(shared / "scale" / "gshhg_f_scandinavia.fgb", rows=8000).geometry.to_numpy()
    valid = shapes[shapely.is_valid(shapes)]
    arrangement = coverage.arrange(hazards(valid))
    assert arrangement.partition(DAY).attrs["certificate"]["passed"]


def test_frames_that_do_not_say_when_they_were_recorded_were_always_known():
    districts = gpd.GeoDataFrame({"id": ["D"], "name": ["D"]}, geometry=[box(0, 0, 100, 100)])
    frame = hazards(
        [box(0, 0, 10, 10), box(20, 20, 40, 40)], crs=None, recorded_at=["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]
    )
    arrangement = coverage.arrange(frame, None, None, districts)
    then = arrangement.partition("2020-01-01", known_at="2020-06-01T00:00:00Z")
    assert then["SHA"].tolist() == [100.0]
    assert arrangement.partition("2020-01-01")["SHA"].tolist() == [500.0]
    with pytest.raises(ValueError, match="recorded_at"):
        coverage.arrange(hazards([box(0, 0, 10, 10)], crs=None)).partition(DAY, known_at="2020-06-01T00:00:00Z")


def test_projected_frames_are_measured_on_the_ellipsoid():
    square = hazards([box(500_000, 4_400_000, 501_000, 4_401_000)], crs="EPSG:32638")
    # The scale of UTM on its central meridian is 0.9996: a kilometre on the map is a little more on the ground.
    assert figures(coverage.arrange(square))[0] == pytest.approx(1e6 / 0.9996**2, rel=1e-5)
