"""For every settlement: is it reached from a displacement site, on what evidence, and if not, what bars the way."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.coverage.opens import OpenGround
from layers.roads.classes import HARD, Evidenced
from layers.routing.arcs import arcs, fastest, graph
from layers.routing.barring import Opened, opened
from layers.routing.opening import Chain, chain
from layers.routing.passages import Passages, contract
from layers.routing.places import Places
from layers.routing.reasons import Reasons, Unreached
from layers.routing.shared import SharedGround
from layers.routing.stretches import Stretches
from layers.routing.trees import met

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_SNAP_M = 500.0
"""How far from the road a settlement may lie (m) if nothing else is said."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A question of access. The stretches are cut at the places: first the site, then the settlements.

    Attributes:
        ways: the stretches of a mode.
        ground: the open ground that bars them.
        places: (1 + n,) where the site and the settlements meet the road.
        ids: (n,) ids of the settlements.
        points: ids of the evidence's incidents and spots; where they are not given their rows are named.
        max_snap_m: a settlement farther from the road has no road.
        time_limit_s: how long the least opening of one settlement may be searched (s).
    """

    ways: Stretches
    ground: OpenGround
    places: Places
    ids: NDArray[np.object_]
    points: NDArray[np.object_] | None = None
    max_snap_m: float = MAX_SNAP_M
    time_limit_s: float = 5.0


def access(asked: Asked) -> pd.DataFrame:
    """Return how each settlement is reached from a site, a row each, in order of id.

    Of all ways that nothing bars the one is taken whose worst class of evidence is best, and of those the fastest.
    What lies between a place and its road counts as unsurveyed.

    Columns: `settlement`; `reached`; `worst` (class of evidence) and `verdict`; `seconds` and `metres` (NaN where not
    reached); metres of each class that is no hard block; `road_m`, how far the road is; `reason` (see `Unreached`), ""
    where reached; `hazards` that bar the way, the ids joined with ;, and `m2`, the least ground to clear so that it
    opens, `bound_m2` and `proven`; `points`, the incidents and spots on that way joined with ;.

    Raises:
        ValueError: ids and places do not match, or the site is too far from any road.
    """
    ways, spots = asked.ways, asked.places
    if len(spots.edge) != len(ways.place) or len(asked.ids) != len(ways.place) - 1:
        raise ValueError("places must be the site and then one for each settlement, and the stretches cut there")
    if spots.distance[0] > asked.max_snap_m:
        raise ValueError(f"the site is {spots.distance[0]:.0f} m from the nearest road, over {asked.max_snap_m:.0f} m")
    site, nodes = int(ways.place[0]), ways.place[1:]
    near = spots.distance[1:] <= asked.max_snap_m
    seconds, by_class, worst = _best(ways, site, nodes)
    between = spots.distance[1:] + spots.distance[0]
    barred = (spots.hazards.counts + spots.points.counts) > 0
    free = near & ~barred[1:] & (not barred[0])
    reached = free & (worst >= 0)
    by_class[:, Evidenced.unsurveyed] += between
    worst = np.where(between > 0, np.minimum(worst, Evidenced.unsurveyed), worst)
    names = np.array([kind.name for kind in Evidenced], object)
    table = pd.DataFrame({"settlement": asked.ids, "reached": reached})
    table["worst"] = np.where(reached, names[np.maximum(worst, 0)], "")
    verdict = np.where(worst <= Evidenced.unsurveyed, "insufficient_information", "go_with_conditions")
    table["verdict"] = np.where(reached, verdict, "no_go")
    table["seconds"] = np.where(reached, seconds, np.nan)
    table["metres"] = np.where(reached, by_class.sum(axis=1), np.nan)
    for kind in Evidenced:
        if kind > HARD:
            table[kind.name] = np.where(reached, by_class[:, kind], np.nan)
    table["road_m"] = spots.distance[1:]
    barring = _barring(asked, site, nodes, reached, near)
    return pd.concat([table, barring], axis=1).sort_values("settlement", kind="stable", ignore_index=True)


def _best(ways: Stretches, site: int, nodes: Ints) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Return seconds, metres of each class and worst class of the best way to each node; -1 where none leads there."""
    seconds = np.full(len(nodes), np.nan)
    by_class = np.zeros((len(nodes), len(Evidenced)))
    worst = np.full(len(nodes), -1, np.int8)
    open_ = ~ways.blocked
    for kind in sorted((k for k in Evidenced if k > HARD), reverse=True):
        todo = np.flatnonzero(worst < 0)
        if not len(todo):
            break
        on = graph(arcs(ways, open_ & (ways.worst >= kind)))
        cost, before = fastest(on, np.array([site]))
        there = todo[np.isfinite(cost[nodes[todo]])]
        seconds[there] = cost[nodes[there]]
        by_class[there], worst[there] = met(ways, on, before, nodes[there])
    return seconds, by_class, worst


def _barring(asked: Asked, site: int, nodes: Ints, reached: Bools, near: Bools) -> pd.DataFrame:
    """Return for each settlement why it is not reached, and the least that opens its way."""
    ways, spots = asked.ways, asked.places
    passages, shared = contract(ways), SharedGround.of_open(asked.ground)
    reasons = Reasons(ways)
    known: dict[tuple[int, tuple[int, ...]], Chain | None] = {}
    after: dict[tuple[int, ...], Opened] = {}
    rows: list[tuple[str, str, float, float, bool | None, str]] = []
    for k in range(len(nodes)):
        if reached[k]:
            rows.append(("", "", np.nan, np.nan, None, ""))
            continue
        if not near[k]:
            rows.append((str(Unreached.no_road), "", np.nan, np.nan, None, ""))
            continue
        needed = np.union1d(spots.hazards[0], spots.hazards[k + 1])
        key = (int(passages.node[nodes[k]]), tuple(needed.tolist()))
        if key not in known:
            known[key] = _least(asked, passages, shared, site, int(nodes[k]), needed)
        found = known[key]
        if found is None:
            rows.append((str(reasons.why(site, nodes[k : k + 1])[0]), "", np.nan, np.nan, None, ""))
            continue
        own = np.union1d(spots.points[0], spots.points[k + 1])
        if len(ways.points.items):
            cleared = tuple(found.hazards.tolist())
            if cleared not in after:
                after[cleared] = opened(ways, found.hazards, np.array([site]))
            own = np.union1d(own, ways.points.take(after[cleared].way(int(nodes[k]))[0]))
        ids = ";".join(str(name) for name in asked.ground.ids[found.hazards])
        named = ";".join(str(point) for point in (own if asked.points is None else asked.points[own]))
        rows.append((str(Unreached.only_through_hazard), ids, found.m2, found.bound_m2, found.proven, named))
    return pd.DataFrame(rows, columns=["reason", "hazards", "m2", "bound_m2", "proven", "points"])


def _least(  # noqa: PLR0913, PLR0917
    asked: Asked, passages: Passages, shared: SharedGround, site: int, node: int, needed: Ints
) -> Chain | None:
    """Return the least ground that opens the way to a node."""
    ends = passages.node[[site]], passages.node[[node]]
    return chain(passages, shared, *ends, needed=needed, time_limit_s=asked.time_limit_s)
