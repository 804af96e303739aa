"""Real rasters: Andorra's SRTM tiles with their voids, and ETOPO over Karabakh."""

import io
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from exactextract import exact_extract
from PIL import Image

from layers.rasters.intake import prepare
from layers.rasters.kinds import Kind, Wish
from layers.rasters.tiles import Style, tile
from layers.rasters.zonal import sums
from layers.terrain.elevation import heights

VOID = -32768
TERRAIN = Wish(Kind.terrain, "m")


def test_two_tiles_of_andorra_are_one_raster_with_their_voids(shared, tmp_path):
    zips = [shared / "andorra" / f"{name}.hgt.zip" for name in ("N41E001", "N42E001")]
    facts = prepare(zips, tmp_path / "out.tif", TERRAIN)
    tiles = []
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            tiles.append(np.frombuffer(archive.read(archive.namelist()[0]), dtype=">i2").reshape(1201, 1201))
    with rasterio.open(tmp_path / "out.tif") as file:
        cells = file.read(1)
    south, north = tiles
    np.testing.assert_array_equal(cells[:1200], north[:1200])
    np.testing.assert_array_equal(cells[1201:], south[1:])
    np.testing.assert_array_equal(cells[1200], np.where(south[0] == VOID, north[1200], south[0]))
    assert (facts.height, facts.width, facts.valid) == (2401, 1201, (cells != VOID).sum())
    assert 0 < facts.voids < 0.01
    places = np.random.default_rng(1).uniform([1.01, 41.1], [1.99, 42.9], (2000, 2))
    # Beside the seam two tiles count the cells of their common row twice, which tells beside a void.
    places = places[np.abs(places[:, 1] - 42) > 0.002]
    np.testing.assert_allclose(heights(places, [tmp_path / "out.tif"]), heights(places, zips), rtol=1e-12)
    # The tile of Andorra's mountains at zoom 10: shaded all over, but for the voids.
    for style in (Style.hillshade, Style.slope, Style.relief):
        drawn = np.asarray(
            Image.open(io.BytesIO(tile(tmp_path / "out.tif", Kind.terrain, facts, style, (10, 515, 378))))
        )
        nothing = (drawn[..., 3] == 0).mean()
        assert 0.001 < nothing < 0.1
        assert drawn[drawn[..., 3] > 0][:, :3].std() > 10


def test_heights_of_the_districts_of_karabakh_equal_exactextract(shared, tmp_path):
    facts = prepare([shared / "elevation" / "etopo5_karabakh_5min.tif"], tmp_path / "out.tif", TERRAIN)
    districts = gpd.read_file(shared / "karabakh" / "districts.geojson")
    found = sums(
        tmp_path / "out.tif", facts, dict(zip(districts["code"] + districts["name"], districts.geometry, strict=True))
    )
    with rasterio.open(tmp_path / "out.tif") as file:
        said = exact_extract(file, districts, ["sum", "min", "max", "mean"], output="pandas")
    assert len(found) == 13
    for k, one in enumerate(found.values()):
        assert one.total == pytest.approx(said["sum"][k], rel=1e-12)
        assert (one.lowest, one.highest) == (said["min"][k], said["max"][k])
        # By area, where exactextract goes by share: a northern cell is smaller.
        assert one.mean == pytest.approx(said["mean"][k], abs=1)
        assert one.without_values_m2 == 0
    assert sum(one.area_m2 for one in found.values()) == pytest.approx(13_780.35e6, rel=1e-6)
