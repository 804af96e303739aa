"""Rows on their way to a verdict: values and geometry so far, and what was found about each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from layers.definitions import Layer
from layers.reading.report import Problem
from layers.reading.severity import DEFAULTS


@dataclass
class Rows:
    """The rows of a file, place by place.

    Attributes:
        layer: whose records they are to become.
        values: field -> values.
        geometry: in EPSG:4326 once it has been looked at.
        extra: what no field takes, per row.
        own: gives a row's attributes as they came, as JSON; they identify a row that has no id.
        numbers: each row's number in the file.
        severity: level by code of what is possible but should be looked at, where it is not the default.
        areas: m2 of polygons on the ellipsoid once they have been looked at, NaN elsewhere.
    """

    layer: Layer
    values: dict[str, list[object]]
    geometry: NDArray[np.object_]
    extra: list[dict[str, object]]
    own: Callable[[int], str]
    numbers: list[int]
    severity: Mapping[str, str] = field(default_factory=dict)
    areas: NDArray[np.float64] = field(init=False)
    rejected: NDArray[np.bool_] = field(init=False)
    repaired: NDArray[np.bool_] = field(init=False)
    _lines: list[tuple[int | None, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with nothing against any row."""
        self.areas = np.full(len(self.geometry), np.nan)
        self.rejected = np.zeros(len(self.geometry), dtype=bool)
        self.repaired = np.zeros(len(self.geometry), dtype=bool)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)

    def id_of(self, place: int) -> str | None:
        """Return the id of a row, where it has one."""
        known = self.values["id"][place]
        return None if known is None else str(known)

    def say(self, place: int | None, level: str, code: str, message: str) -> None:
        """Add a line to the report."""
        self._lines.append((place, level, code, message))

    def reject(self, place: int, code: str, message: str) -> None:
        """Reject a row for a reason; every reason is named."""
        self.rejected[place] = True
        self.say(place, "error", code, message)

    def repair(self, place: int, code: str, message: str) -> None:
        """Name what was mended in a row."""
        self.repaired[place] = True
        self.say(place, "repair", code, message)

    def suspect(self, place: int, code: str, message: str) -> None:
        """Name what is possible but should be looked at, as gravely as the programme says."""
        level = self.severity.get(code, DEFAULTS[code])
        if level == "error":
            self.reject(place, code, message)
        elif level != "ignore":
            self.say(place, level, code, message)

    def report(self) -> list[Problem]:
        """Return the report in order of rows, with the ids that rows were given meanwhile and their own values."""
        texts: dict[int, str] = {}
        problems = []
        for place, level, code, message in sorted(self._lines, key=lambda one: -1 if one[0] is None else one[0]):
            if place is None:
                problems.append(Problem(None, None, level, code, message))
                continue
            if place not in texts:
                texts[place] = self.own(place)
            problems.append(Problem(self.numbers[place], self.id_of(place), level, code, message, texts[place]))
        return problems

    def standing(self) -> list[int]:
        """Return the places of the rows that nothing speaks against so far."""
        return np.flatnonzero(~self.rejected).tolist()
