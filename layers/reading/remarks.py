"""What is odd about a GeoJSON document though its rows can be read: said, so that its sender can mend the source."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

MOST_VERTICES = 1_000
DECIMALS = 7
"""Of a degree: a centimetre."""

Note = tuple[int, str, str]


def remarked(features: Sequence[object], geometry: NDArray[np.object_]) -> list[Note]:
    """Return what is odd about single features: (place, code, message)."""
    found = list(_members(features, geometry))
    found += _vertices(geometry)
    return sorted(found)


def of_document(document: object, geometry: NDArray[np.object_], crs: str | None) -> list[tuple[str, str]]:
    """Return what is odd about the whole document: (code, message)."""
    found = []
    if crs and "CRS84" not in crs:
        found.append(("crs_member", f"the coordinate system is the one that the file's crs member names: {crs[:80]}"))
    if isinstance(document, dict) and document.get("type") not in {"Feature", "FeatureCollection"}:
        found.append(("not_wrapped", "it is a bare geometry without a feature around it: it has no attributes"))
    if isinstance(document, dict) and "bbox" in document:
        wrong = _box(document["bbox"], shapely.total_bounds(geometry))
        if wrong:
            found.append(("bbox", f"the document's bbox {wrong}; it is not used"))
    if (not crs or "CRS84" in crs) and _fine(geometry):
        message = f"its coordinates have more than {DECIMALS} decimals (a centimetre): more than anybody measured"
        found.append(("excessive_precision", message))
    return found


def _members(features: Sequence[object], geometry: NDArray[np.object_]) -> Iterator[Note]:
    """Yield what is odd about the members of features: ids, properties, bounding boxes."""
    for place, feature in enumerate(features):
        if not isinstance(feature, dict):
            continue
        identifier = feature.get("id")
        if identifier is not None and (isinstance(identifier, bool) or not isinstance(identifier, str | int | float)):
            yield place, "feature_id", "its id is neither text nor a number; it is not used"
        if "properties" not in feature:
            yield place, "no_properties", "it has no properties"
        shape = feature.get("geometry")
        for holder, name in ((feature, "its bbox"), (shape, "its geometry's bbox")):
            if isinstance(holder, dict) and "bbox" in holder:
                bounds = shapely.bounds(geometry[place])
                wrong = _box(holder["bbox"], bounds)
                if wrong:
                    yield place, "bbox", f"{name} {wrong}; it is not used"


def _box(given: object, bounds: NDArray[np.float64]) -> str | None:
    """Say what is wrong with a bounding box; None where it is the one of the geometry."""
    if not isinstance(given, list):
        return "is not a list"
    if len(given) not in {4, 6}:
        return f"has {len(given)} numbers, and should have four or six"
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given):
        return "is not made of numbers"
    half = len(given) // 2
    box = np.array([given[0], given[1], given[half], given[half + 1]], dtype=np.float64)
    if np.isfinite(bounds).all() and not np.allclose(box, bounds, rtol=0, atol=1e-6):
        if np.allclose(box[[1, 0, 3, 2]], bounds, rtol=0, atol=1e-6):
            return "has latitude before longitude"
        return "is not the extent of its geometry"
    return None


def _vertices(geometry: NDArray[np.object_]) -> Iterator[Note]:
    """Yield features with very many vertices, with holes, with a multi-geometry of one, and across the antimeridian."""
    many = shapely.get_num_coordinates(geometry)
    for place in np.flatnonzero(many > MOST_VERTICES).tolist():
        yield place, "many_vertices", f"it has {many[place]:,} vertices; all of them are kept"
    parts, part_of = shapely.get_parts(geometry, return_index=True)
    holes = np.bincount(part_of, weights=shapely.get_num_interior_rings(parts), minlength=len(geometry)).astype(int)
    for place in np.flatnonzero(holes).tolist():
        yield place, "holes", f"it has {holes[place]} holes; ground in them is not part of it"
    single = (shapely.get_type_id(geometry) >= 4) & (shapely.get_num_geometries(geometry) == 1)
    for place in np.flatnonzero(single).tolist():
        yield place, "one_part", "it is a multi-geometry with one part"
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        wide = (bounds[:, 2] - bounds[:, 0] > 180.0) & (bounds[:, 0] >= -180.0) & (bounds[:, 2] <= 180.0)
    for place in np.flatnonzero(wide).tolist():
        yield place, "antimeridian", "it spans more than half the globe: if it crosses the antimeridian, cut it there"


def _fine(geometry: NDArray[np.object_]) -> bool:
    """Say whether most of the first coordinates are written with more decimals than anybody measures."""
    xy = shapely.get_coordinates(geometry[:100])[:1000].ravel()
    xy = xy[np.isfinite(xy)]
    return bool(len(xy)) and bool(np.mean(np.abs(xy * 10**DECIMALS - np.round(xy * 10**DECIMALS)) > 0.01) > 0.5)
