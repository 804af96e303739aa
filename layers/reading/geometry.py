"""The verdict on geometry: what can't be ground is rejected, what can be mended is mended and named."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.definitions import Geometry
from layers.reading.questions import Question
from layers.reading.rows import Rows
from layers.reading.severity import DEFAULTS
from layers.reading.table import RawTable

Box = tuple[float, float, float, float]

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = 0, 1, 3, 4, 5, 6, 7
WANTED = {
    Geometry.polygon: (POLYGON, MULTIPOLYGON),
    Geometry.point: (POINT,),
    Geometry.line: (LINE, MULTILINE),
    Geometry.point_or_polygon: (POINT, POLYGON, MULTIPOLYGON),
}
SWAPPED = "swap_axes"


def look_at(rows: Rows, table: RawTable, area: Box | None, *, swap_axes: bool | None) -> None:
    """Judge and mend the geometry of all rows, and bring it to EPSG:4326.

    Args:
        rows: the rows.
        table: what was read: its coordinate system, and what is wrong with single geometries.
        area: outside it nothing is accepted.
        swap_axes: the first coordinate is the latitude; None: nobody has said.

    Raises:
        Question: coordinates fit only when swapped.
    """
    for place, (code, message) in table.defects.items():
        rows.reject(place, code, message)
    for place, code, message in table.notes:
        if code in DEFAULTS:
            rows.suspect(place, code, message)
        else:
            rows.repair(place, code, message)
    if swap_axes:
        rows.geometry = shapely.transform(rows.geometry, lambda xy: xy[:, ::-1])
    _present(rows)
    _flat(rows)
    _finite(rows)
    _of_type(rows)
    k = rows.standing()
    if k and table.crs is not None and not table.crs.equals(measure.LONLAT, ignore_axis_order=True):
        rows.geometry[k] = measure.transform(rows.geometry[k], table.crs)
    _in_place(rows, area, ask=swap_axes is None)
    if rows.layer.geometry is Geometry.line:
        for place in np.flatnonzero(~rows.rejected & (shapely.length(rows.geometry) == 0)).tolist():
            rows.reject(place, "no_length", "it is a line without length: all of its vertices are one place")
    if rows.layer.geometry in {Geometry.polygon, Geometry.point_or_polygon}:
        _mend(rows, right_handed=table.right_handed)


def _present(rows: Rows) -> None:
    for place in np.flatnonzero(shapely.is_missing(rows.geometry) & ~rows.rejected).tolist():
        rows.reject(place, "no_geometry", "it has no geometry")
    for place in np.flatnonzero(shapely.is_empty(rows.geometry) & ~rows.rejected).tolist():
        rows.reject(place, "empty_geometry", "its geometry is empty")


def _flat(rows: Rows) -> None:
    high = (shapely.has_z(rows.geometry) | shapely.has_m(rows.geometry)) & ~rows.rejected
    rows.geometry = np.where(high, shapely.force_2d(rows.geometry), rows.geometry)
    for place in np.flatnonzero(high).tolist():
        rows.repair(place, "z_dropped", "heights or measures were dropped; ground is flat here")


def _finite(rows: Rows) -> None:
    xy, of = shapely.get_coordinates(rows.geometry, return_index=True)
    broken = np.unique(of[~np.isfinite(xy).all(axis=1)])
    for place in broken[~rows.rejected[broken]].tolist():
        rows.reject(place, "not_finite", "a coordinate is not a finite number")


def _of_type(rows: Rows) -> None:
    wanted = WANTED[rows.layer.geometry]
    others = ~rows.rejected & ~np.isin(shapely.get_type_id(rows.geometry), wanted)
    for place in np.flatnonzero(others).tolist():
        shape = rows.geometry[place]
        kind = shapely.get_type_id(shape)
        parts = shapely.get_parts(shape)
        kinds = {int(one) for one in shapely.get_type_id(parts)}
        if kind == COLLECTION and kinds and kinds <= {POLYGON, MULTIPOLYGON} and POLYGON in wanted:
            rows.geometry[place] = shapely.MultiPolygon([one for part in parts for one in shapely.get_parts(part)])
            rows.repair(place, "collection_joined", "a collection of polygons was made one multipolygon")
        elif len(parts) == 1 and kinds <= set(wanted) and kind in {MULTIPOINT, COLLECTION}:
            rows.geometry[place] = parts[0]
            rows.repair(place, "single_part", "a collection of one was made that one")
        else:
            rows.reject(
                place, "geometry_type", f"it is a {shape.geom_type}; {rows.layer.name} need {rows.layer.geometry}"
            )


def _in_place(rows: Rows, area: Box | None, *, ask: bool) -> None:
    """Reject what lies off the globe or outside the area of operations; ask where swapping would mend most of it."""
    k = np.array(rows.standing(), dtype=np.int64)
    if not len(k):
        return
    bounds = shapely.bounds(rows.geometry[k])
    world = _within(bounds, (-180.0, -90.0, 180.0, 90.0))
    inside = world & _within(bounds, area) if area else world
    swapped = bounds[:, [1, 0, 3, 2]]
    fits = ~inside & _within(swapped, area or (-180.0, -90.0, 180.0, 90.0))
    if ask and fits.any() and fits.sum() >= 0.5 * len(k):
        raise Question(
            SWAPPED,
            f"{int(fits.sum())} of {len(k)} rows fit only with longitude and latitude swapped: send it again with "
            f"{SWAPPED} true if they are",
            ("true", "false"),
        )
    for place, on_globe, other in zip(k[~inside].tolist(), world[~inside], fits[~inside], strict=True):
        hint = "; it fits with longitude and latitude swapped" if other else ""
        if on_globe:
            rows.reject(place, "outside_area", f"it lies outside the area of operations{hint}")
        else:
            rows.reject(place, "outside_world", f"its coordinates are not longitude and latitude{hint}")


def _within(bounds: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    west, south, east, north = box
    low = (bounds[:, 0] >= west) & (bounds[:, 1] >= south)
    return np.asarray(low & (bounds[:, 2] <= east) & (bounds[:, 3] <= north))


def _mend(rows: Rows, *, right_handed: bool) -> None:
    """Mend polygons, name each repair with the area before and after, and measure them."""
    kinds = shapely.get_type_id(rows.geometry)
    k = np.flatnonzero(~rows.rejected & (kinds != POINT))
    if not len(k):
        return
    before = rows.geometry[k]
    thin = shapely.remove_repeated_points(before, 0.0)
    repeated = shapely.get_num_coordinates(thin) < shapely.get_num_coordinates(before)
    invalid = ~shapely.is_valid(thin)
    after = thin.copy()
    after[invalid] = shapely.make_valid(thin[invalid], method="structure", keep_collapsed=False)
    gone = shapely.is_empty(after) | ~np.isin(shapely.get_type_id(after), (POLYGON, MULTIPOLYGON))
    _reject_no_ground(rows, k[gone], before[gone], thin[gone])
    turned = shapely.orient_polygons(after)
    disordered = (
        (shapely.to_wkb(turned) != shapely.to_wkb(after)) & ~invalid & ~gone if right_handed else np.zeros(len(k), bool)
    )
    stays = ~gone
    rows.geometry[k[stays]] = turned[stays]
    rows.areas[k[stays]] = measure.areas(turned[stays])
    mended = np.flatnonzero((repeated | invalid | disordered) & stays)
    was = measure.areas(before[mended])
    why = shapely.is_valid_reason(thin[mended])
    for j, m2, reason in zip(mended.tolist(), was.tolist(), why.tolist(), strict=True):
        place = int(k[j])
        size = f"; area before {m2:,.2f} m2, after {rows.areas[place]:,.2f} m2"
        if repeated[j]:
            rows.repair(place, "repeated_vertices", f"vertices that repeat the one before were left out{size}")
        if invalid[j]:
            rows.repair(place, "self_intersection", f"{reason}: mended by make_valid, method structure{size}")
        if disordered[j]:
            rows.repair(place, "ring_order", f"rings were turned to the order of RFC 7946{size}")


def _reject_no_ground(
    rows: Rows, places: NDArray[np.int64], polygons: NDArray[np.object_], thin: NDArray[np.object_]
) -> None:
    """Reject polygons that enclose nothing, and say which of them have not even three vertices."""
    why = shapely.is_valid_reason(thin)
    for place, polygon, reason in zip(places.tolist(), polygons, why, strict=True):
        distinct = len(np.unique(shapely.get_coordinates(polygon), axis=0))
        if distinct < 3:
            rows.reject(place, "too_few_vertices", f"it has {distinct} different vertices; a polygon has three or more")
        else:
            rows.reject(place, "no_area", f"it encloses no ground ({reason})")
