"""Whole units for the exact solver: every m2 and weight rounded down, so that its bound never says too much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.priorities.clock import Arrays, cost

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AREA, WEIGHT = 2.0**30, 2.0**20
"""All ground, and all weights, are at most as many units: their products and sums fit into 52 bits, and add exactly."""


@dataclass(frozen=True, eq=False)
class Units:
    """A problem in whole units.

    Attributes:
        m2, weighing: the size of a unit of ground (m2) and of weight, powers of two.
        share: (s,) units of each piece of ground.
        weight: (n,) units of weight of each settlement.
        horizon: units of ground cleared up to the horizon, None where there is none.
        rounded: the arrays of the problem so rounded, in units.
    """

    m2: float
    weighing: float
    share: Ints
    weight: Ints
    horizon: int | None
    rounded: Arrays

    def value(self, sequence: Ints) -> float:
        """Return the cost of a sequence in units."""
        return float(cost(self.rounded, sequence))

    def real(self, units: float) -> float:
        """Return units of cost as weight x m2."""
        return units * self.m2 * self.weighing


def units(a: Arrays) -> Units:
    """Return a problem in whole units; whole numbers of m2 and weight that fit stay what they are."""
    m2, weighing = _unit(a.share, AREA), _unit(a.weight, WEIGHT)
    share, weight = np.floor(a.share / m2), np.floor(a.weight / weighing)
    bounded = a.horizon < a.share.sum()
    horizon = float(np.floor(a.horizon / m2)) if bounded else np.inf
    rounded = a._replace(share=share, weight=weight, horizon=horizon)
    return Units(
        m2,
        weighing,
        share.astype(np.int64),
        weight.astype(np.int64),
        int(horizon) if bounded else None,
        rounded,
    )


def _unit(numbers: Floats, most: float) -> float:
    """Return the least power of two by which numbers come to at most so many; 1 where they are whole and do."""
    total = float(numbers.sum())
    if total <= most and (numbers == np.floor(numbers)).all():
        return 1.0
    return float(2.0 ** np.ceil(np.log2(total / most)))
