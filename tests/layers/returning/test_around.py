"""Open ground around places: against a projection of its own, and the laws that clearing and splitting obey."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from layers.measure import areas
from layers.returning.around import lines_near, open_around

LON, LAT = 46.2, 39.4
DEGREE = 111_320.0
ACROSS = DEGREE * np.cos(np.radians(LAT))
DISTANCES = (500.0, 1000.0)


def at(x, y):
    """Metres from the middle, roughly, as degrees."""
    return LON + x / ACROSS, LAT + y / DEGREE


def polygon(x, y, size, turn, corners=5):
    angles = turn + np.arange(corners) * 2 * np.pi / corners
    return shapely.Polygon([at(x + size * np.cos(a), y + size * np.sin(a)) for a in angles])


def total(ground):
    return float(areas(np.array([shapely.union_all(ground)], dtype=object))[0])


def by_force(place, ground, distance):
    """Everything densified and moved into an azimuthal equidistant plane of the place, buffered and cut there."""
    middle = place.envelope.centroid
    plane = CRS.from_proj4(f"+proj=aeqd +lat_0={middle.y} +lon_0={middle.x} +ellps=WGS84")
    to = Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def moved(shape):
        return shapely.transform(shapely.segmentize(shape, 0.0005), lambda xy: np.column_stack(to.transform(*xy.T)))

    here = moved(place)
    edges = [shapely.LineString(pair) for line in lines_of(here) for pair in pairwise(line)]
    reach = shapely.union_all([shapely.buffer(one, distance, quad_segs=300) for one in (edges or [here])])
    if here.geom_type == "Polygon":
        reach = reach.union(here)
    return shapely.union_all([moved(one) for one in ground]).intersection(reach).area


def lines_of(shape):
    if shape.geom_type == "Point":
        return []
    rings = [shape.exterior] if shape.geom_type == "Polygon" else shapely.get_parts(shape).tolist()
    return [list(ring.coords) for ring in rings]


PLACES = [
    shapely.Point(at(0, 0)),
    polygon(100, 50, 300, 0.3),
    shapely.MultiLineString([[at(-900, -100), at(200, 40), at(300, 900)], [at(-300, 400), at(700, 500)]]),
    # A shallow bend: a buffer of the whole line would be drawn around a straighter one.
    shapely.MultiLineString([[at(-1500, 0), at(0, 12), at(1500, 0)]]),
]

SPOTS = st.tuples(st.floats(-1800, 1800), st.floats(-1800, 1800), st.floats(20, 700), st.floats(0, 3))


@pytest.mark.parametrize("place", PLACES, ids=["point", "polygon", "roads", "shallow bend"])
def test_it_equals_brute_force_in_a_plane_of_its_own(place):
    rng = np.random.default_rng(3)
    spots = zip(rng.uniform(-1600, 1600, 25), rng.uniform(-1600, 1600, 25), rng.uniform(20, 600, 25), strict=True)
    ground = np.array([polygon(x, y, size, 0.1 * k) for k, (x, y, size) in enumerate(spots)], dtype=object)
    found = open_around(np.array([place], dtype=object), ground, DISTANCES)[0]
    for distance, area in zip(DISTANCES, found, strict=True):
        # Arcs are a little too wide, never too narrow; areas in the plane are off by 1e-8.
        assert area == pytest.approx(by_force(place, ground, distance), rel=2e-4)
        assert area >= by_force(place, ground, distance) * (1 - 1e-6)


@settings(max_examples=25, deadline=None)
@given(st.lists(SPOTS, min_size=1, max_size=8), st.integers(0, 3), st.data())
def test_clearing_never_raises_it_and_splitting_changes_nothing(spots, which, data):
    place = np.array([PLACES[which]], dtype=object)
    ground = np.array([polygon(*one) for one in spots], dtype=object)
    near, far = open_around(place, ground, DISTANCES)[0]
    assert 0 <= near <= far <= total(ground) * (1 + 1e-9) + 1e-3
    gone = data.draw(st.integers(0, len(ground) - 1))
    left = open_around(place, np.delete(ground, gone), DISTANCES)[0]
    assert (left <= np.array([near, far]) + 1e-3).all()
    x, _ = at(data.draw(st.floats(-900, 900)), 0)
    halves = [shapely.intersection(ground, shapely.box(*box)) for box in ((x - 1, 38, x, 41), (x, 38, x + 1, 41))]
    split = shapely.get_parts(np.concatenate(halves))
    split = split[(shapely.get_type_id(split) == 3) & ~shapely.is_empty(split)]
    assert open_around(place, split, DISTANCES)[0] == pytest.approx([near, far], rel=1e-9, abs=0.05)
    assert open_around(place, np.concatenate([ground, ground]), DISTANCES)[0] == pytest.approx([near, far], abs=1e-3)


def test_a_place_that_is_not_there_has_no_figure_and_ground_that_is_not_there_has_none():
    places = np.array([shapely.Point(at(0, 0)), None, shapely.MultiLineString()], dtype=object)
    ground = np.array([polygon(0, 0, 50, 0)], dtype=object)
    found = open_around(places, ground, DISTANCES)
    assert found[0] == pytest.approx([total(ground)] * 2)
    assert np.isnan(found[1:]).all()
    bare = open_around(places, ground[:0], DISTANCES)
    assert (bare[0] == 0).all()
    assert np.isnan(bare[1:]).all()


def test_what_is_a_metre_farther_does_not_count_and_a_metre_nearer_does():
    place = np.array([shapely.Point(at(0, 0))], dtype=object)
    from pyproj import Geod

    for by, counts in ((-1.0, True), (1.0, False)):
        for azimuth in (0, 90, 200):
            lon, lat, _ = Geod(ellps="WGS84").fwd(*at(0, 0), azimuth, 1000.0 + by)
            spot = shapely.Point(lon, lat).buffer(1e-7)
            assert (open_around(place, np.array([spot], dtype=object), (1000.0,))[0, 0] > 0) == counts


def test_lines_are_cut_where_the_distance_ends():
    place = np.array([shapely.Point(at(0, 0)), shapely.Point(at(50_000, 0)), None], dtype=object)
    lines = np.array([shapely.LineString([at(-5000, 300), at(5000, 300)])], dtype=object)
    near, *none = lines_near(place, lines, 1000.0)
    assert none == [None, None]
    from pyproj import Geod

    assert Geod(ellps="WGS84").geometry_length(near) == pytest.approx(2 * np.sqrt(1000**2 - 300**2), abs=5)
    assert near.geom_type == "MultiLineString"
    assert lines_near(place, lines[:0], 1000.0).tolist() == [None] * 3
