"""Planning: the way that could be opened, drawn where it lies, and never a route to travel."""

import barred_roads
import numpy as np
import pytest
import shapely

from layers.roads.classes import Evidenced
from layers.roads.rules import Mode
from layers.routing.planning import planned
from layers.routing.stretches import stretches


def built():
    # 0 -- 1 -- 2: hazard H0 on the last 30 m of the first edge; the second edge runs the other way (2 to 1).
    roads = barred_roads.network(3, [(0, 1), (2, 1)])
    ground = barred_roads.ground([500.0])
    pieces = [
        (0, 0.0, 70.0, Evidenced.verified, [], -1),
        (0, 70.0, 100.0, Evidenced.inside_buffer, [0], -1),
        (1, 0.0, 100.0, Evidenced.unsurveyed, [], -1),
    ]
    found, kinds = barred_roads.evidence(roads, ground, pieces)
    judged = barred_roads.Judged(found, Mode.car, kinds, np.ones(3, bool))
    seconds = (np.full(2, 10.0), np.full(2, 10.0))
    return roads, ground, stretches(judged, seconds, (np.array([0, 1]), np.array([50.0, 50.0])))


def test_a_way_that_could_be_opened():
    roads, ground, ways = built()
    plan = planned(roads, ways, ground, int(ways.place[0]), int(ways.place[1]))
    assert (plan.verdict, plan.planning, plan.reason) == ("no_go", True, "ONLY_THROUGH_HAZARD")
    assert (plan.opening.ids, plan.opening.m2, plan.opening.proven) == (("H0",), 500.0, True)
    assert plan.metres == {"inside_buffer": 30.0, "unsurveyed": 50.0, "verified": 20.0}
    assert (plan.length_m, plan.seconds) == (100.0, 10.0)
    middle = (roads.nodes[:-1] + roads.nodes[1:]) / 2
    wanted = shapely.LineString([middle[0], roads.nodes[1], middle[1]])
    assert shapely.equals_exact(plan.geometry, wanted, tolerance=1e-9)


def test_an_open_way_is_still_no_route():
    roads, ground, ways = built()
    plan = planned(roads, ways, ground, 2, int(ways.place[1]))
    assert (plan.verdict, plan.planning, plan.reason, plan.opening.m2) == ("no_go", True, "", 0.0)


@pytest.mark.parametrize(("status", "reason"), [("closed", "ONLY_THROUGH_CLOSED_ROAD"), (None, "NO_ROAD")])
def test_where_clearing_opens_nothing_it_says_why(status, reason):
    ground = barred_roads.ground([1.0])
    edges = [(0, 1)] if status else [(0, 2)]
    roads = barred_roads.network(3, edges, status=[status])
    ways = barred_roads.ways(3, edges, ground, [[0]], status=[status])
    plan = planned(roads, ways, ground, 0, 1)
    assert (plan.opening, plan.reason, plan.geometry, plan.verdict) == (None, reason, None, "no_go")
