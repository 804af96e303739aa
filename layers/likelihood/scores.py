"""How good a ranking and its probabilities are: precision over recall, recall at area, calibration."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from layers.likelihood.grid import Bools, Floats, Ints

BINS = 10
"""Rows of the table of reliability: as many examples in each as can be."""


def pr_auc(positive: Bools, score: Floats) -> float:
    """Return the average precision of a ranking, for which chance gives the base rate; NaN without a positive."""
    return float(average_precision_score(positive, score)) if positive.any() else float("nan")


def brier(positive: Bools, likelihood: Floats) -> float:
    """Return the Brier score: the mean square of likelihood minus outcome.

    Source: G. W. Brier, Verification of forecasts expressed in terms of probability (1950).
    """
    return float(np.mean((likelihood - positive) ** 2)) if len(positive) else float("nan")


def found_within(score: Floats, weight: Floats, area_m2: Floats, share: float) -> float:
    """Return how much of `weight` lies in the best-ranked `share` of the area.

    Cells of one score are taken together: of the last ones that fit in part, the part that fits counts of each, as
    if drawn at random.

    Args:
        score: (n,) higher is earlier.
        weight: (n,) what is to be found in each cell.
        area_m2: (n,) of each cell (m2).
        share: of the whole area, 0 to 1.
    """
    if not len(score):
        return 0.0
    _, tie = np.unique(-score, return_inverse=True)
    area, found = (np.bincount(tie, weights=one) for one in (area_m2, weight))
    room = np.clip(share * area_m2.sum() - (np.cumsum(area) - area), 0.0, area)
    return float((found * room / np.where(area > 0, area, 1.0)).sum())


def recall_at(score: Floats, weight: Floats, area_m2: Floats, period: Ints, share: float) -> float:
    """Return which part of `weight` lies in the best-ranked `share` of the area, ranked anew in each period.

    NaN where there is nothing to be found. Arguments as `found_within`; period: (n,).
    """
    total = weight.sum()
    if not total > 0:
        return float("nan")
    each = [period == one for one in np.unique(period)]
    return sum(found_within(score[one], weight[one], area_m2[one], share) for one in each) / float(total)


def reliability(positive: Bools, likelihood: Floats) -> pd.DataFrame:
    """Return how often there was contamination where a likelihood was told.

    Rows are groups of about as many examples, in order of likelihood: `n`, `from`, `to`, `told` (mean likelihood) and
    `found` (share with contamination).
    """
    order = np.argsort(likelihood, kind="stable")
    groups = [one for one in np.array_split(order, min(BINS, len(order))) if len(one)] if len(order) else []
    return pd.DataFrame(
        {
            "n": [len(one) for one in groups],
            "from": [likelihood[one].min() for one in groups],
            "to": [likelihood[one].max() for one in groups],
            "told": [likelihood[one].mean() for one in groups],
            "found": [positive[one].mean() for one in groups],
        }
    )
