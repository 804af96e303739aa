"""Accidents, incidents and single finds, from the ceasefire to the end: most where no record showed anything."""

import numpy as np
import pandas as pd
import shapely

from geo_service.demo.area import Floats, Geometries, Rng, rng_of
from geo_service.demo.calendar import CEASEFIRE, HAND, SECOND_WAR, Calendar, dates, years
from geo_service.demo.districts import Land
from geo_service.demo.hazards import Hazards, ids_of
from geo_service.demo.shapes import Ints
from geo_service.demo.stories import GAP, REPORT, Released
from geo_service.demo.words import words

_INCIDENTS, _SPOTS = 0.4, 0.7
"""Per hazard; of many hazards fewer."""
_MOST = 5000
_ON_RECORD = 0.28
"""Share of the victims that were hurt on ground that some record showed."""
_ON_RELEASED = 0.04
_FOUND = ("AP_mine", "AV_mine", "UXO", "cluster_munition_remnant", "unknown", "booby_trap", "IED", "AXO", "other")
_FOUND_SHARE = (0.38, 0.17, 0.18, 0.08, 0.1, 0.03, 0.02, 0.03, 0.01)


def incidents_of(
    seed: int, hazards: Hazards, released: Released, land: Land, calendar: Calendar
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the versions of the incidents and of the spots."""
    return (
        _incidents(rng_of(seed, "incidents"), hazards, released, land, calendar),
        _spots(rng_of(seed, "spots"), hazards, released, land, calendar),
    )


def _incidents(rng: Rng, hazards: Hazards, released: Released, land: Land, calendar: Calendar) -> pd.DataFrame:
    n = _count(hazards, _INCIDENTS)
    x, y, day = _places(rng, n, hazards, released, land, calendar)
    accident = rng.random(n) < 0.7
    killed = np.where(accident, rng.binomial(2, 0.22, n), 0)
    injured = np.where(accident, rng.poisson(1.1, n), 0)
    injured[accident & (killed + injured == 0)] = 1
    rows = _points(rng, "A", x, y, day, land)
    rows["occurred_on"] = rows["valid_from"]
    rows["kind"] = np.where(accident, "accident", "incident")
    rows["device"] = words(rng, _FOUND, n, _FOUND_SHARE)
    rows["killed"], rows["injured"] = killed, injured
    rows["activity"] = words(rng, ("herding", "farming", "travelling", "building", "clearance", "gathering"), n)
    rows["location_accuracy_m"] = rng.choice([10.0, 100.0, 500.0, np.nan], n, p=[0.4, 0.3, 0.1, 0.2])
    return rows


def _spots(rng: Rng, hazards: Hazards, released: Released, land: Land, calendar: Calendar) -> pd.DataFrame:
    n = _count(hazards, _SPOTS)
    x, y, day = _places(rng, n, hazards, released, land, calendar)
    rows = _points(rng, "P", x, y, day, land)
    rows["found_on"] = rows["valid_from"]
    rows["kind"] = words(rng, ("item", "strike", "indication"), n, (0.7, 0.15, 0.15))
    rows["device"] = words(rng, _FOUND, n, _FOUND_SHARE)
    rows["quantity"] = rng.integers(1, 6, n)
    gone = rng.random(n) < 0.25
    there = rows["kind"] == "item"
    rows["disposition"] = pd.Series(np.where(gone, "destroyed", "in_place"), dtype=object).where(there, None)
    later = rows[there & ~gone & (rng.random(n) < 0.7)]
    dealt = day[later.index] + rng.integers(10, 600, len(later))
    later["valid_from"] = dates(dealt).to_numpy()
    later["disposition"] = words(rng, ("destroyed", "removed"), len(later), (0.85, 0.15))
    later[REPORT] = np.maximum(dealt + rng.integers(2, GAP, len(later)), later[REPORT])
    both = pd.concat([rows, later], ignore_index=True)
    return both[both[REPORT] <= calendar.last].reset_index(drop=True)


def _count(hazards: Hazards, share: float) -> int:
    return max(1, int(min(len(hazards) * share, _MOST)))


def _points(  # noqa: PLR0913, PLR0917 - where and when, of what
    rng: Rng, letter: str, x: Floats, y: Floats, day: Ints, land: Land
) -> pd.DataFrame:
    n = len(x)
    return pd.DataFrame(
        {
            "id": ids_of(land.district_of(x, y), years(day), letter),
            "valid_from": dates(day),
            "source": words(rng, ("police", "hospital", "residents", "survey team"), n),
            "geometry": shapely.points(land.area.lonlat(x, y)),
            REPORT: np.maximum(day + rng.integers(1, 30, n), HAND),
        }
    )


def _places(  # noqa: PLR0913, PLR0917 - as `incidents_of`
    rng: Rng, n: int, hazards: Hazards, released: Released, land: Land, calendar: Calendar
) -> tuple[Floats, Floats, Ints]:
    """Return where (km) and when things happened: along the belt, on recorded hazards, a few on released ground."""
    area = land.area
    x, y, _ = area.beside_front(rng.uniform(0.06, 0.94, n), rng.normal(0, 0.05 * area.side, n))
    day = _days(rng, n, calendar)
    dice = rng.random(n)
    seen = np.flatnonzero(dice < _ON_RECORD)
    which = rng.integers(0, len(hazards), len(seen))
    x[seen], y[seen] = _within(rng, hazards, which)
    over = released.polygon[:0] if not len(released.day) else released.polygon
    freed = np.flatnonzero((dice > 1 - _ON_RELEASED) & bool(len(over)))
    if len(freed):
        again = rng.integers(0, len(over), len(freed))
        on = shapely.get_coordinates(shapely.point_on_surface(over[again]))
        x[freed], y[freed] = area.local(on)
        after = released.day[again]
        room = np.maximum(calendar.last - GAP - after, 1)
        day[freed] = np.minimum(after + 1 + (rng.random(len(freed)) * room).astype(np.int64), calendar.last - 31)
    return *_inside(x, y, land), day


def _days(rng: Rng, n: int, calendar: Calendar) -> Ints:
    """Return days: many after the ceasefire and after the second war, fewer in the quiet years."""
    era = rng.choice(3, n, p=[0.35, 0.2, 0.45])
    early = CEASEFIRE + np.minimum(rng.exponential(900, n), 9000)
    quiet = rng.uniform(CEASEFIRE, SECOND_WAR, n)
    late = SECOND_WAR + rng.beta(0.9, 1.8, n) * (calendar.last - 31 - SECOND_WAR)
    return np.asarray(np.choose(era, (early, quiet, late)).astype(np.int64))


def _within(rng: Rng, hazards: Hazards, rows: Ints) -> tuple[Floats, Floats]:
    """Return places (km) inside hazards, on the way from the middle to a vertex (every even one is there)."""
    spoke = 2 * rng.integers(0, hazards.shape.u.shape[1] // 2, len(rows))
    share = np.sqrt(rng.random(len(rows))) * 0.95
    shape = hazards.shape
    return shape.x[rows] + share * shape.u[rows, spoke], shape.y[rows] + share * shape.v[rows, spoke]


def _inside(x: Floats, y: Floats, land: Land) -> tuple[Floats, Floats]:
    """Pull places that lie outside the area towards its middle."""
    inside = land.shrunk(0.002 * land.area.side)
    rows = np.arange(len(x))
    while len(rows := rows[~_covered(inside, x[rows], y[rows], land)]):
        x[rows] *= 0.95
        y[rows] *= 0.95
    return x, y


def _covered(inside: shapely.Geometry, x: Floats, y: Floats, land: Land) -> Geometries:
    return np.asarray(shapely.covers(inside, shapely.points(land.area.lonlat(x, y))))
