"""The components of return at a view, a row per settlement: open ground around, access, people; each apart."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service.balance import Refused, View
from geo_service.returning.nearest import nearest_of
from geo_service.surroundings.known import Around, Known
from geo_service.travel import reach
from geo_service.travel.answers import attribution
from geo_service.travel.ways import Roads, Ways, kept
from layers import versions
from layers.returning.around import lines_near, open_around
from layers.roads.rules import Mode, Rules
from layers.surroundings import Kind

DISTANCES_M = (500.0, 1000.0)
"""How far around houses, water, school and road open ground is counted (m); `domain.md`, section 7."""

AROUND = MappingProxyType({"": "houses", "road_": "road", "water_": "water", "school_": "school"})
"""What open ground is counted around, by the beginning of its components' names."""

UNRECORDED = ("water", "school")
"""What no layer of the store holds: where no surroundings were loaded, nothing is said of the ground around."""

STANDING = MappingProxyType({"water": Kind.water_point, "school": Kind.school})
"""What surroundings hold of it: water is where people take it, the school the nearest of any kind."""

COMPONENTS = MappingProxyType(
    {
        **{f"{of}open_{reach_m:.0f}_m2": "m2" for of in AROUND for reach_m in DISTANCES_M},
        "clear_m2": "m2",
        "unsurveyed_m": "m",
        "duration_s": "s",
        "population_before": "people",
        "returnees_planned": "people",
        "returned": "people",
        "people_waiting": "people",
    }
)
"""The components and their units."""


PEOPLE = ("population_before", "returnees_planned", "returned")
"""What the records say of people."""


@dataclass(frozen=True)
class Asked:
    """Whose return is asked for.

    Attributes:
        site: where people wait, None: every displacement site in force; mode: who travels.
        max_snap_m: how far off the road a settlement may lie (m).
    """

    site: str | None = None
    mode: Mode = Mode.car
    max_snap_m: float = 500.0


@dataclass(frozen=True, eq=False)
class Components:
    """The components at a view.

    Attributes:
        rows: a row per settlement, in order of id: `settlement`, `name`, the components (None where one is missing),
            `missing` (why, by component), the nearest water point and school (`water_id`, `water_m`, `school_id`,
            `school_m`; None where none is known within reach) and `access` (as `/access` says it; None where it was not
            assessed).
        shapes: their geometries, in the same order; EPSG:4326.
        access_trouble: why access was not assessed, None where it was.
        attribution: who is owed thanks for the roads, schools and water points.
        around: the schools and water points that it was looked for in; None: nothing was loaded.
        gap: the date lies before the first record: nothing is known of the ground then.
    """

    rows: list[dict[str, Any]]
    shapes: gpd.GeoSeries
    access_trouble: str | None
    attribution: tuple[str, ...]
    around: Around | None
    gap: bool

    @property
    def not_recorded(self) -> tuple[str, ...]:
        """What nothing is said of, since nothing of it was loaded."""
        return UNRECORDED if self.around is None else ()

    def table(self) -> pd.DataFrame:
        """Return the components as numbers, NaN where one is missing; a row per settlement."""
        columns = {name: [row[name] for row in self.rows] for name in COMPONENTS}
        return pd.DataFrame(columns, dtype=np.float64)


class Returns:
    """The components of views, worked out once for all who ask: weights change nothing about them.

    Args:
        ways: the roads of views; known: the schools and water points.
    """

    def __init__(self, ways: Ways, known: Known) -> None:
        self._ways, self._known = ways, known
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[object, ...], Components] = OrderedDict()

    def at(self, seen: View, rules: Rules, asked: Asked) -> Components:
        """Return the components at a view, access by some rules.

        Raises:
            Refused: the site asked for is none, or can't be reached from any road.
        """
        mark = (self._ways.terrain_key(), self._known.key(seen))
        key = (seen.snapshot.number, seen.as_of, repr(rules), mark, asked)
        with self._lock:
            around = self._known.at(seen)
            return kept(self._held, key, lambda: components(self._ways.at(seen, rules), around, seen, asked))


def components(roads: Roads, surroundings: Around | None, seen: View, asked: Asked) -> Components:
    """Return the components at a view; `surroundings` are those known there, None where there are none.

    Raises:
        Refused: the site asked for is none, or can't be reached from any road.
    """
    homes = reach.homes_of(seen).sort_values("id", kind="stable", ignore_index=True)
    gap = versions.day(seen.as_of) < seen.snapshot.arrangement.first_day
    access, trouble = _access(roads, seen, asked) if len(homes) else ({}, None)
    ground = roads.evidence.hazards.polygons
    shapes = homes.geometry.to_numpy()
    access_roads = lines_near(shapes, _lines(roads, asked.mode), max(DISTANCES_M))
    standing = {called: nearest_of(surroundings, kind, shapes) for called, kind in STANDING.items()}
    places = {"houses": shapes, "road": access_roads, **{called: one.shapes for called, one in standing.items()}}
    around = {called: open_around(place, ground, DISTANCES_M) for called, place in places.items()}
    people = {name: pd.to_numeric(homes[name]).tolist() for name in PEOPLE}
    rows = []
    for k, (id_, name) in enumerate(zip(homes["id"].tolist(), homes["name"].tolist(), strict=True)):
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for of, called in AROUND.items():
            for column, reach_m in enumerate(DISTANCES_M):
                component = f"{of}open_{reach_m:.0f}_m2"
                area = None if gap else float(around[called][k, column])
                values[component] = None if area is None or np.isnan(area) else area
                if values[component] is None:
                    why = standing[called].why(k) if called in standing else None
                    missing[component] = _why_no_area(called, why, gap=gap, roads=len(roads.laid.network) > 0)
        way = access.get(id_)
        _told_of_way(way, values, missing, trouble=trouble, roads=len(roads.laid.network) > 0)
        if gap and values["clear_m2"] is not None:
            values["clear_m2"], missing["clear_m2"] = None, "before_first_record"
        _told_of_people({one: cells[k] for one, cells in people.items()}, values, missing)
        for called, one in standing.items():
            values |= {f"{called}_id": one.ids[k], f"{called}_m": one.metres[k]}
        rows.append({"settlement": id_, "name": name, **values, "missing": missing, "access": way})
    owed = sorted({*attribution(roads), *(surroundings.attribution if surroundings else ())})
    return Components(rows, homes.geometry, trouble, tuple(owed), surroundings, gap)


def _access(roads: Roads, seen: View, asked: Asked) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return what is said of the way to each settlement; or why nothing is, where nobody asked for a site."""
    try:
        rows = reach.reachable(roads, seen, asked.site, asked.mode, asked.max_snap_m)
    except Refused as refused:
        if asked.site is not None:
            raise
        return {}, str(refused)
    kept_back = {"name", "people_waiting", "settlement"}
    return {row["settlement"]: {k: v for k, v in row.items() if k not in kept_back} for row in rows}, None


def _lines(roads: Roads, mode: Mode) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the pieces of road that a mode may use."""
    network = roads.laid.network
    if not len(network):
        return np.zeros(0, dtype=object)
    seconds = roads.laid.seconds(mode)
    usable = np.isfinite(seconds[0]) | np.isfinite(seconds[1])
    edge = np.repeat(np.arange(len(network)), np.diff(network.first))
    lines = np.asarray(shapely.linestrings(network.lonlat, indices=edge), dtype=object)
    return lines[usable]


def _why_no_area(called: str, standing: str | None, *, gap: bool, roads: bool) -> str:
    """Return why there is no area around a thing; `standing` says why a settlement has no school or water point."""
    if standing is not None:
        return "before_first_record" if gap and standing != "not_recorded" else standing
    if called == "road" and not roads:
        return "no_roads"
    return "before_first_record" if gap else "no_road_near"


def _told_of_way(
    way: dict[str, Any] | None, values: dict[str, Any], missing: dict[str, str], *, trouble: str | None, roads: bool
) -> None:
    """Put in what the way says: what is least to clear, what of it nobody surveyed, how long it takes."""
    values |= dict.fromkeys(("clear_m2", "unsurveyed_m", "duration_s"))
    if way is None:
        why = "no_site" if trouble and roads else "no_roads"
        missing |= dict.fromkeys(("clear_m2", "unsurveyed_m", "duration_s"), why)
    elif way["reached"]:
        unsurveyed = float(way["evidence"].get("unsurveyed", 0.0))
        values |= {"clear_m2": 0.0, "unsurveyed_m": unsurveyed, "duration_s": way["duration_s"]}
    else:
        missing |= dict.fromkeys(("unsurveyed_m", "duration_s"), "not_reached")
        # Where no area opens the way, such as where reports alone bar it, none is known: that is not 0.
        values["clear_m2"] = way["m2"] or None
        if values["clear_m2"] is None:
            missing["clear_m2"] = "not_by_clearing"


def _told_of_people(recorded: dict[str, Any], values: dict[str, Any], missing: dict[str, str]) -> None:
    """Put in who was there, who is to come, who came and who waits; who waits is known where both others are."""
    for name, count in recorded.items():
        values[name] = None if versions.is_missing(count) else round(count)
    planned, back = values["returnees_planned"], values["returned"]
    values["people_waiting"] = None if planned is None or back is None else max(planned - back, 0)
    missing |= dict.fromkeys((one for one in (*PEOPLE, "people_waiting") if values[one] is None), "not_recorded")
