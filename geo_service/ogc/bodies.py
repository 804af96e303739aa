"""The body of an edit: a GeoJSON feature, or the part of one that changes (RFC 7396)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import CRS

from geo_service.features import DERIVED
from geo_service.ogc import crs
from geo_service.ogc.errors import Invalid, Rejected, UnsupportedMediaType
from layers.reading import RawTable
from layers.reading.geojson import parse
from layers.reading.questions import Unreadable

FEATURE = ("application/geo+json", "application/json", "application/vnd.geo+json")
PATCH = ("application/merge-patch+json", *FEATURE)

MOST_DEEP = 12
"""How deep the document of a feature may be: a multipolygon's coordinates are six deep."""

Document = dict[str, Any]


def document(body: bytes, content_type: str, taken: Sequence[str]) -> Document:
    """Return the document of a body.

    Raises:
        UnsupportedMediaType: it is of another type.
        Invalid: it is no JSON object, or no feature.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in taken:
        raise UnsupportedMediaType(
            f"the body is {kind[:60] or 'of no type'}; it should be {' or '.join(taken)}", "Content-Type"
        )
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, letter {error.colno}"
        raise Invalid(f"the body is not JSON: {error.msg}, {place}", place) from None
    if not isinstance(found, dict):
        raise Invalid("the body is no feature: it should be a JSON object of type Feature")
    if found.get("type", "Feature") != "Feature":
        raise Invalid(f"the body is of type {str(found['type'])[:40]!r}, and should be a Feature", "type")
    properties = found.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Invalid("properties is no object", "properties")
    if _deep(found):
        raise Invalid(f"the body is deeper than {MOST_DEEP} steps")
    return found


def _deep(found: Document) -> bool:
    left: list[tuple[object, int]] = [(found, 1)]
    while left:
        node, depth = left.pop()
        if depth > MOST_DEEP:
            return True
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        left += [(one, depth + 1) for one in inner if isinstance(one, dict | list)]
    return False


def system_of(header: str | None, systems: Sequence[str]) -> str:
    """Return the coordinate system that `Content-Crs` names.

    Raises:
        Invalid: it is not offered.
    """
    return crs.chosen(header.strip().strip("<>") if header else None, systems, "Content-Crs")


def own_properties(found: Document, layer: str) -> dict[str, Any]:
    """Return the properties of a feature that are its sender's to set: what is worked out is left aside."""
    given = found.get("properties") or {}
    aside = {*DERIVED.get(layer, ()), "recorded_at", "revision", "changeset"}
    own = {name: value for name, value in given.items() if name not in aside and name != "extra"}
    extra = given.get("extra")
    return own | ({k: v for k, v in extra.items() if k not in own} if isinstance(extra, dict) else {})


def table(record_id: str | None, properties: Mapping[str, Any], geometry: object, uri: str) -> RawTable:
    """Return one record as a table that is judged as an upload is.

    Args:
        record_id: its id, None where it has none yet.
        properties: its properties.
        geometry: as GeoJSON, in the axis order of its system.
        uri: the system.

    Raises:
        Rejected: the geometry can't be read.
    """
    feature = {"type": "Feature", "id": record_id, "geometry": geometry, "properties": dict(properties)}
    try:
        read = parse(orjson.dumps(feature))
    except Unreadable as error:
        raise Rejected(str(error), "geometry") from None
    shapes = read.geometry
    if crs.swapped(uri):
        shapes = shapely.transform(shapes, lambda xy: np.ascontiguousarray(xy[:, ::-1]))
    named = {name: [value] for name, value in properties.items() if value is not None}
    system: CRS = crs.known(uri)
    return RawTable(named, shapes, system, [record_id], read.defects, read.notes, right_handed=True, numbers=[1])


def patched(stored: Mapping[str, Any], change: Document, layer: str) -> tuple[dict[str, Any], bool]:
    """Return the properties of a record after a merge patch, and whether it changes the geometry.

    A null takes a property away: the version then has its default. From when the version holds, and why, is not
    carried over from the one before: that was said of that one.
    """
    kept = own_properties({"properties": dict(stored)}, layer)
    for name in ("valid_from", "change"):
        kept.pop(name, None)
    for name, value in own_properties(change, layer).items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = value
    return kept, "geometry" in change
