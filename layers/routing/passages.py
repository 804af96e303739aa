"""The road graph contracted: places one can drive between freely, and the crossings barred by hazards between them.

Nodes that reach each other without meeting a hazard are one *component*. What remains are stretches barred by a set of
hazards; those of the same set that hang together are one *crossing*, for who has cleared the set passes all of them. So
a passage from one component to another is a chain of crossings, and to open it is to clear the hazards of each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from layers.routing.arcs import arcs
from layers.routing.rows import Rows
from layers.routing.stretches import Stretches

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Passages:
    """A directed graph of components and crossings.

    Attributes:
        node: (n,) the component that each node of the road network lies in.
        tail, head: (a,) arcs, ascending, each once.
        hazards: for each component (none) and crossing, the hazards that bar it.
    """

    node: Ints
    tail: Ints
    head: Ints
    hazards: Rows

    def __len__(self) -> int:
        """Return the number of components and crossings."""
        return len(self.hazards)


def contract(ways: Stretches, *, shut: Bools | None = None) -> Passages:
    """Contract stretches of road by their hazard-free components.

    Points (incidents, spots) cost no ground: they do not part components here, but stay named on the stretches.

    Args:
        ways: the stretches of a mode.
        shut: (k,) stretches to leave out besides those that stay shut.
    """
    closed = ways.shut if shut is None else ways.shut | shut
    usable = arcs(ways, ~closed)
    barred = ways.hazards.counts[usable.stretch] > 0
    count, component = _strong(ways.nodes, usable.tail[~barred], usable.head[~barred])
    tail, head = component[usable.tail], component[usable.head]
    apart = tail != head
    oneway = apart & ~barred
    kind, sets = _sets(ways.hazards, usable.stretch[apart & barred])
    entry, exit_, hazards = _crossings(kind, tail[apart & barred], head[apart & barred], count)
    ends = np.unique(np.stack([np.concatenate([tail[oneway], *entry]), np.concatenate([head[oneway], *exit_])]), axis=1)
    none = [np.zeros(0, np.int64)] * count
    bars = [*none, *(sets[k] for k in hazards)]
    first = np.concatenate([[0], np.cumsum([len(b) for b in bars])]).astype(np.int64)
    items = np.concatenate([*bars, np.zeros(0, np.int64)]).astype(np.int64)
    return Passages(component, ends[0], ends[1], Rows(first, items))


def _strong(count: int, tail: Ints, head: Ints) -> tuple[int, Ints]:
    """Return how many groups of nodes reach each other both ways, and the group of each node."""
    graph = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(count, count))
    groups, group = connected_components(graph, directed=True, connection="strong")
    return int(groups), group.astype(np.int64)


def _sets(hazards: Rows, arc: Ints) -> tuple[Ints, list[Ints]]:
    """Return the number of the set of hazards on each arc, and the sets; each set once."""
    known: dict[tuple[int, ...], int] = {}
    of = {int(k): known.setdefault(tuple(hazards[int(k)].tolist()), len(known)) for k in np.unique(arc)}
    return np.array([of[int(k)] for k in arc], np.int64), [np.array(members, np.int64) for members in known]


def _crossings(kind: Ints, tail: Ints, head: Ints, components: int) -> tuple[list[Ints], list[Ints], Ints]:
    """Group arcs under one set of hazards to crossings: arcs into and out of them, and the set of each crossing."""
    if not len(kind):
        return [], [], np.zeros(0, np.int64)
    seen, at = np.unique(np.concatenate([kind * components + tail, kind * components + head]), return_inverse=True)
    start, stop = at[: len(kind)], at[len(kind) :]
    _, group = _strong(len(seen), start, stop)
    # A group that hangs together both ways is one crossing; an arc between groups (one-way) is one of its own.
    joined = group[start] == group[stop]
    used, together = np.unique(group[start[joined]], return_inverse=True)
    inside = np.flatnonzero(np.isin(group, used))
    cluster = components + np.searchsorted(used, group[inside])
    place = seen[inside] % components
    single = np.unique(np.stack([kind[~joined], tail[~joined], head[~joined]]), axis=1)
    own = components + len(used) + np.arange(single.shape[1])
    set_of = np.zeros(len(used), np.int64)
    set_of[together] = kind[joined]
    entry = [place, cluster, single[1], own]
    exit_ = [cluster, place, own, single[2]]
    return entry, exit_, np.concatenate([set_of, single[0]])
