"""Why there is no way: what would have to be otherwise for there to be one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.roads.classes import Evidenced
from layers.routing.graph import Graph, Ground, Stop, graph
from layers.routing.judged import Judged
from layers.routing.search import advance, begin
from layers.routing.split import cut
from layers.vocabulary import EoStatus

Bools = NDArray[np.bool_]
Seconds = tuple[NDArray[np.float64], NDArray[np.float64]]

POLICY, HAZARD, CLOSED = 1, 2, 4
TRIED = (POLICY, HAZARD, CLOSED, POLICY | HAZARD, POLICY | CLOSED, HAZARD | CLOSED, POLICY | HAZARD | CLOSED)
"""What is thought away in turn until there is a way: single obstacles before several, a wish before a hazard."""

Opening = Callable[[Judged, Seconds, int, int], Mapping[str, Any]]
"""Says what opens a way between two nodes of a network: `hazards` (ids), `m2`, and what else it knows."""


@dataclass(frozen=True)
class Reason:
    """Why there is no route, or what is known about a stretch of one.

    Attributes:
        code: a word of the contract.
        detail: a sentence for people.
        facts: named values.
    """

    code: str
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def obstacles(ground: Ground) -> NDArray[np.int8]:
    """Return what bars each piece, as bits, shape (p,): the traveller's wish or mode, a hazard or report, a record."""
    judged = ground.judged
    pieces, classes = judged.evidence.pieces, judged.classes
    near = ((pieces["blocker"] >= 0) | (pieces["point"] >= 0)) & ~judged.lifted
    closed = classes == Evidenced.closed
    hazard = (classes == Evidenced.inside_hazard) | (classes == Evidenced.inside_buffer) | (closed & near)
    wish = ~judged.hard & ~ground.passable
    barred = wish * POLICY + hazard * HAZARD + (closed | (hazard & closed_by_record(judged))) * CLOSED
    return np.asarray(barred, dtype=np.int8)


def closed_by_record(judged: Judged) -> Bools:
    """Say which pieces lie on a road that stays closed to the mode whatever is cleared: its class may say a hazard."""
    network, rules = judged.evidence.network, judged.evidence.rules
    roads = network.roads
    if "eo_status" not in roads:
        return np.zeros(len(judged.classes), dtype=bool)
    status = roads["eo_status"].to_numpy(dtype=object)
    width = pd.to_numeric(roads["eo_width_m"]).to_numpy(np.float64) if "eo_width_m" in roads else np.nan
    narrow = ~(width >= rules.width_m[judged.mode])
    shut = (status == EoStatus.closed) | ((status == EoStatus.restricted) & narrow)
    return np.asarray(shut[network.road][judged.evidence.pieces["edge"]])


def leads(found: Graph, origin: int, destination: int) -> bool:
    """Say whether any path leads from one node to another."""
    reach = begin(found.nodes, len(found), origin)
    advance(found.leaving.star, (found.leaving.time, found.leaving.exposure), reach, destination, 0)
    return bool(reach.settled[destination])


def thought_away(ground: Ground, barred: NDArray[np.int8], what: int) -> Ground:
    """Return the ground as it would be without some obstacles."""
    return Ground(ground.judged, ground.seconds, np.asarray((barred & ~what) == 0), ground.unsurveyed)


def why(ground: Ground, stops: Sequence[Stop], opening: Opening | None = None) -> list[Reason]:
    """Return why no route calls at all stops in order; empty where one does.

    Args:
        ground: what travel means.
        stops: where the route was to begin, call and end.
        opening: finds what opens the way; without it the hazards are not named.
    """
    barred = obstacles(ground)
    n = len(ground.network.nodes)
    for what in (0, *TRIED):
        found = graph(thought_away(ground, barred, what), stops)
        if all(leads(found, n + 2 * k, n + 2 * k + 2) for k in range(len(stops) - 1)):
            return _reasons(ground, stops, what, opening)
    return [Reason("NO_ROAD", "No road leads there for this way of travelling, whatever is known of the ground.")]


def _reasons(ground: Ground, stops: Sequence[Stop], what: int, opening: Opening | None) -> list[Reason]:
    """Return a reason for each obstacle that had to be thought away."""
    reasons = []
    if what & HAZARD:
        facts = _opened(ground, stops, opening) if opening else {}
        detail = "Every way leads through open hazardous ground, its buffer, or the place of a report."
        reasons.append(Reason("ONLY_THROUGH_HAZARD", detail, facts))
    if what & CLOSED:
        detail = "Every way leads over a road whose record says closed, or too narrowly verified for this traveller."
        reasons.append(Reason("ONLY_THROUGH_CLOSED_ROAD", detail, {"roads": closed_on_the_way(ground, stops, what)}))
    if what & POLICY:
        detail = "Every way leads over ground that nobody surveyed, or that people on foot may not use."
        reasons.append(Reason("UNSURVEYED_NOT_ALLOWED", detail))
    return reasons


def _opened(ground: Ground, stops: Sequence[Stop], opening: Opening) -> Mapping[str, Any]:
    """Return what opens the first pair of stops that no way joins."""
    n = len(ground.network.nodes)
    barred = obstacles(ground)
    without = graph(thought_away(ground, barred, POLICY | CLOSED), stops)
    joined = [leads(without, n + 2 * k, n + 2 * k + 2) for k in range(len(stops) - 1)]
    k = joined.index(False) if False in joined else 0
    judged, seconds, nodes = cut(ground.judged, ground.seconds, [(s.edge, s.along) for s in stops[k : k + 2]])
    return opening(judged, seconds, int(nodes[0]), int(nodes[1]))


def closed_on_the_way(ground: Ground, stops: Sequence[Stop], what: int) -> list[str]:
    """Return the ids of the closed roads on the way that would be fastest were they open."""
    barred = obstacles(ground)
    n = len(ground.network.nodes)
    found = graph(thought_away(ground, barred, what), stops)
    shut = np.zeros(len(ground.network), dtype=bool)
    shut[ground.judged.evidence.pieces["edge"][(barred & CLOSED) > 0]] = True
    out, ids = found.leaving, set[str]()
    for k in range(len(stops) - 1):
        # Closed metres come first, so that roads are named that have to be opened, not those on a short cut.
        weight = np.where((found.edge >= 0) & shut[np.maximum(found.edge, 0)], found.time, 0)
        reach = begin(found.nodes, len(found), n + 2 * k)
        advance(out.star, (weight[out.arc], out.time), reach, n + 2 * k + 2, 0)
        node = n + 2 * k + 2
        while reach.via[node] >= 0:
            arc = out.arc[reach.via[node]]
            if weight[arc]:
                ids.add(str(ground.network.of_road("id")[found.edge[arc]]))
            node = int(found.tail[arc])
    return sorted(ids)
