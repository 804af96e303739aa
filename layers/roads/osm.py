"""An extract of OpenStreetMap becomes road records: a record for each way that people can use.

Names of tags and what they mean: the OpenStreetMap wiki, "Map features" and the page of each key. The data belongs to
its contributors (ODbL 1.0), and every record says so.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import osmium
import pandas as pd
import shapely

from layers.roads.access import CHANGING, ON_FOOT
from layers.roads.limits import metres
from layers.roads.speeds import CLASS_KMH
from layers.roads.vertices import NODES

ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
PREFIX = "osm-way-"
"""What the ids of such roads begin with."""
USABLE = frozenset(CLASS_KMH) | ON_FOOT
"""Values of `highway` that people can use; others are left out and counted (construction, proposed, platform, ...)."""
KEPT = (
    "access", "bridge", "bus", "foot", "ford", "hgv", "junction", "lanes", "layer", "maxheight", "maxspeed",
    "maxweight", "motor_vehicle", "motorcar", "psv", "ref", "sac_scale", "service", "smoothness", "tracktype", "tunnel",
    "vehicle",
)  # fmt: skip
"""Tags kept under `extra`."""
LANGUAGES = ("en", "az", "ru")
DIGEST, EXTENT, VERSION, CHANGED = "osm_digest", "osm_extent", "osm_version", "osm_timestamp"
"""Keys under `extra`: what OpenStreetMap said of the way, in which extract it came, and its version and when there."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

_ALONG, _AGAINST = frozenset({"yes", "true", "1"}), frozenset({"-1", "reverse"})
_ROUND = frozenset({"roundabout", "circular"})


class NoExtract(Exception):
    """The file is no extract of OpenStreetMap that roads can be read from; the message is for people."""


@dataclass(frozen=True)
class LeftOut:
    """A way that became no record.

    Attributes:
        row: which way with a `highway` tag of the file it is, from 1.
        id: the id that its record would have.
        value: its `highway` tag.
        broken: it has no two points, rather than being nothing that people can use.
    """

    row: int
    id: str
    value: str
    broken: bool


@dataclass(frozen=True, eq=False)
class Extract:
    """What an extract says of roads.

    Attributes:
        roads: a frame of rows of the layer `roads` in EPSG:4326 with `extra` (dictionaries) and `source_row`.
        left_out: the ways that became no record.
        cut: ids of ways whose points are not all in the file: they are cut where one is missing.
        date: from when the file describes the ground (UTC), None where it does not say.
        extent: names the area that the file was cut for.
        box: that area (west, south, east, north in degrees), None where the file does not say it.
        there: ids of all ways of the file that people can use, those without enough points among them.
    """

    roads: gpd.GeoDataFrame
    left_out: list[LeftOut] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    date: dt.date | None = None
    extent: str = ""
    there: frozenset[str] = frozenset()
    box: Box | None = None


@dataclass(frozen=True)
class _Way:
    row: int
    id: int
    version: int
    timestamp: dt.datetime
    tags: dict[str, str]
    parts: list[list[tuple[int, float, float]]]
    whole: bool


def read(path: Path) -> Extract:
    """Read the roads of an .osm.pbf file.

    Raises:
        NoExtract: there is no such file, it is none of this format, is cut off, holds history, or has no roads.
    """
    with opened(path) as file:
        ways, (extent, box), date = _read(file, path.name)
    left_out = [_left_out(way) for way in ways if way.tags["highway"] not in USABLE or not way.parts]
    used = [way for way in ways if way.tags["highway"] in USABLE and way.parts]
    if not used:
        raise NoExtract(f"{path.name}: it holds no roads. Choose an extract that was not filtered.")
    cut = [f"{PREFIX}{way.id}" for way in used if not way.whole]
    there = frozenset(f"{PREFIX}{way.id}" for way in ways if way.tags["highway"] in USABLE)
    return Extract(_frame(used, extent), left_out, cut, date, extent, there, box)


@contextmanager
def opened(path: Path) -> Iterator[osmium.io.File]:
    """Open an .osm.pbf file for as long as it is read.

    Raises:
        NoExtract: there is no such file, or what is done with it meets something that is none of this format.
    """
    if not path.is_file():
        raise NoExtract(f"{path.name}: there is no such file")
    try:
        # The format is named, and the path is whole: a name can never be taken for an address or another format.
        yield osmium.io.File(str(path.resolve()), "pbf")
    except RuntimeError as error:
        raise NoExtract(
            f"{path.name}: it can't be read as an OpenStreetMap extract (.osm.pbf): {_meaning(error)}. "
            "Download it again."
        ) from None


def _meaning(error: RuntimeError) -> str:
    text = str(error).lower()
    if "eof" in text or "truncated" in text:
        return "it ends in the middle"
    return "it is damaged, or of another format"


def _read(file: osmium.io.File, name: str) -> tuple[list[_Way], tuple[str, Box | None], dt.date | None]:
    reader = osmium.io.Reader(file, osmium.osm.osm_entity_bits.NOTHING)
    try:
        header = reader.header()
        if header.has_multiple_object_versions:
            raise NoExtract(f"{name}: it holds the history of OpenStreetMap. Choose an extract of one day.")
        box = header.box()
        stated = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        extent: tuple[str, Box | None] = (name, None)
        if box.valid():
            (west, south), (east, north) = ((one.lon, one.lat) for one in (box.bottom_left, box.top_right))
            extent = (f"{box.bottom_left} {box.top_right}", (west, south, east, north))
    finally:
        reader.close()
    ways = list(_ways(file))
    ids = [way.id for way in ways]
    if len(set(ids)) != len(ids):
        raise NoExtract(f"{name}: a way stands in it twice. Choose an extract of one day.")
    if stated:
        return ways, extent, dt.datetime.fromisoformat(stated).astimezone(dt.UTC).date()
    things = (one for one in osmium.FileProcessor(file) if not isinstance(one, osmium.osm.Changeset))
    latest = max((one.timestamp for one in things), default=None)
    return ways, extent, latest.date() if latest and latest.timestamp() > 0 else None


def _ways(file: osmium.io.File) -> Iterator[_Way]:
    found = (
        osmium.FileProcessor(file)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway"))
    )
    ways = (one for one in found if isinstance(one, osmium.osm.Way))
    for row, way in enumerate(ways, start=1):
        parts: list[list[tuple[int, float, float]]] = [[]]
        whole = True
        for node in way.nodes:
            if node.location.valid():
                parts[-1].append((node.ref, node.lon, node.lat))
            else:
                whole = False
                parts.append([])
        drawn = [part for part in parts if any(a[1:] != b[1:] for a, b in pairwise(part))]
        yield _Way(row, way.id, way.version, way.timestamp, dict(way.tags), drawn, whole)


def _left_out(way: _Way) -> LeftOut:
    value = way.tags["highway"]
    return LeftOut(way.row, f"{PREFIX}{way.id}", value, broken=value in USABLE)


def _frame(ways: list[_Way], extent: str) -> gpd.GeoDataFrame:
    rows = [_row(way, extent) for way in ways]
    turned = [_turned(way) for way in ways]
    flat = [part for parts in turned for part in parts]
    coordinates = np.array([point[1:] for part in flat for point in part])
    part_of = np.repeat(np.arange(len(flat)), [len(part) for part in flat])
    lines = np.asarray(shapely.linestrings(coordinates, indices=part_of), dtype=object)
    way_of = np.repeat(np.arange(len(ways)), [len(parts) for parts in turned])
    shapes = np.empty(len(ways), dtype=object)
    shapes[way_of] = lines
    several = np.flatnonzero(np.bincount(way_of) > 1)
    shapes[several] = [shapely.multilinestrings(lines[way_of == one]) for one in several.tolist()]
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs="EPSG:4326")


def _turned(way: _Way) -> list[list[tuple[int, float, float]]]:
    """Return the points of a way so that one-way traffic runs along them."""
    if way.tags.get("oneway") in _AGAINST:
        return [part[::-1] for part in way.parts[::-1]]
    return way.parts


def _row(way: _Way, extent: str) -> dict[str, object]:
    tags = way.tags
    points = [point for part in _turned(way) for point in part]
    extra: dict[str, object] = {name: tags[name] for name in KEPT if name in tags}
    if names := {one: tags[f"name:{one}"] for one in LANGUAGES if f"name:{one}" in tags}:
        extra["names"] = names
    if tags.get("oneway") in CHANGING:
        extra["oneway"] = tags["oneway"]
    width = metres(tags["width"]) if "width" in tags else None
    if "width" in tags and width is None:
        extra["width"] = tags["width"]
    extra[NODES] = [node for node, _, _ in points]
    row: dict[str, object] = {
        "id": f"{PREFIX}{way.id}",
        "class": tags["highway"],
        "name": next((tags[key] for key in ("name", *(f"name:{one}" for one in LANGUAGES)) if key in tags), None),
        "surface": tags.get("surface"),
        "width_m": width,
        "oneway": _oneway(tags),
        "source": ATTRIBUTION,
    }
    said = orjson.dumps([row, extra, [point[1:] for point in points]], option=orjson.OPT_SORT_KEYS)
    extra[DIGEST] = hashlib.blake2b(said, digest_size=12).hexdigest()
    extra[EXTENT] = extent
    extra[VERSION] = way.version
    extra[CHANGED] = way.timestamp.isoformat()
    return {**row, "extra": extra, "source_row": way.row}


def _oneway(tags: dict[str, str]) -> bool:
    """Say whether traffic runs along the way only; a roundabout and a motorway are so by what they are."""
    said = tags.get("oneway")
    if said is None:
        return tags.get("junction") in _ROUND or tags["highway"] == "motorway"
    return said in _ALONG or said in _AGAINST
