"""The exact solver: equal to trying every sequence, its bound never above the best plan, proven only where it is."""

import itertools

import clearance_cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.priorities import clock
from layers.priorities.blockers import Steps, blocker, forced
from layers.priorities.exact import prove
from layers.priorities.greedy import HEURISTICS
from layers.priorities.problem import Pace
from layers.priorities.relevant import relevant
from layers.priorities.simulator import simulate
from layers.priorities.units import units


def best_of_all(case, pace):
    """The least value over every order of every hazard of the problem, lived through by the simulator."""
    return min(simulate(case, order, pace).value for order in itertools.permutations(range(len(case.hazards))))


@settings(max_examples=60)
@given(clearance_cases.problems(most_hazards=5), st.sampled_from([None, None, 4.0, 15.0]))
def test_exact_is_the_best_of_all_sequences(case, horizon):
    pace = Pace(teams=1, rate_m2=10.0, horizon_days=horizon)
    part = relevant(case)
    wanted = best_of_all(case, pace)
    if not len(part.place):
        assert wanted == 0
        return
    arrays = clock.arrays(part, pace.horizon_m2)
    whole = units(arrays)
    proof = prove(part, whole, HEURISTICS["smallest_area_first"](part), time_limit_s=20)
    lived = simulate(case, part.hazard[proof.sequence].tolist(), pace).value
    assert proof.proven
    assert lived == pytest.approx(wanted, rel=1e-9)
    assert whole.real(proof.bound) / pace.m2_per_day == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_eight_hazards_against_all_sequences(seed):
    case = clearance_cases.large(8, 5, seed)
    part = relevant(case)
    arrays = clock.arrays(part, np.inf)
    wanted = min(clock.cost(arrays, np.array(p)) for p in itertools.permutations(range(len(part.of))))
    proof = prove(part, units(arrays), HEURISTICS["smallest_area_first"](part), time_limit_s=20)
    assert proof.proven
    assert clock.cost(arrays, proof.sequence) == pytest.approx(wanted)


@settings(max_examples=60)
@given(clearance_cases.problems())
def test_a_blocker_is_one_and_a_smallest(case):
    part = relevant(case)
    order = np.arange(len(part.of))
    if not len(part.place):
        return
    steps = Steps.of(part)
    must = forced(steps)
    for k in range(len(part.place)):
        hazards = blocker(steps, k, np.zeros(len(part.of), bool), order)
        assert not part.opened(~hazards)[k]
        for h in np.flatnonzero(hazards):
            fewer = hazards.copy()
            fewer[h] = False
            assert part.opened(~fewer)[k]
        for h in order:
            assert must[k, h] == (not part.opened(order != h)[k])


def test_without_time_the_bound_still_holds_and_nothing_is_proven_wrongly():
    part = relevant(clearance_cases.large(30, 10))
    whole = units(clock.arrays(part, np.inf))
    start = HEURISTICS["smallest_area_first"](part)
    proof = prove(part, whole, start, time_limit_s=0.0)
    assert not proof.proven
    assert proof.bound <= whole.value(proof.sequence) <= whole.value(start)


def test_units_round_down():
    part = relevant(clearance_cases.large(30, 10))
    arrays = clock.arrays(part, np.inf)._replace(share=part.share * 1.2345678, weight=part.weight / 3)
    whole = units(arrays)
    for rule in HEURISTICS.values():
        real = clock.cost(arrays, rule(part))
        assert real * (1 - 1e-5) <= whole.real(whole.value(rule(part))) <= real
