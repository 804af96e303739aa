"""Functions that are compiled to machine code."""

import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function compiled when it is first called; kept on disk where there is a place for it."""
    with contextlib.suppress(RuntimeError):  # neither the package nor a home can be written
        return cast("Callable[P, R]", njit(cache=True)(function))
    return cast("Callable[P, R]", njit(function))
