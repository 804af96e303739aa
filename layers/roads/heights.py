"""Elevation along roads: what a model of the terrain knows of the ground, made fit for the slope of a road.

A road runs along a hillside more evenly than a raster of the ground under its drawn line does: a line drawn 10 m off
lies metres too high or too low. So heights are averaged along the road; and bridges and tunnels leave the ground.
"""

from typing import Any

import numpy as np

from layers.roads.tags import each, texts
from layers.roads.vertices import Bools, Floats, Vertices

NONE = frozenset({"", "no"})
HALF_M = 100.0
"""A height is the mean over so much of the road to either side (m), or as far as the nearer end of its line."""


def along_roads(vertices: Vertices, along: Floats, height: Floats, extra: list[dict[str, Any]]) -> Floats:
    """Return the elevation (v,) of a road's vertices: straight on bridges and in tunnels, else averaged along it.

    Args:
        vertices: v vertices.
        along: (v,) how far along its part each lies (m).
        height: (v,) elevation of the ground (m), NaN where it is not known; it stays so.
        extra: what no field takes of each road.
    """
    inside = structures(extra)[vertices.road[vertices.part]]
    begin, end = vertices.begins[vertices.part], vertices.ends[vertices.part]
    share = along / np.where(along[end] > 0, along[end], 1.0)
    straight = height[begin] + share * (height[end] - height[begin])
    return np.where(inside, straight, averaged(vertices, along, height))


def averaged(vertices: Vertices, along: Floats, height: Floats) -> Floats:
    """Return the mean elevation (v,) of each vertex's road `HALF_M` to either side, its ends as they are.

    Between vertices heights are taken as straight; a stretch with an unknown end counts for nothing.
    """
    if not len(along):
        return height
    total = along[vertices.ends]
    # Parts one after another on one line, a metre apart.
    origin = (np.cumsum(total + 1.0) - total)[vertices.part]
    at = origin + along
    step = np.diff(at)
    known = ~np.isnan(height[1:] + height[:-1]) & (vertices.part[1:] == vertices.part[:-1])
    level = np.nan_to_num(height, nan=0.0)
    metres = np.r_[0.0, np.cumsum(known * step)]
    climbed = np.r_[0.0, np.cumsum(known * step * (level[1:] + level[:-1]) / 2)]
    rise = np.r_[np.where(known, np.diff(level), 0.0) / step, 0.0]

    def up_to(x: Floats) -> tuple[Floats, Floats]:
        k = np.clip(np.searchsorted(at, x, side="right") - 1, 0, len(at) - 1)
        on = np.r_[known, False][k] * (x - at[k])
        return metres[k] + on, climbed[k] + on * (level[k] + rise[k] * on / 2)

    half = np.minimum(HALF_M, np.minimum(along, total[vertices.part] - along))
    (from_m, from_h), (to_m, to_h) = up_to(at - half), up_to(at + half)
    some = (to_m - from_m) > 1e-3
    mean = (to_h - from_h) / np.where(some, to_m - from_m, 1.0)
    return np.where(some & ~np.isnan(height), mean, height)


def structures(extra: list[dict[str, Any]]) -> Bools:
    """Return whether each road (r,) is a bridge or a tunnel."""
    found = np.zeros(len(extra), dtype=bool)
    for name in ("bridge", "tunnel"):
        found |= each(texts(extra, name), lambda one: one not in NONE).astype(bool)
    return found
