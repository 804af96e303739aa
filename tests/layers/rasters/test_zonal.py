"""Sums of rasters over ground: equal to exactextract and to brute force; buffers equal to the geodesic."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from rasterio.transform import from_origin

from layers import measure
from layers.rasters.cover import Cells, shares
from layers.rasters.intake import prepare
from layers.rasters.kinds import Kind, Wish
from layers.rasters.near import within
from layers.rasters.zonal import cell_areas, in_plane, sums

GEOD = Geod(ellps="WGS84")


def kept(folder, cells, kind=Kind.other, *, west=46.0, north=40.0, size=0.02, crs="EPSG:4326", nodata=None):
    cells = np.asarray(cells)
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype,
               "crs": crs, "transform": from_origin(west, north, size, size), "nodata": nodata}  # fmt: skip
    with rasterio.open(folder / "a.tif", "w", **profile) as file:
        file.write(cells, 1)
    return folder / "out.tif", prepare([folder / "a.tif"], folder / "out.tif", Wish(kind, "people"))


def star(rng, x, y, size):
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
    reach = size * rng.uniform(0.2, 1, 9)
    return shapely.make_valid(shapely.polygons(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)])))


@given(st.integers(0, 2**32 - 1))
def test_shares_are_those_of_cutting_every_cell(seed):
    rng = np.random.default_rng(seed)
    cells = Cells(10.0, 20.0, 1.0, 0.5, 6, 7)
    polygon = star(rng, rng.uniform(9, 18), rng.uniform(16, 21), rng.uniform(0.1, 6))
    row, column = np.divmod(np.arange(42), 7)
    boxes = shapely.box(10 + column, 19.5 - row / 2, 11 + column, 20 - row / 2)
    expected = shapely.area(shapely.intersection(boxes, polygon)) / 0.5
    found = np.zeros(42)
    number, share = shares(polygon, cells)
    found[number] = share
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """People by cell with voids, and zones of all kinds: within, across the edge, over voids, outside."""
    rng = np.random.default_rng(5)
    cells = rng.gamma(0.5, 20, (60, 50)).astype("float32")
    cells[rng.random(cells.shape) < 0.2] = -1
    path, facts = kept(tmp_path_factory.mktemp("people"), cells, Kind.population, nodata=-1)
    zones = {f"z{k}": star(rng, rng.uniform(45.9, 47.1), rng.uniform(38.7, 40.1), 0.4) for k in range(12)}
    return (
        path,
        facts,
        zones | {"outside": shapely.box(50, 50, 51, 51), "cell": shapely.box(46.1, 39.9, 46.101, 39.901)},
    )


def test_figures_equal_exactextract_on_the_same_input(people):
    path, facts, zones = people
    found = sums(path, facts, zones)
    frame = gpd.GeoDataFrame(geometry=list(zones.values()), crs="EPSG:4326")
    with rasterio.open(path) as raster:
        said = exact_extract(raster, frame, ["sum", "min", "max", "count"], output="pandas")
    for k, one in enumerate(found.values()):
        assert one.total == pytest.approx(said["sum"][k], rel=1e-9, abs=1e-9)
        assert one.known == (said["count"][k] > 0)
        if one.known:
            assert (one.lowest, one.highest) == (said["min"][k], said["max"][k])
    assert found["outside"].without_values_m2 == found["outside"].area_m2 > 0


def test_ground_with_and_without_values_is_the_ground(people):
    path, facts, zones = people
    found = sums(path, facts, zones)
    with rasterio.open(path) as raster:
        void = np.ma.getmaskarray(raster.read(1, masked=True))
    row, column = np.nonzero(void)
    holes = shapely.union_all(
        shapely.box(46 + column * 0.02, 39.98 - row * 0.02, 46.02 + column * 0.02, 40 - row * 0.02)
    )
    grid = shapely.box(46, 38.8, 47, 40)
    for name, zone in zones.items():
        one = found[name]
        exact = float(measure.areas(np.array([zone]))[0])
        assert one.area_m2 == exact
        assert one.with_values_m2 + one.without_values_m2 == pytest.approx(exact, rel=1e-9)
        blank = shapely.union(shapely.intersection(zone, holes), shapely.difference(zone, grid))
        # A cell is a trapezium on the ellipsoid and its share is of the plane: in cells of 2 km some 1e-4.
        assert one.without_values_m2 == pytest.approx(
            float(measure.areas(np.array([blank]))[0]), rel=2e-4, abs=exact * 2e-4
        )


def test_classes_sum_to_the_ground_in_any_plane(tmp_path):
    rng = np.random.default_rng(9)
    zone = shapely.box(46.31, 39.61, 46.52, 39.78)
    for crs, west, north, size in (("EPSG:4326", 46.0, 40.0, 0.01), ("EPSG:32638", 600_000.0, 4_430_000.0, 500.0), ("EPSG:3857", 5_120_000.0, 4_870_000.0, 700.0)):  # fmt: skip
        cells = rng.choice(np.array([10, 40, 80], "uint8"), (100, 110))
        path, facts = kept(tmp_path, cells, Kind.land_cover, west=west, north=north, size=size, crs=crs)
        one = sums(path, facts, {"z": zone}, by_class=True)["z"]
        assert one.without_values_m2 == 0
        assert sum(one.classes.values()) == pytest.approx(float(measure.areas(np.array([zone]))[0]), rel=1e-9)
        shape = in_plane(zone, CRS(crs))
        forty = np.argwhere(cells == 40)
        x, y = west + forty[:, 1] * size, north - forty[:, 0] * size
        pieces = shapely.intersection(shapely.box(x, y - size, x + size, y), shape)
        pieces = pieces[shapely.area(pieces) > 0]
        exact = measure.areas(pieces if crs == "EPSG:4326" else measure.transform(pieces, CRS(crs))).sum()
        assert one.classes[40] == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize(("crs", "west", "north", "size"), [("EPSG:4326", 46.0, 40.0, 0.05), ("EPSG:32638", 400_000, 4_400_000, 5_000), ("EPSG:3857", 5e6, 4.8e6, 5_000)])  # fmt: skip
def test_cells_have_the_area_of_their_ground(crs, west, north, size):
    cells = Cells(float(west), float(north), float(size), float(size), 3, 4)
    row, column = np.divmod(np.arange(12), 4)
    boxes = shapely.box(west + column * size, north - (row + 1) * size, west + (column + 1) * size, north - row * size)
    ground = boxes if crs == "EPSG:4326" else measure.transform(boxes, CRS(crs))
    np.testing.assert_allclose(cell_areas(cells, CRS(crs), np.arange(12)), measure.areas(ground), rtol=1e-5)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([100.0, 500.0, 1000.0, 5000.0]))
def test_a_buffer_holds_all_that_is_near_and_little_else(seed, metres):
    rng = np.random.default_rng(seed)
    lat = rng.uniform(-60, 60)
    polygon = shapely.box(46, lat, 46 + rng.uniform(0.01, 0.2), lat + rng.uniform(0.01, 0.2))
    found = within(polygon, metres)
    assert shapely.is_valid(found)
    assert shapely.covers(found, polygon)
    # From points of the edge as far as that in all directions: none leaves the buffer, a little farther all do.
    edge = shapely.get_coordinates(shapely.segmentize(polygon, 0.005))[:-1]
    place = edge[rng.integers(0, len(edge), 200)]
    azimuth = rng.uniform(0, 360, 200)
    lon, lat_, _ = GEOD.fwd(*place.T, azimuth, np.full(200, metres))
    assert shapely.covers(found, shapely.points(lon, lat_)).all()
    corner = shapely.get_coordinates(polygon).max(axis=0)
    lon, lat_, _ = GEOD.fwd(*np.repeat(corner[None], 50, 0).T, rng.uniform(1, 89, 50), np.full(50, metres * 1.0008))
    assert not shapely.covers(found, shapely.points(lon, lat_)).any()


def test_near_ground_of_many_parts_is_joined_and_none_is_lost():
    parts = [shapely.box(46 + k * 0.9, 39, 46.01 + k * 0.9, 39.01) for k in range(6)]
    found = within(shapely.union_all(parts), 1000)
    assert len(shapely.get_parts(found)) == 6
    assert all(shapely.covers(found, one) for one in parts)
    assert within(shapely.MultiPolygon(), 500).is_empty
