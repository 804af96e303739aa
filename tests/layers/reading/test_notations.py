"""Ways to write a place: each is read for what it says, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.reading import notations


@pytest.mark.parametrize(
    ("text", "value", "axis"),
    [
        ("40.5", 40.5, None),
        ("-40.5", -40.5, None),
        ("40°30'15\"N", 40.50416667, "lat"),
        ("40° 30.5' с.ш.", 40.50833333, "lat"),
        ("N40 30 15.5", 40.50430556, "lat"),
        ("46°45'10,2\"в.д.", 46.75283333, "lon"),
        ("40-30-15", 40.50416667, None),
        ("40:30:15E", 40.50416667, "lon"),
        ("46°30′ ş.u.", 46.5, "lon"),
        ("10 30 S", -10.5, "lat"),
        ("46.5 W", -46.5, "lon"),
    ],
)
def test_an_angle(text, value, axis):
    found = notations.degrees(text)
    assert found.value == pytest.approx(value, abs=1e-8)
    assert found.axis == axis


@pytest.mark.parametrize("text", ["4030", "", "abc", "40 30 15 10", "C 40", "1e5", "40,5,5", "нет"])
def test_what_is_no_angle(text):
    assert notations.degrees(text) is None


@pytest.mark.parametrize("text", ["40 75 10", "40 30 61", "40.5 30", "N 40 N", "-40 S"])
def test_an_angle_that_cannot_be_says_why(text):
    with pytest.raises(ValueError, match=r"below 60|fraction|hemisphere"):
        notations.degrees(text)


@given(st.integers(0, 89), st.integers(0, 59), st.integers(0, 5999), st.sampled_from(["°'\"", "   ", ":: ", "--  "]))
def test_degrees_minutes_and_seconds_come_back(d, m, hundredths, marks):
    seconds = f"{hundredths // 100}.{hundredths % 100:02d}"
    found = notations.degrees(f"{d}{marks[0]}{m}{marks[1]}{seconds}{marks[2].strip()}")
    assert found.value == pytest.approx(d + m / 60 + float(seconds) / 3600, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("40°30'15\"N 46°45'10\"E", (40.50416667, 46.75277778)),
        ("N40 30 15, E46 45 10", (40.50416667, 46.75277778)),
        ("40.1234, 46.5678", (40.1234, 46.5678)),
        ("(40.1234 46.5678)", (40.1234, 46.5678)),
        ("40,1234; 46,5678", (40.1234, 46.5678)),
        ("40 30 15 46 45 10", (40.50416667, 46.75277778)),
        ("40°30′с.ш. 46°45′в.д.", (40.5, 46.75)),
    ],
)
def test_two_angles(text, values):
    assert tuple(one.value for one in notations.pair(text)) == pytest.approx(values, abs=1e-8)


def test_military_grid_references():
    assert notations.mgrs("38S MD 12345 67890") == ("38S", "MD1234567890", 1)
    assert notations.mgrs("md 123 678") == (None, "MD123678", 100)
    assert notations.mgrs("AZ-AGD-2021") is None
    with pytest.raises(ValueError, match="even number"):
        notations.mgrs("38SMD12345")


def test_odk_strings():
    assert notations.odk("40.1 46.2 0 5.5") == [(46.2, 40.1, 5.5)]
    assert notations.odk("40.1 46.2 0 0; 40.2 46.2 0 0") == [(46.2, 40.1, None), (46.2, 40.2, None)]
    assert notations.odk("40 30 46 45") is None


@given(st.text(max_size=40))
def test_any_text_is_of_one_notation_or_none(text):
    assert notations.notation(text) in {"wkt", "odk", "mgrs", "utm", "pair", None}
