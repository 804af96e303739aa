"""A question about a way: from where to where, by whom, on what terms. What is asked badly is named with its place."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from geo_service.balance import Refused
from layers.roads.rules import Mode, Unsurveyed

Word = TypeVar("Word", bound=StrEnum)

Place = tuple[float, float]
"""Longitude and latitude, in degrees."""

MOST_VIA = 20
MOST_ALTERNATIVES = 20
MOST_SNAP_M = 5_000.0
MOST_BUFFER_M = 10_000.0

FIELDS = (
    "from",
    "to",
    "via",
    "mode",
    "unsurveyed",
    "as_of",
    "known_at",
    "buffer_m",
    "max_snap_m",
    "max_alternatives",
    "planning",
)


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        origin, destination: where from and where to.
        via: places to pass, in order.
        mode: who travels.
        unsurveyed: whether road that nobody surveyed may be shown.
        as_of, known_at: the ground date and the knowledge time, None for now.
        buffer_m: the base of every buffer (m), None for the programme's.
        max_snap_m: how far off the road a place may lie (m).
        max_alternatives: how many ways are shown at most.
        planning: look through hazards for the least ground to clear; no way to travel.
    """

    origin: Place
    destination: Place
    via: tuple[Place, ...] = ()
    mode: Mode = Mode.car
    unsurveyed: Unsurveyed = Unsurveyed.show
    as_of: str | None = None
    known_at: str | None = None
    buffer_m: float | None = None
    max_snap_m: float = 500.0
    max_alternatives: int = 5
    planning: bool = False


def question_of(body: object) -> Question:
    """Return the question that a request's body asks.

    Raises:
        Refused: it is none; the message names the field and what may stand there.
    """
    body = fields_of(body, FIELDS, '{"from": [46.1, 39.2], "to": [46.7, 39.6]}')
    for name in ("from", "to"):
        if body.get(name) is None:
            raise Refused(f"{name}: missing; it is [longitude, latitude] in degrees")
    via = given(body, "via", [])
    if not isinstance(via, Sequence) or isinstance(via, str) or len(via) > MOST_VIA:
        raise Refused(f"via: a list of up to {MOST_VIA} places, each [longitude, latitude] in degrees")
    buffer_m = body.get("buffer_m")
    alternatives = given(body, "max_alternatives", 5)
    if (
        isinstance(alternatives, bool)
        or not isinstance(alternatives, int)
        or not 1 <= alternatives <= MOST_ALTERNATIVES
    ):
        raise Refused(f"max_alternatives: a whole number from 1 to {MOST_ALTERNATIVES}, not {shown(alternatives)}")
    planning = given(body, "planning", default=False)
    if not isinstance(planning, bool):
        raise Refused(f"planning: true or false, not {shown(planning)}")
    return Question(
        origin=place_of(body["from"], "from"),
        destination=place_of(body["to"], "to"),
        via=tuple(place_of(one, f"via[{k}]") for k, one in enumerate(via)),
        mode=word_of(given(body, "mode", "car"), Mode, "mode"),
        unsurveyed=word_of(given(body, "unsurveyed", "show"), Unsurveyed, "unsurveyed"),
        as_of=text_of(body.get("as_of"), "as_of"),
        known_at=text_of(body.get("known_at"), "known_at"),
        buffer_m=None if buffer_m is None else metres_of(buffer_m, "buffer_m", MOST_BUFFER_M),
        max_snap_m=metres_of(given(body, "max_snap_m", 500.0), "max_snap_m", MOST_SNAP_M),
        max_alternatives=alternatives,
        planning=planning,
    )


def fields_of(body: object, known: Sequence[str], example: str) -> Mapping[str, object]:
    """Return the fields of a request's body.

    Raises:
        Refused: it is no JSON object, or has a field that nobody knows; the message names it.
    """
    if not isinstance(body, Mapping):
        raise Refused(f"the body is a JSON object such as {example}")
    unknown = sorted(set(map(str, body)) - set(known))
    if unknown:
        raise Refused(f"{unknown[0]}: no such field; fields: {', '.join(known)}")
    return body


def given(body: Mapping[str, object], name: str, default: object) -> object:
    """Return a field's value, its default where the field is left out or null."""
    value = body.get(name)
    return default if value is None else value


def shown(value: object) -> str:
    """Return a value as a message quotes it: no longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def place_of(value: object, name: str) -> Place:
    """Return a place.

    Raises:
        Refused: it is none.
    """
    numbers = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    if len(numbers) != 2 or not all(is_number(one) for one in numbers):
        raise Refused(f"{name}: a place is [longitude, latitude] in degrees, not {shown(value)}")
    lon, lat = map(float, numbers)
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise Refused(f"{name}: longitude is -180 to 180 and latitude -90 to 90, not {shown(value)}")
    return lon, lat


def place_in(text: str, name: str) -> Place:
    """Return the place that a text such as 46.1,39.2 names.

    Raises:
        Refused: it names none.
    """
    try:
        return place_of([float(part) for part in text.split(",")], name)
    except ValueError:
        raise Refused(f"{name}: a place is LON,LAT in degrees, such as 46.1,39.2, not {shown(text)}") from None


def is_number(value: object) -> bool:
    """Say whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def metres_of(value: object, name: str, most: float) -> float:
    """Return a length in m.

    Raises:
        Refused: it is no number from 0 to `most`.
    """
    if not is_number(value) or not 0 <= float(value) <= most:  # type: ignore[arg-type]
        raise Refused(f"{name}: metres from 0 to {most:.0f}, not {shown(value)}")
    return float(value)  # type: ignore[arg-type]


def text_of(value: object, name: str) -> str | None:
    """Return a date or moment as it was written.

    Raises:
        Refused: it is no text.
    """
    if value is not None and not isinstance(value, str):
        raise Refused(f"{name}: text such as 2021-06-01, not {shown(value)}")
    return value


def word_of(value: object, words: type[Word], name: str) -> Word:
    """Return the word of a vocabulary.

    Raises:
        Refused: it has no such word.
    """
    for word in words:
        if value == word.value:
            return word
    raise Refused(f"{name}: one of {', '.join(word.value for word in words)}, not {shown(value)}")
