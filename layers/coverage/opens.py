"""The open ground of a date, hazard by hazard: where each is unanswered, as polygons, and how much of it is shared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class OpenGround:
    """The hazards that are unanswered somewhere on a date, in order of id.

    Attributes:
        ids: (n,) their ids.
        confirmed: (n,) whether each is a CHA.
        accuracy_m: (n,) the positional accuracy its record states (m), NaN where it states none.
        asserted: (n,) the latest day (since 1970-01-01) up to the date on which it was opened or a survey version of it
            took effect: evidence of an earlier day says nothing about it.
        m2: (n,) its open ground (m2); ground of several hazards counts with each.
        polygons: (n,) its open ground.
        share: (s,) m2 of each piece of open ground under the same hazards; they sum to all open ground.
        share_of, sharing: (m,) pairs (share, hazard): that hazard is unanswered there; ascending.
    """

    ids: NDArray[np.object_]
    confirmed: Bools
    accuracy_m: Floats
    asserted: Ints
    m2: Floats
    polygons: Geometries
    share: Floats
    share_of: Ints
    sharing: Ints

    def __len__(self) -> int:
        """Return the number of hazards."""
        return len(self.ids)

    def area(self, hazards: Ints) -> float:
        """Return the ground (m2) that has to be cleared so that none of some hazards is open, shared ground once."""
        touched = np.unique(self.share_of[np.isin(self.sharing, hazards)])
        return float(self.share[touched].sum())
