"""Sequences of clearance: the fast clock agrees with the simulator, rules of thumb are whole, local search never worsens."""

import clearance_cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.priorities import clock, local
from layers.priorities.greedy import HEURISTICS
from layers.priorities.problem import Pace, least_area, problem
from layers.priorities.relevant import relevant
from layers.priorities.simulator import simulate
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround

PACE = Pace(teams=2, rate_m2=5.0, period_days=2.0)


@settings(max_examples=150)
@given(clearance_cases.problems(), st.randoms(use_true_random=False), st.sampled_from([None, 3.0, 12.0]))
def test_the_fast_clock_agrees_with_the_simulator(case, chance, horizon):
    pace = Pace(teams=2, rate_m2=5.0, period_days=2.0, horizon_days=horizon)
    part = relevant(case)
    order = list(range(len(part.hazard)))
    chance.shuffle(order)
    lived = simulate(case, part.hazard[order].tolist(), pace)
    sequence = np.array(order, np.int64)
    arrays = clock.arrays(part, pace.horizon_m2)
    assert lived.value == pytest.approx(clock.cost(arrays, sequence) / pace.m2_per_day)
    days = clock.opening_times(arrays, sequence)[0] / pace.m2_per_day
    assert lived.settlements["opens_day"].to_numpy()[part.settlement] == pytest.approx(days)
    # What is no part of the search opens at once or never, or counts nothing.
    others = lived.settlements.drop(index=part.settlement)
    assert ((others["opens_day"] == 0) | ~others["can_open"] | (others["weight"] == 0)).all()


@settings(max_examples=60)
@given(clearance_cases.problems())
def test_every_rule_of_thumb_opens_all_that_can_open(case):
    part = relevant(case)
    arrays = clock.arrays(part, np.inf)
    for rule in HEURISTICS.values():
        sequence = rule(part)
        assert sorted(sequence.tolist()) == list(range(len(part.hazard)))
        lived = simulate(case, part.hazard[sequence].tolist(), PACE).settlements
        assert lived.loc[lived["can_open"] & (lived["weight"] > 0), "opens_day"].notna().all()
        better = local.improve(arrays, sequence, changes=500)
        assert clock.cost(arrays, better) <= clock.cost(arrays, sequence)
        assert sorted(better.tolist()) == list(range(len(part.hazard)))


def test_local_search_gives_the_same_plan_again_and_improves_it():
    part = relevant(clearance_cases.large(40, 15))
    arrays = clock.arrays(part, np.inf)
    start = HEURISTICS["smallest_area_first"](part)
    once, again = (local.improve(arrays, start, changes=3000, seed=7) for _ in range(2))
    assert once.tolist() == again.tolist()
    assert clock.cost(arrays, once) < clock.cost(arrays, start)
    barred = local.improve(arrays, np.roll(start, 1), changes=3000, forbidden=int(start[0]))
    assert barred[0] != start[0]


def two_villages():
    # One village of 100 people under hazard A of 1,000 m2; one of 10 under B of 500 m2; C overlaps A by 400 of its 600 m2.
    ground = SharedGround(np.array([600.0, 400.0, 500.0, 200.0]), Rows.of_lists([[0, 1], [2], [1, 3]]))
    return problem(
        hazards=["A", "B", "C"], ground=ground, settlements=["V1", "V2"], people=[100, 10], needed=[[0], [1, 2]]
    )


def test_a_schedule_by_hand():
    lived = simulate(two_villages(), [0, 1, 2], Pace(teams=2, rate_m2=50.0))
    assert lived.schedule.to_dict("list") == {
        "hazard": ["A", "B", "C"],
        "m2": [1000.0, 500.0, 200.0],
        "starts_day": [0.0, 10.0, 15.0],
        "ends_day": [10.0, 15.0, 17.0],
        "opens": ["V1", "", "V2"],
    }
    assert lived.value == 100 * 10 + 10 * 17
    assert lived.returned.to_dict("list") == {"day": [0.0, 10.0, 17.0], "people": [0.0, 100.0, 110.0]}
    assert simulate(two_villages(), [0], Pace(teams=1, rate_m2=100.0, horizon_days=12)).value == 100 * 10 + 10 * 12
    assert simulate(two_villages(), [0], Pace(teams=1, rate_m2=100.0)).value == np.inf


def test_least_area_counts_shared_ground_once():
    case = two_villages()
    found = least_area(case, "V2")
    assert (found.m2, found.hazards.tolist(), found.proven) == (1100.0, [1, 2], True)
    with pytest.raises(ValueError, match="settlement 'V9' is not among"):
        least_area(case, "V9")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("people", [1, float("nan")], "people: nan .of V2. is not a number of zero or more"),
        ("people", [1, -2], "people: -2.0 .of V2."),
        ("people", [0, 0], "people: nobody"),
        ("people", [1], "people: 1 values for 2 settlements"),
        ("weight", [float("inf"), 1], "weight: inf .of V1."),
        ("settlements", ["V1", "V1"], "settlements: an id stands twice"),
        ("needed", [[0], [7]], "needed .settlement V2.: 7 does not exist"),
        ("hazards", ["A"], "hazards: 1 ids, but ground of 3"),
        ("sites", [], "sites: name at least one"),
        ("place", [0, 5], "place: 5 does not exist"),
        ("ground", SharedGround(np.array([-1.0]), Rows.of_lists([[0], [0], [0]])), "ground: -1.0"),
    ],
)
def test_bad_input_is_named(field, value, message):
    given_ = {
        "hazards": ["A", "B", "C"],
        "ground": SharedGround(np.array([600.0, 400.0]), Rows.of_lists([[0], [1], [1]])),
        "settlements": ["V1", "V2"],
        "people": [100, 10],
        "needed": [[0], [1]],
    }
    with pytest.raises(ValueError, match=message):
        problem(**given_ | {field: value})


@pytest.mark.parametrize("field", ["teams", "rate_m2", "period_days", "horizon_days"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pace_that_moves_nothing_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be a number above zero"):
        Pace(**{"teams": 1, "rate_m2": 10} | {field: value})


def test_a_sequence_that_names_a_hazard_twice_is_refused():
    with pytest.raises(ValueError, match="stands in it twice"):
        simulate(two_villages(), [0, 0], PACE)
    with pytest.raises(ValueError, match="only hazards 0 to 2"):
        simulate(two_villages(), [3], PACE)
