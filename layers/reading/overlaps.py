"""Which other hazards and releases a row lies on, with their m2 and what share of the row they are."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.reading.rows import Rows

Neighbours = Callable[[tuple[float, float, float, float]], gpd.GeoDataFrame]
"""Gives what is in force within a box (west, south, east, north): `layer` (hazards or releases), `id`, geometry."""

LEAST_M2 = 1.0
"""Smaller pieces are counted and not listed: boundaries that were drawn from one another cross by centimetres."""
CHUNK = 4_096
"""Pairs that one thread looks at in one go."""
NAMED = 5
"""Records that a line names, the largest piece first."""
LAYERS = ("hazards", "releases")


@dataclass(frozen=True)
class Pairs:
    """Pieces of ground that rows share with others: places of rows, of others, and m2."""

    row: NDArray[np.int64]
    other: NDArray[np.int64]
    m2: NDArray[np.float64]


def look_around(rows: Rows, neighbours: Neighbours | None) -> None:
    """Suspect rows that lie on other hazards or releases: those of the file, and those in force."""
    if rows.layer.name not in LAYERS:
        return
    withdrawn = np.array(rows.values["withdrawn"], dtype=bool)
    k = np.flatnonzero(~rows.rejected & ~withdrawn & ~np.isnan(rows.areas))
    if not len(k):
        return
    ids = np.array([str(rows.values["id"][p]) for p in k], dtype=object)
    shapes = rows.geometry[k]
    within = _shared(shapes, shapes, ids, ids)
    lines = [(rows.layer.name, ids, within)]
    if neighbours is not None:
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        near = neighbours((west, south, east, north))
        near = near[~((near["layer"] == rows.layer.name) & near["id"].isin(set(ids.tolist())))]
        for layer in LAYERS:
            some = near[near["layer"] == layer]
            others = some["id"].to_numpy(dtype=object)
            # What has the same id in another layer is another record: only ids of the row's own layer are its own.
            lines.append((layer, others, _shared(shapes, some.geometry.to_numpy(), ids, None)))
    for layer in LAYERS:
        _tell(rows, k, layer, [(others, pairs) for name, others, pairs in lines if name == layer])


def _shared(
    shapes: NDArray[np.object_],
    others: NDArray[np.object_],
    ids: NDArray[np.object_],
    other_ids: NDArray[np.object_] | None,
) -> Pairs:
    """Return the ground that shapes share with others; with themselves where `other_ids` are theirs too."""
    empty = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if not len(others):
        return empty
    row, other = shapely.STRtree(others).query(shapes)  # by their boxes: each pair is looked at once, below
    if other_ids is not None:
        keep = (row < other) & (ids[row] != other_ids[other])
        row, other = row[keep], other[keep]
    shapely.prepare(shapes)

    def piece(begin: int) -> Pairs:
        a, b = row[begin : begin + CHUNK], other[begin : begin + CHUNK]
        meets = shapely.intersects(shapes[a], others[b])
        a, b = a[meets], b[meets]
        pieces = shapely.intersection(shapes[a], others[b])
        ground = shapely.get_dimensions(pieces) == 2
        return Pairs(a[ground], b[ground], measure.areas(pieces[ground]))

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # GEOS works outside of Python's lock
        found = list(threads.map(piece, range(0, len(row), CHUNK)))
    if not found:
        return empty
    row, other, m2 = (np.concatenate([getattr(one, name) for one in found]) for name in ("row", "other", "m2"))
    if other_ids is not None:  # a pair of the file is told in both rows
        return Pairs(np.r_[row, other], np.r_[other, row], np.r_[m2, m2])
    return Pairs(row, other, m2)


def _tell(rows: Rows, k: NDArray[np.int64], layer: str, found: list[tuple[NDArray[np.object_], Pairs]]) -> None:
    """Write one line per row and layer, whatever number of others it lies on."""
    if not any(len(pairs.row) for _, pairs in found):
        return
    row = np.concatenate([pairs.row for _, pairs in found])
    m2 = np.concatenate([pairs.m2 for _, pairs in found])
    names = np.concatenate([others[pairs.other] for others, pairs in found])
    order = np.lexsort((-m2, row))
    row, m2, names = row[order], m2[order], names[order]
    code = "covers_hazard" if (rows.layer.name, layer) == ("releases", "hazards") else f"overlap_{layer[:-1]}"
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(row)], strict=True):
        place = int(k[row[start]])
        large = int(np.searchsorted(-m2[start:end], -LEAST_M2, side="right"))
        if not large:
            continue
        area = rows.areas[place]
        listed = ", ".join(
            f"{names[j]} ({m2[j]:,.1f} m2, {_share(m2[j], area)})" for j in range(start, start + min(large, NAMED))
        )
        more = f" and {large - NAMED} more ({m2[start + NAMED : start + large].sum():,.1f} m2)" if large > NAMED else ""
        hidden = end - start - large
        small = f"; {hidden} pieces under {LEAST_M2:g} m2 are not listed" if hidden else ""
        what = layer if large > 1 else layer[:-1]
        rows.suspect(place, code, f"it lies on {what} {listed}{more}{small}")


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole > 0 else "all of it"
