"""From many places to many: how long, how far, and on what evidence."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from layers.roads.classes import Evidenced
from layers.routing.arcs import arcs, graph
from layers.routing.reasons import Reasons
from layers.routing.stretches import Stretches
from layers.routing.trees import met

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AT_A_TIME = 8
"""Origins searched together; bounds memory."""


def matrix(
    ways: Stretches,
    origins: Sequence[int] | Ints,
    destinations: Sequence[int] | Ints,
) -> pd.DataFrame:
    """Return the fastest unbarred way between all pairs of places, and whether there is one over surveyed road alone.

    A row per pair, origin by origin. Columns: `origin`, `destination` (places in the arguments); `seconds`, `metres` of
    the fastest way (NaN where there is none); `worst`, the worst class of evidence on it, and `verdict`:
    insufficient_information where any metre is unsurveyed, else go_with_conditions, no_go where there is no way;
    `reason`, why there is none (see `Unreached`), else ""; `surveyed_seconds`, the fastest way without an unsurveyed
    metre (NaN where there is none). Verdicts are for the road alone, without what lies between a place and the road.

    Args:
        ways: the stretches of a mode.
        origins, destinations: nodes of the stretches.

    Raises:
        ValueError: there is no origin or no destination, or a node does not exist.
    """
    start, goal = np.asarray(origins, np.int64), np.asarray(destinations, np.int64)
    for name, nodes in (("origins", start), ("destinations", goal)):
        if not len(nodes):
            raise ValueError(f"{name}: name at least one")
        if nodes.min() < 0 or nodes.max() >= ways.nodes:
            raise ValueError(f"{name}: only nodes 0 to {ways.nodes - 1} exist")
    open_ = ~ways.blocked
    on = graph(arcs(ways, open_))
    surveyed = graph(arcs(ways, open_ & (ways.worst > Evidenced.unsurveyed)))
    shape = (len(start), len(goal))
    seconds, metres, without = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    worst = np.full(shape, -1, np.int8)
    reason = np.full(shape, "", object)
    reasons: Reasons | None = None
    for low in range(0, len(start), AT_A_TIME):
        rows = slice(low, low + AT_A_TIME)
        cost, before = dijkstra(on.matrix, indices=start[rows], return_predecessors=True)
        seconds[rows] = np.where(np.isfinite(cost[:, goal]), cost[:, goal], np.nan)
        alone = dijkstra(surveyed.matrix, indices=start[rows])[:, goal]
        without[rows] = np.where(np.isfinite(alone), alone, np.nan)
        for k in range(len(cost)):
            there = np.isfinite(cost[k, goal])
            by_class, least = met(ways, on, before[k].astype(np.int64), goal[there])
            metres[low + k, there], worst[low + k, there] = by_class.sum(axis=1), least
            if not there.all():
                reasons = reasons or Reasons(ways)
                reason[low + k, ~there] = reasons.why(int(start[low + k]), goal[~there])
    classes = np.array([kind.name for kind in Evidenced] + [""], object)
    verdict = np.where(worst <= Evidenced.unsurveyed, "insufficient_information", "go_with_conditions")
    return pd.DataFrame(
        {
            "origin": np.repeat(np.arange(len(start)), len(goal)),
            "destination": np.tile(np.arange(len(goal)), len(start)),
            "seconds": seconds.ravel(),
            "metres": metres.ravel(),
            "worst": classes[worst.ravel()],
            "verdict": np.where(np.isnan(seconds), "no_go", verdict).ravel(),
            "reason": reason.ravel(),
            "surveyed_seconds": without.ravel(),
        }
    )
