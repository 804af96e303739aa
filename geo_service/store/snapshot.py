"""All versions up to a revision, held once per process; everything else is derived from it.

A snapshot is a value: the same revision gives the same frames and so the same figures, to the byte, whatever was
recorded since.
"""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geo_service.store.log import Log, Progress, Revision
from layers import versions
from layers.coverage import Arrangement
from layers.coverage import arrangement as arranging
from layers.definitions import LAYERS

KEPT = 4
"""Snapshots of the past kept in a process, the least used one goes."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The versions of every layer up to a revision (None: nothing recorded yet); `progress` is told of long work."""

    revision: Revision | None
    frames: dict[str, gpd.GeoDataFrame]
    progress: Progress = arranging.quiet

    @property
    def number(self) -> int:
        """The number of the revision, 0 before the first."""
        return self.revision.number if self.revision else 0

    @cached_property
    def arrangement(self) -> Arrangement:
        """The arrangement of these versions."""
        frames = {
            name: self.frames[name] if len(self.frames[name]) else None
            for name in (*arranging.LAYER_NAMES, *arranging.POINT_DATES)
        }
        return arranging.build(Arrangement, frames, cell=arranging.CELL_DEGREES, planar=False, progress=self.progress)

    def in_force(self, layer: str, as_of: versions.Date) -> gpd.GeoDataFrame:
        """Return the records of a layer in force on a date and not withdrawn, in order of id."""
        return versions.in_force(self.frames[layer], as_of)

    def up_to(self, revision: Revision | None) -> "Snapshot":
        """Return the snapshot of an earlier revision."""
        number = revision.number if revision else 0
        frames = {
            name: frame[(frame["revision"] <= number).to_numpy()] if len(frame) else frame
            for name, frame in self.frames.items()
        }
        return Snapshot(revision, frames, self.progress)


class Snapshots:
    """The snapshots of a log in one process: the newest, moved forward by new versions, and a few of the past."""

    def __init__(self, log: Log, progress: Progress = arranging.quiet) -> None:
        self._log, self._progress = log, progress
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
            frames[name] = new if old is None else _joined(old.frames[name], new)
        return Snapshot(head, frames, self._progress)


def _joined(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not len(new):
        return old
    if not len(old):
        return new
    both = pd.concat([old, new], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=old.crs)
