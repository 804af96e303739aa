"""What a period was: everything a report says, taken from the balance and the records, and worked out nowhere else."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geo_service import balance, features
from geo_service.balance import Answer, Refused, View
from geo_service.restatement import restatement
from geo_service.settings import Settings
from geo_service.store.log import Log, Progress, State
from geo_service.store.moments import text_of
from layers.coverage.arrangement import quiet
from layers.versions import as_date

MOST_WEEKS = 530
"""Weeks that a report tells one by one: ten years."""

MOST_CHANGESETS = 10_000
"""Changesets that a report names as its sources."""


@dataclass(frozen=True)
class Period:
    """The figures of a period.

    Attributes:
        view: the view at the end of the period.
        first, last: it runs from the end of the one day to the end of the other.
        settings: who answers for the data.
        opening, closing: the partitions by district at both ends, with the boundaries and knowledge of the end.
        ledger, devices: the balance by district, and by district and device.
        incidents, spots: the records in force that happened, or were found, in the period.
        areas: each hazard in force at the end, its area as reported beside the computed one (m2), and what is open.
        sources: the changesets that made the figures what they are, in order of approval.
        restated: what changed since the last edition was published, None where there is none.
    """

    view: View
    first: dt.date
    last: dt.date
    settings: Settings
    opening: Answer
    closing: Answer
    ledger: Answer
    devices: Answer
    incidents: pd.DataFrame
    spots: pd.DataFrame
    areas: pd.DataFrame
    sources: list[dict[str, object]]
    restated: Answer | None

    @property
    def passed(self) -> bool:
        """Whether the balance proved itself at the end of the period and over it."""
        told = (self.closing["certificate"], self.ledger["certificate"], self.devices["certificate"])
        return all(bool(one["passed"]) for one in told if isinstance(one, Mapping))


def days_of(start: str, end: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the days that a period runs from and to.

    Raises:
        Refused: one is no date, the period ends before or when it begins, or after today.
    """
    try:
        first, last = as_date(start), as_date(end)
    except ValueError as error:
        raise Refused(f"from, to: {error}") from None
    if last > today:
        raise Refused(f"to is after today ({today.isoformat()}): the period has not ended")
    if last <= first:
        raise Refused(f"the period ends ({last}) before anything of it began: it starts at the end of {first}")
    return first, last


def period_of(  # noqa: PLR0913 - what a period is of
    log: Log,
    view: View,
    first: dt.date,
    settings: Settings,
    *,
    published: View | None = None,
    progress: Progress = quiet,
) -> Period:
    """Return the figures of the period after `first` up to the date of a view.

    Args:
        log: the store, which knows the changesets.
        view: the end of the period, and the knowledge time.
        first: the period begins at the end of this day.
        settings: who answers for the data.
        published: what the last edition was published of; what changed since of its date is told.
        progress: told how far the restatement is.

    Raises:
        Refused: nothing is recorded, or nothing is known of the day on which the period begins.
    """
    if not view.snapshot.number:
        raise Refused("Nothing is recorded yet. Load records first; then a period has figures.")
    opening = balance.coverage(View(view.snapshot, first, view.known_at))
    if opening["coverage_gap"]:
        raise Refused(
            f"from ({first}) lies before the first record: nothing is known of the ground then. Begin the period later."
        )
    last = view.as_of
    return Period(
        view=view,
        first=first,
        last=last,
        settings=settings,
        opening=opening,
        closing=balance.coverage(view),
        ledger=balance.ledger(view, first, last),
        devices=balance.ledger(view, first, last, ("district", "device")),
        incidents=_within(view, "incidents", "occurred_on", first),
        spots=_within(view, "spots", "found_on", first),
        areas=_areas(view),
        sources=_sources(log, view),
        restated=None if published is None else _restated(log, published, view, progress),
    )


def weeks_of(period: Period) -> list[tuple[dt.date, dt.date]]:
    """Return the weeks of a period, each from the end of one day to the end of another; the last may be short.

    Raises:
        Refused: there are too many to list.
    """
    count = math.ceil((period.last - period.first).days / 7)
    if count > MOST_WEEKS:
        raise Refused(f"the period has {count} weeks; a weekly report tells {MOST_WEEKS} at most")
    ends = [min(period.first + dt.timedelta(days=7 * (k + 1)), period.last) for k in range(count)]
    return list(zip([period.first, *ends[:-1]], ends, strict=True))


def week_of(period: Period, start: dt.date, end: dt.date) -> Answer:
    """Return the balance of a week by district, with the boundaries in force at the end of the period."""
    return balance.ledger(View(period.view.snapshot, period.last, period.view.known_at), start, end)


def _within(view: View, layer: str, dated_by: str, first: dt.date) -> pd.DataFrame:
    frame = view.snapshot.in_force(layer, view.as_of)
    inside = (frame[dated_by] > pd.Timestamp(first)) & (frame[dated_by] <= pd.Timestamp(view.as_of))
    return pd.DataFrame(frame[inside].drop(columns="geometry"))


def _areas(view: View) -> pd.DataFrame:
    names = ["id", "classification", "status", "reported_area_m2", "area_m2", "open_m2"]
    found = pd.DataFrame(features.in_force(view, "hazards")[names])
    return found.assign(difference_m2=found["area_m2"] - found["reported_area_m2"].astype(float)).reset_index(drop=True)


def _sources(log: Log, view: View) -> list[dict[str, object]]:
    made = [one for one in log.changesets(limit=MOST_CHANGESETS) if one.state is State.approved]
    known = [(one, one.recorded_at) for one in reversed(made) if (one.revision or 0) <= view.snapshot.number]
    return [
        {
            "changeset": one.id,
            "revision": one.revision,
            "recorded_at": None if recorded_at is None else text_of(recorded_at),
            "layer": one.layer,
            "author": one.author,
            "reviewed_by": one.reviewed_by or "",
            "source_name": one.source_name or "",
            "source_sha256": one.source_sha256 or "",
            "accepted": one.accepted,
            "rejected": one.rejected,
            "message": one.message,
        }
        for one, recorded_at in sorted(known, key=lambda pair: pair[0].revision or 0)
    ]


def _restated(log: Log, published: View, view: View, progress: Progress) -> Answer | None:
    if view.snapshot.number < published.snapshot.number:
        return None
    return restatement(log, published, view, progress)
