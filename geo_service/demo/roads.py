"""An invented road network: every settlement can be reached, most by more than one way."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service.demo.area import Floats, rng_of
from geo_service.demo.calendar import HAND, Calendar, dates
from geo_service.demo.districts import Land
from layers.definitions import LAYERS
from layers.versions import typed

Ints = NDArray[np.int64]

_MORE = 0.6
"""Share of the shortest other links that are built besides those that hold the network together."""
_PIECES = 8
"""Straight pieces of a road between two settlements."""
_WIDTHS = {"primary": 7.0, "secondary": 5.5, "tertiary": 4.5, "track": 3.0}
_SURFACES = {"primary": "asphalt", "secondary": "asphalt", "tertiary": "gravel", "track": "ground"}


def links_of(x: Floats, y: Floats) -> Ints:
    """Return pairs of places (n, 2) that roads join: a spanning tree of short links, then the next shortest."""
    triangles = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(np.column_stack([x, y]))))
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)
    number = {place: k for k, place in enumerate(zip(x.tolist(), y.tolist(), strict=True))}
    rings = np.array([[number[a, b] for a, b in ring] for ring in corners.tolist()], dtype=np.int64)
    pairs = np.unique(np.sort(np.stack([rings[:, :-1], rings[:, 1:]], axis=2).reshape(-1, 2), axis=1), axis=0)
    length = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    pairs = pairs[np.argsort(length, kind="stable")]
    group = np.arange(len(x))
    tree = np.zeros(len(pairs), dtype=bool)
    for k, (a, b) in enumerate(pairs.tolist()):
        if group[a] != group[b]:
            tree[k] = True
            group[group == group[b]] = group[a]
    others = np.flatnonzero(~tree)
    return np.concatenate([pairs[tree], pairs[others[: int(len(others) * _MORE)]]])


def roads_of(seed: int, land: Land, places: tuple[Floats, Floats], calendar: Calendar) -> gpd.GeoDataFrame:
    """Return the roads between settlements as records; roads meet in settlements, vertex on vertex."""
    rng = rng_of(seed, "roads")
    x, y = places
    pairs = links_of(x, y)
    n = len(pairs)
    kind = np.array(list(_WIDTHS), dtype=object)[rng.choice(4, n, p=[0.12, 0.25, 0.35, 0.28])]
    middle = (x[pairs].mean(axis=1), y[pairs].mean(axis=1))
    near = land.area.from_front(*middle) < 0.12 * land.area.side
    status = np.full(n, "not_assessed", dtype=object)
    status[near] = rng.choice(["not_assessed", "verified", "cleared", "restricted", "closed"], int(near.sum()),
                              p=[0.35, 0.2, 0.25, 0.1, 0.1])  # fmt: skip
    proven = np.isin(status, ("verified", "cleared"))
    checked = rng.integers(HAND, calendar.last - 400, n)
    width = np.array([_WIDTHS[one] for one in kind.tolist()])
    rows = pd.DataFrame(
        {
            "id": [f"SY-W-{number:03d}" for number in range(1, n + 1)],
            "class": kind,
            "name": [f"R{number}" for number in range(1, n + 1)],
            "surface": [_SURFACES[one] for one in kind.tolist()],
            "width_m": width,
            "eo_status": status,
            "eo_width_m": np.where(proven, width, np.nan),
            "eo_as_of": dates(checked, ~proven),
            "expires_on": dates(checked + 730, ~proven | (rng.random(n) < 0.5)),
            "note": "SYNTHETIC",
            "source": "invented",
        }
    )
    lines = _winding(rng, land, x, y, pairs)
    return typed(gpd.GeoDataFrame(rows, geometry=lines, crs="EPSG:4326"), LAYERS["roads"])


def _winding(rng: np.random.Generator, land: Land, x: Floats, y: Floats, pairs: Ints) -> NDArray[np.object_]:
    """Return a line for each pair: straight at its ends, bent between them."""
    along = np.linspace(0, 1, _PIECES + 1)
    a, b = pairs.T
    east, north = x[b] - x[a], y[b] - y[a]
    bend = rng.normal(0, 0.05, (len(pairs), 2)) @ np.array([np.sin(np.pi * along), np.sin(2 * np.pi * along)])
    px = x[a, None] + along * east[:, None] - bend * north[:, None]
    py = y[a, None] + along * north[:, None] + bend * east[:, None]
    xy = land.area.lonlat(px.ravel(), py.ravel())
    return np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(len(pairs)), _PIECES + 1)), dtype=object)
