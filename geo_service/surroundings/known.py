"""What stands around the ground at a view: schools, water points and water that were filed by then and hold by then."""

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely

from geo_service.balance import View
from geo_service.store.log import Log
from geo_service.store.moments import moment_of, text_of
from geo_service.surroundings.register import Surrounding, holding, key, versions
from geo_service.travel.ways import kept
from layers.surroundings import Kind


@dataclass(frozen=True, eq=False)
class Around:
    """What stands around the ground.

    Attributes:
        key: others have another.
        things: a frame as of `layers.surroundings.Surroundings`, each thing once, the latest of it.
        ground: the ground that the extracts tell of (degrees); beyond it nothing is known.
        attribution: whom it is owed to.
    """

    key: str
    things: gpd.GeoDataFrame
    ground: shapely.Geometry
    attribution: tuple[str, ...]

    def of(self, kind: Kind) -> gpd.GeoDataFrame:
        """Return the things of a kind."""
        return self.things[(self.things["kind"] == kind.value).to_numpy(dtype=bool)]


class Known:
    """The surroundings that a store holds, read once for all who ask."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Around] = OrderedDict()

    def shown(self) -> dict[str, object] | None:
        """Return what a map needs to know of water: whom it is owed to, and the dates on which it changes.

        None where the store holds none.
        """
        every = versions(self._log)
        if not any(one.counts[Kind.water.value] for one in every):
            return None
        changes = sorted({one.valid_from.isoformat() for one in every})
        return {"attribution": "; ".join(sorted({one.source for one in every})), "changes": changes}

    def now(self, seen: View) -> View:
        """Return a view that nobody pinned, with all that was filed up to now known in it.

        Asked again with its `known_at`, the records and the surroundings are the same.
        """
        filed = [one.recorded_at for one in versions(self._log)]
        return replace(seen, known_at=max([seen.known_at, *map(text_of, filed)], key=moment_of))

    def key(self, seen: View) -> str:
        """Return what changes with the surroundings at a view."""
        return key(self._holding(seen))

    def at(self, seen: View) -> Around | None:
        """Return the surroundings at a view; None where none were filed, or none hold then.

        Raises:
            StoreDamaged: what was filed was changed.
        """
        held = self._holding(seen)
        if not held:
            return None
        with self._lock:
            return kept(self._held, key(held), lambda: self._read(held))

    def _holding(self, seen: View) -> list[Surrounding]:
        return list(holding(versions(self._log), seen.as_of, moment_of(seen.known_at)).values())

    def _read(self, held: list[Surrounding]) -> Around:
        parts = [_read(self._log.filing.read(one.sha256)) for one in held]
        every = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        # Held are in order of date: of a thing in several extracts the latest counts.
        once = every.drop_duplicates(["id", "kind"], keep="last").sort_values(["kind", "id"], ignore_index=True)
        ground = shapely.union_all([shapely.box(*one.box) for one in held])
        return Around(key(held), gpd.GeoDataFrame(once), ground, tuple(sorted({one.source for one in held})))


def _read(content: bytes) -> gpd.GeoDataFrame:
    # geopandas reads whatever can be read; its stubs know paths alone.
    return gpd.read_parquet(io.BytesIO(content))  # type: ignore[arg-type]
