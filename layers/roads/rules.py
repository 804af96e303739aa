"""What a programme decides about roads: buffers, accuracies, vehicles, how long a verdict holds. All are settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType


class Mode(StrEnum):
    """Who travels."""

    convoy = "convoy"
    car = "car"
    bus = "bus"
    foot = "foot"


class Unsurveyed(StrEnum):
    """What a traveller wants of road that nobody surveyed: to be shown it, at a cost, or never to be led over it."""

    show = "show"
    forbid = "forbid"


WIDTHS_M = MappingProxyType({Mode.convoy: 3.5, Mode.car: 2.5, Mode.bus: 3.0, Mode.foot: 1.0})
"""How wide a verified carriageway must be for each mode (m)."""


@dataclass(frozen=True)
class Rules:
    """The rules of evidence on roads (domain rules, section 6).

    A buffer is `buffer_m` + `k` * sqrt(hazard accuracy^2 + road accuracy^2) + half of the road's width.

    Attributes:
        buffer_m: the base of every buffer (m).
        k: how many times the accuracies of hazard and road, taken together, count.
        accuracy_m: of a hazard, incident or spot that does not say its accuracy (m).
        road_accuracy_m: of a road (m).
        road_width_m: of a road that does not say its width (m).
        exposed_m: metres of road as near to open ground count as exposure (m).
        listed_m: how far off the nearest hazard is still named (m).
        valid_days: a verdict expires after so many days.
        width_m: how wide a verified carriageway must be, by mode (m).
    """

    buffer_m: float = 10.0
    k: float = 2.0
    accuracy_m: float = 100.0
    road_accuracy_m: float = 10.0
    road_width_m: float = 6.0
    exposed_m: float = 200.0
    listed_m: float = 500.0
    valid_days: int = 30
    width_m: Mapping[Mode, float] = field(default_factory=lambda: WIDTHS_M)


def rules_of(given: object) -> Rules:
    """Return the rules as a programme sets them; what it leaves out takes its default.

    Raises:
        ValueError: a name or a figure is none; the message names it.
    """
    if not isinstance(given, Mapping):
        raise ValueError('routes is an object of rules, such as {"buffer_m": 25}')  # noqa: TRY004 - one kind of error for a setting
    names = [one.name for one in fields(Rules)]
    found: dict[str, object] = {}
    for name, value in given.items():
        if name not in names:
            raise ValueError(f"no rule of routes is called {name!r}; rules: {', '.join(names)}")
        if name == "width_m":
            found[name] = {**WIDTHS_M, **_widths(value)}
            continue
        found[name] = _figure(value, name)
    if "valid_days" in found:
        found["valid_days"] = int(_figure(found["valid_days"], "valid_days"))
    return Rules(**found)  # type: ignore[arg-type]


def _widths(given: object) -> dict[Mode, float]:
    if not isinstance(given, Mapping) or set(given) - {mode.value for mode in Mode}:
        raise ValueError(f"width_m is an object of metres by mode: {', '.join(Mode)}")
    return {Mode(str(mode)): _figure(value, f"width_m of {mode}") for mode, value in given.items()}


def _figure(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} is a number from 0, not {value!r}")
    return float(value)
