"""Which things of OpenStreetMap are schools, water points and surface water, by their tags.

Source: the OpenStreetMap wiki (wiki.openstreetmap.org), the pages of the keys `amenity`, `man_made`, `natural`,
`waterway` and `drinking_water`.
"""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a thing is to people who live there."""

    school = "school"
    water_point = "water_point"
    water = "water"


SCHOOLS = frozenset({"school", "kindergarten", "college", "university"})
"""Values of `amenity` of places where children and students go every day."""

TAKEN = {
    "amenity": frozenset({"drinking_water", "water_point"}),
    "man_made": frozenset({"water_well", "water_tap", "water_works"}),
    "natural": frozenset({"spring"}),
}
"""Values of each key of places where people take water."""

FLOWING = frozenset({"river", "stream", "canal"})
"""Values of `waterway` of lines, closed ones too."""

FLAT = {"natural": frozenset({"water"}), "waterway": frozenset({"riverbank", "dam"})}
"""Values of each key of surface water that is an area where its way is closed, and a line where not."""

KEYS = ("amenity", "man_made", "natural", "waterway")
"""The keys that say what a thing is, in the order in which they are asked."""

POINTS = frozenset({Kind.school, Kind.water_point})
"""Kinds of which only a place is kept."""


def kinds_of(tags: Mapping[str, str]) -> dict[Kind, str]:
    """Return what a thing is by its tags: by kind the tag that says so, `key=value`; a thing may be several.

    Water that is said not to be for drinking (`drinking_water=no`) is no water point.
    """
    found: dict[Kind, str] = {}
    if tags.get("amenity") in SCHOOLS:
        found[Kind.school] = f"amenity={tags['amenity']}"
    taken = _first(tags, TAKEN)
    if taken and tags.get("drinking_water") != "no":
        found[Kind.water_point] = taken
    water = _first(tags, FLAT) or (f"waterway={tags['waterway']}" if tags.get("waterway") in FLOWING else None)
    if water:
        found[Kind.water] = water
    return found


def _first(tags: Mapping[str, str], values: Mapping[str, frozenset[str]]) -> str | None:
    return next((f"{key}={tags[key]}" for key in values if tags.get(key) in values[key]), None)
