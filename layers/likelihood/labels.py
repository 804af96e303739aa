"""What looking found: cells that survey or clearance looked at in a period, and whether there was contamination.

Only ground that was looked at has a label. The rest is not assessed: it is neither a yes nor a no, and is left out.
Incidents are no labels: they tell where people went, and where none happened nobody looked. They are counted apart.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from layers.likelihood.covering import counted, covered_m2, without
from layers.likelihood.grid import Bools, Floats, Geometries, Grid
from layers.likelihood.known import Frames, Known, Layer, surveyed_between
from layers.likelihood.settings import Settings
from layers.versions import days
from layers.vocabulary import Classification, Product, QcStatus

LEAST_M2 = 1.0
"""Smaller pieces of ground (m2) are slivers of redrawing."""
_NOTHING = shapely.Polygon()


@dataclass(frozen=True, eq=False)
class Found:
    """What became known in a period, for each cell (c,).

    Attributes:
        looked: survey or clearance looked at it, and said what it found.
        positive: there was contamination; only where `looked`.
        found_m2: ground newly found hazardous, or newly confirmed (m2).
        incidents: how many that happened or were told of in the period.
    """

    looked: Bools
    positive: Bools
    found_m2: Floats
    incidents: Floats


def found_between(frames: Frames, grid: Grid, before: Known, after: Known, settings: Settings) -> Found:
    """Return what became known from the end of one day to the end of a later one.

    Positive is a cell with ground that was newly recorded as hazardous or newly confirmed by survey, or with an item or
    strike found on ground that was released or surveyed in the period. Looked at in vain is a cell of which releases
    by survey (cancelled, reduced) and surveys without evidence cover `looked_share`, and that is not positive.

    Args:
        frames: version frames.
        grid: c cells.
        before, after: what was known at the beginning and at the end.
        settings: when ground counts as looked at.
    """
    found_m2 = covered_m2(grid, _found_ground(frames, before, after))
    releases, surveys = (_new(name, before, after) for name in ("releases", "surveys"))
    finds = _finds_at_work(before, after, releases, surveys)
    positive = (found_m2 > LEAST_M2) | (counted(grid, finds) > 0)
    answers = releases.frame["product"].to_numpy() != Product.cleared
    if settings.finds_recorded:
        answers |= True
    in_vain = covered_m2(grid, np.r_[releases.shapes[answers], surveys.shapes])
    looked = positive | (in_vain >= settings.looked_share * grid.cell_m**2)
    return Found(looked, positive, found_m2, counted(grid, _new("incidents", before, after).shapes))


def _new(name: str, before: Known, after: Known) -> Layer:
    """Return the records of a layer that were not known before."""
    later = after.layers[name]
    return later.where(~np.isin(later.ids, before.layers[name].ids))


def _found_ground(frames: Frames, before: Known, after: Known) -> Geometries:
    """Return ground newly recorded as hazardous, and ground newly confirmed, by survey.

    A hazard found again on released ground is found; one that is told of again as it was is not.
    """
    surveyed = surveyed_between(frames, before.date, after.date)
    hazards, earlier = after.layers["hazards"], before.layers["hazards"]
    hazards = hazards.where(np.array([one in surveyed for one in hazards.ids], dtype=bool))
    confirmed, was = (one.frame["classification"].to_numpy() == Classification.CHA for one in (hazards, earlier))
    suspected = _beyond(hazards.where(~confirmed), earlier, before)
    direct = _beyond(hazards.where(confirmed), earlier.where(was), before)
    found: Geometries = np.r_[suspected, direct]
    return found


def _beyond(hazards: Layer, earlier: Layer, before: Known) -> Geometries:
    """Return each hazard without what it was before, and without what of the others was not yet released."""
    others = without(earlier.shapes, _in_effect(before.layers["releases"]).shapes)
    itself = dict(zip(earlier.ids, earlier.shapes, strict=True))
    was: Geometries = np.array([itself.get(one, _NOTHING) for one in hazards.ids], dtype=object)
    return np.asarray(shapely.difference(without(hazards.shapes, others), was), dtype=object)


def _in_effect(releases: Layer) -> Layer:
    """Return the releases that need no quality control, or passed it."""
    return releases.where(releases.frame["qc_status"].isin([QcStatus.passed, QcStatus.not_required]).to_numpy(bool))


def _finds_at_work(before: Known, after: Known, releases: Layer, surveys: Layer) -> Geometries:
    """Return new finds on ground released or surveyed in the period, made no later than that work ended."""
    known_before = before.finds.ids
    finds = after.finds.where(~np.isin(after.finds.ids, known_before))
    shapes = np.r_[releases.shapes, surveys.shapes]
    ended = np.r_[days(releases.frame["completed_on"]), days(surveys.frame["surveyed_on"])]
    which, work = shapely.STRtree(shapes).query(finds.shapes, predicate="intersects")
    on_time = days(finds.frame["found_on"])[which] <= ended[work]
    at_work: Geometries = finds.shapes[np.unique(which[on_time])]
    return at_work
