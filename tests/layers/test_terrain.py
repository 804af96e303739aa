"""Elevation: between cells, over voids, across seams and systems of coordinates, from files that are none."""

import zipfile

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from layers.terrain.elevation import heights, smoothed

VOID = -32768


def raster(path, cells, west=46.0, north=40.0, size=0.01, crs="EPSG:4326", nodata=VOID, dtype="int16", count=1):
    cells = np.asarray(cells)
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": count, "dtype": dtype,
               "crs": crs, "nodata": nodata, "transform": from_origin(west, north, size, size)}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells.astype(dtype), 1)
    return path


def slow(cells, west, north, size, place):
    """The height of one place by the definition: the cells around it, each as far as it counts."""
    row, column = (north - place[1]) / size - 0.5, (place[0] - west) / size - 0.5
    total = weight = 0.0
    for r in (int(np.floor(row)), int(np.floor(row)) + 1):
        for c in (int(np.floor(column)), int(np.floor(column)) + 1):
            if 0 <= r < cells.shape[0] and 0 <= c < cells.shape[1] and cells[r, c] != VOID:
                share = (1 - abs(row - r)) * (1 - abs(column - c))
                total, weight = total + share * cells[r, c], weight + share
    return total / weight if weight > 1e-6 else np.nan


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.6))
def test_every_height_is_that_of_the_definition(tmp_path_factory, seed, voids):
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 3000, (6, 5))
    cells[rng.random(cells.shape) < voids] = VOID
    path = raster(tmp_path_factory.mktemp("dem") / "a.tif", cells)
    places = np.column_stack([rng.uniform(45.99, 46.06, 30), rng.uniform(39.93, 40.01, 30)])
    found = heights(places, [path])
    expected = [slow(cells, 46.0, 40.0, 0.01, place) for place in places.tolist()]
    sure = ~np.isnan(expected)
    np.testing.assert_allclose(found[sure], np.array(expected)[sure], atol=0.05)
    outside = (places[:, 0] < 45.995) | (places[:, 0] > 46.055) | (places[:, 1] > 40.005) | (places[:, 1] < 39.935)
    assert np.isnan(found[outside]).all()


def test_a_plane_comes_back_exactly_and_so_does_its_slope(tmp_path):
    rows, columns = np.mgrid[0:50, 0:60]
    path = raster(tmp_path / "plane.tif", 100 + 3 * columns + 2 * rows, dtype="float64")
    places = np.random.default_rng(1).uniform([46.01, 39.51], [46.59, 39.99], (200, 2))
    expected = 100 + 3 * ((places[:, 0] - 46) / 0.01 - 0.5) + 2 * ((40 - places[:, 1]) / 0.01 - 0.5)
    np.testing.assert_allclose(heights(places, [path]), expected, atol=1e-6)
    np.testing.assert_allclose(smoothed(places, [path]), expected, atol=1e-6)


def test_a_seam_between_tiles_is_no_edge(tmp_path):
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 3000, (40, 40))
    whole = raster(tmp_path / "whole.tif", cells)
    tiles = [raster(tmp_path / f"t{r}{c}.tif", cells[r : r + 20, c : c + 20], west=46 + c / 100, north=40 - r / 100)
             for r in (0, 20) for c in (0, 20)]  # fmt: skip
    places = rng.uniform([46.0, 39.6], [46.4, 40.0], (2000, 2))
    np.testing.assert_allclose(heights(places, tiles), heights(places, [whole]), atol=1e-6)
    np.testing.assert_array_equal(heights(places, tiles[::-1]), heights(places, tiles))


def test_a_coarser_raster_answers_where_the_finer_has_nothing(tmp_path):
    fine = np.full((20, 20), 1000)
    fine[5:15, 5:15] = VOID
    finer, coarser = raster(tmp_path / "fine.tif", fine, size=0.001), raster(tmp_path / "c.tif", np.full((9, 9), 500))
    places = np.array([[46.002, 39.998], [46.010, 39.990], [46.05, 39.95], [47.0, 39.0]])
    np.testing.assert_allclose(heights(places, [coarser, finer]), [1000, 500, 500, np.nan])


def test_a_void_is_filled_only_beside_what_is_known(tmp_path):
    cells = np.array([[100, 100, VOID, VOID, VOID], [200, 200, VOID, -9999, VOID]])
    path = raster(tmp_path / "a.tif", cells, nodata=None)
    centres = np.array([[46.005 + 0.01 * k, 39.995] for k in range(5)])
    # The third place is a void's own centre: its neighbours around it are voids too, to the east and south.
    found = heights(centres - np.array([0, 0.001]), [path])
    np.testing.assert_allclose(found[:2], [110, 110], atol=1e-6)
    assert np.isnan(found[3:]).all()
    assert heights(np.array([[46.018, 39.995]]), [path])[0] == pytest.approx(100, abs=1e-3)


def test_a_projected_raster_is_asked_in_its_own_coordinates(tmp_path):
    from pyproj import Transformer

    x, y = Transformer.from_crs(4326, 32638, always_xy=True).transform(46.6, 39.65)
    columns = np.mgrid[0:100, 0:100][1]
    path = raster(tmp_path / "utm.tif", 1000 + columns * 10, west=x - 1500, north=y + 1500, size=30, crs="EPSG:32638")
    assert heights(np.array([[46.6, 39.65]]), [path])[0] == pytest.approx(1000 + (1500 / 30 - 0.5) * 10, abs=0.01)


def test_real_tiles_with_voids(shared, tmp_path):
    zips = [shared / "andorra" / f"{name}.hgt.zip" for name in ("N41E001", "N42E001")]
    arrays = {}
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(archive.namelist()[0])
        arrays[path.name[:7]] = np.frombuffer(content, dtype=">i2").reshape(1201, 1201)
        (tmp_path / path.name[:-4]).write_bytes(content)
    north = arrays["N42E001"]
    assert (north == VOID).sum() == 7652
    # A sample of a tile lies on a crossing of its lines, 3 arc seconds apart: every 97th one, seam included.
    rows, columns = (one.ravel() for one in np.mgrid[0:1201:97, 0:1201:97])
    places = np.column_stack([1 + columns / 1200, 43 - rows / 1200])
    found, samples = heights(places, zips), north[rows, columns]
    known = samples != VOID
    np.testing.assert_allclose(found[known], samples[known], atol=1e-3)
    # Deep in a void nothing is made up; beside one the neighbours speak.
    deep = np.argwhere(north == VOID)
    deep = deep[
        [(north[r - 1 : r + 2, c - 1 : c + 2] == VOID).all() and 0 < r < 1200 and 0 < c < 1200 for r, c in deep]
    ]
    assert len(deep) > 100
    assert np.isnan(heights(np.column_stack([1 + deep[:, 1] / 1200, 43 - deep[:, 0] / 1200]), zips)).all()
    line = np.column_stack([np.full(500, 1.55), np.linspace(41.99, 42.01, 500)])
    assert not np.isnan(heights(line, zips)).any()
    assert np.abs(np.diff(heights(line, zips))).max() < 15


def test_noise_between_near_places_is_no_slope(tmp_path):
    noise = np.random.default_rng(3).normal(1000, 5, (80, 80))
    path = raster(tmp_path / "n.tif", noise, size=1 / 3600, dtype="float32", nodata=None)
    line = np.column_stack([np.linspace(46.005, 46.015, 1000), np.full(1000, 39.99)])
    step = 0.01 * 85_300 / 999
    assert (
        np.abs(np.diff(smoothed(line, [path])) / step).max() < np.abs(np.diff(heights(line, [path])) / step).max() / 2
    )
