"""Invented settlements: homes near the former front line and elsewhere, and sites where displaced people wait."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service.demo.area import Floats, rng_of
from geo_service.demo.districts import Land
from geo_service.demo.names import names
from layers.definitions import LAYERS
from layers.versions import typed

COUNT = 120
SITES = 6
"""How many of them are sites of displacement."""
_BELT = 0.14
"""Within this share of the area's side from the front line people had to leave."""


def places_of(seed: int, land: Land) -> tuple[Floats, Floats]:
    """Return the places of settlements in km: each the candidate furthest from those before it."""
    rng = rng_of(seed, "settlements")
    inside = land.shrunk(0.03 * land.area.side)
    half = land.area.side / 2
    found = np.zeros((0, 2))
    while len(found) < COUNT:
        some = rng.uniform(-half, half, (12, 2))
        some = some[shapely.covers(inside, shapely.points(land.area.lonlat(some[:, 0], some[:, 1])))]
        if not len(some):
            continue
        if len(found):
            gap = np.hypot(*(some[:, None] - found[None]).transpose(2, 0, 1)).min(axis=1)
            some = some[[int(gap.argmax())]]
        found = np.vstack([found, some[:1]])
    return found[:, 0], found[:, 1]


def settlements_of(seed: int, land: Land) -> gpd.GeoDataFrame:
    """Return the settlements as records."""
    rng = rng_of(seed, "people")
    x, y = places_of(seed, land)
    away = land.area.from_front(x, y) / land.area.side
    site = np.zeros(COUNT, dtype=bool)
    site[np.argsort(-away)[:SITES]] = True
    people = np.round(np.exp(rng.normal(6.4, 0.9, COUNT)), -1)
    left = (away < _BELT) & ~site
    planned = np.round(people * rng.uniform(0.4, 0.95, COUNT), -1)
    back = np.round(planned * rng.uniform(0, 0.6, COUNT) * (rng.random(COUNT) < 0.4), -1)
    called = names(rng_of(seed, "settlement names"), COUNT)
    rows = pd.DataFrame(
        {
            "id": [f"SY-V-{number:03d}" for number in range(1, COUNT + 1)],
            "name": [one.latin for one in called],
            "aliases": [[one.azerbaijani, one.cyrillic] for one in called],
            "kind": np.where(site, "displacement_site", "home"),
            "population_before": np.where(site, np.nan, people),
            "returnees_planned": np.where(left, planned, np.nan),
            "returned": np.where(left, back, np.nan),
            "note": "SYNTHETIC",
            "source": "invented",
        }
    )
    places = shapely.points(land.area.lonlat(x, y))
    return typed(gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4326"), LAYERS["settlements"])
