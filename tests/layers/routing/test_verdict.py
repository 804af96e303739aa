"""Verdicts, reasons and conditions, from the worst piece to the first expiry; and their plain form."""

import datetime as dt

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from routing_cases import TODAY, at, connecting, judged, network, seconds

from layers.roads.classes import HARD, Evidenced
from layers.routing import answer
from layers.routing.graph import ground
from layers.routing.route import Leg, route
from layers.routing.routes import routes
from layers.routing.snap import Nearby

LINES = [[(0, 0), (500, 0), (1000, 0)], [(1000, 0), (1000, 800)]]
LATER = dt.date(2024, 7, 1)


def along(held, places=((0, 0), (1000, 800)), connect=None):
    """The only route between places, as it is told on the day of the evidence."""
    net = held.evidence.network
    found = routes(ground(held, seconds(net)), Nearby(net), [at(*p) for p in places], connect=connect or connecting())
    return found.alternatives[0]


def told(held, **said):
    return answer.properties(along(held), today=TODAY, **said)


def network_said(**roads):
    return network(LINES, roads=roads)


VERIFIED = {
    "eo_status": ["verified", "cleared"],
    "eo_width_m": [4.0, 6.0],
    "eo_as_of": [dt.date(2024, 3, 1), dt.date(2024, 4, 1)],
    "expires_on": [None, dt.date(2024, 6, 20)],
}


@pytest.mark.parametrize(
    ("kinds", "expired", "verdict"),
    [
        ([Evidenced.surveyed_no_evidence, Evidenced.released_cleared], [], "go_with_conditions"),
        ([Evidenced.unsurveyed, Evidenced.released_cleared], [], "insufficient_information"),
        ([Evidenced.released_reduced, Evidenced.released_cleared], [0], "insufficient_information"),
    ],
)
def test_the_worst_piece_decides(kinds, expired, verdict):
    found = told(judged(network(LINES), kinds, expired=expired))
    assert found["verdict"] == verdict
    assert told(judged(network(LINES), kinds, expired=expired), historical=True)["verdict"] == "historical"


@pytest.mark.parametrize("kind", [Evidenced.inside_hazard, Evidenced.closed, Evidenced.inside_buffer])
def test_a_hard_block_on_the_way_is_a_no_go(kind):
    # As planning lays a way through hazards: no search for travel gives such a route.
    held = judged(network(LINES), [Evidenced.verified, kind], blocker={1: 0}, nearest={1: 0}, distance={1: 3.0})
    legs = tuple(Leg(edge, 0.0, float(held.evidence.network.length[edge])) for edge in range(2))
    found = answer.properties(route(ground(held, seconds(held.evidence.network)), (), legs, (1, 1)), today=TODAY)
    assert found["verdict"] == "no_go"
    assert found["conditions"] == []
    assert found["reasons"][1]["code"] == kind.name.upper()
    assert found["reasons"][1]["nearest_hazard"] == "H1"
    assert found["reasons"][1]["source"] == ("road-001" if kind == Evidenced.closed else "H1")


def test_a_connector_nobody_surveyed_is_enough_to_know_too_little():
    held = judged(network(LINES), Evidenced.released_cleared)
    found = answer.properties(along(held, ((0, 40), (1000, 800))), today=TODAY)
    assert found["verdict"] == "insufficient_information"
    assert found["segments"][0]["connector"]
    assert found["segments"][0]["road"] is None
    assert found["evidence"]["unsurveyed"] == pytest.approx(40, abs=0.01)
    on_surveyed = along(held, ((0, 40), (1000, 800)), connecting(Evidenced.surveyed_no_evidence))
    assert answer.properties(on_surveyed, today=TODAY)["verdict"] == "go_with_conditions"


def test_it_expires_after_thirty_days_or_with_the_first_evidence():
    assert told(judged(network(LINES), Evidenced.released_cleared))["expires_on"] == LATER
    found = told(judged(network_said(**VERIFIED), Evidenced.verified))
    assert found["expires_on"] == dt.date(2024, 6, 20)
    assert found["conditions"][-1]["expires_on"] == dt.date(2024, 6, 20)
    assert told(judged(network(LINES), Evidenced.verified), historical=True)["expires_on"] is None


def test_a_lifted_buffer_keeps_to_the_carriageway_and_names_the_neighbours():
    held = judged(
        network_said(**VERIFIED),
        Evidenced.verified,
        lifted=[0],
        blocker={0: 1},
        point={0: 0},
        nearest={0: 1},
        distance={0: 12.5},
    )
    found = told(held)
    assert found["verdict"] == "go_with_conditions"
    codes = [condition["code"] for condition in found["conditions"]]
    assert codes == ["keep_to_carriageway", "daylight_only", "vehicle_width", "expires"]
    keep, _, width, _ = found["conditions"]
    assert keep["width_m"] == width["width_m"] == 4.0
    assert keep["neighbours"] == [
        {"layer": "hazards", "id": "H2", "distance_m": 12.5},
        {"layer": "incidents", "id": "I1", "distance_m": None},
    ]
    assert "H2, I1" in keep["detail"]
    assert found["segments"][0]["lifted"]
    assert found["segments"][0]["source"] == "road-000"
    assert found["segments"][0]["date"] == dt.date(2024, 3, 1)


def test_released_ground_names_its_record_and_date():
    held = judged(network(LINES), [Evidenced.released_cleared, Evidenced.surveyed_no_evidence], source={0: 0, 1: 1})
    first, second = told(held)["segments"]
    assert (first["source"], first["date"]) == ("R1", dt.date(2023, 5, 1))
    assert (second["source"], second["date"]) == ("S1", dt.date(2023, 6, 1))
    assert first["road"] == "road-000"
    assert second["name"] == "Road 1"


def test_alike_neighbouring_pieces_are_one_segment():
    held = judged(
        network(LINES), Evidenced.unsurveyed, cuts={0: [0.3, 0.6]}, nearest={0: 0, 1: 0}, distance={0: 90.0, 1: 70.0}
    )
    segments = told(held)["segments"]
    assert [s["to_m"] - s["from_m"] for s in segments] == pytest.approx([600, 400, 800], abs=0.1)
    assert segments[0]["nearest_hazard"] == "H1"
    assert segments[0]["distance_m"] == 70.0
    assert segments[1]["distance_m"] is None


@given(
    st.lists(st.sampled_from([k for k in Evidenced if k > HARD]), min_size=5, max_size=5),
    st.floats(0.01, 0.99),
    st.floats(0, 1000),
    st.floats(0, 800),
)
def test_metres_by_class_sum_to_the_length(kinds, share, x, y):
    held = judged(network(LINES), kinds, cuts={0: [share / 2, share], 1: [0.4]})
    one = along(held, ((x, -20), (1030, y)))
    found = answer.properties(one, today=TODAY)
    assert sum(found["evidence"].values()) == pytest.approx(found["length_m"])
    assert sum(s["to_m"] - s["from_m"] for s in found["segments"]) == pytest.approx(found["length_m"])
    assert (found["verdict"] == "insufficient_information") == ("unsurveyed" in found["evidence"])
    rows = answer.turns(one)
    assert sum(row["metres"] for row in rows) == pytest.approx(found["length_m"])
    assert sum(row["seconds"] for row in rows) == pytest.approx(found["duration_s"], abs=0.001)


def test_the_turn_list_names_roads_in_order_with_their_worst_class():
    held = judged(
        network(LINES), [Evidenced.verified, Evidenced.unsurveyed, Evidenced.released_cleared], cuts={0: [0.5]}
    )
    rows = answer.turns(along(held, ((0, 10), (1000, 800))))
    assert [row["road"] for row in rows] == [None, "road-000", "road-001"]
    assert [row["class"] for row in rows] == ["unsurveyed", "unsurveyed", "released_cleared"]
    assert [row["metres"] for row in rows] == pytest.approx([10, 1000, 800], abs=0.1)
    assert tuple(rows[0]) == answer.TURNS


def test_the_answer_is_plain_and_never_says_safe():
    held = judged(
        network_said(**VERIFIED), Evidenced.verified, lifted=[0], blocker={0: 1}, nearest={0: 1}, distance={0: 9.0}
    )
    text = orjson.dumps(told(held)).decode()
    assert "safe" not in text.lower()
    assert np.isfinite(orjson.loads(text)["length_m"])
