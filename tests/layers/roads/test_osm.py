"""Roads from OpenStreetMap: a real extract against an independent pass, made ones for every form, and later ones."""

import datetime as dt
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Way
from pyproj import Geod

from layers import versions
from layers.definitions import LAYERS
from layers.roads.extracts import DateNeeded, changes
from layers.roads.network import build
from layers.roads.osm import ATTRIBUTION, NoExtract, read
from layers.roads.pieces import pieces
from layers.versions import in_force

NOTHING = versions.empty(LAYERS["roads"])
WHEN = dt.datetime(2024, 5, 28, 12, tzinfo=dt.UTC)
PLACES = {1: (46.6, 39.65), 2: (46.601, 39.65), 3: (46.602, 39.65), 4: (46.602, 39.651), 5: (46.603, 39.652)}


def written(path, ways, *, date="2024-05-28T12:00:00Z", places=PLACES, box=True, timestamp=WHEN):
    """Write an extract of ways: {id: (nodes, tags)}."""
    header = osmium.io.Header()
    if date:
        header.set("osmosis_replication_timestamp", date)
    if box:
        header.add_box(osmium.osm.Box(46.5, 39.6, 46.7, 39.7))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for node, place in places.items():
            writer.add_node(Node(id=node, location=place, version=1, timestamp=timestamp))
        for way, (nodes, tags) in ways.items():
            writer.add_way(Way(id=way, nodes=nodes, tags=tags, version=3, timestamp=timestamp))
    return path


@pytest.fixture
def extract(tmp_path):
    def made(ways, **more):
        return read(written(tmp_path / "area.osm.pbf", ways, **more))

    return made


def row(extract, way):
    return extract.roads.set_index("id").loc[f"osm-way-{way}"]


class Pass(osmium.SimpleHandler):
    """An independent reading of an extract: every way as its nodes and places, by libosmium's older interface."""

    def __init__(self):
        super().__init__()
        self.ways, self.kinds = {}, Counter()

    def way(self, way):
        if kind := way.tags.get("highway"):
            self.kinds[kind] += 1
            self.ways[way.id] = (kind, [node.ref for node in way.nodes], [(n.lon, n.lat) for n in way.nodes])


@pytest.fixture(scope="module")
def andorra(shared):
    path = shared / "andorra" / "andorra.osm.pbf"
    independent = Pass()
    independent.apply_file(str(path), locations=True)
    return read(path), independent


def test_andorra_has_the_roads_that_an_independent_pass_finds(andorra):
    extract, independent = andorra
    assert sum(independent.kinds.values()) == 1615
    assert Counter(extract.roads["class"]) == independent.kinds - Counter(construction=2)
    assert [(one.value, one.broken) for one in extract.left_out] == [("construction", False)] * 2
    assert (extract.date, extract.cut) == (dt.date(2013, 5, 28), [])
    assert set(extract.roads["source"]) == {ATTRIBUTION}
    assert extract.roads["name"].notna().sum() > 400


def test_andorra_s_network_is_what_its_nodes_say(andorra):
    """Nodes, edges, metres and pieces, counted over plain dictionaries."""
    extract, independent = andorra
    network = build(in_force(changes(extract, NOTHING).versions, "2020-01-01"))
    ways = {way: nodes for way, (kind, nodes, _) in independent.ways.items() if kind != "construction"}
    times = Counter(node for nodes in ways.values() for node in nodes)
    meeting = {node for nodes in ways.values() for node in (nodes[0], nodes[-1])}
    meeting |= {node for node, count in times.items() if count > 1}
    assert len(network.nodes) == len(meeting)
    assert len(network) == sum(sum(node in meeting for node in nodes) - 1 for nodes in ways.values())
    # Two nodes of a way at one place are one vertex.
    apart = (a != b for way in ways for a, b in pairwise(independent.ways[way][2]))
    assert len(network.lonlat) - len(network) == sum(apart)
    geod = Geod(ellps="WGS84")
    metres = {way: geod.line_length(*zip(*independent.ways[way][2], strict=True)) for way in ways}
    assert network.length.sum() == pytest.approx(sum(metres.values()), rel=1e-9)
    group = {node: node for node in times}

    def root(node):
        while group[node] != node:
            node = group[node]
        return node

    for nodes in ways.values():
        for node in nodes[1:]:
            group[root(node)] = root(nodes[0])
    share = Counter()
    for way, nodes in ways.items():
        share[root(nodes[0])] += metres[way]
    whole = pieces(network)
    assert (whole.count, whole.largest_m) == (len(share), pytest.approx(max(share.values())))
    assert whole.largest_share > 0.95
    # Traffic of every one-way street runs along its line.
    against = [way for way in network.roads["id"] if not network.backward[network.of_road("id") == way].any()]
    assert len(against) > 250


def test_names_widths_tags_and_attribution(extract):
    found = extract({
        10: ([1, 2], {"highway": "primary", "name": "Şuşa yolu", "name:ru": "Шушинская", "name:en": "Shusha road",
                      "width": "12'", "surface": "gravel", "bridge": "yes", "maxspeed": "60"}),
        11: ([2, 3], {"highway": "track", "name:ru": "Дорога", "width": "3.5 m", "tracktype": "grade4", "foot": "no"}),
        12: ([3, 4], {"highway": "service", "width": "narrow"}),
    })  # fmt: skip
    first, second, third = (row(found, way) for way in (10, 11, 12))
    assert (first["name"], second["name"], third["name"]) == ("Şuşa yolu", "Дорога", None) or third["name"] != third[
        "name"
    ]
    assert first["extra"]["names"] == {"en": "Shusha road", "ru": "Шушинская"}
    assert (first["width_m"], second["width_m"]) == (pytest.approx(3.6576), 3.5)
    assert np.isnan(third["width_m"])
    assert third["extra"]["width"] == "narrow"
    assert {name: first["extra"][name] for name in ("bridge", "maxspeed", "osm_version", "osm_nodes")} == {
        "bridge": "yes", "maxspeed": "60", "osm_version": 3, "osm_nodes": [1, 2]}  # fmt: skip
    assert (second["extra"]["tracktype"], second["extra"]["foot"]) == ("grade4", "no")
    assert set(found.roads["source"]) == {ATTRIBUTION}


@pytest.mark.parametrize(
    ("tags", "oneway", "turned"),
    [({"oneway": "yes"}, True, False), ({"oneway": "-1"}, True, True), ({"oneway": "no"}, False, False),
     ({"junction": "roundabout"}, True, False), ({"junction": "roundabout", "oneway": "no"}, False, False),
     ({"highway": "motorway"}, True, False), ({"oneway": "reversible"}, False, False), ({}, False, False)],
)  # fmt: skip
def test_one_way_traffic_runs_along_the_line(extract, tags, oneway, turned):
    found = row(extract({10: ([1, 2, 3], {"highway": "primary"} | tags)}), 10)
    assert found["oneway"] == oneway
    assert found["extra"]["osm_nodes"] == ([3, 2, 1] if turned else [1, 2, 3])
    np.testing.assert_allclose(shapely.get_coordinates(found["geometry"])[0], PLACES[3 if turned else 1], atol=1e-7)


def test_what_nobody_can_travel_on_is_left_out_and_said(extract):
    found = extract({10: ([1, 2], {"highway": "primary"}), 11: ([2, 3], {"highway": "proposed"}),
                     12: ([3, 4], {"highway": "platform"}), 13: ([1, 1], {"highway": "primary"}),
                     14: ([4, 5], {"building": "yes"})})  # fmt: skip
    assert found.roads["id"].tolist() == ["osm-way-10"]
    assert [(one.row, one.value, one.broken) for one in found.left_out] == [
        (2, "proposed", False), (3, "platform", False), (4, "primary", True)]  # fmt: skip


def test_a_way_is_cut_where_its_points_are_not_in_the_file(extract):
    found = extract({10: ([1, 2, 99, 3, 4], {"highway": "primary"}), 11: ([98, 97], {"highway": "primary"})})
    one = row(found, 10)
    assert one["geometry"].geom_type == "MultiLineString"
    assert (found.cut, one["extra"]["osm_nodes"]) == (["osm-way-10"], [1, 2, 3, 4])
    assert [one.id for one in found.left_out] == ["osm-way-11"]
    network = build(in_force(changes(found, NOTHING).versions, "2020-01-01"))
    assert (len(network), pieces(network).count) == (2, 2)


def test_files_that_are_no_extract_say_so(tmp_path, shared):
    whole = (shared / "andorra" / "andorra.osm.pbf").read_bytes()
    for name, content in {
        "empty": b"",
        "text": b"<osm version='0.6'></osm>" * 90,
        "cut": whole[:200_000],
        "noise": whole[:99] + whole[500:],
    }.items():
        path = tmp_path / f"{name}.osm.pbf"
        path.write_bytes(content)
        with pytest.raises(NoExtract, match=name) as error:
            read(path)
        assert str(tmp_path) not in str(error.value)
    with pytest.raises(NoExtract, match="no such file"):
        read(tmp_path / "nothing.osm.pbf")
    with pytest.raises(NoExtract, match="no roads"):
        read(written(tmp_path / "houses.osm.pbf", {1: ([1, 2], {"building": "yes"})}))
    with pytest.raises(NoExtract, match="no such file"):
        read(Path("http://127.0.0.1:9/area.osm.pbf"))


def test_the_date_is_the_headers_else_the_latest_objects(extract):
    ways = {10: ([1, 2], {"highway": "primary"})}
    assert extract(ways).date == dt.date(2024, 5, 28)
    assert extract(ways, date=None, timestamp=WHEN - dt.timedelta(days=3)).date == dt.date(2024, 5, 25)
    assert extract(ways, date=None, timestamp=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).date is None


ROAD, WAY = {"highway": "primary"}, {10: ([1, 2], {"highway": "primary"}), 11: ([2, 3], {"highway": "primary"})}


def after(*steps):
    """The records after several extracts or edits, each recorded a minute after the one before."""
    known, last = NOTHING, None
    for minute, step in enumerate(steps):
        last = step if not callable(step) else None
        if last is None:
            frame = step(known)
        else:
            last = changes(last, known)
            frame = last.versions
        if len(frame):
            frame = frame.assign(recorded_at=WHEN + dt.timedelta(minutes=minute))
            known = frame if not len(known) else versions.typed(_stacked(known, frame), LAYERS["roads"])
    return known, last


def _stacked(known, frame):
    import geopandas as gpd
    import pandas as pd

    both = pd.concat([known.drop(columns="row"), frame.drop(columns="row")], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=4326)


def edit(way, day, **fields):
    def edited(known):
        now = in_force(known, "2030-01-01", withdrawn=True)
        return now[now["id"] == f"osm-way-{way}"].assign(valid_from=versions.dates([day]).iloc[0], **fields)

    return edited


def now(known, way, day="2030-01-01"):
    return in_force(known, day, withdrawn=True).set_index("id").loc[f"osm-way-{way}"]


LATER = {"date": "2025-03-01T00:00:00Z"}


def test_the_same_extract_again_changes_nothing(extract):
    one = extract(WAY)
    known, last = after(one, one)
    assert (len(known), last.unchanged, len(last.versions)) == (2, 2, 0)
    assert set(known["valid_from"].dt.date.astype(str)) == {"0001-01-01"}
    # Another version number alone is no news for a road.
    assert len(changes(extract(WAY, timestamp=WHEN + dt.timedelta(days=1)), known).versions) == 0


def test_a_later_extract_changes_what_changed_from_its_date_on(extract):
    first = extract(WAY | {12: ([3, 4], ROAD)})
    second = extract({10: ([1, 2], ROAD | {"surface": "asphalt"}), 11: ([2, 3], ROAD), 13: ([4, 5], ROAD)}, **LATER)
    known, last = after(first, second)
    assert (last.new, last.changed, last.unchanged, last.gone) == (1, 1, 1, 1)
    assert now(known, 10)["surface"] == "asphalt"
    assert now(known, 10, "2025-02-28")["surface"] is None
    assert (bool(now(known, 12)["withdrawn"]), bool(now(known, 12, "2025-02-28")["withdrawn"])) == (True, False)
    assert "osm-way-13" not in set(in_force(known, "2025-02-28")["id"])
    # It comes back as it was.
    known, last = after(first, second, extract(WAY | {12: ([3, 4], ROAD)}, date="2025-06-01T00:00:00Z"))
    assert (last.back, last.changed, last.gone) == (1, 1, 1)
    assert not now(known, 12)["withdrawn"]


def test_an_earlier_extract_changes_the_past_alone(extract):
    first, second = extract(WAY), extract({10: ([1, 2], ROAD | {"surface": "asphalt"})} | {11: WAY[11]}, **LATER)
    between = extract({10: ([1, 2], ROAD | {"surface": "gravel"})} | {11: WAY[11]}, date="2024-12-01T00:00:00Z")
    known, last = after(first, second, between)
    assert (last.changed, last.unchanged) == (1, 1)
    assert [now(known, 10, day)["surface"] for day in ("2024-11-30", "2024-12-01", "2025-03-01")] == [
        None,
        "gravel",
        "asphalt",
    ]


def test_what_the_programme_says_stays(extract):
    closed = edit(10, "2024-08-01", eo_status="closed", note="washed out")
    known, last = after(extract(WAY), closed, extract(WAY, **LATER))
    assert (last.unchanged, now(known, 10)["eo_status"]) == (2, "closed")
    # Also where OpenStreetMap draws the road elsewhere.
    known, last = after(extract(WAY), closed, extract({10: ([1, 4], ROAD), 11: WAY[11]}, **LATER))
    assert (last.changed, now(known, 10)["eo_status"], now(known, 10)["note"]) == (1, "closed", "washed out")


def test_a_closure_follows_the_ground_onto_a_way_of_another_number(extract):
    first = extract({10: ([1, 2, 3], ROAD), 12: ([3, 4], ROAD)})
    split = extract({10: ([1, 2], ROAD), 99: ([2, 3], ROAD), 12: ([3, 4], ROAD)}, **LATER)
    known, last = after(first, edit(10, "2024-08-01", eo_status="closed"), split)
    assert [now(known, way)["eo_status"] for way in (10, 99, 12)] == ["closed", "closed", "not_assessed"]
    assert [(one.id, one.code) for one in last.remarks] == [("osm-way-99", "closure_followed")]
    renumbered = extract({98: ([3, 2, 1], ROAD), 12: ([3, 4], ROAD)}, **LATER)
    known, last = after(first, edit(10, "2024-08-01", eo_status="restricted"), renumbered)
    assert (now(known, 98)["eo_status"], bool(now(known, 10)["withdrawn"])) == ("restricted", True)


def test_what_was_recorded_after_the_extracts_date_is_kept_on_the_new_lines(extract):
    """The file is of March, a closure of April is known already: both hold, and the closure on every new line."""
    first = extract({10: ([1, 2, 3], ROAD), 12: ([3, 4], ROAD)})
    closed = edit(10, "2025-04-01", eo_status="closed")
    split = extract({10: ([1, 2], ROAD), 99: ([2, 3], ROAD), 12: ([3, 4], ROAD)}, **LATER)
    known, _ = after(first, closed, split)
    march, april = (in_force(known, day).set_index("id") for day in ("2025-03-15", "2025-04-15"))
    assert march["eo_status"].to_dict() == {
        "osm-way-10": "not_assessed",
        "osm-way-99": "closed",
        "osm-way-12": "not_assessed",
    }
    assert april["eo_status"].to_dict() == {
        "osm-way-10": "closed",
        "osm-way-99": "closed",
        "osm-way-12": "not_assessed",
    }
    assert april.loc["osm-way-10", "geometry"].equals(march.loc["osm-way-10", "geometry"])
    renumbered = extract({98: ([3, 2, 1], ROAD), 12: ([3, 4], ROAD)}, **LATER)
    known, _ = after(first, closed, renumbered)
    april = in_force(known, "2025-04-15").set_index("id")
    assert april["eo_status"].to_dict() == {"osm-way-98": "closed", "osm-way-12": "not_assessed"}
    assert len(changes(renumbered, known).versions) == 0


def test_a_verification_ends_where_the_line_leaves_its_old_ground(extract):
    verified = edit(
        10, "2024-08-01", eo_status="verified", eo_width_m=4.0, eo_as_of=versions.dates(["2024-08-01"]).iloc[0]
    )
    surfaced = extract({10: ([1, 2], ROAD | {"surface": "asphalt"}), 11: WAY[11]}, **LATER)
    known, last = after(extract(WAY), verified, surfaced)
    assert (now(known, 10)["eo_status"], now(known, 10)["eo_width_m"], last.remarks) == ("verified", 4.0, [])
    longer = extract({10: ([1, 2, 4], ROAD), 11: WAY[11]}, **LATER)
    known, last = after(extract(WAY), verified, longer)
    assert now(known, 10)["eo_status"] == "not_assessed"
    assert np.isnan(now(known, 10)["eo_width_m"])
    assert [one.code for one in last.remarks] == ["verification_ended"]


def test_what_was_withdrawn_or_edited_here_is_not_undone_in_silence(extract):
    withdrawn = edit(10, "2024-08-01", withdrawn=True)
    known, last = after(extract(WAY), withdrawn, extract({10: ([1, 4], ROAD), 11: WAY[11]}, **LATER))
    assert (last.withdrawn, bool(now(known, 10)["withdrawn"])) == (1, True)
    renamed = edit(10, "2024-08-01", name="our name", extra=None)
    known, last = after(extract(WAY), renamed, extract(WAY, **LATER))
    assert (last.unchanged, now(known, 10)["name"]) == (2, "our name")
    known, last = after(extract(WAY), renamed, extract({10: ([1, 4], ROAD), 11: WAY[11]}, **LATER))
    assert ([one.code for one in last.remarks], now(known, 10)["name"]) == (["edit_replaced"], None)
    # An edit of one field keeps the others, what OpenStreetMap said among them.
    patched = edit(10, "2024-08-01", name="our name")
    _, last = after(extract(WAY), patched, extract({10: ([1, 4], ROAD), 11: WAY[11]}, **LATER))
    assert [one.code for one in last.remarks] == ["edit_replaced"]


def test_roads_of_another_extract_stay(extract, tmp_path):
    elsewhere = written(tmp_path / "other.osm.pbf", {77: ([4, 5], ROAD)}, box=False)
    known, last = after(extract(WAY), read(elsewhere))
    assert (last.new, last.gone, last.elsewhere) == (1, 0, 2)
    # Roads of an area that was never seen were there before somebody drew them, as the first ones.
    assert len(in_force(known, "2000-01-01")) == len(in_force(known, "2030-01-01")) == 3


def test_changes_without_a_date_ask_for_one(extract):
    undated = {"date": None, "timestamp": dt.datetime(1970, 1, 1, tzinfo=dt.UTC)}
    known, _ = after(extract(WAY, **undated))
    with pytest.raises(DateNeeded, match="--valid-from"):
        changes(extract({10: ([1, 4], ROAD)}, **undated), known)
    found = changes(extract({10: ([1, 4], ROAD), 11: WAY[11]}, **undated), known, dt.date(2025, 1, 1))
    assert found.versions["valid_from"].dt.date.tolist() == [dt.date(2025, 1, 1)]
