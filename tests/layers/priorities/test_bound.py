"""The bound of large plans: never above the best of all sequences, and Smith's rule where nothing is shared."""

import itertools

import clearance_cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.priorities import clock
from layers.priorities.blockers import Steps, first_blockers
from layers.priorities.bound import ordered
from layers.priorities.problem import problem
from layers.priorities.relevant import relevant
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround


def bound(part, horizon=np.inf):
    found = first_blockers(Steps.of(part))
    rows = Rows.of_lists([np.flatnonzero(hazards).tolist() for _, hazards in found])
    return ordered(part, rows, np.array([of for of, _ in found]), np.zeros(len(part.place)), horizon=horizon)


@settings(max_examples=60)
@given(clearance_cases.problems(most_hazards=5), st.sampled_from([np.inf, 20.0, 60.0]))
def test_the_bound_is_never_above_the_best(case, horizon):
    part = relevant(case)
    if not len(part.place):
        return
    a = clock.arrays(part, horizon)
    best = min(clock.cost(a, np.array(p, np.int64)) for p in itertools.permutations(range(len(part.of))))
    assert bound(part, horizon) <= best


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=6))
def test_where_nothing_is_shared_it_is_smiths_rule(pairs):
    areas, people = np.array(pairs, float).T
    ground = SharedGround(areas, Rows.of_lists([[k] for k in range(len(areas))]))
    names = [str(k) for k in range(len(areas))]
    case = problem(
        hazards=names, ground=ground, settlements=names, people=people, needed=[[k] for k in range(len(areas))]
    )
    order = np.argsort(-people / areas, kind="stable")
    best = float(people[order] @ np.cumsum(areas[order]))
    assert bound(relevant(case)) == pytest.approx(best, rel=1e-6)
