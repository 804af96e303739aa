"""What was known at the end of a day: the records in force then, as known then, in the projection of a grid.

Everything that a likelihood learns from passes through `known`, so that nothing recorded later can leak into what was
to be seen before.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers.definitions import LAYERS
from layers.likelihood.grid import Geometries, Grid
from layers.versions import as_date, empty, in_force, in_order_of_recording, known_by, typed

Texts = NDArray[np.object_]
Frames = Mapping[str, gpd.GeoDataFrame]

USED = ("hazards", "releases", "surveys", "incidents", "spots", "roads", "settlements")
"""Layers that a likelihood looks at."""
_DIRECT = ("item", "strike")
"""Kinds of spots that are finds; an indication is a report not yet surveyed."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Records of one layer in force, n of them.

    Attributes:
        frame: them, with the layer's fields.
        shapes: (n,) their geometries in the grid's projection, valid.
    """

    frame: gpd.GeoDataFrame
    shapes: Geometries

    def where(self, which: NDArray[np.bool_]) -> "Layer":
        """Return those records (n,) for which `which` holds."""
        return Layer(self.frame[which], self.shapes[which])

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def ids(self) -> Texts:
        """The records' ids (n,)."""
        return self.frame["id"].to_numpy(dtype=object)


@dataclass(frozen=True, eq=False)
class Known:
    """What was known at the end of a day.

    Attributes:
        date: the day.
        layers: the records in force by layer, those of `USED`.
    """

    date: dt.date
    layers: Mapping[str, Layer]

    @property
    def finds(self) -> Layer:
        """Spots that are direct evidence: items and strikes."""
        spots = self.layers["spots"]
        return spots.where(spots.frame["kind"].isin(_DIRECT).to_numpy(dtype=bool))


def version_frames(frames: Frames) -> dict[str, gpd.GeoDataFrame]:
    """Return the version frame of every layer of `USED` in order of recording, an empty one where a layer is not given.

    Raises:
        ValueError: a required field is missing or a value is not of its kind.
    """
    given = {name: frames.get(name) for name in USED}
    return {
        name: empty(LAYERS[name]) if frame is None else in_order_of_recording(typed(frame, LAYERS[name]))
        for name, frame in given.items()
    }


def end_of(date: dt.date) -> dt.datetime:
    """Return the last moment of a day (UTC)."""
    return dt.datetime.combine(date, dt.time.max, tzinfo=dt.UTC)


def known(frames: Frames, grid: Grid, date: dt.date | str) -> Known:
    """Return what was known at the end of a day: records in force on it, by versions recorded until then.

    A frame that does not say when its versions were recorded was always known: then dates of information stand for
    dates of knowledge.

    Args:
        frames: version frames of `version_frames`.
        grid: whose projection the geometries take.
        date: the day.
    """
    when = as_date(date)
    return Known(when, {name: _layer(in_force(frames[name], when, end_of(when)), grid) for name in USED})


def surveyed_between(frames: Frames, start: dt.date, end: dt.date) -> set[str]:
    """Return the ids of hazards of which a `survey` version became known after `start` and by the end of `end`.

    A correction redraws what was known; it finds nothing.
    """
    hazards = frames["hazards"]
    before = set(_survey_rows(hazards, start))
    return set(hazards["id"].to_numpy()[[row for row in _survey_rows(hazards, end) if row not in before]])


def _survey_rows(hazards: gpd.GeoDataFrame, date: dt.date) -> list[int]:
    until = known_by(hazards.assign(place=np.arange(len(hazards))), end_of(date))
    first = ~until["id"].duplicated().to_numpy(dtype=bool)
    counts = (until["change"].to_numpy() == "survey") | first
    counts &= until["valid_from"].to_numpy() <= np.datetime64(date.isoformat())
    return [int(place) for place in until["place"].to_numpy()[counts]]


def _layer(frame: gpd.GeoDataFrame, grid: Grid) -> Layer:
    shapes = frame.geometry.to_numpy()
    frame = frame[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    projected = grid.project(frame)
    broken = ~shapely.is_valid(projected)
    projected[broken] = shapely.make_valid(projected[broken], method="structure", keep_collapsed=False)
    return Layer(frame, projected)
