"""Who may use a road, and which way: by its class and the access tags of OpenStreetMap.

Source: the OpenStreetMap wiki, "Key:access" (the most particular tag rules) and "Key:oneway". Where a road says nothing
of itself, its class decides; a class that no vehicle fits on is closed to vehicles whatever a tag allows.
"""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers.roads.rules import Mode
from layers.roads.tags import Texts, each, extras, field_texts, texts

Bools = NDArray[np.bool_]

ON_FOOT = frozenset({"footway", "path", "steps", "cycleway", "pedestrian", "bridleway", "corridor"})
"""Classes that no motor vehicle is led along."""
NOT_ON_FOOT = frozenset({"motorway", "motorway_link"})
BUS_ONLY = frozenset({"busway", "bus_guideway"})

DENIED = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "use_sidepath"})
"""Values of an access tag under which a stranger may not pass."""

RULING: Mapping[Mode, tuple[str, ...]] = MappingProxyType(
    {
        Mode.convoy: ("hgv", "motor_vehicle", "vehicle", "access"),
        Mode.car: ("motorcar", "motor_vehicle", "vehicle", "access"),
        Mode.bus: ("bus", "psv", "motor_vehicle", "vehicle", "access"),
        Mode.foot: ("foot", "access"),
    }
)
"""The tags that rule each mode, the most particular first."""

GRADES = MappingProxyType({"grade1": 1, "grade2": 2, "grade3": 3, "grade4": 4, "grade5": 5})
UNKNOWN_GRADE = 3
"""What a track counts as that does not say its grade."""
WORST_GRADE = MappingProxyType({Mode.car: 5, Mode.bus: 2, Mode.convoy: 3})
"""The worst grade of track each kind of vehicle is led along."""
IMPASSABLE = frozenset({"impassable", "very_horrible"})
"""Values of `smoothness` that stop vehicles with wheels."""

CHANGING = frozenset({"reversible", "alternating"})
"""One-way roads whose direction changes with the hour: it can't be known, so vehicles are led neither way."""


def open_to(roads: gpd.GeoDataFrame) -> dict[Mode, Bools]:
    """Return for each mode whether each road (r,) is open to it."""
    extra = extras(roads)
    kind = field_texts(roads, "class")
    tags = {name: texts(extra, name) for name in sorted({name for names in RULING.values() for name in names})}
    walked, bus_only = _among(kind, ON_FOOT), _among(kind, BUS_ONLY)
    rough = _among(texts(extra, "smoothness"), IMPASSABLE)
    grade = grades(kind, texts(extra, "tracktype"))
    found: dict[Mode, Bools] = {}
    for mode, names in RULING.items():
        allowed = ~_among(_ruling([tags[name] for name in names]), DENIED)
        if mode is Mode.foot:
            found[mode] = allowed & ~_among(kind, NOT_ON_FOOT) & ~bus_only
        else:
            fits = ~walked & ~rough & (grade <= WORST_GRADE[mode])
            found[mode] = allowed & fits & (~bus_only | (mode is Mode.bus))
    return found


def directions(roads: gpd.GeoDataFrame) -> tuple[Bools, Bools]:
    """Return whether vehicles may drive along each road (r,) as it is drawn, and against it."""
    changing = _among(texts(extras(roads), "oneway"), CHANGING)
    given = roads["oneway"].to_numpy() if "oneway" in roads else np.zeros(len(roads), dtype=bool)
    oneway = np.array([one is not None and one == True for one in given.tolist()], dtype=bool)  # noqa: E712 - NA and NaN are not
    return ~changing, ~changing & ~oneway


def grades(kind: Texts, tracktype: Texts) -> NDArray[np.int64]:
    """Return the grade of each road (r,): 0 for what is no track, else 1 (solid) to 5 (soft)."""
    said = each(tracktype, lambda one: float(GRADES.get(one, 0))).astype(np.int64)
    return np.where((said == 0) & (kind == "track"), UNKNOWN_GRADE, said)


def _ruling(tags: list[Texts]) -> Texts:
    """Return the first of several tags that each road has."""
    found = tags[0].copy()
    for tag in tags[1:]:
        found = np.where(found == "", tag, found)
    return found


def _among(of: Texts, words: frozenset[str]) -> Bools:
    return each(of, lambda one: one in words).astype(bool)
