"""What is known now of a date, against what was known then: the difference, changeset by changeset.

A published figure is reproduced by its `known_at`. Why it reads differently today is told by moving the arrangement of
then forward, one revision after another, and writing down what each one changed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo_service.balance import Answer, Refused, View, records
from geo_service.store.log import Log, Progress, Revision
from geo_service.store.snapshot import Snapshot, rows_up_to
from layers.coverage import Arrangement
from layers.coverage.arrangement import FRAMES, quiet
from layers.coverage.certificate import check
from layers.coverage.partition import AREA_COLUMNS

COLUMNS = ("area_m2", *AREA_COLUMNS)


@dataclass(frozen=True)
class _Step:
    revision: Revision
    rows: pd.DataFrame


def restatement(log: Log, then: View, now: View, progress: Progress = quiet) -> Answer:
    """Return how the partition at `then.as_of` changed from what was known by `then` to what is known by `now`.

    Raises:
        Refused: `now` knows less than `then`.
    """
    if now.snapshot.number < then.snapshot.number:
        raise Refused("against is earlier than known_at: a restatement goes from what was known to what is known later")
    before = then.snapshot.arrangement
    steps = list(_steps(log, before, then, now, progress))
    opening = before.partition(then.as_of)
    closing = now.snapshot.arrangement.partition(then.as_of)
    whole = _difference(closing, opening)
    sums = {name: math.fsum(math.fsum(step.rows[name]) for step in steps) for name in COLUMNS}
    change = {name: closing.attrs["total"][name] - opening.attrs["total"][name] for name in COLUMNS}
    told = check("changesets sum to the difference", [sums[n] - change[n] for n in COLUMNS], [1.0] * len(COLUMNS))
    return {
        "as_of": then.as_of.isoformat(),
        "known_at": then.known_at,
        "revision": then.snapshot.number,
        "against": now.known_at,
        "against_revision": now.snapshot.number,
        "was": opening.attrs["total"],
        "is": closing.attrs["total"],
        "difference": change,
        "rows": records(whole),
        "changesets": [_told(log, step) for step in steps],
        "certificate": {"passed": told["passed"], "checks": [told]},
    }


def _steps(log: Log, at: Arrangement, then: View, now: View, progress: Progress) -> Iterator[_Step]:
    """Move forward revision by revision; those that touch no figure of this date are left out."""
    revisions = [one for one in log.revisions(then.snapshot.number) if one.number <= now.snapshot.number]
    known = at.partition(then.as_of)
    for done, revision in enumerate(revisions, 1):
        frames = _up_to(now.snapshot, revision.number)
        if any(len(frame) > len(at.frame(name)) for name, frame in frames.items()):
            at = at.extended(frames)
            found = at.partition(then.as_of)
            rows = _difference(found, known)
            if len(rows):
                yield _Step(revision, rows)
            known = found
        progress(done, len(revisions))


def _up_to(snapshot: Snapshot, number: int) -> dict[str, gpd.GeoDataFrame]:
    frames = ((name, snapshot.frames[name]) for name in FRAMES)
    return {name: frame.iloc[: rows_up_to(frame, number)] for name, frame in frames if rows_up_to(frame, number)}


def _difference(after: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of two partitions that differ, the second taken from the first."""
    names = list(COLUMNS)
    one, two = (frame.set_index("district_id")[["district", *names]] for frame in (after, before))
    ids = one.index.union(two.index)
    change = one[names].reindex(ids, fill_value=0.0) - two[names].reindex(ids, fill_value=0.0)
    label = one["district"].reindex(ids).fillna(two["district"].reindex(ids))
    rows = pd.concat([label, change], axis=1).reset_index()
    return rows[(change != 0).any(axis=1).to_numpy()].reset_index(drop=True)


def _told(log: Log, step: _Step) -> Answer:
    changeset = log.changeset(step.revision.changeset)
    return {
        "changeset": changeset.id,
        "revision": step.revision.number,
        "recorded_at": step.revision.recorded_at,
        "layer": changeset.layer,
        "author": changeset.author,
        "message": changeset.message,
        "source_name": changeset.source_name,
        "difference": {name: math.fsum(step.rows[name]) for name in COLUMNS},
        "rows": records(step.rows),
    }
