"""One small history for each rule of domain.md sections 4 and 5, with the answer worked out by hand.

Four cells a b c d in a row, each a district of its own; days are days of March 2021. The states of the cells are written
as four letters: C CHA, S SHA, l cleared, r reduced, k cancelled, v surveyed, . no recorded hazard. `lines` are the cells
booked in the whole month, class total; `SHA` and `CHA` those of a class; `unbooked` is released_without_line_m2.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from counter import LINES, STATES, Counter, Scenario, Version
from scenarios import CELL_M, frames

from layers import coverage

LETTERS = dict(zip("CSlrkv.", STATES, strict=True))
STRIP = "abcd"
M2 = CELL_M**2
BEFORE, AFTER = date(2021, 2, 1), date(2021, 3, 31)


def on(day: int) -> date:
    return date(2021, 3, 1) + timedelta(days=day - 1)


def version(id_: str, day: int, cells: str, fields: dict[str, Any]) -> Version:
    known = fields.pop("known", 0)
    return {
        "id": id_,
        "valid_from": on(day),
        "recorded_at": datetime(2021, 4, 1, tzinfo=UTC) + timedelta(days=known),
        "withdrawn": fields.pop("withdrawn", False),
        "cells": frozenset((STRIP.index(cell), 0) for cell in cells),
        **fields,
    }


def h(id_: str, day: int, cells: str, class_: str = "SHA", *, opened: int = 1, **fields: Any) -> Version:
    """A version of a hazard; a survey unless it says otherwise."""
    fields = {"change": "survey", "devices": ["unknown"], "keeps_released": False} | fields
    return version(id_, day, cells, {"classification": class_, "opened_on": on(opened), **fields})


def r(
    id_: str, day: int, cells: str, product: str = "reduced", *, done: int | None = None, **fields: Any
) -> Version:
    """A version of a release, completed on the day it holds from; `qc` is the day of a passed or failed inspection."""
    qc = fields.pop("qc", None)
    fields = {"change": "survey", "qc_status": None, "hazards": None, "devices": None} | fields
    fields["qc_on"] = None if qc is None else on(qc)
    return version(id_, day, cells, {"product": product, "completed_on": on(done or day), **fields})


def s(id_: str, day: int, cells: str, **fields: Any) -> Version:
    """A version of a survey that found nothing."""
    return version(id_, day, cells, {"surveyed_on": on(fields.pop("done", day)), **fields})


@dataclass(frozen=True)
class Case:
    rule: str
    states: dict[int, str]
    lines: dict[str, int] | None = None
    by_class: dict[tuple[str, str], int] = field(default_factory=dict)
    unbooked: int = 0
    hazards: tuple[Version, ...] = ()
    releases: tuple[Version, ...] = ()
    surveys: tuple[Version, ...] = ()
    known: int | None = None

    @property
    def scenario(self) -> Scenario:
        return Scenario(
            areas={(i, 0): M2 for i in range(len(STRIP))},
            hazards=self.hazards,
            releases=self.releases,
            surveys=self.surveys,
            districts=tuple(version(cell, -100, cell, {"name": cell}) for cell in STRIP),
        )

    @property
    def known_at(self) -> datetime | None:
        return None if self.known is None else datetime(2021, 4, 1, tzinfo=UTC) + timedelta(days=self.known)


ESTABLISHED = [
    Case(
        "a hazard stands from opened_on, even where its version holds from earlier",
        hazards=(h("H", 2, "ab", opened=4),),
        states={1: "....", 3: "....", 4: "SS.."},
        lines={"new": 2},
    ),
    Case(
        "CHA over SHA is CHA, and the change of class is booked in both",
        hazards=(h("H", 1, "abc"), h("K", 3, "b", "CHA", opened=3)),
        states={1: "SSS.", 3: "SCS."},
        lines={"new": 3},
        by_class={("SHA", "reclassified"): -1, ("CHA", "reclassified"): 1, ("SHA", "new"): 3},
    ),
    Case(
        "the same day the release wins",
        hazards=(h("H", 1, "ab"),),
        releases=(r("R", 1, "a"), r("Q", 5, "b")),
        states={1: "rS..", 5: "rr.."},
        lines={"new": 1, "reduced": -1},
        unbooked=1,
    ),
    Case(
        "a release completed before the hazard was opened answers nothing",
        hazards=(h("H", 5, "ab", opened=5),),
        releases=(r("R", 4, "a"), r("Q", 5, "b")),
        states={4: "r...", 5: "Sr.."},
        lines={"reopened": 1},
        unbooked=2,
    ),
    Case(
        "quality control passed on paper after a new hazard was opened answers nothing new",
        hazards=(h("H", 1, "a"), h("K", 4, "a", opened=4)),
        releases=(
            r("R", 3, "a", "cleared", qc_status="pending"),
            r("R", 6, "a", "cleared", done=3, qc_status="passed", qc=6),
        ),
        states={3: "S...", 4: "S...", 6: "S..."},
        lines={"new": 1},
    ),
    Case(
        "a survey never closes a hazard, and counts from the day it was made",
        hazards=(h("H", 1, "a"),),
        surveys=(s("V", 2, "ab", done=4),),
        states={3: "S...", 4: "Sv.."},
        lines={"new": 1},
    ),
    Case(
        "a withdrawn survey counts no longer",
        surveys=(s("V", 2, "ab"), s("V", 4, "ab", withdrawn=True)),
        states={2: "vv..", 4: "...."},
        lines={},
    ),
    Case(
        "each hazard's strongest answer, and the weakest of these",
        hazards=(h("H", 1, "a"), h("K", 1, "a"), h("H2", 1, "b")),
        releases=(
            r("R", 3, "ab", "cleared", qc_status="passed", qc=3, hazards=["H", "H2"]),
            r("Q", 3, "ab", "cancelled", hazards=["K", "H2"]),
        ),
        states={3: "kl.."},
        lines={"new": 2, "cancelled": -1, "cleared": -1},
    ),
    Case(
        "where no hazard stands the strongest release counts",
        releases=(r("R", 3, "ab", "cancelled"), r("Q", 4, "b", "reduced")),
        states={3: "kk..", 4: "kr.."},
        lines={},
        unbooked=2,
    ),
]

GROWTH = [
    Case(
        "where a survey version grew, an older release answers it no longer",
        hazards=(h("H", 1, "ab"), h("H", 5, "abc")),
        releases=(r("R", 3, "abc"),),
        states={4: "rrr.", 5: "rrS."},
        lines={"new": 2, "reduced": -2, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "where a correction was redrawn, it does",
        hazards=(h("H", 1, "ab"), h("H", 5, "abc", change="correction")),
        releases=(r("R", 3, "abc"),),
        states={4: "rrr.", 5: "rrr."},
        lines={"new": 2, "reduced": -2},
        unbooked=1,
    ),
    Case(
        "a correction that draws the ground again does not lower the assertion date",
        hazards=(
            h("H", 1, "a"),
            h("H", 5, "ab"),
            h("H", 6, "a", change="correction"),
            h("H", 7, "ab", change="correction"),
        ),
        releases=(r("R", 3, "ab"),),
        states={5: "rS..", 6: "rr..", 7: "rS.."},
        lines={"new": 1, "reduced": -1, "reopened": 2, "corrected": -1},
        unbooked=1,
    ),
    Case(
        "the earliest version brings nothing: its date of information may be later than the release",
        hazards=(h("H", 5, "a"),),
        releases=(r("R", 3, "a"),),
        states={4: "r...", 5: "r..."},
        lines={},
        unbooked=1,
    ),
    Case(
        "a survey version after a withdrawn one brings the hazard everywhere",
        hazards=(h("H", 1, "ab"), h("H", 4, "ab", withdrawn=True), h("H", 6, "ab")),
        releases=(r("R", 3, "a"),),
        states={3: "rS..", 4: "r...", 6: "SS.."},
        lines={"new": 2, "reduced": -1, "corrected": -1, "reopened": 1, "expansion": 1},
    ),
    Case(
        "a withdrawn version brings nothing",
        hazards=(
            h("H", 1, "a"),
            h("H", 4, "ab", withdrawn=True),
            h("H", 6, "ab", change="correction"),
        ),
        releases=(r("R", 3, "ab"),),
        states={3: "rr..", 6: "rr.."},
        lines={"new": 1, "reduced": -1},
        unbooked=1,
    ),
    Case(
        "growth counts from its day also while a later version holds",
        hazards=(h("H", 1, "a"), h("H", 5, "ab"), h("H", 9, "ab", change="correction")),
        releases=(r("R", 3, "b"), r("Q", 10, "ab")),
        states={5: "SS..", 9: "SS..", 10: "rr.."},
        lines={"new": 1, "reopened": 1, "reduced": -2},
        unbooked=1,
    ),
    Case(
        "keeps_released does not stop growth",
        hazards=(h("H", 1, "a"), h("H", 5, "ab", keeps_released=True)),
        releases=(r("R", 3, "ab"),),
        states={5: "rS.."},
        lines={"new": 1, "reduced": -1, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "opened_on moved by a correction: the assertion date is never before it",
        hazards=(h("H", 1, "a"), h("H", 3, "ab"), h("H", 6, "ab", opened=6, change="correction")),
        releases=(r("R", 4, "ab"), r("Q", 8, "b")),
        states={4: "rr..", 6: "SS..", 8: "Sr.."},
        lines={"new": 1, "expansion": 1, "reduced": -3, "reopened": 2},
    ),
]

WORSE = [
    Case(
        "a survey that confirms asks for a new release on all the hazard's ground",
        hazards=(h("H", 1, "ab"), h("H", 5, "ab", "CHA")),
        releases=(r("R", 3, "a"), r("Q", 7, "b")),
        states={3: "rS..", 5: "CC..", 7: "Cr.."},
        lines={"new": 2, "reduced": -2, "reopened": 1},
    ),
    Case(
        "a correction that confirms does not",
        hazards=(h("H", 1, "ab"), h("H", 5, "ab", "CHA", change="correction")),
        releases=(r("R", 3, "a"),),
        states={5: "rC.."},
        lines={"new": 2, "reduced": -1},
    ),
    Case(
        "a survey that confirms and keeps what was released",
        hazards=(h("H", 1, "ab"), h("H", 5, "ab", "CHA", keeps_released=True)),
        releases=(r("R", 3, "a"),),
        states={5: "rC.."},
        lines={"new": 2, "reduced": -1},
    ),
    Case(
        "evidence got worse anywhere: also on ground which that version did not cover",
        hazards=(h("H", 1, "ab"), h("H", 5, "a", "CHA"), h("H", 7, "ab", "CHA", change="correction")),
        releases=(r("R", 3, "b"),),
        states={3: "Sr..", 5: "Cr..", 7: "CC.."},
        lines={"new": 2, "reduced": -1, "reopened": 1},
    ),
    Case(
        "a category added to known devices",
        hazards=(h("H", 1, "ab", devices=["UXO"]), h("H", 5, "ab", devices=["AP_mine", "UXO"])),
        releases=(r("R", 3, "a"),),
        states={5: "SS.."},
        lines={"new": 2, "reduced": -1, "reopened": 1},
    ),
    Case(
        "to unknown devices a category adds nothing",
        hazards=(h("H", 1, "ab", devices=[]), h("H", 5, "ab", devices=["AP_mine"])),
        releases=(r("R", 3, "a"),),
        states={5: "rS.."},
        lines={"new": 2, "reduced": -1},
    ),
    Case(
        "devices are known when one of them is, beside unknown",
        hazards=(h("H", 1, "a", devices=["UXO", "unknown"]), h("H", 5, "a", devices=["AP_mine", "UXO"])),
        releases=(r("R", 3, "a"),),
        states={5: "S..."},
        lines={"new": 1, "reduced": -1, "reopened": 1},
    ),
    Case(
        "unknown added to known devices adds nothing",
        hazards=(h("H", 1, "a", devices=["UXO"]), h("H", 5, "a", devices=["UXO", "unknown"])),
        releases=(r("R", 3, "a"),),
        states={5: "r..."},
        lines={"new": 1, "reduced": -1},
    ),
    Case(
        "compared with the last version that was not withdrawn: a withdrawn one had no evidence",
        hazards=(
            h("H", 1, "a", "CHA"),
            h("H", 4, "a", "SHA", withdrawn=True),
            h("H", 5, "a", "CHA", change="correction"),
            h("H", 6, "a", "CHA"),
        ),
        releases=(r("R", 3, "a"),),
        states={4: "r...", 5: "r...", 6: "r..."},
        lines={"new": 1, "reduced": -1},
    ),
    Case(
        "a withdrawn version that was a CHA raised nothing",
        hazards=(h("H", 1, "a"), h("H", 4, "a", "CHA", withdrawn=True), h("H", 5, "a", change="correction")),
        releases=(r("R", 3, "a"),),
        states={5: "r..."},
        lines={"new": 1, "reduced": -1},
    ),
    Case(
        "brought back by a correction as a CHA: raised by no survey; as a survey the withdrawn one before brings it",
        hazards=(
            h("H", 1, "a"),
            h("H", 4, "a", withdrawn=True),
            h("H", 5, "a", "CHA", change="correction"),
            h("K", 1, "b"),
            h("K", 4, "b", withdrawn=True),
            h("K", 5, "b", "CHA"),
        ),
        releases=(r("R", 3, "ab"),),
        states={4: "rr..", 5: "rC.."},
        lines={"new": 2, "reduced": -2, "reopened": 1},
    ),
    Case(
        "a withdrawn SHA between two CHAs raised nothing",
        hazards=(
            h("H", 1, "a", "CHA"),
            h("H", 4, "b", "SHA", withdrawn=True, change="correction"),
            h("H", 5, "b", "CHA", change="correction"),
            h("H", 6, "a", "CHA", change="correction"),
        ),
        releases=(r("R", 3, "ab"),),
        states={5: "rr..", 6: "rr.."},
        lines={"new": 1, "reduced": -1},
        unbooked=1,
    ),
    Case(
        "after a withdrawn SHA a survey version says CHA, as the last standing one did: elsewhere nothing is raised",
        hazards=(
            h("H", 1, "a", "CHA"),
            h("H", 4, "b", "SHA", withdrawn=True),
            h("H", 5, "b", "CHA"),
            h("H", 6, "a", "CHA", change="correction"),
        ),
        releases=(r("R", 3, "ab"),),
        states={4: "rr..", 5: "rC..", 6: "rr.."},
        lines={"new": 1, "reduced": -1, "reopened": 1, "corrected": -1},
        unbooked=1,
    ),
]

ANSWERS = [
    Case(
        "a release that names hazards answers these alone",
        hazards=(h("H", 1, "a"), h("K", 1, "ab")),
        releases=(r("R", 3, "ab", hazards=["K", "NOBODY"]),),
        states={3: "Sr.."},
        lines={"new": 2, "reduced": -1},
    ),
    Case(
        "a release that names devices answers a hazard whose devices are all among them",
        hazards=(
            h("H", 1, "a", devices=["UXO"]),
            h("K", 1, "b", devices=["AP_mine", "UXO"]),
            h("L", 1, "c", devices=None),
        ),
        releases=(r("R", 3, "abc", devices=["UXO", "IED"]),),
        states={3: "rSS."},
        lines={"new": 3, "reduced": -1},
    ),
    Case(
        "a desk cannot cancel direct evidence",
        hazards=(h("H", 1, "ab", "CHA"), h("K", 1, "b")),
        releases=(r("R", 3, "abc", "cancelled"),),
        states={3: "CCk."},
        lines={"new": 2},
        unbooked=1,
    ),
    Case(
        "an old cancellation takes no hold when a CHA is later downgraded; one of that day or later does",
        hazards=(h("H", 1, "abc", "CHA"), h("H", 5, "abc", "SHA")),
        releases=(
            r("R", 3, "a", "cancelled"),
            r("Q", 5, "b", "cancelled"),
            r("P", 7, "c", "cancelled"),
        ),
        states={3: "CCC.", 5: "SkS.", 7: "Skk."},
        lines={"new": 3, "cancelled": -2},
        by_class={("CHA", "cancelled"): -1, ("SHA", "cancelled"): -1},
    ),
    Case(
        "downgraded by a correction, it was never confirmed: the cancellation holds, and is no progress",
        hazards=(h("H", 1, "a", "CHA"), h("H", 5, "a", "SHA", change="correction")),
        releases=(r("R", 3, "a", "cancelled"),),
        states={3: "C...", 5: "k..."},
        lines={"new": 1, "corrected": -1},
        by_class={("CHA", "corrected"): -1},
    ),
    Case(
        "downgraded and withdrawn versions aside: the last standing version before decides",
        hazards=(
            h("H", 1, "a", "CHA"),
            h("H", 4, "a", "SHA", withdrawn=True),
            h("H", 6, "a", "SHA"),
        ),
        releases=(r("R", 6, "a", "cancelled", done=3), r("R2", 1, "d", "cancelled")),
        states={4: "...k", 6: "S..k"},
        lines={"new": 1, "corrected": -1, "expansion": 1},
        unbooked=1,
    ),
    Case(
        "a withdrawn version downgrades nothing",
        hazards=(
            h("H", 1, "a", "SHA"),
            h("H", 2, "a", "CHA", change="correction"),
            h("H", 4, "a", "SHA", withdrawn=True),
            h("H", 6, "a", "SHA", change="correction"),
        ),
        releases=(r("R", 3, "a", "cancelled"),),
        states={3: "C...", 4: "k...", 6: "k..."},
        lines={"new": 1, "corrected": -1},
    ),
    Case(
        "a withdrawn CHA before an SHA is no downgrade",
        hazards=(
            h("H", 1, "ab", "SHA"),
            h("H", 4, "b", "CHA", withdrawn=True, change="correction"),
            h("H", 5, "b", "SHA"),
            h("H", 6, "ab", "SHA", change="correction"),
        ),
        releases=(r("R", 3, "a", "cancelled"),),
        states={3: "kS..", 6: "kS.."},
        lines={"new": 2, "cancelled": -1, "corrected": -1, "expansion": 1},
    ),
    Case(
        "a release moved or withdrawn: the ground it leaves is open again",
        hazards=(h("H", 1, "abc"),),
        releases=(r("R", 3, "ab"), r("R", 5, "bc", done=3), r("R", 7, "bc", done=3, withdrawn=True)),
        states={3: "rrS.", 5: "Srr.", 7: "SSS."},
        lines={"new": 3, "reduced": -3, "reopened": 3},
    ),
    Case(
        "a clearance by default waits for its QC; the others need none",
        hazards=(h("H", 1, "abc"),),
        releases=(r("R", 3, "a", "cleared"), r("Q", 3, "b", "reduced"), r("P", 3, "c", "cancelled")),
        states={3: "Srk."},
        lines={"new": 3, "reduced": -1, "cancelled": -1},
    ),
    Case(
        "not required: from completion; passed: from the inspection; failed: never",
        hazards=(h("H", 1, "abc"),),
        releases=(
            r("R", 2, "a", "cleared", done=4, qc_status="not_required"),
            r("Q", 2, "b", "cleared", qc_status="passed", qc=5),
            r("P", 2, "c", "cleared", qc_status="failed", qc=5),
        ),
        states={3: "SSS.", 4: "lSS.", 5: "llS.", 20: "llS."},
        lines={"new": 3, "cleared": -2},
    ),
    Case(
        "QC that fails after it passed reopens that day, and an earlier qc_on repeated does not lift it",
        hazards=(h("H", 1, "a"),),
        releases=(
            r("R", 3, "a", "cleared", qc_status="passed", qc=3),
            r("R", 5, "a", "cleared", done=3, qc_status="failed", qc=5),
            r("R", 7, "a", "cleared", done=3, qc_status="passed", qc=3),
            r("R", 8, "a", "cleared", done=3, qc_status="passed", qc=5),
            r("R", 9, "a", "cleared", done=3, qc_status="passed", qc=9),
        ),
        states={3: "l...", 5: "S...", 7: "S...", 8: "S...", 9: "l..."},
        lines={"new": 1, "cleared": -2, "reopened": 1},
    ),
    Case(
        "every failure before counts, not the last one told",
        hazards=(h("H", 1, "a"),),
        releases=(
            r("R", 3, "a", "cleared", qc_status="failed", qc=6),
            r("R", 4, "a", "cleared", done=3, qc_status="failed", qc=4),
            r("R", 5, "a", "cleared", done=3, qc_status="passed", qc=5),
            r("R", 7, "a", "cleared", done=3, qc_status="passed", qc=7),
        ),
        states={3: "S...", 4: "S...", 5: "S...", 7: "l..."},
        lines={"new": 1, "cleared": -1},
    ),
]

LEDGER = [
    Case(
        "growth by survey is expansion, by correction corrected",
        hazards=(h("H", 1, "a"), h("H", 3, "ab"), h("H", 5, "abc", change="correction")),
        states={1: "S...", 3: "SS..", 5: "SSS."},
        lines={"new": 1, "expansion": 1, "corrected": 1},
    ),
    Case(
        "new is the hazard's first day anywhere, not the cell's",
        hazards=(h("H", 1, "a", withdrawn=True), h("H", 2, "a", opened=3), h("H", 5, "b"), h("K", 5, "c", opened=5)),
        states={1: "....", 2: "....", 3: "S...", 5: ".SS."},
        lines={"new": 2, "expansion": 1, "corrected": -1},
    ),
    Case(
        "a hazard withdrawn is corrected, brought back by a correction too",
        hazards=(h("H", 1, "a"), h("H", 3, "a", withdrawn=True), h("H", 5, "a", change="correction")),
        states={1: "S...", 3: "....", 5: "S..."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "a hazard withdrawn on the day a release covers it: cleaning data is never progress",
        hazards=(h("H", 1, "a"), h("H", 3, "a", withdrawn=True)),
        releases=(r("R", 3, "a"),),
        states={1: "S...", 3: "r..."},
        lines={"new": 1, "corrected": -1},
    ),
    Case(
        "a release that answers what was answered already did not release the ground",
        hazards=(h("H", 1, "a"), h("K", 1, "a"), h("K", 5, "b", change="correction")),
        releases=(r("R", 3, "a", hazards=["H"]), r("Q", 5, "a", "cleared", qc_status="passed", qc=5, hazards=["H"])),
        states={3: "S...", 5: "lS.."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "a release that was effective before did not release the ground: the hazard's change did",
        hazards=(h("H", 1, "a", "CHA"), h("H", 5, "a", change="correction")),
        releases=(r("R", 3, "a", "cancelled"), r("Q", 5, "b", "cancelled")),
        states={3: "C...", 5: "kk.."},
        lines={"new": 1, "corrected": -1},
        unbooked=1,
    ),
    Case(
        "a release that came to cover the ground released it, effective elsewhere or not",
        hazards=(h("H", 1, "ab"),),
        releases=(r("R", 3, "a"), r("R", 5, "ab", done=3)),
        states={3: "rS..", 5: "rr.."},
        lines={"new": 2, "reduced": -2},
    ),
    Case(
        "the line is that of the state reached",
        hazards=(h("H", 1, "a"), h("K", 1, "a")),
        releases=(
            r("R", 3, "a", "cancelled", hazards=["H"]),
            r("Q", 5, "a", "cleared", qc_status="passed", qc=5, hazards=["K"]),
        ),
        states={3: "S...", 5: "k..."},
        lines={"new": 1, "cancelled": -1},
    ),
    Case(
        "released again by something stronger: no line",
        hazards=(h("H", 1, "a"),),
        releases=(r("R", 3, "a", "cancelled"), r("Q", 5, "a", "cleared", qc_status="passed", qc=5)),
        states={3: "k...", 5: "l..."},
        lines={"new": 1, "cancelled": -1},
    ),
    Case(
        "the profile changes and the class does not: zero in class and total",
        hazards=(h("H", 1, "a", devices=["UXO"]), h("K", 3, "a", opened=3, devices=["AP_mine"])),
        states={1: "S...", 3: "S..."},
        lines={"new": 1, "reclassified": 0},
    ),
]

KNOWLEDGE = [
    Case(
        "of two versions of one day only the last recorded is in force",
        hazards=(h("H", 1, "ab", known=2), h("H", 1, "a", known=1)),
        states={1: "SS.."},
        lines={"new": 2},
    ),
    Case(
        "and as known between the two, the first",
        hazards=(h("H", 1, "ab", known=2), h("H", 1, "a", known=1)),
        known=1,
        states={1: "S..."},
        lines={"new": 1},
    ),
    Case(
        "recorded at once, the later row",
        hazards=(h("H", 1, "ab"), h("H", 1, "a", "CHA")),
        states={1: "C..."},
        lines={"new": 1},
    ),
    Case(
        "it counts as survey if any of them is",
        hazards=(
            h("H", 1, "a"),
            h("H", 5, "ab"),
            h("H", 5, "abc", change="correction", known=1),
        ),
        releases=(r("R", 3, "c"),),
        states={3: "S.r.", 5: "SSS."},
        lines={"new": 1, "expansion": 1, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "an id's first recorded version without `change` is a survey, though it describes the later day",
        hazards=(h("H", 5, "ab", change=None), h("H", 1, "a", change="correction", known=1)),
        releases=(r("R", 3, "b"),),
        states={3: "Sr..", 5: "SS.."},
        lines={"new": 1, "reopened": 1},
        unbooked=1,
    ),
    Case(
        "a back-dated version holds only until the next valid_from",
        hazards=(h("H", 1, "a"), h("H", 5, "a"), h("H", 3, "abc", change="correction", known=1)),
        states={1: "S...", 3: "SSS.", 5: "S..."},
        lines={"new": 1, "corrected": 0},
    ),
    Case(
        "and was not known then",
        hazards=(h("H", 1, "a"), h("H", 5, "a"), h("H", 3, "abc", change="correction", known=1)),
        known=0,
        states={1: "S...", 3: "S...", 5: "S..."},
        lines={"new": 1},
    ),
]

CASES = [*ESTABLISHED, *GROWTH, *WORSE, *ANSWERS, *LEDGER, *KNOWLEDGE]


def written(states: str) -> dict[str, str]:
    return {cell: LETTERS[letter] for cell, letter in zip(STRIP, states, strict=True)}


def wanted_lines(case: Case) -> dict[str, int]:
    lines = dict.fromkeys(LINES, 0) | (case.lines or {})
    return {line: cells * M2 for line, cells in lines.items()} | {"released_without_line_m2": case.unbooked * M2}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_the_counter_answers_as_worked_out_by_hand(case):
    counter = Counter(case.scenario, case.known_at)
    for day, states in case.states.items():
        ground = {cell: counter.ground((i, 0), on(day)).state for i, cell in enumerate(STRIP)}
        assert ground == written(states), f"day {day}"
    rows = counter.ledger(BEFORE, AFTER)
    total = rows.get((None, "", "total"), {})
    assert {line: total.get(line, 0) for line in wanted_lines(case)} == wanted_lines(case)
    for (class_, line), cells in case.by_class.items():
        assert rows[None, "", class_][line] == cells * M2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_coverage_answers_as_worked_out_by_hand(case):
    arrangement = coverage.arrange(*frames(case.scenario, origin=(-1000.0, 1500.0)))
    for day, states in case.states.items():
        table = arrangement.partition(on(day), known_at=case.known_at).set_index("district_id")
        ground = {cell: [s for s in STATES if abs(table.loc[cell, s] - M2) < 1e-3] for cell in STRIP}
        assert ground == {cell: [state] for cell, state in written(states).items()}, f"day {day}"
    ledger = arrangement.ledger(BEFORE, AFTER, known_at=case.known_at)
    whole = ledger[ledger["district_id"].isna()].set_index("class")
    assert {line: whole.loc["total", line] for line in wanted_lines(case)} == pytest.approx(
        wanted_lines(case), abs=1e-3
    )
    for (class_, line), cells in case.by_class.items():
        assert whole.loc[class_, line] == pytest.approx(cells * M2, abs=1e-3)
