"""The nearest point of a place: what measuring every one of them by geodesics gives."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from layers.surroundings.near import nearest

GEOD = Geod(ellps="WGS84")
LAT = st.sampled_from([0.0, 39.6, -55.0, 69.0])
OFFSET = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


@given(LAT, st.lists(OFFSET, max_size=12), st.lists(OFFSET, min_size=1, max_size=3), st.sampled_from([500.0, 2000.0]))
def test_it_is_the_nearest_by_geodesics_and_the_first_of_equals(lat, offsets, homes, reach):
    degree = 1e-3
    points = [(46 + degree * x, lat + degree * y) for x, y in offsets]
    places = [(46 + degree * x, lat + degree * y) for x, y in homes]
    found, far = nearest(
        np.array([shapely.Point(one) for one in places], dtype=object),
        np.array([shapely.Point(one) for one in points], dtype=object),
        reach,
    )
    for (lon, at), which, metres in zip(places, found.tolist(), far.tolist(), strict=True):
        every = np.array([GEOD.inv(lon, at, *one)[2] for one in points])
        if not (every <= reach).any():
            assert which == -1
            assert np.isnan(metres)
            continue
        assert metres == pytest.approx(every.min(), abs=1e-3)
        assert every[which] == pytest.approx(every.min(), abs=1e-3)
        assert points.index(points[which]) == which


def test_a_place_with_an_area_is_measured_from_its_edge_and_what_lies_inside_is_there():
    square = shapely.box(46.0, 39.0, 46.05, 39.05)
    points = shapely.points([(46.06, 39.02), (46.02, 39.02), (46.0, 39.0501)])
    found, far = nearest(np.array([square, None, shapely.Point()], dtype=object), points, 2000.0)
    assert found.tolist() == [1, -1, -1]
    assert far[0] == 0
    found, far = nearest(np.array([square], dtype=object), points[[0, 2]], 2000.0)
    assert found.tolist() == [1]
    assert far[0] == pytest.approx(GEOD.inv(46.0, 39.05, 46.0, 39.0501)[2], abs=0.05)
    assert nearest(np.array([square], dtype=object), points[:0], 2000.0)[0].tolist() == [-1]
