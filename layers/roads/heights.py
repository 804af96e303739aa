"""Elevation on bridges and in tunnels: a model of the terrain knows the ground, and they leave it."""

from typing import Any

import numpy as np

from layers.roads.tags import each, texts
from layers.roads.vertices import Bools, Floats, Vertices

NONE = frozenset({"", "no"})


def along_structures(vertices: Vertices, along: Floats, height: Floats, extra: list[dict[str, Any]]) -> Floats:
    """Return the elevation (v,) of vertices, on bridges and in tunnels straight from one end of the part to the other.

    Args:
        vertices: v vertices.
        along: (v,) how far along its part each lies (m).
        height: (v,) elevation of the ground (m).
        extra: what no field takes of each road.
    """
    inside = structures(extra)[vertices.road[vertices.part]]
    begin, end = vertices.begins[vertices.part], vertices.ends[vertices.part]
    share = along / np.where(along[end] > 0, along[end], 1.0)
    straight = height[begin] + share * (height[end] - height[begin])
    return np.where(inside, straight, height)


def structures(extra: list[dict[str, Any]]) -> Bools:
    """Return whether each road (r,) is a bridge or a tunnel."""
    found = np.zeros(len(extra), dtype=bool)
    for name in ("bridge", "tunnel"):
        found |= each(texts(extra, name), lambda one: one not in NONE).astype(bool)
    return found
