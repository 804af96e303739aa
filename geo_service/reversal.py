"""Taking back what a changeset did, by a new one: versions that restore what was in force before it."""

import datetime as dt
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd

from geo_service.clock import Clock
from geo_service.differences import base_of, recorded_after
from geo_service.settings import settings_of
from geo_service.store.errors import WrongState
from geo_service.store.log import Changeset, Draft, Log, State
from geo_service.store.snapshot import Snapshots
from layers.definitions import LAYERS
from layers.reading import Problem
from layers.versions import as_date, typed
from layers.vocabulary import Change, HazardStatus


def reverse(  # noqa: PLR0913
    log: Log,
    snapshots: Snapshots,
    changeset: Changeset,
    author: str,
    clock: Clock,
    *,
    valid_from: dt.date | None = None,
    message: str = "",
) -> Changeset:
    """Make the changeset that takes back an approved one, and return it: approved at once unless review is on.

    Each record gets a version with what was in force before, or a withdrawn one where it was new; from `valid_from`
    (default today), and again on each later day from which the changeset had changed it. A record that has got a
    version since is left as it is, and the report names it.

    Raises:
        WrongState: the changeset is not approved, or nothing of it is left to take back.
    """
    if changeset.state is not State.approved:
        raise WrongState(f"Changeset {changeset.id} is {changeset.state}: only an approved one can be reversed.")
    settings = settings_of(log.settings())
    start = valid_from or settings.today(clock)
    if start > settings.today(clock):
        raise WrongState(f"valid_from {start} is after today: what holds then is not known yet.")
    versions = log.proposed(changeset.id)
    newest = snapshots.newest()
    base = base_of(log, snapshots, changeset)
    assert changeset.recorded_at is not None  # noqa: S101 - it is approved
    since = set(recorded_after(newest.frames[changeset.layer], changeset.recorded_at, versions["id"]))
    mine = versions[~versions["id"].isin(since)]
    known = base.frames[changeset.layer]
    restored = gpd.GeoDataFrame(
        pd.concat(list(_restored(mine, known[known["id"].isin(set(mine["id"]))], start)) or [versions.iloc[:0]]),
        geometry="geometry",
        crs=versions.crs,
    )
    if not len(restored):
        raise WrongState(_nothing(changeset, since))
    problems = [
        Problem(
            None, one, "warning", "changed_since", "it was changed again after that changeset, and is left as it is"
        )
        for one in sorted(since)
    ]
    rows = len(restored) + len(since)
    draft = Draft(
        layer=changeset.layer,
        author=author,
        message=f"Reverses changeset {changeset.id}" + (f": {message}" if message else ""),
        versions=_reasoned(restored, changeset.layer),
        problems=problems,
        rows_read=rows,
        accepted=rows,
        unchanged=len(since),
        warnings=len(problems),
        based_on=newest.number,
    )
    return log.append(draft) if settings.review else log.append_approved(draft)


def _nothing(changeset: Changeset, since: set[str]) -> str:
    if since:
        return f"Every record of changeset {changeset.id} was changed again since: there is nothing left to reverse."
    return f"From that day on, changeset {changeset.id} changes nothing: give an earlier valid_from."


def _restored(mine: pd.DataFrame, known: pd.DataFrame, start: dt.date) -> Iterator[pd.DataFrame]:
    """Yield a version per record and day on which what the changeset says differs from what was known before."""
    old = dict(iter(known.groupby("id", sort=False)))
    for identifier, frame in mine.groupby("id", sort=False):
        before = old.get(identifier)
        days = {start, *(day for day in map(as_date, frame["valid_from"]) if day > start)}
        for day in sorted(days):
            ruling = _in_force(frame, day)
            was = None if before is None else _in_force(before, day)
            if ruling is None or (was is not None and was["valid_from"].iloc[0] > ruling["valid_from"].iloc[0]):
                continue  # the changeset does not rule on that day
            gone = ruling.assign(withdrawn=True) if was is None else was
            yield gone.assign(valid_from=pd.Timestamp(day).as_unit("s"))


def _in_force(frame: pd.DataFrame, day: dt.date) -> pd.DataFrame | None:
    """Return the version of one record in force on a day, of some in order of recording; None before the first."""
    past = frame[(frame["valid_from"] <= pd.Timestamp(day)).to_numpy()]
    if not len(past):
        return None
    last: pd.DataFrame = past[(past["valid_from"] == past["valid_from"].max()).to_numpy()].iloc[-1:]
    return last


def _reasoned(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return versions that say why they exist, with nothing in them of where they were copied from."""
    names = [*LAYERS[layer].names, *(("extra",) if "extra" in frame else ()), "geometry"]
    made = frame[names].reset_index(drop=True)
    if "change" in made:
        made["change"] = Change.correction.value
    if layer == "hazards":
        made.loc[made["withdrawn"].to_numpy(dtype=bool), "status"] = HazardStatus.withdrawn.value
    return typed(made, LAYERS[layer])
