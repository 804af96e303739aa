"""Extracts of OpenStreetMap that are made for a test."""

import osmium
from osmium.osm.mutable import Node, Way

BOX = (46.5, 39.5, 46.7, 39.7)
SCHOOL, WELL = {"amenity": "school"}, {"man_made": "water_well"}
RIVER, LAKE = {"waterway": "river"}, {"natural": "water"}
STRAIGHT = {2: ([(46.61, 39.6), (46.62, 39.65)], RIVER)}


def written(path, things, *, ways=STRAIGHT, date="2023-05-28T00:00:00Z", box=BOX, roads=True):
    """Write an extract of places {id: (longitude, latitude, tags)} and ways {id: (places, tags)}, with a road."""
    header = osmium.io.Header()
    if date:
        header.set("osmosis_replication_timestamp", date)
    if box:
        header.add_box(osmium.osm.Box(*box))
    lines = {1: ([(46.6, 39.6), (46.61, 39.6)], {"highway": "primary"} if roads else {}), **ways}
    corners = dict.fromkeys(one for places, _ in lines.values() for one in places)
    number = {one: k for k, one in enumerate(corners, start=1_000_000)}
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for node, (lon, lat, tags) in things.items():
            writer.add_node(Node(id=node, location=(lon, lat), tags=tags))
        for place, node in number.items():
            writer.add_node(Node(id=node, location=place))
        for way, (places, tags) in lines.items():
            writer.add_way(Way(id=way, nodes=[number[one] for one in places], tags=tags))
    return path
