"""Planning mode: the least ground to clear so that two places are connected. Its result is no route to travel."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.opens import OpenGround
from layers.roads.classes import Evidenced
from layers.roads.network import Network
from layers.routing.barring import Opening, least_opening
from layers.routing.passages import Passages
from layers.routing.reasons import Reasons, Unreached
from layers.routing.stretches import Stretches

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Planned:
    """A way that could be opened.

    Attributes:
        opening: what has to be cleared for it, with its bound; None where no clearing opens a way.
        reason: why nothing does, else ONLY_THROUGH_HAZARD, or "" where the way is open as it is.
        geometry: the way as it lies now, longitude and latitude; None where there is none.
        metres: metres of each class of evidence that it has now.
        length_m, seconds: how long it is, and would take.
        verdict: always `no_go`.
        planning: always true: it must not be handed out as a route.
    """

    opening: Opening | None
    reason: str
    geometry: shapely.LineString | None
    metres: dict[str, float]
    length_m: float
    seconds: float
    verdict: str = "no_go"
    planning: bool = True


def planned(  # noqa: PLR0913
    network: Network,
    ways: Stretches,
    ground: OpenGround,
    origin: int,
    destination: int,
    *,
    passages: Passages | None = None,
    time_limit_s: float = 10.0,
) -> Planned:
    """Return the least ground to clear between two places, and the way that then opens.

    Args:
        network: the roads that the stretches are of.
        ways: the stretches of a mode.
        ground: the open ground that bars them.
        origin, destination: nodes of the stretches.
        passages: the stretches contracted, where that is at hand.
        time_limit_s: how long the exact solver may take (s).
    """
    opening = least_opening(ways, ground, [origin], [destination], passages=passages, time_limit_s=time_limit_s)
    if opening is None:
        reason = Reasons(ways).why(origin, np.array([destination]))[0]
        return Planned(None, str(reason), None, {}, 0.0, np.nan)
    by_class = ways.metres[opening.stretches].sum(axis=0)
    barred = len(opening.hazards) > 0 or len(opening.points) > 0
    return Planned(
        opening=opening,
        reason=str(Unreached.only_through_hazard) if barred else "",
        geometry=_drawn(network, ways, opening.stretches, opening.reversed),
        metres={kind.name: float(by_class[kind]) for kind in Evidenced if by_class[kind] > 0},
        length_m=float(by_class.sum()),
        seconds=opening.seconds,
    )


def _drawn(network: Network, ways: Stretches, way: Ints, backward: Bools) -> shapely.LineString | None:
    """Return the line of some stretches one after the other, over the network's own vertices."""
    parts = []
    for k, back in zip(way, backward, strict=True):
        low, high = network.first[ways.edge[k]], network.first[ways.edge[k] + 1]
        along, xy = network.along[low:high], network.lonlat[low:high]
        begin, end = ways.begin[k], ways.end[k]
        inner = xy[(along > begin) & (along < end)]
        ends = np.column_stack([np.interp([begin, end], along, xy[:, axis]) for axis in (0, 1)])
        line = np.vstack([ends[:1], inner, ends[1:]])
        parts.append(line[::-1] if back else line)
    if not parts:
        return None
    joined = np.vstack([parts[0], *(part[1:] for part in parts[1:])])
    return shapely.LineString(joined)
