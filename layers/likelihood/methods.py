"""The ways to tell a likelihood: two models, and what a planner would go by without one.

The record grows: on the day of a surface more is known, nearer and denser, than on the days that were learned from. A
curve that is followed beyond what it was learned from tells anything; so what lies beyond is taken as the nearest that
was learned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

from layers.likelihood.features import DENSITY, DISTANCE
from layers.likelihood.grid import Bools, Floats

LOGISTIC, BOOSTING = "logistic regression", "gradient boosting"
PLAIN_DISTANCE, PLAIN_DENSITY = "plain distance", "plain density"
MODELS, PLAIN = (LOGISTIC, BOOSTING), (PLAIN_DISTANCE, PLAIN_DENSITY)
METHODS = (*MODELS, *PLAIN)


@dataclass(frozen=True, eq=False)
class Taught:
    """A method that was taught: it tells likelihoods, and how it ranks ground.

    Attributes:
        name: the method.
        estimator: scikit-learn's.
        columns: the features it looks at.
        sign: of the ranking by its one feature; 0 where it ranks by likelihood.
        bounds: (2, k) the least and the most of each feature that was learned from.
    """

    name: str
    estimator: Any
    columns: list[str]
    sign: float
    bounds: Floats

    def likelihood(self, table: pd.DataFrame) -> Floats:
        """Return the likelihood (n,) of contamination for each row, 0 to 1."""
        with _threads().limit(limits=1):
            told = self.estimator.predict_proba(np.clip(_numbers(table, self.columns), *self.bounds))[:, 1]
        return np.clip(np.asarray(told, dtype=np.float64), 0.0, 1.0)

    def rank(self, table: pd.DataFrame) -> Floats:
        """Return the score (n,) that ground is ranked by, higher first: nearer, denser, likelier."""
        if self.sign:
            return self.sign * table[self.columns[0]].to_numpy(dtype=np.float64)
        return self.likelihood(table)


def teach(name: str, table: pd.DataFrame, positive: Bools, seed: int) -> Taught:
    """Teach a method from examples.

    Plain distance and density rank by themselves; their likelihood is a logistic curve over the one number.

    Args:
        name: one of `METHODS`.
        table: (n rows) features that vary.
        positive: (n,) the labels.
        seed: of what is drawn.
    """
    make, columns, sign, tail = _RECIPES[name]
    # What is nowhere known among the examples says nothing.
    used = [str(one) for one in columns or table.columns if table[one].notna().any()]
    numbers = _numbers(table, used)
    bounds = np.nanquantile(numbers, [tail, 1 - tail], axis=0)
    estimator = make(seed)
    with _threads().limit(limits=1):
        estimator.fit(np.clip(numbers, *bounds), positive)
    return Taught(name, estimator, used, sign, bounds)


def weights(taught: Taught) -> pd.Series:
    """Return the coefficients of a logistic regression per standard deviation, the strongest first."""
    numbers = taught.estimator[-1].coef_[0]
    found = pd.Series(numbers, index=taught.columns)
    return found.reindex(found.abs().sort_values(ascending=False, kind="stable").index)


def _logistic(seed: int) -> Any:
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=1000, random_state=seed),
    )


def _boosting(seed: int) -> Any:
    # Shallow and slow: few examples, and neighbours that are alike.
    return HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=80,
        max_depth=3,
        min_samples_leaf=20,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )


@cache
def _threads() -> ThreadpoolController:
    """Return what holds threads back: with so few examples they cost more than they give.

    Sums in one order are the same on every machine, too.
    """
    return ThreadpoolController()


def _numbers(table: pd.DataFrame, columns: list[str]) -> Floats:
    return np.asarray(table[columns].to_numpy(dtype=np.float64))


_TAIL = 0.01
"""Share of the examples on either side whose value counts as that of the next: a line follows single ones too far."""

_RECIPES: dict[str, tuple[Callable[[int], Any], list[str], float, float]] = {
    LOGISTIC: (_logistic, [], 0.0, _TAIL),
    BOOSTING: (_boosting, [], 0.0, 0.0),
    PLAIN_DISTANCE: (_logistic, [DISTANCE], -1.0, _TAIL),
    PLAIN_DENSITY: (_logistic, [DENSITY], 1.0, _TAIL),
}
