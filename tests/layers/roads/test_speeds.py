"""Travel times: sums over segments, slower for the heavier, and what the sources say."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from roads.road_cases import at, roads

from layers.roads.limits import limit_kmh, metres
from layers.roads.network import build
from layers.roads.rules import Mode
from layers.roads.speeds import CLASS_KMH, GRADE_KMH, STEEPEST, SURFACE_KMH, seconds

LINE = [(0, 0), (3, 1), (5, 0), (9, 2), (12, 2), (15, 6)]


def hills(lonlat):
    x, y = lonlat.T
    return 900 + 60 * np.sin(x * 9000) + 40 * np.cos(y * 7000)


def times(mode, lines=None, height=None, **fields):
    lines = lines or {"A": LINE}
    return [float(one.sum()) for one in seconds(build(roads(lines, **fields), height=height), mode)]


def kmh(mode, height=None, **fields):
    network = build(roads({"A": LINE}, **fields), height=height)
    return float(network.length.sum() / seconds(network, mode)[0].sum() * 3.6)


@given(st.sampled_from(list(Mode)), st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True))
def test_cutting_a_road_at_its_vertices_changes_no_time(mode, cuts):
    # Paths that end on the road cut its edge in the network; nobody asks for their own time here.
    split = {"A": LINE} | {f"side{one}": [LINE[one], (LINE[one][0], LINE[one][1] - 9)] for one in cuts}
    whole, cut = build(roads({"A": LINE}), height=hills), build(roads(split), height=hills)
    along = cut.of_road("id") == "A"
    assert along.sum() == len(cuts) + 1
    for one, other in zip(seconds(whole, mode), seconds(cut, mode), strict=True):
        assert other[along].sum() == pytest.approx(one.sum(), rel=1e-9, abs=1e-6)


@given(st.sampled_from(list(Mode)), st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True))
def test_a_level_road_in_several_records_takes_the_same_time(mode, cuts):
    stops = [0, *sorted(cuts), len(LINE) - 1]
    split = {f"A{k}": LINE[a : b + 1] for k, (a, b) in enumerate(itertools.pairwise(stops))}
    assert times(mode, split) == pytest.approx(times(mode), rel=1e-9)


@given(st.sampled_from(list(Mode)))
def test_the_way_back_of_a_road_turned_round_is_the_way_there(mode):
    assert times(mode, height=hills) == pytest.approx(times(mode, {"A": LINE[::-1]}, height=hills)[::-1])


def test_the_heavier_is_never_faster():
    for table in (CLASS_KMH.values(), SURFACE_KMH.values(), GRADE_KMH):
        for convoy, bus, car in table:
            assert convoy <= bus <= car or bus > car == 0  # a bus lane
    for height in (None, hills):
        convoy, bus, car = (times(mode, height=height)[0] for mode in (Mode.convoy, Mode.bus, Mode.car))
        assert convoy >= bus >= car > 0


@pytest.mark.parametrize("table", [SURFACE_KMH, dict(enumerate(GRADE_KMH[1:]))])
def test_every_limit_of_ground_holds_a_motorway_back(table):
    for name in table:
        fields = {"surface": name} if isinstance(name, str) else {"extra": [{"tracktype": f"grade{name + 1}"}]}
        assert kmh(Mode.car, **fields) < CLASS_KMH["motorway"][2]


def test_people_walk_by_toblers_function():
    # Tobler's own figures: 5.04 km/h on the level, 6 km/h on a descent of 5 %.
    assert kmh(Mode.foot) == pytest.approx(6 * np.exp(-3.5 * 0.05), rel=1e-9)
    line = {"A": [(0, 0), (10, 0)]}
    length = float(build(roads(line)).length[0])
    down = times(Mode.foot, line, height=lambda xy: -0.05 * length * (xy[:, 0] > at((5, 0))[0][0]))
    assert down[0] == pytest.approx(length / (6 / 3.6), rel=1e-9)
    assert down[1] > down[0]


def test_a_loaded_truck_climbs_as_its_power_carries_it():
    # 8.3 W/kg against 9.81 m/s2 (0.015 + 0.08): 8.9 m/s.
    line = {"A": [(0, 0), (10, 0)]}
    length = float(build(roads(line)).length[0])
    up = times(Mode.convoy, line, height=lambda xy: 0.08 * length * (xy[:, 0] > at((5, 0))[0][0]))
    assert length / up[0] == pytest.approx(8.3 / (9.81 * 0.095), rel=1e-9)
    assert up[0] == pytest.approx(up[1])


def test_unknown_heights_are_level_and_impossible_ones_are_capped():
    line = {"A": [(0, 0), (5, 0), (10, 0)]}
    level = times(Mode.car, line)
    assert times(Mode.car, line, height=lambda xy: np.full(len(xy), np.nan)) == level
    one_unknown = times(
        Mode.car, line, height=lambda xy: np.where(xy[:, 0] == at((5, 0))[0][0], np.nan, 1000 * xy[:, 0])
    )
    assert one_unknown == level
    cliff = kmh(Mode.convoy, height=lambda xy: 1e6 * xy[:, 0])
    assert cliff == pytest.approx(3.6 * 8.3 / (9.81 * (0.015 + STEEPEST["primary"])))


def test_who_may_not_go_takes_for_ever():
    assert times(Mode.car, **{"class": "footway"}) == [np.inf, np.inf]
    there, back = times(Mode.car, oneway=True)
    assert (there < np.inf, back) == (True, np.inf)
    there, back = times(Mode.foot, oneway=True)
    assert (there, back) == (pytest.approx(there), pytest.approx(there))
    assert times(Mode.foot, **{"class": "motorway"}) == [np.inf, np.inf]


def test_fords_bridges_steps_and_posted_limits():
    assert kmh(Mode.car, extra=[{"ford": "yes"}]) == pytest.approx(5)
    assert kmh(Mode.convoy, extra=[{"bridge": "yes"}]) == pytest.approx(0.7 * kmh(Mode.convoy))
    assert kmh(Mode.car, extra=[{"bridge": "no", "ford": "no"}]) == kmh(Mode.car)
    assert kmh(Mode.foot, **{"class": "steps"}) == pytest.approx(0.5 * kmh(Mode.foot))
    assert kmh(Mode.car, extra=[{"maxspeed": "20"}]) == pytest.approx(20)
    assert kmh(Mode.car, extra=[{"maxspeed": "900"}]) == kmh(Mode.car)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("50", 50), ("50 km/h", 50), ("30 mph", 48.28032), ("walk", 5), ("none", np.inf), ("", np.inf), ("0", np.inf),
     ("RU:urban", np.inf), ("90;30;90", 30), ("30mph", 48.28032)],
)  # fmt: skip
def test_posted_limits_as_people_write_them(text, expected):
    assert limit_kmh(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), ("3.5", 3.5), ("3,5", 3.5), ("3.5 m", 3.5), ("3.5m", 3.5), ("350 cm", 3.5), ("12'", 3.6576), ("12'6\"", 3.81),
     ("12 ft", 3.6576), ("0.01 km", 10), ("narrow", None), ("3;4", None), ("3-4", None), ("", None), ("0", None), ("-3", None)],
)  # fmt: skip
def test_widths_as_people_write_them(text, expected):
    assert metres(text) == (None if expected is None else pytest.approx(expected))


def test_no_roads_take_no_time():
    assert [len(one) for one in seconds(build(roads({})), Mode.car)] == [0, 0]
