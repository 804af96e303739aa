"""From a place to the road: the nearest usable stretch, connectors judged, refusals told apart."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from routing_cases import at, connecting, judged, network, seconds

from layers.roads.classes import Evidenced
from layers.roads.rules import Mode, Unsurveyed
from layers.routing.graph import ground
from layers.routing.routes import Limits, routes
from layers.routing.snap import Anchor, Nearby, Refusal, anchor, metres
from layers.routing.split import stretch

SURVEYED, BUFFER = Evidenced.surveyed_no_evidence, Evidenced.inside_buffer
ROADS = [[(0, 0), (1000, 0)], [(0, 0), (0, 300), (1000, 300)], [(1000, 0), (1000, 300)]]


def box(left, low, right, high):
    return shapely.box(*at(left, low), *at(right, high))


def meet(held, place, *, connect=None, policy=Unsurveyed.show, within=500.0):
    net = held.evidence.network
    travel = ground(held, seconds(net), policy)
    return anchor(Nearby(net), travel, at(*place), connect=connect or connecting(mode=held.mode), max_snap_m=within)


def test_the_nearest_road_is_met_at_a_right_angle():
    found = meet(judged(network(ROADS), SURVEYED), (400, 100))
    assert found.touch.edge == 0
    assert found.touch.along == pytest.approx(400, abs=0.02)
    assert found.length == pytest.approx(100, abs=0.01)


@given(st.floats(-200, 1200), st.floats(-200, 500), st.lists(st.booleans(), min_size=6, max_size=6))
def test_no_usable_stretch_is_nearer(x, y, bars):
    kinds = [Evidenced.closed if bar else SURVEYED for bar in bars]
    held = judged(network(ROADS), kinds, cuts={0: [0.4], 1: [0.3], 2: [0.5]})
    found = meet(held, (x, y), within=2000)
    pieces = held.evidence.pieces
    lines = [stretch(held.evidence.network, p["edge"], p["begin"], p["end"]) for p in pieces]
    dense = [shapely.get_coordinates(shapely.segmentize(shapely.LineString(line), 0.0001)) for line in lines]
    place = np.array(at(x, y))
    near = [metres(np.broadcast_to(place, line.shape), line).min() for line in dense]
    usable = [d for d, bar in zip(near, bars, strict=True) if not bar]
    if not usable:
        assert isinstance(found, Refusal)
        return
    # Points every ten metres of the road: between two of them lies at most 5 m.
    assert found.touch.metres <= min(usable) + 1e-3
    assert found.touch.metres >= min(usable) - 5.1
    assert not bars[found.touch.piece]


def test_on_the_carriageway_there_is_no_connector():
    net = network(ROADS, roads={"width_m": [8.0, 8.0, np.nan]})
    assert meet(judged(net, SURVEYED), (400, 3.9)).judged is None
    assert meet(judged(net, SURVEYED), (400, 4.2)).judged is not None
    # Roads without a width: the rules' 6 m.
    assert meet(judged(net, SURVEYED), (1002.9, 150)).judged is None
    # A verified carriageway is as wide as it was verified; a lifted buffer leaves no more than that.
    net = network(ROADS, roads={"width_m": 8.0, "eo_width_m": 3.0})
    assert meet(judged(net, Evidenced.verified), (400, 1.4)).judged is None
    assert meet(judged(net, Evidenced.verified), (400, 1.6)).judged is not None
    assert meet(judged(net, Evidenced.released_cleared, lifted=[0]), (400, 0.1)).judged is not None


def test_a_place_in_a_buffer_is_refused_however_near_the_road_is():
    found = meet(
        judged(network(ROADS), SURVEYED), (400, 50), connect=connecting(SURVEYED, barred=box(300, 40, 500, 60))
    )
    assert found.code == "IN_BUFFER"


def test_another_road_serves_where_the_nearest_way_is_barred():
    wall = connecting(SURVEYED, barred=box(-500, 20, 1500, 40))
    found = meet(judged(network(ROADS), SURVEYED), (400, 100), connect=wall)
    assert found.touch.edge == 1
    assert found.length == pytest.approx(200, abs=0.02)


def test_a_place_walled_in_is_refused():
    ring = box(350, 50, 450, 150).difference(box(360, 60, 440, 140))
    assert meet(judged(network(ROADS), SURVEYED), (400, 100), connect=connecting(barred=ring)).code == "SHUT_IN"


def test_unsurveyed_ground_to_the_road_is_refused_where_it_is_ruled_out():
    held = judged(network(ROADS), SURVEYED)
    assert meet(held, (400, 100), policy=Unsurveyed.forbid).code == "UNSURVEYED_NOT_ALLOWED"
    assert isinstance(meet(held, (400, 100), policy=Unsurveyed.forbid, connect=connecting(SURVEYED)), Anchor)


def test_on_foot_the_way_to_the_road_is_walked_on_cleared_ground_only():
    held = judged(network(ROADS), Evidenced.verified, mode=Mode.foot)
    cleared = connecting(Evidenced.released_cleared, mode=Mode.foot)
    assert meet(held, (400, 100)).code == "UNSURVEYED_NOT_ALLOWED"
    assert isinstance(meet(held, (400, 100), connect=cleared), Anchor)


def test_too_far_is_no_road_and_says_how_far():
    found = meet(judged(network(ROADS), SURVEYED), (400, -501))
    assert (found.code, round(found.metres)) == ("NO_ROAD", 501)
    assert isinstance(meet(judged(network(ROADS), SURVEYED), (400, -499)), Anchor)
    assert meet(judged(network(ROADS), SURVEYED), (400, -60_000)).metres is None


def test_roads_closed_to_the_mode_are_no_roads():
    net = network(ROADS)
    times = seconds(net)
    for side in times:
        side[0] = np.inf
    found = anchor(Nearby(net), ground(judged(net, SURVEYED), times), at(400, 100), connect=connecting())
    assert found.touch.edge == 1


def test_what_bars_a_place_on_the_road_is_named():
    net = network(ROADS)
    held = judged(net, [BUFFER, SURVEYED, SURVEYED], blocker={0: 1}, point={0: 0})
    found = meet(held, (400, 0))
    assert (found.code, found.barring) == ("IN_BUFFER", ("H2", "I1"))
    answered = routes(ground(held, seconds(net)), Nearby(net), [at(400, 0), at(0, 300)], connect=connecting())
    assert [r.code for r in answered.reasons] == ["START_IN_BUFFER"]
    assert answered.reasons[0].facts["barred_by"] == ["H2", "I1"]


@pytest.mark.parametrize(
    ("barred", "code"),
    [
        (box(-10, -110, 10, -90), "START_IN_BUFFER"),
        (box(990, -110, 1010, -90), "END_IN_BUFFER"),
        (box(490, -110, 510, -90), "VIA_IN_BUFFER"),
    ],
)
def test_the_place_that_is_refused_is_named(barred, code):
    net = network(ROADS)
    places = [at(0, -100), at(500, -100), at(1000, -100)]
    connect = connecting(barred=barred)
    found = routes(ground(judged(net, SURVEYED), seconds(net)), Nearby(net), places, connect=connect, limits=Limits())
    assert [r.code for r in found.reasons] == [code]
    assert not found.alternatives
