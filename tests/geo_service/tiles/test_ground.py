"""From zoom 10 every hazard is where it belongs, and no edge has moved inward by more than a unit."""

import numpy as np
import pytest
import shapely
from decoder import layers
from ground import holding, stars, tile_at, tiles_over, units
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geo_service.tiles.build import Tiles

BOX = box(-64, -64, 4160, 4160)
NEAR, AROUND = 1.0, 3.0
"""How far an edge may move, and how much larger what would vanish may be drawn, in units."""

BEND = 0.02
"""How far an edge of many units may lie beside its curve, in units, here and in what is drawn: what only touches the
buffer's edge by less, 64 units outside of the tile, may be left to the next tile."""

AREA = (46.0, 38.99, 47.19, 39.91)


def check(shapes, zoom, row, column, found):
    """Every shape that meets the tile is in it, once, where it belongs."""
    real = units(shapes, zoom, row, column)
    # Rounding may turn a hair of ground into a form that crosses itself: GEOS mends its fill and loses the hair, whose
    # edges are kept beside.
    solid, crossed = real.copy(), ~shapely.is_valid(real)
    solid[crossed] = shapely.make_valid(real[crossed], method="structure", keep_collapsed=False)
    for k in np.flatnonzero(crossed):
        real[k] = shapely.geometrycollections([solid[k], shapely.boundary(real[k])])
    there = {one.properties["id"]: one for one in found}
    assert len(there) == len(found)
    expected = {f"H-{k:05d}" for k in np.flatnonzero(shapely.intersects(real, BOX.buffer(-BEND))).tolist()}
    surely = {f"H-{k:05d}" for k in np.flatnonzero(shapely.intersects(real, BOX.buffer(BEND))).tolist()}
    assert expected <= set(there) <= surely
    names = sorted(there)
    places = [int(name[2:]) for name in names]
    mine, filled = real[places], solid[places]
    drawn = np.array([there[name].geometry() for name in names], dtype=object)
    lines = np.array([there[name].lines() for name in names], dtype=object)
    assert shapely.intersects(drawn, mine).all() or (shapely.distance(drawn, mine) < NEAR).all()
    assert (shapely.area(drawn) > 0).all()
    # Of each point by its distance: overlays of hairs of ground answer otherwise from one operation to the next.
    for k, name in enumerate(names):
        edge, seen = points_of(mine[k], -63, 4159), shapely.union(drawn[k], lines[k])
        assert (shapely.distance(edge, seen) <= NEAR + BEND).all(), name
        assert (shapely.distance(points_of(drawn[k], -63, 4159), mine[k]) <= AROUND + BEND).all(), name
    # Of what is large enough, even the fill alone.
    deep = shapely.buffer(shapely.intersection(filled, box(-63, -63, 4159, 4159)), -1 - BEND)
    assert shapely.is_empty(shapely.difference(deep, drawn)).all()
    return set(there)


def points_of(shape, low, high):
    """Points along the edges of a shape, not further than 20 units from each other, those in a square.

    Its own edge is left out: parts of what leaves it more than once are joined along it.
    """
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(shape, 20)))
    return points[shapely.intersects(points, box(low, low, high, high))]


@pytest.mark.parametrize("zoom", [10, 11, 12])
def test_hazards_are_where_they_belong(zoom):
    shapes = stars(400)
    held, tiles = holding(shapes), Tiles()
    seen = set()
    for row, column in tiles_over(*AREA, zoom):
        body = tiles.tile(held, zoom, row, column)
        seen |= check(shapes, zoom, row, column, layers(body)["hazards"].features if body else [])
    assert seen == {f"H-{k:05d}" for k in range(400)}


@pytest.mark.parametrize("zoom", [13, 14, 16, 18])
def test_hazards_are_where_they_belong_in_some_tiles(zoom):
    shapes = stars(300)
    held, tiles = holding(shapes), Tiles()
    for k in range(0, 300, 15):
        point = (
            shapes[k].exterior.coords[0] if shapes[k].geom_type == "Polygon" else shapes[k].geoms[0].exterior.coords[0]
        )
        row, column = tile_at(*point, zoom)
        found = check(shapes, zoom, row, column, layers(tiles.tile(held, zoom, row, column))["hazards"].features)
        assert f"H-{k:05d}" in found


@pytest.mark.slow
@pytest.mark.parametrize("zoom", [10, 11, 12, 13, 14])
def test_ten_thousand_hazards_in_every_tile(zoom):
    shapes = stars(10_000, reach=0.004)
    held, tiles = holding(shapes), Tiles()
    seen = set()
    for k, (row, column) in enumerate(tiles_over(*AREA, zoom)):
        body = tiles.tile(held, zoom, row, column)
        found = layers(body)["hazards"].features if body else []
        seen |= {one.properties["id"] for one in found}
        if k % max(1, 4 ** (zoom - 10) // 2) == 0:
            near = np.array([int(one.properties["id"][2:]) for one in found], dtype=int)
            few = near[:: max(1, len(near) // 60)]
            some = [one for one in found if int(one.properties["id"][2:]) in set(few.tolist())]
            check_some(shapes, few, zoom, row, column, some)
    assert len(seen) == 10_000


def check_some(shapes, places, zoom, row, column, found):
    renamed = {f"H-{k:05d}": f"H-{j:05d}" for j, k in enumerate(places.tolist())}
    for one in found:
        one.properties["id"] = renamed[one.properties["id"]]
    if len(places):
        check(shapes[places], zoom, row, column, found)


def shape_in_tile(points):
    """A polygon of points in units of tile 12/1576/2571, as degrees."""
    x, y = np.asarray(points, dtype=float).T
    fx, fy = (2571 + x / 4096) / 2**12, (1576 + y / 4096) / 2**12
    return np.stack([fx * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * fy))))], axis=1)


coordinates = st.floats(-600, 4700, allow_nan=False, width=32)
small = st.floats(0, 3, allow_nan=False, width=32)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12))
@settings(max_examples=150)
def test_any_polygon(points):
    shape = shapely.make_valid(Polygon(shape_in_tile(points)), method="structure", keep_collapsed=False)
    if not shape.is_empty and shape.geom_type in {"Polygon", "MultiPolygon"}:
        one(shape)


@given(st.tuples(coordinates, coordinates), st.lists(st.tuples(small, small), min_size=3, max_size=8))
@settings(max_examples=150)
def test_any_small_polygon(corner, points):
    moved = [(corner[0] + x, corner[1] + y) for x, y in points]
    shape = shapely.make_valid(Polygon(shape_in_tile(moved)), method="structure", keep_collapsed=False)
    if not shape.is_empty and shape.geom_type in {"Polygon", "MultiPolygon"}:
        one(shape)


def one(shape):
    shapes = np.array([shape], dtype=object)
    body = Tiles().tile(holding(shapes), 12, 1576, 2571)
    check(shapes, 12, 1576, 2571, layers(body)["hazards"].features if body else [])


U = [(100.2, 100.3), (900.1, 100.3), (900.1, 800.7), (899.9, 800.7), (899.9, 100.5), (100.2, 100.5)]

ODD = {
    "a hair": [(10, 10), (500, 10), (500, 10.2), (10, 10.2)],
    "a slanted hair": [(10, 10), (500, 480), (500.2, 479.9), (10.2, 9.9)],
    "a bent hair": U,
    "less than a unit": [(7.3, 7.3), (7.31, 7.3), (7.3, 7.31)],
    "less than a unit, over an edge of units": [(7.49, 7.49), (7.51, 7.49), (7.51, 7.51)],
    "on a corner of the tile": [(-0.01, -0.01), (0.01, -0.01), (0.01, 0.01)],
    "around the tile": [(-500, -500), (5000, -500), (5000, 5000), (-500, 5000)],
    "around the tile and not in it": [(-500, -500), (5000, -500), (5000, -300), (-300, -300), (-300, 4500), (5000, 4500), (5000, 5000), (-500, 5000)],
    "a fat body with a hair": [(10, 10), (300, 10), (300, 100), (700, 100.1), (300, 100.2), (300, 300), (10, 300)],
    "a comb over the edge": [(4000, 100), (5000, 100), (5000, 900), (4000, 900), (4000, 700), (4300, 700), (4300, 500), (4000, 500), (4000, 300), (4300, 300), (4300, 200), (4000, 200)],
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_shapes(name):
    one(Polygon(shape_in_tile(ODD[name])))


def test_a_tile_in_a_hole_is_empty_and_one_on_its_edge_is_not():
    outer, inner = (
        shape_in_tile([(-a, -a), (4096 + a, -a), (4096 + a, 4096 + a), (-a, 4096 + a)]) for a in (2000, 100)
    )
    assert Tiles().tile(holding([Polygon(outer, [inner])]), 12, 1576, 2571) == b""
    one(Polygon(outer, [shape_in_tile([(100, 100), (4000, 100), (4000, 4000), (100, 4000)])]))


@pytest.mark.parametrize("wall", [0.01, 0.2, 0.49, 0.6, 1.1])
@pytest.mark.parametrize("side", [0.9, 2, 40, 900])
def test_a_thin_wall_around_a_hole_is_not_lost(wall, side):
    a, b = 100.3, 100.3 + side
    outer = shape_in_tile([(a, a), (b, a), (b, b), (a, b)])
    inner = shape_in_tile(
        [
            (a + w, a + h)
            for w, h in ((wall, wall), (side - wall, wall), (side - wall, side - wall), (wall, side - wall))
        ]
    )
    shape = Polygon(outer, [inner]) if 2 * wall < side else Polygon(outer)
    one(shape)
    drawn = layers(Tiles().tile(holding([shape]), 12, 1576, 2571))["hazards"].features[0].geometry()
    ring = units(np.array([shape]), 12, 1576, 2571)[0].exterior
    assert drawn.buffer(1).covers(ring)


def test_parts_and_holes():
    parts = [
        Polygon(shape_in_tile([(100, 100), (900, 100), (900, 900), (100, 900)]), [shape_in_tile([(200, 200), (800, 200), (800, 800), (200, 800)])]),
        Polygon(shape_in_tile([(400, 400), (600, 400), (600, 600), (400, 600)])),
        Polygon(shape_in_tile([(4000, 4000), (4500, 4000), (4500, 4500)])),
    ]  # fmt: skip
    shape = MultiPolygon(parts)
    one(shape)
    found = layers(Tiles().tile(holding([shape]), 12, 1576, 2571))["hazards"].features[0]
    assert sorted(len(part.interiors) for part in found.polygons()) == [0, 0, 1]


@pytest.mark.parametrize(
    "shape",
    [
        box(179.9, 10, 180, 10.2),
        box(-180, 10, -179.9, 10.2),
        MultiPolygon([box(179.99, 10, 180, 10.01), box(-180, 10, -179.99, 10.01)]),
        box(10, 84.9, 11, 85.05),
        box(10, -86, 11, -84.9),
        box(10, 86, 11, 89),
        box(-180, -90, 180, 90),
        box(-170, -80, 170, 84),
        Polygon([(-120, -60), (140, 70), (150, -70)]),
    ],
)
def test_the_ends_of_the_world(shape):
    tiles, held = Tiles(), holding([shape])
    for zoom in (10, 12):
        west, south, east, north = shape.bounds
        for longitude, latitude in (
            (west, south),
            (east, north),
            (shape.representative_point().x, shape.representative_point().y),
        ):
            row, column = tile_at(min(longitude, 179.999999), np.clip(latitude, -85.05, 85.05), zoom)
            body = tiles.tile(held, zoom, row, column)
            shapes = np.array([shape], dtype=object)
            real = units(shapes, zoom, row, column)[0]
            met = real.intersects(box(-64, -64, 4160, 4160))
            assert bool(body) or not met
            if body:
                found = layers(body)["hazards"].features[0].geometry()
                assert found.distance(real) < 2


def test_a_long_edge_is_straight_in_degrees():
    # 400 km: on the map it is bent by hundreds of units.
    shape = Polygon([(44, 38), (49, 41), (44, 41)])
    middle = (46.5, 39.5)
    row, column = tile_at(*middle, 14)
    shapes = np.array([shape], dtype=object)
    real = shapely.transform(
        np.array([Polygon([(46.45, 39.47), (46.55, 39.53), (46.45, 39.53)])], dtype=object), lambda xy: xy
    )
    edge = units(shapely.segmentize(real, 1e-4), 14, row, column)[0].intersection(box(0, 0, 4096, 4096))
    found = layers(Tiles().tile(holding(shapes), 14, row, column))["hazards"].features[0].geometry()
    inside = found.intersection(box(0, 0, 4096, 4096))
    assert inside.symmetric_difference(edge).area < 4096 * 1.5


def test_points_and_lines():
    place = shape_in_tile([(100.4, 200.6), (-63.9, 4159.9), (-66, 10)])
    held = holding(
        [Point(xy) for xy in place], "spots", kind="item", found_on=None, device=None, quantity=None, disposition=None
    )
    found = layers(Tiles().tile(held, 12, 1576, 2571))["spots"].features
    assert [one.paths[0][0] for one in found] == [[(100, 201)], [(-64, 4160)]]
    lines = [
        LineString(shape_in_tile([(-500, 100), (5000, 100), (5000, 300), (-500, 300)])),
        LineString(shape_in_tile([(10.1, 10.1), (10.2, 10.2)])),
        LineString(shape_in_tile([(-500, 100), (-100, 100)])),
        LineString(shape_in_tile([(100, 100), (200, 100), (200, 300)])),
    ]
    held = holding(lines, "roads")
    found = {
        one.properties["id"]: [path for path, _ in one.paths]
        for one in layers(Tiles().tile(held, 12, 1576, 2571))["roads"].features
    }
    assert found == {
        "H-00000": [[(-64, 100), (4160, 100)], [(4160, 300), (-64, 300)]],
        "H-00001": [[(10, 10), (11, 10)]],
        "H-00003": [[(100, 100), (200, 100), (200, 300)]],
    }


def test_several_points_of_one_record():
    held = holding([MultiPoint(shape_in_tile([(100, 200), (300, 250)]))], "spots")
    found = layers(Tiles().tile(held, 12, 1576, 2571))["spots"].features
    assert [path for path, _ in found[0].paths] == [[(100, 200), (300, 250)]]
