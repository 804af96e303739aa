"""Slope and hillshade true to the ground, tiles that say nothing where nothing is known, colours that no state has."""

import io
import itertools
from math import atan, cos, degrees, hypot, pi, radians, sin

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Geod, Transformer
from rasterio.transform import from_origin

from layers.rasters import colours, shading
from layers.rasters.intake import prepare
from layers.rasters.kinds import Kind, Wish
from layers.rasters.tiles import HIGHEST, SIDE, Style, nothing, styles_of, tile

WORLD = 2 * pi * 6_378_137.0
GEOD = Geod(ellps="WGS84")


def picture(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def place_of(lon, lat, zoom):
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    n = 2**zoom
    return zoom, int((x / WORLD + 0.5) * n), int((0.5 - y / WORLD) * n)


@pytest.mark.parametrize("latitude", [0.0, 40.0, -65.0])
def test_a_cell_is_as_long_on_the_ground_as_the_geodesic_says(latitude):
    back = Transformer.from_crs(3857, 4326, always_xy=True)
    y = Transformer.from_crs(4326, 3857, always_xy=True).transform(20.0, latitude)[1]
    across, along = shading.Grid(y + 100, 2, 100.0).ground()
    for row, middle in ((0, y + 50), (1, y - 50)):
        (w, e), lat = back.transform([0, 100], [middle] * 2)[0], back.transform(0, middle)[1]
        s, n = back.transform([0, 0], [middle - 50, middle + 50])[1]
        assert across[row] == pytest.approx(GEOD.inv(w, lat, e, lat)[2], rel=1e-6)
        assert along[row] == pytest.approx(GEOD.inv(0, s, 0, n)[2], rel=1e-6)


@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (0.5, 0.0), (0.0, -0.3), (-0.2, 1.0)])
def test_a_plane_has_its_slope_and_the_light_of_its_normal(east, north):
    grid = shading.Grid(4_800_000.0, 40, 30.0)
    across, along = grid.ground()
    rows, columns = np.mgrid[0:40, 0:50]
    heights = 500 + east * columns * across[20] - north * rows * along[20]
    # The plane is drawn with the cells of the middle row; those of others differ by a few millionths.
    assert shading.slope(heights, grid)[19, 10] == pytest.approx(degrees(atan(hypot(east, north))), abs=1e-3)
    towards, up = radians(315), radians(45)
    sun = np.array([sin(towards) * cos(up), cos(towards) * cos(up), sin(up)])
    normal = np.array([-east, -north, 1]) / np.sqrt(1 + east**2 + north**2)
    assert shading.hillshade(heights, grid)[19, 10] == pytest.approx(max(float(sun @ normal), 0), abs=1e-4)


def test_a_cone_is_lit_from_the_north_west_as_by_hand():
    grid = shading.Grid(10_000.0, 61, 100.0)
    rows, columns = np.mgrid[-30:31, -30:31] * 100.0
    heights = 3000 - 0.8 * np.hypot(rows, columns)
    light, steep = shading.hillshade(heights, grid), shading.slope(heights, grid)
    assert light.shape == (59, 59)
    for r, c in itertools.product((5, 20, 29, 40, 55), repeat=2):
        a = heights[r : r + 3, c : c + 3]
        # Horn's weights, one cell at a time; on the equator a metre of the map is one of the ground but for the flattening.
        dx = sum(w * (a[k, 2] - a[k, 0]) for k, w in enumerate((1, 2, 1))) / 8 / 100
        dy = sum(w * (a[0, k] - a[2, k]) for k, w in enumerate((1, 2, 1))) / 8 / (100 * (1 - 0.00669438))
        zenith, slope, aspect = radians(45), atan(hypot(dx, dy)), np.arctan2(-dx, -dy)
        by_hand = cos(zenith) * cos(slope) + sin(zenith) * sin(slope) * cos(radians(315) - aspect)
        assert light[r, c] == pytest.approx(max(by_hand, 0), abs=1e-4)
        assert steep[r, c] == pytest.approx(degrees(slope), abs=1e-2)
    assert light[10, 10] > light[10, 48] > light[48, 48]


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """A ramp in degrees that rises to the east by 0.4 m per m at 40.5 N, with a void, and what is known of it."""
    folder = tmp_path_factory.mktemp("ramp")
    lat, size, n = 40.5, 0.001, 300
    metres = GEOD.inv(46, lat, 46 + size, lat)[2]
    columns = np.mgrid[0:n, 0:n][1]
    cells = (0.4 * metres * columns / 4).astype("float64")
    cells[140:160, 100:120] = np.nan
    profile = {"driver": "GTiff", "width": n, "height": n, "count": 1, "dtype": "float64", "crs": "EPSG:4326",
               "transform": from_origin(46, lat + n * size / 2, size, size)}  # fmt: skip
    with rasterio.open(folder / "a.tif", "w", **profile) as file:
        file.write(cells, 1)
    return folder / "out.tif", prepare([folder / "a.tif"], folder / "out.tif", Wish(Kind.terrain, "m"))


def test_a_tile_shows_the_slope_of_the_ground_and_voids_as_nothing(ramp):
    path, facts = ramp
    cells = picture(tile(path, Kind.terrain, facts, Style.slope, place_of(46.2, 40.5, 13)))
    assert cells.shape == (SIDE, SIDE, 4)
    assert (cells[..., 3] == 255).all()
    expected = colours.ramp(np.full((1, 1), degrees(atan(0.1))), colours.SLOPE)[:, 0, 0].astype(int)
    assert np.abs(np.median(cells[..., :3], axis=(0, 1)) - expected).max() <= 2
    # The void's middle is nothing in every style; the ground beside it is something.
    zoom, column, row = place_of(46.11, 40.5, 14)
    for style in Style:
        drawn = picture(tile(path, Kind.terrain, facts, style, (zoom, column, row)))
        x = (46.11 / 360 + 0.5) * 2**zoom - column
        assert drawn[SIDE // 2, int(x * SIDE), 3] in {0, 255}
        assert 0 < (drawn[..., 3] == 0).sum() < SIDE * SIDE
        assert (drawn[drawn[..., 3] == 0] == 0).all()


def test_far_away_and_at_every_zoom_there_is_a_picture(ramp):
    path, facts = ramp
    assert tile(path, Kind.terrain, facts, Style.hillshade, (8, 0, 0)) == nothing()
    assert not picture(nothing()).any()
    for zoom in (0, 5, HIGHEST):
        content = tile(path, Kind.terrain, facts, Style.relief, place_of(46.2, 40.5, zoom))
        assert picture(content).shape == (SIDE, SIDE, 4)
    assert styles_of(Kind.population) == (Style.values,)


def test_classes_keep_their_colours_in_a_tile(tmp_path):
    cells = np.repeat(np.repeat(np.array([[10, 40], [80, 0]], "uint8"), 50, 0), 50, 1)
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "uint8", "crs": "EPSG:32638",
               "transform": from_origin(500_000, 4_450_000, 30, 30), "nodata": 0}  # fmt: skip
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(cells, 1)
    facts = prepare([tmp_path / "a.tif"], tmp_path / "o.tif", Wish(Kind.land_cover))
    lon, lat = Transformer.from_crs(32638, 4326, always_xy=True).transform(501_500, 4_448_500)
    seen = set()
    zoom, column, row = place_of(lon, lat, 13)
    for x, y in itertools.product((-1, 0, 1), repeat=2):
        drawn = picture(tile(tmp_path / "o.tif", Kind.land_cover, facts, Style.values, (zoom, column + x, row + y)))
        seen |= {tuple(one) for one in drawn[drawn[..., 3] > 0][:, :3].tolist()}
    # No colour between two classes, which would be that of a third.
    assert seen == {tuple(int(text[k : k + 2], 16) for k in (1, 3, 5)) for text in colours.CLASSES[:3]}


def test_no_colour_of_a_raster_is_that_of_a_state():
    taken = np.array([[int(text[k : k + 2], 16) for k in (1, 3, 5)] for text in colours.TAKEN])
    shown = [[int(text[k : k + 2], 16) for k in (1, 3, 5)] for text in colours.all_colours()]
    for stops in (colours.SLOPE, colours.RELIEF, colours.VALUES):
        between = np.linspace(stops[0][0], stops[-1][0], 500)[None]
        shown += colours.ramp(between, stops)[:, 0].T.astype(int).tolist()
    far = np.sqrt(((np.array(shown)[:, None] - taken[None]) ** 2).sum(axis=2))
    assert far.min() >= 30
