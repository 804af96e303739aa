"""All versions up to a revision, held once per process; everything else is derived from it.

A snapshot is a value: the same revision gives the same frames and so the same figures, to the byte, whatever was
recorded since. A new revision moves the newest one forward: its versions are read, and only the cells that they touch
are worked out again. An earlier one is reached the same way, backwards.
"""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_service.store.log import Log, Progress, Revision
from layers import versions
from layers.coverage import Arrangement, keeping
from layers.coverage.arrangement import CELL_DEGREES, FRAMES, arranged, quiet
from layers.coverage.working import workers_for
from layers.definitions import LAYERS

KEPT = 4
"""Snapshots of the past kept in a process, the least used one goes."""

STALE = 50
"""Revisions after which the tables on disk are written again; a start works out what came since."""

SHELF = "arrangement.cache"
"""The file beside an embedded store for what was worked out of it; it may be deleted at any time."""

Frames = dict[str, gpd.GeoDataFrame]


class Snapshot:
    """The versions of every layer up to a revision (None: nothing recorded yet), and their arrangement when asked for.

    Attributes:
        revision: the revision.
        frames: the version frame of each layer, in order of recording.
    """

    def __init__(
        self,
        revision: Revision | None,
        frames: Frames,
        arrange: Callable[[Arrangement | None], Arrangement],
        nearest: Arrangement | None = None,
    ) -> None:
        self.revision, self.frames = revision, frames
        self._arrange = arrange
        self._arrangement: Arrangement | None = None
        self._nearest = nearest
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """The number of the revision, 0 before the first."""
        return self.revision.number if self.revision else 0

    @property
    def arrangement(self) -> Arrangement:
        """The arrangement of these versions; worked out once, whoever asks first."""
        with self._lock:
            if self._arrangement is None:
                self._arrangement, self._nearest = self._arrange(self._nearest), None
            return self._arrangement

    @property
    def nearest(self) -> Arrangement | None:
        """The arrangement that was worked out last on the way to this one, to go on from; None where none was."""
        return self._arrangement or self._nearest

    def in_force(self, layer: str, as_of: versions.Date) -> gpd.GeoDataFrame:
        """Return the records of a layer in force on a date and not withdrawn, in order of id."""
        return versions.in_force(self.frames[layer], as_of)

    def up_to(self, revision: Revision | None) -> "Snapshot":
        """Return the snapshot of an earlier revision."""
        number = revision.number if revision else 0
        frames = {name: frame.iloc[: rows_up_to(frame, number)] for name, frame in self.frames.items()}
        lengths = tuple(len(frames[name]) for name in FRAMES)
        return Snapshot(revision, frames, lambda _: self.arrangement.reached(lengths))


def rows_up_to(frame: gpd.GeoDataFrame, number: int) -> int:
    """Return how many versions of a frame were recorded up to a revision."""
    return int(frame["revision"].searchsorted(number, side="right")) if len(frame) else 0


class Snapshots:
    """The snapshots of a log in one process: the newest, moved forward by new versions, and a few of the past.

    Args:
        log: the log.
        progress: told of long work.
        shelf: the file that keeps what was worked out from one start to the next; None keeps nothing.
    """

    def __init__(self, log: Log, progress: Progress = quiet, shelf: Path | None = None) -> None:
        self._log, self._progress = log, progress
        self._file = shelf
        self._shelved = 0
        self._lock = threading.Lock()
        self._newest: Snapshot | None = None
        self._past: OrderedDict[int, Snapshot] = OrderedDict()

    def newest(self) -> Snapshot:
        """Return the snapshot of the log's last revision, asked for now."""
        head = self._log.head()
        with self._lock:
            if self._newest is None or (head and head.number > self._newest.number):
                self._newest = self._moved_forward(self._newest, head)
            return self._newest

    def at(self, known_at: dt.datetime | None) -> Snapshot:
        """Return the snapshot of what was known at a moment; None: now.

        Raises:
            LookupError: the moment lies before the first revision.
        """
        newest = self.newest()
        if known_at is None:
            return newest
        revision = self._log.revision_at(known_at)
        if revision is None:
            message = "nothing was recorded yet at that known_at"
            raise LookupError(message)
        if revision.number == newest.number:
            return newest
        with self._lock:
            if revision.number not in self._past:
                self._past[revision.number] = newest.up_to(revision)
                if len(self._past) > KEPT:
                    self._past.popitem(last=False)
            self._past.move_to_end(revision.number)
            return self._past[revision.number]

    def _moved_forward(self, old: Snapshot | None, head: Revision | None) -> Snapshot:
        frames = {}
        for name in LAYERS:
            new = self._log.versions(name, old.number if old else 0, head.number if head else 0)
            # What the log holds in other words (a hazard whose status is withdrawn) is brought to one form.
            new = versions.typed(new, LAYERS[name]) if len(new) else new
            frames[name] = new if old is None else _joined(old.frames[name], new)

        def arrange(nearest: Arrangement | None) -> Arrangement:
            return self._begun(head, frames) if nearest is None else _extended(nearest, frames, self._progress)

        return Snapshot(head, frames, arrange, old.nearest if old else None)

    def _begun(self, head: Revision | None, frames: Frames) -> Arrangement:
        """Return the arrangement of the first snapshot: from disk as far as it goes, else worked out and kept."""
        found = None if self._file is None else self._from_disk(self._file, frames)
        if found is not None:
            self._shelved = found[1]
            return _extended(found[0], frames, self._progress)
        arrangement = _arranged(frames, self._progress)
        if self._file is not None and head is not None:
            keeping.keep(arrangement, self._file, head.hash)
            self._shelved = head.number
        return arrangement

    def follow(self) -> None:
        """Take in what was recorded since, so that nobody who asks has to wait for it; keep it on disk now and then."""
        newest = self.newest()
        arrangement = newest.arrangement
        if self._file is not None and newest.revision is not None and newest.number - self._shelved >= STALE:
            keeping.keep(arrangement, self._file, newest.revision.hash)
            self._shelved = newest.number

    def _from_disk(self, file: Path, frames: Frames) -> tuple[Arrangement, int] | None:
        """Return the arrangement on disk and the number of its revision, None where it is none of this log's."""
        mark = keeping.mark_of(file)
        revision = next((one for one in self._log.revisions() if one.hash == mark), None) if mark else None
        if revision is None:
            return None
        then = {name: frame.iloc[: rows_up_to(frame, revision.number)] for name, frame in frames.items()}
        found = keeping.kept(Arrangement, _arranged_layers(then), file, revision.hash)
        return None if found is None else (found, revision.number)


def _arranged_layers(frames: Frames) -> Frames:
    return {name: frames[name] for name in FRAMES if len(frames[name])}


def _arranged(frames: Frames, progress: Progress) -> Arrangement:
    layers = _arranged_layers(frames)
    workers = workers_for(sum(map(len, layers.values())))
    return arranged(Arrangement, layers, planar=False, size=CELL_DEGREES, workers=workers, progress=progress)


def _extended(arrangement: Arrangement, frames: Frames, progress: Progress) -> Arrangement:
    new = {name: frame for name, frame in _arranged_layers(frames).items() if len(frame) > len(arrangement.frame(name))}
    return arrangement.extended(new, progress=progress)


def _joined(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not len(new):
        return old
    if not len(old):
        return new
    both = pd.concat([old, new], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=old.crs)
