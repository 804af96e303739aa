"""The problem of what to clear first, posed from roads, open ground and settlements."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.coverage.opens import OpenGround
from layers.priorities.problem import Problem, problem
from layers.routing.access import MAX_SNAP_M
from layers.routing.arcs import arcs, fastest, graph
from layers.routing.passages import contract
from layers.routing.places import Places, near
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround
from layers.routing.stretches import Stretches

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

AROUND_M = (500.0, 1000.0)
"""Distances within which hazards around a settlement are counted (m; domain rules, section 7)."""


@dataclass(frozen=True, eq=False)
class Situation:
    """Roads and the open ground that bars them, cut at displacement sites and settlements.

    Attributes:
        ways: the stretches of a mode; cut at the places below.
        ground: the open ground.
        places: (c + n,) where the c sites, then the n settlements, meet the road.
        sites: c.
        max_snap_m: what lies farther from the road has no road (m).
    """

    ways: Stretches
    ground: OpenGround
    places: Places
    sites: int
    max_snap_m: float = MAX_SNAP_M


def on_settlements(ground: OpenGround, settlements: Geometries, *, within_m: float = 0.0) -> Rows:
    """Return for each settlement (points or areas, longitude and latitude) the hazards on it, or within a distance."""
    return near(settlements, ground.polygons, within_m)


def around(ground: OpenGround, settlements: Geometries) -> pd.DataFrame:
    """Return how many hazards lie within 0.5 and 1 km of each settlement: `hazards_500_m`, `hazards_1000_m`."""
    return pd.DataFrame(
        {f"hazards_{metres:.0f}_m": near(settlements, ground.polygons, metres).counts for metres in AROUND_M}
    )


def posed(
    of: Situation,
    settlements: Sequence[str] | NDArray[np.object_],
    people: Sequence[float] | Floats,
    needed: Rows,
    *,
    weight: Sequence[float] | Floats | None = None,
) -> Problem:
    """Return the problem of what to clear first.

    A settlement needs the hazards on it, those between it and its road, and a way from any of the sites. Sites off the
    road, or with a hazard between them and the road, count for none.

    Args:
        of: roads, open ground and places.
        settlements: (n,) ids.
        people: (n,) people still to return.
        needed: the hazards on each settlement.
        weight: (n,) what a day of displacement of each counts; people where it is not given.

    Raises:
        ValueError: no site has a free way to a road; or what `problem` raises.
    """
    ways, spots, c = of.ways, of.places, of.sites
    on_road = spots.distance <= of.max_snap_m
    start = np.flatnonzero(on_road[:c] & (spots.hazards.counts[:c] == 0))
    if not len(start):
        raise ValueError("sites: none has a way to a road that no hazard bars")
    passages = contract(ways)
    cost, _ = fastest(graph(arcs(ways, ~ways.closed)), ways.place[start])
    wanted = [np.union1d(needed[k], spots.hazards[c + k]).tolist() for k in range(len(needed))]
    return problem(
        hazards=of.ground.ids,
        ground=SharedGround.of_open(of.ground),
        settlements=settlements,
        people=people,
        needed=wanted,
        passages=passages,
        sites=passages.node[ways.place[start]],
        place=np.where(on_road[c:], passages.node[ways.place[c:]], -1),
        way=cost[ways.place[c:]],
        weight=weight,
    )
