"""What everybody may see: hazards generalised outward, incidents counted by cell, districts. Nothing else.

Everything is on fixed grids of whole fractions of a degree by powers of two, so that a cell's corners are exact, the
generalised ground always holds the recorded, and asking for another box or date never cuts a cell differently.
"""

import threading
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service import features
from geo_service.access.principals import NotAllowed
from geo_service.balance import View
from geo_service.situations import shown_records

FIELDS = {
    "hazards": ("id", "valid_from", "classification", "opened_on", "status", "state"),
    "incidents": ("id", "count"),
    "districts": ("id", "valid_from", "name", "aliases", "code"),
}
"""The layers that the public sees, and of each record these fields alone: a new field is hidden until it is here."""

HAZARD_CELL = 1 / 256
"""Side of a cell of the hazards' grid, in degrees (430 m of latitude)."""

INCIDENT_CELL = 1 / 16
"""Side of a cell of the incidents' grid, in degrees (7 km of latitude)."""

FEWEST = 5
"""Incidents in a cell, under which it is not shown."""

MOST_CELLS = 4096
"""Cells looked at per polygon; a larger one is drawn on a coarser grid."""


NOTICE = (
    " This is the published view: hazardous areas are drawn outward to the lines of a grid, so they look larger than "
    f"they are; incidents are counted by cell, and cells with fewer than {FEWEST} are left out."
)
"""What products for the public say besides."""


class Generalised:
    """The generalised ground of hazards, worked out once per version in a process: a version never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[int, shapely.Geometry] = {}

    def of(self, hazards: gpd.GeoDataFrame) -> list[shapely.Geometry]:
        """Return the generalised ground of each version of a frame, which has their `row`."""
        rows = hazards["row"].tolist()
        with self._lock:
            new = [place for place, row in enumerate(rows) if row not in self._made]
            made = outward(hazards.geometry.to_numpy()[new])
            self._made |= {rows[place]: shape for place, shape in zip(new, made, strict=True)}
            return [self._made[row] for row in rows]


class PublicRecords:
    """The records of a layer as the public sees them; `present` says whether a view is of now."""

    form, notice = "public", NOTICE

    def __init__(self, generalised: Generalised, *, present: bool) -> None:
        self._generalised, self._present = generalised, present

    def refuse(self, seen: View, layer: str) -> None:  # noqa: ARG002 - the same for every view
        """Let through a layer that is published.

        Raises:
            NotAllowed: it is not, or counts of the past are asked for: from their differences, single incidents show.
        """
        if layer not in FIELDS:
            raise NotAllowed(f"{layer} are not published; that needs a token.", known=False)
        if layer == "incidents" and not self._present:
            raise NotAllowed("Incidents are published as they are known now; other dates need a token.", known=False)

    def in_force(self, seen: View, layer: str) -> gpd.GeoDataFrame:
        """Return the published records of a layer, those that `refuse` lets through."""
        return self._published(features.in_force(seen, layer), layer)

    def shown(self, seen: View, layer: str) -> gpd.GeoDataFrame:
        """Return what a map shows of a layer: nothing of one that is not published, and no counts."""
        frame = shown_records(seen, layer)
        return self._published(frame, layer) if layer in FIELDS and layer != "incidents" else frame.iloc[:0]

    def published(self, frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
        """Return records of a layer as the public sees them."""
        return self._published(frame, layer)

    def _published(self, frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
        if layer == "incidents":
            return counted(frame)
        if layer == "hazards":
            frame = frame.set_geometry(self._generalised.of(frame), crs=frame.crs)
        return frame[[*(name for name in FIELDS[layer] if name in frame), "geometry"]]


class FullRecords:
    """The records of a layer as those see them who may read everything."""

    form, notice = "full", ""

    def refuse(self, seen: View, layer: str) -> None:
        """Let everything through."""

    def in_force(self, seen: View, layer: str) -> gpd.GeoDataFrame:
        """Return the records of a layer in force."""
        return features.in_force(seen, layer)

    def shown(self, seen: View, layer: str) -> gpd.GeoDataFrame:
        """Return what a map shows of a layer."""
        return shown_records(seen, layer)

    def published(self, frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:  # noqa: ARG002 - the same for all
        """Return records of a layer as they are."""
        return frame


Records = PublicRecords | FullRecords


def outward(shapes: Iterable[shapely.Geometry]) -> list[shapely.Geometry]:
    """Return for each polygon (degrees) the cells of the grid that it meets, as one polygon that holds it whole."""
    return [_cells_met(shape) for shape in shapes]


def _cells_met(shape: shapely.Geometry) -> shapely.Geometry:
    side = HAZARD_CELL
    # Powers of two: dividing by the side and multiplying again are exact.
    while True:
        west, south, east, north = (float(part) for part in shapely.bounds(shape) / side)
        columns = np.arange(np.floor(west), max(np.ceil(east), np.floor(west) + 1))
        rows = np.arange(np.floor(south), max(np.ceil(north), np.floor(south) + 1))
        if len(columns) * len(rows) <= MOST_CELLS:
            break
        side *= 2
    x, y = (one.ravel() * side for one in np.meshgrid(columns, rows))
    cells = shapely.box(x, y, x + side, y + side)
    shapely.prepare(shape)
    return shapely.union_all(cells[shapely.intersects(shape, cells)])


def counted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the number of points by cell, without the cells where they are few."""
    points = frame.geometry.to_numpy()
    cells = pd.DataFrame(
        {
            "column": np.floor(shapely.get_x(points) / INCIDENT_CELL),
            "row": np.floor(shapely.get_y(points) / INCIDENT_CELL),
        }
    )
    sums = cells.value_counts().rename("count").reset_index()
    sums = sums[sums["count"] >= FEWEST].sort_values(["row", "column"])
    x, y = (sums[name].to_numpy() * INCIDENT_CELL for name in ("column", "row"))
    ids = [f"cell-{column:.0f}-{row:.0f}" for column, row in zip(sums["column"], sums["row"], strict=True)]
    return gpd.GeoDataFrame(
        {"id": pd.Series(ids, dtype="str"), "count": sums["count"].to_numpy()},
        geometry=shapely.box(x, y, x + INCIDENT_CELL, y + INCIDENT_CELL),
        crs="EPSG:4326",
    ).sort_values("id", ignore_index=True)
