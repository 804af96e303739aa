"""Where to look next: what evidence asks for, and a likelihood that can only add to it."""

from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from layers.likelihood.covering import covered_m2
from layers.likelihood.grid import Floats, Grid
from layers.likelihood.known import Known

Texts = NDArray[np.object_]

_WHOLE = 0.999


class Evidence(StrEnum):
    """What is on record for a cell. It is coarser than the state of the ground, and no part of the balance."""

    hazard_recorded = "hazard_recorded"
    """Some of it lies in a hazard in force, released or not."""
    not_assessed = "not_assessed"
    """No hazard, release or survey is on record there. That is not absence of hazard."""
    partly_looked_at = "partly_looked_at"
    """Releases and surveys cover some of it; the rest is not assessed."""
    looked_at = "looked_at"
    """Releases and surveys cover it."""


class Attention(IntEnum):
    """How soon survey should look at a cell. There is no level that says it need not."""

    as_planned = 0
    soon = 1
    first = 2


_FROM_EVIDENCE = {
    Evidence.hazard_recorded: Attention.first,
    Evidence.not_assessed: Attention.soon,
    Evidence.partly_looked_at: Attention.soon,
    Evidence.looked_at: Attention.as_planned,
}


def evidence_of(grid: Grid, now: Known) -> Texts:
    """Return the `Evidence` (c,) that is on record for each cell."""
    layers = now.layers
    hazard = covered_m2(grid, layers["hazards"].shapes) > 0
    looked = covered_m2(grid, np.r_[layers["releases"].shapes, layers["surveys"].shapes])
    found = np.full(len(grid), Evidence.not_assessed, dtype=object)
    found[looked > 0] = Evidence.partly_looked_at
    found[looked >= _WHOLE * grid.area_m2] = Evidence.looked_at
    found[hazard] = Evidence.hazard_recorded
    return found


def attention(likelihood: Floats, evidence: Texts, *, soon: float, first: float) -> NDArray[np.int64]:
    """Return the `Attention` (c,) for each cell: what its evidence asks for, or more where the likelihood is high.

    A likelihood never takes attention away, and where there is none (NaN) the evidence alone speaks.

    Args:
        likelihood: (c,) of contamination, 0 to 1.
        evidence: (c,) of `Evidence`.
        soon, first: from which likelihood a cell is to be looked at soon, and first.

    Raises:
        ValueError: `first` is below `soon`, or a word is none of `Evidence`.
    """
    if first < soon:
        message = f"first ({first}) must not be below soon ({soon})"
        raise ValueError(message)
    asked = np.array([_FROM_EVIDENCE[Evidence(one)] for one in evidence], dtype=np.int64)
    told = np.nan_to_num(np.asarray(likelihood, dtype=np.float64), nan=-np.inf)
    raised = np.where(told >= first, Attention.first, np.where(told >= soon, Attention.soon, Attention.as_planned))
    return np.maximum(asked, raised.astype(np.int64))
