"""Instants as the store writes them: UTC to the microsecond, so that text sorts as time does."""

import datetime as dt


def text_of(moment: dt.datetime) -> str:
    """Return an instant as text, such as 2021-06-01T12:00:00.000000Z.

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time needs its zone: {moment}")
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_of(text: str) -> dt.datetime:
    """Return the instant of such a text, in UTC."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
