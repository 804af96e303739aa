"""Open ground that hazards share: what it costs (m2) to clear several of them, shared ground counted once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from layers.coverage.opens import OpenGround
from layers.routing.rows import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SharedGround:
    """Pieces of open ground under the same hazards, and which of them each hazard lies on.

    Attributes:
        share: (s,) m2 of each piece.
        of: for each of h hazards, the pieces it is open on.
    """

    share: Floats
    of: Rows

    @classmethod
    def of_open(cls, ground: OpenGround) -> Self:
        """Return the shares of the open ground of a date; hazards are its rows."""
        return cls(ground.share, Rows.of(ground.sharing, ground.share_of, len(ground)))

    def touched(self, hazards: Ints) -> Ints:
        """Return the pieces of ground that some hazards lie on, ascending, each once."""
        return np.unique(self.of.take(hazards))

    def area(self, hazards: Ints) -> float:
        """Return the ground (m2) that has to be cleared so that none of some hazards is open."""
        return float(self.share[self.touched(hazards)].sum())

    def without(self, hazards: Ints) -> "SharedGround":
        """Return the same ground after some hazards were cleared: what they lie on costs nothing any more."""
        share = self.share.copy()
        share[self.touched(hazards)] = 0.0
        return SharedGround(share, self.of)
