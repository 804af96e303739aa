"""Covering sets: faces of one cell under the same polygons are one piece of ground, however many they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import within

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CoveringSets:
    """Different sets of shapes and which face has which.

    Attributes:
        of_face: (faces,) the set over each face.
        owner, shape: (m,) pairs (set, shape), ascending.
        count: the number of sets.
    """

    of_face: Ints
    owner: Ints
    shape: Ints
    count: int


def _scramble(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread small numbers over 64 bits (the finaliser of splitmix64, Steele and others 2014)."""
    z = value + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def covering_sets(face: Ints, shape: Ints, group: Ints) -> CoveringSets:
    """Group faces by the set of shapes over them, within their groups.

    Args:
        face, shape: pairs sorted by face, then shape.
        group: (faces,) faces of different groups are never one set; a face without shapes has the empty set.

    Raises:
        RuntimeError: two different sets had the same 64-bit key.
    """
    size = np.bincount(face, minlength=len(group))
    key = size.astype(np.uint64) + _scramble(group.astype(np.uint64) + np.uint64(2**48))
    np.add.at(key, face, _scramble(shape.astype(np.uint64)))
    # Sets are numbered in the order in which their first face lies, and so by group where faces lie by group.
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    of_face = rank[inverse]
    begin = np.cumsum(size) - size
    chosen = np.sort(first)
    count = size[chosen]
    owner = np.repeat(np.arange(len(chosen)), count)
    members = shape[np.repeat(begin[chosen], count) + within(count)]
    start = np.cumsum(count) - count
    same = np.array_equal(members[np.repeat(start[of_face], size) + within(size)], shape)
    if not same or not np.array_equal(group[chosen][of_face], group):
        message = "two covering sets share a key; please report this with the data"
        raise RuntimeError(message)
    return CoveringSets(of_face, owner, members, len(chosen))
