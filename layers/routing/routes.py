"""Routes between places: the exact front of time against exposure, thinned to a few, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.roads.rules import Mode
from layers.routing.front import MOST_LABELS, STEP, Front, front
from layers.routing.graph import Ground, Stop, graph, layered
from layers.routing.route import Route, legs_of, route
from layers.routing.snap import Anchor, Connect, LonLat, Nearby, Refusal, anchor, checked, joined
from layers.routing.why import Opening, Reason, why

Ints = NDArray[np.int64]

MOST_VIA = 10
"""Places that a route may call at on its way."""


@dataclass(frozen=True, eq=False)
class Found:
    """Routes, or why there are none.

    Attributes:
        alternatives: none dominated by another, the fastest first.
        reasons: where there are none, why.
        front: how many routes the whole front has, before thinning.
        capped: the search hit a limit: other routes may be missing, never the fastest or the least exposed.
        labels: how many partial routes were followed.
        anchors: how each place meets the road; empty where one does not.
    """

    alternatives: tuple[Route, ...] = ()
    reasons: tuple[Reason, ...] = ()
    front: int = 0
    capped: bool = False
    labels: int = 0
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How far a search for routes goes.

    Attributes:
        max_alternatives: the most routes given; of 1, the least exposed is given.
        max_snap_m: the longest way from a place to the road (m).
        most_labels: partial routes after which a search gives up, and says so.
        detour: the longest time looked at, as a multiple of the fastest; None for no such limit.
    """

    max_alternatives: int = 5
    max_snap_m: float = 500.0
    most_labels: int = MOST_LABELS
    detour: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that leave nothing to search."""
        if self.max_alternatives < 1:
            raise ValueError("max_alternatives must be at least 1")
        if not (np.isfinite(self.max_snap_m) and self.max_snap_m >= 0):
            raise ValueError("max_snap_m must be a finite number of metres, not negative")
        if self.most_labels < 1:
            raise ValueError("most_labels must be at least 1")
        if self.detour is not None and not self.detour >= 1:
            raise ValueError("detour must be at least 1")


def thin(found: Front, most: int) -> Ints:
    """Return which routes of a front to give, in order: the fastest, the least exposed, and others far apart.

    Time and rounded exposure are each scaled to the front's own range. Then the route farthest from all that are taken
    is taken, the faster of two as far; so that asking for more only adds. Of one, the least exposed is given.
    """
    count = len(found)
    if count <= most:
        return np.arange(count)
    if most == 1:
        return np.array([count - 1])
    values = np.column_stack([found.time, -(-found.exposure // STEP)]).astype(np.float64)
    values = (values - values.min(axis=0)) / np.ptp(values, axis=0)
    taken = [0, count - 1]
    apart = np.minimum(*(np.hypot(*(values - values[k]).T) for k in taken))
    while len(taken) < most:
        taken.append(int(apart.argmax()))
        apart = np.minimum(apart, np.hypot(*(values - values[taken[-1]]).T))
    return np.sort(np.array(taken))


def routes(  # noqa: PLR0913 - a question, and what answers it
    ground: Ground,
    nearby: Nearby,
    places: Sequence[Sequence[float]],
    *,
    connect: Connect,
    opening: Opening | None = None,
    limits: Limits | None = None,
) -> Found:
    """Return routes that no other dominates in time and exposure, from the first place by all others to the last.

    Exposure is that of the whole route with its connectors, rounded up once. At a place on the way one may turn round.

    Args:
        ground: what travel over the network means to the traveller; made once by `layers.routing.graph.ground`.
        nearby: the edges of the same network.
        places: two or more, as longitude and latitude.
        connect: judges connectors.
        opening: finds what would open the way, where hazards bar it.
        limits: how far the search goes.

    Raises:
        ValueError: a place is not a place, or there are too few or too many.
    """
    limits = limits or Limits()
    if not 2 <= len(places) <= MOST_VIA + 2:
        raise ValueError(
            f"a route has a beginning, an end and up to {MOST_VIA} places between, not {len(places)} places"
        )
    named = [checked(lonlat, name) for lonlat, name in zip(places, _names(len(places)), strict=True)]
    if all(lonlat == named[0] for lonlat in named):
        return Found(reasons=(Reason("SAME_PLACE", "The route begins and ends at the same place."),))
    met = _met(nearby, ground, named, connect, limits.max_snap_m)
    refused = [(k, m) for k, m in enumerate(met) if isinstance(m, Refusal)]
    if refused:
        said = [_refused(ground, k, m, len(met), limits) for k, m in refused if m.code != "BARRED"]
        return Found(reasons=tuple(said or why(ground, [_stop(m) for m in met], opening)))
    anchors = tuple(m for m in met if isinstance(m, Anchor))
    n, last = len(ground.network.nodes), len(anchors) - 1
    base = graph(ground, [a.stop for a in anchors])
    whole = layered(base, [n + 2 * k for k in range(1, last)]) if last > 1 else base
    destination = n + 2 * last + (last - 1) * base.nodes
    found = front(whole, n, destination, most_labels=limits.most_labels, detour=limits.detour)
    if not len(found):
        reasons = why(ground, [a.stop for a in anchors], opening)
        return Found(reasons=tuple(reasons), anchors=anchors)
    chosen = [
        (found.paths[k], (int(found.time[k]), int(found.exposure[k]))) for k in thin(found, limits.max_alternatives)
    ]
    given = tuple(route(ground, anchors, legs_of(whole, arcs, anchors, n), costs) for arcs, costs in chosen)
    return Found(given, (), len(found), found.capped, found.labels, anchors)


def _names(count: int) -> list[str]:
    return ["from", *(f"via {k}" for k in range(1, count - 1)), "to"]


def _refused(ground: Ground, k: int, refusal: Refusal, count: int, limits: Limits) -> Reason:
    """Return the reason for a place that cannot be led to the road."""
    name = _names(count)[k]
    facts: dict[str, Any] = {"place": name, "distance_m": refusal.metres}
    if refusal.code == "NO_ROAD":
        far = "more than 50 km" if refusal.metres is None else f"{refusal.metres:.0f} m"
        within = f"within {limits.max_snap_m:g} m"
        detail = f"{name}: no road for this way of travelling lies {within}; the nearest is {far} away."
        detail += " Choose a place nearer to a road."
        return Reason("NO_ROAD", detail, facts)
    if refusal.code == "UNSURVEYED_NOT_ALLOWED":
        on_foot = ground.judged.mode == Mode.foot
        rule = (
            "people on foot may use verified carriageways and cleared, handed-over ground only"
            if on_foot
            else "unsurveyed ground was ruled out"
        )
        return Reason(
            "UNSURVEYED_NOT_ALLOWED", f"{name}: the way to the road leads over unsurveyed ground; {rule}.", facts
        )
    code = {0: "START_IN_BUFFER", count - 1: "END_IN_BUFFER"}.get(k, "VIA_IN_BUFFER")
    where = "every way from the place to a road meets" if refusal.code == "SHUT_IN" else "the place lies on"
    by = f": {', '.join(refusal.barring)}" if refusal.barring else ""
    detail = f"{name}: {where} open hazardous ground, or its buffer or that of a report{by}. Do not go there."
    return Reason(code, detail, {**facts, "barred_by": list(refusal.barring)})


def _met(
    nearby: Nearby, ground: Ground, places: Sequence[LonLat], connect: Connect, max_snap_m: float
) -> list[Anchor | Refusal]:
    """Lead all places to the road: to one part of the network where the nearest roads lie in several.

    A path that leads nowhere, or a yard that the map does not join to the street, is often the nearest road.
    """
    met = [anchor(nearby, ground, at, connect=connect, max_snap_m=max_snap_m) for at in places]
    touched = {int(ground.part_of[m.touch.edge]) for m in met if m.touch is not None}
    if len(touched) < 2:
        return met
    part = joined(nearby, ground, places, max_snap_m)
    if part is None:
        return met
    return [anchor(nearby, ground, at, connect=connect, max_snap_m=max_snap_m, part=part) for at in places]


def _stop(met: Anchor | Refusal) -> Stop:
    """Return where a place meets the road, be it barred there."""
    if isinstance(met, Anchor):
        return met.stop
    if met.touch is None:
        raise ValueError("the place meets no road")
    return Stop(met.touch.edge, met.touch.along)
