"""Which records a change can touch: states of the ground elsewhere are as they were."""

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_service.clock import Clock
from geo_service.store.snapshot import Snapshot

POLYGONS = ("hazards", "releases", "surveys")
"""Layers whose records give the ground its state."""

POINTS = ("incidents", "spots")
"""Layers that are counted, and looked at beside releases."""

Frames = Mapping[str, gpd.GeoDataFrame]


def touching(frame: gpd.GeoDataFrame, shapes: Iterable[shapely.Geometry]) -> gpd.GeoDataFrame:
    """Return all versions of the records that have some version touching some of the shapes."""
    found = [one for one in shapes if one is not None]
    if not len(frame) or not found:
        return frame.iloc[:0]
    ground = frame.geometry.to_numpy()
    # The tree is built over the many, asked with the few.
    if len(found) > len(ground):
        places = np.unique(shapely.STRtree(found).query(ground, predicate="intersects")[0])
    else:
        places = np.unique(shapely.STRtree(ground).query(found, predicate="intersects")[1])
    return frame[frame["id"].isin(frame["id"].to_numpy()[places])]


def with_new(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, snapshot: Snapshot, clock: Clock) -> gpd.GeoDataFrame:
    """Return the versions of a layer with new ones behind them, as if recorded now."""
    now = pd.Timestamp(clock()).as_unit("us")
    if snapshot.revision:
        now = max(now, pd.Timestamp(snapshot.revision.recorded_at).as_unit("us") + pd.Timedelta(1, "us"))
    first = int(old["row"].max()) + 1 if len(old) else 0
    added = new.assign(recorded_at=now, row=range(first, first + len(new)))
    if not len(old):
        return added
    both = pd.concat([old, added], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=old.crs)


def drawn(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return the shapes of a frame's versions."""
    return frame.geometry.to_numpy()
