"""Ids for rows that have none: the same row gets the same id whenever it is loaded."""

import hashlib

import numpy as np
import shapely

from layers.reading.rows import Rows

DIGITS = 7
"""Decimals of a degree that count: 1 cm."""


def name_rows(rows: Rows) -> None:
    """Give every row without an id one made of its geometry and its own attributes.

    Values set for a whole load do not count: a file loaded again with another such value is about the same records.
    Identical rows are told apart by the number of their occurrence.
    """
    nameless = [place for place in rows.standing() if rows.values["id"][place] is None]
    if not nameless:
        return
    rounded = shapely.transform(rows.geometry[nameless], lambda xy: np.round(xy, DIGITS) + 0.0)
    seen: dict[str, int] = {}
    for place, wkb in zip(nameless, shapely.to_wkb(rounded), strict=True):
        digest = hashlib.sha256(wkb + rows.own(place).encode()).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        occurrence = f"-{seen[digest]}" if seen[digest] > 1 else ""
        rows.values["id"][place] = f"{rows.layer.name}-{digest}{occurrence}"
