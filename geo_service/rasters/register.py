"""The rasters that are filed with a store: which there are, in which versions, and which of them holds."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from geo_service.filed import in_force, versions_of
from geo_service.store.errors import NotFound
from geo_service.store.log import Filed, Log
from layers.rasters.kinds import Facts, Kind, facts_of

FILED = "raster"
FILE = "raster.tif"
MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass(frozen=True)
class Raster:
    """One version of a raster.

    Attributes:
        name: the raster's; version: its number, 1 for the first that was filed of this name.
        kind, unit, source: what its numbers are, and whose.
        valid_from: from when it describes the ground; recorded_at: from when it is known; author: who filed it.
        sha256, size: of the file that is kept, a cloud-optimised GeoTIFF.
        files: name and SHA-256 of each file that it was made of.
        class_names: what the classes of a land cover are called, by their number as text.
        facts: what is known of it.
    """

    name: str
    version: int
    kind: Kind
    unit: str
    source: str
    valid_from: dt.date
    recorded_at: dt.datetime
    author: str
    sha256: str
    size: int
    files: tuple[Mapping[str, str], ...]
    class_names: Mapping[str, str]
    facts: Facts


@dataclass(frozen=True)
class Times:
    """The times of a read: the ground date, and the knowledge time (None: now)."""

    as_of: dt.date
    known_at: dt.datetime | None


def versions(log: Log) -> list[Raster]:
    """Return every version of every raster, in the order in which they were filed."""
    return versions_of(log, FILED, _raster)


def holding(rasters: Sequence[Raster], times: Times) -> dict[str, Raster]:
    """Return by name the version of each raster that holds at (`as_of`, `known_at`): the latest date, then the last."""
    return dict(sorted(in_force(rasters, attrgetter("name"), times.as_of, times.known_at).items()))


def named(log: Log, name: str, times: Times, version: int | None = None) -> Raster:
    """Return a raster as it holds at some times, or one version of it.

    Raises:
        NotFound: there is none.
    """
    all_of = [one for one in versions(log) if one.name == name]
    if not all_of:
        raise NotFound(f"There is no raster {name[:60]!r}. GET /rasters lists those that there are.")
    if version is not None:
        if not 1 <= version <= len(all_of):
            raise NotFound(f"The raster {name} has no version {version}; it has 1 to {len(all_of)}.")
        return all_of[version - 1]
    held = holding(all_of, times).get(name)
    if held is None:
        first = min(one.valid_from for one in all_of)
        raise NotFound(f"No version of the raster {name} holds then: the first holds from {first.isoformat()}.")
    return held


def key(rasters: Sequence[Raster]) -> str:
    """Return a name for some versions of rasters: others have another."""
    text = "\n".join(f"{one.name} {one.version} {one.sha256}" for one in rasters)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def described(one: Raster) -> dict[str, Any]:
    """Return a version of a raster as it is published."""
    facts = one.facts
    return {
        "name": one.name,
        "version": one.version,
        "kind": one.kind.value,
        "unit": one.unit,
        "source": one.source,
        "valid_from": one.valid_from.isoformat(),
        "recorded_at": one.recorded_at.isoformat().replace("+00:00", "Z"),
        "author": one.author,
        "sha256": one.sha256,
        "size": one.size,
        "files": [dict(file) for file in one.files],
        "width": facts.width,
        "height": facts.height,
        "dtype": facts.dtype,
        "nodata": facts.nodata,
        "crs": facts.crs,
        "bounds": list(facts.bounds),
        "cell_m": facts.cell_m,
        "lowest": facts.lowest,
        "highest": facts.highest,
        "voids": facts.voids,
        "classes": {str(k): one.class_names.get(str(k), "") for k in facts.classes},
        "notices": list(facts.notices),
        "synthetic": facts.synthetic,
    }


def _raster(filed: Filed, version: int) -> Raster:
    body = filed.body
    file = filed.files[FILE]
    return Raster(
        name=filed.subject,
        version=version,
        kind=Kind(body["kind"]),
        unit=body["unit"],
        source=body["source"],
        valid_from=dt.date.fromisoformat(body["valid_from"]),
        recorded_at=filed.at,
        author=filed.author,
        sha256=file.sha256,
        size=file.size,
        files=tuple(body["files"]),
        class_names=body["class_names"],
        facts=facts_of(body["facts"]),
    )
