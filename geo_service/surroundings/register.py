"""The surroundings that are filed with a store: of which areas, in which versions, and which of them holds.

They are filed by the area that their extract was cut for. Of one area the version holds whose date is the latest up to
the date that is asked for, of several the one recorded last; other areas stay as they are.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from geo_service.filed import in_force, versions_of
from geo_service.store.log import Filed, Log

FILED = "surroundings"
FILE = "surroundings.parquet"


@dataclass(frozen=True)
class Surrounding:
    """One version of the surroundings of one area.

    Attributes:
        extent: names the area; box: the ground it tells of (west, south, east, north in degrees).
        version: its number, 1 for the first that was filed of this area.
        valid_from: from when it describes the ground; recorded_at: from when it is known; author: who filed it.
        source: whom it is owed to; file: name and SHA-256 of the file that it came from.
        content: a digest of what it says; sha256: of the file that is kept, GeoParquet.
        counts: how many things there are of each kind.
    """

    extent: str
    box: tuple[float, float, float, float]
    version: int
    valid_from: dt.date
    recorded_at: dt.datetime
    author: str
    source: str
    file: Mapping[str, str]
    content: str
    sha256: str
    counts: Mapping[str, int]


def versions(log: Log) -> list[Surrounding]:
    """Return every version of the surroundings of every area, in the order in which they were filed."""
    return versions_of(log, FILED, _surrounding)


def holding(
    all_of: Sequence[Surrounding], as_of: dt.date, known_at: dt.datetime | None = None
) -> dict[str, Surrounding]:
    """Return by area the version that holds at (`as_of`, `known_at`; None: now), the areas in order of date."""
    found = in_force(all_of, attrgetter("extent"), as_of, known_at)
    return dict(sorted(found.items(), key=lambda item: (item[1].valid_from, item[1].recorded_at, item[0])))


def key(held: Sequence[Surrounding]) -> str:
    """Return a name for some versions: others have another."""
    text = "\n".join(f"{one.extent} {one.version} {one.box} {one.sha256}" for one in held)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _surrounding(filed: Filed, version: int) -> Surrounding:
    body = filed.body
    west, south, east, north = body["box"]
    return Surrounding(
        extent=filed.subject,
        box=(west, south, east, north),
        version=version,
        valid_from=dt.date.fromisoformat(body["valid_from"]),
        recorded_at=filed.at,
        author=filed.author,
        source=body["source"],
        file=body["file"],
        content=body["content"],
        sha256=filed.files[FILE].sha256,
        counts=body["counts"],
    )
