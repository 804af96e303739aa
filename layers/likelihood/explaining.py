"""A likelihood in words: what it was learned from, how good it is beside plain distance, and what it does not say."""

import math
from collections.abc import Mapping

import pandas as pd

from layers.likelihood.methods import MODELS, PLAIN
from layers.likelihood.panel import Panel
from layers.likelihood.settings import Settings
from layers.likelihood.surface import SENTENCES

SHOWN = 5
"""Weights of the logistic regression that are told."""
_MUCH = 0.05
"""Share of the cells from which it is told that something there lies beyond what was learned from."""


def verdict(scores: pd.DataFrame, model: str, *, worse: Mapping[str, str], method: str, beaten: bool) -> str:
    """Return the sentence on whether a model is worth having.

    Args:
        scores: a row per method, as `scores_of`.
        model: the best of the models.
        worse: for each plain method that the model is not better than, why.
        method: what tells the surface.
        beaten: whether that is surely better than chance.
    """
    precision = scores["pr_auc"].to_dict()
    beside = " and ".join(f"{precision[plain]:.3f} of {plain}" for plain in PLAIN)
    numbers = f"PR-AUC {precision[model]:.3f} beside {beside}"
    if not worse:
        return f"The model ({model}) is better than plain distance to what is known, and than plain density: {numbers}."
    why = "; than ".join(f"{plain}: {reason}" for plain, reason in worse.items())
    told = f"The model ({model}) is no better than {why} ({numbers})."
    told = f"{told} The surface is that of {method}."
    if beaten:
        return told
    return (
        f"{told} Even that ranks ground that was looked at no better than chance explains: plan by evidence, not by it."
    )


def scores_of(folds: pd.DataFrame) -> pd.DataFrame:
    """Return a row per method: the mean over folds of each score, and its standard deviation as `…_sd`."""
    numbers = folds.drop(columns=["fold"]).groupby("method", sort=False)
    mean, spread = numbers.mean(), numbers.std(ddof=1)
    names = [name for name in mean.columns if name != "n"]
    columns = {name: mean[name] for name in names} | {f"{name}_sd": spread[name] for name in names}
    order = [one for name in names for one in (name, f"{name}_sd")]
    return pd.DataFrame(columns)[order].loc[[*MODELS, *PLAIN]]


def explained(  # noqa: PLR0913 - all that there is to tell
    panel: Panel,
    scores: pd.DataFrame,
    sentence: str,
    settings: Settings,
    *,
    constant: list[str],
    weights: pd.Series,
    reliabilities: Mapping[str, pd.DataFrame],
    dated: bool,
    beyond: pd.Series,
    lines: bool,
) -> str:
    """Return the text.

    Args:
        panel: the examples.
        scores: as `scores_of`.
        sentence: the verdict.
        settings: how it was learned.
        constant: features that say nothing here, and were left out.
        weights: of the logistic regression, the strongest first.
        reliabilities: by method, as `layers.likelihood.scores.reliability`.
        dated: whether the frames say when their versions were recorded.
        beyond: by feature, on which share of the cells it lies beyond all that was learned from.
        lines: whether former lines were given.
    """
    told = [sentence, "", *_learned_from(panel, settings), *_judged(scores, reliabilities, settings)]
    strongest = ", ".join(f"{name} {value:+.2f}" for name, value in weights.iloc[:SHOWN].items())
    told.append(f"Raises (+) or lowers (-) the likelihood in the logistic regression, per deviation: {strongest}.")
    if constant:
        told.append(f"The same everywhere, and so left out: {', '.join(constant)}.")
    if beyond.max() > _MUCH:
        told.append(
            f"On {beyond.max():.0%} of the cells the {beyond.idxmax()} lies beyond all that was learned from; there it "
            "is taken as the nearest that was, and the likelihood is worth less."
        )
    if not dated:
        told.append(
            "The frames do not say when they were recorded: dates of information stand for dates of knowledge, and a "
            "report that came late counts as known too early."
        )
    if lines:
        told.append("Former lines have no dates: that they were known on the first of these days could not be checked.")
    return "\n".join([*told, "", *SENTENCES])


def _learned_from(panel: Panel, settings: Settings) -> list[str]:
    looked, yes = int(panel.looked.sum()), int((panel.looked & panel.positive).sum())
    cells = len(panel.cell)
    when = f"Looked ahead from {', '.join(map(str, panel.origins[:-1]))}, at last to {panel.origins[-1]}."
    counts = (
        f"Cells of {settings.cell_m:g} m, by period: {cells:,}. Looked at: {looked:,} ({looked / cells:.1%}); with "
        f"contamination: {yes:,}. Base rate among those: {panel.base_rate:.3f}; a ranking by chance has that PR-AUC."
    )
    rest = "All other ground is not assessed; it was learned from neither as contaminated nor as free of it."
    bias = (
        "Teams go where they expect something: among ground that nobody looked at, contamination is likely rarer than "
        "these likelihoods say, and ranked less reliably than the scores say."
    )
    return [when, counts, rest, bias]


def _judged(scores: pd.DataFrame, reliabilities: Mapping[str, pd.DataFrame], settings: Settings) -> list[str]:
    how = (
        f"Cross-validation in {settings.folds} parts of whole blocks of {settings.block_m / 1000:g} km, "
        f"{settings.margin_m / 1000:g} km apart from what was trained on; mean ± standard deviation over the parts:"
    )
    recall = (
        "m2 and incidents in a share of the area: which part of the hazardous ground and of the incidents that became "
        "known later lies in the best-ranked share of all ground of the tested blocks."
    )
    calibrated = "Calibration on blocks that were not trained on: likelihood told, and share found, by groups:"
    return [how, "", table(scores, settings), "", recall, "", calibrated, calibration(reliabilities), ""]


def table(scores: pd.DataFrame, settings: Settings) -> str:
    """Return the scores as a table of text."""
    names = {"pr_auc": "PR-AUC", "brier": "Brier", "brier_base": "Brier of base rate"}
    for what, word in (("m2", "m2"), ("incidents", "incidents")):
        names |= {f"recall_{what}_{round(s * 100)}": f"{word} in {s:.0%}" for s in settings.area_shares}
    shown = {
        word: [_mean(*pair) for pair in zip(scores[n], scores[f"{n}_sd"], strict=True)] for n, word in names.items()
    }
    return pd.DataFrame(shown, index=scores.index.rename(None)).T.to_string()


def calibration(reliabilities: Mapping[str, pd.DataFrame]) -> str:
    """Return tables of reliability side by side as text: what was told, and how often there was contamination."""
    shown = {
        (method, word): [f"{value:.3f}" for value in rows[word]]
        for method, rows in reliabilities.items()
        for word in ("told", "found")
    }
    return pd.DataFrame(shown).to_string(index=False)


def _mean(mean: float, spread: float) -> str:
    return "none known" if math.isnan(mean) else f"{mean:.3f}" if math.isnan(spread) else f"{mean:.3f} ± {spread:.3f}"
