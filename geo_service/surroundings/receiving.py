"""An extract of OpenStreetMap that comes: its roads become a changeset, its surroundings are filed; or neither.

Surroundings are no records: they change no state of the ground, no balance and no route, and wait for no review. The
first extract of an area holds from the beginning of time, as its roads do, a later one from its own date.
"""

import datetime as dt
import hashlib
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo_service.changesets import area_of_operations
from geo_service.clock import Clock
from geo_service.roads import RoadsReceived, receive_roads
from geo_service.settings import settings_of
from geo_service.store.log import Log, Progress
from geo_service.store.snapshot import Snapshots
from geo_service.surroundings.register import FILE, FILED, Surrounding, holding, versions
from layers import surroundings
from layers.roads.extracts import DateNeeded
from layers.roads.osm import ATTRIBUTION, Extract, read
from layers.surroundings import Kind, Surroundings
from layers.versions import BEGINNING

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class SurroundingsReceived:
    """What became of the surroundings of an extract.

    Attributes:
        found: those in the area of operations; outside: how many things of the file lie elsewhere.
        filed: the version that holds them; None where the file has none, and none of its area were filed before.
        new: whether it was filed now, rather than known already.
    """

    found: Surroundings
    outside: int
    filed: Surrounding | None
    new: bool

    @property
    def counts(self) -> Counter[str]:
        """How many things there are of each kind."""
        return Counter({kind.value: len(self.found.of(kind)) for kind in Kind})


@dataclass(frozen=True)
class _Plan:
    """What is to be filed of an area: the body of its entry, or None where `same` says it already."""

    extent: str
    body: Mapping[str, object] | None
    same: Surrounding | None = None


def receive_extract(  # noqa: PLR0913
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
) -> tuple[RoadsReceived, SurroundingsReceived]:
    """Read an extract, keep what it changes of roads as one changeset, and file its surroundings.

    Arguments as of `geo_service.roads.receive_roads`.

    Raises:
        layers.roads.osm.NoExtract: the file can't be read as an extract, or all of its roads lie elsewhere.
        layers.roads.extracts.DateNeeded: it does not say its date, and changes roads or surroundings.
        geo_service.store.errors.StoreError: the store could not keep it. Nothing is half-written.
    """
    whole = read(path)
    every = surroundings.read(path)
    area = area_of_operations(settings_of(log.settings()), snapshots)
    found = _inside(every, area)
    plan = _plan(log, found, whole, valid_from, _ground(whole, every, area))
    roads = receive_roads(
        log,
        snapshots,
        path,
        clock,
        author=author,
        message=message,
        valid_from=valid_from,
        approve=approve,
        progress=progress,
        extract=whole,
    )
    filed = plan.same
    if plan.body is not None:
        file = {"name": path.name[:200], "sha256": roads.draft.source_sha256}
        filed = _filed(log, found, plan.extent, {**plan.body, "file": file}, author)
    return roads, SurroundingsReceived(found, len(every.things) - len(found.things), filed, plan.body is not None)


def content_of(things: gpd.GeoDataFrame) -> str:
    """Return a digest of what things say; they are in order of kind and id, however an extract has them."""
    digest = hashlib.sha256()
    shapes = shapely.to_wkb(things.geometry.to_numpy()).tolist()
    rows = things[list(surroundings.COLUMNS)].itertuples(index=False, name=None)
    for row, shape in zip(rows, shapes, strict=True):
        text = "\x1f".join("\x00" if one is None else str(one) for one in row).encode()
        for part in (text, shape):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _inside(found: Surroundings, area: Box | None) -> Surroundings:
    """Return what touches the area of operations."""
    if area is None:
        return found
    touching = shapely.intersects(shapely.box(*area), np.asarray(found.things.geometry.to_numpy(), dtype=object))
    things = found.things[touching].reset_index(drop=True)
    there = set(things["id"])
    return Surroundings(things, tuple(one for one in found.cut if one in there), found.left_out)


def _ground(whole: Extract, every: Surroundings, area: Box | None) -> Box:
    """Return the ground that an extract tells of: the area it was cut for, else what its roads and things reach."""
    frames = [one for one in (whole.roads, every.things) if len(one)]
    bounds = np.array([one.total_bounds for one in frames])
    reach = whole.box or (*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist())
    west, south, east, north = reach
    if area is not None:
        west, south = max(west, area[0]), max(south, area[1])
        east, north = min(east, area[2]), min(north, area[3])
    return west, south, east, north


def _plan(log: Log, found: Surroundings, whole: Extract, valid_from: dt.date | None, box: Box) -> _Plan:
    """Return what is to be filed.

    Raises:
        DateNeeded: the area's surroundings are known, the extract says others, and nobody says from when.
    """
    before = [one for one in versions(log) if one.extent == whole.extent]
    content = content_of(found.things)
    day = valid_from or (whole.date if before else BEGINNING)
    latest = holding(before, day or dt.date.max).get(whole.extent)
    if latest is not None and (latest.content, latest.box) == (content, box):
        return _Plan(whole.extent, None, latest)
    if not before and not len(found.things):
        return _Plan(whole.extent, None)
    if day is None:
        raise DateNeeded(
            "The extract does not say its date, and its schools or water are not those known. Say from when it "
            "describes the ground: --valid-from DATE."
        )
    body = {
        "box": list(box),
        "valid_from": day.isoformat(),
        "source": ATTRIBUTION,
        "content": content,
        "counts": {kind.value: len(found.of(kind)) for kind in Kind},
        "cut": list(found.cut),
        "left_out": list(found.left_out),
    }
    return _Plan(whole.extent, body)


def _filed(log: Log, found: Surroundings, extent: str, body: Mapping[str, object], author: str) -> Surrounding:
    out = io.BytesIO()
    found.things.to_parquet(out, index=False, compression="zstd")
    log.filing.add(FILED, extent, body, {FILE: out.getvalue()}, author=author)
    return [one for one in versions(log) if one.extent == extent][-1]
