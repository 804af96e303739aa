"""Learn a likelihood from the record, judge it in blocks, and tell it for every cell."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.definitions import LAYERS
from layers.likelihood.attention import evidence_of
from layers.likelihood.explaining import explained, scores_of, verdict
from layers.likelihood.features import Heights, features, ground_of
from layers.likelihood.grid import Grid, grid_over
from layers.likelihood.known import USED, Frames, Known, known, version_frames
from layers.likelihood.methods import LOGISTIC, MODELS, PLAIN, PLAIN_DISTANCE, Taught, teach, weights
from layers.likelihood.panel import Panel, last_known, origins_of, panel_of
from layers.likelihood.refused import NotEnough
from layers.likelihood.scores import reliability
from layers.likelihood.settings import Settings
from layers.likelihood.surface import Surface
from layers.likelihood.validation import Validated, finds_less, surely_better, validate
from layers.versions import as_date, in_force, typed

_PLANNED = Settings()
_SOON, _FIRST = 0.8, 0.95
"""Shares of the area below the likelihoods from which a cell is to be looked at soon, and first."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """A likelihood that was learned and judged.

    Attributes:
        surface: it, for every cell, as known on the last day.
        panel: the examples that it was learned from.
        validated: what each fold said.
        method: what told the surface: a model, or a plain number where no model is better.
        model: the best of the models.
        text: it in words.
    """

    surface: Surface
    panel: Panel
    validated: Validated
    method: str
    model: str
    text: str

    @property
    def better(self) -> bool:
        """Whether a model is better than plain distance and plain density, by more than chance."""
        return self.surface.better

    @property
    def base_rate(self) -> float:
        """Share of the cells looked at in which there was contamination."""
        return self.panel.base_rate

    def scores(self) -> pd.DataFrame:
        """Return a row per method: mean and standard deviation (`…_sd`) over the folds of each score."""
        return scores_of(self.validated.folds)

    def reliability(self, method: str | None = None) -> pd.DataFrame:
        """Return how often there was contamination where a method told a likelihood (its own by default)."""
        return _reliability(self.panel, self.validated, method or self.method)

    def explain(self) -> str:
        """Return in words what it was learned from, how good it is, and what it does not say."""
        return self.text

    def write_geotiff(self, path: Path | str) -> None:
        """Write the surface as a GeoTIFF; see `Surface.write_geotiff`."""
        self.surface.write_geotiff(path)


def fit(
    frames: Frames,
    *,
    lines: gpd.GeoDataFrame | None = None,
    height_of: Heights | None = None,
    until: dt.date | str | None = None,
    settings: Settings = _PLANNED,
) -> Likelihood:
    """Learn where survey would find contamination, from where it did, and judge that in blocks.

    At each of several past days, what was then known tells what ground looked like; what survey and clearance found in
    the period after tells whether there was contamination. Only ground that was looked at is learned from. Where no
    model is better than plain distance or density, the surface is that of the better of these two, and `better` is
    False.

    Args:
        frames: by name of layer, in any CRS: `districts` (the area) and `hazards`; and as far as there are any
            `releases`, `surveys`, `incidents`, `spots`, `roads`, `settlements`. All versions, with `recorded_at`: a
            store's snapshot holds them.
        lines: former lines of contact.
        height_of: gives the elevation (v,) of places (v, 2) in longitude and latitude (m).
        until: the day whose knowledge the surface shows; default the day of the last record.
        settings: cells, blocks, days, what is too little.

    Raises:
        NotEnough: the records can't carry a likelihood; the message says what is missing and what to do.
        ValueError: a required field of a frame is missing, a value is not of its kind, or only some frames have a CRS.
    """
    records = version_frames(frames)
    last = last_known(records)
    if last is None:
        raise NotEnough("There are no hazards, releases or surveys to learn from.")
    date = last if until is None else as_date(until)
    grid = grid_over(_area(frames, lines, date), settings.cell_m)
    ground = ground_of(grid, lines, height_of)
    panel = panel_of(records, grid, ground, origins_of(records, date, settings), settings)
    constant = _constant(panel)
    panel = replace(panel, features=panel.features.drop(columns=constant))
    validated = validate(panel, grid, settings)
    scores = scores_of(validated.folds)
    model = str(scores.loc[list(MODELS), "pr_auc"].idxmax())
    worse = _no_better_than(validated.folds, scores, model, settings)
    better = not worse
    method = model if better else str(scores.loc[list(PLAIN), "pr_auc"].idxmax())
    beaten = _beats_chance(validated.folds, method)
    taught = {name: _taught(name, panel, settings) for name in {method, LOGISTIC}}
    now = known(records, grid, date)
    there = features(grid, now, ground)
    text = explained(
        panel,
        scores,
        verdict(scores, model, worse=worse, method=method, beaten=beaten),
        settings,
        constant=constant,
        weights=weights(taught[LOGISTIC]),
        reliabilities={name: _reliability(panel, validated, name) for name in (model, PLAIN_DISTANCE)},
        dated="recorded_at" in records["hazards"],
        beyond=_beyond(there[list(panel.features)], panel.features[panel.looked]),
        lines=lines is not None,
    )
    surface = _surface(grid, now, there, taught[method], better=better)
    return Likelihood(surface, panel, validated, method, model, text)


def _reliability(panel: Panel, validated: Validated, method: str) -> pd.DataFrame:
    told = validated.told[method].to_numpy(dtype=np.float64)
    return reliability(panel.positive[panel.looked], told[panel.looked])


def _area(frames: Frames, lines: gpd.GeoDataFrame | None, date: dt.date) -> gpd.GeoDataFrame:
    """Return the area, once it is sure that all frames lie in one world."""
    if frames.get("districts") is None:
        raise NotEnough("There is no area to look at. Give districts, or polygons of the area, as `districts`.")
    area = frames["districts"]
    given = {name: frame for name, frame in frames.items() if name in USED and frame is not None}
    for name, frame in {**given, **({} if lines is None else {"lines": lines})}.items():
        if len(frame) and (frame.crs is None) != (area.crs is None):
            message = f"{name} and districts: one says its coordinate system, the other does not. Set the missing one."
            raise ValueError(message)
    return in_force(typed(area, LAYERS["districts"]), date)


def _constant(panel: Panel) -> list[str]:
    """Return the features that are the same on all ground looked at: they say nothing.

    Raises:
        NotEnough: all of them are.
    """
    seen = panel.features[panel.looked]
    constant = [str(name) for name in seen if seen[name].nunique(dropna=True) < 2]
    if panel.looked.any() and len(constant) == len(seen.columns):
        raise NotEnough(
            "All ground that was looked at looks the same: nothing known of it (hazards, incidents, roads, terrain) "
            "differs from place to place. Give more layers, or days at which something was known."
        )
    return constant


def _taught(name: str, panel: Panel, settings: Settings) -> Taught:
    return teach(name, panel.features[panel.looked], panel.positive[panel.looked], settings.seed)


def _no_better_than(folds: pd.DataFrame, scores: pd.DataFrame, model: str, settings: Settings) -> dict[str, str]:
    """Return the plain methods that a model is not better than, each with the reason.

    Better is what ranks ground that was looked at surely better, and finds no less in the same part of all ground.
    """
    why = {}
    for plain in PLAIN:
        if not surely_better(folds, model, plain):
            why[plain] = "on ground that was looked at, any gain is within what chance explains"
        elif finds_less(scores, model, plain, settings.area_shares):
            why[plain] = "it ranks ground that was looked at better, but finds less in the same share of all ground"
    return why


def _beats_chance(folds: pd.DataFrame, method: str) -> bool:
    chance = folds[folds["method"] == PLAIN_DISTANCE].assign(method="chance", pr_auc=lambda rows: rows["base_rate"])
    return surely_better(pd.concat([folds, chance], ignore_index=True), method, "chance")


def _beyond(there: pd.DataFrame, learned: pd.DataFrame) -> pd.Series:
    """Return on which share of the cells each feature lies beyond all that was learned from."""
    return ((there < learned.min()) | (there > learned.max())).mean()


def _surface(grid: Grid, now: Known, there: pd.DataFrame, taught: Taught, *, better: bool) -> Surface:
    told = taught.likelihood(there)
    soon, first = np.quantile(told, [_SOON, _FIRST])
    return Surface(grid, told, evidence_of(grid, now), taught.name, better, now.date, float(soon), float(first))
