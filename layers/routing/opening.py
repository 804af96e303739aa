"""Chains of crossings by what they cost to clear: a shortest path that is a lower bound, and the least ground exactly.

Hazards and ground shared by several crossings of a chain count once, which no shortest path can say. Give each crossing
a part of the m2 of every piece of ground it needs, so that the parts of a piece sum to no more than the piece: then the
cost of a chain by parts never exceeds its real cost, and the shortest chain by parts is a lower bound. The parts are
moved to where the shortest chain does not yet pay (a Lagrangian dual, by exponentiated steps), and every chain found on
the way is a candidate. Where candidate and bound meet, nothing is left to prove; else CP-SAT decides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.routing.passages import Passages
from layers.routing.rows import Rows
from layers.routing.shared import SharedGround

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEPS = 40
"""Steps by which the lower bound is improved before the exact solver is asked."""
UNITS = 2.0**30
"""CP-SAT counts whole units of ground: all that a question is about is at most as many."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The least ground found that opens a passage.

    Attributes:
        hazards: the hazards to clear, ascending; those asked for besides the passage included.
        m2: the ground to clear for them.
        bound_m2: no opening takes less than this.
        proven: whether nothing cheaper exists: m2 and bound differ by no more than the rounding of the solver's units.
    """

    hazards: Ints
    m2: float
    bound_m2: float
    proven: bool


@dataclass(frozen=True, eq=False)
class Question:
    """Some nodes of passages, the pieces of ground that each needs, and between which of them a chain is wanted."""

    node: Ints  # of the passages
    tail: Ints  # places in `node`, as all below
    head: Ints
    pieces: Rows
    share: Floats
    sources: Ints
    targets: Ints

    def weights(self, parts: Floats) -> Floats:
        """Return the cost of each node by parts."""
        return np.asarray(np.bincount(self.pieces.row, parts, len(self.node)), np.float64)

    def area(self, nodes: Ints) -> float:
        """Return the real cost of some nodes (m2)."""
        return float(self.share[np.unique(self.pieces.take(nodes))].sum())

    def kept(self, keep: Bools) -> "Question":
        """Return the question on some of its nodes only."""
        new = np.cumsum(keep) - 1
        arcs = keep[self.tail] & keep[self.head]
        row = self.pieces.row
        items = keep[row]
        return Question(
            self.node[keep],
            new[self.tail[arcs]],
            new[self.head[arcs]],
            Rows.of(new[row[items]], self.pieces.items[items], int(keep.sum())),
            self.share,
            new[self.sources[keep[self.sources]]],
            new[self.targets[keep[self.targets]]],
        )


def chain(  # noqa: PLR0913
    passages: Passages,
    ground: SharedGround,
    sources: Ints,
    targets: Ints,
    *,
    needed: Ints | None = None,
    time_limit_s: float = 10.0,
) -> Chain | None:
    """Return the least ground (m2) to clear so that a target is reached from a source; None where no road leads there.

    Args:
        passages: the contracted roads.
        ground: what hazards cost; its rows are the hazards of the passages.
        sources, targets: components.
        needed: hazards to clear in any case; ground they share with the way counts once.
        time_limit_s: how long the exact solver may take (s); 0: it is not asked.
    """
    must = np.unique(np.asarray([] if needed is None else needed, np.int64))
    rest = ground.without(must)
    question = limited(passages, rest, np.unique(sources), np.unique(targets))
    if question is None:
        return None
    best, m2, bound, parts = _bounded(question)
    rounding = _slack(m2)
    if bound < m2 - rounding and time_limit_s > 0:
        near = question.kept(through(question, parts) <= m2 + rounding)
        exact, limit, unit = _exact(near, np.searchsorted(near.node, question.node[best]), time_limit_s)
        best, bound = np.searchsorted(question.node, near.node[exact]), max(bound, limit)
        rounding += unit * len(np.unique(question.pieces.take(best)))
    hazards = np.union1d(must, passages.hazards.take(question.node[best]))
    total = ground.area(hazards)
    bound = min(ground.area(must) + bound, total)
    return Chain(hazards, total, bound, bool(bound >= total - rounding - _slack(total)))


def _slack(m2: float) -> float:
    """Return the rounding of a sum of floating point numbers of this size (m2)."""
    return 1e-9 * max(m2, 1.0)


def limited(passages: Passages, ground: SharedGround, sources: Ints, targets: Ints) -> Question | None:
    """Return the question on the nodes that a chain can use, None where there is no chain at all."""
    count = len(passages)
    needs = passages.hazards
    row = np.repeat(needs.row, ground.of.counts[needs.items])
    pieces = Rows.of(row, ground.of.take(needs.items), count)
    question = Question(np.arange(count), passages.tail, passages.head, pieces, ground.share, sources, targets)
    nothing = np.zeros(count)
    ahead, _ = _shortest(question, nothing, question.sources)
    back, _ = _shortest(question, nothing, question.targets, reverse=True)
    keep = np.isfinite(ahead) & np.isfinite(back)
    if not keep[sources].any():
        return None
    question = question.kept(keep)
    while True:  # what has one neighbour only leads nowhere else
        keep = _neighbours(question) > 1
        keep[question.sources] = keep[question.targets] = True
        if keep.all():
            return question
        question = question.kept(keep)


def _neighbours(question: Question) -> Ints:
    """Return how many other nodes each node is linked with."""
    count = len(question.node)
    a, b = np.concatenate([question.tail, question.head]), np.concatenate([question.head, question.tail])
    return np.bincount(np.unique(a * count + b) // count, minlength=count)


def _shortest(question: Question, weights: Floats, ends: Ints, *, reverse: bool = False) -> tuple[Floats, Ints]:
    """Return the cost from the nearest end to each node, itself included, and the node before it.

    Ends are components, which cost nothing. In reverse: from each node to the nearest end, the node itself left out.
    """
    count = len(question.node)
    tail, head = (question.head, question.tail) if reverse else (question.tail, question.head)
    graph = csr_array((weights[question.head], (tail, head)), shape=(count, count))
    cost, before, _ = dijkstra(graph, indices=ends, min_only=True, return_predecessors=True)
    return np.asarray(cost, np.float64), before.astype(np.int64)


def _bounded(question: Question) -> tuple[Ints, float, float, Floats]:
    """Return the best chain found, its m2, a lower bound, and the parts that give it."""
    pieces, share = question.pieces, question.share
    users = np.bincount(pieces.items, minlength=len(share))
    parts = share[pieces.items] / users[pieces.items]
    m2, bound, best, kept = np.inf, -1.0, np.zeros(0, np.int64), parts
    for step in range(STEPS):
        cost, before = _shortest(question, question.weights(parts), question.sources)
        goal = question.targets[np.argmin(cost[question.targets])]
        path = _back(before, goal)
        if cost[goal] > bound:
            bound, kept = float(cost[goal]), parts
        area = question.area(path)
        if area < m2:
            m2, best = area, path
        if bound >= m2 - _slack(m2):
            break
        on = np.zeros(len(question.node), bool)
        on[path] = True
        grown = parts * np.where(on[pieces.row], np.exp(2.0 / (1 + step / 4)), 1.0)
        total = np.bincount(pieces.items, grown, len(share))[pieces.items]
        parts = np.divide(grown * share[pieces.items], total, out=np.zeros_like(grown), where=total > 0)
    return best, m2, min(bound, m2), kept


def _back(before: Ints, goal: int) -> Ints:
    """Return the nodes of a shortest path, from its start to the goal."""
    path = [int(goal)]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1], np.int64)


def through(question: Question, parts: Floats) -> Floats:
    """Return the cost by parts of the cheapest chain through each node: a lower bound of every chain through it."""
    weights = question.weights(parts)
    ahead, _ = _shortest(question, weights, question.sources)
    back, _ = _shortest(question, weights, question.targets, reverse=True)
    return np.asarray(ahead + back)


def _exact(question: Question, hint: Ints, time_limit_s: float) -> tuple[Ints, float, float]:
    """Return the cheapest chain by CP-SAT, a lower bound (m2, rounded down), and the unit of its rounding (m2).

    The chain is a flow of one from the sources to the targets; a node on it needs its pieces of ground.
    """
    model = cp_model.CpModel()
    used, index = np.unique(question.pieces.items, return_inverse=True)
    total = float(question.share[used].sum())
    unit = 2.0 ** np.ceil(np.log2(total / UNITS))
    cost = np.floor(question.share[used] / unit).astype(np.int64)
    taken = [model.new_bool_var("") for _ in used]
    count = len(question.node)
    visited = [model.new_bool_var("") for _ in range(count)]
    enter: list[list[cp_model.IntVar]] = [[] for _ in range(count)]
    leave: list[list[cp_model.IntVar]] = [[] for _ in range(count)]
    follow = set(zip(hint[:-1].tolist(), hint[1:].tolist(), strict=True))
    flows = [model.new_bool_var("") for _ in question.tail]
    for flow, tail, head in zip(flows, question.tail.tolist(), question.head.tolist(), strict=True):
        leave[tail].append(flow)
        enter[head].append(flow)
        model.add_hint(flow, (tail, head) in follow)
    starts = {int(k): model.new_bool_var("") for k in question.sources}
    stops = {int(k): model.new_bool_var("") for k in question.targets}
    for ends, rows, end in ((starts, enter, hint[0]), (stops, leave, hint[-1])):
        model.add_exactly_one(ends.values())
        for k, flow in ends.items():
            rows[k].append(flow)
            model.add_hint(flow, k == end)
    on = set(hint.tolist())
    for k, here in enumerate(visited):
        model.add(sum(enter[k]) == here)
        model.add(sum(leave[k]) == here)
        model.add_hint(here, k in on)
    for k, piece in zip(question.pieces.row.tolist(), index.tolist(), strict=True):
        model.add_implication(visited[k], taken[piece])
    hinted = np.isin(used, question.pieces.take(hint))
    for piece, there in zip(taken, hinted.tolist(), strict=True):
        model.add_hint(piece, there)
    model.minimize(sum(int(c) * t for c, t in zip(cost, taken, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = time_limit_s
    solver.parameters.random_seed = 1
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return hint, max(0.0, float(np.floor(solver.best_objective_bound))) * unit, unit
    after = {
        int(t): int(h) for f, t, h in zip(flows, question.tail, question.head, strict=True) if solver.boolean_value(f)
    }
    path = [next(k for k, flow in starts.items() if solver.boolean_value(flow))]
    while not (path[-1] in stops and solver.boolean_value(stops[path[-1]])):
        path.append(after[path[-1]])
    return np.array(path, np.int64), float(np.floor(solver.best_objective_bound + 0.5)) * unit, unit
