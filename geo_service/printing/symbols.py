"""The symbols on paper: fill by class, outline by status, and a second channel of each that grey print keeps.

Colours are those of the pages (`static/map.js`). Lines lean one way on confirmed and the other way on suspected ground.
Green is for ground that was cleared and handed over, and for nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

Dash = tuple[float, ...]


@dataclass(frozen=True)
class Symbol:
    """How ground or a line is drawn.

    Attributes:
        label: what the legend calls it.
        fill, opacity: the colour inside, none where empty.
        hatch, hatch_colour: matplotlib's pattern over the fill.
        edge, width, dash: the outline, its width in mm, its dashes in widths.
        mark: the sides of the mark that stands for ground too small to print (4 square, 3 triangle); 0: none.
    """

    label: str
    fill: str = ""
    opacity: float = 1.0
    hatch: str = ""
    hatch_colour: str = ""
    edge: str = ""
    width: float = 0.3
    dash: Dash = ()
    mark: int = 0


@dataclass(frozen=True)
class Mark:
    """How a place is drawn: matplotlib's marker, its size in mm and its colours."""

    label: str
    shape: str
    size: float
    face: str
    edge: str = "#111111"
    width: float = 0.3


GREY = "#4A5568"

CHA = Symbol("Confirmed hazardous area (CHA)", "#FF0000", 0.5, "//////", "#7A0000", mark=4)
SHA = Symbol("Suspected hazardous area (SHA)", "#F4A718", 0.5, "\\\\\\", "#7A4E00", mark=3)
RELEASED = Symbol("Hazardous area whose ground was released", edge="#555555", width=0.35, dash=(1, 2), mark=4)

OPEN = Symbol("Outline red: open", edge="#C00000", width=0.42)
WORKED_ON = Symbol("Outline orange, long dashes: worked on", edge="#E67700", width=0.55, dash=(7, 1.2))
SUSPENDED = Symbol("Outline red, short dashes: suspended", edge="#C00000", width=0.42, dash=(3, 2))

HANDED_OVER = Symbol("Cleared and handed over", "#2E7D32", 0.42, "", "", "#1B5E20", 0.35)
CLEARED = Symbol("Cleared, not handed over", "#8892A0", 0.45, "xx", "#4A5568", GREY, 0.3)
REDUCED = Symbol("Reduced after technical survey", "#8892A0", 0.16, "--", GREY, GREY, 0.3)
CANCELLED = Symbol("Cancelled (never visited with a detector)", edge=GREY, width=0.35, dash=(6, 3))
NOT_IN_EFFECT = Symbol("Release not in effect: not released", edge="#C00000", dash=(8, 3, 2, 3))
SURVEYED = Symbol("Surveyed, no evidence found", "#4F6BB5", 0.10, "..", "#7F93CB", "#4F6BB5", 0.3, (2, 2))

DISTRICT = Symbol("District", edge="#52606D", width=0.3, dash=(8, 2, 1.5, 2))

ROADS = {
    "not_assessed": Symbol("Road, not assessed", edge="#7B8794", width=0.35),
    "verified": Symbol("Road verified or cleared, unexpired", edge="#1E5AA8", width=0.6, dash=(5, 1.6)),
    "restricted": Symbol("Road restricted", edge="#B7791F", width=0.55, dash=(2.5, 1.5)),
    "closed": Symbol("Road closed", edge="#C00000", width=0.55, dash=(1, 1)),
}

ACCIDENT = Mark("Accident", "o", 2.0, "#111111")
INCIDENT = Mark("Incident", "o", 2.0, "#FFFFFF", width=0.45)
SPOT = Mark("Spot: item, strike or indication", "D", 1.7, "#FFFFFF", width=0.4)
SETTLEMENT = Mark("Settlement", "s", 1.3, "#FFFFFF", "#333333", 0.3)
SITE = Mark("Displacement site", "^", 1.7, "#FFFFFF", "#333333", 0.3)

ASSESSED = ("verified", "cleared", "restricted", "closed")
"""What a road record can say of explosive ordnance, but that nobody has looked."""

MAIN_ROADS = ("motorway", "trunk", "primary", "secondary")


def column(frame: gpd.GeoDataFrame, name: str) -> NDArray[Any]:
    """Return a column, or nothing for each record where what is shown lacks it."""
    return frame[name].to_numpy(dtype=object) if name in frame else np.full(len(frame), None, dtype=object)


def hazard_fills(frame: gpd.GeoDataFrame) -> Iterator[tuple[Symbol, Bools]]:
    """Return which hazards have which fill; those whose ground was released have none."""
    released = column(frame, "state") == "released"
    classified = column(frame, "classification")
    yield RELEASED, np.asarray(released)
    # What is no known class is drawn as the worse one.
    yield SHA, np.asarray(~released & (classified == "SHA"))
    yield CHA, np.asarray(~released & (classified != "SHA"))


def hazard_outlines(frame: gpd.GeoDataFrame) -> Iterator[tuple[Symbol, Bools]]:
    """Return which hazards have which outline; those whose ground was released have theirs already."""
    unreleased = column(frame, "state") != "released"
    status = column(frame, "status")
    worked, suspended = status == "worked_on", status == "suspended"
    yield OPEN, np.asarray(unreleased & ~worked & ~suspended)
    yield WORKED_ON, np.asarray(unreleased & worked)
    yield SUSPENDED, np.asarray(unreleased & suspended)


def release_symbols(frame: gpd.GeoDataFrame) -> Iterator[tuple[Symbol, Bools]]:
    """Return which releases are drawn how; what is not in effect released nothing."""
    effect = column(frame, "in_effect") == True  # noqa: E712 - an array of objects
    handed = column(frame, "handed_over") == True  # noqa: E712
    product = column(frame, "product")
    yield CANCELLED, np.asarray(effect & (product == "cancelled"))
    yield REDUCED, np.asarray(effect & (product == "reduced"))
    yield CLEARED, np.asarray(effect & (product == "cleared") & ~handed)
    yield HANDED_OVER, np.asarray(effect & (product == "cleared") & handed)
    yield NOT_IN_EFFECT, np.asarray(~effect)


def road_symbols(frame: gpd.GeoDataFrame) -> Iterator[tuple[Symbol, Bools]]:
    """Return which roads are drawn how, what bars the way last; what the record does not say is not assessed."""
    status = column(frame, "eo_status")
    verified, restricted, closed = np.isin(status, ["verified", "cleared"]), status == "restricted", status == "closed"
    yield ROADS["not_assessed"], np.asarray(~verified & ~restricted & ~closed)
    yield ROADS["verified"], np.asarray(verified)
    yield ROADS["restricted"], np.asarray(restricted)
    yield ROADS["closed"], np.asarray(closed)


def incident_marks(frame: gpd.GeoDataFrame) -> Iterator[tuple[Mark, Bools]]:
    """Return which accidents and incidents have which mark."""
    accident = column(frame, "kind") == "accident"
    yield INCIDENT, np.asarray(~accident)
    yield ACCIDENT, np.asarray(accident)


def settlement_marks(frame: gpd.GeoDataFrame) -> Iterator[tuple[Mark, Bools]]:
    """Return which settlements have which mark."""
    site = column(frame, "kind") == "displacement_site"
    yield SETTLEMENT, np.asarray(~site)
    yield SITE, np.asarray(site)
