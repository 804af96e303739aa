"""Local search: a sequence changed bit by bit, from the best rule of thumb on.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983): a change that makes the plan dearer is taken with a chance
that falls over time. Four changes: two hazards trade places, a hazard or a short run of them moves, and everything that
one settlement waits for is pulled forward together, in its order.
"""

import time

import numpy as np
from numpy.typing import NDArray

from layers.priorities.clock import Arrays, cost, opening_times
from layers.routing.compiled import compiled

Ints = NDArray[np.int64]

CHUNK = 500
"""Changes between two looks at the clock on the wall."""
HOT, COLD = 0.02, 0.00005
"""How much dearer, in parts of its cost, a plan may become with a chance of 1/e, at the beginning and at the end."""


@compiled
def _moved(sequence: Ints, start: int, length: int, to: int) -> Ints:
    """Return the sequence with a run taken out and put in again at a place of what is left."""
    out = np.empty_like(sequence)
    run = sequence[start : start + length]
    left = np.concatenate((sequence[:start], sequence[start + length :]))
    out[:to] = left[:to]
    out[to : to + length] = run
    out[to + length :] = left[to:]
    return out


@compiled
def _pulled(a: Arrays, sequence: Ints, settlement: int, to: int) -> Ints:
    """Return the sequence with all that a settlement waits for put at a place, in its order."""
    _, before = opening_times(a, sequence)
    waits = np.zeros(len(a.of_first) - 1, np.bool_)
    for h in a.need[a.need_first[settlement] : a.need_first[settlement + 1]]:
        waits[h] = True
    node = a.place[settlement]
    while node >= 0:
        for h in a.bar[a.bar_first[node] : a.bar_first[node + 1]]:
            waits[h] = True
        node = before[node]
    out = np.empty_like(sequence)
    place = 0
    for k in range(to):
        if not waits[sequence[k]]:
            out[place] = sequence[k]
            place += 1
    for h in sequence:
        if waits[h]:
            out[place] = h
            place += 1
    for k in range(to, len(sequence)):
        if not waits[sequence[k]]:
            out[place] = sequence[k]
            place += 1
    return out


@compiled
def _anneal(  # noqa: PLR0913, PLR0917
    a: Arrays, current: Ints, best: Ints, span: tuple[float, float], count: int, seed: int, forbidden: int
) -> tuple[Ints, Ints]:
    """Return the current and the best sequence after so many changes, as the heat falls over a span."""
    np.random.seed(seed)  # noqa: NPY002 - the generator that compiled code has
    h, n = len(current), len(a.place)
    value, least = cost(a, current), cost(a, best)
    for step in range(count):
        heat = span[0] * (span[1] / span[0]) ** (step / count)
        kind = np.random.randint(0, 4)  # noqa: NPY002
        first, second = np.random.randint(0, h), np.random.randint(0, h)  # noqa: NPY002
        if kind == 0:
            tried = current.copy()
            tried[first], tried[second] = tried[second], tried[first]
        elif kind == 1:
            tried = _moved(current, first, 1, second)
        elif kind == 2:
            length = min(np.random.randint(2, 6), h - first)  # noqa: NPY002
            tried = _moved(current, first, length, np.random.randint(0, h - length + 1))  # noqa: NPY002
        else:
            tried = _pulled(a, current, np.random.randint(0, n), first)  # noqa: NPY002
        if tried[0] == forbidden:
            continue
        new = cost(a, tried)
        if new <= value or np.random.random() < np.exp((value - new) / (heat * max(least, 1e-300))):  # noqa: NPY002
            current, value = tried, new
            if value < least:
                best, least = current.copy(), value
    return current, best


def improve(  # noqa: PLR0913
    a: Arrays, start: Ints, *, changes: int = 20_000, time_limit_s: float = 10.0, seed: int = 1, forbidden: int = -1
) -> Ints:
    """Return the best sequence found from a start; never a dearer one.

    The same seed and number of changes give the same sequence, unless the time limit cuts the search short.

    Args:
        a: the problem.
        start: (h,) a sequence of all hazards.
        changes: how many changes are tried.
        time_limit_s: after so long (s) no more are.
        seed: of the chances.
        forbidden: a hazard that must not stand first; `start` must not begin with it.
    """
    current = best = np.ascontiguousarray(start, np.int64)
    if len(best) < 2 or not len(a.place):
        return best
    end = time.monotonic() + time_limit_s
    rounds = max(1, -(-changes // CHUNK))
    for k in range(rounds):
        span = tuple(HOT * (COLD / HOT) ** (part / rounds) for part in (k, k + 1))
        current, best = _anneal(a, current, best, (span[0], span[1]), CHUNK, (seed * 1_000_003 + k) % 2**31, forbidden)
        if time.monotonic() > end:
            break
    return best
