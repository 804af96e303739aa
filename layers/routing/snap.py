"""From a place to the road: the nearest stretch that may be used, and what the ground between is known to be.

The straight line between, the connector, is road without a record: it is judged as a road would be. A place on the
carriageway itself has none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from layers import measure
from layers.roads.classes import Evidenced
from layers.roads.network import Network
from layers.routing.graph import MICRO, Ground, Stop, whole
from layers.routing.judged import Judged
from layers.routing.split import place
from layers.vocabulary import EoStatus

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
LonLat = tuple[float, float]

WALK_KMH = 4.0
"""How fast a connector is travelled, in every mode: on foot over open ground."""
CANDIDATES = 8
"""Roads that are tried from a place, the nearest first."""
NODE_M = 0.001
"""A place so near to the end of an edge (m) is at the node."""
NEAR_HAZARD = (Evidenced.inside_hazard, Evidenced.inside_buffer)
FAR_M = 50_000.0
"""How far off the nearest road is still looked for, to say how far it is."""

_GEOD = Geod(ellps="WGS84")
_A, _E2 = 6_378_137.0, 0.006_694_379_990_141_316

Connect = Callable[[Network], Judged]
"""Judges connectors: a network of one straight edge each, whose roads have no record."""


def checked(lonlat: Sequence[float], name: str) -> LonLat:
    """Return a place as longitude and latitude.

    Args:
        lonlat: two numbers.
        name: how the place is called in the message.

    Raises:
        ValueError: it is not two finite numbers within the range of longitude and latitude.
    """
    values = np.asarray(lonlat, dtype=np.float64)
    if values.shape != (2,) or not np.isfinite(values).all():
        raise ValueError(f"{name}: a place is two finite numbers, longitude and latitude in degrees")
    lon, lat = float(values[0]), float(values[1])
    if not -180 <= lon <= 180 or not -90 < lat < 90:
        raise ValueError(
            f"{name}: longitude {lon:g} must lie from -180 to 180 and latitude {lat:g} between -90 and 90;"
            " give longitude first"
        )
    return lon, lat


def metres(origin: Floats, end: Floats) -> Floats:
    """Return distances (m) on the ellipsoid between places (k, 2)."""
    found: Floats = np.asarray(_GEOD.inv(origin[:, 0], origin[:, 1], end[:, 0], end[:, 1])[2])
    return found


def per_degree(latitude: float) -> Floats:
    """Return the metres in a degree of longitude and of latitude, from the ellipsoid's radii of curvature."""
    sin = np.sin(np.radians(latitude))
    bend = 1 - _E2 * sin * sin
    across = _A / np.sqrt(bend) * np.cos(np.radians(latitude))
    found: Floats = np.radians(np.array([across, _A * (1 - _E2) / bend**1.5]))
    return found


def connectors(lines: Floats) -> Network:
    """Return straight lines (k, 2, 2) in degrees as a network: an edge each, of a road without a record."""
    count = len(lines)
    record: dict[str, Any] = dict.fromkeys(("class", "name", "surface", "eo_as_of", "expires_on"))
    record |= {"width_m": np.nan, "eo_width_m": np.nan, "oneway": False, "eo_status": EoStatus.not_assessed.value}
    names = {"id": [f"connector-{k + 1}" for k in range(count)]}
    geometry = np.asarray(shapely.linestrings(lines), dtype=object)
    roads = gpd.GeoDataFrame({**names, **record}, geometry=geometry, crs=measure.LONLAT)
    rows, may = np.arange(count), np.ones(count, dtype=bool)
    along = np.column_stack([np.zeros(count), metres(lines[:, 0], lines[:, 1])]).ravel()
    nodes = lines.reshape(-1, 2)
    return Network(
        roads,
        nodes,
        2 * rows,
        2 * rows + 1,
        rows,
        np.arange(count + 1) * 2,
        nodes,
        along,
        np.full(2 * count, np.nan),
        may,
        may,
        np.full(count, 0xFF, dtype=np.uint8),
    )


@dataclass(frozen=True, eq=False)
class Nearby:
    """The edges of a network, found by where they lie; made once per network."""

    network: Network

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A tree of the edges."""
        of = np.repeat(np.arange(len(self.network)), np.diff(self.network.first))
        return shapely.STRtree(np.asarray(shapely.linestrings(self.network.lonlat, indices=of)))

    def edges(self, at: LonLat, within_m: float) -> Ints:
        """Return the edges whose box comes within a distance (m) of a place, ascending."""
        reach = within_m / per_degree(at[1]) * 1.01
        box = shapely.box(at[0] - reach[0], at[1] - reach[1], at[0] + reach[0], at[1] + reach[1])
        return np.sort(self.tree.query(box)).astype(np.int64)


@dataclass(frozen=True)
class Touch:
    """The nearest place of an edge that may be used.

    Attributes:
        edge, along: where (m along the edge).
        piece: the piece it lies on.
        lonlat: the place.
        metres: how far off it is.
    """

    edge: int
    along: float
    piece: int
    lonlat: LonLat
    metres: float


def touch(ground: Ground, usable: Bools, at: LonLat, edge: int) -> Touch | None:
    """Return the place of an edge nearest to `at` on a usable piece (p,); None where it has none."""
    net = ground.network
    rows = np.arange(ground.first[edge], ground.first[edge + 1])
    rows = rows[usable[rows]]
    if not len(rows):
        return None
    pieces = ground.judged.evidence.pieces[rows]
    low, high = net.first[edge], net.first[edge + 1]
    along, line = net.along[low:high], (net.lonlat[low:high] - at) * per_degree(at[1])
    # Each segment's nearest point, held within each piece that lies on it; shapes (pieces, segments).
    run, vector = np.diff(along), np.diff(line, axis=0)
    square = (vector**2).sum(axis=1)
    share = np.divide(-(line[:-1] * vector).sum(axis=1), square, out=np.zeros(len(run)), where=square > 0)
    begin = np.maximum(pieces["begin"][:, np.newaxis], along[:-1])
    end = np.minimum(pieces["end"][:, np.newaxis], along[1:])
    spot = np.clip(along[:-1] + np.clip(share, 0, 1) * run, begin, np.maximum(begin, end))
    part = np.divide(spot - along[:-1], run, out=np.zeros_like(spot), where=run > 0)
    off = np.hypot(*np.moveaxis(line[:-1] + part[..., np.newaxis] * vector, -1, 0))
    off = np.where(begin <= end, off, np.inf)
    which, segment = np.unravel_index(np.argmin(off), off.shape)
    if not np.isfinite(off[which, segment]):
        return None
    metre = _at_node(float(spot[which, segment]), pieces[which], float(along[-1]))
    there = place(net, edge, metre)
    away = float(metres(np.array([at]), there[np.newaxis])[0])
    return Touch(edge, metre, int(rows[which]), (float(there[0]), float(there[1])), away)


def _at_node(metre: float, piece: NDArray[np.void], length: float) -> float:
    """Return the place on an edge, moved to its end where that is a millimetre off and on the same piece."""
    if metre < NODE_M and piece["begin"] <= 0:
        return 0.0
    return length if length - metre < NODE_M and piece["end"] >= length else metre


def touches(nearby: Nearby, ground: Ground, usable: Bools, at: LonLat, within_m: float) -> list[Touch]:
    """Return the nearest usable place of each road within a distance (m), the nearest first."""
    edges = nearby.edges(at, within_m)
    found = (touch(ground, usable, at, int(edge)) for edge in edges[ground.usable[edges]])
    near = [t for t in found if t is not None and t.metres <= within_m]
    return sorted(near, key=lambda t: (t.metres, t.edge, t.along))


@dataclass(frozen=True, eq=False)
class Anchor:
    """Where a place meets the road.

    Attributes:
        at: the place.
        touch: the place on the road.
        judged: the evidence on the connector, None where the place lies on the carriageway.
        row: the edge of `judged` that the connector is.
    """

    at: LonLat
    touch: Touch
    judged: Judged | None = None
    row: int = 0

    @property
    def length(self) -> float:
        """The length of the connector (m)."""
        return 0.0 if self.judged is None else float(self.judged.evidence.network.length[self.row])

    @property
    def pieces(self) -> Ints:
        """The pieces of the connector, from the place to the road."""
        if self.judged is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.judged.evidence.pieces["edge"] == self.row)

    @property
    def stop(self) -> Stop:
        """The place as a stop of the graph, with what its connector costs."""
        if self.judged is None:
            return Stop(self.touch.edge, self.touch.along)
        pieces, rows = self.judged.evidence.pieces, self.pieces
        weight = pieces["exposed"][rows].astype(np.int64) + (self.judged.classes[rows] == Evidenced.unsurveyed)
        exposure = int(((whole(pieces["end"]) - whole(pieces["begin"]))[rows] * weight).sum())
        return Stop(self.touch.edge, self.touch.along, round(self.length / WALK_KMH * 3.6 * MICRO), exposure)


REFUSALS = ("IN_BUFFER", "UNSURVEYED_NOT_ALLOWED", "BARRED", "SHUT_IN", "NO_ROAD")
"""Why a place is not led to the road: it lies on open ground or in a buffer; the way to the road is ruled out; there is
road, and none of it may be used; every way to a road meets open ground or a buffer; there is no road. Of several
reasons the first is given."""


@dataclass(frozen=True)
class Refusal:
    """Why a place cannot be led to the road.

    Attributes:
        code: one of `REFUSALS`.
        metres: to the nearest road that the mode may use, None where there is none within 50 km.
        touch: the nearest place on such a road within reach, whatever is known of it.
        barring: ids of the hazards, incidents and spots that bar the place or every way from it.
    """

    code: str
    metres: float | None
    touch: Touch | None = None
    barring: tuple[str, ...] = ()


def half_width(ground: Ground, piece: int) -> float:
    """Return how far (m) the carriageway reaches from the line of the road at a piece.

    Where a buffer is lifted only the width that was verified is carriageway.
    """
    judged, edge = ground.judged, int(ground.judged.evidence.pieces["edge"][piece])
    verified = judged.classes[piece] == Evidenced.verified
    if judged.lifted[piece] and not verified:
        return 0.0
    width = float(ground.widths["eo_width_m" if verified else "width_m"][ground.network.road[edge]])
    return (0.0 if verified else judged.evidence.rules.road_width_m) / 2 if np.isnan(width) else width / 2


def joined(nearby: Nearby, ground: Ground, places: Sequence[LonLat], max_snap_m: float) -> int | None:
    """Return the part of the network (`Ground.part_of`) that all places have within reach, and nearest in sum.

    None where there is none. Evidence is not looked at.
    """
    everything = np.ones(len(ground.passable), dtype=bool)
    near: list[dict[int, float]] = []
    for at in places:
        mine: dict[int, float] = {}
        for met in touches(nearby, ground, everything, at, max_snap_m):
            mine.setdefault(int(ground.part_of[met.edge]), met.metres)
        near.append(mine)
    common = set.intersection(*(set(mine) for mine in near))
    return min(common, key=lambda part: (sum(mine[part] for mine in near), part)) if common else None


def anchor(  # noqa: PLR0913 - a place, a network and what may be done
    nearby: Nearby,
    ground: Ground,
    at: LonLat,
    *,
    connect: Connect,
    max_snap_m: float = 500.0,
    part: int | None = None,
) -> Anchor | Refusal:
    """Lead a place to the road.

    Args:
        nearby: the edges of the network.
        ground: what travel over them means.
        at: longitude and latitude.
        connect: judges connectors.
        max_snap_m: the longest connector (m).
        part: the part of the network (`Ground.part_of`) to be led to; None for any.

    Returns:
        The nearest place on a road whose connector may be used, or why there is none. A place that itself lies on open
        ground or in its buffer is refused, however near another road may be.
    """
    pieces = ground.judged.evidence.pieces["edge"]
    inside = np.ones(len(pieces), dtype=bool) if part is None else (ground.part_of == part)[pieces]
    refused: list[Refusal] = []
    # Most places have a road close by: look there first.
    for within in (max_snap_m / 16, max_snap_m / 4, max_snap_m):
        everything = touches(nearby, ground, inside, at, within)
        near = touches(nearby, ground, inside & ground.passable, at, within)
        if near and _beside(ground, near[0], everything[0]):
            return Anchor(at, near[0])
        if not everything:
            continue
        piece = everything[0].piece
        if everything[0].metres == 0 and ground.judged.classes[piece] in NEAR_HAZARD:
            return Refusal("IN_BUFFER", 0.0, everything[0], _barring(ground.judged, np.array([piece])))
        led = _led(at, near or everything, ground, connect)
        if isinstance(led, Anchor):
            if near:
                return led
            led = Refusal("BARRED", everything[0].metres, everything[0])
        refused.append(led)
        if led.code == "IN_BUFFER":
            break
    if not refused:
        return Refusal("NO_ROAD", _how_far(nearby, ground, at, max_snap_m))
    return min(refused, key=lambda one: REFUSALS.index(one.code))


def _beside(ground: Ground, usable: Touch, nearest: Touch) -> bool:
    """Say whether a place lies on the carriageway of a usable stretch, and on that of nothing nearer."""
    return usable.metres <= min(half_width(ground, usable.piece), nearest.metres + NODE_M)


def _led(at: LonLat, roads: Sequence[Touch], ground: Ground, connect: Connect) -> Anchor | Refusal:
    """Lead a place to the nearest of some roads that a usable connector leads to, or say why none does."""
    tried = [t for t in roads if t.metres > 0][:CANDIDATES]
    if not tried:
        return Refusal("BARRED", roads[0].metres, roads[0])
    judged = connect(connectors(np.array([[at, t.lonlat] for t in tried])))
    edge, passable = judged.evidence.pieces["edge"], judged.passable(ground.unsurveyed)
    beginning = np.searchsorted(edge, np.arange(len(tried)))
    barring = _barring(judged, np.flatnonzero(judged.hard))
    if judged.hard[beginning].any():
        own = _barring(judged, beginning[judged.hard[beginning]])
        return Refusal("IN_BUFFER", tried[0].metres, tried[0], own)
    for row, touched in enumerate(tried):
        if passable[edge == row].all():
            return Anchor(at, touched, judged, row)
    shut_in = all(judged.hard[edge == row].any() for row in range(len(tried)))
    return Refusal("SHUT_IN" if shut_in else "UNSURVEYED_NOT_ALLOWED", tried[0].metres, tried[0], barring)


def _barring(judged: Judged, pieces: Ints) -> tuple[str, ...]:
    """Return the ids of the hazards, then of the incidents and spots, that bar some pieces."""
    evidence = judged.evidence
    held = [evidence.barred_by[evidence.barring[p] : evidence.barring[p + 1]] for p in pieces]
    hazards = np.unique(np.concatenate([*held, np.empty(0, dtype=np.int64)]).astype(np.int64))
    points = np.unique(evidence.pieces["point"][pieces])
    return (*map(str, evidence.hazards.ids[hazards]), *map(str, evidence.points["id"].iloc[points[points >= 0]]))


def _how_far(nearby: Nearby, ground: Ground, at: LonLat, reach: float) -> float | None:
    """Return the distance (m) to the nearest road that the mode may use, None where it is beyond `FAR_M`."""
    everything = np.ones(len(ground.passable), dtype=bool)
    while reach < FAR_M:
        reach = min(FAR_M, max(2 * reach, 1000.0))
        found = touches(nearby, ground, everything, at, reach)
        if found:
            return found[0].metres
    return None
