"""Cross-validation in blocks: ground that is near is alike, so what is tested lies in blocks that were not trained on.

Source of the method: D. R. Roberts et al., Cross-validation strategies for data with temporal, spatial, hierarchical,
or phylogenetic structure, Ecography 40 (2017). Source of the comparison between folds, which share training data:
C. Nadeau and Y. Bengio, Inference for the generalization error, Machine Learning 52 (2003).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from scipy.stats import t as student
from sklearn.model_selection import StratifiedGroupKFold

from layers.likelihood.grid import Bools, Grid, Ints
from layers.likelihood.methods import METHODS, teach
from layers.likelihood.panel import Panel
from layers.likelihood.refused import NotEnough
from layers.likelihood.scores import brier, pr_auc, recall_at
from layers.likelihood.settings import Settings

CONFIDENCE = 0.95
"""One-sided: a model counts as better only where chance would rarely make it look so."""


@dataclass(frozen=True, eq=False)
class Validated:
    """What the folds said.

    Attributes:
        folds: a row per method and fold, with its scores.
        told: likelihood (e,) of each example by each method, by folds that had not seen its block.
    """

    folds: pd.DataFrame
    told: pd.DataFrame


def split(panel: Panel, grid: Grid, settings: Settings) -> Iterator[tuple[Bools, Bools]]:
    """Yield for each fold which examples (e,) are trained on, and which are tested.

    Whole blocks are tested, all their cells in all periods. Trained on are looked-at cells of the other blocks, but for
    those within `margin_m` of a tested one.

    Raises:
        NotEnough: there are too few examples of a kind, or too few blocks with them.
    """
    _refuse(panel, settings)
    looked = np.flatnonzero(panel.looked)
    folds = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    for _, test in folds.split(looked, panel.positive[looked], panel.block[looked]):
        tested = np.isin(panel.block, panel.block[looked[test]])
        train = panel.looked & ~tested & ~_near(panel.cell, tested, grid, settings.margin_m)
        for part, which in (("training", train), ("test", tested & panel.looked)):
            if len(np.unique(panel.positive[which])) < 2:
                raise NotEnough(
                    f"The blocks fall apart so that a {part} part has not both ground with contamination and ground "
                    "without. Survey more places far from each other, or choose smaller blocks (`block_m`) or less "
                    "ground between them (`margin_m`)."
                )
        yield train, tested


def validate(panel: Panel, grid: Grid, settings: Settings) -> Validated:
    """Teach every method on each fold's training part, and score it on the blocks that it has not seen.

    Precision and calibration are told on ground that was looked at; recall at area on all ground of the blocks.

    Raises:
        NotEnough: as `split`.
    """
    rows: list[dict[str, object]] = []
    told = pd.DataFrame(np.nan, index=range(len(panel.cell)), columns=list(METHODS))
    area = grid.area_m2[panel.cell]
    for number, (train, tested) in enumerate(split(panel, grid, settings)):
        looked = tested & panel.looked
        base = float(panel.positive[train].mean())
        for name in METHODS:
            taught = teach(name, panel.features[train], panel.positive[train], settings.seed)
            here = panel.features[tested]
            likelihood, rank = taught.likelihood(here), taught.rank(here)
            told.loc[tested, name] = likelihood
            seen = panel.looked[tested]
            label = panel.positive[looked]
            row: dict[str, object] = {
                "method": name,
                "fold": number,
                "n": int(looked.sum()),
                "base_rate": float(label.mean()),
                "pr_auc": pr_auc(label, rank[seen]),
                "brier": brier(label, likelihood[seen]),
                "brier_base": brier(label, np.full(len(label), base)),
            }
            for share in settings.area_shares:
                for what, weight in (("m2", panel.found_m2), ("incidents", panel.incidents)):
                    name_of = f"recall_{what}_{round(share * 100)}"
                    row[name_of] = recall_at(rank, weight[tested], area[tested], panel.period[tested], share)
            rows.append(row)
    return Validated(pd.DataFrame(rows), told)


def surely_better(folds: pd.DataFrame, one: str, other: str) -> bool:
    """Say whether one method's PR-AUC exceeds another's by more than folds differ by chance (one-sided, 95 %).

    The corrected t statistic of Nadeau and Bengio: folds share training data, so their spread is too small.
    """
    ours, theirs = (folds[folds["method"] == name].set_index("fold")["pr_auc"] for name in (one, other))
    gain = (ours - theirs).dropna().to_numpy(dtype=np.float64)
    if len(gain) < 2 or not gain.mean() > 0:
        return False
    error = gain.std(ddof=1) * np.sqrt(1 / len(gain) + 1 / (len(gain) - 1))
    return bool(gain.mean() > student.ppf(CONFIDENCE, len(gain) - 1) * error)


def finds_less(scores: pd.DataFrame, one: str, other: str, shares: tuple[float, ...]) -> bool:
    """Say whether one method finds less of the later hazardous ground than another in any of the shares of the area."""
    names = [f"recall_m2_{round(share * 100)}" for share in shares]
    return bool((scores.loc[one, names] < scores.loc[other, names]).any())


def _near(cell: Ints, tested: Bools, grid: Grid, margin_m: float) -> Bools:
    """Return which examples (e,) lie within `margin_m` of a tested cell."""
    middles = KDTree(grid.centres[np.unique(cell[tested])])
    far = np.asarray(middles.query(grid.centres, distance_upper_bound=margin_m)[0])
    near: Bools = np.isfinite(far)[cell]
    return near


def _refuse(panel: Panel, settings: Settings) -> None:
    """Refuse records that can't carry a likelihood, each with what is missing and what to do."""
    yes, no = panel.looked & panel.positive, panel.looked & ~panel.positive
    span = f"from {panel.origins[0]} to {panel.origins[-1]}"
    if not no.any():
        raise NotEnough(
            f"No ground was looked at in vain {span}: there is nothing to compare contamination with. Record "
            "surveys without evidence, and cancelled and reduced ground."
        )
    for which, what, remedy in (
        (yes, "with contamination", "more hazards found by survey"),
        (no, "looked at in vain", "more surveys without evidence, and cancelled and reduced ground"),
    ):
        if which.sum() < settings.least:
            raise NotEnough(
                f"{which.sum()} cells {what} {span} are too few; {settings.least} are needed. Record {remedy}, or look "
                "at a longer time (`origins`)."
            )
        blocks = len(np.unique(panel.block[which]))
        if blocks < settings.folds:
            raise NotEnough(
                f"Cells {what} lie in {blocks} blocks of {settings.block_m / 1000:g} km; {settings.folds} are needed "
                "to test on ground that was not learned from. Survey more places far from each other, or choose "
                "smaller blocks (`block_m`)."
            )
