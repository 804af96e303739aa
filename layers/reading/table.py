"""A file as it was read: rows of plain values with a geometry each, before anything is judged."""

from dataclasses import dataclass, field

import numpy as np
import orjson
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class RawTable:
    """The rows of a file, in its order; the row at place k has the number `numbers[k]` in the file, from 1.

    Attributes:
        columns: column name -> values, None where empty; dates as ISO text.
        geometry: geometries in `crs`, None where a row has none that can be built.
        crs: the coordinate system, None where the file has rows without coordinates only.
        ids: the ids that features carry beside their properties, None where they don't.
        defects: row place -> why its geometry could not be built as it stands.
        notes: what was done to rows while reading: (place, code, message).
        right_handed: the format asks for outer rings against the clock.
        notices: what was done or seen while reading, about the whole file: (code, message).
        numbers: each row's number in the file.
    """

    columns: dict[str, list[object]]
    geometry: NDArray[np.object_]
    crs: CRS | None
    ids: list[str | None]
    defects: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    right_handed: bool = False
    notices: list[tuple[str, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the rows where the reader did not."""
        if not self.numbers:
            object.__setattr__(self, "numbers", list(range(1, len(self.geometry) + 1)))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)

    def own(self, place: int) -> str:
        """Return a row's attributes as JSON, the same however its columns are ordered."""
        present = {name: values[place] for name, values in self.columns.items() if values[place] is not None}
        return orjson.dumps(present, option=orjson.OPT_SORT_KEYS, default=str).decode()
