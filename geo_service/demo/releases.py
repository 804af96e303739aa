"""How the releases were told: completed, quality checked, failed, handed over, withdrawn."""

import numpy as np
import pandas as pd

from geo_service.demo.area import Floats, Geometries, rng_of
from geo_service.demo.calendar import HAND, dates, years
from geo_service.demo.districts import Land
from geo_service.demo.hazards import Hazards, ids_of
from geo_service.demo.shapes import Bools, Ints
from geo_service.demo.stories import GAP, REPORT, Released, Story
from geo_service.demo.words import TEAMS, lists, words

_METHOD = {
    "cancelled": "non-technical survey",
    "reduced": "technical survey",
    "cleared": "manual clearance",
}
_FATES = ("passed", "pending", "failed", "reversed", "repassed", "bare")
_SINCE = (0.72, 0.09, 0.07, 0.07, 0.05, 0.0)
_BEFORE = (0.84, 0.0, 0.02, 0.0, 0.0, 0.14)
"""Old clearance was handed over with its result; some never saw quality control."""
_WITHDRAWN = 0.015
_MISPLACED = 0.015
_DEPTHS = (20.0, 13.0, 30.0, 50.0)
_NO_DEPTH = 2
"""How many cleared releases forget to say how deep."""
_MADE = {"qc_status": None, "qc": None, "handed": None, "withdrawn": False, "note": None, "change": "survey"}


def releases_of(seed: int, story: Story, land: Land) -> tuple[pd.DataFrame, Released]:
    """Return the versions of all releases, and the releases themselves as they were taken out of hazards."""
    parts = story.released
    all_ = (
        Released(*(np.concatenate([getattr(one, name) for one in parts]) for name in Released.__dataclass_fields__))
        if parts
        else _nothing()
    )
    if not len(all_.day):
        return pd.DataFrame(), all_
    rng = rng_of(seed, "releases")
    n = len(all_.day)
    h = story.hazards
    dice, old = rng.random(n), all_.report <= HAND
    share = np.where(all_.confirmed, 0.03, 0.42), np.where(all_.confirmed, 0.15, 0.64)
    product = np.where(dice < share[0], "cancelled", np.where(dice < share[1], "reduced", "cleared")).astype(object)
    polygon = _misplaced(rng, all_, h, land)
    fate = np.where(old, rng.choice(len(_FATES), n, p=_BEFORE), rng.choice(len(_FATES), n, p=_SINCE))
    fate[product != "cleared"] = -1
    base = {
        "id": ids_of(land.district_of(h.shape.x[all_.hazard], h.shape.y[all_.hazard]), years(all_.day), "R"),
        "product": product,
        "completed_on": dates(all_.day),
        "hazards": _named(rng, h.ids[all_.hazard]),
        "devices": _answered(rng, all_.devices),
        "depth_cm": _depths(rng, product),
        "method": np.array([_METHOD[one] for one in product.tolist()], dtype=object),
        "organisation": words(rng, TEAMS, n),
        "source": "completion report",
        "geometry": polygon,
    }
    told = _Telling(base, all_.day, all_.report, story.calendar.last, rng)
    told.quality(fate)
    told.taken_back(np.flatnonzero(rng.random(n) < _WITHDRAWN))
    return pd.concat(told.rows, ignore_index=True), all_


class _Telling:
    """The versions of releases, as they are written down one after the other."""

    def __init__(self, base: dict[str, object], day: Ints, report: Ints, last: int, rng: np.random.Generator) -> None:
        self.base = pd.DataFrame(base)
        self.day, self.report, self.last, self.rng = day, report.copy(), last, rng
        self.rows: list[pd.DataFrame] = []

    def tell(self, rows: Ints, valid: Ints, **made: object) -> None:
        """Write down a version of some releases; the days of quality control and hand-over are days or None."""
        given = _MADE | made
        found = self.base.iloc[rows].reset_index(drop=True)
        found["valid_from"] = dates(valid)
        for name, column in (("qc", "qc_on"), ("handed", "handed_over_on")):
            found[column] = pd.NaT if given[name] is None else dates(np.asarray(given[name]))
        for name in ("qc_status", "withdrawn", "note", "change"):
            found[name] = pd.Series(np.broadcast_to(np.asarray(given[name], dtype=object), len(found)), dtype=object)
        passed = found["qc_status"] == "passed"
        found["certificate"] = ("QC-" + found["id"]).where(passed, None)
        found[REPORT] = self.report[rows]
        self.rows.append(found)

    def quality(self, fate: Ints) -> None:
        """Write down each release from its completion to the last word of quality control."""
        rng, n = self.rng, len(fate)
        checked = self.day + rng.integers(8, 110, n)
        handed = checked + rng.integers(2, 25, n)

        def of(*names: str) -> Bools:
            return np.isin(fate, [_FATES.index(name) for name in names])

        # What the hand-over brought: one version, with the result. Its end must lie before the day it was typed in.
        once = (fate >= 0) & (self.report <= HAND) & (handed < HAND)
        self.tell(np.flatnonzero(fate < 0), self.day[fate < 0], qc_status="not_required")
        rows = np.flatnonzero(of("bare"))
        self.tell(rows, self.day[rows], qc_status="not_required", note="old clearance, no quality control on record")
        rows = np.flatnonzero(once & of("passed"))
        self.tell(rows, self.day[rows], qc_status="passed", qc=checked[rows], handed=handed[rows])
        rows = np.flatnonzero((fate >= 0) & ~of("bare") & ~(once & of("passed")))
        self.tell(rows, self.day[rows], qc_status="pending")
        rows = self._later(~once & of("passed", "reversed"), handed)
        self.tell(rows, checked[rows], qc_status="passed", qc=checked[rows], handed=handed[rows])
        again = handed + rng.integers(90, 700, n)
        rows = self._later(of("reversed"), again, rows)
        self.tell(rows, again[rows], qc_status="failed", qc=again[rows], note="item found in a later inspection")
        rows = self._later(of("failed", "repassed"), checked)
        self.tell(rows, checked[rows], qc_status="failed", qc=checked[rows], note="sample missed")
        rows = self._later(of("repassed"), again, rows)
        self.tell(rows, again[rows], qc_status="passed", qc=again[rows], handed=again[rows] + 1, note="cleared again")

    def taken_back(self, rows: Ints) -> None:
        """Withdraw some releases from the day they began: another version of that day, in a later file."""
        report = np.maximum(self.report[rows] + GAP, HAND + GAP)
        rows, report = rows[report <= self.last], report[report <= self.last]
        self.report[rows] = report
        made = {"qc_status": "pending", "withdrawn": True, "change": "correction", "note": "polygon of another site"}
        self.tell(rows, self.day[rows], **made)

    def _later(self, which: Bools, when: Ints, among: Ints | None = None) -> Ints:
        """Return those whose next version is reported before the end, and date its report after `when` (days)."""
        report = np.maximum(when + self.rng.integers(3, 30, len(when)), self.report)
        rows = np.flatnonzero(which & (report <= self.last))
        if among is not None:
            rows = np.intersect1d(rows, among)
        self.report[rows] = report[rows]
        return rows


def _misplaced(rng: np.random.Generator, all_: Released, h: Hazards, land: Land) -> Geometries:
    """Return the polygons, a few of them drawn in the wrong place, towards the middle of the area."""
    found = all_.polygon.copy()
    rows = np.flatnonzero(rng.random(len(found)) < _MISPLACED)
    shape = h.shape.take(all_.hazard[rows])
    away = np.hypot(shape.x, shape.y)
    pull = np.minimum(0.04 * land.area.side, away) / np.maximum(away, 1e-9)
    shape.x -= pull * shape.x
    shape.y -= pull * shape.y
    found[rows] = shape.draw(land.area, np.arange(len(rows)))
    return found


def _named(rng: np.random.Generator, ids: Geometries) -> list[list[str]]:
    names = rng.random(len(ids)) < 0.55
    return [[one] if name else [] for one, name in zip(ids.tolist(), names.tolist(), strict=True)]


def _answered(rng: np.random.Generator, devices: Ints) -> list[list[str]]:
    """Return the devices each release answers: mostly any, some those of its hazard, a few what teams always write."""
    kind = rng.random(len(devices))
    own = lists(devices)
    usual = ["AP_mine", "AV_mine"]
    return [
        list(one) if dice < 0.2 else list(usual) if dice < 0.26 else []
        for one, dice in zip(own, kind.tolist(), strict=True)
    ]


def _depths(rng: np.random.Generator, product: Geometries) -> Floats:
    depth = rng.choice(_DEPTHS, len(product), p=[0.7, 0.1, 0.15, 0.05])
    depth[product != "cleared"] = np.nan
    depth[np.flatnonzero(product == "cleared")[:_NO_DEPTH]] = np.nan
    return depth


def _nothing() -> Released:
    none = np.zeros(0, dtype=np.int64)
    return Released(none, none, none, np.zeros(0, dtype=bool), none, np.zeros(0, dtype=object))
