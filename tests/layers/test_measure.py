"""Areas agree with geodesy: the exact integral along edges against many short geodesics, and the law of the sphere."""

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from layers import measure

GEOD = Geod(ellps="WGS84")


def geodesic(polygon: shapely.Geometry, edge: float = 0.0002) -> float:
    """Return the area (m2) by geodesics between points so close that edge and geodesic are one."""
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shapely.segmentize(polygon, edge)))[0])


boxes = st.tuples(
    st.floats(-170, 170), st.floats(-80, 80), st.floats(0.001, 0.05), st.floats(0.001, 0.05), st.floats(-0.02, 0.02)
)


@given(boxes)
def test_area_is_the_geodesic_area_of_short_edges(box):
    x, y, w, h, lean = box
    polygon = shapely.Polygon([(x, y), (x + w, y + lean), (x + w, y + h + lean), (x, y + h)])
    # The peer adds up thousands of geodesics: its own rounding is a few 1e-4 m2.
    wanted = geodesic(polygon)
    assert abs(measure.areas(np.array([polygon]))[0] - wanted) < 1e-8 * wanted + 0.01


def test_whole_ellipsoid():
    # WGS 84, total surface (NGA.STND.0036).
    world = measure.areas(np.array([shapely.box(-180, -90, 180, 90)]))[0]
    assert abs(world / 510_065_621_724_088.44 - 1) < 1e-12


def test_holes_and_parts():
    outer, inner, other = shapely.box(46, 39, 47, 40), shapely.box(46.2, 39.2, 46.4, 39.4), shapely.box(48, 39, 49, 40)
    a, b, c = measure.areas(np.array([outer, inner, other]))
    both = shapely.union(shapely.difference(outer, inner), other)
    assert abs(measure.areas(np.array([both]))[0] - (a - b + c)) < 1e-3


def test_empty_parts_weigh_nothing():
    parts = [shapely.box(46, 39, 46.1, 39.1), shapely.Polygon(), shapely.box(47, 39, 47.1, 39.1)]
    both = shapely.MultiPolygon([parts[0], parts[2]])
    found = measure.areas(np.array([shapely.GeometryCollection(parts), both, shapely.Polygon(), None]))
    assert found[0] == found[1] > 0
    assert found[2:].tolist() == [0, 0]


def test_a_long_edge_is_straight_in_longitude_and_latitude():
    long = shapely.Polygon([(0, 0), (60, 50), (0, 50)])
    cut = shapely.segmentize(long, 0.01)
    assert abs(measure.areas(np.array([long]))[0] / measure.areas(np.array([cut]))[0] - 1) < 1e-12


def test_karabakh_sums_to_the_published_area(shared):
    districts = gpd.read_file(shared / "karabakh" / "districts.geojson")
    total = measure.areas(districts.geometry.to_numpy()).sum()
    assert round(total / 1e6, 2) == 13_780.35
    assert abs(total / sum(map(geodesic, districts.geometry)) - 1) < 1e-6


def test_projected_edges_are_cut_before_they_are_moved():
    square = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 5000, 5000)],
        crs=CRS.from_proj4("+proj=laea +lat_0=39.8 +lon_0=46.8 +ellps=WGS84 +units=m"),
    )
    moved = measure.to_lonlat(square)
    assert abs(measure.areas(moved.geometry.to_numpy())[0] / 25e6 - 1) < 1e-7
    assert len(moved.geometry.iloc[0].exterior.coords) > 200
