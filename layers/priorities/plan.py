"""The plan: what to clear first, what comes of it, how far it may be from the best, what the next best would cost."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.priorities.blockers import Steps, first_blockers, forced
from layers.priorities.bound import ordered
from layers.priorities.clock import Arrays, arrays, cost, opening_times
from layers.priorities.exact import prove
from layers.priorities.greedy import HEURISTICS
from layers.priorities.local import improve
from layers.priorities.problem import Pace, Problem
from layers.priorities.relevant import Relevant, relevant
from layers.priorities.simulator import simulate
from layers.priorities.units import units
from layers.routing.opening import chain
from layers.routing.rows import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CHANGES = 20_000
"""Changes that local search tries."""


@dataclass(frozen=True)
class NextBest:
    """The best plan found that begins with another hazard.

    Attributes:
        hazard: with which it begins.
        value: its weighted person-days.
        more: how many more than the plan's those are.
    """

    hazard: str
    value: float
    more: float


@dataclass(frozen=True, eq=False)
class Plan:
    """What to clear first.

    Attributes:
        value: weighted person-days of displacement under the plan, recomputed by the simulator.
        bound: no plan has less.
        proven: whether the plan is the best: value and bound are the same, to the rounding of the solver's units.
        gap: (value - bound) / value, 0 where value is 0.
        schedule: a row per hazard in order of work (see `Simulation`); hazards that open nothing are left out.
        settlements: a row per settlement: when it opens, and whether it can at all.
        returned: people returned over time.
        heuristics: `rule`, `value`, `times_plan` (its value by the plan's) of each rule of thumb and of local search.
        next_best: the best plan found that begins with another hazard, None where there is none.
    """

    value: float
    bound: float
    proven: bool
    gap: float
    schedule: pd.DataFrame
    settlements: pd.DataFrame
    returned: pd.DataFrame
    heuristics: pd.DataFrame
    next_best: NextBest | None


def plan(  # noqa: PLR0913
    problem: Problem,
    *,
    teams: float,
    rate_m2: float,
    period_days: float = 1.0,
    horizon_days: float | None = None,
    time_limit_s: float = 30.0,
    seed: int = 1,
) -> Plan:
    """Return the best order of clearance found in a time, with a bound of what any order can reach.

    Rules of thumb come first, then local search from the best of them, then the exact solver, or a bound alone where
    the question is too large for it.

    Args:
        problem: settlements, hazards and ways.
        teams, rate_m2, period_days, horizon_days: who clears, how fast, and how far ahead is looked (see `Pace`).
        time_limit_s: how long may be searched (s); rules of thumb and a short local search are done in any case.
        seed: of the chances of local search.

    Raises:
        ValueError: a number is not above zero; names it.
    """
    pace = Pace(teams, rate_m2, period_days, horizon_days)
    if not (np.isfinite(time_limit_s) and time_limit_s >= 0):
        raise ValueError(f"time_limit_s must be a number of zero or more, not {time_limit_s}")
    end = time.monotonic() + time_limit_s
    part = relevant(problem)
    if not len(part.place):
        return _nothing_to_do(problem, pace)
    a = arrays(part, pace.horizon_m2)
    tried = {name: rule(part) for name, rule in HEURISTICS.items()}
    start = min(tried.values(), key=lambda sequence: float(cost(a, sequence)))
    tried["local_search"] = improve(a, start, changes=CHANGES, time_limit_s=time_limit_s * 0.3, seed=seed)
    whole = units(a)
    known = _bound(part, a, (end - time.monotonic()) * 0.8)
    proof = prove(
        part,
        whole,
        tried["local_search"],
        time_limit_s=end - time.monotonic(),
        bound=float(np.floor(known / whole.real(1.0))),
    )
    best = _trimmed(a, proof.sequence)
    other = _beginning_otherwise(a, proof.sequence, int(best[0]), seed)
    if cost(a, other) < cost(a, best):  # where time was short
        best, other = _trimmed(a, other), proof.sequence
    lived = simulate(problem, part.hazard[best].tolist(), pace)
    bound = min(max(known, whole.real(proof.bound)) / pace.m2_per_day, lived.value)
    values = {name: float(cost(a, sequence)) / pace.m2_per_day for name, sequence in tried.items()}
    return Plan(
        value=lived.value,
        bound=bound,
        proven=proof.proven,
        gap=(lived.value - bound) / lived.value if lived.value > 0 else 0.0,
        schedule=lived.schedule,
        settlements=lived.settlements,
        returned=lived.returned,
        heuristics=pd.DataFrame(
            {
                "rule": list(values),
                "value": list(values.values()),
                "times_plan": [v / lived.value if lived.value > 0 else 1.0 for v in values.values()],
            }
        ),
        next_best=_next_best(part, a, other, lived.value, pace) if other[0] != best[0] else None,
    )


def _bound(part: Relevant, a: Arrays, time_limit_s: float) -> float:
    """Return a bound of the cost (weight x m2) of any sequence."""
    end = time.monotonic() + time_limit_s
    whole, steps = part.problem, Steps.of(part)
    least = np.array([part.area(np.flatnonzero(needed)) for needed in forced(steps)])
    for k, row in enumerate(part.settlement):
        if time.monotonic() > end - time_limit_s / 2:
            break
        found = chain(
            whole.passages,
            whole.ground,
            whole.sites,
            whole.place[row : row + 1],
            needed=whole.needed[int(row)],
            time_limit_s=0.0,
        )
        least[k] = max(least[k], found.bound_m2 if found is not None else 0.0)
    found_blockers = first_blockers(steps)
    return ordered(
        part,
        Rows.of_lists([np.flatnonzero(hazards).tolist() for _, hazards in found_blockers]),
        np.array([of for of, _ in found_blockers], np.int64),
        least,
        horizon=a.horizon,
        time_limit_s=max(end - time.monotonic(), 0.0),
    )


def _trimmed(a: Arrays, sequence: Ints) -> Ints:
    """Return a sequence without the hazards that open nothing: left out, no settlement opens later."""
    times, _ = opening_times(a, sequence)
    for hazard in sequence[::-1]:
        fewer = sequence[sequence != hazard]
        then, _ = opening_times(a, fewer)
        if (then <= times).all():
            sequence, times = fewer, then
    return sequence


def _beginning_otherwise(a: Arrays, sequence: Ints, first: int, seed: int) -> Ints:
    """Return the best sequence found that does not begin with a hazard; the same one where there is no other."""
    if len(sequence) < 2:
        return sequence
    others = sequence[sequence != first]
    start = np.concatenate([others[:1], [first], others[1:]])
    return improve(a, start, changes=CHANGES // 4, time_limit_s=5.0, seed=seed, forbidden=first)


def _next_best(part: Relevant, a: Arrays, sequence: Ints, least: float, pace: Pace) -> NextBest:
    """Return what a sequence would cost beside the plan."""
    value = float(cost(a, sequence)) / pace.m2_per_day
    return NextBest(str(part.problem.hazards[part.hazard[sequence[0]]]), value, max(value - least, 0.0))


def _nothing_to_do(problem: Problem, pace: Pace) -> Plan:
    """Return the plan where every settlement that counts is open already or never opens."""
    lived = simulate(problem, [], pace)
    none = pd.DataFrame({"rule": [], "value": [], "times_plan": []})
    return Plan(
        0.0,
        0.0,
        proven=True,
        gap=0.0,
        schedule=lived.schedule,
        settlements=lived.settlements,
        returned=lived.returned,
        heuristics=none,
        next_best=None,
    )
