"""Who works cells out: this process alone, or worker processes beside it.

Threads do not help: shapely's noding gives the interpreter back too seldom.
"""

import os
from collections.abc import Iterable, Iterator

from joblib import Parallel, delayed, parallel_config

from layers.coverage.arrangement import Workers, one_by_one
from layers.coverage.portion import Portion
from layers.coverage.work import Worked, work_out

MANY = 20_000
"""Polygons from which worker processes pay for their start."""


def processes(count: int | None = None) -> Workers:
    """Return workers in `count` processes of their own (one for each core), which end when the work is done."""

    def work(portions: Iterable[Portion]) -> Iterator[Worked]:
        # Workers import this package, not the program that runs here; they are ended with the block.
        with parallel_config(backend="loky"), Parallel(count or os.cpu_count() or 1, return_as="generator") as hands:
            yield from hands(delayed(work_out)(one) for one in portions)

    return work


def workers_for(polygons: int) -> Workers:
    """Return the workers that suit a number of polygons."""
    return processes() if polygons >= MANY and (os.cpu_count() or 1) > 1 else one_by_one
