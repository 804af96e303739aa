"""An index over components that a user weighs, and how far the order of settlements hangs on the weights.

There is no index but by weights that somebody answers for. Components have units of their own, so each is put on the
scale from its least (0) to its greatest value (1) among the settlements that are ranked; a weight says how much that
whole range counts, and a negative one that less counts more. Whoever lacks a weighed component is not ranked: a
missing value is no 0.

Source: OECD and JRC, Handbook on Constructing Composite Indicators (2008), steps 5 (min-max normalisation), 6 (linear
aggregation) and 7 (sensitivity to weights).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BY = 0.2
"""How much each weight is moved, as a share of itself."""
TOP = 10
"""How many of the first are looked at."""
DIGITS = 12
"""Decimals of shares and indices: settlements that differ by less are level."""


@dataclass(frozen=True)
class Moved:
    """What becomes of the order when one weight is moved.

    Attributes:
        component: whose weight it is; factor: what it is multiplied by.
        correlation: Spearman's rank correlation with the order as asked; None where fewer than two are ranked, or all
            are level.
        stay: how many of the first `of` are among the first `of` still.
    """

    component: str
    factor: float
    correlation: float | None
    stay: int
    of: int


@dataclass(frozen=True, eq=False)
class Ranked:
    """An index.

    Attributes:
        value: (n,) the index, from -1 to 1; NaN where it is not ranked.
        rank: (n,) its place, 1 for the greatest, level ones share the better; 0 where it is not ranked.
        lacking: (n,) the weighed components that it lacks.
        scale: by component the least and the greatest value among those ranked.
        moved: each weight less and more, one at a time.
    """

    value: Floats
    rank: Ints
    lacking: tuple[tuple[str, ...], ...]
    scale: Mapping[str, tuple[float, float]]
    moved: tuple[Moved, ...]


def ranked(components: pd.DataFrame, weights: Mapping[str, float], *, by: float = BY, top: int = TOP) -> Ranked:
    """Return the index of settlements by weights, and how far their order hangs on each weight.

    Args:
        components: (n, c) a row per settlement, in an order that breaks ties; NaN where a value is missing.
        weights: by component, finite and not 0.
        by: how much each weight is moved, as a share of itself.
        top: how many of the first are looked at.

    Raises:
        ValueError: no weight, one of 0 or not finite, or one of a component that there is not.
    """
    names = list(weights)
    share = np.array([float(weights[name]) for name in names])
    if not names or not np.isfinite(share).all() or not share.all():
        raise ValueError("weights must be finite and not 0, and there must be one")
    unknown = [name for name in names if name not in components]
    if unknown:
        raise ValueError(f"there is no component {unknown[0]}")
    values = components[names].to_numpy(dtype=np.float64)
    whole = ~np.isnan(values).any(axis=1)
    scaled, scale = _scaled(values[whole])
    first = _index(scaled, share)
    order = _order(first)
    of = min(top, int(whole.sum()))
    moved = []
    for k, name in enumerate(names):
        for factor in (1 - by, 1 + by):
            other = _index(scaled, np.where(np.arange(len(names)) == k, share * factor, share))
            stay = len(set(order[:of].tolist()) & set(_order(other)[:of].tolist()))
            moved.append(Moved(name, factor, correlation(first, other), stay, of))
    value = np.full(len(values), np.nan)
    value[whole] = first
    rank = np.zeros(len(values), dtype=np.int64)
    rank[whole] = pd.Series(-first).rank(method="min").to_numpy(dtype=np.int64)
    lacking = tuple(tuple(n for n, gone in zip(names, row, strict=True) if gone) for row in np.isnan(values).tolist())
    return Ranked(value, rank, lacking, dict(zip(names, scale, strict=True)), tuple(moved))


def correlation(one: Floats, other: Floats) -> float | None:
    """Return Spearman's rank correlation of two indices (n,), level ones at their middle rank; None for no order."""
    first, second = (pd.Series(values).rank(method="average").to_numpy(dtype=np.float64) for values in (one, other))
    if len(one) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))


def _scaled(values: Floats) -> tuple[Floats, list[tuple[float, float]]]:
    """Return values from 0 to 1 of each component's range (0 where all are level), and the ranges."""
    if not len(values):
        return values, [(np.nan, np.nan)] * values.shape[1]
    least, greatest = values.min(axis=0), values.max(axis=0)
    width = np.where(greatest > least, greatest - least, 1.0)
    return (values - least) / width, list(zip(least.tolist(), greatest.tolist(), strict=True))


def _index(scaled: Floats, weights: Floats) -> Floats:
    """Return the index; weights all multiplied by one number give the same."""
    largest = weights / np.abs(weights).max()
    share = np.round(largest / np.abs(largest).sum(), DIGITS)
    return np.asarray(np.round(scaled @ share, DIGITS - 2))


def _order(index: Floats) -> Ints:
    return np.argsort(-index, kind="stable")
