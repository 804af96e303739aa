"""An extract of OpenStreetMap becomes a changeset of the layer `roads`, like any other file."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely

from geo_service.changesets import ATTEMPTS, area_of_operations, keep
from geo_service.clock import Clock
from geo_service.settings import settings_of
from geo_service.store.errors import Stale
from geo_service.store.log import Changeset, Draft, Log, Progress, ReportLine
from geo_service.store.snapshot import Snapshots
from layers.roads.extracts import Changes, changes
from layers.roads.osm import PREFIX, Extract, LeftOut, NoExtract, read

LAYER = "roads"


@dataclass(frozen=True)
class RoadsReceived:
    """What became of an extract.

    Attributes:
        extract: the roads that it holds; outside: how many of its roads lie outside the area of operations.
        changes: what they come to.
        draft, changeset: what was kept.
    """

    extract: Extract
    outside: int
    changes: Changes
    draft: Draft
    changeset: Changeset

    @property
    def by_class(self) -> Counter[str]:
        """How many roads there are of each class."""
        return Counter(self.extract.roads["class"].tolist())

    @property
    def dropped(self) -> Counter[str]:
        """How many ways became no record, by their `highway` tag."""
        return Counter(one.value for one in self.extract.left_out if not one.broken)


def receive_roads(  # noqa: PLR0913
    log: Log,
    snapshots: Snapshots,
    path: Path,
    clock: Clock,
    *,
    author: str,
    message: str = "",
    valid_from: dt.date | None = None,
    approve: bool = False,
    progress: Progress | None = None,
    extract: Extract | None = None,
) -> RoadsReceived:
    """Read an extract and keep what it changes as one changeset, approved at once unless review is on.

    Args:
        log, snapshots, path, clock: the store, what it holds, the file, and the time.
        author, message: who brings it and why.
        valid_from: from when it describes the ground, where its own date is not to be taken.
        approve: approve it where review is on; progress: told of the writing.
        extract: what the file holds, where it was read already.

    Raises:
        layers.roads.osm.NoExtract: the file can't be read as an extract, or all of it lies elsewhere.
        layers.roads.extracts.DateNeeded: it does not say its date, and changes roads.
        geo_service.store.errors.StoreError: the store could not keep it. Nothing is half-written.
    """
    whole = extract or read(path)
    settings = settings_of(log.settings())
    day = valid_from or whole.date
    if day is not None and day > settings.today(clock):
        raise NoExtract(f"{path.name}: it describes {day}, a day to come. Say from when it holds: --valid-from DATE.")
    inside = _inside(whole, area_of_operations(settings, snapshots))
    outside = len(whole.roads) - len(inside.roads)
    if not len(inside.roads):
        raise NoExtract(
            f"{path.name}: all its roads lie outside the area of operations. Choose an extract of the area."
        )
    digest = _digest(path)
    for attempt in range(ATTEMPTS):
        head = log.head()
        found = changes(inside, log.versions(LAYER), valid_from)
        problems = [*_problems(whole, inside), *_remarks(found)]
        rejected = len(whole.left_out) + outside
        draft = Draft(
            layer=LAYER,
            author=author,
            message=message,
            versions=found.versions,
            problems=problems,
            source_name=path.name,
            source_sha256=digest,
            rows_read=len(whole.roads) + len(whole.left_out),
            accepted=len(inside.roads),
            repaired=len(set(inside.cut)),
            unchanged=found.unchanged + found.withdrawn,
            rejected=rejected,
            warnings=sum(one.level == "warning" for one in problems),
            based_on=head.number if head else 0,
        )
        try:
            kept = keep(log, draft, approve=approve, review=settings.review, submit=True, progress=progress)
        except Stale:
            # Somebody recorded roads in between: the extract is held against those now.
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return RoadsReceived(inside, outside, found, draft, kept)
    raise AssertionError


def _inside(extract: Extract, area: tuple[float, float, float, float] | None) -> Extract:
    """Return the extract without the roads that do not touch the area of operations."""
    if area is None:
        return extract
    touching = shapely.intersects(shapely.box(*area), np.asarray(extract.roads.geometry.to_numpy(), dtype=object))
    roads = extract.roads[touching].reset_index(drop=True)
    there = set(roads["id"])
    return replace(extract, roads=roads, cut=[one for one in extract.cut if one in there])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _problems(whole: Extract, inside: Extract) -> Iterator[ReportLine]:
    for one in whole.left_out:
        yield ReportLine(one.row, one.id, *_why(one))
    numbers = dict(zip(whole.roads["id"], whole.roads["source_row"].tolist(), strict=True))
    there = set(inside.roads["id"])
    for identifier, row in numbers.items():
        if identifier not in there:
            yield ReportLine(row, identifier, "error", "outside_area", "it lies outside the area of operations")
    for identifier in inside.cut:
        message = "points of it are not in the file: it was cut there"
        yield ReportLine(numbers[identifier], identifier, "repair", "cut_where_points_miss", message)


def _why(one: LeftOut) -> tuple[str, str, str]:
    if one.broken:
        return "error", "too_few_points", f"way {one.id.removeprefix(PREFIX)} has no two points in the file"
    return "notice", "no_road", f"highway={one.value}: nothing that people can travel on"


def _remarks(found: Changes) -> Iterator[ReportLine]:
    for one in found.remarks:
        yield ReportLine(one.row, one.id, "warning", one.code, one.message)
    if found.elsewhere:
        message = (
            f"{found.elsewhere} roads of OpenStreetMap that came with another extract are not in this one; they stay "
            "as they are"
        )
        yield ReportLine(None, None, "notice", "roads_of_other_extracts", message)
