"""What a map shows: the records in force and the balance at (as_of, known_at)."""

from collections.abc import Callable

import geopandas as gpd
import pandas as pd

from geo_service import features
from geo_service.balance import View
from geo_service.maps.situation import Situation
from geo_service.settings import Settings
from layers.definitions import LAYERS


def shown_records(seen: View, layer: str) -> gpd.GeoDataFrame:
    """Return the records that a map shows: what describes the ground later than its date is not yet so.

    A survey to come surveys nothing, and a road verified later, or whose verification has run out, is not assessed.
    """
    frame = features.in_force(seen, layer)
    date = pd.Timestamp(seen.as_of)
    if layer == "surveys":
        return frame[frame["surveyed_on"] <= date]
    if layer == "roads":
        proven = frame["eo_status"].isin(("verified", "cleared"))
        stale = proven & ~((frame["eo_as_of"] <= date) & ~(frame["expires_on"] < date))
        return frame.assign(eo_status=frame["eo_status"].mask(stale, "not_assessed"))
    return frame


Shown = Callable[[View, str], gpd.GeoDataFrame]
"""Returns what a map shows of a layer."""


def situation(seen: View, settings: Settings, shown: Shown = shown_records) -> Situation:
    """Return the situation at a view; `shown` returns what it shows of a layer."""
    partition = seen.snapshot.arrangement.partition(seen.as_of)
    return Situation(
        as_of=seen.as_of,
        known_at=seen.known_at,
        revision=seen.snapshot.number,
        authority=settings.authority,
        notice=settings.sentences(seen.as_of.isoformat(), seen.known_at),
        synthetic=settings.synthetic,
        coverage_gap=partition.attrs["coverage_gap"],
        frames={name: shown(seen, name) for name in LAYERS},
        partition=partition,
        total=partition.attrs["total"],
        certificate_passed=partition.attrs["certificate"]["passed"],
    )
