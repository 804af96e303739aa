"""A parcel as somebody drew or sent it: one polygon that can be answered for, or a refusal that says what is wrong."""

import numpy as np
import orjson
import shapely

from geo_service.balance import Refused
from layers import measure
from layers.reading import Unreadable, read
from layers.reading.geojson import parse

MOST_VERTICES = 20_000
MOST_PARTS = 200

AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

EXAMPLE = '{"type": "Polygon", "coordinates": [[[46.1, 39.2], [46.2, 39.2], [46.2, 39.3], [46.1, 39.2]]]}'


def drawn(value: object, most_km2: float) -> shapely.Geometry:
    """Return the parcel that a GeoJSON geometry, or a feature with one, describes.

    Raises:
        Refused: it describes none; the message says why and where.
    """
    if not isinstance(value, dict):
        raise Refused(f"parcel: a GeoJSON polygon or multipolygon is needed, such as {EXAMPLE}")
    geometry = value.get("geometry") if value.get("type") == "Feature" else value
    if not isinstance(geometry, dict):
        raise Refused("parcel: the feature has no geometry; nothing can be said of nothing")
    if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise Refused(
            f"parcel: it is of type {str(geometry.get('type'))[:40]!r}, and should be a Polygon or a MultiPolygon"
        )
    try:
        found = parse(orjson.dumps({"type": "Feature", "properties": {}, "geometry": geometry}))
    except (Unreadable, TypeError) as error:
        raise Refused(f"parcel: {error}") from None
    if found.defects:
        raise Refused(f"parcel: {next(iter(found.defects.values()))[1]}")
    if any(code == "ring_closed" for _, code, _ in found.notes):
        raise Refused("parcel: a ring is not closed: its last vertex should be its first; close it and ask again")
    return checked(found.geometry[0], most_km2)


def sent(content: bytes, name: str, crs: str | None, most_km2: float) -> shapely.Geometry:
    """Return the parcel in a file, which holds this one polygon.

    Raises:
        Refused: it holds another number of rows, or no polygon that can be answered for.
        layers.reading.Unreadable, layers.reading.Question: the file can't be read, or something must be said first.
    """
    table = read(content, name, crs=crs)
    if len(table) != 1:
        raise Refused(
            f"file: it holds {len(table)} rows, and a statement is on one parcel: send a file with one polygon"
        )
    if table.defects:
        raise Refused(f"file: {next(iter(table.defects.values()))[1]}")
    shapes = table.geometry
    if shapes[0] is None or shapely.is_empty(shapes[0]):
        raise Refused("file: its only row has no geometry; nothing can be said of nothing")
    if shapely.get_type_id(shapes[0]) not in AREAS:
        raise Refused(f"file: it holds a {shapes[0].geom_type}, and should hold a polygon")
    if table.crs is not None and not table.crs.equals(measure.LONLAT, ignore_axis_order=True):
        shapes = measure.transform(shapes, table.crs)
    return checked(shapes[0], most_km2)


def checked(parcel: shapely.Geometry | None, most_km2: float) -> shapely.Geometry:
    """Return a parcel that can be answered for. Nothing of it is mended: a statement is on what was asked.

    Raises:
        Refused: it is empty, off the globe, crosses itself, or is too large or too detailed.
    """
    if parcel is None or shapely.is_empty(parcel):
        raise Refused("parcel: it is empty; nothing can be said of nothing")
    parcel = shapely.force_2d(parcel)
    xy = shapely.get_coordinates(parcel)
    if not np.isfinite(xy).all():
        raise Refused("parcel: a coordinate is not a finite number")
    if (np.abs(xy) > (180.0, 90.0)).any():
        place = int(np.flatnonzero((np.abs(xy) > (180.0, 90.0)).any(axis=1))[0])
        raise Refused(
            f"parcel: vertex {place + 1} ({xy[place][0]:g}, {xy[place][1]:g}) lies off the globe: coordinates are "
            "longitude, then latitude, in degrees"
        )
    if len(xy) > MOST_VERTICES or shapely.get_num_geometries(parcel) > MOST_PARTS:
        raise Refused(
            f"parcel: it has {len(xy):,} vertices in {shapely.get_num_geometries(parcel)} parts; at most "
            f"{MOST_VERTICES:,} in {MOST_PARTS} are answered for"
        )
    if not shapely.is_valid(parcel):
        reason = shapely.is_valid_reason(parcel)
        raise Refused(f"parcel: its outline is no clear line around ground ({reason}); draw it anew and ask again")
    area = float(measure.areas(np.array([parcel]))[0])
    if area < 1:
        raise Refused(f"parcel: it is {area:.3g} m2 large; ground of at least 1 m2 is answered for")
    if area > most_km2 * 1e6:
        raise Refused(
            f"parcel: it is {area / 1e6:,.0f} km2 large, and at most {most_km2:,.0f} km2 are answered for: ask for a "
            "part of it, or use the balance and the printed map"
        )
    return parcel
