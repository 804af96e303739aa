"""Where the service takes the time from: a function that is handed in, so that tests and the demo bring their own."""

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Answers the present instant as an aware datetime."""


def utc_now() -> dt.datetime:
    """Return the present instant in UTC by the machine's clock."""
    return dt.datetime.now(dt.UTC)
