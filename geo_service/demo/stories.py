"""What happened to the hazards: in each round every hazard may grow, worsen, be mended, withdrawn or released.

All hazards go through the rounds together, as columns: a hundred thousand cost little more than a hundred.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from geo_service.demo.area import Geometries, Rng, rng_of
from geo_service.demo.calendar import CEASEFIRE, HAND, SECOND_WAR, Calendar, dates
from geo_service.demo.districts import Land
from geo_service.demo.hazards import Hazards
from geo_service.demo.shapes import Bools, Ints, cut
from geo_service.demo.words import ARCHIVES, EVIDENCE, NAMED, REPORTS, WORSE, lists, words
from layers import measure

ROUNDS = 4
REPORT = "report"
"""The column that says on which day (since 1970-01-01) a row was reported."""
GAP = 40
"""Days between two reports on one record: more than the longest month, so that no file holds both."""

_ACTIONS = (
    ("grows", 0.07),
    ("confirmed", 0.08),
    ("downgraded", 0.05),
    ("named", 0.05),
    ("corrected", 0.06),
    ("mended", 0.04),
    ("predated", 0.03),
    ("worked_on", 0.06),
    ("withdrawn", 0.02),
    ("released", 0.40),
)
NAMES = tuple(name for name, _ in _ACTIONS)
_CHANCES = np.cumsum([chance for _, chance in _ACTIONS])
_AFTER_RELEASE = 0.35
"""How much less happens on ground that is released."""
_PREDATED = (150, 900)
"""By how many days a hazard turns out to be older than its record said."""


Chosen = Callable[..., Ints]
"""Answers the rows to which an action happens in a round, and dates their reports."""


@dataclass
class Released:
    """Ground taken out of hazards: a row per release, to be told by `releases`."""

    hazard: Ints
    day: Ints
    report: Ints
    confirmed: Bools
    devices: Ints
    polygon: Geometries


@dataclass
class Story:
    """Where all hazards stand in their stories, and what was written down so far.

    Attributes:
        day: the `valid_from` of each one's last version.
        gone, freed: withdrawn; released as a whole.
        told: how many versions each has.
        rows: the versions, as frames.
        released: the releases.
    """

    hazards: Hazards
    land: Land
    calendar: Calendar
    rng: Rng
    day: Ints
    gone: Bools
    freed: Bools
    told: Ints
    evidence: Geometries
    rows: list[pd.DataFrame] = field(default_factory=list)
    released: list[Released] = field(default_factory=list)

    def tell(  # noqa: PLR0913 - the columns of a version
        self,
        rows: Ints,
        valid: Ints,
        change: str | Geometries,
        *,
        status: str | Geometries = "open",
        note: str | Geometries | None = None,
        keeps: Bools | bool = False,
    ) -> None:
        """Write down a version of some hazards as they are now."""
        h = self.hazards
        polygons = h.shape.draw(self.land.area, rows)
        archive = h.archive[rows]
        source = np.where(archive >= 0, np.array(ARCHIVES, dtype=object)[archive], words(self.rng, REPORTS, len(rows)))
        columns = {
            "id": h.ids[rows],
            "valid_from": dates(valid),
            "classification": np.where(h.confirmed[rows], "CHA", "SHA"),
            "opened_on": dates(h.opened[rows]),
            "status": status,
            "change": change,
            "keeps_released": keeps,
            "devices": lists(h.devices[rows]),
            "evidence": self.evidence[rows],
            "reported_area_m2": np.round(measure.areas(polygons) * h.bias[rows], -1),
            "positional_accuracy_m": h.accuracy[rows],
            "estimated_geometry": h.estimated[rows],
            "note": note,
            "source": source,
            "archive": archive,
            "geometry": polygons,
            REPORT: h.known[rows],
        }
        self.rows.append(pd.DataFrame(columns, index=range(len(rows))))
        self.told[rows] += 1


def told(seed: int, hazards: Hazards, land: Land, calendar: Calendar) -> Story:
    """Return the hazards' stories from the first report to the end. Changes `hazards`."""
    n = len(hazards)
    rng = rng_of(seed, "stories")
    evidence = words(rng, EVIDENCE, n)
    story = Story(
        hazards,
        land,
        calendar,
        rng,
        hazards.opened.copy(),
        np.zeros(n, bool),
        np.zeros(n, bool),
        np.zeros(n, int),
        evidence,
    )
    everyone = np.arange(n)
    copied = np.flatnonzero(hazards.copies >= 0)
    note = np.full(n, None, dtype=object)
    note[copied] = [f"possibly the same ground as {one}" for one in hazards.ids[hazards.copies[copied]]]
    story.tell(everyone, hazards.opened, "survey", note=note)
    for days in _round_days(rng, hazards, calendar).T:
        _round(story, days)
    _late_growth(story)
    return story


def _round_days(rng: Rng, hazards: Hazards, calendar: Calendar) -> Ints:
    """Return the day of each hazard's rounds, ascending: some before the hand-over, most in the busy years since."""
    n = len(hazards)
    early = hazards.opened + 200 + rng.random((ROUNDS, n)) * np.maximum(SECOND_WAR - 200 - hazards.opened, 0)
    start = np.maximum(hazards.opened + 60, HAND)
    busy = start + rng.random((ROUNDS, n)) * np.maximum(calendar.last + 120 - start, 0)
    quiet = (rng.random((ROUNDS, n)) < 0.16) & (hazards.opened < SECOND_WAR - 800)
    found = np.sort(np.where(quiet, early, busy), axis=0) + np.arange(ROUNDS)[:, None] * GAP
    return np.asarray(found.astype(np.int64).T)


def _round(story: Story, days: Ints) -> None:
    h, rng, n = story.hazards, story.rng, len(story.hazards)
    dice = rng.random(n) / np.where(story.freed, _AFTER_RELEASE, 1.0)
    action = np.searchsorted(_CHANCES, dice, "right")
    lag = rng.integers(4, 45, n)
    report = np.maximum(days + lag, h.known)
    possible = (days > story.day + 5) & (report <= story.calendar.last) & (np.arange(n) > 0) & ~story.gone

    def of(name: str, also: Bools | None = None) -> Ints:
        mine = possible & (action == NAMES.index(name))
        rows = np.flatnonzero(mine if also is None else mine & also)
        h.known[rows] = report[rows]
        return rows

    # Mending the first version, or the day it was opened, is told apart: only while nothing else was told, in a later
    # file, so that no later version has to be mended with it.
    alone = (story.told == 1) & (days > HAND + GAP) & (report > h.known + GAP)
    _survey_rounds(story, of, days)
    _correction_rounds(story, of, days, alone)
    if len(rows := of("released")):
        _release(story, rows, days[rows])


def _survey_rounds(story: Story, of: Chosen, days: Ints) -> None:
    h, rng = story.hazards, story.rng
    rows = of("grows")
    n = len(rows)
    h.shape.grow(rows, rng.uniform(-np.pi, np.pi, n), rng.uniform(0.15, 0.55, n), h.largest[rows])
    _next(story, rows, days, "survey", note="larger than thought")
    rows = of("confirmed", ~h.confirmed)
    keeps = story.freed[rows] & (rng.random(len(rows)) < 0.3)
    h.confirmed[rows] = True
    h.devices[rows] = NAMED[h.devices[rows]]
    kept = np.full(len(rows), None, dtype=object)
    kept[keeps] = "evidence from outside the released part; released ground stays so by decision 7"
    _next(story, rows, days, "survey", keeps=keeps, note=kept)
    rows = of("downgraded", h.confirmed)
    h.confirmed[rows] = False
    _next(story, rows, days, "survey", note="direct evidence not found again")
    rows = of("named", WORSE[h.devices] != h.devices)
    h.devices[rows] = WORSE[h.devices[rows]]
    _next(story, rows, days, "survey", note="further category of devices found")
    rows = of("worked_on", ~story.freed)
    _next(story, rows, days, "survey", status=words(rng, ("worked_on", "suspended"), len(rows), (0.8, 0.2)))


def _correction_rounds(story: Story, of: Chosen, days: Ints, alone: Bools) -> None:
    h, rng = story.hazards, story.rng
    rows = of("corrected")
    _mend(story, rows)
    _next(story, rows, days, "correction", note="polygon redrawn from the original sketch")
    rows = of("mended", alone)
    _mend(story, rows)
    story.tell(rows, h.opened[rows], "correction", note="typed wrongly at the hand-over")
    rows = of("predated", alone & (h.opened > CEASEFIRE + _PREDATED[1]))
    before = h.opened[rows]
    h.opened[rows] = before - rng.integers(*_PREDATED, len(rows))
    story.tell(rows, h.opened[rows], "correction", note="opened earlier than the record said")
    story.tell(rows, before, "correction", note="opened earlier than the record said")
    rows = of("withdrawn")
    story.gone[rows] = True
    _next(story, rows, days, "correction", status="withdrawn", note="duplicate of another record")


def _mend(story: Story, rows: Ints) -> None:
    """Redraw polygons: a little smaller, a little aside; never outside the room they had."""
    shape, n = story.hazards.shape, len(rows)
    reach = shape.reach()[rows]
    shape.scale(rows, story.rng.uniform(0.8, 0.97, n))
    shape.x[rows] += story.rng.normal(0, 0.02, n) * reach
    shape.y[rows] += story.rng.normal(0, 0.02, n) * reach


def _next(  # noqa: PLR0913 - as `Story.tell`
    story: Story,
    rows: Ints,
    days: Ints,
    change: str,
    *,
    status: str | Geometries = "open",
    note: str | Geometries | None = None,
    keeps: Bools | bool = False,
) -> None:
    """Write down a version that holds from the day of the round."""
    story.day[rows] = days[rows]
    story.tell(rows, days[rows], change, status=status, note=note, keeps=keeps)


def _release(story: Story, rows: Ints, days: Ints) -> None:
    """Take the whole, a little more than the whole, or a part of hazards into a release."""
    h, rng, area, n = story.hazards, story.rng, story.land.area, len(rows)
    extent = rng.choice(3, n, p=[0.55, 0.15, 0.30])
    polygons = h.shape.draw(area, rows)
    wide = np.flatnonzero(extent == 1)
    polygons[wide] = h.shape.draw(area, rows[wide], 1.04)
    part = np.flatnonzero(extent == 2)
    middle = (h.shape.x[rows[part]], h.shape.y[rows[part]])
    polygons[part] = cut(rng, area, polygons[part], middle, h.shape.reach()[rows[part]])
    story.day[rows] = days
    story.freed[rows] |= extent < 2
    devices = h.devices[rows].copy()
    story.released.append(Released(rows, days, h.known[rows].copy(), h.confirmed[rows].copy(), devices, polygons))


def _late_growth(story: Story) -> None:
    """Reports that come years after the fact, the last word on their hazards: past figures change as known since."""
    h, rng, n = story.hazards, story.rng, len(story.hazards)
    valid = story.day + rng.integers(20, 300, n)
    report = valid + rng.integers(400, 1100, n)
    late = (rng.random(n) < 0.06) & ~story.gone & (report > h.known + GAP) & (report <= story.calendar.last)
    rows = np.flatnonzero(late & (np.arange(n) > 0))
    m = len(rows)
    h.known[rows] = np.maximum(report[rows], HAND)
    h.shape.grow(rows, rng.uniform(-np.pi, np.pi, m), rng.uniform(0.15, 0.4, m), h.largest[rows])
    story.tell(rows, valid[rows], "survey", note="report found years later")
