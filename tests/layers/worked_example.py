"""The worked example of domain.md section 5: eight records of one district, and every figure they must give.

Three forms: GeoDataFrames in planar metres, the same square laid on the ellipsoid in longitude and latitude, and
GeoJSON files to load. For the counter, the cells between all coordinates in use.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from counter import Scenario
from scenarios import COLUMNS, Frames
from shapely.geometry.base import BaseGeometry

Rectangle = tuple[int, int, int, int]  # x from, x to, y from, y to, in metres

SIDE_M = 10_000
START, END = date(2021, 1, 1), date(2021, 6, 1)

DISTRICTS = [{"id": "D1", "valid_from": date.min, "name": "D1", "ground": [(0, SIDE_M, 0, SIDE_M)]}]


def _hazard(id_: str, class_: str, opened_on: date, *ground: Rectangle, **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "valid_from": opened_on,
        "classification": class_,
        "opened_on": opened_on,
        "change": "survey",
        "ground": list(ground),
        **fields,
    }


def _release(
    id_: str, product: str, completed_on: date, ground: Rectangle, qc_status: str = "not_required"
) -> dict[str, Any]:
    return {
        "id": id_,
        "valid_from": completed_on,
        "product": product,
        "completed_on": completed_on,
        "qc_status": qc_status,
        "qc_on": completed_on if qc_status == "passed" else None,
        "ground": [ground],
    }


HAZARDS = [
    _hazard("SHA-1", "SHA", START, (0, 2000, 0, 1000)),
    _hazard("SHA-2", "SHA", START, (1500, 3500, 0, 1000)),
    _hazard("CHA-1", "CHA", START, (1000, 1600, 0, 500)),
    _hazard("CHA-2", "CHA", date(2021, 3, 3), (500, 1000, 0, 500)),
    _hazard("SHA-3", "SHA", date(2021, 3, 5), (5000, 5400, 5000, 5500)),
    # 04-01: a correction of SHA-2 drops [2400,2500]x[500,1000] and the part already cancelled
    _hazard(
        "SHA-2",
        "SHA",
        START,
        (1500, 2400, 0, 1000),
        (2400, 2500, 0, 500),
        valid_from=date(2021, 4, 1),
        change="correction",
    ),
    _hazard("CHA-3", "CHA", date(2021, 5, 1), (1550, 1600, 0, 100)),
]
RELEASES = [
    _release("CANCELLED-1", "cancelled", date(2021, 3, 1), (2500, 3500, 0, 1000)),
    _release("REDUCED-1", "reduced", date(2021, 3, 2), (0, 500, 0, 1000)),
    _release("CLEARED-1", "cleared", date(2021, 3, 4), (1000, 1600, 0, 520), "passed"),
]
RECORDS: dict[str, list[dict[str, Any]]] = {
    "hazards": HAZARDS,
    "releases": RELEASES,
    "surveys": [],
    "districts": DISTRICTS,
}

# What domain.md says

LEDGER = {
    #                       SHA         CHA       total
    "opening": (3_200_000, 300_000, 3_500_000),
    "new": (200_000, 0, 200_000),
    "expansion": (0, 0, 0),
    "reclassified": (-250_000, 250_000, 0),
    "cancelled": (-1_000_000, 0, -1_000_000),
    "reduced": (-500_000, 0, -500_000),
    "cleared": (-12_000, -300_000, -312_000),
    "reopened": (0, 5_000, 5_000),
    "corrected": (-50_000, 0, -50_000),
    "closing": (1_588_000, 255_000, 1_843_000),
}
CLASSES = ("SHA", "CHA", "total")
PARTITION = {
    "area_m2": 100_000_000,
    "CHA": 255_000,
    "SHA": 1_588_000,
    "cleared": 307_000,
    "reduced": 500_000,
    "cancelled": 1_000_000,
    "surveyed_no_evidence": 0,
    "no_recorded_hazard": 96_350_000,
    "pending_qc_m2": 0,
    # SHA-1 and SHA-2 where neither is cleared, 448,000, and CHA-2 on SHA-1, 250,000
    "overlap_m2": 698_000,
    "released_without_record_m2": 0,
    "hazards_open": 5,
}
POLYGONS_AT_OPENING_M2 = 4_300_000


def ledger_wanted(class_: str) -> dict[str, int]:
    """The column of the table for a class: line to m²."""
    return {line: figures[CLASSES.index(class_)] for line, figures in LEDGER.items()}


# Where the square lies

LON, LAT = 46.8, 39.8
EQUAL_AREA = pyproj.CRS.from_proj4(f"+proj=laea +lon_0={LON} +lat_0={LAT} +datum=WGS84 +units=m")
CUT_M = 100


def _marks(axis: int) -> list[int]:
    """Every coordinate that a record uses on an axis, and every 100 m: edges are cut there."""
    used = {
        metre
        for records in RECORDS.values()
        for record in records
        for rectangle in record["ground"]
        for metre in rectangle[2 * axis : 2 * axis + 2]
    }
    return sorted(used | set(range(0, SIDE_M + 1, CUT_M)))


def planar(ground: Iterable[Rectangle]) -> BaseGeometry:
    """Rectangles as one geometry, in metres from the square's corner."""
    return shapely.union_all([shapely.box(x0, y0, x1, y1) for x0, x1, y0, y1 in ground])


def lonlat(ground: Iterable[Rectangle]) -> BaseGeometry:
    """The same ground around 46.8 E 39.8 N in degrees, its edges cut in equal-area metres first.

    All polygons are cut at the same points: two that share an edge share its vertices, as drawn by one office.
    """
    marks = _marks(0), _marks(1)
    to_degrees = pyproj.Transformer.from_crs(EQUAL_AREA, "EPSG:4326", always_xy=True)

    def cut(ring: shapely.LinearRing) -> list[tuple[float, float]]:
        points: list[tuple[float, float]] = []
        for (x0, y0), (x1, y1) in pairwise(ring.coords):
            axis, start, end = (0, x0, x1) if y0 == y1 else (1, y0, y1)
            between = [mark for mark in marks[axis] if min(start, end) < mark < max(start, end)]
            steps = [start, *(between if start < end else reversed(between))]
            points += [(step, y0) if axis == 0 else (x0, step) for step in steps]
        half = SIDE_M / 2
        degrees = to_degrees.transform([x - half for x, _ in points], [y - half for _, y in points])
        return list(zip(*degrees, strict=True))

    parts = [
        shapely.Polygon(cut(part.exterior), [cut(hole) for hole in part.interiors])
        for part in shapely.get_parts(planar(ground))
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _frame(layer: str, *, in_degrees: bool, recorded_at: datetime | None) -> gpd.GeoDataFrame:
    columns = ["id", "valid_from", *COLUMNS[layer]]
    table = pd.DataFrame(
        {column: pd.Series([record.get(column) for record in RECORDS[layer]], dtype=object) for column in columns}
    )
    table["withdrawn"] = pd.Series(False, index=table.index, dtype=bool)
    if recorded_at is not None:
        table["recorded_at"] = pd.Series(pd.Timestamp(recorded_at), index=table.index)
    draw = lonlat if in_degrees else planar
    geometry = [draw(record["ground"]) for record in RECORDS[layer]]
    return gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326" if in_degrees else None)


def planar_frames(recorded_at: datetime | None = None) -> Frames:
    """The four layers in planar metres without CRS; all versions approved at `recorded_at`, or the column left out."""
    return Frames(*(_frame(layer, in_degrees=False, recorded_at=recorded_at) for layer in RECORDS))


def lonlat_frames(recorded_at: datetime | None = None) -> Frames:
    """The four layers in EPSG:4326."""
    return Frames(*(_frame(layer, in_degrees=True, recorded_at=recorded_at) for layer in RECORDS))


def features(layer: str) -> Iterator[dict[str, Any]]:
    """A layer's versions as GeoJSON features in degrees, with the fields of domain.md and nothing left to guess."""
    for record in RECORDS[layer]:
        properties = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in record.items()
            if name != "ground" and value is not None
        }
        geometry = shapely.geometry.mapping(lonlat(record["ground"]))
        yield {"type": "Feature", "properties": properties, "geometry": geometry}


def write_geojson(folder: Path) -> dict[str, Path]:
    """Write a GeoJSON file for each layer that has records, in full precision; the files by layer.

    Load districts first: the area of operations is theirs.
    """
    paths = {}
    for layer in ("districts", "hazards", "releases"):
        paths[layer] = folder / f"{layer}.geojson"
        collection = {"type": "FeatureCollection", "features": list(features(layer))}
        paths[layer].write_text(json.dumps(collection), encoding="utf-8")
    return paths


def scenario() -> Scenario:
    """The example for the counter: the cells between all coordinates in use, with their areas."""
    xs = sorted({x for records in RECORDS.values() for r in records for g in r["ground"] for x in g[:2]})
    ys = sorted({y for records in RECORDS.values() for r in records for g in r["ground"] for y in g[2:]})
    areas = {
        (i, j): (x1 - x0) * (y1 - y0)
        for i, (x0, x1) in enumerate(pairwise(xs))
        for j, (y0, y1) in enumerate(pairwise(ys))
    }

    def versions(layer: str) -> tuple[dict[str, Any], ...]:
        return tuple(
            {
                **record,
                "recorded_at": datetime(2021, 7, 1, tzinfo=UTC),
                "withdrawn": False,
                "cells": frozenset(
                    (i, j)
                    for i, j in areas
                    for x0, x1, y0, y1 in record["ground"]
                    if x0 <= xs[i] < x1 and y0 <= ys[j] < y1
                ),
            }
            for record in RECORDS[layer]
        )

    return Scenario(areas, *(versions(layer) for layer in RECORDS))
