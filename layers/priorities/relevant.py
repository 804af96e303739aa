"""What of a problem can still matter: settlements that are shut and can be opened, and the hazards that shut them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.priorities.problem import Problem
from layers.routing.opening import limited
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Relevant:
    """The part of a problem that is searched: n settlements, h hazards, v components and crossings.

    Attributes:
        problem: the whole.
        settlement: (n,) rows of the problem's settlements.
        hazard: (h,) rows of the problem's hazards, ascending.
        share: (s,) m2 of pieces of ground.
        of: the pieces of each hazard.
        needed: the hazards on each settlement.
        bars: the hazards that bar each crossing (none of a component).
        onward: for each node, the nodes that can be driven to from it.
        sites: nodes that people come from.
        place: (n,) the node of each settlement.
        weight: (n,) what a day of displacement counts.
        way: (n,) how far it is from the sites.
    """

    problem: Problem
    settlement: Ints
    hazard: Ints
    share: Floats
    of: Rows
    needed: Rows
    bars: Rows
    onward: Rows
    sites: Ints
    place: Ints
    weight: Floats
    way: Floats

    def area(self, hazards: Ints) -> float:
        """Return the ground (m2) of some hazards, shared pieces once."""
        return float(self.share[np.unique(self.of.take(hazards))].sum())

    def reached(self, cleared: Bools) -> Bools:
        """Return the nodes that are reached from the sites when some hazards are cleared."""
        return _reached(self.onward, self.bars, cleared, self.sites)

    def opened(self, cleared: Bools) -> Bools:
        """Return the settlements that are open when some hazards are cleared."""
        shut = np.bincount(self.needed.row, ~cleared[self.needed.items], len(self.place)) > 0
        return np.asarray(self.reached(cleared)[self.place] & ~shut)

    def cleared(self, hazards: Ints) -> Bools:
        """Return which hazards are cleared with the ground of some: those and all whose ground lies under them."""
        done = np.zeros(len(self.share), bool)
        done[self.of.take(hazards)] = True
        return np.asarray(np.bincount(self.of.row, ~done[self.of.items], len(self.of)) == 0)


def relevant(problem: Problem) -> Relevant:
    """Return what of a problem has to be searched."""
    onward = Rows.of(problem.passages.tail, problem.passages.head, len(problem.passages))
    everything = np.ones(len(problem.hazards), bool)
    nothing = np.asarray(problem.ground.of.counts == 0)
    can, already = (_opened(problem, onward, state) for state in (everything, nothing))
    rows = np.flatnonzero(can & ~already & (problem.weight > 0))
    if not len(rows):
        return _nothing(problem)
    question = limited(problem.passages, problem.ground, problem.sites, np.unique(problem.place[rows]))
    if question is None:
        return _nothing(problem)
    needed = problem.needed
    own = Rows.of_lists([needed[int(k)].tolist() for k in rows])
    bars = [problem.passages.hazards[int(k)] for k in question.node]
    hazard = np.unique(np.concatenate([own.items, *bars]))
    ground = SharedGround(problem.ground.share, Rows.of_lists([problem.ground.of[int(h)].tolist() for h in hazard]))
    pieces, index = np.unique(ground.of.items, return_inverse=True)
    return Relevant(
        problem=problem,
        settlement=rows,
        hazard=hazard,
        share=problem.ground.share[pieces],
        of=Rows(ground.of.first, index.astype(np.int64)),
        needed=Rows(own.first, np.searchsorted(hazard, own.items)),
        bars=Rows.of_lists([np.searchsorted(hazard, b).tolist() for b in bars]),
        onward=Rows.of(question.tail, question.head, len(question.node)),
        sites=np.searchsorted(question.node, np.intersect1d(problem.sites, question.node)),
        place=np.searchsorted(question.node, problem.place[rows]),
        weight=problem.weight[rows],
        way=problem.way[rows],
    )


def _opened(problem: Problem, onward: Rows, cleared: Bools) -> Bools:
    """Return the settlements of the whole problem that are open when some hazards are cleared."""
    reached = _reached(onward, problem.passages.hazards, cleared, problem.sites)
    shut = np.bincount(problem.needed.row, ~cleared[problem.needed.items], len(problem)) > 0
    return np.asarray((problem.place >= 0) & reached[problem.place] & ~shut)


def _reached(onward: Rows, bars: Rows, cleared: Bools, sites: Ints) -> Bools:
    """Return the nodes that are reached from sites, wave by wave."""
    passable = np.bincount(bars.row, ~cleared[bars.items], len(bars)) == 0
    seen = np.zeros(len(bars), bool)
    wave = np.asarray(sites, np.int64)
    while len(wave):
        seen[wave] = True
        wave = np.unique(onward.take(wave))
        wave = wave[passable[wave] & ~seen[wave]]
    return seen


def _nothing(problem: Problem) -> Relevant:
    """Return the part of a problem in which nothing is left to open."""
    none, no = np.zeros(0, np.int64), np.zeros(0)
    empty = Rows.of_lists([])
    return Relevant(problem, none, none, no, empty, empty, empty, empty, none, none, no, no)
