"""What a programme sets for its store: who answers for the data, how its days run, what it requires."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from geo_service.basemaps import Basemap, basemap_of
from geo_service.clock import Clock
from geo_service.statements.terms import Terms, terms_of
from layers.reading.severity import severities
from layers.roads.rules import Rules, rules_of
from layers.versions import as_date

T = TypeVar("T")

SENTENCES = (
    "This shows explosive ordnance information recorded by {authority} as known on {known_at}, describing the ground "
    "on {as_of}. No recorded hazard is not absence of hazard. Released land was treated with all reasonable effort "
    "under {standard}; a residual risk remains. Do not enter suspected or confirmed hazardous areas. Report finds: "
    "{contact}."
)
"""What every map, export and answer says."""


@dataclass(frozen=True)
class Settings:
    """The settings of a store.

    Attributes:
        authority, standard, contact: who records, under which standard, where finds are reported.
        time_zone: the zone in which the programme's calendar days begin.
        review: whether a second person must approve.
        qc_required_from: from which completion date cleared ground needs quality control.
        area_of_operations: west, south, east, north in degrees; None: the districts' box grown by 50 km.
        background_rows: files with as many rows go on in the background when they come over HTTP.
        synthetic: the store holds a demonstration.
        crs: coordinate systems that features are offered in beside the usual ones, such as EPSG:32640.
        if_match_required: the layers whose edits must say which version they change (If-Match).
        severity: how grave what an upload should be looked at for is, by code, where it is not the default.
        basemap: what is drawn under the overview; None: nothing.
        basemap_attribution: whom the background is from, where `basemap` is an address alone.
        raster_cells, raster_megabytes: the most cells of a raster, and the most megabytes that they take unpacked.
        routes: buffers, accuracies, widths of vehicles and how long a verdict holds.
        statements: how long written answers hold, how fresh the data must be, how large the ground may be.
    """

    authority: str = "the mine action centre (name not set)"
    standard: str = "IMAS 07.11"
    contact: str = "contact not set"
    time_zone: str = "UTC"
    review: bool = False
    qc_required_from: dt.date | None = None
    area_of_operations: tuple[float, float, float, float] | None = None
    background_rows: int = 100_000
    synthetic: bool = False
    crs: tuple[str, ...] = ()
    if_match_required: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)
    routes: Rules = field(default_factory=Rules)
    basemap: Basemap | None = None
    statements: Terms = field(default_factory=Terms)
    basemap_attribution: str = ""
    raster_cells: int = 400_000_000
    raster_megabytes: int = 2_000

    def today(self, clock: Clock) -> dt.date:
        """Return the calendar day in the programme's time zone."""
        return clock().astimezone(ZoneInfo(self.time_zone)).date()

    def sentences(self, as_of: str, known_at: str) -> str:
        """Return the sentences that every product carries."""
        return SENTENCES.format(
            authority=self.authority, standard=self.standard, contact=self.contact, as_of=as_of, known_at=known_at
        )


class Reading(Generic[T]):
    """Reads what a store keeps, once for as long as it is the same."""

    def __init__(self, read: Callable[[Mapping[str, object]], T]) -> None:
        self._read = read
        self._last: tuple[Mapping[str, object], T] | None = None

    def __call__(self, stored: Mapping[str, object]) -> T:
        """Return what was read; errors are those of reading."""
        last = self._last
        if last is None or last[0] is not stored:
            last = self._last = stored, self._read(stored)
        return last[1]


def settings_of(stored: Mapping[str, object]) -> Settings:
    """Read the settings that a store keeps; what it leaves out takes its default.

    Raises:
        ValueError: a date, a zone, a box, a severity, a background or a rule of routes is none.
    """
    known = {name: stored[name] for name in Settings.__dataclass_fields__ if stored.get(name) is not None}
    for name, read in _READERS.items():
        if name in known:
            known[name] = read(known[name], name)
    if "basemap" in known:
        known["basemap"] = basemap_of(known["basemap"], str(known.get("basemap_attribution", "")))
    found = Settings(**known)  # type: ignore[arg-type]
    ZoneInfo(found.time_zone)
    return found


def _box(value: object, _: str) -> tuple[float, ...]:
    return tuple(map(float, value))  # type: ignore[call-overload]


def _whole(value: object, name: str) -> int:
    """Return a whole number.

    Raises:
        ValueError: it is none above 0.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**12:
        raise ValueError(f"{name} is a whole number above 0")
    return value


def _names(value: object, name: str) -> tuple[str, ...]:
    """Return a list of names: JSON's, or text separated by commas.

    Raises:
        ValueError: it is neither.
    """
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(one, str) for one in parts):
        raise ValueError(f"{name} is a list of names")
    return tuple(one.strip() for one in parts if one.strip())


_READERS: Mapping[str, Callable[[Any, str], object]] = {
    "qc_required_from": lambda value, _: as_date(value),
    "area_of_operations": _box,
    "crs": _names,
    "if_match_required": _names,
    "severity": lambda value, _: severities(value),
    "routes": lambda value, _: rules_of(value),
    "statements": lambda value, _: terms_of(value),
    "raster_cells": _whole,
    "raster_megabytes": _whole,
}
"""How a setting is read that is kept as something else than it stands for."""
