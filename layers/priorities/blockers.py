"""Blockers: sets of hazards of which at least one has to be cleared before a settlement can open.

A settlement is shut as long as a set of hazards that contains a blocker stays uncleared. The blockers say all there is
to say about the way without naming a single road: clearing at least one hazard of every blocker opens the settlement.
There are too many to list, so they are found where a plan breaks them (an implicit hitting set).
"""

import numpy as np
from numpy.typing import NDArray

from layers.priorities.relevant import Relevant

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def forced(part: Relevant) -> Bools:
    """Return (n, h) which hazards each settlement cannot open without."""
    out = np.zeros((len(part.place), len(part.of)), bool)
    for h in range(len(part.of)):
        cleared = np.ones(len(part.of), bool)
        cleared[h] = False
        out[:, h] = ~part.opened(cleared)
    return out


def blocker(part: Relevant, settlement: int, cleared: Bools, order: Ints) -> Bools:
    """Return a smallest blocker of a settlement that is shut when some hazards are cleared, all outside of those.

    Hazards are added to the cleared ones in an order, as long as the settlement stays shut; the rest is the blocker.
    """
    most = cleared.copy()
    for h in order:
        if not most[h]:
            most[h] = True
            most[h] = not part.opened(most)[settlement]
    return ~most


def apart(part: Relevant, settlement: int, order: Ints) -> list[Bools]:
    """Return blockers of a settlement that share no hazard, as many as come one after the other."""
    cleared = np.zeros(len(part.of), bool)
    found = []
    while not part.opened(cleared)[settlement]:
        found.append(blocker(part, settlement, cleared, order))
        cleared |= found[-1]
    return found
