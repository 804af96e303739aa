"""What to clear first: the question, and the plan as plain values."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geo_service.balance import Refused, View
from geo_service.travel.question import fields_of, given, is_number, shown, text_of, word_of
from geo_service.travel.reach import homes_of, met, plain, sites_of, waiting
from geo_service.travel.ways import Roads
from layers.priorities.plan import Plan, plan
from layers.priorities.posed import Situation, on_settlements, posed
from layers.roads.rules import Mode

LONGEST_S = 120.0


@dataclasses.dataclass(frozen=True)
class Priorities:
    """A question about the order of clearance.

    Attributes:
        teams, rate_m2: how many teams, and how many m2 each clears in a period.
        period_days: the length of a period.
        horizon_days: how far ahead is looked, None for no end.
        settlements: which count; None for all to which people are to return.
        people: how many are to return, by settlement, where it is not what the records say.
        weights: what a person's day of displacement counts, by settlement; 1 where left out.
        site: where people wait; None for all displacement sites.
        mode: how they travel.
        on_settlement_m: hazards within so many m of a settlement have to be cleared for it too.
        time_limit_s: how long is searched (s).
    """

    teams: float
    rate_m2: float
    period_days: float = 1.0
    horizon_days: float | None = None
    settlements: tuple[str, ...] | None = None
    people: Mapping[str, float] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    site: str | None = None
    mode: Mode = Mode.car
    on_settlement_m: float = 0.0
    time_limit_s: float = 20.0
    as_of: str | None = None
    known_at: str | None = None


def priorities_of(body: object) -> Priorities:
    """Return the question that a request's body asks.

    Raises:
        Refused: it is none; the message names the field.
    """
    known = [one.name for one in dataclasses.fields(Priorities)]
    body = fields_of(body, known, '{"teams": 4, "rate_m2": 500}')
    settlements = body.get("settlements")
    if settlements is not None and (
        not isinstance(settlements, Sequence)
        or isinstance(settlements, str)
        or not settlements
        or not all(isinstance(one, str) for one in settlements)
    ):
        raise Refused("settlements: a list of ids of settlements")
    horizon = body.get("horizon_days")
    return Priorities(
        teams=_above(body.get("teams"), "teams", 10_000),
        rate_m2=_above(body.get("rate_m2"), "rate_m2", 1e9),
        period_days=_above(given(body, "period_days", 1.0), "period_days", 3_660),
        horizon_days=None if horizon is None else _above(horizon, "horizon_days", 1e6),
        settlements=None if settlements is None else tuple(settlements),
        people=_numbers(body.get("people"), "people"),
        weights=_numbers(body.get("weights"), "weights"),
        site=text_of(body.get("site"), "site"),
        mode=word_of(given(body, "mode", "car"), Mode, "mode"),
        on_settlement_m=_from_zero(given(body, "on_settlement_m", 0.0), "on_settlement_m", 5_000),
        time_limit_s=_from_zero(given(body, "time_limit_s", 20.0), "time_limit_s", LONGEST_S),
        as_of=text_of(body.get("as_of"), "as_of"),
        known_at=text_of(body.get("known_at"), "known_at"),
    )


def _above(value: object, name: str, most: float) -> float:
    if not is_number(value) or not 0 < float(value) <= most:  # type: ignore[arg-type]
        raise Refused(f"{name}: a number above 0 and up to {most:g}, not {shown(value)}")
    return float(value)  # type: ignore[arg-type]


def _from_zero(value: object, name: str, most: float) -> float:
    if not is_number(value) or not 0 <= float(value) <= most:  # type: ignore[arg-type]
        raise Refused(f"{name}: a number from 0 to {most:g}, not {shown(value)}")
    return float(value)  # type: ignore[arg-type]


def _numbers(value: object, name: str) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Refused(f'{name}: an object of numbers by settlement, such as {{"V-12": 300}}')
    return {str(id_): _from_zero(number, f"{name}.{id_}", 1e9) for id_, number in value.items()}


def planned(roads: Roads, seen: View, asked: Priorities) -> Plan:
    """Return the plan of what to clear first.

    Raises:
        Refused: a settlement is not in force, nobody is to return, or no site has an open way to a road.
    """
    names, sites = sites_of(seen, asked.site)
    homes = homes_of(seen)
    ids = homes["id"].tolist()
    unknown = sorted({*(asked.settlements or ()), *asked.people, *asked.weights} - set(ids))
    if unknown:
        raise Refused(f"settlements: {unknown[0]} is no settlement in force that people come from")
    people = np.array([asked.people.get(id_, count) for id_, count in zip(ids, waiting(homes).tolist(), strict=True)])
    weight = np.array([asked.weights.get(id_, 1.0) for id_ in ids])
    wanted = np.isin(ids, asked.settlements) if asked.settlements is not None else people > 0
    if not wanted.any():
        raise Refused("people: nobody is to return; set returnees_planned of settlements, or give people by settlement")
    homes, people, weight = homes[wanted], people[wanted], weight[wanted]
    shapes = np.asarray([*sites, *homes.geometry], dtype=object)
    found = met(roads, asked.mode, shapes)
    ground = roads.evidence.hazards
    situation = Situation(found.ways, ground, found.places, len(names))
    needed = on_settlements(ground, homes.geometry.to_numpy(), within_m=asked.on_settlement_m)
    try:
        problem = posed(situation, homes["id"].to_numpy(object), people, needed, weight=people * weight)
        return plan(
            problem,
            teams=asked.teams,
            rate_m2=asked.rate_m2,
            period_days=asked.period_days,
            horizon_days=asked.horizon_days,
            time_limit_s=asked.time_limit_s,
        )
    except ValueError as error:
        raise Refused(str(error)) from None


def told(found: Plan) -> dict[str, Any]:
    """Return a plan as plain values; `value` and `bound` are weighted person-days of displacement."""
    rules = plain(found.heuristics)
    smallest = next((row["times_plan"] for row in rules if row["rule"] == "smallest_area_first"), None)
    return {
        "value": _finite(found.value),
        "bound": _finite(found.bound),
        "proven": found.proven,
        "gap": _finite(found.gap),
        "unit": "weighted person-days of displacement",
        "smallest_area_first_times": smallest,
        "schedule": plain(found.schedule),
        "settlements": plain(found.settlements),
        "returned": plain(found.returned),
        "heuristics": rules,
        "next_best": dataclasses.asdict(found.next_best) if found.next_best else None,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
