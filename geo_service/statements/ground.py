"""What the records say of a piece of ground on a date: m2 by state, records concerned, what lies near."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service import features
from geo_service.balance import Refused, View
from geo_service.nearby import POLYGONS, touching
from geo_service.statements import parcels, plane
from geo_service.statements.plane import Plane, shapes_of
from geo_service.statements.subjects import Subject
from layers import measure
from layers.coverage.inside import inside, nested

AROUND_M = (500.0, 1_000.0)
"""Distances (m) within which open ground is counted (domain rules, section 7)."""

NEAR_M = 1_000.0
"""How far off (m) accidents, incidents and spots are named."""

MOST_RECORDS = 2_000
"""Records that a statement names."""

SAID: Mapping[str, tuple[str, ...]] = {
    "hazards": ("classification", "status", "devices", "opened_on", "evidence", "state", "positional_accuracy_m"),
    "releases": (
        "product",
        "completed_on",
        "qc_status",
        "qc_on",
        "depth_cm",
        "method",
        "organisation",
        "handed_over_on",
        "in_effect",
    ),
    "surveys": ("surveyed_on", "method", "organisation"),
    "spots": ("kind", "found_on", "device", "disposition"),
    "incidents": ("kind", "occurred_on", "device", "location_accuracy_m"),
}
"""What a statement says of a record of each layer; nothing of persons."""

Row = dict[str, Any]


def ground(subject: Subject, seen: View) -> Row:
    """Return what the records say of a subject at a view, as plain values.

    Raises:
        Refused: more records are concerned than a statement can name.
    """
    shape, as_of = subject.ground, seen.as_of
    frames = {name: touching(seen.snapshot.frames[name], [shape]) for name in POLYGONS}
    found = inside(shape, as_of, frames)
    polygons = {name: _polygons(seen, name, shape) for name in POLYGONS}
    for row in polygons["hazards"]:
        row["open_m2_inside"] = found.open_m2.get(row["id"], 0.0)
    points = {name: _points(seen, name, subject.shape) for name in ("spots", "incidents")}
    count = sum(map(len, (*polygons.values(), *points.values())))
    if count > MOST_RECORDS:
        raise Refused(
            f"{count:,} records are concerned, and a statement names at most {MOST_RECORDS:,}: ask for a part of the "
            "ground, or use the balance and the printed map"
        )
    return {
        "area_m2": found.area_m2,
        "states": found.states,
        "pending_qc_m2": found.pending_qc_m2,
        "overlap_m2": found.overlap_m2,
        **_districts(seen, shape),
        **polygons,
        **points,
        "nearest_hazard": nearest_hazard(seen, subject.shape),
        "around": around(seen, subject.shape),
        "certificate": dict(found.certificate),
        "information": _information(polygons, points),
    }


def nearest_hazard(seen: View, shape: shapely.Geometry) -> Row | None:
    """Return the nearest hazard that is open somewhere, its distance (m, rounded down) and direction.

    None: there is none.

    The distance is to its whole recorded polygon, also where a part of that was released.
    """
    frame = _standing(seen)
    found = plane.nearest(shape, shapes_of(frame))
    if found is None:
        return None
    row = frame.iloc[found.place]
    return {
        "id": str(row["id"]),
        "classification": str(row["classification"]),
        "distance_m": found.metres,
        "direction": found.direction,
        "azimuth": None if found.azimuth is None else round(found.azimuth, 1),
        **_version(row),
    }


def around(seen: View, shape: shapely.Geometry) -> list[Row]:
    """Return the open m2 within each of `AROUND_M` of a shape, itself included; the ground is grown outward only."""
    flat = Plane.around(shape)
    grounds = [flat.grown(shape, metres) for metres in AROUND_M]
    frames = {name: touching(seen.snapshot.frames[name], grounds[-1:]) for name in POLYGONS}
    open_ = _standing(seen)
    whole = shapes_of(open_)
    rows = []
    for metres, polygon, states in zip(AROUND_M, grounds, nested(grounds, seen.as_of, frames), strict=True):
        hazards = int(shapely.intersects(polygon, whole).sum()) if len(whole) else 0
        rows.append(
            {"within_m": metres, "CHA": states["CHA"], "SHA": states["SHA"],
             "open_m2": states["CHA"] + states["SHA"], "hazards": hazards}
        )  # fmt: skip
    return rows


def _standing(seen: View) -> gpd.GeoDataFrame:
    """Return the hazards that are open somewhere at a view."""
    frame = features.in_force(seen, "hazards")
    if not len(frame):
        return frame
    return frame[((frame["state"] != "released") & (frame["opened_on"] <= pd.Timestamp(seen.as_of))).to_numpy()]


def _polygons(seen: View, layer: str, shape: shapely.Geometry) -> list[Row]:
    """Return the records of a layer that meet some ground, each with its m2 there, in order of id."""
    frame = features.in_force(seen, layer)
    meets = shapely.intersects(shape, shapes_of(frame)) if len(frame) else np.zeros(0, dtype=bool)
    frame = frame[meets]
    return [
        {**row, "m2_inside": m2}
        for row, m2 in zip(_rows(frame, layer), _m2_inside(shape, shapes_of(frame)), strict=True)
    ]


def _m2_inside(shape: shapely.Geometry, others: NDArray[np.object_]) -> list[float]:
    if not len(others):
        return []
    return [float(one) for one in measure.areas(_areas(shapely.intersection(shape, sound(others))))]


def sound(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return polygons in a form that can be cut: parts that share an edge are joined."""
    valid = shapely.is_valid(shapes)
    return shapes if valid.all() else np.where(valid, shapes, shapely.make_valid(shapes, method="structure"))


def _areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what of some shapes has area: where boundaries run along each other, lines and points come with it."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), parcels.AREAS))
    found = shapes.copy()
    for place in mixed.tolist():
        parts = shapely.get_parts(shapes[place])
        found[place] = shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    return found


def _points(seen: View, layer: str, shape: shapely.Geometry) -> list[Row]:
    """Return accidents, incidents or spots that may lie within `NEAR_M` of a shape, the nearest first."""
    frame = features.in_force(seen, layer)
    date = {"incidents": "occurred_on", "spots": "found_on"}[layer]
    frame = frame[(frame[date] <= pd.Timestamp(seen.as_of)).to_numpy()] if len(frame) else frame
    if not len(frame):
        return []
    # A place known to 300 m may lie as much nearer.
    off = pd.to_numeric(frame["location_accuracy_m"]).fillna(0.0).to_numpy() if layer == "incidents" else 0.0
    reach = np.broadcast_to(np.asarray(off, dtype=np.float64), len(frame)) + NEAR_M
    near = plane.within(shape, shapes_of(frame), float(reach.max()))
    near = [one for one in near if one.metres <= reach[one.place]]
    rows = _rows(frame.iloc[[one.place for one in near]], layer)
    return [{**row, "distance_m": one.metres, "direction": one.direction} for row, one in zip(rows, near, strict=True)]


def _rows(frame: gpd.GeoDataFrame, layer: str) -> list[Row]:
    """Return records as a statement names them: id, which version it was, and what `SAID` lists."""
    names = [name for name in SAID[layer] if name in frame]
    return [
        {"id": str(row["id"]), **{name: plain(row[name]) for name in names}, **_version(row)}
        for _, row in frame.iterrows()
    ]


def _version(row: "pd.Series[Any]") -> Row:
    """Return which version of a record holds: from when it describes the ground, and when it was recorded."""
    return {"valid_from": plain(row["valid_from"]), "recorded_at": plain(row["recorded_at"])}


def plain(value: object) -> object:
    """Return a cell as JSON can hold it."""
    if isinstance(value, list):
        return [str(one) for one in value]
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value.tzinfo is None else value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    return value


def _districts(seen: View, shape: shapely.Geometry) -> Row:
    """Return whose ground it is by m2, and how much lies in no district.

    Ground that two claim counts with the lower id.
    """
    frame = seen.snapshot.in_force("districts", seen.as_of)
    met = frame[shapely.intersects(shape, shapes_of(frame))] if len(frame) else frame
    rows: list[Row] = []
    left = shape
    for _, row in met.iterrows():
        own = sound(np.array([row.geometry]))[0]
        part, left = _areas(np.array([shapely.intersection(left, own), shapely.difference(left, own)]))
        m2 = float(measure.areas(np.array([part]))[0])
        if m2 > 0:
            rows.append({"id": str(row["id"]), "name": str(row["name"]), "m2": m2})
    # What noding leaves between two borders drawn along one line is no ground outside.
    rest = float(measure.areas(np.array([left]))[0])
    whole = float(measure.areas(np.array([shape]))[0])
    outside = rest if rest > max(1.0, 1e-9 * whole) else 0.0
    return {"districts": rows, "outside_districts_m2": outside if len(frame) else None}


def _information(polygons: Mapping[str, list[Row]], points: Mapping[str, list[Row]]) -> Row:
    """Return the dates of what is known here: how many records there are, and from when they describe the ground."""
    days = sorted(str(row["valid_from"]) for rows in (*polygons.values(), *points.values()) for row in rows)
    return {"records": len(days), "oldest": days[0] if days else None, "newest": days[-1] if days else None}


def age_days(recorded_at: dt.datetime, now: dt.datetime) -> int:
    """Return how many whole days ago something was recorded."""
    return max(0, (now - recorded_at).days)
