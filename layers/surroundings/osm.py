"""Schools, water points and surface water of an extract of OpenStreetMap.

A school or water point that is an area there is kept as a point on it. Surface water keeps its line or area. Where
points of a way are not in the file, what is there is kept and named; where nothing of a thing is there, or the members
of a relation do not close, it is left out and named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from layers.roads.osm import LANGUAGES, NoExtract, opened
from layers.surroundings.kinds import FLOWING, KEYS, POINTS, Kind, kinds_of

COLUMNS = ("id", "kind", "tag", "name")
"""What is kept of a thing beside its geometry."""

_LINES = frozenset(f"waterway={one}" for one in FLOWING)

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What an extract says of schools, water points and surface water.

    Attributes:
        things: a frame with the columns `id` (such as osm-way-7), `kind`, `tag` (what says so), `name` (None where it
            has none) and the geometry in EPSG:4326, in order of kind and id; a thing of two kinds has two rows.
        cut: ids of the things that are not whole in the file.
        left_out: ids of the things of which nothing can be drawn.
    """

    things: gpd.GeoDataFrame
    cut: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def of(self, kind: Kind) -> gpd.GeoDataFrame:
        """Return the things of a kind."""
        return self.things[self.things["kind"] == kind.value]


@dataclass(frozen=True)
class _Thing:
    """A thing as the file has it: its tags, its lines (degrees), whether all of it is there."""

    id: str
    tags: Mapping[str, str]
    lines: tuple[tuple[Point, ...], ...] = ()
    whole: bool = True


def read(path: Path) -> Surroundings:
    """Read the schools, water points and surface water of an .osm.pbf file.

    Raises:
        NoExtract: there is no such file, it is none of this format, is cut off, or a thing stands in it twice.
    """
    with opened(path) as file:
        things = list(_things(file))
        areas = _areas(file)
    if len({one.id for one in things}) != len(things):
        raise NoExtract(f"{path.name}: a thing stands in it twice. Choose an extract of one day.")
    rows, shapes = [], []
    cut, left_out = set(), set()
    for one in things:
        area = areas.get(one.id)
        for kind, tag in kinds_of(one.tags).items():
            shape = _shape(one, kind, tag, area)
            if shape is None:
                left_out.add(one.id)
                continue
            if not one.whole:
                cut.add(one.id)
            rows.append((one.id, kind.value, tag, _name(one.tags)))
            shapes.append(shape)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(COLUMNS), dtype=object),
        geometry=np.array([*shapes, None], dtype=object)[:-1],
        crs="EPSG:4326",
    )
    ordered = frame.sort_values(["kind", "id"], kind="stable", ignore_index=True)
    return Surroundings(ordered, tuple(sorted(cut)), tuple(sorted(left_out)))


def _things(file: osmium.io.File) -> Iterator[_Thing]:
    """Go through the things of a file that are of some kind."""
    # The filter comes after the places are stored: an untagged node is still where its way finds it.
    for one in osmium.FileProcessor(file).with_locations().with_filter(osmium.filter.KeyFilter(*KEYS)):
        if isinstance(one, osmium.osm.Changeset | osmium.osm.Area):
            continue
        tags = dict(one.tags)
        if not kinds_of(tags):
            continue
        if isinstance(one, osmium.osm.Node):
            there = one.location.valid()
            place = ((one.location.lon, one.location.lat),) if there else ()
            yield _Thing(f"osm-node-{one.id}", tags, (place,), whole=there)
        elif isinstance(one, osmium.osm.Way):
            yield _Thing(f"osm-way-{one.id}", tags, *_parts(one))
        else:
            yield _Thing(f"osm-relation-{one.id}", tags)


def _parts(way: osmium.osm.Way) -> tuple[tuple[tuple[Point, ...], ...], bool]:
    """Return the runs of points of a way that are in the file, and whether they are all of it."""
    parts: list[list[Point]] = [[]]
    whole = True
    for node in way.nodes:
        if node.location.valid():
            parts[-1].append((node.lon, node.lat))
        else:
            whole = False
            parts.append([])
    return tuple(tuple(part) for part in parts if part), whole


def _areas(file: osmium.io.File) -> dict[str, shapely.Geometry]:
    """Return the areas of closed ways and of relations whose members close, by the id of the thing."""
    keys = osmium.filter.KeyFilter(*KEYS)
    factory = osmium.geom.WKBFactory()
    ids, texts = [], []
    for one in osmium.FileProcessor(file).with_areas(keys).with_filter(keys):
        # An area whose rings do not close has none.
        if isinstance(one, osmium.osm.Area) and one.num_rings()[0] and kinds_of(dict(one.tags)):
            ids.append(f"osm-{'way' if one.from_way() else 'relation'}-{one.orig_id()}")
            texts.append(factory.create_multipolygon(one))
    return dict(zip(ids, shapely.from_wkb(np.array(texts, dtype=object)).tolist(), strict=True))


def _shape(one: _Thing, kind: Kind, tag: str, area: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return the geometry of a thing as one of its kinds, None where nothing of it is there."""
    if kind in POINTS:
        if area is not None:
            return shapely.point_on_surface(area)
        # A point of what is there: a node, the edge of a building that is cut, the middle of a line.
        every = [place for part in one.lines for place in part]
        return shapely.Point(every[len(every) // 2]) if every else None
    if area is not None and (tag not in _LINES or not one.lines):
        return shapely.get_geometry(area, 0) if shapely.get_num_geometries(area) == 1 else area
    drawn = [part for part in one.lines if any(a != b for a, b in pairwise(part))]
    if not drawn:
        return None
    return shapely.LineString(drawn[0]) if len(drawn) == 1 else shapely.MultiLineString(drawn)


def _name(tags: Mapping[str, str]) -> str | None:
    return next((tags[key] for key in ("name", *(f"name:{one}" for one in LANGUAGES)) if key in tags), None)
