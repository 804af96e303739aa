"""Schools, water points and surface water of extracts: a real one against an independent pass, made ones for every form."""

from collections import Counter
from itertools import product

import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way

from layers.roads.osm import NoExtract
from layers.surroundings import Kind, kinds_of, read

SCHOOL = {"amenity": "school"}
LAKE = {"natural": "water"}
PLACES = {k: (round(46.6 + 1e-3 * (k % 10), 7), round(39.6 + 1e-3 * (k // 10), 7)) for k in range(1, 100)}
LAND = [(11, 12, 22, 21, 11), (31, 34, 64, 61, 31), (42, 43, 53, 52, 42)]
"""A square of 1 x 1 steps, one of 3 x 3, and one of 1 x 1 in its middle, by their nodes."""


def written(path, nodes=(), ways=(), relations=(), *, missing=()):
    """Write an extract: nodes {id: tags}, ways {id: (nodes, tags)}, relations {id: (members, tags)}."""
    path.unlink(missing_ok=True)
    tagged = dict(nodes)
    with osmium.SimpleWriter(str(path)) as writer:
        for node, place in PLACES.items():
            if node not in missing:
                writer.add_node(Node(id=node, location=place, tags=tagged.get(node, {})))
        for way, (refs, tags) in dict(ways).items():
            writer.add_way(Way(id=way, nodes=list(refs), tags=tags))
        for relation, (members, tags) in dict(relations).items():
            writer.add_relation(Relation(id=relation, members=list(members), tags={"type": "multipolygon", **tags}))
    return path


@pytest.fixture
def extract(tmp_path):
    def made(**more):
        return read(written(tmp_path / "area.osm.pbf", **more))

    return made


def told(found):
    return {(one.id, one.kind): one.geometry for one in found.things.itertuples()}


class Pass(osmium.SimpleHandler):
    """An independent count by libosmium's older interface: ways and nodes by the four keys."""

    def __init__(self):
        super().__init__()
        self.schools, self.points, self.water = set(), set(), set()

    def _one(self, name, one):
        tags = one.tags
        if tags.get("amenity") in ("school", "kindergarten", "college", "university"):
            self.schools.add(name)
        if (
            tags.get("amenity") in ("drinking_water", "water_point")
            or tags.get("man_made") in ("water_well", "water_tap", "water_works")
            or tags.get("natural") == "spring"
        ) and tags.get("drinking_water") != "no":
            self.points.add(name)
        if tags.get("natural") == "water" or tags.get("waterway") in ("river", "stream", "canal", "riverbank", "dam"):
            self.water.add(name)

    def node(self, one):
        self._one(f"osm-node-{one.id}", one)

    def way(self, one):
        self._one(f"osm-way-{one.id}", one)

    def relation(self, one):
        self._one(f"osm-relation-{one.id}", one)


def test_andorra_has_what_an_independent_pass_finds(shared):
    path = shared / "andorra" / "andorra.osm.pbf"
    independent = Pass()
    independent.apply_file(str(path))
    found = read(path)
    assert independent.schools
    assert set(found.of(Kind.school)["id"]) == independent.schools
    assert set(found.of(Kind.water_point)["id"]) == independent.points
    assert set(found.of(Kind.water)["id"]) == independent.water
    assert (found.cut, found.left_out) == ((), ())
    assert found.things["id"].is_unique
    assert shapely.is_valid(found.things.geometry.to_numpy()).all()
    flat = found.things["tag"].isin(["natural=water", "waterway=riverbank"])
    assert (found.things[flat].geom_type == "Polygon").all()
    assert (found.things[found.things["kind"] != "water"].geom_type == "Point").all()


def test_every_value_of_the_four_keys_is_what_the_list_says():
    values = {
        "amenity": {"school": "school", "kindergarten": "school", "college": "school", "university": "school",
                    "drinking_water": "water_point", "water_point": "water_point", "pub": None},
        "man_made": {"water_well": "water_point", "water_tap": "water_point", "water_works": "water_point",
                     "tower": None},
        "natural": {"spring": "water_point", "water": "water", "wood": None},
        "waterway": {"river": "water", "stream": "water", "canal": "water", "riverbank": "water", "dam": "water",
                     "weir": None},
    }  # fmt: skip
    every = [(key, value, kind) for key, of in values.items() for value, kind in of.items()]
    for key, value, kind in every:
        assert kinds_of({key: value}) == ({kind: f"{key}={value}"} if kind else {})
        left = {} if kind in {None, "water_point"} else {kind: f"{key}={value}"}
        assert kinds_of({key: value, "drinking_water": "no"}) == left
        assert kinds_of({key: value, "drinking_water": "yes"}) == kinds_of({key: value})
    for (key, value, kind), (other, another, also) in product(every, every):
        if key != other:
            assert set(kinds_of({key: value, other: another})) == {kind, also} - {None}


def test_schools_are_points_and_water_keeps_its_line_or_area(extract):
    found = extract(
        nodes={71: {**SCHOOL, "name:az": "Məktəb"}, 72: {"natural": "spring", "drinking_water": "no"}, 73: LAKE},
        ways={
            1: (LAND[0], {**SCHOOL, "name": "First", "name:az": "Birinci"}),
            2: (LAND[1], LAKE),
            3: (LAND[2], {"waterway": "river"}),  # around an island: a line
            4: ((81, 82, 83), {"waterway": "stream"}),
            5: ((84, 85), {"waterway": "dam"}),
            6: (LAND[0], {"natural": "water", "amenity": "drinking_water"}),
        },
    )
    shapes = told(found)
    assert Counter(found.things["kind"]) == {"school": 2, "water_point": 1, "water": 5}
    square = shapely.Polygon([PLACES[k] for k in LAND[0]])
    assert square.contains(shapes["osm-way-1", "school"])
    assert square.contains(shapes["osm-way-6", "water_point"])
    assert shapes["osm-way-6", "water"].equals(square)
    assert shapes["osm-way-2", "water"].equals(shapely.Polygon([PLACES[k] for k in LAND[1]]))
    assert shapes["osm-way-3", "water"].equals(shapely.LineString([PLACES[k] for k in LAND[2]]))
    assert shapes["osm-way-5", "water"].equals(shapely.LineString([PLACES[84], PLACES[85]]))
    assert shapes["osm-node-71", "school"].equals(shapely.Point(PLACES[71]))
    names = found.things.set_index(["id", "kind"])["name"]
    assert (names["osm-node-71", "school"], names["osm-way-1", "school"]) == ("Məktəb", "First")
    assert names["osm-way-4", "water"] is None
    # A lake that is only a place can't be drawn: it is named.
    assert (found.cut, found.left_out) == ((), ("osm-node-73",))


def test_a_relation_is_an_area_with_its_islands_and_one_that_does_not_close_is_named(extract):
    ways = {1: (LAND[1][:3], {}), 2: ((*LAND[1][2:],), {}), 3: (LAND[2], {})}
    members = [("w", 1, "outer"), ("w", 2, "outer"), ("w", 3, "inner")]
    found = extract(ways=ways, relations={7: (members, LAKE), 8: (members[:1], LAKE), 9: (members[:2], SCHOOL)})
    shapes = told(found)
    lake = shapely.Polygon([PLACES[k] for k in LAND[1]], [[PLACES[k] for k in LAND[2]]])
    assert shapes["osm-relation-7", "water"].equals(lake)
    assert shapes["osm-relation-9", "school"].within(shapely.Polygon(lake.exterior))
    assert found.left_out == ("osm-relation-8",)


def test_what_is_cut_is_kept_as_far_as_it_is_there_and_named(extract):
    found = extract(
        ways={
            1: ((81, 82, 83, 84, 85), {"waterway": "river"}),
            2: (LAND[1], LAKE),
            3: (LAND[0], SCHOOL),
            4: ((83,), {"waterway": "canal"}),
        },
        missing=(83, 34, 21),
    )
    shapes = told(found)
    at = [shapely.LineString([PLACES[a], PLACES[b]]) for a, b in ((81, 82), (84, 85))]
    assert shapes["osm-way-1", "water"].equals(shapely.MultiLineString(at))
    assert shapes["osm-way-2", "water"].equals(shapely.LineString([PLACES[k] for k in (64, 61, 31)]))
    assert shapes["osm-way-3", "school"].coords[0] in {PLACES[k] for k in LAND[0]}
    assert found.cut == ("osm-way-1", "osm-way-2", "osm-way-3")
    assert found.left_out == ("osm-way-4",)


def test_a_ring_that_crosses_itself_is_drawn_and_never_lost(extract):
    found = extract(ways={1: ((11, 22, 12, 21, 11), LAKE), 2: ((11, 22, 12, 21, 11), SCHOOL)})
    assert set(told(found)) == {("osm-way-1", "water"), ("osm-way-2", "school")}


def test_what_is_no_extract_is_refused(shared, tmp_path):
    whole = (shared / "andorra" / "andorra.osm.pbf").read_bytes()
    path = tmp_path / "a.osm.pbf"
    for body, says in ((whole[:90_000], "ends in the middle"), (b"<osm/>", "damaged"), (whole[:40] * 9, "a.osm.pbf")):
        path.write_bytes(body)
        with pytest.raises(NoExtract, match=says):
            read(path)
    with pytest.raises(NoExtract, match="no such file"):
        read(tmp_path / "none.osm.pbf")
    with osmium.SimpleWriter(str(tmp_path / "twice.osm.pbf")) as writer:
        for _ in range(2):
            writer.add_node(Node(id=1, location=(46, 39), tags=SCHOOL))
    with pytest.raises(NoExtract, match="twice"):
        read(tmp_path / "twice.osm.pbf")


def test_a_file_without_any_of_them_has_none(extract):
    found = extract(ways={1: ((11, 12), {"highway": "track"})})
    assert len(found.things) == 0
    assert [len(found.of(kind)) for kind in Kind] == [0, 0, 0]
    assert found.things.crs == "EPSG:4326"
