"""What is asked badly is refused with its place; what is left out takes its default."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.balance import Refused
from geo_service.travel.question import Question, place_in, question_of
from layers.roads.rules import Mode, Rules, Unsurveyed, rules_of

HOME, SITE = [46.1, 39.2], [46.7, 39.6]


def test_only_two_places_are_needed():
    found = question_of({"from": HOME, "to": SITE})
    assert found == Question(origin=(46.1, 39.2), destination=(46.7, 39.6))
    assert (found.mode, found.unsurveyed) == (Mode.car, Unsurveyed.show)


def test_all_fields_are_read():
    asked = {
        "from": HOME, "to": SITE, "via": [[46.2, 39.3]], "mode": "bus", "unsurveyed": "forbid", "as_of": "2021-06-01",
        "known_at": "2022-01-01T00:00:00Z", "buffer_m": 25, "max_snap_m": 100, "max_alternatives": 3, "planning": True,
    }  # fmt: skip
    found = question_of(asked)
    assert found.via == ((46.2, 39.3),)
    assert (found.buffer_m, found.max_snap_m, found.max_alternatives, found.planning) == (25, 100, 3, True)


@pytest.mark.parametrize("body", [None, [], "x", 3, {}])
def test_a_body_that_is_no_question(body):
    with pytest.raises(Refused):
        question_of(body)


WRONG = [
    ("from", None), ("from", "46,39"), ("from", [46.1]), ("from", [46.1, 39.2, 0, 1]), ("from", [math.nan, 39.2]),
    ("from", [46.1, math.inf]), ("from", [181, 0]), ("from", [39.2, 91]), ("from", [True, 39.2]), ("to", {"lon": 1}),
    ("via", "x"), ("via", [[46.1]]), ("via", [HOME] * 21), ("mode", "tank"), ("mode", ["car"]), ("unsurveyed", "maybe"),
    ("as_of", 20210601), ("known_at", []), ("buffer_m", -1), ("buffer_m", "10"), ("buffer_m", 1e9), ("buffer_m", math.nan),
    ("max_snap_m", -0.1), ("max_alternatives", 0), ("max_alternatives", 2.5), ("max_alternatives", True), ("planning", 1),
    ("colour", "red"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_field_is_named(name, value):
    with pytest.raises(Refused, match=name):
        question_of({"from": HOME, "to": SITE, name: value})


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))  # fmt: skip
def test_whatever_json_says_is_a_question_or_refused(value):
    for name in ("from", "via", "mode", "buffer_m", "max_alternatives"):
        try:
            question_of({"from": HOME, "to": SITE, name: value})
        except Refused as refused:
            assert len(str(refused)) < 400


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_place_is_read_as_it_was_written(lon, lat):
    assert place_in(f"{lon!r}, {lat!r}", "from") == (lon, lat)


@pytest.mark.parametrize("text", ["", "46.1", "46.1;39.2", "a,b", "46.1,39.2,3", "nan,0"])
def test_a_text_that_names_no_place(text):
    with pytest.raises(Refused, match="from"):
        place_in(text, "from")


def test_rules_are_settings():
    found = rules_of({"buffer_m": 25, "width_m": {"bus": 3.2}, "valid_days": 14})
    assert (found.buffer_m, found.width_m[Mode.bus], found.width_m[Mode.car]) == (25, 3.2, Rules().width_m[Mode.car])
    assert (found.valid_days, found.k) == (14, Rules().k)


@pytest.mark.parametrize(
    "given", [[], {"bufer": 1}, {"k": -1}, {"k": "2"}, {"width_m": 3}, {"width_m": {"tank": 4}}, {"buffer_m": math.inf}]
)
def test_a_rule_that_is_none_is_refused(given):
    with pytest.raises(ValueError, match=r"rule|number|object|width"):
        rules_of(given)
