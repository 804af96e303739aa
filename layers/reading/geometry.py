"""The verdict on geometry: what can't be ground is rejected, what can be mended is mended and named."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.definitions import Geometry
from layers.reading.questions import Question
from layers.reading.rows import Rows
from layers.reading.table import RawTable

Box = tuple[float, float, float, float]

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = 0, 1, 3, 4, 5, 6, 7
WANTED = {
    Geometry.polygon: (POLYGON, MULTIPOLYGON),
    Geometry.point: (POINT,),
    Geometry.line: (LINE, MULTILINE),
    Geometry.point_or_polygon: (POINT, POLYGON, MULTIPOLYGON),
}
SLIVER_M2 = 1.0
FAR_M = 5_000.0
SWAPPED = "swap_axes"


def look_at(rows: Rows, table: RawTable, area: Box | None, *, swap_axes: bool) -> None:
    """Judge and mend the geometry of all rows, and bring it to EPSG:4326.

    Raises:
        Question: coordinates fit only when swapped.
    """
    for place, (code, message) in table.defects.items():
        rows.reject(place, code, message)
    for place, code, message in table.notes:
        rows.repair(place, code, message)
    if swap_axes:
        rows.geometry = shapely.transform(rows.geometry, lambda xy: xy[:, ::-1])
    _present(rows)
    _flat(rows)
    _finite(rows)
    _of_type(rows)
    if table.crs is not None and rows.standing():
        k = rows.standing()
        rows.geometry[k] = measure.transform(rows.geometry[k], table.crs)
    _in_place(rows, area)
    if rows.layer.geometry in {Geometry.polygon, Geometry.point_or_polygon}:
        _mend(rows, right_handed=table.right_handed)
        _warn(rows)


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
    for place in rows.standing():
        shape = rows.geometry[place]
        kind = shapely.get_type_id(shape)
        if kind in wanted:
            continue
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


def _in_place(rows: Rows, area: Box | None) -> None:
    """Reject what lies off the globe or outside the area of operations; ask where swapping would mend most of it."""
    k = np.array(rows.standing(), dtype=np.int64)
    if not len(k):
        return
    bounds = shapely.bounds(rows.geometry[k])
    world = _within(bounds, (-180.0, -90.0, 180.0, 90.0))
    inside = world & _within(bounds, area) if area else world
    swapped = bounds[:, [1, 0, 3, 2]]
    fits = ~inside & _within(swapped, area or (-180.0, -90.0, 180.0, 90.0))
    if fits.any() and fits.sum() >= 0.5 * len(k):
        raise Question(
            SWAPPED,
            f"{int(fits.sum())} of {len(k)} rows fit only with longitude and latitude swapped: send it again with "
            f"{SWAPPED} if they are",
            (f"{SWAPPED}=true",),
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
    """Mend polygons, and name each repair with the area before and after."""
    k = np.array([p for p in rows.standing() if shapely.get_type_id(rows.geometry[p]) != POINT], dtype=np.int64)
    if not len(k):
        return
    before = rows.geometry[k]
    thin = shapely.remove_repeated_points(before, 0.0)
    repeated = shapely.get_num_coordinates(thin) < shapely.get_num_coordinates(before)
    invalid = ~shapely.is_valid(thin)
    why = shapely.is_valid_reason(thin)
    after = thin.copy()
    after[invalid] = shapely.make_valid(thin[invalid], method="structure", keep_collapsed=False)
    gone = shapely.is_empty(after) | ~np.isin(shapely.get_type_id(after), (POLYGON, MULTIPOLYGON))
    turned = shapely.orient_polygons(after)
    disordered = (
        (shapely.to_wkb(turned) != shapely.to_wkb(after)) & ~invalid if right_handed else np.zeros(len(k), bool)
    )
    areas = measure.areas(before), measure.areas(turned)
    distinct = _distinct(before)
    for j, place in enumerate(k.tolist()):
        if distinct[j] < 3:
            rows.reject(
                place, "too_few_vertices", f"it has {distinct[j]} different vertices; a polygon has three or more"
            )
            continue
        if gone[j]:
            rows.reject(place, "no_area", f"it encloses no ground ({why[j]})")
            continue
        size = f"; area before {areas[0][j]:,.2f} m2, after {areas[1][j]:,.2f} m2"
        if repeated[j]:
            rows.repair(place, "repeated_vertices", f"vertices that repeat the one before were left out{size}")
        if invalid[j]:
            rows.repair(place, "self_intersection", f"{why[j]}: mended by make_valid, method structure{size}")
        if disordered[j]:
            rows.repair(place, "ring_order", f"rings were turned to the order of RFC 7946{size}")
        rows.geometry[place] = turned[j]


def _distinct(polygons: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the number of different vertices of each polygon."""
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    different = np.unique(np.column_stack([of, xy]), axis=0)[:, 0].astype(np.int64)
    return np.bincount(different, minlength=len(polygons))


def _warn(rows: Rows) -> None:
    """Warn of slivers, copies, long edges and areas that are not the reported ones."""
    k = np.array(rows.standing(), dtype=np.int64)
    if not len(k):
        return
    areas = measure.areas(rows.geometry[k])
    reported = rows.values.get("reported_area_m2", [None] * len(rows))
    first: dict[bytes, int] = {}
    long = _long_edges(rows.geometry[k])
    for j, (place, wkb) in enumerate(zip(k.tolist(), shapely.to_wkb(rows.geometry[k]), strict=True)):
        if shapely.get_type_id(rows.geometry[place]) == POINT:
            continue
        if areas[j] < SLIVER_M2:
            rows.say(place, "warning", "sliver", f"it covers {areas[j]:.3g} m2 only")
        twin = first.setdefault(wkb, place)
        if twin != place:
            rows.say(place, "warning", "duplicate", f"its polygon is that of row {twin + 1}")
        if long[j] > FAR_M:
            rows.say(place, "warning", "long_edge", f"two neighbouring vertices lie {long[j] / 1000:.1f} km apart")
        said = reported[place]
        if isinstance(said, float) and abs(said - areas[j]) > 0.05 * areas[j]:
            message = f"reported {said:,.0f} m2, computed {areas[j]:,.0f} m2; computed is used"
            rows.say(place, "warning", "reported_area", message)


def _long_edges(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the length (m, on a sphere) of the longest edge of each geometry."""
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    longest = np.zeros(len(polygons))
    if len(xy) < 2:
        return longest
    same = of[1:] == of[:-1]
    middle = np.radians((xy[1:, 1] + xy[:-1, 1]) / 2)
    step = np.hypot((xy[1:, 0] - xy[:-1, 0]) * np.cos(middle), xy[1:, 1] - xy[:-1, 1]) * 111_195.0
    # Two rings of one polygon follow each other: the step from one to the next is no edge.
    rings = shapely.get_num_interior_rings(polygons) + shapely.get_num_geometries(polygons)
    single = rings[of[1:]] <= 1
    np.maximum.at(longest, of[1:][same & single], step[same & single])
    return longest
