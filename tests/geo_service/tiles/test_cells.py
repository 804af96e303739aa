"""Below zoom 10 each hazard counts in one cell, and every cell that an open hazard touches is marked."""

import numpy as np
import pytest
import shapely
from decoder import layers
from ground import holding, stars, tiles_over, units
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon, box

from geo_service.tiles.build import FEW, Tiles

AREA = (46.0, 38.99, 47.19, 39.91)


def cells_of(held, zoom, places, tiles=None):
    """Each cell by (row, column) of the whole zoom."""
    tiles = tiles or Tiles()
    found = {}
    for row, column in places:
        body = tiles.tile(held, zoom, row, column)
        for one in layers(body)[held.layer].features if body else []:
            ((path, closed),) = one.paths
            x, y = path[0]
            assert path == [(x, y), (x + 64, y), (x + 64, y + 64), (x, y + 64)]
            assert closed
            assert (x % 64, y % 64) == (0, 0)
            found[row * 64 + y // 64, column * 64 + x // 64] = one.properties
    return found


def everywhere(zoom):
    return [(row, column) for row in range(2**zoom) for column in range(2**zoom)]


@pytest.mark.parametrize("zoom", range(5, 10))
def test_cells_of_ten_thousand_hazards_sum_to_the_number_stored(zoom):
    shapes = stars(10_000, reach=0.004)
    rng = np.random.default_rng(1)
    state = rng.choice(["open", "partly_released", "released"], len(shapes))
    open_m2 = np.where(state == "released", 0.0, rng.uniform(1, 1e5, len(shapes)))
    classes = rng.choice(["SHA", "CHA"], len(shapes))
    held = holding(shapes, state=state, open_m2=open_m2, classification=classes)
    found = cells_of(held, zoom, tiles_over(*AREA, zoom))
    assert sum(one["hazards"] for one in found.values()) == 10_000
    for one in ("SHA", "CHA"):
        assert np.isclose(sum(cell[f"{one}_open_m2"] for cell in found.values()), open_m2[classes == one].sum())
    marked = {place for place, cell in found.items() if cell["open"]}
    assert (
        touched(shapes[state != "released"], zoom, -1e-6) <= marked <= touched(shapes[state != "released"], zoom, 1e-6)
    )


def touched(shapes, zoom, slack):
    """The cells that shapes touch, each asked for by itself; cells made larger by a share of their side."""
    if not len(shapes):
        return set()
    real = shapely.transform(units(shapes, zoom + 6, 0, 0), lambda xy: xy / 4096)
    west, north, east, south = np.floor(shapely.bounds(real) + np.array([-1, -1, 1, 1]) * abs(slack)).T
    wide, high = (east - west + 1).astype(int), (south - north + 1).astype(int)
    which = np.repeat(np.arange(len(real)), wide * high)
    step = np.concatenate([np.arange(n) for n in wide * high])
    row, column = north[which] + step // wide[which], west[which] + step % wide[which]
    cells = shapely.box(column - slack, row - slack, column + 1 + slack, row + 1 + slack)
    met = shapely.intersects(real[which], cells)
    return set(zip(row[met].astype(int).tolist(), column[met].astype(int).tolist(), strict=True))


corners = st.lists(st.tuples(st.floats(40, 60), st.floats(30, 50)), min_size=3, max_size=10)


@given(corners, st.sampled_from(["open", "released"]))
@settings(max_examples=40)
def test_any_hazard(points, state):
    shape = shapely.make_valid(Polygon(points), method="structure", keep_collapsed=False)
    if shape.is_empty:
        return
    held = holding([shape], state=state, open_m2=0.0 if state == "released" else 5.0)
    for zoom in (0, 2):
        found = cells_of(held, zoom, everywhere(zoom))
        assert sum(one["hazards"] for one in found.values()) == 1
        marked = {place for place, cell in found.items() if cell["open"]}
        shapes = np.array([shapely.segmentize(shape, 0.2)] if state == "open" else [], dtype=object)
        assert touched(shapes, zoom, -1e-3) <= marked <= touched(shapes, zoom, 1e-3)


@pytest.mark.parametrize(
    "shape",
    [
        box(-180, -90, 180, 90),
        box(179.9, 10, 180, 10.1),
        box(-180, -90, -179.9, -89),
        box(100, 86, 101, 88),
        box(-180, 0, 180, 0.0001),
        Polygon(box(-180, -90, 180, 90).exterior.coords, [box(-179, -89, 179, 89).exterior.coords]),
        box(45, 0, 45.00001, 0.00001),
    ],
)
def test_the_ends_of_the_world_count_once(shape):
    held = holding([shape])
    for zoom in (0, 2):
        found = cells_of(held, zoom, everywhere(zoom))
        assert sum(one["hazards"] for one in found.values()) == 1
        assert any(one["open"] for one in found.values())


def test_a_hazard_with_any_open_ground_is_open_whatever_its_state():
    held = holding([box(46, 39, 46.001, 39.001)] * 2, state="released", open_m2=[0.0, 0.4])
    assert [one["open"] for one in cells_of(held, 0, [(0, 0)]).values()] == [True]
    held = holding([box(46, 39, 46.001, 39.001)], state="released", open_m2=0.0)
    assert [one["open"] for one in cells_of(held, 0, [(0, 0)]).values()] == [False]


def test_other_layers_are_counted_where_they_are_many_and_drawn_where_they_are_few():
    few = [Point(46 + k / FEW, 39) for k in range(FEW)]
    body = Tiles().tile(holding(few, "spots"), 5, 12, 20)
    assert len(layers(body)["spots"].features) == FEW
    many = [*few, Point(46.5, 39.5)]
    found = cells_of(holding(many, "spots"), 5, [(12, 20)])
    assert sum(one["spots"] for one in found.values()) == FEW + 1
    lines = [LineString([(46 + k / FEW, 39), (46 + k / FEW, 39.1)]) for k in range(FEW + 1)]
    assert sum(one["roads"] for one in cells_of(holding(lines, "roads"), 5, [(12, 20)]).values()) == FEW + 1
