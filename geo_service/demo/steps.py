"""The record of the invented programme in the order in which it was made: first the hand-over, then month by month."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo_service.demo.calendar import HANDOVER, Calendar
from geo_service.demo.districts import land_of
from geo_service.demo.hazards import hazards_of
from geo_service.demo.incidents import incidents_of
from geo_service.demo.releases import releases_of
from geo_service.demo.roads import roads_of
from geo_service.demo.settlements import places_of, settlements_of
from geo_service.demo.stories import REPORT, told
from geo_service.demo.surveys import surveys_of
from layers.definitions import LAYERS
from layers.versions import day, typed

AUTHOR = "synthetic programme"


@dataclass(frozen=True)
class Step:
    """One changeset of the record.

    Attributes:
        recorded_at: the moment of its approval (UTC).
        layer, message, source_name: what it is.
        versions: version frame.
    """

    recorded_at: dt.datetime
    layer: str
    message: str
    source_name: str
    versions: gpd.GeoDataFrame


def generate(
    seed: int = 1, hazards: int = 600, area_km2: float = 10_000.0, calendar: Calendar | None = None
) -> Iterator[Step]:
    """Yield the record of an invented area, the earliest changeset first; the same seed yields the same records.

    Args:
        seed: of everything.
        hazards: how many hazardous areas.
        area_km2: the size of the area, in km2.
        calendar: when things are recorded.
    """
    when = calendar or Calendar()
    land = land_of(seed, area_km2)
    first = hazards_of(seed, hazards, land, when)
    story = told(seed, first, land, when)
    releases, released = releases_of(seed, story, land)
    incidents, spots = incidents_of(seed, first, released, land, when)
    frames = {
        "hazards": pd.concat(story.rows, ignore_index=True),
        "releases": releases,
        "surveys": surveys_of(seed, hazards, land, when),
        "incidents": incidents,
        "spots": spots,
    }
    places = places_of(seed, land)
    base = {
        "districts": land.frame(),
        "settlements": settlements_of(seed, land),
        "roads": roads_of(seed, land, places, when),
    }
    for minute, (layer, records) in enumerate(base.items()):
        yield Step(_moment(HANDOVER, minute), layer, f"SYNTHETIC {layer}", f"{layer}.gpkg", records)
    since = -(2**40)
    for date in (HANDOVER, *when.month_starts(1, 5)):
        until = day(date)
        for minute, (layer, frame) in enumerate(frames.items(), start=len(base)):
            rows = frame[(frame[REPORT] > since) & (frame[REPORT] <= until)] if len(frame) else frame
            if len(rows):
                what = "records handed over" if date == HANDOVER else f"reports up to {date}"
                yield Step(
                    _moment(date, minute),
                    layer,
                    f"SYNTHETIC {layer}: {what}",
                    f"{layer}-{date}.gpkg",
                    _typed(rows, layer),
                )
        since = until


def _moment(date: dt.date, minute: int) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(9, minute), tzinfo=dt.UTC)


def _typed(rows: pd.DataFrame, layer: str) -> gpd.GeoDataFrame:
    ordered = rows.sort_values(REPORT, kind="stable", ignore_index=True)
    return typed(gpd.GeoDataFrame(ordered, geometry="geometry", crs="EPSG:4326"), LAYERS[layer])
