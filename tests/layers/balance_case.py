"""One small history for each rule of domain.md sections 4 and 5, with the answer worked out by hand.

Four cells a b c d in a row, each a district of its own; days are days of March 2021. The states of the cells are
written as four letters: C CHA, S SHA, l cleared, r reduced, k cancelled, v surveyed, . no recorded hazard. `lines` are
the cells booked in all, class total; `by_class` those of a class; `unbooked` is released_without_line_m2; `figures` are
what stands beside the states, in cells.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from counter import STATES, Scenario, Version
from scenarios import CELL_M

LETTERS = dict(zip("CSlrkv.", STATES, strict=True))
STRIP = "abcd"
M2 = CELL_M**2


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


def r(id_: str, day: int, cells: str, product: str = "reduced", *, done: int | None = None, **fields: Any) -> Version:
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
    figures: dict[int, dict[str, int]] = field(default_factory=dict)
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
