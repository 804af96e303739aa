"""Rows on their way to a verdict: values and geometry so far, and what was found about each."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from layers.definitions import Layer
from layers.reading.report import Problem


@dataclass
class Rows:
    """The rows of a file, place by place; row numbers in the report are places plus one.

    Attributes:
        layer: whose records they are to become.
        values: field -> values.
        geometry: in EPSG:4326 once it has been looked at.
        extra: what no field takes, per row.
        own: what identifies a row that has no id: its attributes as they came.
        problems: the report so far.
    """

    layer: Layer
    values: dict[str, list[object]]
    geometry: NDArray[np.object_]
    extra: list[dict[str, object]]
    own: list[str]
    problems: list[Problem] = field(default_factory=list)
    rejected: NDArray[np.bool_] = field(init=False)
    repaired: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing against any row."""
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
        row, known = (None, None) if place is None else (place + 1, self.id_of(place))
        self.problems.append(Problem(row, known, level, code, message))

    def reject(self, place: int, code: str, message: str) -> None:
        """Reject a row for a reason; every reason is named."""
        self.rejected[place] = True
        self.say(place, "error", code, message)

    def repair(self, place: int, code: str, message: str) -> None:
        """Name what was mended in a row."""
        self.repaired[place] = True
        self.say(place, "repair", code, message)

    def named_problems(self) -> list[Problem]:
        """Return the report with the ids that rows were given after a line about them was written."""
        return [
            replace(one, id=self.id_of(one.row - 1)) if one.row is not None and one.id is None else one
            for one in self.problems
        ]

    def standing(self) -> list[int]:
        """Return the places of the rows that nothing speaks against so far."""
        return np.flatnonzero(~self.rejected).tolist()
