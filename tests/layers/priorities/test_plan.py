"""The plan: its value is what the simulator says, its bound holds, the rules of thumb are never better."""

import itertools

import clearance_cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.priorities.plan import plan
from layers.priorities.problem import Pace, problem
from layers.priorities.simulator import simulate
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround


def lived(case, made, pace):
    rows = {name: k for k, name in enumerate(case.hazards)}
    return simulate(case, [rows[name] for name in made.schedule["hazard"]], pace)


@settings(max_examples=25)
@given(clearance_cases.problems(most_hazards=5), st.sampled_from([None, 6.0]))
def test_a_plan_is_the_best_of_all_sequences(case, horizon):
    pace = Pace(teams=3, rate_m2=4.0, period_days=2.0, horizon_days=horizon)
    made = plan(case, teams=3, rate_m2=4.0, period_days=2.0, horizon_days=horizon, time_limit_s=10)
    wanted = min(simulate(case, o, pace).value for o in itertools.permutations(range(len(case.hazards))))
    assert made.proven
    assert made.value == pytest.approx(wanted)
    assert made.bound == pytest.approx(wanted)
    assert made.bound <= made.value
    assert lived(case, made, pace).value == pytest.approx(made.value)
    assert (made.heuristics["value"] >= made.value * (1 - 1e-9)).all()
    # Whatever can open does, and nothing is cleared that opens nothing.
    counted = made.settlements[made.settlements["can_open"] & (made.settlements["weight"] > 0)]
    assert counted["opens_day"].notna().all()
    if made.next_best is not None:
        others = [
            o for o in itertools.permutations(range(len(case.hazards))) if case.hazards[o[0]] == made.next_best.hazard
        ]
        assert made.next_best.hazard != made.schedule["hazard"].iloc[0]
        assert made.next_best.value >= min(simulate(case, o, pace).value for o in others) - 1e-6


@pytest.mark.parametrize(("horizon", "times"), [(None, 1.5), (4000.0, 1.1)])
def test_a_middling_plan_is_proven_and_beats_smallest_area_first(horizon, times):
    case = clearance_cases.large(30, 10)
    pace = Pace(teams=2, rate_m2=300.0, horizon_days=horizon)
    made = plan(case, teams=2, rate_m2=300.0, horizon_days=horizon, time_limit_s=60)
    assert made.proven
    assert made.bound == pytest.approx(made.value)
    assert lived(case, made, pace).value == pytest.approx(made.value)
    values = made.heuristics.set_index("rule")["value"]
    assert values["smallest_area_first"] > times * made.value
    assert made.next_best.more >= 0
    assert made.returned["people"].is_monotonic_increasing
    assert made.returned["people"].iloc[-1] == made.settlements.loc[made.settlements["can_open"], "people"].sum()


def test_little_time_gives_a_plan_with_an_honest_bound():
    case = clearance_cases.large(120, 40)
    made = plan(case, teams=5, rate_m2=300.0, time_limit_s=1.0)
    assert 0 < made.bound <= made.value
    assert made.gap == pytest.approx(1 - made.bound / made.value)
    assert lived(case, made, Pace(teams=5, rate_m2=300.0)).value == pytest.approx(made.value)


def test_where_all_is_open_there_is_nothing_to_do():
    ground = SharedGround(np.array([5.0]), Rows.of_lists([[0]]))
    made = plan(problem(hazards=["A"], ground=ground, settlements=["V"], people=[4], needed=[[]]), teams=1, rate_m2=1)
    assert (made.value, made.proven, len(made.schedule), made.next_best) == (0.0, True, 0, None)
    assert made.settlements["opens_day"].tolist() == [0.0]


def test_a_plan_refuses_a_pace_that_moves_nothing():
    case = clearance_cases.large(8, 5)
    with pytest.raises(ValueError, match="rate_m2 must be a number above zero, not -1"):
        plan(case, teams=1, rate_m2=-1)
    with pytest.raises(ValueError, match="time_limit_s must be"):
        plan(case, teams=1, rate_m2=1, time_limit_s=float("nan"))
