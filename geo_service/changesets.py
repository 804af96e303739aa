"""From a file to a changeset: read, assess, look at what it does to the ground, keep, approve."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from geo_service.clock import Clock
from geo_service.neighbours import in_force_near
from geo_service.settings import Settings, settings_of
from geo_service.store.errors import WrongState
from geo_service.store.log import Changeset, Draft, Log, Progress
from geo_service.store.snapshot import Snapshots
from layers import reading
from layers.coverage import arrange
from layers.definitions import LAYERS
from layers.reading.report import Problem

ATTEMPTS = 5
"""How often rows are judged anew because somebody recorded something in between."""

LOOKED_AT = ("hazards", "releases", "surveys", "incidents", "spots")
"""Layers whose changes can put something on the list that a person must look at."""


@dataclass(frozen=True)
class Upload:
    """A file and what its sender says of it.

    Attributes:
        layer: whose records it brings.
        content, name: the file.
        crs: its coordinate system, where the file doesn't say.
        mapping: field -> column; set: field -> value for rows without their own.
        message, author: why and who.
        source_layer, encoding, swap_axes: answers to questions that the file raised; answers: the same and all
            others, question code -> choice (layers.reading.answers).
    """

    layer: str
    content: bytes
    name: str
    author: str
    message: str = ""
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    source_layer: str | None = None
    encoding: str | None = None
    swap_axes: bool = False
    answers: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """What became of an upload: the draft with its report, and the changeset unless it was only tried."""

    draft: Draft
    changeset: Changeset | None

    @property
    def by_code(self) -> Counter[tuple[str, str]]:
        """How many lines of the report there are by level and code."""
        return Counter((one.level, one.code) for one in self.draft.problems)


def receive(  # noqa: PLR0913
    log: Log,
    snapshots: Snapshots,
    upload: Upload,
    clock: Clock,
    *,
    dry_run: bool = False,
    approve: bool = False,
    progress: Progress | None = None,
) -> Received:
    """Read a file, judge every row, and keep what is accepted as one changeset.

    It is approved at once unless review is on for the store; `approve` asks for it all the same.

    Raises:
        layers.reading.Unreadable: the file can't be read.
        layers.reading.Question: something must be answered first; nothing is guessed.
        geo_service.store.errors.StoreError: the store could not keep it. Nothing is half-written.
    """
    table = reading.read(
        upload.content,
        upload.name,
        crs=upload.crs,
        source_layer=upload.source_layer,
        encoding=upload.encoding,
        mapping=upload.mapping,
        answers=upload.answers,
    )
    review = settings_of(log.settings()).review
    for attempt in range(ATTEMPTS):
        draft = judged(log, snapshots, upload, table, clock)
        if dry_run:
            return Received(draft, None)
        try:
            return Received(draft, _keep(log, draft, approve=approve, review=review, progress=progress))
        except WrongState:
            # Somebody recorded something in between: the rows are held against that now.
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError


def judged(log: Log, snapshots: Snapshots, upload: Upload, table: reading.RawTable, clock: Clock) -> Draft:
    """Return what becomes of a file's rows against all that is recorded now."""
    settings = settings_of(log.settings())
    layer = LAYERS[upload.layer]
    head = log.head()
    # Districts make the area; they are held against it only where it is set.
    area = settings.area_of_operations if layer.name == "districts" else area_of_operations(settings, snapshots)
    verdict = reading.assess(
        table,
        layer,
        known=lambda ids: log.known(layer.name, ids),
        today=settings.today(clock),
        programme=reading.Programme(area, settings.qc_required_from, settings.severity),
        mapping=upload.mapping,
        set_values=upload.set,
        swap_axes=upload.swap_axes,
        answers=upload.answers,
        neighbours=lambda box: in_force_near(snapshots, box, settings.today(clock)),
    )
    return Draft(
        layer=layer.name,
        author=upload.author,
        message=upload.message,
        versions=verdict.versions,
        problems=[*verdict.problems, *looked_at(snapshots, layer.name, verdict.versions, settings, clock)],
        source_name=upload.name,
        source_sha256=hashlib.sha256(upload.content).hexdigest(),
        rows_read=verdict.rows_read,
        accepted=verdict.accepted,
        repaired=verdict.repaired,
        unchanged=verdict.unchanged,
        rejected=verdict.rejected,
        warnings=verdict.warnings,
        based_on=head.number if head else 0,
    )


def _keep(log: Log, draft: Draft, *, approve: bool, review: bool, progress: Progress | None) -> Changeset:
    """Keep a draft: rejected where no row was accepted, and left a draft where it changes nothing.

    Only new versions make a revision, so that loading a file again leaves every published answer as it is.
    """
    if not draft.accepted:
        return log.reject(log.append(draft, progress=progress).id, draft.author)
    if not len(draft.versions):
        return log.append(draft, submit=False, progress=progress)
    if approve or not review:
        return log.append_approved(draft, reviewer=draft.author if approve else None, progress=progress)
    return log.append(draft, progress=progress)


def area_of_operations(settings: Settings, snapshots: Snapshots) -> tuple[float, float, float, float] | None:
    """Return the box (west, south, east, north) outside which nothing is accepted.

    It is a setting; where it is not set, the box of all districts grown by 50 km; without districts there is none.
    """
    if settings.area_of_operations:
        return settings.area_of_operations
    districts = snapshots.newest().frames["districts"]
    if not len(districts):
        return None
    west, south, east, north = districts.total_bounds.tolist()
    return reading.grown_box(west, south, east, north, 50_000.0)


def looked_at(
    snapshots: Snapshots, layer: str, new: gpd.GeoDataFrame, settings: Settings, clock: Clock
) -> list[Problem]:
    """Return what a person must look at once these versions hold, as lines of the report with their m2."""
    if layer not in LOOKED_AT or not len(new):
        return []
    frames = {name: snapshots.newest().frames[name] for name in LOOKED_AT}
    frames[layer] = _with_new(frames[layer], new, clock)
    box = new.total_bounds.tolist()
    near = {name: _near(frame, box) for name, frame in frames.items()}
    arrangement = arrange(
        near["hazards"], near["releases"], near["surveys"], incidents=near["incidents"], spots=near["spots"]
    )
    listed = arrangement.attention(settings.today(clock))
    ids = set(new["id"])
    rows = dict(zip(new["id"], new["source_row"], strict=True))
    found = []
    for one in listed.to_dict("records"):
        mine = one["layer"] == layer and one["id"] in ids
        if not mine and one["other"] not in ids:
            continue
        size = f", {one['m2']:,.1f} m2" if one["m2"] else ""
        other = f" and {one['other']}" if one["other"] else ""
        message = f"{one['message']}: {one['layer']} {one['id']}{other}{size}"
        row = int(rows[one["id"]]) if mine else None
        found.append(Problem(row, str(one["id"]), "notice", str(one["code"]), message))
    return found


def _with_new(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, clock: Clock) -> gpd.GeoDataFrame:
    """Return the versions of a layer with new ones behind them, as if recorded now."""
    now = pd.Timestamp(clock()).as_unit("us")
    first = int(old["row"].max()) + 1 if len(old) else 0
    added = new.assign(recorded_at=now, row=range(first, first + len(new)))
    return added if not len(old) else gpd.GeoDataFrame(pd.concat([old, added], ignore_index=True), crs=old.crs)


def _near(frame: gpd.GeoDataFrame, box: Sequence[float]) -> gpd.GeoDataFrame | None:
    """Return all versions of the records that have some version within a box."""
    if not len(frame):
        return None
    west, south, east, north = box
    bounds = frame.bounds.to_numpy()
    touches = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    return frame[frame["id"].isin(frame["id"][touches])]
