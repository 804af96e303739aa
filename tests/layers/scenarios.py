"""Small random histories of a mined area, and the GeoDataFrames that say the same.

Twelve days, a few cells, few words: so that versions of one day, re-drawn edges on old edges, a release completed on
the day its hazard grew, and QC that fails the day it passed all come up often.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from counter import Cell, Scenario, Version
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry.base import BaseGeometry

FIRST_DAY = date(2021, 3, 1)
DAYS = 12
# Approvals: before, within and after the days the records describe.
APPROVALS = tuple(
    datetime(2021, 2, 20, 9, 30, tzinfo=UTC) + timedelta(days=days, seconds=days) for days in (0, 11, 15, 19, 60)
)
CATEGORIES = ("AP_mine", "AV_mine", "UXO", "booby_trap", "unknown")  # plain string order puts lower case last
HAZARDS = ("H1", "H2", "H3", "H4")
DISTRICTS = ("D10", "D2", "d1")  # plain string order is not that of the numbers
HARDLY_EVER = 12

Cells = frozenset[Cell]
Draw = Callable[[st.SearchStrategy[Any]], Any]

days = st.integers(0, DAYS - 1).map(lambda n: FIRST_DAY + timedelta(days=n))
# Shrinking goes to the first: one approval for all.
approvals = st.sampled_from(APPROVALS)


def one_in(n: int) -> st.SearchStrategy[bool]:
    """True about once in n draws."""
    return st.integers(0, n - 1).map(lambda k: k == n - 1)


# Shapes


@dataclass(frozen=True)
class Grid:
    """The cells of a scenario."""

    width: int
    height: int

    def rectangle(self, draw: Draw) -> Cells:
        """Some rectangle of cells."""
        left, right = sorted((draw(st.integers(0, self.width - 1)), draw(st.integers(0, self.width - 1))))
        low, high = sorted((draw(st.integers(0, self.height - 1)), draw(st.integers(0, self.height - 1))))
        return frozenset((i, j) for i in range(left, right + 1) for j in range(low, high + 1))

    def shape(self, draw: Draw) -> Cells:
        """One rectangle, two (often apart), or one with a bite or a hole."""
        cells = self.rectangle(draw)
        kind = draw(st.sampled_from(("one", "one", "two", "bitten")))
        if kind == "two":
            return cells | self.rectangle(draw)
        if kind == "bitten":
            return (cells - self.rectangle(draw)) or cells
        return cells

    def redrawn(self, draw: Draw, cells: Cells) -> Cells:
        """The same ground grown, shrunk or drawn anew; a version always covers something."""
        kind = draw(st.sampled_from(("grown", "shrunk", "anew")))
        if kind == "grown":
            return cells | self.rectangle(draw)
        if kind == "shrunk":
            return (cells - self.rectangle(draw)) or cells
        return self.shape(draw)


# Records


def approvals_of(draw: Draw, count: int) -> list[datetime]:
    """When each of a record's versions was approved: all at once, in their order, or back-dated."""
    if draw(st.booleans()):
        return [APPROVALS[0]] * count
    moments = [draw(approvals) for _ in range(count)]
    return moments if draw(one_in(3)) else sorted(moments)


def valid_days(draw: Draw, count: int) -> list[date]:
    """From when each of a record's versions holds: mostly in their order; the same day twice is common."""
    chosen = [draw(days) for _ in range(count)]
    return chosen if draw(one_in(4)) else sorted(chosen)


def working_day(draw: Draw) -> date:
    """Mostly a day in the middle: after hazards were found, before they change again."""
    return draw(days) if draw(one_in(3)) else FIRST_DAY + timedelta(days=draw(st.integers(3, 8)))


def hazard(draw: Draw, id_: str, grid: Grid) -> list[Version]:
    """The versions of one hazard: grown, shrunk, upgraded, downgraded, withdrawn, brought back, redated."""
    count = draw(st.integers(1, 4))
    recorded, valid = approvals_of(draw, count), valid_days(draw, count)
    if not draw(one_in(3)):  # found early, so that there is time to release it
        valid[0] = min(valid[0], FIRST_DAY + timedelta(days=draw(st.integers(0, 3))))
    version: Version = {
        "id": id_,
        "withdrawn": False,
        "change": "survey",
        "classification": draw(st.sampled_from(("SHA", "CHA"))),
        "opened_on": valid[0] - timedelta(days=draw(st.sampled_from((0, 0, 1, 30)))),
        "keeps_released": False,
        "devices": draw(devices),
        "cells": grid.shape(draw),
    }
    versions = []
    for place in range(count):
        if place > 0:
            version = {**version, "change": draw(st.sampled_from(("survey", "survey", "correction")))}
            for _ in range(draw(st.integers(1, 2))):
                version.update(hazard_change(draw, version, grid))
            version["keeps_released"] = draw(one_in(4))
        versions.append({**version, "valid_from": valid[place], "recorded_at": recorded[place]})
    # A first recorded version may leave `change` out; which one that is must not hang on the order of rows.
    first = min(versions, key=lambda v: v["recorded_at"])
    others = [v["recorded_at"] for v in versions if v is not first]
    if first["recorded_at"] not in others and first["change"] == "survey" and draw(st.booleans()):
        first["change"] = None
    return versions


devices = st.one_of(
    st.none(),
    st.lists(st.sampled_from(CATEGORIES), max_size=3, unique=True),
    st.lists(st.sampled_from(CATEGORIES[:2]), min_size=1, max_size=2, unique=True),
)


def hazard_change(draw: Draw, version: Version, grid: Grid) -> dict[str, Any]:
    """One thing that a version of a hazard changes."""
    kinds = ["redrawn", "redrawn", "class", "class", "devices", "withdrawn"]
    if version["change"] == "correction":  # only a correction changes opened_on
        kinds.append("opened_on")
    match draw(st.sampled_from(kinds)):
        case "redrawn":
            return {"cells": grid.redrawn(draw, version["cells"])}
        case "class":
            return {"classification": "CHA" if version["classification"] == "SHA" else "SHA"}
        case "devices":
            return {"devices": draw(devices)}
        case "withdrawn":
            return {"withdrawn": not version["withdrawn"]}
        case _:
            return {"opened_on": draw(days)}  # now and then after valid_from: it stands from opened_on


def release(draw: Draw, id_: str, grid: Grid, hazards: Sequence[Version]) -> list[Version]:
    """The versions of one release: QC pending, passed, failed, passed again; redrawn, withdrawn."""
    count = draw(st.sampled_from((1, 1, 2, 3, 4)))
    recorded = approvals_of(draw, count)
    cells = grid.shape(draw)
    if not draw(one_in(3)):  # the ground of a hazard and perhaps more: as releases are
        cells = draw(st.sampled_from([v["cells"] for v in hazards])) | (cells if draw(st.booleans()) else frozenset())
    names = (*sorted({v["id"] for v in hazards}), "NOBODY")
    version: Version = {
        "id": id_,
        "withdrawn": False,
        "change": "survey",
        "product": draw(st.sampled_from(("cleared", "reduced", "cancelled"))),
        "completed_on": working_day(draw),
        "qc_status": None,
        "qc_on": None,
        "hazards": draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        if draw(one_in(3))
        else draw(st.sampled_from(([], None))),
        "devices": draw(devices) if draw(one_in(4)) else None,
        "cells": cells,
    }
    version.update(qc(draw, version))
    versions = []
    for place in range(count):
        if place > 0:
            version = {**version, "change": draw(st.sampled_from(("survey", "correction")))}
            version.update(release_change(draw, version, grid, versions))
        # A version holds from its own date of information: the completion, the inspection, or some other day.
        told_on = version["qc_on"] or version["completed_on"]
        valid_from = draw(st.sampled_from((told_on, told_on, version["completed_on"], None))) or draw(days)
        versions.append({**version, "valid_from": valid_from, "recorded_at": recorded[place]})
    return versions


def qc(draw: Draw, version: Version) -> dict[str, Any]:
    """A QC status with its date, never before the completion; None leaves it to the default."""
    status = draw(st.sampled_from(("passed", "passed", "pending", "pending", "failed", "not_required", None)))
    if status not in ("passed", "failed"):
        return {"qc_status": status, "qc_on": None}
    wait = timedelta(days=draw(st.sampled_from((0, 0, 1, 2, 5))))
    return {"qc_status": status, "qc_on": version["completed_on"] + wait}


def release_change(draw: Draw, version: Version, grid: Grid, earlier: Sequence[Version]) -> dict[str, Any]:
    """One thing that a version of a release changes."""
    what = draw(st.sampled_from(("qc", "qc", "qc", "repeated qc", "cells", "withdrawn", "product", "completed_on")))
    match what:
        case "qc":
            return qc(draw, version)
        case "repeated qc":  # what an earlier version said of it, the inspection's date too, if it still can be
            told = draw(st.sampled_from(list(earlier)))
            possible = told["qc_on"] is None or told["qc_on"] >= version["completed_on"]
            return {name: told[name] for name in ("qc_status", "qc_on")} if possible else {}
        case "completed_on":
            completed_on, qc_on = draw(days), version["qc_on"]
            return {"completed_on": completed_on, "qc_on": qc_on and max(qc_on, completed_on)}
        case _:
            anew = {
                "cells": lambda: grid.redrawn(draw, version["cells"]),
                "withdrawn": lambda: not version["withdrawn"],
                "product": lambda: draw(st.sampled_from(("cleared", "reduced", "cancelled"))),
            }
            return {what: anew[what]()}


def survey(draw: Draw, id_: str, grid: Grid) -> list[Version]:
    """The versions of one survey that found nothing."""
    count = draw(st.integers(1, 2))
    version: Version = {"id": id_, "withdrawn": False, "surveyed_on": draw(days), "cells": grid.shape(draw)}
    versions = []
    for place, recorded_at in enumerate(approvals_of(draw, count)):
        if place > 0:
            withdrawn = draw(st.booleans())
            cells = grid.redrawn(draw, version["cells"])
            version = {**version, "withdrawn": withdrawn, "cells": cells}
        valid_from = version["surveyed_on"] if place == 0 else draw(days)
        versions.append({**version, "valid_from": valid_from, "recorded_at": recorded_at})
    return versions


def districts(draw: Draw, grid: Grid) -> list[Version]:
    """Up to three districts side by side with gaps, their boundaries moved once; now and then two of them overlap."""
    ids = DISTRICTS[: draw(st.integers(1, 3))]
    overlap = draw(one_in(4))
    since_ever, redrawn_on = draw(st.sampled_from((date.min, FIRST_DAY))), draw(days)
    versions = []
    for valid_from, recorded_at in ((since_ever, APPROVALS[0]), (redrawn_on, draw(approvals))):
        if valid_from == redrawn_on and draw(st.booleans()):
            break  # boundaries that never moved
        cuts = sorted(draw(st.integers(0, grid.width)) for _ in range(2 * len(ids)))
        for place, id_ in enumerate(ids):
            left, right = cuts[2 * place], cuts[2 * place + 1]
            left = cuts[2 * place - 1] - 1 if overlap and place else left
            cells = frozenset((i, j) for i in range(max(0, left), right) for j in range(grid.height))
            if cells:
                versions.append(
                    {
                        "id": id_,
                        "withdrawn": valid_from == redrawn_on and draw(one_in(HARDLY_EVER)),
                        "name": f"{id_} of {valid_from.isoformat()}",
                        "valid_from": valid_from,
                        "recorded_at": recorded_at,
                        "cells": cells,
                    }
                )
    return versions


CELL_M = 700  # so that shapes cross any inner cells of a computation, of 1 or 2 km


@st.composite
def scenarios(draw: Draw, *, with_districts: bool | None = None) -> Scenario:
    """A random history; `with_districts` fixes whether there are any."""
    if draw(st.booleans()):  # a few cells and hazards, where everything meets
        grid = Grid(draw(st.integers(2, 4)), draw(st.integers(1, 2)))
        hazard_ids = HAZARDS[: draw(st.integers(1, 2))]
    else:
        grid = Grid(draw(st.integers(6, 10)), draw(st.integers(4, 8)))
        hazard_ids = HAZARDS[: draw(st.integers(1, 4))]
    hazard_rows = [v for id_ in hazard_ids for v in hazard(draw, id_, grid)]
    release_rows = [
        v for n in range(draw(st.sampled_from((2, 0, 1, 3, 4)))) for v in release(draw, f"R{n + 1}", grid, hazard_rows)
    ]
    survey_rows = [v for n in range(draw(st.integers(0, 2))) for v in survey(draw, f"S{n + 1}", grid)]
    wanted = not draw(one_in(5)) if with_districts is None else with_districts
    return Scenario(
        areas={(i, j): CELL_M**2 for i in range(grid.width) for j in range(grid.height)},
        hazards=tuple(hazard_rows),
        releases=tuple(release_rows),
        surveys=tuple(survey_rows),
        districts=tuple(districts(draw, grid) if wanted else ()),
    )


def every_version(scenario: Scenario) -> list[Version]:
    """All versions of all layers."""
    return [*scenario.hazards, *scenario.releases, *scenario.surveys, *scenario.districts]


def knowledge(scenario: Scenario) -> st.SearchStrategy[datetime | None]:
    """Moments from the first approval on (before it, every question is refused); None is now."""
    first = min(version["recorded_at"] for version in every_version(scenario))
    moments = {v["recorded_at"] for v in every_version(scenario)}
    moments |= {m - timedelta(microseconds=1) for m in moments if m > first}
    return st.one_of(st.none(), st.sampled_from(sorted(moments)))


# A month before and after: hazards' opened_on may lie before the first day, inspections never after the last.
dates = st.one_of(
    days,
    days.map(lambda day: max(day, FIRST_DAY + timedelta(days=8))),
    st.integers(-40, DAYS + 3).map(lambda n: FIRST_DAY + timedelta(days=n)),
)
DAY_BEFORE_EVERYTHING = FIRST_DAY - timedelta(days=60)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS)
periods = st.tuples(dates, dates).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: (min(pair), max(pair)))


# The same as GeoDataFrames


def polygon(cells: Iterable[Cell], origin: tuple[float, float] = (0.0, 0.0)) -> BaseGeometry:
    """The ground of some cells, in planar metres."""
    x0, y0 = origin
    return shapely.union_all(
        [
            shapely.box(x0 + CELL_M * i, y0 + CELL_M * j, x0 + CELL_M * (i + 1), y0 + CELL_M * (j + 1))
            for i, j in sorted(cells)
        ]
    )


COLUMNS = {
    "hazards": ("change", "classification", "opened_on", "status", "keeps_released", "devices"),
    "releases": ("change", "product", "completed_on", "qc_status", "qc_on", "hazards", "devices"),
    "surveys": ("surveyed_on",),
    "districts": ("name",),
}


@dataclass(frozen=True)
class Frames:
    """The four layers as `coverage.arrange` takes them; a layer without rows may be None."""

    hazards: gpd.GeoDataFrame | None
    releases: gpd.GeoDataFrame | None
    surveys: gpd.GeoDataFrame | None
    districts: gpd.GeoDataFrame | None

    def __iter__(self):
        return iter((self.hazards, self.releases, self.surveys, self.districts))


def frame(layer: str, versions: Sequence[Version], draw_ground: Callable[[Version], BaseGeometry]) -> gpd.GeoDataFrame:
    """One row per version, without CRS; every second withdrawn hazard says so by its status."""
    rows = []
    for place, version in enumerate(versions):
        row = {"withdrawn": False, **{column: version.get(column) for column in COLUMNS[layer]}}
        row |= {key: version[key] for key in ("id", "valid_from", "withdrawn")}
        row["recorded_at"] = pd.Timestamp(version["recorded_at"])
        if layer == "hazards":
            row["status"] = ("open", "worked_on", "suspended")[place % 3]
            if version["withdrawn"] and place % 2:
                row |= {"withdrawn": False, "status": "withdrawn"}
        rows.append(row)
    columns = ["id", "valid_from", "recorded_at", "withdrawn", *COLUMNS[layer]]
    table = pd.DataFrame(rows, columns=columns)
    table["withdrawn"] = table["withdrawn"].astype(bool)
    for name in ("valid_from", "opened_on", "completed_on", "qc_on", "surveyed_on"):
        if name in table:
            # as object, so that 0001-01-01 stays a date and a missing one stays None
            table[name] = pd.Series([row[name] for row in rows], dtype=object)
    return gpd.GeoDataFrame(table, geometry=[draw_ground(version) for version in versions])


def frames(
    scenario: Scenario,
    *,
    origin: tuple[float, float] = (0.0, 0.0),
    turned: float = 0.0,
    reshape: Callable[[BaseGeometry], BaseGeometry] | None = None,
    none_for_empty: bool = True,
) -> Frames:
    """The scenario as GeoDataFrames: shifted to `origin`, turned by degrees, each geometry passed through `reshape`."""

    def ground(version: Version) -> BaseGeometry:
        geometry = polygon(version["cells"], origin)
        if turned:
            geometry = affinity.rotate(geometry, turned, origin=origin)
        return reshape(geometry) if reshape else geometry

    def layer(name: str) -> gpd.GeoDataFrame | None:
        versions = getattr(scenario, name)
        return None if not versions and none_for_empty else frame(name, versions, ground)

    return Frames(*(layer(name) for name in ("hazards", "releases", "surveys", "districts")))


# Other recordings of the same ground


def in_other_order(draw: Draw, scenario: Scenario) -> Scenario:
    """The rows of each layer permuted; versions told apart only by their row keep their order."""

    def permuted(rows: Sequence[Version]) -> tuple[Version, ...]:
        keys = [(row["id"], row["valid_from"], row["recorded_at"]) for row in rows]
        queues = {key: [row for row, k in zip(rows, keys, strict=True) if k == key] for key in keys}
        return tuple(queues[key].pop(0) for key in draw(st.permutations(keys)))

    return Scenario(
        scenario.areas,
        *(permuted(rows) for rows in (scenario.hazards, scenario.releases, scenario.surveys, scenario.districts)),
    )


def with_doubles(scenario: Scenario, ids: Iterable[str]) -> Scenario:
    """These hazards, releases and surveys recorded twice, under another id; a release that names one names both."""
    doubled = set(ids)

    def twice(rows: Sequence[Version]) -> tuple[Version, ...]:
        return (*rows, *({**row, "id": f"{row['id']} again"} for row in rows if row["id"] in doubled))

    def naming_both(row: Version) -> Version:
        named = row["hazards"] or []
        return {**row, "hazards": [*named, *(f"{id_} again" for id_ in named if id_ in doubled)]}

    return Scenario(
        scenario.areas,
        twice(scenario.hazards),
        tuple(naming_both(row) for row in twice(scenario.releases)),
        twice(scenario.surveys),
        scenario.districts,
    )


def cut_in_two(scenario: Scenario, id_: str, column: int) -> Scenario | None:
    """One hazard or release recorded as two, west and east of a line; None where a version lies on one side only.

    Where a part had no ground, its first day could be later than the whole's, and what was `expansion` become `new`.
    """

    def halves(row: Version) -> tuple[Version, Version]:
        west = frozenset(cell for cell in row["cells"] if cell[0] < column)
        return {**row, "cells": west}, {**row, "id": f"{row['id']} east", "cells": row["cells"] - west}

    def cut(rows: Sequence[Version]) -> list[Version]:
        return [part for row in rows for part in (halves(row) if row["id"] == id_ else (row,))]

    def naming_both(row: Version) -> Version:
        named = row["hazards"] or []
        return {**row, "hazards": [*named, *(f"{id_} east" for name in named if name == id_)]}

    hazards, releases = cut(scenario.hazards), [naming_both(row) for row in cut(scenario.releases)]
    if not all(row["cells"] for row in (*hazards, *releases)):
        return None
    return Scenario(scenario.areas, tuple(hazards), tuple(releases), scenario.surveys, scenario.districts)


def in_parts(geometry: BaseGeometry) -> BaseGeometry:
    """The same ground as a multipolygon of the strips between lines 1,000 m apart: parts that share edges."""
    left, low, right, high = geometry.bounds
    strips, x = [], left
    while x < right:
        strips.append(shapely.intersection(geometry, shapely.box(x, low, min(x + 1000, right), high)))
        x += 1000
    return shapely.multipolygons([part for part in shapely.get_parts(strips) if part.geom_type == "Polygon"])


def densified(geometry: BaseGeometry) -> BaseGeometry:
    """The same ground with a vertex at least every 130 m."""
    return shapely.segmentize(geometry, 130)
