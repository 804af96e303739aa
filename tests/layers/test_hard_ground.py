"""Ground that is hard to work out: copies by the thousand, a million vertices, hairs, three hundred records at a spot."""

import dataclasses
import tracemalloc

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from layers import coverage, measure
from layers.coverage import attention

DAY = "2020-01-01"


def hazards(polygons, crs="EPSG:4326", **columns):
    n = len(polygons)
    rows = {"id": [f"H{k:05}" for k in range(n)], "classification": ["SHA"] * n, "opened_on": ["2010-01-01"] * n}
    return gpd.GeoDataFrame(rows | columns, geometry=list(polygons), crs=crs)


def releases(polygons, **columns):
    n = len(polygons)
    rows = {"id": [f"R{k:05}" for k in range(n)], "product": ["reduced"] * n, "completed_on": ["2015-01-01"] * n}
    return gpd.GeoDataFrame(rows | columns, geometry=list(polygons), crs="EPSG:4326")


def sound(frame):
    certificate = frame.attrs["certificate"]
    assert certificate["passed"], [one for one in certificate["checks"] if not one["passed"]]
    return frame.attrs["total"]


@pytest.mark.slow
def test_ten_thousand_copies_of_one_polygon_opened_and_released_one_by_one():
    # Each opened on a day of its own: work that grows with the square of the records would not end.
    count, square = 10_000, box(46.001, 39.001, 46.011, 39.011)
    opened = np.datetime64("1980-01-01") + np.arange(count)
    named = [[f"H{k:05}"] for k in range(count)]
    told = []
    tracemalloc.start()
    arrangement = coverage.arrange(
        hazards([square] * count, opened_on=opened.astype(str)),
        releases([square] * 20, hazards=named[:20], completed_on=["2008-01-01"] * 20),
        progress=lambda done, total: told.append((done, total)),
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told[-1][0] == told[-1][1] > 0
    assert peak < 1e9
    area = measure.areas(np.array([square]))[0]
    last = sound(arrangement.partition("2008-01-01"))
    standing = int((opened <= np.datetime64("2008-01-01")).sum()) - 20
    assert last["hazards_open"] == standing
    assert last["SHA"] == pytest.approx(area, rel=1e-9)
    assert last["overlap_m2"] == pytest.approx((standing - 1) * area, rel=1e-9)


@pytest.mark.slow
def test_pairs_beyond_the_list_are_counted(monkeypatch):
    monkeypatch.setattr(attention, "PAIRS", 1000)
    square = box(46.001, 39.001, 46.011, 39.011)
    pairs = coverage.arrange(hazards([square] * 60)).overlaps(DAY)
    assert len(pairs) + pairs.attrs["pairs_left_out"] == 60 * 59 // 2
    assert 0 < len(pairs) <= 1000


@pytest.mark.slow
def test_a_polygon_of_a_million_vertices():
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    reach = 0.45 * (1 + 0.0002 * np.sin(turn * 4999))
    coast = Polygon(np.column_stack([46.5 + reach * np.cos(turn), 39.5 + reach * np.sin(turn)]))
    told = []
    arrangement = coverage.arrange(
        hazards([coast, box(46, 39, 46.5, 39.5), box(46.4, 39.4, 46.401, 39.401)]),
        progress=lambda done, total: told.append(done),
    )
    assert len(told) > 1
    sound(arrangement.partition(DAY))


def test_hairs_a_billionth_of_a_metre_wide():
    # 1e-9 m is 9e-15 degrees: the last digits of a double here.
    hairs = [
        Polygon([(46, 39 + k * 0.001), (46.01, 39 + k * 0.001), (46.01, 39 + k * 0.001 + 1.5e-14)]) for k in range(8)
    ]
    drawn = [one for one in hairs if one.is_valid]
    assert drawn
    arrangement = coverage.arrange(hazards([box(46, 39, 46.01, 39.01), *drawn]))
    total = sound(arrangement.partition(DAY))
    assert total["SHA"] == pytest.approx(measure.areas(np.array([box(46, 39, 46.01, 39.01)]))[0], abs=0.01)


@pytest.mark.slow
def test_three_hundred_records_over_one_cell():
    rng = np.random.default_rng(4)
    x, y = 46 + rng.uniform(0.002, 0.008, (2, 300))
    y -= 7
    polygons = [
        shapely.Point(a, b).buffer(r, quad_segs=4) for a, b, r in zip(x, y, rng.uniform(2e-4, 1.4e-3, 300), strict=True)
    ]
    released = [shapely.Point(a, b).buffer(1e-3, quad_segs=4) for a, b in zip(x[:40], y[:40], strict=True)]
    arrangement = coverage.arrange(hazards(polygons), releases(released))
    total = sound(arrangement.partition(DAY))
    left = shapely.difference(shapely.union_all(polygons), shapely.union_all(released))
    assert total["SHA"] == pytest.approx(measure.areas(np.array([left]))[0], rel=1e-9)


def test_what_was_united_apart_is_asked_for_again_only_where_it_changed():
    rng = np.random.default_rng(1)
    squares = [
        box(x, y, x + 0.004, y + 0.004) for x, y in zip(*(a + rng.uniform(0, 0.5, 200) for a in (46, 39)), strict=True)
    ]
    frame = hazards(squares)
    arrangement = coverage.arrange(frame)
    sound(arrangement.partition(DAY))
    known = len(arrangement.apart)
    sound(arrangement.partition("2019-01-01"))
    assert len(arrangement.apart) == known
    # One wrong union is one failed check: the certificate does not believe its own figures.
    key = next(iter(arrangement.apart))
    union, parts = arrangement.apart[key]
    lying = dataclasses.replace(arrangement, apart=arrangement.apart | {key: (union + 2**22, parts)})
    failed = [one["check"] for one in lying.partition(DAY).attrs["certificate"]["checks"] if not one["passed"]]
    assert "SHA + CHA is the union of open ground" in failed
