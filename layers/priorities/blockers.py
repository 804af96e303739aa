"""Blockers: sets of hazards of which at least one has to be cleared before a settlement can open.

A settlement is shut as long as no hazard of some blocker of it is cleared. The blockers say all there is to say about
the way without naming a single road: clearing at least one hazard of every blocker opens the settlement. There are too
many to list, so they are found where a plan breaks them (an implicit hitting set).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.priorities.clock import Arrays, arrays, opening_times
from layers.priorities.relevant import Relevant

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Steps:
    """A problem by steps: how many hazards of a sequence have been cleared when a settlement opens.

    Here a hazard is cleared by its own step alone, not with the ground of others.
    """

    part: Relevant
    counted: Arrays

    @classmethod
    def of(cls, part: Relevant) -> "Steps":
        """Return the steps of a problem: every hazard counts one."""
        h = len(part.of)
        ones = arrays(part, np.inf)._replace(share=np.ones(h), of_first=np.arange(h + 1), of=np.arange(h))
        return cls(part, ones)

    def when(self, sequence: Ints) -> Ints:
        """Return (n,) after how many hazards of a sequence of all each settlement opens."""
        return opening_times(self.counted, np.ascontiguousarray(sequence, np.int64))[0].astype(np.int64)


def forced(steps: Steps) -> Bools:
    """Return (n, h) which hazards each settlement cannot open without."""
    h = len(steps.part.of)
    out = np.zeros((len(steps.part.place), h), bool)
    for last in range(h):
        out[:, last] = steps.when(np.r_[np.delete(np.arange(h), last), last]) == h
    return out


def blocker(steps: Steps, settlement: int, cleared: Bools, order: Ints) -> Bools:
    """Return a smallest blocker of a settlement that is shut when some hazards are cleared, all outside of those.

    Hazards are added to the cleared ones in an order, as long as the settlement stays shut; the rest is the blocker.
    """
    before, queue = np.flatnonzero(cleared), order[~cleared[order]]
    blocks: list[int] = []
    while True:
        # The hazard with which it opens is one of the blocker; the others go on without it.
        step = int(steps.when(np.concatenate([before, queue, np.array(blocks, np.int64)]))[settlement])
        if step > len(before) + len(queue):
            break
        at = step - len(before) - 1
        blocks.append(int(queue[at]))
        before, queue = np.concatenate([before, queue[:at]]), queue[at + 1 :]
    kept = np.zeros(len(cleared), bool)
    kept[blocks] = True
    return kept


def apart(steps: Steps, settlement: int, order: Ints) -> list[Bools]:
    """Return blockers of a settlement that share no hazard, as many as come one after the other."""
    cleared = np.zeros(len(steps.part.of), bool)
    found = []
    while not steps.part.opened(cleared)[settlement]:
        found.append(blocker(steps, settlement, cleared, order))
        cleared |= found[-1]
    return found


def orders(part: Relevant) -> tuple[Ints, Ints]:
    """Return two orders in which blockers are grown: least own ground first, most first."""
    own = np.bincount(part.of.row, part.share[part.of.items], len(part.of))
    return np.argsort(own, kind="stable"), np.argsort(-own, kind="stable")


def first_blockers(steps: Steps) -> list[tuple[int, Bools]]:
    """Return for each settlement what it cannot open without, one by one, and some blockers that lie apart."""
    must = forced(steps)
    found = [(int(i), np.arange(must.shape[1]) == h) for i, h in np.argwhere(must)]
    for i in range(len(must)):
        for order in orders(steps.part):
            found += [(i, hazards) for hazards in apart(steps, i, order) if hazards.sum() > 1]
    return found
