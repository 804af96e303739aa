"""A stranger's raster: what comes out of it cell by cell, and what is refused with what to do."""

import struct
import warnings

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine, from_origin

from layers.questions import Question, Unreadable
from layers.rasters import sandbox
from layers.rasters.intake import prepare
from layers.rasters.kinds import Kind, Limits, Wish
from layers.terrain.files import NoTerrain

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

VOID = -32768
TERRAIN = Wish(Kind.terrain, "m")


def write(path, cells, *, west=46.0, north=40.0, size=0.01, crs="EPSG:4326", transform=None, count=1, **more):
    cells = np.asarray(cells)
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": count, "crs": crs,
               "dtype": cells.dtype, "transform": transform or from_origin(west, north, size, size), **more}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as file:
            for band in range(1, count + 1):
                file.write(cells, band)
    return path


def read(path):
    """Cells with NaN where there is none."""
    with rasterio.open(path) as file:
        return file.read(1, masked=True).astype(np.float64).filled(np.nan), file.profile


KINDS_OF_NUMBERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]


@settings(max_examples=24)
@given(st.sampled_from(KINDS_OF_NUMBERS), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_every_value_comes_through_and_every_void_is_one(tmp_path_factory, dtype, named, flipped, seed):
    folder = tmp_path_factory.mktemp("in")
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 120, (5, 7)).astype(dtype)
    cells[2, 3] = 121
    void = rng.random(cells.shape) < 0.3
    void[2, 3] = False
    nodata = 123 if named else None
    if named:
        cells[void] = 123
    elif dtype.startswith("float"):
        cells[void] = np.nan
    else:
        void[:] = False
    transform = Affine(0.01, 0, 46.0, 0, 0.01, 39.95) if flipped else None
    path = write(folder / "a.tif", cells[::-1] if flipped else cells, nodata=nodata, transform=transform)
    facts = prepare([path], folder / "out.tif", Wish(Kind.other))
    found, profile = read(folder / "out.tif")
    np.testing.assert_array_equal(found, np.where(void, np.nan, cells.astype(np.float64)))
    assert (facts.valid, facts.lowest, facts.highest) == ((~void).sum(), np.nanmin(found), 121)
    assert profile["transform"].almost_equals(from_origin(46.0, 40.0, 0.01, 0.01))
    np.testing.assert_allclose(facts.bounds, [46.0, 39.95, 46.07, 40.0])
    assert (len(facts.notices) == 1) == flipped


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_tiles_of_a_grid_are_one_raster_whatever_their_order(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("in")
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 3000, (12, 14)).astype("int16")
    cells[rng.random(cells.shape) < 0.1] = VOID
    cells[0, 0] = 7
    # Tiles share a row and a column, as those of SRTM do, and one is missing.
    parts = {"a": (slice(0, 7), slice(0, 8)), "b": (slice(0, 7), slice(7, 14)), "c": (slice(6, 12), slice(0, 8))}
    paths = [
        write(folder / f"{name}.tif", cells[place], west=46 + place[1].start / 100, north=40 - place[0].start / 100)
        for name, place in parts.items()
    ]
    order = rng.permutation(3).tolist()
    facts = prepare([paths[k] for k in order], folder / "out.tif", TERRAIN)
    expected = np.where(cells == VOID, np.nan, cells.astype(float))
    expected[7:, 8:] = np.nan
    np.testing.assert_array_equal(read(folder / "out.tif")[0], expected)
    assert facts.notices == ()
    assert facts.valid == np.isfinite(expected).sum()


def test_what_is_kept_is_cloud_optimised_and_read_block_by_block(tmp_path):
    cells = np.add.outer(np.arange(1100), np.arange(1200)).astype("float32")
    facts = prepare(
        [write(tmp_path / "a.tif", cells, size=1e-4)], tmp_path / "out.tif", Wish(Kind.other, tags={"unit": "x"})
    )
    with rasterio.open(tmp_path / "out.tif") as made:
        assert made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert made.overviews(1) == [2, 4]
        assert made.block_shapes == [(512, 512)]
        assert made.tags()["unit"] == "x"
        np.testing.assert_array_equal(made.read(1), cells)
    assert (facts.lowest, facts.highest, facts.voids) == (0, 2298, 0)
    assert not (tmp_path / "out.draft.tif").exists()


def test_numbers_that_are_scaled_come_out_as_true_ones(tmp_path):
    path = write(tmp_path / "a.tif", np.array([[10, 20], [30, 255]], dtype="uint8"), nodata=255)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.5,), (100.0,)
    facts = prepare([path], tmp_path / "out.tif", Wish(Kind.other))
    np.testing.assert_array_equal(read(tmp_path / "out.tif")[0], [[105, 110], [115, np.nan]])
    assert "multiplied" in facts.notices[0]


def test_heights_that_no_ground_has_are_voids_said_so_or_not(tmp_path):
    cells = np.array([[100, VOID, -9999, 9001], [-430, 8849, 32767, 0]], dtype="int16")
    facts = prepare([write(tmp_path / "a.tif", cells)], tmp_path / "out.tif", TERRAIN)
    np.testing.assert_array_equal(
        read(tmp_path / "out.tif")[0], [[100, np.nan, np.nan, np.nan], [-430, 8849, np.nan, 0]]
    )
    assert (facts.nodata, facts.valid) == (VOID, 4)


def test_people_below_none_are_asked_about_and_the_answer_makes_them_voids(tmp_path):
    path = write(tmp_path / "p.tif", np.array([[1.5, -99999], [2.0, 3.0]], dtype="float32"))
    with pytest.raises(Question, match="fewer than 0 people") as asked:
        prepare([path], tmp_path / "out.tif", Wish(Kind.population, "people"))
    assert (asked.value.code, asked.value.choices) == ("nodata", ("-99999",))
    answer = float(asked.value.choices[0])
    facts = prepare([path], tmp_path / "out.tif", Wish(Kind.population, "people", nodata=answer))
    assert (facts.valid, facts.lowest, facts.nodata) == (3, 1.5, "nan")


def header(width, height, *, big_endian=False):
    """A GeoTIFF that declares so many bytes of cells and holds none of them."""
    order = ">" if big_endian else "<"
    doubles = struct.pack(order + "3d", 1e-6, 1e-6, 0) + struct.pack(order + "6d", 0, 0, 0, 46, 40, 0)
    keys = struct.pack(order + "16H", 1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326)
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
        (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 1), (33550, 12, 3, 400), (33922, 12, 6, 424),
        (34735, 3, 16, 472),
    ]  # fmt: skip
    out = (b"MM" if big_endian else b"II") + struct.pack(order + "HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        small = struct.pack(order + "HH", value, 0) if kind == 3 and count == 1 else struct.pack(order + "I", value)
        out += struct.pack(order + "HHI", tag, kind, count) + small
    return (out + struct.pack(order + "I", 0)).ljust(400, b"\0") + doubles + keys


def test_bytes_in_the_other_order_are_read_and_numbers_in_it_are_not(tmp_path):
    rows, columns = np.mgrid[0:60, 0:70]
    cells = (800 + 9 * rows + 7 * columns).astype("int16")
    cells[5, 5] = VOID
    profile = {"endianness": "big"}
    facts = prepare([write(tmp_path / "big.tif", cells, nodata=VOID, **profile)], tmp_path / "out.tif", TERRAIN)
    assert (tmp_path / "big.tif").read_bytes()[:2] == b"MM"
    assert (facts.lowest, facts.highest, facts.valid) == (800, 1814, 4199)
    wrong = write(tmp_path / "wrong.tif", cells.byteswap())
    with pytest.raises(Unreadable, match="two bytes swapped"):
        prepare([wrong], tmp_path / "out.tif", TERRAIN)


REFUSED = {
    "rotated": (lambda p: write(p, np.ones((3, 3), "int16"), transform=Affine(0.01, 0.001, 46, 0.001, -0.01, 40)), "Straighten"),
    "mirrored": (lambda p: write(p, np.ones((3, 3), "int16"), transform=Affine(-0.01, 0, 46, 0, -0.01, 40)), "Straighten"),
    "nowhere": (lambda p: write(p, np.ones((3, 3), "int16"), crs=None, transform=Affine.identity()), "where on the Earth"),
    "no corners": (lambda p: write(p, np.ones((3, 3), "int16"), transform=Affine.identity()), "where its corners are"),
    "off the Earth": (lambda p: write(p, np.ones((3, 3), "int16"), north=4_400_000.0), "on the Earth"),
    "across the date line": (lambda p: write(p, np.ones((3, 30), "int16"), west=179.9), "180th meridian"),
    "bands": (lambda p: write(p, np.ones((3, 3), "int16"), count=2), "2 bands"),
    "complex": (lambda p: write(p, np.ones((3, 3), "complex64")), "not reckoned with"),
    "void": (lambda p: write(p, np.full((3, 3), VOID, "int16")), "none of its cells has a value"),
    "huge": (lambda p: p.write_bytes(header(1_000_000, 1_000_000)) and p, "more than a raster may have"),
    "no cells": (lambda p: p.write_bytes(header(3, 3)[:390]) and p, "damaged|where on the Earth|coordinate"),
    "text": (lambda p: p.write_bytes(b"<VRTDataset/>") and p, "no GeoTIFF"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_used_is_refused_with_what_to_do(name, tmp_path):
    make, reason = REFUSED[name]
    with pytest.raises((Unreadable, NoTerrain), match=reason) as error:
        prepare([make(tmp_path / "a.tif")], tmp_path / "out.tif", TERRAIN)
    assert str(tmp_path) not in str(error.value)
    assert "a.tif" in str(error.value)
    assert not (tmp_path / "out.tif").exists()
    assert not (tmp_path / "out.draft.tif").exists()


def test_tiles_of_two_grids_are_refused_and_so_are_those_too_far_apart(tmp_path):
    one = write(tmp_path / "one.tif", np.ones((4, 4), "int16"))
    for place in ({"west": 46.045}, {"size": 0.02}, {"west": 500_000.0, "north": 4e6, "crs": "EPSG:32638", "size": 30}):
        with pytest.raises(Unreadable, match="a name of its own"):
            prepare(
                [one, write(tmp_path / "other.tif", np.ones((4, 4), "int16"), **place)], tmp_path / "o.tif", TERRAIN
            )
    far = write(tmp_path / "far.tif", np.ones((4, 4), "int16"), west=146.0)
    with pytest.raises(Unreadable, match="all files together"):
        prepare([one, far], tmp_path / "o.tif", Wish(Kind.terrain, limits=Limits(10_000, 10**9)))


def test_the_coordinate_system_is_asked_for_and_never_overruled(tmp_path):
    bare = write(tmp_path / "bare.tif", np.ones((3, 3), "int16"), crs=None)
    with pytest.raises(Question, match="does not say") as asked:
        prepare([bare], tmp_path / "out.tif", TERRAIN)
    assert (asked.value.code, asked.value.choices[0]) == ("crs", "EPSG:4326")
    assert prepare([bare], tmp_path / "out.tif", Wish(Kind.terrain, crs="EPSG:4326")).crs == "EPSG:4326"
    said = write(tmp_path / "said.tif", np.ones((3, 3), "int16"))
    with pytest.raises(Question, match="the file says"):
        prepare([said], tmp_path / "out.tif", Wish(Kind.terrain, crs="EPSG:32638"))
    with pytest.raises(Question, match="no coordinate system is known"):
        prepare([bare], tmp_path / "out.tif", Wish(Kind.terrain, crs="/etc/passwd"))


def test_land_cover_has_classes(tmp_path):
    facts = prepare(
        [write(tmp_path / "a.tif", np.array([[10, 40], [40, 80]], "uint8"))], tmp_path / "o.tif", Wish(Kind.land_cover)
    )
    assert facts.classes == (10, 40, 80)
    with pytest.raises(Unreadable, match="fractions"):
        prepare([write(tmp_path / "b.tif", np.array([[1.5]], "float32"))], tmp_path / "o.tif", Wish(Kind.land_cover))
    with pytest.raises(Unreadable, match="more than 256 classes"):
        prepare(
            [write(tmp_path / "c.tif", np.arange(300, dtype="int16")[None])], tmp_path / "o.tif", Wish(Kind.land_cover)
        )


def test_the_cage_reads_nothing_but_the_file_it_was_given(tmp_path):
    secret = write(tmp_path / "secret.tif", np.full((4, 4), 777, "int16"))
    plain = write(tmp_path / "plain.tif", np.arange(16, dtype="int16").reshape(4, 4))
    vrt = (
        "<VRTDataset rasterXSize='4' rasterYSize='4'><SRS>EPSG:4326</SRS><GeoTransform>46,0.01,0,40,0,-0.01</GeoTransform>"
        f"<VRTRasterBand dataType='Int16' band='1'><SimpleSource><SourceFilename>{secret}</SourceFilename>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    (tmp_path / "redirect.tif").write_text(vrt)
    # Files beside it that a reader left alone would take: other numbers, a mask of nothing, another place.
    (tmp_path / "plain.tif.aux.xml").write_text(
        "<PAMDataset><PAMRasterBand band='1'><NoDataValue>5</NoDataValue></PAMRasterBand></PAMDataset>"
    )
    write(tmp_path / "plain.tif.msk", np.zeros((4, 4), "uint8"))
    (tmp_path / "plain.tfw").write_text("1\n0\n0\n-1\n0\n0\n")
    facts = sandbox.prepared([plain], tmp_path / "out.tif", TERRAIN)
    np.testing.assert_array_equal(read(tmp_path / "out.tif")[0], np.arange(16).reshape(4, 4))
    assert (facts.valid, facts.bounds[0]) == (16, 46.0)
    for path in (tmp_path / "redirect.tif", tmp_path / "none.tif"):
        with pytest.raises(Unreadable, match=r"no GeoTIFF|no such file"):
            sandbox.prepared([path], tmp_path / "no.tif", TERRAIN)
    assert not (tmp_path / "no.tif").exists()


def test_a_file_that_takes_too_long_ends_with_its_reader(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tif", np.ones((7000, 7000), "uint8"), size=1e-5, compress="deflate")
    monkeypatch.setattr(sandbox, "SECONDS", 1)
    with pytest.raises(Unreadable, match="reading it failed"):
        sandbox.prepared([path], tmp_path / "out.tif", Wish(Kind.other))
    assert not (tmp_path / "out.tif").exists()
