"""Lines of routes, and parts of them."""

from collections.abc import Sequence

import numpy as np

from layers.roads.network import Floats
from layers.routing.snap import metres

DIGITS = 7
"""Decimals of a degree in an answer: 1 cm."""


def stretch_of(lonlat: Floats, begin: float, end: float) -> Sequence[Sequence[float]]:
    """Return the part of a line (k, 2) from metre `begin` to metre `end` of it, its ends cut between vertices."""
    along = np.r_[0.0, np.cumsum(metres(lonlat[:-1], lonlat[1:]))]
    inside = np.flatnonzero((along > begin) & (along < end))
    ends = np.column_stack([np.interp([begin, end], along, lonlat[:, k]) for k in (0, 1)])
    part: Sequence[Sequence[float]] = np.round(np.vstack([ends[:1], lonlat[inside], ends[1:]]), DIGITS).tolist()
    return part
