"""The archive of tiles, read back by the reader of those who wrote the format."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from geo_service.exports.archive import Archive, tile_ids


def test_ids_of_the_low_zooms():
    for zoom in range(6):
        columns, rows = (one.ravel() for one in np.meshgrid(np.arange(1 << zoom), np.arange(1 << zoom)))
        expected = [zxy_to_tileid(zoom, x, y) for x, y in zip(columns.tolist(), rows.tolist(), strict=True)]
        assert tile_ids(zoom, columns, rows).tolist() == expected


@given(st.integers(0, 22).flatmap(lambda zoom: st.tuples(st.just(zoom), *[st.integers(0, (1 << zoom) - 1)] * 2)))
def test_ids_of_any_zoom(where):
    zoom, x, y = where
    assert tile_ids(zoom, np.array([x]), np.array([y])).tolist() == [zxy_to_tileid(zoom, x, y)]


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    return tmp_path_factory.mktemp("archive") / "out.pmtiles"


@given(tiles=st.dictionaries(st.integers(0, 90), st.sampled_from([b"a", b"bb", b"ccc"]), min_size=1))
def test_what_was_put_is_there_once(tiles, archived):
    packed = {one: gzip.compress(body, mtime=0) for one, body in tiles.items()}
    with Archive(archived) as archive:
        for one in sorted(packed):
            archive.put(one, packed[one])
        assert len(archive) == len(packed)
        archive.finish((-10.5, 20, 30, 40), (0, 4), {"name": "x"})
    source = MemorySource(archived.read_bytes())
    found = {zxy_to_tileid(*where): body for where, body in all_tiles(source)}
    assert found == packed
    header = Reader(source).header()
    assert (header["addressed_tiles_count"], header["tile_contents_count"]) == (len(packed), len(set(tiles.values())))
    runs = 1 + sum(one - 1 not in tiles or tiles[one - 1] != tiles[one] for one in sorted(tiles)[1:])
    assert header["tile_entries_count"] == runs
    assert header["tile_data_length"] == sum(map(len, set(packed.values())))
    assert (header["min_lon_e7"], header["max_lat_e7"]) == (-105_000_000, 400_000_000)


def test_tiles_out_of_order_are_refused(archived):
    with Archive(archived) as archive:
        archive.put(5, b"x")
        archive.put(6, b"x")
        for one in (4, 5, 6):
            with pytest.raises(ValueError, match="comes after"):
                archive.put(one, b"y")


def test_many_tiles_have_leaves(archived):
    rng = np.random.default_rng(1)
    where = np.cumsum(rng.integers(1, 99, 9_000)).tolist()
    tiles = dict(zip(where, (b"x" * size for size in rng.integers(1, 9_000, len(where)).tolist()), strict=True))
    with Archive(archived) as archive:
        for one, body in tiles.items():
            archive.put(one, body)
        archive.finish((0, 0, 1, 1), (0, 10), {})
    reader = Reader(MemorySource(archived.read_bytes()))
    assert reader.header()["leaf_directory_length"] > 0
    assert {zxy_to_tileid(*place): body for place, body in all_tiles(reader.get_bytes)} == tiles
