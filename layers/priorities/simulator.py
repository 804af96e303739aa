"""A sequence of clearance lived through: what is cleared when, which settlements open, how many people are home.

Written apart from whatever searches for sequences, step by step and without their shortcuts, so that the value of a
plan is what happens and not what a solver believes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from layers.priorities.problem import Pace, Problem


@dataclass(frozen=True, eq=False)
class Simulation:
    """What comes of a sequence.

    Attributes:
        schedule: a row per hazard in the order of work: `hazard`, `m2` (its open ground not yet cleared with another),
            `starts_day`, `ends_day` (days since the start; parts of days count), `opens` (ids of settlements, joined
            with ;).
        settlements: a row per settlement in order of the problem: `settlement`, `people`, `weight`, `opens_day` (NaN
            where the sequence never opens it), `can_open` (whether clearing every hazard would).
        returned: `day`, `people`: people who can have returned by that day, a row per day on which it grows.
        value: the sum over settlements that can open of weight x days until it opens, at most the horizon (weighted
            person-days); inf where a settlement that can open never does, and there is no horizon.
    """

    schedule: pd.DataFrame
    settlements: pd.DataFrame
    returned: pd.DataFrame
    value: float


def simulate(problem: Problem, sequence: Sequence[int], pace: Pace) -> Simulation:
    """Clear hazards one after the other and return what comes of it.

    A settlement opens at the end of the clearance that was the last it waited for, or on day 0.

    Raises:
        ValueError: a hazard stands twice in the sequence or does not exist.
    """
    order = [int(h) for h in sequence]
    if len(set(order)) < len(order):
        raise ValueError("sequence: a hazard stands in it twice")
    if order and not (min(order) >= 0 and max(order) < len(problem.hazards)):
        raise ValueError(f"sequence: only hazards 0 to {len(problem.hazards) - 1} exist")
    pieces = {h: {int(s) for s in problem.ground.of[h]} for h in range(len(problem.hazards))}
    done: set[int] = set()
    day = 0.0
    opens: dict[int, float] = dict.fromkeys(_open(problem, pieces, done), 0.0)
    rows = []
    for hazard in order:
        left = pieces[hazard] - done
        m2 = float(sum(problem.ground.share[s] for s in sorted(left)))
        start, day = day, day + m2 / pace.m2_per_day
        done |= left
        fresh = sorted(_open(problem, pieces, done) - opens.keys())
        opens.update(dict.fromkeys(fresh, day))
        names = ";".join(str(problem.settlements[k]) for k in fresh)
        rows.append((problem.hazards[hazard], m2, start, day, names))
    can = _open(problem, pieces, {s for own in pieces.values() for s in own})
    return Simulation(
        pd.DataFrame(rows, columns=["hazard", "m2", "starts_day", "ends_day", "opens"]),
        pd.DataFrame(
            {
                "settlement": problem.settlements,
                "people": problem.people,
                "weight": problem.weight,
                "opens_day": [opens.get(k, np.nan) for k in range(len(problem))],
                "can_open": [k in can for k in range(len(problem))],
            }
        ),
        _returned(problem, opens),
        _value(problem, opens, can, pace),
    )


def _open(problem: Problem, pieces: dict[int, set[int]], done: set[int]) -> set[int]:
    """Return the settlements that are open when some pieces of ground are cleared."""
    cleared = {h for h, own in pieces.items() if own <= done}
    passages = problem.passages
    onward: dict[int, list[int]] = {}
    for tail, head in zip(passages.tail.tolist(), passages.head.tolist(), strict=True):
        onward.setdefault(tail, []).append(head)
    seen = set(problem.sites.tolist())
    queue = deque(sorted(seen))
    while queue:
        for head in onward.get(queue.popleft(), []):
            if head not in seen and set(passages.hazards[head].tolist()) <= cleared:
                seen.add(head)
                queue.append(head)
    return {
        k for k in range(len(problem)) if int(problem.place[k]) in seen and set(problem.needed[k].tolist()) <= cleared
    }


def _returned(problem: Problem, opens: dict[int, float]) -> pd.DataFrame:
    """Return the people who can have returned, by day."""
    days = sorted({0.0, *opens.values()})
    people = [float(sum(problem.people[k] for k, day in opens.items() if day <= upto)) for upto in days]
    return pd.DataFrame({"day": days, "people": people})


def _value(problem: Problem, opens: dict[int, float], can: set[int], pace: Pace) -> float:
    """Return the weighted person-days of displacement."""
    limit = np.inf if pace.horizon_days is None else pace.horizon_days
    total = 0.0
    for k in sorted(can):
        if problem.weight[k] > 0:
            total += float(problem.weight[k]) * min(opens.get(k, np.inf), limit)
    return total
