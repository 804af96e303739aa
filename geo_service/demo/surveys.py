"""Ground surveyed with no evidence found: around the belt, some of it over ground that is open all the same."""

import numpy as np
import pandas as pd
import shapely

from geo_service.demo.area import rng_of
from geo_service.demo.calendar import HAND, SECOND_WAR, Calendar, dates, years
from geo_service.demo.districts import Land
from geo_service.demo.hazards import ids_of
from geo_service.demo.shapes import stars
from geo_service.demo.stories import GAP, REPORT
from geo_service.demo.words import TEAMS, words

_PER_HAZARD = 0.2
_SHARE = 0.05
_LARGEST_KM2 = 8.0


def surveys_of(seed: int, hazards: int, land: Land, calendar: Calendar) -> pd.DataFrame:
    """Return the versions of the surveys of an area with so many hazards."""
    rng = rng_of(seed, "surveys")
    n = max(1, int(hazards * _PER_HAZARD))
    area = land.area
    mean = min(_LARGEST_KM2 / 2, _SHARE * area.side**2 / n)
    offset = rng.normal(0, 0.1 * area.side, n)
    x, y, direction = area.beside_front(rng.uniform(0.05, 0.95, n), offset)
    shape = stars(rng, x, y, np.minimum(mean * np.exp(rng.normal(-0.2, 0.6, n)), _LARGEST_KM2), direction)
    inside = land.shrunk(0.002 * area.side)
    day = np.where(
        rng.random(n) < 0.15,
        rng.integers(SECOND_WAR - 5500, SECOND_WAR - 400, n),
        rng.integers(HAND, calendar.last - GAP, n),
    )
    report = np.maximum(day + rng.integers(3, GAP, n), HAND)
    polygons = shape.draw(area, np.arange(n))
    rows = pd.DataFrame(
        {
            "id": ids_of(land.district_of(x, y), years(day), "S"),
            "valid_from": dates(day),
            "surveyed_on": dates(day),
            "method": words(rng, ("non-technical survey", "technical survey"), n, (0.8, 0.2)),
            "organisation": words(rng, TEAMS, n),
            "withdrawn": False,
            "note": None,
            "source": "survey report",
            "geometry": polygons,
            REPORT: report,
        }
    )[shapely.covers(inside, polygons)]
    taken_back = rows[(rng.random(len(rows)) < 0.03) & (rows[REPORT] + 2 * GAP <= calendar.last)].copy()
    taken_back["valid_from"] = dates(taken_back[REPORT].to_numpy() + GAP).to_numpy()
    taken_back[REPORT] += 2 * GAP
    taken_back["withdrawn"] = True
    taken_back["note"] = "survey to be repeated"
    return pd.concat([rows, taken_back], ignore_index=True)
