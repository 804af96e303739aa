"""What a programme decides about its statements: how long they hold, how fresh the data must be. All are settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(?:/[A-Za-z0-9._~/%-]*)?")

BOUNDS: Mapping[str, tuple[float, float]] = {
    "valid_days": (1, 366),
    "road_valid_days": (1, 366),
    "stale_days": (1, 3660),
    "most_km2": (0.0001, 100_000),
    "radius_m": (100, 5_000),
    "corridor_m": (10, 1_000),
}
"""The least and the greatest value of each figure."""


@dataclass(frozen=True)
class Terms:
    """The terms of statements (domain rules, section 9: an area 180 days, a verdict on a road 30).

    Attributes:
        valid_days: how long a statement on ground holds at most (days); whoever asks may shorten it.
        road_valid_days: how long one on a road holds at most (days); never longer than its evidence.
        stale_days: after so many days without anything recorded, nothing is stated any more.
        most_km2: the largest ground that is answered for (km2).
        radius_m: the ground around a settlement that is answered for (m).
        corridor_m: the ground on both sides of a way that is answered for (m).
        public_verify: whether everybody who may see what is published may have a statement verified.
        address: where the service is reached, printed on statements (https://register.example); empty: the address that
            the one who asked for the statement reached it by.
    """

    valid_days: int = 180
    road_valid_days: int = 30
    stale_days: int = 180
    most_km2: float = 5_000.0
    radius_m: float = 1_000.0
    corridor_m: float = 200.0
    public_verify: bool = False
    address: str = ""


def terms_of(given: object) -> Terms:
    """Return the terms as a programme sets them; what it leaves out takes its default.

    Raises:
        ValueError: a name or a value is none; the message names it.
    """
    if not isinstance(given, Mapping):
        raise ValueError('statements is an object of terms, such as {"valid_days": 90}')  # noqa: TRY004 - one kind of error for a setting
    kinds = {one.name: type(one.default) for one in fields(Terms)}
    found: dict[str, object] = {}
    for name, value in given.items():
        if name not in kinds:
            raise ValueError(f"no term of statements is called {name!r}; terms: {', '.join(kinds)}")
        found[name] = _value(str(name), value, kinds[name])
    return Terms(**found)  # type: ignore[arg-type]


def _value(name: str, value: object, kind: type) -> object:
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} is true or false, not {value!r}")
        return value
    if kind is str:
        if not isinstance(value, str) or (value and not _ADDRESS.fullmatch(value)):
            raise ValueError(f"{name} is an address that begins with https:// or http://, not {value!r}")
        return value.rstrip("/")
    least, most = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{name} is a number from {least:g} to {most:g}, not {value!r}")
    if kind is int and value != int(value):
        raise ValueError(f"{name} is a whole number, not {value!r}")
    return kind(value)
