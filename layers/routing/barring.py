"""What bars the way between places, and the least ground to clear so that it opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.coverage.opens import OpenGround
from layers.routing.arcs import Arcs, Graph, arcs, fastest, graph, traced
from layers.routing.opening import chain
from layers.routing.passages import Passages, contract
from layers.routing.shared import SharedGround
from layers.routing.stretches import Judgement, Stretches, stretches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Opening:
    """The least ground to clear that connects places, and the way that then opens. It is no route to travel.

    Attributes:
        hazards: rows of the open ground, ascending.
        ids: their ids.
        m2: the ground to clear; shared ground counts once.
        bound_m2: no opening takes less.
        proven: whether m2 is the least, to rounding.
        points: rows of the evidence's incidents and spots on the way: 0 m2, but each must be dealt with first.
        stretches: the stretches of the way, from the source on.
        reversed: whether each is gone from its head to its tail.
        seconds: how long the way would take.
    """

    hazards: Ints
    ids: tuple[str, ...]
    m2: float
    bound_m2: float
    proven: bool
    points: Ints
    stretches: Ints
    reversed: Bools
    seconds: float


def least_opening(  # noqa: PLR0913
    ways: Stretches,
    ground: OpenGround,
    sources: Sequence[int] | Ints,
    targets: Sequence[int] | Ints,
    *,
    passages: Passages | None = None,
    needed: Ints | None = None,
    time_limit_s: float = 10.0,
) -> Opening | None:
    """Return the least ground to clear so that a target is reached from a source; None where no road leads there.

    Whole hazards are cleared, and every hazard that bars a stretch has to be. Roads closed by their record never open.
    Incidents and spots cost no ground: of ways that open, one past the fewest of them is taken, the fastest if several.

    Args:
        ways: the stretches of a mode.
        ground: the open ground that they are barred by.
        sources, targets: nodes of the stretches.
        passages: the same contracted, where it is at hand.
        needed: hazards to clear in any case (on a settlement, say).
        time_limit_s: how long the exact solver may take (s).

    Raises:
        ValueError: no source or no target.
    """
    start, goal = np.unique(np.asarray(sources, np.int64)), np.unique(np.asarray(targets, np.int64))
    if not len(start) or not len(goal):
        raise ValueError("name at least one source and one target")
    passages = passages or contract(ways)
    shared = SharedGround.of_open(ground)
    found = chain(passages, shared, passages.node[start], passages.node[goal], needed=needed, time_limit_s=time_limit_s)
    if found is None:
        return None
    after = opened(ways, found.hazards, start)
    way, backward, seconds = after.way(int(goal[np.argmin(after.cost[goal])]))
    return Opening(
        found.hazards,
        tuple(str(name) for name in ground.ids[found.hazards]),
        found.m2,
        found.bound_m2,
        found.proven,
        np.unique(ways.points.take(way)),
        way,
        backward,
        seconds,
    )


def opens(judged: Judgement, seconds: tuple[Floats, Floats], origin: int, destination: int) -> Mapping[str, Any]:
    """Return what opens a way between two nodes of a network, as plain values; empty where no clearing does.

    `hazards` and `points` (ids; points are incidents and spots to be dealt with), `m2`, `bound_m2`, `proven`.

    Args:
        judged: what the pieces of the network are to a mode.
        seconds: (e,) and (e,) travel times of the edges forwards and backwards (s), inf where the mode may not.
        origin, destination: nodes of the network.
    """
    evidence = judged.evidence
    found = least_opening(stretches(judged, seconds), evidence.hazards, [origin], [destination])
    if found is None:
        return {}
    return {
        "hazards": list(found.ids),
        "m2": found.m2,
        "bound_m2": found.bound_m2,
        "proven": found.proven,
        "points": [str(name) for name in evidence.points["id"].to_numpy()[found.points]],
    }


@dataclass(frozen=True, eq=False)
class Opened:
    """The ways from some sources once hazards are cleared: past the fewest stretches with points, then the fastest."""

    arcs: Arcs
    on: Graph
    cost: Floats
    before: Ints

    def way(self, goal: int) -> tuple[Ints, Bools, float]:
        """Return the way to a node: stretches, whether each is gone backwards, and seconds; empty at a source.

        Raises:
            ValueError: there is no way.
        """
        if np.isinf(self.cost[goal]):
            raise ValueError("no way opens when these hazards are cleared")
        way = traced(self.on, self.before, goal)
        return self.arcs.stretch[way], self.arcs.backward[way], float(self.arcs.seconds[way].sum())


def opened(ways: Stretches, cleared: Ints, sources: Ints) -> Opened:
    """Return the ways from some nodes once some hazards (rows of the open ground) are cleared."""
    left = np.bincount(ways.hazards.row, ~np.isin(ways.hazards.items, cleared), len(ways.edge)) > 0
    usable = arcs(ways, ~ways.shut & ~left)
    # A stretch past a point weighs more than any way without: than all seconds together.
    pointed = ways.points.counts[usable.stretch] > 0
    on = graph(usable, usable.seconds + pointed * (usable.seconds.sum() + 1.0))
    return Opened(usable, on, *fastest(on, sources))
