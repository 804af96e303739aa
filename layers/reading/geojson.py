"""GeoJSON (RFC 7946 and its older forms), feature by feature: one bad feature is one bad row, not a lost file."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from layers.reading import remarks
from layers.reading.found import MOST_COLUMNS, Found, Request
from layers.reading.questions import Unreadable

TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")


@dataclass
class Parsed:
    """The features of a document, in order, and what is wrong with single ones (place -> code, message)."""

    crs: str | None
    properties: list[dict[str, object]]
    ids: list[str | None]
    geometry: NDArray[np.object_]
    defects: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)


def read(path: Path, request: Request) -> Found:  # noqa: ARG001 - one form for all readers
    """Read a GeoJSON file in the cage.

    Raises:
        Unreadable: it is no GeoJSON.
    """
    parsed = parse(path.read_bytes())
    names = list(dict.fromkeys(name for row in parsed.properties for name in row))
    return Found(
        {name: [row.get(name) for row in parsed.properties] for name in names[: MOST_COLUMNS + 1]},
        parsed.geometry,
        parsed.crs or "OGC:CRS84",
        assumed=not parsed.crs,
        defects=parsed.defects,
        notes=parsed.notes,
        notices=parsed.notices,
        ids=parsed.ids,
    )


def parse(content: bytes) -> Parsed:
    """Parse a document.

    Raises:
        Unreadable: it is no GeoJSON.
    """
    document = _document(content)
    features = _features(document)
    crs = _crs(document)
    found = Parsed(crs, [], [], np.zeros(0, dtype=object))
    shapes: list[object] = []
    for place, feature in enumerate(features):
        properties, identifier, shape, defect = _feature(feature)
        found.properties.append(properties)
        found.ids.append(identifier)
        shapes.append(shape)
        if defect:
            found.defects[place] = defect
    found.geometry = _geometries(shapes, found)
    found.notes += remarks.remarked(features, found.geometry)
    found.notices = remarks.of_document(document, found.geometry, crs)
    return found


def _document(content: bytes) -> object:
    text = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reason = str(error)
    try:
        return json.loads(text)  # NaN and infinity are no JSON, but people write them
    except (ValueError, RecursionError):
        pass
    try:
        lines = [line for line in text.replace(b"\x1e", b"").splitlines() if line.strip()]
        return [orjson.loads(line) for line in lines] if len(lines) > 1 else _not_json(reason)
    except orjson.JSONDecodeError:
        return _not_json(reason)


def _not_json(reason: str) -> object:
    raise Unreadable(f"it is not valid JSON, or only a part of it: {reason}")


def _features(document: object) -> Sequence[object]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise Unreadable("it is JSON but not GeoJSON: it should be an object of type FeatureCollection")
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise Unreadable("it is a FeatureCollection without a list of features")
        return features
    if kind == "Feature":
        return [document]
    if kind in TYPES:
        return [{"type": "Feature", "properties": {}, "geometry": document}]
    raise Unreadable(f"it is JSON but not GeoJSON: its type is {kind!r}, and should be 'FeatureCollection'")


def _crs(document: object) -> str | None:
    member = document.get("crs") if isinstance(document, dict) else None
    if not isinstance(member, dict):
        return None
    properties = member.get("properties")
    name = properties.get("name") if isinstance(properties, dict) else None
    return str(name) if name else None


def _feature(feature: object) -> tuple[dict[str, object], str | None, object, tuple[str, str] | None]:
    """Return properties, id, geometry object and what is wrong."""
    if not isinstance(feature, dict):
        return {}, None, None, ("not_a_feature", "this entry of the list is not a feature")
    identifier = feature.get("id")
    known = str(identifier) if isinstance(identifier, str | int | float) and not isinstance(identifier, bool) else None
    properties = feature.get("properties")
    own = properties if isinstance(properties, dict) else {}
    if feature.get("type") != "Feature":
        return own, known, None, ("not_a_feature", f"its type is {feature.get('type')!r}, and should be 'Feature'")
    if properties is not None and not isinstance(properties, dict):
        return {}, known, feature.get("geometry"), ("properties", "its properties are not an object")
    return own, known, feature.get("geometry"), None


def _geometries(shapes: list[object], found: Parsed) -> NDArray[np.object_]:
    texts = [_text(shape) for shape in shapes]
    built: NDArray[np.object_] = np.asarray(shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore"))
    for place, shape in enumerate(shapes):
        if built[place] is not None or shape is None:
            continue
        try:
            built[place], closed, deep = _tolerant(shape)
        except ValueError as error:
            found.defects.setdefault(place, ("geometry", str(error)))
            continue
        if closed:
            message = "a ring was not closed; its first vertex was put behind its last"
            found.notes.append((place, "ring_closed", message))
        if deep:
            message = "heights, measures and further numbers were dropped; ground is flat here"
            found.notes.append((place, "z_dropped", message))
    return built


def _text(shape: object) -> str | None:
    """Return a geometry as JSON; None where the reader is not to see it."""
    if not isinstance(shape, dict) or shape.get("type") not in TYPES:
        return None
    try:
        return orjson.dumps(shape).decode()
    except (orjson.JSONEncodeError, RecursionError):
        return None


def _tolerant(shape: object) -> tuple[shapely.Geometry, bool, bool]:
    """Build a polygon whose rings are not closed, or whose vertices have more than three numbers; say which it was.

    Raises:
        ValueError: that is not what is wrong with it; the message says what is.
    """
    if not isinstance(shape, Mapping):
        raise ValueError(f"its geometry is not an object but {_named(shape)}")  # noqa: TRY004 - one error for a bad row
    kind, coordinates = shape.get("type"), shape.get("coordinates")
    if kind not in TYPES:
        raise ValueError(f"its geometry is of type {kind!r}, which GeoJSON does not know")
    if kind == "GeometryCollection":
        raise ValueError("its geometry collection holds something that is no geometry")
    if coordinates is None:
        raise ValueError("its geometry has no coordinates")
    if not isinstance(coordinates, list):
        raise ValueError(f"its coordinates are {_named(coordinates)}, not a list")  # noqa: TRY004 - as above
    depth, wanted = _depth(coordinates), DEPTHS[kind]
    if depth != wanted:
        much = "not deep enough" if depth < wanted else "too deep"
        raise ValueError(f"its coordinates are nested {much} for a {kind}: {depth} lists in each other, not {wanted}")
    if kind == "Polygon":
        rings = [coordinates]
    elif kind == "MultiPolygon":
        rings = coordinates
    else:
        raise ValueError(f"its coordinates are not those of a {kind}: {_why(coordinates)}")
    built = [_polygon(one) for one in rings]
    closed = any(one[0] != one[-1] for polygon in rings for one in polygon)
    deep = any(len(one) > 2 for polygon in rings for ring in polygon for one in ring)
    return built[0] if kind == "Polygon" else shapely.MultiPolygon(built), closed, deep


DEPTHS = {"Point": 1, "MultiPoint": 2, "LineString": 2, "MultiLineString": 3, "Polygon": 3, "MultiPolygon": 4}
"""How many lists stand in each other in the coordinates of each type."""


def _named(value: object) -> str:
    return {str: "text", list: "a list", dict: "an object", bool: "true or false"}.get(type(value), "a number")


def _depth(value: object) -> int:
    depth = 0
    while isinstance(value, list) and depth < 9:
        depth += 1
        value = value[0] if value else None
    return depth


def _why(coordinates: list[object]) -> str:
    """Say what is wrong with the first vertex that is none."""
    for one in coordinates if isinstance(coordinates[0], list) else [coordinates]:
        try:
            _position(one)
        except ValueError as error:
            return str(error)
    return "it has too few vertices"


def _polygon(rings: object) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise ValueError("a polygon is a list of rings")
    closed = []
    for ring in rings:
        xy = [_position(one) for one in ring] if isinstance(ring, list) else []
        if len(set(xy)) < 3:
            raise ValueError("a ring has fewer than three different vertices")
        closed.append(xy if xy[0] == xy[-1] else [*xy, xy[0]])
    return shapely.Polygon(closed[0], closed[1:])


def _position(one: object) -> tuple[float, float]:
    if not isinstance(one, list) or len(one) < 2 or not all(_is_number(n) for n in one[:2]):
        raise ValueError(f"a vertex is not a pair of numbers but {str(one)[:40]}")
    if not (math.isfinite(one[0]) and math.isfinite(one[1])):
        raise ValueError("a coordinate is not a finite number")
    return float(one[0]), float(one[1])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
