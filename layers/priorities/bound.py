"""A bound for plans too large to solve: a linear program over the order of settlements, by its dual.

Of two settlements one opens before the other, and whatever the first needs is cleared when the second opens: of every
blocker of the first (`layers.priorities.blockers`) a hazard is. The program takes any fraction of an order and of
hazards. With nothing shared and one way to each settlement it gives exactly Smith's rule (Smith, 1956): the most weight
per m2 first. It knows besides the least ground that opens each settlement; and with a horizon, that a settlement which
opens later (again any fraction of it) needs nothing and costs the horizon. Any prices of its rows give a bound (weak
duality), so that a bound does not depend on the tolerances of the solver.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from layers.priorities.relevant import Relevant
from layers.routing.rows import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ADDED = 2000
"""Rows about blockers that are taken in at a time, the most violated first."""


@dataclass(frozen=True, eq=False)
class _Program:
    """The columns: `pair` (who is first), `has` (hazard), `shared` (ground of several), `opens` (m2), `late`."""

    part: Relevant
    own: Floats  # m2 that each hazard lies on alone
    several: Ints  # the pieces of ground of several hazards
    pair: Ints
    has: Ints
    shared: Ints
    opens: Ints
    late: Ints

    @property
    def columns(self) -> int:
        return int(self.late[-1]) + 1

    def rows(self, count: int, *terms: tuple[Ints, Ints, Floats]) -> csr_array:
        """Return rows from terms (row, column, value)."""
        row, column, value = (np.concatenate(list(parts)) for parts in zip(*terms, strict=True))
        return csr_array((value, (row, column)), shape=(count, self.columns))


def ordered(  # noqa: PLR0913
    part: Relevant,
    blockers: Rows,
    of: Ints,
    least: Floats,
    *,
    horizon: float = np.inf,
    time_limit_s: float = 20.0,
) -> float:
    """Return a bound of the sum of weight x ground cleared (m2) until a settlement opens, each at most the horizon.

    Args:
        part: what is searched.
        blockers: sets of hazards of which one has to be cleared.
        of: the settlement that each blocker is of.
        least: (n,) ground without which a settlement cannot open (m2).
        horizon: ground cleared up to the horizon (m2).
        time_limit_s: how long the program may be solved (s).
    """
    end = time.monotonic() + time_limit_s
    horizon = min(horizon, float(part.share.sum()))
    least = np.minimum(least, horizon)
    bound = float(part.weight @ least)
    if len(part.place) < 2:
        return bound
    program = _columns(part)
    price, most = np.zeros(program.columns), np.ones(program.columns)
    price[program.opens], most[program.opens] = part.weight, horizon
    most[program.late] = horizon < part.share.sum()
    ground, clock = _ground(program), _clock(program, horizon)
    alone = program.rows(len(least), (np.arange(len(least)), program.opens, np.ones(len(least))))
    always = vstack([ground, clock, alone])
    always_least = np.concatenate([np.zeros(always.shape[0] - len(least)), least])
    block, block_least, taken = _blocked(program, blockers, of)
    while (left := end - time.monotonic()) > 0:
        matrix = csr_array(vstack([always, block[taken]]))
        at_least = np.concatenate([always_least, block_least[taken]])
        below: Any = -matrix  # the stubs know neither sparse matrices nor bounds as an array
        limits: Any = np.column_stack([np.zeros(program.columns), most])
        result = linprog(
            price,
            A_ub=below,
            b_ub=-at_least,
            bounds=limits,
            method="highs",
            options={"time_limit": left},
        )
        if result.status != 0:
            break
        bound = max(bound, _dual(matrix, at_least, price, most, np.asarray(result.ineqlin.marginals)))
        missing = np.where(taken, 0.0, block_least - block @ np.asarray(result.x, np.float64))
        worst = np.argsort(-missing, kind="stable")[:ADDED]
        worst = worst[missing[worst] > 1e-6]
        if not len(worst):
            break
        taken[worst] = True
    return bound


def _dual(matrix: csr_array, least: Floats, price: Floats, most: Floats, marginals: Floats) -> float:
    """Return the bound that the prices of the rows give, with a margin for the rounding of the sums."""
    prices = np.maximum(-marginals, 0.0)
    bound = float(least @ prices + np.minimum(price - matrix.T @ prices, 0.0) @ most)
    return bound - 1e-9 * abs(bound)


def _columns(part: Relevant) -> _Program:
    """Return the columns of the program. Ground of one hazard is paid with it, ground of several has its own."""
    n, h = len(part.place), len(part.of)
    users = np.bincount(part.of.items, minlength=len(part.share))
    lone = users[part.of.items] == 1
    several = np.flatnonzero(users > 1)
    i, j = np.triu_indices(n, 1)
    pair = np.zeros((n, n), np.int64)
    pair[i, j] = pair[j, i] = np.arange(len(i))
    sizes = np.cumsum([len(i), n * h, n * len(several)])
    return _Program(
        part,
        np.asarray(np.bincount(part.of.row[lone], part.share[part.of.items[lone]], h), np.float64),
        several,
        pair,
        sizes[0] + np.arange(n * h).reshape(n, h),
        sizes[1] + np.arange(n * len(several)).reshape(n, len(several)),
        sizes[2] + np.arange(n),
        sizes[2] + n + np.arange(n),
    )


def _ground(program: _Program) -> csr_array:
    """Return the rows: ground of several hazards is cleared with each of them."""
    of = program.part.of
    among = np.isin(of.items, program.several)
    hazard, piece = of.row[among], np.searchsorted(program.several, of.items[among])
    rows = np.arange(len(program.opens) * len(hazard))
    ones = np.ones(len(rows))
    return program.rows(
        len(rows), (rows, program.shared[:, piece].ravel(), ones), (rows, program.has[:, hazard].ravel(), -ones)
    )


def _clock(program: _Program, horizon: float) -> csr_array:
    """Return the rows: a settlement opens when all that it has is cleared; a late one has nothing."""
    n, h = program.has.shape
    at = np.arange(n)
    share = program.part.share[program.several]
    return program.rows(
        n,
        (at, program.opens, np.ones(n)),
        (np.repeat(at, h), program.has.ravel(), -np.tile(program.own, n)),
        (np.repeat(at, len(share)), program.shared.ravel(), -np.tile(share, n)),
        (at, program.late, np.full(n, -horizon)),
    )


def _blocked(program: _Program, blockers: Rows, of: Ints) -> tuple[csr_array, Floats, Bools]:
    """Return the rows: of a blocker of j a hazard is cleared when k opens, if k is j or after it and neither is late.

    Also what they are at least, and with which to begin: those of k itself, and those of a single hazard.
    """
    n = len(program.opens)
    block, k = np.divmod(np.arange(len(blockers) * n), n)
    j = of[block]
    other = np.flatnonzero(j != k)
    inside = (blockers.row[:, None] * n + np.arange(n)).ravel()
    matrix = program.rows(
        len(block),
        (inside, program.has[:, blockers.items].T.ravel(), np.ones(len(inside))),
        (other, program.pair[j, k][other], np.where(j < k, -1.0, 1.0)[other]),
        (np.arange(len(block)), program.late[j], np.ones(len(block))),
        (other, program.late[k][other], np.ones(len(other))),
    )
    return matrix, np.where(j < k, 0.0, 1.0), (j == k) | (blockers.counts[block] == 1)
