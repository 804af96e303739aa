"""Ways to write a place in text: degrees, minutes and seconds, pairs, UTM, MGRS, WKT, and the strings of ODK forms.

Every reader takes one text and answers with what it says, or None where it is not of its notation. What is of the
notation but can't be (75 minutes) raises a ValueError whose message says so.
"""

import re
from dataclasses import dataclass
from typing import Literal

Axis = Literal["lat", "lon"]

_HEMISPHERES: dict[str, tuple[Axis, int]] = {
    "n": ("lat", 1), "s": ("lat", -1), "e": ("lon", 1), "w": ("lon", -1),
    "с": ("lat", 1), "сш": ("lat", 1), "ю": ("lat", -1), "юш": ("lat", -1),
    "в": ("lon", 1), "вд": ("lon", 1), "з": ("lon", -1), "зд": ("lon", -1),
    "şme": ("lat", 1), "ce": ("lat", -1), "şu": ("lon", 1), "qu": ("lon", -1),
}  # fmt: skip
"""Letters of the hemispheres: English, Russian, Azerbaijani. A lone Latin C is none: it looks like a Russian north."""

_HEMISPHERE = (
    r"n|s|e|w|с\.?\s?ш\.?|ю\.?\s?ш\.?|в\.?\s?д\.?|з\.?\s?д\.?|с|ю|в|з|şm\.?\s?e\.?|c\.\s?e\.?|ş\.?\s?u\.?|q\.?\s?u\.?"
)
_DEGREE = re.compile(
    rf"""(?:(?P<before>{_HEMISPHERE})\s*)?(?P<sign>[-+−–])?\s*
    (?P<d>\d{{1,3}}(?:[.,]\d+)?)(?:\s*(?:[°º˚]|deg\b)\s*|\s*:\s*|\s+|(?<=\d)-(?=\d)|$|(?=[a-zа-яş]))
    (?:(?P<m>\d{{1,2}}(?:[.,]\d+)?)(?:\s*(?:['′’‘`´]|min\b)\s*|\s*:\s*|\s+|(?<=\d)-(?=\d)|$|(?=[a-zа-яş])))?
    (?:(?P<s>\d{{1,2}}(?:[.,]\d+)?)\s*(?:["″”“]|''|′′|’’|sec\b)?\s*)?
    (?P<after>{_HEMISPHERE})?""",
    re.VERBOSE,
)
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_DECIMAL = r"[-+]?\d+\.\d+"
_ODK = re.compile(
    rf"(?:{_DECIMAL} {_DECIMAL} {_NUMBER} {_NUMBER})(?:\s*;\s*{_NUMBER} {_NUMBER}(?: {_NUMBER}){{0,2}})*\s*;?"
)
_ODK_SHORT = re.compile(
    rf"(?:{_NUMBER} {_NUMBER}(?: {_NUMBER}){{0,2}})(?:\s*;\s*{_NUMBER} {_NUMBER}(?: {_NUMBER}){{0,2}})+\s*;?"
)
_MGRS = re.compile(r"(?P<zone>\d{1,2}[C-HJ-NP-X])?(?P<square>[A-HJ-NP-Z][A-HJ-NP-V])(?P<digits>\d*)")
_UTM = re.compile(
    r"(?P<zone>\d{1,2})\s*(?P<letter>[C-HJ-NP-X])?[\s,;]+(?:E\s*)?(?P<e>\d{6}(?:[.,]\d+)?)\s*(?:m?E)?[\s,;]+"
    r"(?:N\s*)?(?P<n>\d{5,8}(?:[.,]\d+)?)\s*(?:m?N)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"(?P<zone>\d{1,2})(?:\.0)?\s*(?P<letter>[C-HJ-NP-X])?", re.IGNORECASE)
_WKT = re.compile(
    r"\s*(?:SRID\s*=\s*(?P<srid>\d+)\s*;)?\s*(?P<wkt>(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION|CURVE|"
    r"SURFACE|CURVEPOLYGON|CIRCULARSTRING|COMPOUNDCURVE)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_HEX = re.compile(r"(?:0[01])(?:[0-9A-Fa-f]{2}){8,}")


@dataclass(frozen=True)
class Degrees:
    """An angle in degrees, the axis that its letter names, and whether a comma in it may be more than one thing."""

    value: float
    axis: Axis | None
    parts: int
    comma: bool


def degrees(text: str) -> Degrees | None:
    """Read an angle: decimal, degrees and minutes, or degrees, minutes and seconds, with or without a hemisphere.

    Raises:
        ValueError: its minutes or seconds are 60 or more, a part before the last has a fraction, or it has two letters.
    """
    found = _DEGREE.fullmatch(text.strip().lower())
    if not found:
        return None
    given = [one for one in found.group("d", "m", "s") if one is not None]
    if found["m"] is None and found["s"] is not None:
        return None
    numbers = [float(one.replace(",", ".")) for one in given]
    if any("." in one or "," in one for one in given[:-1]):
        raise ValueError(f"{text.strip()}: only the last part of an angle has a fraction")
    if any(one >= 60 for one in numbers[1:]):
        raise ValueError(f"{text.strip()}: minutes and seconds are below 60")
    letters = [_letter(one) for one in found.group("before", "after") if one]
    if len(letters) > 1 or (letters and found["sign"] and letters[0][1] < 0):
        raise ValueError(f"{text.strip()}: it names a hemisphere more than once")
    size = sum(one / 60**k for k, one in enumerate(numbers))
    sign = -1 if found["sign"] in {"-", "−", "–"} else 1
    axis, side = letters[0] if letters else (None, 1)
    return Degrees(size * sign * side, axis, len(numbers), comma=len(numbers) == 1 and "," in given[0])


def _letter(text: str) -> tuple[Axis, int]:
    return _HEMISPHERES[text.replace(".", "").replace(" ", "")]


def pair(text: str) -> tuple[Degrees, Degrees] | None:
    """Read two angles written behind each other; both have as many parts, so that there is one way to part them.

    Raises:
        ValueError: as `degrees`.
    """
    whole = text.strip().strip("()[]")
    found: list[tuple[Degrees, Degrees]] = []
    for gap in re.finditer(r"\s*[;/|\n]\s*|\s*,\s+|\s+|,|(?<=[nsewсювзшд.])\s*(?=[\d-])", whole, re.IGNORECASE):
        if gap.start() == 0 or gap.end() == len(whole):
            continue
        try:
            halves = degrees(whole[: gap.start()]), degrees(whole[gap.end() :])
        except ValueError:
            if len(found) == 0 and re.fullmatch(r"\s*[;/|\n]\s*", gap.group()):
                raise
            continue
        first, second = halves
        if first is None or second is None or first.parts != second.parts:
            continue
        if first.axis and first.axis == second.axis:
            raise ValueError(f"{whole}: both angles are of one axis")
        found.append((first, second))
    values = {(one.value, other.value) for one, other in found}
    return found[0] if len(values) == 1 else None


def odk(text: str) -> list[tuple[float, float, float | None]] | None:
    """Read an ODK or KoBo geopoint, geotrace or geoshape: (lon, lat, accuracy in m) of each vertex."""
    whole = text.strip()
    if not (_ODK.fullmatch(whole) or _ODK_SHORT.fullmatch(whole)):
        return None
    vertices = []
    for one in whole.strip("; ").split(";"):
        numbers = [float(part) for part in one.split()]
        vertices.append((numbers[1], numbers[0], numbers[3] if len(numbers) > 3 and numbers[3] > 0 else None))
    return vertices


def mgrs(text: str) -> tuple[str | None, str, int] | None:
    """Read a military grid reference: zone and band (None where it lacks them), the rest, its precision in m.

    Raises:
        ValueError: its digits are odd in number or more than ten.
    """
    found = _MGRS.fullmatch(re.sub(r"[\s-]", "", text).upper())
    if not found or not found["digits"]:
        return None
    digits = len(found["digits"])
    if digits % 2 or digits > 10:
        raise ValueError(f"{text.strip()}: a grid reference has an even number of digits, at most ten")
    return found["zone"], found["square"] + found["digits"], 10 ** (5 - digits // 2)


def utm(text: str) -> tuple[int, str | None, float, float] | None:
    """Read UTM in one text: zone, letter (None where it has none), easting and northing in m."""
    found = _UTM.fullmatch(text.strip())
    if not found:
        return None
    east, north = (float(found[name].replace(",", ".")) for name in ("e", "n"))
    return int(found["zone"]), found["letter"] and found["letter"].upper(), east, north


def zone(text: str) -> tuple[int, str | None] | None:
    """Read a UTM zone with or without its letter."""
    found = _ZONE.fullmatch(text.strip())
    if not found or not 1 <= int(found["zone"]) <= 60:
        return None
    return int(found["zone"]), found["letter"] and found["letter"].upper()


def wkt(text: str) -> tuple[str, int | None] | None:
    """Read well-known text or its hexadecimal binary form: the text, and the SRID of PostGIS before it."""
    if _HEX.fullmatch(text.strip()):
        return text.strip(), None
    found = _WKT.fullmatch(text)
    return (found["wkt"], int(found["srid"]) if found["srid"] else None) if found else None


def notation(text: str) -> str | None:
    """Return the notation that a text is written in; None where it is none of them."""
    readers = {"wkt": wkt, "odk": odk, "mgrs": mgrs, "utm": utm, "pair": pair}
    for name, read in readers.items():
        try:
            if read(text) is not None:
                return name
        except ValueError:
            return name
    return None
