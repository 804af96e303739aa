"""Surface water in tiles: all of it from zoom 10 up, as known then, asked again only where it changed, for viewers."""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.access import tokens
from geo_service.clock import utc_now
from geo_service.surroundings.known import Around
from geo_service.tiles.build import WHOLE_FROM
from geo_service.tiles.shapes import EXTENT, projected
from geo_service.tiles.water import FEW, PIXELS, water_of

sys.path[:0] = [str(Path(__file__).parents[1] / "tiles")]

from decoder import layers  # noqa: E402

PLACE = st.tuples(st.floats(46.0, 46.4), st.floats(39.0, 39.4))
WATERS = st.lists(st.tuples(PLACE, st.floats(1e-5, 0.2), st.booleans()), min_size=1, max_size=30)


def around(shapes, tags):
    frame = gpd.GeoDataFrame(
        {"id": [f"osm-way-{k}" for k in range(len(tags))], "kind": "water", "tag": tags, "name": None},
        geometry=list(shapes),
        crs=4326,
    )
    return Around("key", frame, shapely.box(40, 30, 50, 40), ())


def tile_of(lon, lat, zoom):
    x, y = (projected(np.array([[lon, lat]]))[0] * (1 << zoom)).astype(int).tolist()
    return y, x


def drawn(water, zoom, row, column):
    body = water.tile(zoom, row, column, WHOLE_FROM)
    return (
        {(one.properties["class"], one.properties["kind"]) for one in layers(body)["water"].features} if body else set()
    )


@settings(max_examples=30)
@given(WATERS, PLACE, st.integers(WHOLE_FROM, 14))
def test_every_water_of_a_tile_is_drawn(waters, place, zoom):
    shapes = [shapely.box(x, y, x + size, y + size) if flat else shapely.LineString([(x, y), (x + size, y + size / 2)])
              for (x, y), size, flat in waters]  # fmt: skip
    water = water_of(around(shapes, [f"waterway={k}" for k in range(len(shapes))]))
    row, column = tile_of(*place, zoom)
    names = [(str(k), "area" if flat else "line") for k, (*_, flat) in enumerate(waters)]

    def meeting(margin):
        """The waters that meet a tile with so much around it (shares of its side)."""
        world = shapely.box(column - margin, row - margin, column + 1 + margin, row + 1 + margin)
        moved = shapely.transform(shapely.segmentize(shapes, 1e-3), lambda xy: projected(xy) * (1 << zoom))
        return {name for name, one in zip(names, moved, strict=True) if shapely.intersects(one, world)}

    assert meeting(-1e-6) <= drawn(water, zoom, row, column) <= meeting(128 / EXTENT)


def test_of_many_waters_rivers_and_what_is_seen_are_drawn_from_afar():
    side, step = 150, 1e-3
    pixel = 360 / PIXELS / (1 << 9)
    shapes, tags = [], []
    for k in range(side * side):
        x, y = 46 + step * (k % side), 39 + step * (k // side)
        size = 1.5 * pixel if k % 50 == 1 else 1e-5
        river = k % 50 == 0
        shapes.append(shapely.LineString([(x, y), (x + 1e-5, y)]) if river else shapely.box(x, y, x + size, y + size))
        tags.append("waterway=river" if river else f"natural={'large' if k % 50 == 1 else 'pond'}")
    assert len(shapes) > FEW
    water = water_of(around(shapes, tags))
    row, column = tile_of(46.07, 39.07, 9)
    assert drawn(water, 9, row, column) == {("river", "line"), ("large", "area")}
    row, column = tile_of(46.07, 39.07, WHOLE_FROM)
    assert drawn(water, WHOLE_FROM, row, column) == {("river", "line"), ("large", "area"), ("pond", "area")}


def test_tiles_say_what_was_known_and_are_kept_until_it_changes(filled):
    row, column = tile_of(46.525, 39.522, 11)
    place = f"/maps/water/11/{row}/{column}"
    first = filled.get(place)
    assert first.status_code == 200
    found = [one.properties for one in layers(first.content)["water"].features]
    assert sorted(found, key=str) == [{"class": "river", "kind": "line"}, {"class": "water", "kind": "area"}]
    assert first.headers["Cache-Control"].endswith("no-cache")
    assert filled.get(place, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert filled.get(place, params={"known_at": filled.before}).status_code == 204
    pinned = {"known_at": filled.before, "rev": filled.log.head().number, "as_of": "2022-01-01"}
    assert filled.get(place, params=pinned).headers["Cache-Control"].endswith("no-cache")
    assert filled.get("/maps/water/11/0/0").status_code == 204
    for wrong, status in (("11/0/9999999", 404), ("x/0/0", 400), ("30/0/0", 404)):
        assert filled.get(f"/maps/water/{wrong}").status_code == status


@pytest.mark.parametrize("tag", ["waterway=stream", "natural=water"])
def test_a_line_is_never_filled(tag):
    """A lake that is cut is a line: filled, it would cover ground where no water is known."""
    lines = [shapely.LineString([(46.1, 39.1), (46.2, 39.1), (46.2, 39.2)]), shapely.box(46.1, 39.1, 46.2, 39.2)]
    water = water_of(around(lines, [tag, tag]))
    row, column = tile_of(46.15, 39.15, 11)
    found = layers(water.tile(11, row, column, WHOLE_FROM))["water"].features
    assert {(one.properties["kind"], one.kind) for one in found} == {("line", 2), ("area", 3)}


def test_the_map_offers_water_where_there_is_some_and_to_viewers_alone(filled):
    """The last of this store: it is closed to who has no token."""
    html = {"Accept": "text/html"}
    given = filled.get("/", headers=html).text.split('"under"')[1][:300]
    assert '"hillshade","water"]' in given
    assert "OpenStreetMap contributors" in given
    assert '["0001-01-01"]' in given
    assert '"hillshade","water"]' in filled.get("/maps/routes").text.split('"under"')[1][:300]
    filled.log.set_setting("public_access", value=True)
    tokens.create(filled.log.tokens, utc_now, "somebody", "viewer")
    assert '"under":[],"water":null' in filled.get("/", headers=html).text
    assert filled.get("/maps/water/0/0/0").status_code == 401
