"""Rules of thumb for what to clear first: each gives the whole sequence of hazards, by one idea."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.priorities.relevant import Relevant

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Choice:
    """What it takes to open each of some settlements next.

    Attributes:
        settlement: (m,) settlements that are still shut.
        hazards: (m,) for each, hazards that open it.
        m2: (m,) the ground still to clear for them.
        pieces: (m, s) which pieces of ground those are.
    """

    settlement: Ints
    hazards: list[Ints]
    m2: Floats
    pieces: Bools


def cheapest_next(part: Relevant, done: Bools) -> Choice:
    """Return a cheap way to open each shut settlement, given which pieces of ground are cleared.

    Cheapest by the sum over the crossings of the way: ground shared between two of them is counted twice in choosing
    the way, and once in its m2.
    """
    share = np.where(done, 0.0, part.share)
    cleared = np.bincount(part.of.row, ~done[part.of.items], len(part.of)) == 0
    shut = np.flatnonzero(~part.opened(cleared))
    count = len(part.bars)
    needs = part.bars
    row = np.repeat(needs.row, part.of.counts[needs.items])
    both = np.unique(np.stack([row, part.of.take(needs.items)]), axis=1)
    weights = np.bincount(both[0], share[both[1]], count)
    tail, head = part.onward.row, part.onward.items
    graph = csr_array((weights[head], (tail, head)), shape=(count, count))
    _, before, _ = dijkstra(graph, indices=part.sites, min_only=True, return_predecessors=True)
    hazards, pieces = [], np.zeros((len(shut), len(part.share)), bool)
    for at, k in enumerate(shut):
        path = [int(part.place[k])]
        while before[path[-1]] >= 0:
            path.append(int(before[path[-1]]))
        wanted = np.union1d(part.needed[int(k)], part.bars.take(np.array(path)))
        wanted = wanted[~cleared[wanted]]
        hazards.append(wanted)
        pieces[at, part.of.take(wanted)] = True
    pieces &= ~done
    return Choice(shut, hazards, pieces @ part.share, pieces)


def by_settlement(part: Relevant, score: Callable[[Choice], Floats]) -> Ints:
    """Return the sequence that opens, again and again, the shut settlement of the greatest score."""
    done = np.zeros(len(part.share), bool)
    order: list[int] = []
    placed = np.zeros(len(part.of), bool)
    while len((choice := cheapest_next(part, done)).settlement):
        best = int(np.argmax(score(choice)))
        fresh = choice.hazards[best][~placed[choice.hazards[best]]]
        placed[fresh] = True
        order.extend(fresh.tolist())
        done |= choice.pieces[best]
    return _completed(part, np.array(order, np.int64))


def _completed(part: Relevant, order: Ints) -> Ints:
    """Return a sequence with the hazards that it leaves out at its end."""
    return np.concatenate([order, np.setdiff1d(np.arange(len(part.of)), order)])


def smallest_area_first(part: Relevant) -> Ints:
    """Return hazards by their own open ground, the smallest first."""
    own = np.bincount(part.of.row, part.share[part.of.items], len(part.of))
    return np.lexsort((np.arange(len(own)), own)).astype(np.int64)


def most_people_per_m2(part: Relevant) -> Ints:
    """Return the sequence that always opens the settlement of most weight for the m2 still to clear for it."""
    return by_settlement(part, lambda c: part.weight[c.settlement] / np.maximum(c.m2, 1e-9))


def nearest_first(part: Relevant) -> Ints:
    """Return the sequence that opens settlements in order of their way from the sites."""
    return by_settlement(part, lambda c: -part.way[c.settlement])


def shared_ground_first(part: Relevant) -> Ints:
    """Return the sequence by weight per m2, where ground that others wait for too counts for them in proportion."""

    def score(choice: Choice) -> Floats:
        own = choice.pieces * part.share
        helped = (own @ choice.pieces.T) / np.maximum(choice.m2, 1e-9)  # of what j waits for, the part cleared with k
        gain = np.minimum(helped, 1.0) @ part.weight[choice.settlement]
        return np.asarray(gain / np.maximum(choice.m2, 1e-9))

    return by_settlement(part, score)


HEURISTICS: dict[str, Callable[[Relevant], Ints]] = {
    "smallest_area_first": smallest_area_first,
    "most_people_per_m2": most_people_per_m2,
    "nearest_first": nearest_first,
    "shared_ground_first": shared_ground_first,
}
"""The rules of thumb by name."""
