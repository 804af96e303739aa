"""An arrangement and the questions it answers."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from layers import measure, versions
from layers.coverage.arrangement import (
    CELL_DEGREES,
    CELL_METRES,
    FRAMES,
    Arranged,
    Progress,
    Workers,
    arranged,
    one_by_one,
    quiet,
)
from layers.coverage.attention import attention, overlaps
from layers.coverage.certificate import certify_ledger, certify_partition
from layers.coverage.ledger import ledger
from layers.coverage.partition import any_device, partition
from layers.coverage.timeline import steps, timeline
from layers.coverage.zones import state_polygons
from layers.definitions import LAYERS


class Arrangement(Arranged):
    """The ground cut once by all boundaries ever recorded; made by `arrange`. Every answer carries its certificate."""

    def partition(
        self,
        as_of: versions.Date,
        known_at: versions.Moment | None = None,
        by: Sequence[str] = ("district",),
    ) -> pd.DataFrame:
        """Return how many m2 are in each state at (`as_of`, `known_at`), with its certificate in `attrs`.

        See `layers.coverage.partition.partition`.
        """
        then = self.at(known_at)
        found = partition(then, as_of, by)
        found.attrs["certificate"] = certify_partition(then, found, versions.day(as_of))
        return found

    def ledger(
        self,
        start: versions.Date,
        end: versions.Date,
        known_at: versions.Moment | None = None,
        by: Sequence[str] = ("district",),
    ) -> pd.DataFrame:
        """Return the balance of the period after `start` up to `end`, with its certificate in `attrs`.

        See `layers.coverage.ledger.ledger`.
        """
        then = self.at(known_at)
        found = ledger(then, start, end, by)
        found.attrs["certificate"] = certify_ledger(then, found)
        return found

    def timeline(
        self, start: versions.Date, end: versions.Date, step: str, known_at: versions.Moment | None = None
    ) -> pd.DataFrame:
        """Return the partition by district at the end of each month, quarter or year of a period.

        See `layers.coverage.timeline`.
        """
        return timeline(self.at(known_at), steps(versions.as_date(start), versions.as_date(end), step))

    def any_device(self, as_of: versions.Date, known_at: versions.Moment | None = None) -> pd.DataFrame:
        """Return the open m2 by device category, each profile that holds it in full: device, CHA, SHA."""
        return any_device(self.at(known_at), versions.day(as_of))

    def state_polygons(
        self, as_of: versions.Date, known_at: versions.Moment | None = None, by: Sequence[str] = ("district",)
    ) -> gpd.GeoDataFrame:
        """Return the ground dissolved by state, and by district where asked for; see `layers.coverage.zones`."""
        return state_polygons(self.at(known_at), as_of, by)

    def attention(self, as_of: versions.Date, known_at: versions.Moment | None = None) -> pd.DataFrame:
        """Return what a person must look at, with its m2; see `layers.coverage.attention`."""
        return attention(self.at(known_at), as_of)

    def overlaps(self, as_of: versions.Date, known_at: versions.Moment | None = None) -> pd.DataFrame:
        """Return the pairs of hazards that are unanswered on the same ground: hazard, other, m2."""
        return overlaps(self.at(known_at), as_of)


def arrange(  # noqa: PLR0913
    hazards: gpd.GeoDataFrame | None = None,
    releases: gpd.GeoDataFrame | None = None,
    surveys: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    *,
    incidents: gpd.GeoDataFrame | None = None,
    spots: gpd.GeoDataFrame | None = None,
    cell: float | None = None,
    workers: Workers = one_by_one,
    progress: Progress = quiet,
) -> Arrangement:
    """Arrange the polygons of all versions ever recorded: a row per version, with the fields of its layer.

    Frames with a CRS are brought to EPSG:4326, edges of a projected one cut to 100 m first; their areas are m2 on the
    ellipsoid. Frames without a CRS are planar metres. Any frame may be None or empty.

    Args:
        hazards, releases, surveys, districts: the polygons that part the ground.
        incidents, spots: points, counted and never measured.
        cell: side of the cells the work is cut into, in units of the coordinates; changes no figure.
        workers: who works cells out; see `layers.coverage.working`.
        progress: told how many of how many cells are done.

    Raises:
        ValueError: a polygon is invalid, a required field is missing, or some frames have a CRS and others none.
    """
    given = dict(zip(FRAMES, (hazards, releases, surveys, districts, incidents, spots), strict=True))
    filled = {name: frame for name, frame in given.items() if frame is not None and len(frame)}
    planar = {frame.crs is None for frame in filled.values()}
    if len(planar) > 1:
        bare = [name for name, frame in filled.items() if frame.crs is None]
        message = f"frames with and without a CRS cannot be arranged together; without: {', '.join(bare)}"
        raise ValueError(message)
    frames = {
        name: versions.in_order_of_recording(versions.typed(measure.to_lonlat(frame), LAYERS[name]))
        for name, frame in filled.items()
    }
    plane = planar == {True}
    size = cell or (CELL_METRES if plane else CELL_DEGREES)
    return arranged(Arrangement, frames, planar=plane, size=size, workers=workers, progress=progress)
