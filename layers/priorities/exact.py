"""The best plan by CP-SAT, with a bound that holds whenever it is stopped.

A plan is an order of the settlements and, for each, the set of hazards cleared when it opens; along the order the sets
grow. The cost of a settlement is its weight times the ground under its set, pieces shared by hazards once. That a set
opens its settlement is said by blockers (`layers.priorities.blockers`), first a few of each settlement, then those that
the solver's plan breaks. Without all of them its problem is easier than the real one, so its bound holds; when its plan
breaks none, it is the best plan.
"""

import itertools
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from layers.priorities.blockers import Steps, blocker, first_blockers, orders
from layers.priorities.clock import opening_times
from layers.priorities.relevant import Relevant
from layers.priorities.units import Units

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SIZE = 200_000
"""Settlements x settlements x hazards up to which the whole question is put to the solver."""
TRIPLES = 40
"""Settlements up to which the solver is told that their order has no circles; for more it would be too much to read."""


@dataclass(frozen=True, eq=False)
class Proof:
    """What the exact solver found.

    Attributes:
        sequence: (h,) the best sequence known.
        bound: no plan costs less (units of cost, see `Units`).
        proven: whether that sequence costs as much as the bound, in units.
    """

    sequence: Ints
    bound: float
    proven: bool


@dataclass(eq=False)
class _Model:
    """The CP-SAT model: `first[i, j]`, settlement i opens no later than j; `has[i][h]`, h is cleared when i opens."""

    part: Relevant
    units: Units
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    first: dict[tuple[int, int], cp_model.BoolVarT] = field(default_factory=dict)
    has: list[list[cp_model.IntVar]] = field(default_factory=list)
    ground: list[list[cp_model.IntVar]] = field(default_factory=list)
    late: list[cp_model.IntVar] = field(default_factory=list)

    def __post_init__(self) -> None:
        n, h, s = len(self.part.place), len(self.part.of), len(self.part.share)
        new = self.model.new_bool_var
        for i, j in itertools.combinations(range(n), 2):
            self.first[i, j] = new("")
            self.first[j, i] = self.first[i, j].negated()
        self.has = [[new("") for _ in range(h)] for _ in range(n)]
        self.ground = [[new("") for _ in range(s)] for _ in range(n)]
        if self.units.horizon is not None:
            self.late = [new("") for _ in range(n)]
        self._need_ground()
        self._follow()
        self._minimize()

    def _need_ground(self) -> None:
        for has, ground in zip(self.has, self.ground, strict=True):
            for hazard, pieces in zip(has, self.part.of, strict=True):
                for piece in pieces.tolist():
                    self.model.add_implication(hazard, ground[piece])

    def _follow(self) -> None:
        for (i, j), before in self.first.items():
            for mine, theirs in zip(self.has[i], self.has[j], strict=True):
                self.model.add_bool_or(before.negated(), mine.negated(), theirs)
        if len(self.has) <= TRIPLES:
            for i, j, k in itertools.permutations(range(len(self.has)), 3):
                if i < min(j, k):
                    self.model.add_bool_or(self.first[j, i], self.first[k, j], self.first[i, k])

    def _minimize(self) -> None:
        share = [int(c) for c in self.units.share]
        costs = []
        for i, row in enumerate(self.ground):
            area = sum(c * taken for c, taken in zip(share, row, strict=True))
            if self.units.horizon is None:
                costs.append(int(self.units.weight[i]) * area)
                continue
            until = self.model.new_int_var(0, self.units.horizon, "")
            self.model.add(until >= area).only_enforce_if(self.late[i].negated())
            self.model.add(until >= self.units.horizon).only_enforce_if(self.late[i])
            costs.append(int(self.units.weight[i]) * until)
        self.model.minimize(sum(costs))

    def block(self, settlement: int, hazards: Bools) -> None:
        """Say that one of some hazards is cleared when a settlement opens, unless that is after the horizon."""
        some = [self.has[settlement][h] for h in np.flatnonzero(hazards)]
        self.model.add_bool_or(*some, *(self.late[settlement : settlement + 1]))

    def hint(self, sequence: Ints) -> None:
        """Tell the solver of a plan."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        times, _ = opening_times(self.units.rounded, sequence)
        order = np.lexsort((np.arange(len(times)), times))
        rank = np.argsort(order)
        for i, j in itertools.combinations(range(len(times)), 2):
            self.model.add_hint(self.first[i, j], bool(rank[i] < rank[j]))
        taken = np.zeros(len(self.part.of), bool)
        upto = 0
        for i in order:
            while upto < len(sequence) and not self.part.opened(taken)[i]:
                taken[sequence[upto]] = True
                upto += 1
            ground = np.zeros(len(self.part.share), bool)
            ground[self.part.of.take(np.flatnonzero(taken))] = True
            for variables, values in ((self.has[i], taken), (self.ground[i], ground)):
                for variable, value in zip(variables, values.tolist(), strict=True):
                    self.model.add_hint(variable, value)
            if self.units.horizon is not None:
                self.model.add_hint(self.late[i], bool(times[i] > self.units.horizon))


def prove(part: Relevant, units: Units, start: Ints, *, time_limit_s: float, bound: float = 0.0) -> Proof:
    """Return the best plan that can be found from a start, and a bound.

    Args:
        part: what is searched.
        units: the same in whole units.
        start: (h,) the best sequence known.
        time_limit_s: how long may be searched (s).
        bound: a bound that is known already (units).
    """
    best, value = start, units.value(start)
    n, h = len(part.place), len(part.of)
    if value <= bound or n * n * h > SIZE or time_limit_s <= 0:
        return Proof(best, min(bound, value), value <= bound)
    end = time.monotonic() + time_limit_s
    asked = _Model(part, units)
    steps = Steps.of(part)
    for i, hazards in first_blockers(steps):
        asked.block(i, hazards)
    while (left := end - time.monotonic()) > 0 and bound < value:
        asked.hint(best)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = left
        solver.parameters.random_seed = 1
        solver.parameters.num_workers = 2
        status = solver.solve(asked.model)
        bound = max(bound, float(np.floor(solver.best_objective_bound + 1e-6)))
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            break
        sets = np.array([[solver.boolean_value(v) for v in row] for row in asked.has]).reshape(n, h)
        late = np.array([solver.boolean_value(v) for v in asked.late] or [False] * n)
        found = _sequence(part, sets, late)
        if units.value(found) < value:
            best, value = found, units.value(found)
        if not _break(steps, asked, sets, late):
            break
    return Proof(best, min(bound, value), value <= bound)


def _break(steps: Steps, asked: _Model, sets: Bools, late: Bools) -> bool:
    """Tell the solver the blockers that its plan breaks; say whether there were any."""
    broken = [int(i) for i in np.flatnonzero(~late) if not steps.part.opened(sets[i])[i]]
    for i in broken:
        for order in orders(steps.part):
            hazards = blocker(steps, i, sets[i], order)
            for j in np.flatnonzero(~steps.part.opened(~hazards)):
                asked.block(int(j), hazards)
    return bool(broken)


def _sequence(part: Relevant, sets: Bools, late: Bools) -> Ints:
    """Return the sequence of a solver's plan: sets from the smallest on; what it leaves out at the end, small first."""
    size = np.where(late, part.share.sum() * 2, [part.area(np.flatnonzero(row)) for row in sets])
    when = np.where(sets, size[:, None], np.inf).min(axis=0)
    own = np.bincount(part.of.row, part.share[part.of.items], len(part.of))
    return np.lexsort((own, when)).astype(np.int64)
