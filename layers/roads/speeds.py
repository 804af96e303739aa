"""How long a piece of road takes, by mode: class, surface, grade of track, posted limit, slope, fords and bridges.

The speeds are proposals for a programme to change: in the range of the published default car profiles of OSRM and
Valhalla, rounded down, and lower for buses and lower again for trucks that keep together in a convoy (at most 60 km/h).
They were not measured in any area; a time that is too long harms nobody.

On a slope a vehicle goes no faster than its power carries it: v = P / (m g (c + |s|)), with P/m the power by mass, c
the rolling resistance and s the slope. Downhill the same speed holds: a heavy vehicle descends in the gear in which it
would climb. Source: the balance of power and resistance in AASHTO, A Policy on Geometric Design of Highways and
Streets, whose design truck has 120 kg per kW; what buses and cars have, and the resistances, are textbook values.
People on foot walk by Tobler's function, v = 6 km/h exp(-3.5 |s + 0.05|). Source: W. Tobler, Three Presentations on
Geographical Analysis and Modeling, NCGIA Technical Report 93-1 (1993).
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from layers.roads.access import grades
from layers.roads.limits import limit_kmh
from layers.roads.network import MODE_BITS, Floats, Network
from layers.roads.rules import Mode
from layers.roads.tags import Texts, each, extras, field_texts, texts

MODES = (Mode.convoy, Mode.bus, Mode.car)
"""The columns of the tables below."""

CLASS_KMH: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "motorway": (60, 80, 90),
        "motorway_link": (40, 45, 50),
        "trunk": (60, 70, 80),
        "trunk_link": (35, 40, 45),
        "primary": (55, 60, 65),
        "primary_link": (30, 35, 40),
        "secondary": (45, 50, 55),
        "secondary_link": (30, 30, 35),
        "tertiary": (35, 40, 45),
        "tertiary_link": (25, 25, 30),
        "unclassified": (25, 30, 35),
        "residential": (20, 25, 30),
        "living_street": (8, 10, 10),
        "service": (12, 15, 15),
        "busway": (0, 40, 0),
        "track": (12, 15, 20),
        "road": (25, 30, 30),
    }
)
"""km/h on a good, level road of each class: convoy, bus, car."""
OTHER_CLASS = "road"
"""What a class counts as that is not among them: OpenStreetMap's word for a road nobody has looked at."""

SURFACE_KMH: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "compacted": (40, 50, 60),
        "paving_stones": (40, 45, 50),
        "sett": (25, 30, 35),
        "cobblestone": (20, 25, 30),
        "fine_gravel": (35, 40, 50),
        "gravel": (30, 35, 40),
        "pebblestone": (25, 30, 35),
        "unpaved": (25, 30, 35),
        "dirt": (20, 25, 30),
        "earth": (20, 20, 25),
        "ground": (20, 20, 25),
        "clay": (15, 20, 25),
        "grass": (15, 15, 20),
        "rock": (10, 10, 15),
        "stone": (10, 10, 15),
        "sand": (8, 10, 12),
        "mud": (5, 8, 8),
    }
)
"""km/h at most on a surface: dust and stones keep a convoy's vehicles apart. Others (asphalt, ...) set no limit."""

GRADE_KMH: tuple[tuple[float, float, float], ...] = (
    (90, 90, 90),
    (40, 45, 50),
    (25, 30, 35),
    (15, 18, 25),
    (10, 12, 15),
    (6, 8, 10),
)
"""km/h at most by the grade of a track: 0 (no track), 1 (solid) to 5 (soft)."""

FORD_KMH = (5.0, 5.0, 5.0)
"""km/h at most where the way is a ford: somebody looks at the water first."""
BRIDGE_FACTOR = (0.7, 0.9, 1.0)
"""A convoy crosses a bridge one heavy vehicle at a time."""

POWER_W_PER_KG = (8.3, 12.0, 40.0)
"""Power by mass (W/kg): convoy, bus, car. 8.3 is the design truck of 120 kg per kW."""
ROLLING_PAVED, ROLLING_LOOSE = 0.015, 0.04
"""Rolling resistance on a paved and on a loose surface."""
STEEPEST: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 0.07,
        "motorway_link": 0.09,
        "trunk": 0.09,
        "trunk_link": 0.10,
        "primary": 0.12,
        "primary_link": 0.12,
        "secondary": 0.14,
        "secondary_link": 0.14,
        "tertiary": 0.16,
        "tertiary_link": 0.16,
        "unclassified": 0.20,
        "residential": 0.20,
        "living_street": 0.20,
        "service": 0.25,
        "busway": 0.10,
        "road": 0.20,
        "track": 0.30,
    }
)
"""The steepest slope of a road of each class in mountains, no less than design standards allow (AASHTO: some 12 % for
collectors, 15 to 17 % for local roads). What seems steeper is a height that does not belong to the road."""
STEEPEST_PATH = 0.6
"""The same of paths, steps and all that is not among them."""
_GRAVITY = 9.81

WALK_KMH = 6.0
STEPS_FACTOR, WADING_FACTOR = 0.5, 0.3
"""On steps and through a ford people walk slower by so much."""


def seconds(network: Network, mode: Mode) -> tuple[Floats, Floats]:
    """Return how long each edge (e,) takes along and against it (s); inf where the mode may not go.

    Times are sums over the segments between vertices, so that cutting an edge at a vertex changes nothing. A segment
    whose height is not known at both ends is level.
    """
    slope, length = _slopes(network)
    edge = np.repeat(np.arange(len(network)), np.diff(network.first) - 1)
    level = _level_kmh(network, mode)[network.road[edge]]
    resistance = np.where(_loose(network), ROLLING_LOOSE, ROLLING_PAVED)[network.road[edge]]
    open_to = (network.allowed & MODE_BITS[mode]) > 0
    both = []
    for steepness, way in ((slope, network.forward), (-slope, network.backward)):
        usable = open_to if mode is Mode.foot else open_to & way
        kmh = _on_slope(level, steepness, resistance, mode)
        with np.errstate(divide="ignore"):
            times = np.bincount(edge, weights=length / (kmh / 3.6), minlength=len(network))
        both.append(np.where(usable, times, np.inf))
    return both[0], both[1]


def _slopes(network: Network) -> tuple[Floats, Floats]:
    """Return the slope (rise over run, along the edge) and the length (m) of each segment, edge by edge."""
    inner = np.ones(max(len(network.lonlat) - 1, 0), dtype=bool)
    inner[network.first[1:-1] - 1] = False
    length = np.diff(network.along)[inner]
    rise = np.nan_to_num(np.diff(network.height)[inner], nan=0.0)
    slope = np.divide(rise, length, out=np.zeros_like(rise), where=length > 0)
    edge = np.repeat(np.arange(len(network)), np.diff(network.first) - 1)
    of_class = each(field_texts(network.roads, "class"), lambda one: STEEPEST.get(one, STEEPEST_PATH))
    steepest = of_class[network.road[edge]]
    return np.clip(slope, -steepest, steepest), length


def _on_slope(level: Floats, slope: Floats, resistance: Floats, mode: Mode) -> Floats:
    if mode is Mode.foot:
        return np.asarray(level * np.exp(-3.5 * np.abs(slope + 0.05)))
    power = POWER_W_PER_KG[MODES.index(mode)]
    return np.asarray(np.minimum(level, 3.6 * power / (_GRAVITY * (resistance + np.abs(slope)))))


def _level_kmh(network: Network, mode: Mode) -> Floats:
    """Return km/h on each road (r,) where it is level; for people on foot before the slope's factor."""
    roads, extra = network.roads, extras(network.roads)
    kind, surface = field_texts(roads, "class"), field_texts(roads, "surface")
    ford = each(texts(extra, "ford"), lambda one: one not in {"", "no"}).astype(bool)
    if mode is Mode.foot:
        steps = np.where(kind == "steps", STEPS_FACTOR, 1.0)
        return np.asarray(WALK_KMH * steps * np.where(ford, WADING_FACTOR, 1.0))
    column = MODES.index(mode)
    bridge = each(texts(extra, "bridge"), lambda one: one not in {"", "no"}).astype(bool)
    by_class = each(kind, lambda one: CLASS_KMH.get(one, CLASS_KMH[OTHER_CLASS])[column])
    by_surface = each(surface, lambda one: SURFACE_KMH[one][column] if one in SURFACE_KMH else np.inf)
    by_grade = np.array([row[column] for row in GRADE_KMH])[grades(kind, texts(extra, "tracktype"))]
    posted = each(texts(extra, "maxspeed"), limit_kmh)
    kmh = np.minimum.reduce([by_class, by_surface, by_grade, posted, np.where(ford, FORD_KMH[column], np.inf)])
    return np.asarray(kmh * np.where(bridge, BRIDGE_FACTOR[column], 1.0), dtype=np.float64)


def _loose(network: Network) -> Texts:
    """Return whether the surface of each road (r,) is loose, by its surface, else by its being a track."""
    kind, surface = field_texts(network.roads, "class"), field_texts(network.roads, "surface")
    stone = {"paving_stones", "sett", "cobblestone"}
    loose = each(surface, lambda one: one in SURFACE_KMH and one not in stone).astype(bool)
    return np.asarray(loose | ((surface == "") & (kind == "track")))
