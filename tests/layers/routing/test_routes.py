"""Routes on small networks: what is given, where they run, what they cost, and why there are none."""

from dataclasses import replace

import numpy as np
import pytest
from routing_cases import at, connecting, judged, network, seconds, table

from layers.roads.classes import Evidenced
from layers.roads.rules import Mode, Unsurveyed
from layers.routing.graph import ground
from layers.routing.routes import Limits, routes
from layers.routing.snap import Nearby, metres

UNSURVEYED, VERIFIED, CLEARED = Evidenced.unsurveyed, Evidenced.verified, Evidenced.released_cleared
SURVEYED, BUFFER, CLOSED = Evidenced.surveyed_no_evidence, Evidenced.inside_buffer, Evidenced.closed

# A straight road of 2 km, and a way round of 2.4 km.
FORK = [[(0, 0), (2000, 0)], [(0, 0), (0, 200), (2000, 200), (2000, 0)]]


def find(held, places, *, unsurveyed=Unsurveyed.show, connect=None, opening=None, times=None, **limits):
    net = held.evidence.network
    travel = ground(held, times or seconds(net), unsurveyed)
    connect = connect or connecting(mode=held.mode)
    return routes(travel, Nearby(net), places, connect=connect, opening=opening, limits=Limits(**limits))


def tens(metres_):
    return -int(-metres_ // 10) * 10


def codes(found):
    return [reason.code for reason in found.reasons]


def test_the_fastest_and_the_least_exposed_are_given():
    net = network(FORK)
    found = find(judged(net, [UNSURVEYED, SURVEYED]), [at(0, 0), at(2000, 0)])
    fast, careful = found.alternatives
    assert found.front == 2
    assert fast.length_m == pytest.approx(2000, abs=0.1)
    assert fast.duration_s == pytest.approx(200, abs=0.1)
    assert fast.exposure_m == tens(net.length[0])
    assert careful.length_m == pytest.approx(2400, abs=0.1)
    assert careful.exposure_m == 0


def test_a_metre_unsurveyed_and_near_open_ground_counts_twice():
    net = network(FORK[:1])
    found = find(judged(net, UNSURVEYED, cuts={0: [0.25]}, exposed=[0]), [at(0, 0), at(2000, 0)])
    assert found.alternatives[0].exposure_m == tens(1.25 * net.length[0])


def test_the_line_has_the_roads_own_vertices_and_ends_where_it_was_asked():
    net = network(FORK)
    found = find(judged(net, [BUFFER, SURVEYED]), [at(-30, 100), at(2040, 100)])
    (only,) = found.alternatives
    wanted = [at(-30, 100), at(0, 100), at(0, 200), at(2000, 200), at(2000, 100), at(2040, 100)]
    assert only.lonlat == pytest.approx(np.array(wanted), abs=1e-9)
    assert metres(only.lonlat[:-1], only.lonlat[1:]).sum() == pytest.approx(only.length_m, abs=1e-4)
    # Seventy metres of connectors that nobody surveyed.
    assert only.exposure_m == 70  # 69.999 m
    assert only.duration_s == pytest.approx(2200 / 10 + 70 / 4 * 3.6, abs=0.1)


def test_sections_fill_the_route_and_turn_with_it():
    held = judged(network(FORK), [UNSURVEYED, SURVEYED, CLEARED, BUFFER], cuts={0: [0.1, 0.6]})
    there = find(held, [at(0, 0), at(2000, 0)]).alternatives[0].sections
    back = find(held, [at(2000, 0), at(0, 0)]).alternatives[0].sections
    assert there["from_m"][0] == 0
    assert (there["from_m"][1:] == there["to_m"][:-1]).all()
    assert np.diff(np.r_[there["from_m"], there["to_m"][-1]]) == pytest.approx([200, 1000, 800], abs=0.01)
    assert back["piece"].tolist() == [2, 1, 0]
    assert np.diff(np.r_[back["from_m"], back["to_m"][-1]]) == pytest.approx([800, 1000, 200], abs=0.01)


def test_a_stretch_before_the_block_is_of_use_to_who_starts_there():
    # The road is barred at its far end; the start is between the way round and the block.
    held = judged(network(FORK), [UNSURVEYED, BUFFER, SURVEYED], cuts={0: [0.6]})
    found = find(held, [at(1000, 1), at(2000, 0)])
    (only,) = found.alternatives
    assert only.length_m == pytest.approx(1000 + 2400, abs=0.1)
    assert not (only.ground.judged.classes[only.sections["piece"]] <= BUFFER).any()


def test_one_way_roads_hold():
    net = network(FORK, oneway=[0])
    held = judged(net, SURVEYED)
    assert find(held, [at(0, 0), at(2000, 0)]).alternatives[0].length_m == pytest.approx(2000, abs=0.1)
    assert find(held, [at(2000, 0), at(0, 0)]).alternatives[0].length_m == pytest.approx(2400, abs=0.1)
    # Against the street from its middle: on to its end and all the way round.
    assert find(held, [at(1000, 0), at(500, 0)]).alternatives[0].length_m == pytest.approx(1000 + 2400 + 500, abs=0.1)


def test_two_places_on_one_road_need_nothing_else():
    found = find(judged(network(FORK[:1]), SURVEYED), [at(300, 0), at(1500, 1)])
    assert found.alternatives[0].length_m == pytest.approx(1200, abs=0.1)
    assert len(found.alternatives[0].legs) == 1


def test_places_on_the_way_are_called_at_in_order_and_one_may_turn_round():
    net = network([*FORK, [(2000, 0), (3000, 0)]])
    found = find(judged(net, SURVEYED), [at(0, 0), at(2500, 0), at(1800, 0), at(0, 200)])
    (only,) = found.alternatives
    assert only.length_m == pytest.approx(2500 + 700 + 1800 + 200, abs=0.1)
    assert [leg.edge for leg in only.legs] == [0, 2, 2, 0, 1]


def test_trades_of_all_legs_are_weighed_together():
    # Two forks in a row, each fast or clean: of the whole route two trades in the middle, one beating the other.
    forks = [[(k * 2000 + x, y) for x, y in line] for k in range(2) for line in FORK]
    times = (np.array([200.0, 240.0, 200.0, 300.0]),) * 2
    net = network(forks)
    found = find(
        judged(net, [UNSURVEYED, SURVEYED] * 2),
        [at(0, 0), at(2000, 0), at(4000, 0)],
        times=times,
    )
    assert table(found)[0].tolist() == pytest.approx([400, 440, 540], abs=0.001)
    assert table(found)[1].tolist() == [tens(net.length[0] + net.length[2]), tens(net.length[0]), 0]


def test_exposure_is_rounded_once_for_all_legs():
    # 14 m and 14 m: 28 m are 30; rounded leg by leg they would be 40.
    net = network([[(0, 0), (14, 0)], [(14, 0), (28, 0)]])
    found = find(judged(net, UNSURVEYED), [at(0, 0), at(14, 0), at(28, 0)])
    assert table(found)[1].tolist() == [30]


def test_thinning_keeps_both_ends_and_asking_for_more_only_adds():
    # Ten roads side by side: the longer, the less of it is unsurveyed.
    lines = [[(0, 0), (1000, 50 * k + 1), (2000, 0)] for k in range(10)]
    classes = [kind for k in range(10) for kind in (UNSURVEYED, SURVEYED)]
    held = judged(network(lines), classes, cuts={k: [0.95 - k * 0.1] for k in range(10)})
    times = (np.arange(10) * 10.0 + 200, np.arange(10) * 10.0 + 200)
    whole = find(held, [at(0, 0), at(2000, 0)], times=times, max_alternatives=20)
    assert len(whole.alternatives) == whole.front == 10
    before: set[float] = set()
    for most in range(2, 11):
        some = find(held, [at(0, 0), at(2000, 0)], times=times, max_alternatives=most)
        given = {r.duration_s for r in some.alternatives}
        assert len(given) == most
        assert {200, 290} <= given
        assert before <= given
        before = given
    (one,) = find(held, [at(0, 0), at(2000, 0)], times=times, max_alternatives=1).alternatives
    assert one.duration_s == 290


def test_the_same_place_is_no_route():
    assert codes(find(judged(network(FORK), SURVEYED), [at(5, 5), at(5, 5)])) == ["SAME_PLACE"]


def test_off_the_network_says_how_far():
    found = find(judged(network(FORK), SURVEYED), [at(-900, 0), at(2000, 0)])
    assert codes(found) == ["NO_ROAD"]
    assert found.reasons[0].facts["place"] == "from"
    assert found.reasons[0].facts["distance_m"] == pytest.approx(900, abs=0.5)


def test_a_network_in_pieces_is_no_road():
    net = network([*FORK, [(5000, 0), (6000, 0)]])
    assert codes(find(judged(net, SURVEYED), [at(0, 0), at(6000, 0)])) == ["NO_ROAD"]


def test_a_yard_apart_from_the_network_does_not_hide_the_road_behind_it():
    net = network([*FORK, [(900, -40), (1100, -40)]])
    found = find(judged(net, SURVEYED), [at(1000, -60), at(2000, 0)])
    (only,) = found.alternatives
    assert only.length_m == pytest.approx(60 + 1000, abs=0.1)
    # Between two places of the yard it is the road.
    (short,) = find(judged(net, SURVEYED), [at(920, -42), at(1080, -42)]).alternatives
    assert short.length_m == pytest.approx(160, abs=0.1)


def test_unsurveyed_forbidden_is_the_reason_where_showing_it_would_do():
    held = judged(network(FORK), [UNSURVEYED, BUFFER])
    connect = connecting(SURVEYED)
    places = [at(-100, 0), at(2100, 0)]
    assert find(held, places, connect=connect).alternatives
    net = network([*FORK, [(-200, 0), (0, 0)], [(2000, 0), (2200, 0)]])
    held = judged(net, [UNSURVEYED, BUFFER, SURVEYED, SURVEYED])
    assert codes(find(held, places, connect=connect, unsurveyed=Unsurveyed.forbid)) == ["UNSURVEYED_NOT_ALLOWED"]
    assert find(held, places, connect=connect).alternatives


def test_only_through_hazard_hands_over_two_nodes_that_can_be_opened():
    held = judged(network(FORK), [SURVEYED, BUFFER, SURVEYED, BUFFER], cuts={0: [0.4, 0.6]}, blocker={1: 0, 3: 1})
    asked = []

    def opening(judged_, times, origin, destination):
        net = judged_.evidence.network
        asked.append((net.nodes[origin], net.nodes[destination]))
        assert len(times[0]) == len(net)
        assert judged_.evidence.barred_by.tolist() == [0, 1]
        return {"hazards": ["H1"], "m2": 10_000.0}

    found = find(held, [at(500, 2), at(1500, 2)], opening=opening)
    assert codes(found) == ["ONLY_THROUGH_HAZARD"]
    assert found.reasons[0].facts == {"hazards": ["H1"], "m2": 10_000.0}
    assert np.array(asked[0]) == pytest.approx(np.array([at(500, 0), at(1500, 0)]), abs=1e-9)


def test_a_closed_road_is_named():
    found = find(judged(network(FORK), [CLOSED, BUFFER], blocker={1: 0}), [at(0, 0), at(2000, 0)])
    assert codes(found) == ["ONLY_THROUGH_HAZARD"]  # all roads at both places are barred; one hazard is enough
    net = network([*FORK, [(-200, 0), (0, 0)]])
    found = find(judged(net, [CLOSED, CLOSED, SURVEYED]), [at(-100, 0), at(2000, 0)])
    assert codes(found) == ["ONLY_THROUGH_CLOSED_ROAD"]
    assert found.reasons[0].facts == {"roads": ["road-000"]}


def test_a_closed_road_through_a_hazard_needs_both_to_change():
    net = network(
        [*FORK[:1], [(-200, 0), (0, 0)], [(2000, 0), (2200, 0)]],
        roads={"eo_status": ["restricted", "not_assessed", "not_assessed"], "eo_width_m": [2.0, np.nan, np.nan]},
    )
    held = judged(net, [Evidenced.inside_hazard, SURVEYED, SURVEYED], blocker={0: 0})
    found = find(held, [at(-100, 0), at(2100, 0)], opening=lambda *_: {"hazards": ["H1"], "m2": 1.0})
    assert codes(found) == ["ONLY_THROUGH_HAZARD", "ONLY_THROUGH_CLOSED_ROAD"]
    assert found.reasons[1].facts == {"roads": ["road-000"]}


def test_records_without_a_word_on_ordnance_close_nothing():
    net = network([*FORK[:1], [(-200, 0), (0, 0)], [(2000, 0), (2200, 0)]])
    net = replace(net, roads=net.roads[["id", "geometry"]])
    found = find(judged(net, [BUFFER, SURVEYED, SURVEYED], point={0: 0}), [at(-100, 0), at(2100, 0)])
    assert codes(found) == ["ONLY_THROUGH_HAZARD"]


def test_on_foot_only_verified_and_cleared_ground_is_used():
    net = network(FORK)
    times = seconds(net, 5)
    places = [at(0, 0), at(2000, 0)]
    found = find(judged(net, [SURVEYED, CLEARED], mode=Mode.foot), places, times=times)
    assert [r.length_m for r in found.alternatives] == pytest.approx([2400], abs=0.1)
    net = network([*FORK, [(-200, 0), (0, 0)], [(2000, 0), (2200, 0)]])
    found = find(
        judged(net, [SURVEYED, UNSURVEYED, CLEARED, CLEARED], mode=Mode.foot),
        [at(-100, 0), at(2100, 0)],
        times=seconds(net, 5),
    )
    assert codes(found) == ["UNSURVEYED_NOT_ALLOWED"]


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([(np.nan, 39.5), at(0, 0)], "from: .*finite"),
        ([at(0, 0), (np.inf, 39.5)], "to: .*finite"),
        ([at(0, 0), (47, 39, 1), at(1, 1)], "via 1: .*two finite"),
        ([at(0, 0), (39.5, 147)], "to: .*longitude first"),
        ([at(0, 0), (181, 39)], "to: .*-180 to 180"),
        ([at(0, 0)], "not 1 places"),
        ([at(k, 0) for k in range(13)], "not 13 places"),
    ],
)
def test_places_that_are_none_are_named(places, message):
    with pytest.raises(ValueError, match=message):
        find(judged(network(FORK), SURVEYED), places)


@pytest.mark.parametrize(
    "limits", [{"max_alternatives": 0}, {"max_snap_m": -1}, {"max_snap_m": np.nan}, {"detour": 0.5}]
)
def test_limits_that_leave_nothing_are_refused(limits):
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)
