"""Roads cut wherever something begins or ends, and what holds on each stretch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.coverage.cutting import within
from layers.roads.kernels import SHORT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """Where something holds along roads.

    Attributes:
        road: (n,) the road.
        name: (n,) what holds.
        begin, end: (n,) from where to where (m along the road).
    """

    road: Ints
    name: Ints
    begin: Floats
    end: Floats


@dataclass(frozen=True)
class Stretches:
    """Stretches of roads, in order of road and position; those of a road fill it.

    Attributes:
        road, begin, end: (n,) the road, and from where to where (m).
    """

    road: Ints
    begin: Floats
    end: Floats

    def __len__(self) -> int:
        """Return the number of stretches."""
        return len(self.road)


@dataclass(frozen=True)
class Sets:
    """A set of names for each of n stretches.

    Attributes:
        first: (n + 1,) where the names of each stretch begin.
        names: (m,) the names, ascending within a stretch.
    """

    first: Ints
    names: Ints

    @property
    def owner(self) -> Ints:
        """The stretch of each name."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def chosen(self, place: Ints) -> "Sets":
        """Return the sets of some stretches."""
        count = np.diff(self.first)[place]
        names = self.names[np.repeat(self.first[:-1][place], count) + within(count)]
        return Sets(np.r_[0, np.cumsum(count)], names)

    def as_before(self) -> Bools:
        """Say for each stretch but the first whether its set is that of the stretch before."""
        count = np.diff(self.first)
        same = count[1:] == count[:-1]
        at = np.flatnonzero(same)
        each, offset = np.repeat(at, count[at]), within(count[at])
        differ = self.names[self.first[each] + offset] != self.names[self.first[each + 1] + offset]
        same[each[differ]] = False
        return np.asarray(same)


def sets_of(owner: Ints, name: Ints, count: int) -> Sets:
    """Return the sets of `count` stretches from pairs (stretch, name) in any order, each counted once."""
    most = int(name.max(initial=0)) + 1
    pairs = np.unique(owner * most + name)
    owner, name = np.divmod(pairs, most)
    return Sets(np.searchsorted(owner, np.arange(count + 1)), name)


def cut(lengths: Floats, runs: list[Runs]) -> tuple[Stretches, list[tuple[Ints, Ints]]]:
    """Cut roads wherever a run begins or ends.

    Args:
        lengths: (e,) of the roads (m).
        runs: any number of runs.

    Returns:
        The stretches, and for each of `runs` the pairs (stretch, name) of what holds on it.
    """
    e = np.arange(len(lengths))
    road = np.concatenate([e, e, *(one.road for one in runs), *(one.road for one in runs)])
    at = np.concatenate([np.zeros(len(e)), lengths, *(one.begin for one in runs), *(one.end for one in runs)])
    order = np.lexsort((at, road))
    new = np.r_[True, (road[order][1:] != road[order][:-1]) | (at[order][1:] != at[order][:-1])][: len(order)]
    mark = np.empty(len(order), dtype=np.int64)
    mark[order] = np.cumsum(new) - 1
    road, at = road[order][new], at[order][new]
    # A stretch is named by the mark it begins at; a road without length is one stretch.
    last = np.r_[road[1:] != road[:-1], True][: len(road)]
    lone = last & np.r_[True, road[1:] != road[:-1]][: len(road)]
    opens = np.flatnonzero(~last | lone)
    stretch_of = np.cumsum(~last | lone) - 1
    ends = np.where(lone[opens], at[opens], at[np.minimum(opens + 1, max(len(at) - 1, 0))])
    begin_at, end_at = 2 * len(e), 2 * len(e) + sum(len(one.road) for one in runs)
    pairs = []
    for one in runs:
        n = len(one.road)
        low, high = mark[begin_at : begin_at + n], mark[end_at : end_at + n]
        begin_at, end_at = begin_at + n, end_at + n
        count = high - low
        held = np.repeat(stretch_of[low] if n else low, count) + within(count)
        pairs.append((held, np.repeat(one.name, count)))
    return Stretches(road[opens], at[opens], ends), pairs


def settled(stretches: Stretches, danger: Ints) -> tuple[Stretches, Ints]:
    """Return the stretches without those that come from rounding, and the place of each that stays.

    One shorter than `SHORT` goes to the more dangerous of its neighbours. Where several such follow each other and
    come to more together, the most dangerous of them stands for all.

    Args:
        stretches: of whole roads.
        danger: how dangerous each is.
    """
    n = len(stretches)
    road, begin, end = stretches.road, stretches.begin, stretches.end
    tiny = end - begin < SHORT
    if not tiny.any():
        return stretches, np.arange(n)
    # Stretches in groups: each proper one by itself, tiny ones that follow each other in a road together.
    opens = np.r_[True, (road[1:] != road[:-1]) | ~(tiny[1:] & tiny[:-1])][:n]
    group = np.cumsum(opens) - 1
    first = np.flatnonzero(opens)
    last = np.r_[first[1:], n] - 1
    worst = np.lexsort((np.arange(n), -danger, group))[first]  # groups are of one size in either order
    g_road, g_begin, g_end, g_danger = road[first], begin[first], end[last], danger[worst]
    stays = g_end - g_begin >= SHORT
    alone = np.bincount(g_road[stays], minlength=int(g_road.max()) + 1)[g_road] == 0
    stays |= alone
    kept = np.flatnonzero(stays)
    g_begin, g_end = g_begin.copy(), g_end.copy()
    left, right = kept[:-1], kept[1:]
    gap = (g_road[left] == g_road[right]) & (right > left + 1)
    to_left = gap & (g_danger[left] >= g_danger[right])
    to_right = gap & ~to_left
    g_end[left[to_left]] = g_begin[right[to_left]]
    g_begin[right[to_right]] = g_end[left[to_right]]
    # What lies before the first or behind the last that stays goes to it.
    opening = np.r_[True, g_road[kept][1:] != g_road[kept][:-1]]
    closing = np.r_[g_road[kept][1:] != g_road[kept][:-1], True]
    start = np.r_[True, g_road[1:] != g_road[:-1]]
    stop = np.r_[g_road[1:] != g_road[:-1], True]
    g_begin[kept[opening]] = begin[first][start]
    g_end[kept[closing]] = end[last][stop]
    return Stretches(g_road[kept], g_begin[kept], g_end[kept]), worst[kept]


def joined(stretches: Stretches, same: Bools) -> tuple[Stretches, Ints]:
    """Join stretches of one road that follow each other and are the same; return them, and the first of each.

    Args:
        stretches: of whole roads.
        same: for each but the first, whether all that holds on it held on the one before.
    """
    opens = np.r_[True, ~same | (stretches.road[1:] != stretches.road[:-1])][: len(stretches)]
    first = np.flatnonzero(opens)
    last = (np.r_[first[1:], len(stretches)] - 1)[: len(first)]
    return Stretches(stretches.road[first], stretches.begin[first], stretches.end[last]), first
