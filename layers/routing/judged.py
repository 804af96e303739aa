"""Evidence, judged for one kind of traveller."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.roads.classes import HARD, Evidenced
from layers.roads.evidence import Evidence
from layers.roads.rules import Mode, Unsurveyed

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Judged:
    """The pieces of a network, and what they mean to a mode of travel.

    Attributes:
        evidence: the p pieces and their facts.
        mode: who travels.
        classes: (p,) the class of each piece, a value of `Evidenced`.
        lifted: (p,) whether cleared ground or a verification lifts a buffer (or SHA ground) there.
        allowed: (p,) whether the mode may use the piece at all; people on foot may not use all that is not barred.
        expired: (p,) whether a verification of the road has expired there.
    """

    evidence: Evidence
    mode: Mode
    classes: NDArray[np.int8]
    lifted: Bools
    allowed: Bools
    expired: Bools

    @property
    def hard(self) -> Bools:
        """Which pieces are hard blocks."""
        return np.asarray(self.classes <= HARD)

    def passable(self, unsurveyed: Unsurveyed = Unsurveyed.show) -> Bools:
        """Say which pieces a route may use, by what the traveller wants of road that nobody surveyed."""
        may = ~self.hard & self.allowed
        return may & (self.classes != Evidenced.unsurveyed) if unsurveyed == Unsurveyed.forbid else may
