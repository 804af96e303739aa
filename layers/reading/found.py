"""What a reader found in a file, before the rows go back to who asked."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layers.reading.questions import Unreadable

MOST_COLUMNS = 1_000
Columns = dict[str, list[object]]
Request = Mapping[str, object]


@dataclass
class Found:
    """The rows of a file, in order.

    Attributes:
        columns: column name -> values that JSON can hold, None where empty.
        geometry: one per row, None where it can't be built.
        crs: the coordinate system as the file names it; assumed: the format implies it, an answer may say otherwise;
            settled: the geometry was brought to it already, whatever the answer.
        defects: row place -> why its geometry can't be built; notes: (place, code, message) of what was mended.
        notices: (code, message) about the whole file.
        ids: the ids that features carry beside their attributes; numbers: the rows' numbers in the file, from 1.
    """

    columns: Columns
    geometry: NDArray[np.object_]
    crs: str | None = None
    assumed: bool = False
    settled: bool = False
    defects: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the rows where nobody did; refuse a width that no table has.

        Raises:
            Unreadable: it has too many columns.
        """
        if len(self.columns) > MOST_COLUMNS:
            raise Unreadable(f"it has {len(self.columns)} columns; {MOST_COLUMNS} are allowed")
        self.ids = self.ids or [None] * len(self.geometry)
        self.numbers = self.numbers or list(range(1, len(self.geometry) + 1))


Reader = Callable[[Path, Request], Found]


def answer(request: Request, code: str) -> str | None:
    """Return the answer that was sent to a question, None where it was not asked before."""
    answers = request.get("answers")
    given = answers.get(code) if isinstance(answers, Mapping) else None
    return None if given is None else str(given)


def plain(values: NDArray[np.generic] | list[object]) -> list[object]:
    """Return a column as values that JSON can hold: dates as ISO text, None where empty."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "M":
            return [None if one == "NaT" else one for one in values.astype(str).tolist()]
        if values.dtype.kind in "iub":
            whole: list[object] = values.tolist()
            return whole
        values = values.tolist()
    return [None if isinstance(one, float) and math.isnan(one) else one for one in values]
