"""The register of a layer: every version ever recorded, in order of recording, and the different polygons they name.

A register only grows. `extended` takes in further versions, `reached` goes back to what was recorded up to a row; both
say which records have other versions than before, and leave every number as it was.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import measure, versions
from layers.coverage import records
from layers.coverage.records import Ints, Said, Says, VersionSequence
from layers.definitions import LAYERS

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

DIGEST = np.dtype("S32")
Reader = Callable[[pd.DataFrame, VersionSequence, Ints], Says]


@dataclass(frozen=True)
class Shapes:
    """The different polygons of a layer's records, in order of recording.

    Attributes:
        polygons: (n,) valid polygons or multipolygons.
        areas: (n,) m2 of each, computed by itself.
        bounds: (n, 4) xmin, ymin, xmax, ymax.
        digests: (n,) what is equal for equal polygons alone: the order in which a cell is noded.
        record: (n,) whose polygon it is.
    """

    polygons: Geometries
    areas: Floats
    bounds: Floats
    digests: NDArray[np.bytes_]
    record: Ints

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self.polygons)


@dataclass(frozen=True)
class Register(Generic[Says]):
    """All versions of a layer.

    Attributes:
        layer: its name.
        frame: the version frame, in order of recording.
        ids: id of each record, in order of first recording; `number` is the way back.
        record, shape: (rows,) the record and the polygon (-1: none) of each version.
        shapes: the polygons.
        says: the versions that can be in force, and what they say.
    """

    layer: str
    frame: gpd.GeoDataFrame
    ids: list[str]
    number: dict[str, int]
    record: Ints
    shape: Ints
    shapes: Shapes
    says: Says
    reader: Reader[Says]
    planar: bool

    def __len__(self) -> int:
        """Return how many versions were recorded."""
        return len(self.record)

    @property
    def versions(self) -> VersionSequence:
        """The versions that can be in force."""
        return self.says.versions

    def column(self, name: str) -> NDArray[np.object_]:
        """Return a field of the versions that can be in force."""
        values: NDArray[np.object_] = self.frame[name].to_numpy()[self.versions.row]
        return values

    def extended(self, frame: gpd.GeoDataFrame) -> tuple["Register[Says]", Ints]:
        """Return the register of a frame that begins with this one's rows, and the records that have new versions."""
        known = len(self)
        added = frame.iloc[known:]
        number, ids = dict(self.number), list(self.ids)
        record = np.empty(len(added), dtype=np.int64)
        for place, one in enumerate(added["id"].tolist()):
            if one not in number:
                number[one] = len(ids)
                ids.append(one)
            record[place] = number[one]
        shape, shapes = _with_shapes(self, added, record)
        whole = replace(
            self,
            frame=frame,
            ids=ids,
            number=number,
            record=np.concatenate([self.record, record]),
            shape=np.concatenate([self.shape, shape]),
            shapes=shapes,
        )
        return _read_again(whole, np.unique(record))

    def reached(self, rows: int) -> tuple["Register[Says]", Ints]:
        """Return the register as it was after `rows` versions, and the records that have other versions there."""
        if rows >= len(self):
            return self, np.zeros(0, dtype=np.int64)
        changed = np.unique(self.record[rows:])
        record, shape = self.record[:rows], self.shape[:rows]
        count = int(record.max(initial=-1)) + 1
        drawn = int(shape.max(initial=-1)) + 1
        ids = self.ids[:count]
        shapes = Shapes(**{name: column[:drawn] for name, column in vars(self.shapes).items()})
        number = {one: place for place, one in enumerate(ids)}
        then = replace(
            self, frame=self.frame.iloc[:rows], ids=ids, number=number, record=record, shape=shape, shapes=shapes
        )
        return _read_again(then, changed)


def _read_again(register: Register[Says], changed: Ints) -> tuple[Register[Says], Ints]:
    """Read the versions of changed records anew; return them with the records."""
    if not len(changed):
        return register, changed
    rows = np.flatnonzero(np.isin(register.record, changed))
    some = register.frame.iloc[rows]
    seq = records.sequence(some, register.record[rows], rows, register.shape[rows], register.layer)
    fresh = register.reader(some, seq, np.searchsorted(rows, seq.row))
    kept = ~np.isin(register.versions.record, changed)
    return replace(register, says=records.put_together(records.chosen(register.says, kept), fresh)), changed


def empty(layer: str, reader: Reader[Says], *, planar: bool) -> Register[Says]:
    """Return the register of a layer in which nothing was recorded."""
    frame = versions.empty(LAYERS[layer])
    none = np.zeros(0, dtype=np.int64)
    seq = records.sequence(frame, none, none, none, layer)
    shapes = Shapes(np.zeros(0, object), np.zeros(0), np.zeros((0, 4)), np.zeros(0, DIGEST), none)
    return Register(layer, frame, [], {}, none, none, shapes, reader(frame, seq, none), reader, planar)


def said(_: pd.DataFrame, seq: VersionSequence, __: Ints) -> Said:
    """Read versions that say nothing but where and when."""
    return Said(seq)


def _with_shapes(register: Register[Says], added: gpd.GeoDataFrame, record: Ints) -> tuple[Ints, Shapes]:
    """Return the polygon of each added version, and all polygons.

    Raises:
        ValueError: a polygon is not valid or the geometry is no polygon.
    """
    geometry = _parts_joined(added.geometry.to_numpy())
    bare = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong = ~bare & (~np.isin(shapely.get_type_id(geometry), (3, 6)) | ~shapely.is_valid(geometry))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        why = shapely.is_valid_reason(geometry[place])
        message = (
            f"{register.layer} {added['id'].iloc[place]!r}: not a valid polygon ({why}); "
            "repair it first, with layers.reading or shapely.make_valid(method='structure', keep_collapsed=False)"
        )
        raise ValueError(message)
    old = register.shapes
    shape = np.full(len(added), -1, dtype=np.int64)
    again = np.flatnonzero(np.isin(old.record, record))
    seen = {(int(old.record[k]), old.digests[k]): int(k) for k in again.tolist()}
    found: list[int] = []
    digests: list[bytes] = []
    for place, wkb in enumerate(shapely.to_wkb(geometry)):
        if bare[place]:
            continue
        digest = hashlib.blake2b(wkb, digest_size=16).hexdigest().encode()
        key = (int(record[place]), digest)
        if key not in seen:
            seen[key] = len(old) + len(found)
            found.append(place)
            digests.append(digest)
        shape[place] = seen[key]
    new = geometry[np.array(found, dtype=np.int64)]
    return shape, Shapes(
        np.concatenate([old.polygons, new]),
        np.concatenate([old.areas, measure.areas(new, planar=register.planar)]),
        np.concatenate([old.bounds, shapely.bounds(new).reshape(-1, 4)]),
        np.concatenate([old.digests, np.array(digests, dtype=DIGEST)]),
        np.concatenate([old.record, record[found]]) if found else old.record,
    )


def _parts_joined(geometry: Geometries) -> Geometries:
    """Return the polygons, multipolygons whose parts only share edges as one: the same ground in a valid form."""
    found = geometry.copy()
    for place in np.flatnonzero((shapely.get_type_id(geometry) == 6) & ~shapely.is_valid(geometry)).tolist():
        parts = shapely.get_parts(geometry[place])
        if shapely.is_valid(parts).all():
            joined = shapely.union_all(parts)
            apart = float(shapely.area(parts).sum())
            if abs(shapely.area(joined) - apart) <= 1e-12 * apart:
                found[place] = joined
    return found
