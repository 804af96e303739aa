"""The demonstration area: invented, labelled as such in its log, and the same for the same seed."""

import datetime as dt
import tempfile
from collections import Counter
from pathlib import Path

from geo_service.demo.districts import land_of
from geo_service.demo.steps import AUTHOR, Step, generate
from geo_service.demo.terrain import write_terrain
from geo_service.rasters.receiving import Sent, receive
from geo_service.settings import settings_of
from geo_service.store import open_store
from geo_service.store.errors import WrongState
from geo_service.store.locations import Location
from geo_service.store.log import Draft, Progress
from layers.rasters.intake import prepare

__all__ = ["Step", "generate", "write"]

SOURCE = "SYNTHETIC: invented mountains"
"""What the terrain says of where it is from."""

SETTINGS = {
    "authority": "the SYNTHETIC mine action centre",
    "contact": "nobody - this area is invented",
    "time_zone": "Asia/Baku",
}


class Hands:
    """A clock whose hands are moved."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """Return the moment the hands show."""
        return self.now


def write(where: Location, *, seed: int, hazards: int, area_km2: float, progress: Progress) -> Counter[str]:
    """Write the demonstration area where there is no store yet; return how many versions each layer has.

    Raises:
        WrongState: there is a store with records.
    """
    steps = list(generate(seed, hazards, area_km2))
    clock = Hands(steps[0].recorded_at)
    counts: Counter[str] = Counter()
    with open_store(where, create=True, synthetic=True, clock=clock) as log:
        if log.head():
            raise WrongState(
                "There are records in this store already. Choose another: --data DIR, or ?schema=NAME in a database."
            )
        for name, value in SETTINGS.items():
            log.set_setting(name, value, AUTHOR)
        for done, step in enumerate(steps, start=1):
            clock.now = step.recorded_at
            log.append_approved(draft_of(step))
            counts[step.layer] += len(step.versions)
            progress(done, len(steps))
        with tempfile.TemporaryDirectory(prefix="clearway-terrain-") as folder:
            write_terrain(Path(folder) / "terrain.tif", seed, land_of(seed, area_km2))
            sent = Sent((Path(folder) / "terrain.tif",), "terrain", "terrain", source=SOURCE, author=AUTHOR)
            receive(log, sent, settings_of(log.settings()), clock, prepare)
    return counts


def draft_of(step: Step) -> Draft:
    """Return a step as what the log takes."""
    n = len(step.versions)
    return Draft(
        layer=step.layer,
        author=AUTHOR,
        message=step.message,
        versions=step.versions,
        source_name=step.source_name,
        rows_read=n,
        accepted=n,
    )
