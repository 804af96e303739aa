"""From roads and settlements to a plan: hazards on the settlement, on its way and beside the road all count."""

import barred_roads
import numpy as np
import pytest
import shapely

from layers.priorities.plan import plan
from layers.priorities.posed import Situation, around, on_settlements, posed
from layers.priorities.problem import least_area
from layers.roads.classes import Evidenced
from layers.roads.rules import Mode
from layers.routing.places import places
from layers.routing.stretches import stretches


def situation(site_north=0.0):
    # 0 -- 1 -- 2 -- 3, 860 m apart; H0 bars the second road; H1 lies on the village at 3; H2 between a farm and its road.
    roads = barred_roads.network(4, [(0, 1, 860.0), (1, 2, 860.0), (2, 3, 860.0)])
    ground = barred_roads.ground([1000.0, 300.0, 50.0], [(100.0, [0, 1])])
    ground.polygons[0] = shapely.box(46.012, 39.4995, 46.016, 39.5005)
    ground.polygons[1] = shapely.box(46.0295, 39.502, 46.031, 39.504)
    ground.polygons[2] = shapely.box(46.004, 39.4985, 46.006, 39.499)
    pieces = [
        (0, 0.0, 860.0, Evidenced.verified, [], -1),
        (1, 0.0, 860.0, Evidenced.inside_hazard, [0], -1),
        (2, 0.0, 860.0, Evidenced.unsurveyed, [], -1),
    ]
    found, kinds = barred_roads.evidence(roads, ground, pieces)
    village = shapely.box(46.0295, 39.4995, 46.0305, 39.5035)
    farm, near_site, far = shapely.Point(46.005, 39.498), shapely.Point(46.008, 39.5), shapely.Point(46.005, 39.6)
    spots = np.array([shapely.Point(46.0, 39.5 + site_north), village, farm, near_site, far], object)
    where = places(spots, found)
    judged = barred_roads.Judged(found, Mode.car, kinds, np.ones(3, bool))
    ways = stretches(judged, (roads.length / 10, roads.length / 10), (where.edge, where.along))
    return Situation(ways, ground, where, 1), spots[1:]


def test_a_plan_from_roads():
    of, homes = situation()
    on = on_settlements(of.ground, homes)
    assert [row.tolist() for row in on] == [[1], [], [], []]
    case = posed(of, ["village", "farm", "near", "far"], [100, 10, 5, 7], on)
    assert least_area(case, "village").m2 == 1400.0
    assert least_area(case, "village").hazards.tolist() == [0, 1]
    assert least_area(case, "farm").hazards.tolist() == [2]
    assert least_area(case, "far") is None
    made = plan(case, teams=1, rate_m2=10.0)
    table = made.settlements.set_index("settlement")
    assert table["can_open"].to_dict() == {"village": True, "farm": True, "near": True, "far": False}
    # The farm first: 10 people for 50 m2 are more per m2 than 100 for 1,400.
    assert table["opens_day"].to_dict() == pytest.approx(
        {"village": 145.0, "farm": 5.0, "near": 0.0, "far": np.nan}, nan_ok=True
    )
    assert (made.proven, made.value) == (True, 100 * 145.0 + 10 * 5.0)
    assert case.way[:3] == pytest.approx([258.0, 43.0, 68.8], abs=5)


def test_hazards_around_a_settlement_are_counted():
    of, homes = situation()
    counts = around(of.ground, homes)
    assert counts["hazards_500_m"].tolist() == [1, 1, 2, 0]
    assert counts["hazards_1000_m"].tolist() == [1, 2, 2, 0]


def test_sites_without_a_road_are_refused():
    of, homes = situation(site_north=0.2)
    with pytest.raises(ValueError, match="sites: none has a way"):
        posed(of, ["village", "farm", "near", "far"], [100, 10, 5, 7], on_settlements(of.ground, homes))
