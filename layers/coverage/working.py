"""Who works cells out: this process alone, or worker processes beside it.

Threads do not help: shapely's noding gives the interpreter back too seldom. Fresh processes take a second or two to
start. A fork would be there at once, and is not used: it would carry the store's open files and locks along.
"""

import os
import warnings
from collections.abc import Iterable, Iterator

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor

from layers.coverage.arrangement import Workers, one_by_one
from layers.coverage.portion import Portion
from layers.coverage.work import Worked, work_out

MANY = 20_000
"""Polygons from which worker processes pay for their start."""


def processes(count: int | None = None) -> Workers:
    """Return workers in `count` fresh processes (one for each core), which end when the work is done."""

    def work(portions: Iterable[Portion]) -> Iterator[Worked]:
        # Workers import this package, not the program that runs here.
        try:
            with parallel_config(backend="loky"), Parallel(count or _cores(), return_as="generator") as hands:
                found = hands(delayed(work_out)(one) for one in portions)
                while True:
                    with warnings.catch_warnings():
                        # A worker whose memory has grown is replaced by a fresh one, and joblib tells so.
                        warnings.simplefilter("ignore", UserWarning)
                        one = next(found, None)
                    if one is None:
                        return
                    yield one
        finally:
            # joblib would keep them waiting for more work.
            get_reusable_executor().shutdown(wait=True)

    return work


def workers_for(polygons: int) -> Workers:
    """Return the workers that suit a number of polygons."""
    return processes() if polygons >= MANY and _cores() > 1 else one_by_one


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
