"""What lies around an upload: the hazards and releases in force within a box."""

import datetime as dt
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geo_service.store.snapshot import Snapshots
from layers import versions
from layers.reading.overlaps import LAYERS


def in_force_near(snapshots: Snapshots, box: Sequence[float], day: dt.date) -> gpd.GeoDataFrame:
    """Return the hazards and releases in force on a day that touch a box (west, south, east, north, in degrees).

    Its columns are `layer`, `id` and the geometry in EPSG:4326; withdrawn ones are left out.
    """
    frames = snapshots.newest().frames
    found = []
    for layer in LAYERS:
        # The version in force is chosen before the box: an older one may lie in it when the ruling one does not.
        ruling = versions.in_force(frames[layer], day) if len(frames[layer]) else frames[layer]
        near = ruling.cx[box[0] : box[2], box[1] : box[3]] if len(ruling) else ruling
        found.append(near[["id", "geometry"]].assign(layer=layer))
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), geometry="geometry", crs="EPSG:4326")
