"""The tiles of an export, decoded by others' readers: every hazard is there at every zoom."""

import gzip

import numpy as np
import pyogrio
import pytest
from pmtiles.reader import MemorySource, Reader, all_tiles
from shapely.geometry import box

from geo_service.balance import Refused, view
from geo_service.exports import pmtiles, writing
from geo_service.exports.content import Incomplete, content_of
from geo_service.ogc.holding import Holding
from geo_service.store import open_store
from geo_service.tiles.build import Grounds, Index
from layers.definitions import LAYERS
from tests.geo_service.exports.cases import COUNTS, RECORDS, fill
from tests.geo_service.ogc.cases import feature
from tests.geo_service.tiles.decoder import layers as decoded
from tests.geo_service.tiles.ground import stars

HIGHEST = 11
MANY = 400


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive of hard records and of many more hazards, and the store that it was made of."""
    folder = tmp_path_factory.mktemp("pmtiles")
    more = [
        feature(shape, f"M-{k:03d}", classification="CHA" if k % 3 else "SHA", opened_on="2020-01-01")
        for k, shape in enumerate(stars(MANY, reach=0.004, wide=0.4, high=0.3))
    ]
    with open_store(folder / "data", create=True) as log:
        service = fill(log, RECORDS | {"hazards": RECORDS["hazards"] + more}).state.service
        seen = view(service.snapshots, service.settings, service.clock)
        content = content_of(seen, service.settings)
        told = []
        out = folder / "all.pmtiles"
        counts = writing.write(out, "pmtiles", content, lambda *one: told.append(one), max_zoom=HIGHEST)
        yield out, counts, content, told


@pytest.fixture(scope="module")
def tiles(archive):
    """Each tile by (zoom, column, row), its layers by name."""
    source = MemorySource(archive[0].read_bytes())
    return {where: decoded(gzip.decompress(body)) for where, body in all_tiles(source)}


def test_every_record_is_there_at_every_zoom(archive, tiles):
    _, counts, content, _ = archive
    assert counts == COUNTS | {"hazards": COUNTS["hazards"] + MANY}
    for layer in LAYERS:
        stored = set(content.in_force(layer)["id"])
        for zoom in range(HIGHEST + 1):
            found = [
                one for (z, *_), made in tiles.items() if z == zoom and layer in made for one in made[layer].features
            ]
            if layer == "hazards" and zoom < 10:
                assert sum(one.properties["hazards"] for one in found) == len(stored), zoom
            else:
                assert {one.properties["id"] for one in found} == stored, (layer, zoom)
    assert {zoom for zoom, *_ in tiles} == set(range(HIGHEST + 1))


def at_every_zoom(out, highest):
    """How many hazards an archive of hazards alone shows at each zoom, by cells or by id."""
    found = {zoom: [] for zoom in range(highest + 1)}
    for (zoom, *_), body in all_tiles(MemorySource(out.read_bytes())):
        found[zoom] += decoded(gzip.decompress(body))["hazards"].features
    return {
        zoom: sum(one.properties["hazards"] for one in made)
        if zoom < 10
        else len({one.properties["id"] for one in made})
        for zoom, made in found.items()
    }


@pytest.mark.parametrize(
    ("count", "reach", "highest"), [(12, 0.001, 18), pytest.param(4_000, 0.004, 14, marks=pytest.mark.slow)]
)
def test_every_hazard_is_there_up_to_the_highest_zoom(tmp_path, count, reach, highest):
    shapes = stars(count, reach=reach, wide=0.3, high=0.2)
    shapes[0] = box(46.1, 39.1, 46.1 + 1e-7, 39.1 + 1e-7)  # a centimetre, and still there from afar
    shapes[1] = box(46.0, 39.0, 46.5, 39.0 + 1e-6)  # long and thin, over many tiles
    rows = [
        feature(shape, f"M-{k:05d}", classification="CHA", opened_on="2020-01-01") for k, shape in enumerate(shapes)
    ]
    with open_store(tmp_path / "data", create=True) as log:
        service = fill(log, {"hazards": rows}).state.service
        seen = view(service.snapshots, service.settings, service.clock)
        content = content_of(seen, service.settings, layers=["hazards"])
        out = tmp_path / "all.pmtiles"
        assert writing.write(out, "pmtiles", content, lambda *_: None, max_zoom=highest) == {"hazards": count}
    assert at_every_zoom(out, highest) == dict.fromkeys(range(highest + 1), count)


def test_gdal_reads_every_hazard(archive):
    out, counts, *_ = archive
    assert {name for name, _ in pyogrio.list_layers(out)} == {*LAYERS, "states"}
    for zoom in (5, 9):
        frame = pyogrio.read_dataframe(out, layer="hazards", ZOOM_LEVEL=str(zoom))
        assert frame["hazards"].sum() == counts["hazards"]
    frame = pyogrio.read_dataframe(out, layer="hazards", ZOOM_LEVEL="11")
    assert frame["id"].nunique() == counts["hazards"]
    assert frame.crs.to_epsg() == 3857


def test_a_state_is_where_the_balance_says(archive, tiles):
    drawn = [made["states"] for (zoom, *_), made in tiles.items() if zoom == HIGHEST and "states" in made]
    there = set(archive[2].states["state"]) - {"no_recorded_hazard"}
    assert {one.properties["state"] for layer in drawn for one in layer.features} == there
    cells = [one.properties for (z, *_), made in tiles.items() if z == 6 for one in made["states"].features]
    m2 = archive[2].states.groupby("state")["m2"].sum()
    for state in there:
        assert sum(one.get(state, 0) for one in cells) == pytest.approx(m2[state], rel=1e-6)


def test_an_archive_says_what_it_is(archive):
    out, counts, content, told = archive
    reader = Reader(MemorySource(out.read_bytes()))
    said, header = reader.metadata(), reader.header()
    assert {name: said[name] for name in ("as_of", "known_at", "revision", "hash", "notice")} == {
        name: content.about[name] for name in ("as_of", "known_at", "revision", "hash", "notice")
    }
    assert "OpenStreetMap" in said["attribution"]
    assert "No recorded hazard is not absence of hazard" in said["description"]
    assert [one["id"] for one in said["vector_layers"]] == [*LAYERS, "states"]
    assert said["records"] == counts
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (0, HIGHEST, True)
    assert header["tile_contents_count"] <= header["tile_entries_count"] <= header["addressed_tiles_count"]
    west, _, _, north = content.in_force("hazards").total_bounds
    assert header["min_lon_e7"] <= west * 1e7 + 1
    assert header["max_lat_e7"] >= north * 1e7 - 1
    assert told[-1][0] == told[-1][1]


def test_a_zoom_that_lacks_a_record_is_refused(archive):
    index = Index(Holding("hazards", archive[2].in_force("hazards"), None), Grounds())
    for zoom in (5, 11):
        whole, lacking = pmtiles._Count([index]), pmtiles._Count([index])
        places = [place for _, place in pmtiles._planned(index.bounds, zoom, 10_000)[zoom]]
        fullest = max(places, key=lambda place: len(index.tile(zoom, *place)))
        for place in places:
            whole.tile(zoom, *place)
            if place != fullest:
                lacking.tile(zoom, *place)
        whole.check(zoom)
        with pytest.raises(Incomplete, match=f"zoom {zoom}"):
            lacking.check(zoom)


def test_nothing_to_draw_and_too_much_are_refused(tmp_path):
    with open_store(tmp_path / "data", create=True) as log:
        service = fill(log, {}).state.service
        seen = view(service.snapshots, service.settings, service.clock)
        with pytest.raises(Refused, match="nothing to draw"):
            writing.write(tmp_path / "a.pmtiles", "pmtiles", content_of(seen, service.settings), lambda *_: None)
    assert [one.name for one in tmp_path.iterdir()] == ["data"]
    with pytest.raises(Refused, match="max-zoom"):
        pmtiles._planned(np.array([[0.1, 0.1, 0.9, 0.9]]), 14, 1_000)


def test_boxes_meet_the_tiles_that_they_meet():
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 1, (60, 2))
    bounds = np.concatenate([low, np.minimum(low + rng.uniform(0, 0.1, (60, 2)) ** 3, 1)], axis=1)
    for zoom in (0, 3, 6):
        side, margin = 1 << zoom, pmtiles.MARGIN
        expected = {
            (row, column)
            for row in range(side)
            for column in range(side)
            for west, north, east, south in bounds.tolist()
            if west * side <= column + 1 + margin and east * side >= column - margin
            if north * side <= row + 1 + margin and south * side >= row - margin
        }
        found = {place for _, place in pmtiles._planned(bounds, zoom, 10**6)[zoom]}
        assert found == expected
