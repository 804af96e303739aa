"""Posted limits and measures as people write them into tags of OpenStreetMap."""

import math
import re

KMH_PER_MPH = 1.609344
M_PER_FOOT = 0.3048
M_PER_INCH = 0.0254
WALKING_KMH = 5.0

_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?")
_FEET = re.compile(r"(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in))?")
_METRES = re.compile(r"(\d+(?:[.,]\d+)?)\s*(m|metres?|meters?)?")
_UNITS = {"cm": 0.01, "km": 1000.0}
_OTHER = re.compile(r"(\d+(?:\.\d+)?)\s*(cm|km)")


def limit_kmh(text: str) -> float:
    """Return the limit (km/h) of a `maxspeed` tag, the lowest of several; inf where it states none that is a number.

    Source: the OpenStreetMap wiki, "Key:maxspeed": a number is in km/h, `walk` is a walking pace.
    """
    found = [_limit(one.strip()) for one in text.lower().split(";")]
    return min(found)


def _limit(text: str) -> float:
    if text == "walk":
        return WALKING_KMH
    match = _SPEED.fullmatch(text)
    if not match or float(match[1]) <= 0:
        return math.inf
    return float(match[1]) * (KMH_PER_MPH if match[2] == "mph" else 1.0)


def metres(text: str) -> float | None:
    """Return the metres of a `width` tag such as 3.5, "3.5 m", "350 cm", 12' or 12'6"; None where it is no measure.

    Of several values, or a range, none is taken: nothing is guessed.
    """
    given = text.strip().lower()
    if match := _METRES.fullmatch(given):
        found = float(match[1].replace(",", "."))
    elif match := _FEET.fullmatch(given):
        found = float(match[1]) * M_PER_FOOT + float(match[2] or 0) * M_PER_INCH
    elif match := _OTHER.fullmatch(given):
        found = float(match[1]) * _UNITS[match[2]]
    else:
        return None
    return found if found > 0 else None
