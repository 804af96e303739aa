"""What may be said of a route to somebody who wants to travel it: a verdict, why, under which conditions, until when.

A verdict is that of the worst piece. It never calls a route free of danger: it says what is recorded, and what is not.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from layers.roads.classes import HARD, Evidenced
from layers.roads.rules import Mode, Rules
from layers.routing.runs import Neighbour, Run


class Verdict(StrEnum):
    """What a traveller is told."""

    no_go = "no_go"
    insufficient_information = "insufficient_information"
    go_with_conditions = "go_with_conditions"
    historical = "historical"


EXPIRED = "EXPIRED_EVIDENCE"
"""The code of a run whose road was verified once, but no longer is."""


@dataclass(frozen=True)
class Condition:
    """What a traveller must keep to.

    Attributes:
        code: keep_to_carriageway, daylight_only, vehicle_width or expires.
        detail: a sentence for people.
        facts: named values.
    """

    code: str
    detail: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """The verdict on a route.

    Attributes:
        verdict: what a traveller is told.
        reasons: for each run, in order, a code and the run it is about.
        conditions: what a traveller must keep to; none where the verdict is not one to travel by.
        expires_on: the last day of the verdict; None where it is historical.
    """

    verdict: Verdict
    reasons: tuple[tuple[str, Run], ...]
    conditions: tuple[Condition, ...]
    expires_on: dt.date | None


def judge(runs: Sequence[Run], mode: Mode, rules: Rules, *, today: dt.date, historical: bool = False) -> Judgement:
    """Return the verdict on a route.

    Args:
        runs: the evidence along it.
        mode: who travels.
        rules: how long a verdict holds, and how wide each mode is.
        today: the day on which it is asked.
        historical: the evidence is of another day, or as known at another time: there is no verdict to travel by.
    """
    reasons = tuple((EXPIRED if run.expired else run.kind.name.upper(), run) for run in runs)
    if historical:
        return Judgement(Verdict.historical, reasons, (), None)
    until = [run.expires_on for run in runs if run.expires_on and not run.expired]
    expires_on = min([today + dt.timedelta(days=rules.valid_days), *until])
    if any(run.kind <= HARD for run in runs):
        return Judgement(Verdict.no_go, reasons, (), expires_on)
    unknown = any(run.kind == Evidenced.unsurveyed or run.expired for run in runs)
    verdict = Verdict.insufficient_information if unknown else Verdict.go_with_conditions
    return Judgement(verdict, reasons, _conditions(runs, mode, rules, expires_on), expires_on)


def _conditions(runs: Sequence[Run], mode: Mode, rules: Rules, expires_on: dt.date) -> tuple[Condition, ...]:
    """Return what a traveller must keep to, in order of place."""
    held = [run for run in runs if run.lifted or run.kind == Evidenced.verified]
    conditions = [_carriageway(held)] if held else []
    conditions.append(Condition("daylight_only", "Travel by daylight only."))
    widths = [run.verified_m for run in held if run.verified_m is not None]
    if widths:
        narrowest, wide = min(widths), rules.width_m[mode]
        detail = f"No vehicle wider than {narrowest:g} m: that is how wide the narrowest verified carriageway is."
        conditions.append(Condition("vehicle_width", detail, {"width_m": narrowest, "mode_width_m": wide}))
    detail = f"This holds up to and including {expires_on.isoformat()}; ask again after that."
    conditions.append(Condition("expires", detail, {"expires_on": expires_on}))
    return tuple(conditions)


def _carriageway(held: Sequence[Run]) -> Condition:
    """Return the condition to stay on what was verified or cleared, with what lies beside it."""
    near: dict[tuple[str, str], Neighbour] = {}
    for neighbour in (n for run in held for n in run.neighbours):
        before = near.get((neighbour.layer, neighbour.id))
        distances = [n.distance_m for n in (before, neighbour) if n and n.distance_m is not None]
        nearest = min(distances) if distances else None
        near[neighbour.layer, neighbour.id] = Neighbour(neighbour.layer, neighbour.id, nearest)
    widths = [run.verified_m for run in held if run.verified_m is not None]
    width = min(widths) if widths else None
    facts = {
        "width_m": width,
        "stretches": [(run.from_m, run.to_m) for run in held],
        "neighbours": [near[key] for key in sorted(near)],
    }
    wide = f", {width:g} m where it is narrowest" if width is not None else ""
    beside = f" Beside it: {', '.join(name for _, name in sorted(near))}." if near else ""
    rule = "do not leave it, stop on the verge or turn."
    detail = f"Keep to the verified carriageway or the cleared ground{wide}; {rule}{beside}"
    return Condition("keep_to_carriageway", detail, facts)
