"""The answers about the balance: coverage and ledger, as the same dictionaries for HTTP, command line and exports."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo_service.clock import Clock
from geo_service.settings import Settings
from geo_service.store.moments import text_of
from geo_service.store.snapshot import Snapshot, Snapshots
from layers import versions
from layers.coverage import Arrangement
from layers.coverage.tables import SQUARE_METRE
from layers.versions import as_date, as_moment

Answer = dict[str, object]
BY = ("district", "device")


class Refused(ValueError):
    """A question about a time that can't be answered: a date to come, a moment before the first record."""


@dataclass(frozen=True)
class View:
    """A snapshot looked at on a date.

    Attributes:
        as_of: the ground date.
        known_at: the knowledge time as it is published; asking for it again gives the same bytes.
    """

    snapshot: Snapshot
    as_of: dt.date
    known_at: str


def view(
    snapshots: Snapshots, settings: Settings, clock: Clock, as_of: str | None = None, known_at: str | None = None
) -> View:
    """Return the view at (`as_of`, `known_at`): today and the last revision where they are left out.

    Raises:
        Refused: `as_of` is after today, `known_at` to come or before the first revision, or neither is a time.
    """
    today = settings.today(clock)
    try:
        day = as_date(as_of) if as_of else today
    except ValueError as error:
        raise Refused(f"as_of: {error}") from None
    try:
        moment = as_moment(known_at) if known_at else None
    except ValueError as error:
        raise Refused(f"known_at: {error}") from None
    if day > today:
        raise Refused(f"as_of is after today ({today.isoformat()}): the ground of a date to come is not known")
    newest = snapshots.newest()
    latest = max(clock(), newest.revision.recorded_at) if newest.revision else clock()
    if moment and moment > latest:
        raise Refused("known_at is in the future: what will be known then can't be published")
    try:
        snapshot = snapshots.at(moment)
    except LookupError as error:
        raise Refused(str(error)) from None
    if moment is None:
        moment = snapshot.revision.recorded_at if snapshot.revision else latest
    return View(snapshot, day, text_of(moment))


def coverage(seen: View, by: Sequence[str] = ("district",)) -> Answer:
    """Return the state partition with its certificate and what a person must look at."""
    arrangement = seen.snapshot.arrangement
    return described(seen, arrangement, arrangement.partition(seen.as_of, by=by), by)


def described(seen: View, arrangement: Arrangement, frame: pd.DataFrame, by: Sequence[str]) -> Answer:
    """Return a partition as it is published, with its certificate and what a person must look at."""
    total = frame.attrs["total"]
    found: Answer = {
        **times(seen),
        "area_m2": total["area_m2"],
        "rows": records(frame),
        "total": total,
        "coverage_gap": frame.attrs["coverage_gap"],
        "certificate": {**frame.attrs["certificate"], "attention": summary(arrangement.attention(seen.as_of))},
    }
    if "device" in by:
        found["any_device"] = {
            "sums_to_total": False,
            "note": "Open m2 of every profile that holds the category: ground with two categories counts for both.",
            "rows": records(arrangement.any_device(seen.as_of)),
        }
    return found


def times(seen: View) -> Answer:
    """Return what an answer describes: its date, its knowledge, its revision."""
    return {"as_of": seen.as_of.isoformat(), "known_at": seen.known_at, "revision": seen.snapshot.number}


def overlaps(seen: View) -> Answer:
    """Return the pairs of hazards open on the same ground, and each thing that a person must look at.

    Pairs and things of less than 1 m2 are not listed one by one; `hidden` says how many there are.
    """
    arrangement = seen.snapshot.arrangement
    pairs, attention = arrangement.overlaps(seen.as_of), arrangement.attention(seen.as_of)
    large = pairs["m2"] >= SQUARE_METRE
    point = attention["m2"] == 0
    shown = (attention["m2"] >= SQUARE_METRE) | point
    return {
        **times(seen),
        "pairs": records(pairs[large]),
        "pairs_m2": math.fsum(pairs["m2"]),
        "attention": records(attention[shown]),
        "hidden": {
            "pairs_under_1_m2": int((~large).sum()),
            "attention_under_1_m2": int((~shown).sum()),
            "pairs_beyond_the_list": pairs.attrs["pairs_left_out"],
        },
    }


def timeline(seen: View, start: dt.date, end: dt.date, step: str) -> Answer:
    """Return the partition by district at the end of each month, quarter or year of a period.

    Raises:
        Refused: the period ends before it begins.
    """
    try:
        frame = seen.snapshot.arrangement.timeline(start, end, step)
    except ValueError as error:
        raise Refused(str(error)) from None
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "step": step,
        "known_at": seen.known_at,
        "revision": seen.snapshot.number,
        "coverage_gap": versions.day(start) < seen.snapshot.arrangement.first_day,
        "rows": records(frame),
    }


def zones(seen: View, by: Sequence[str] = ("district",)) -> gpd.GeoDataFrame:
    """Return the ground dissolved by state, and by district where asked for."""
    return seen.snapshot.arrangement.state_polygons(seen.as_of, by=by)


def summary(attention: pd.DataFrame) -> list[dict[str, object]]:
    """Return how many records of each kind a person must look at, and their m2."""
    return [
        {"code": code, "message": rows["message"].iloc[0], "records": len(rows), "m2": math.fsum(rows["m2"])}
        for code, rows in attention.groupby("code", sort=True)
    ]


def ledger(seen: View, start: dt.date, end: dt.date, by: Sequence[str] = ("district",)) -> Answer:
    """Return the balance of the period after `start` up to `end`."""
    frame = seen.snapshot.arrangement.ledger(start, end, by=by)
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "known_at": seen.known_at,
        "revision": seen.snapshot.number,
        "rows": records(frame),
        "certificate": dict(frame.attrs["certificate"]),
    }


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return a frame as rows of plain values; what is missing is None."""
    columns = {
        str(name): [None if value is None or value != value else value for value in frame[name].tolist()]  # noqa: PLR0124
        for name in frame
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def grouping(text: str | None) -> tuple[str, ...]:
    """Return the grouping that a comma-separated text names; by district where there is none.

    Raises:
        Refused: it names something else than district and device.
    """
    if text is None:
        return ("district",)
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [name for name in names if name not in BY]
    if wrong:
        raise Refused(f"by is district, device or both, not {', '.join(wrong)}")
    return names
