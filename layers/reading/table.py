"""A file as it was read: rows of plain values with a geometry each, before anything is judged."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS


@dataclass(frozen=True)
class RawTable:
    """The rows of a file, in its order; row k of the file (from 1) stands at k - 1.

    Attributes:
        columns: column name -> values, None where empty; dates as ISO text.
        geometry: geometries in `crs`, None where a row has none that can be built.
        crs: the coordinate system, None where the file has rows without coordinates only.
        ids: the ids that features carry beside their properties, None where they don't.
        defects: row place -> why its geometry could not be built as it stands.
        notes: what was done to rows while reading: (place, code, message).
        right_handed: the format asks for outer rings against the clock.
    """

    columns: dict[str, list[object]]
    geometry: NDArray[np.object_]
    crs: CRS | None
    ids: list[str | None]
    defects: dict[int, tuple[str, str]] = field(default_factory=dict)
    notes: list[tuple[int, str, str]] = field(default_factory=list)
    right_handed: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.geometry)
