"""Who works cells out: this process alone, or worker processes beside it.

Threads do not help: shapely's noding gives the interpreter back too seldom. Processes cost a start: a copy of this one
is there at once, but may only be made while it runs a single thread; fresh ones take a second or two each.
"""

import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator

from joblib import Parallel, delayed, parallel_config

from layers.coverage.arrangement import Workers, one_by_one
from layers.coverage.portion import Portion
from layers.coverage.work import Worked, work_out

SOME, MANY = 3_000, 40_000
"""Polygons from which copies of this process, and from which fresh worker processes, pay for their start."""


def processes(count: int | None = None) -> Workers:
    """Return workers in `count` fresh processes (one for each core), which end when the work is done."""

    def work(portions: Iterable[Portion]) -> Iterator[Worked]:
        # Workers import this package, not the program that runs here; they are ended with the block.
        with parallel_config(backend="loky"), Parallel(count or _cores(), return_as="generator") as hands:
            yield from hands(delayed(work_out)(one) for one in portions)

    return work


def copies(count: int | None = None) -> Workers:
    """Return workers in `count` copies of this process (one for each core), which end when the work is done."""

    def work(portions: Iterable[Portion]) -> Iterator[Worked]:
        with warnings.catch_warnings():
            # Python warns of the threads of its libraries too; those wait for work and hold nothing.
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = multiprocessing.get_context("fork").Pool(count or _cores())
        with pool:
            yield from pool.imap(work_out, portions)

    return work


def workers_for(polygons: int) -> Workers:
    """Return the workers that suit a number of polygons."""
    if _cores() == 1 or polygons < SOME:
        return one_by_one
    if polygons >= MANY:
        return processes()
    return copies() if sys.platform == "linux" and threading.active_count() == 1 else one_by_one


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
