"""What an export holds: layers as of a date, the ground by state, what must be said with them, and how many there are.

Nothing leaves incomplete: every writer counts what it wrote, and an export whose counts differ from the records stored
is refused (`Incomplete`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd

from geo_service import balance
from geo_service.access.principals import NotAllowed
from geo_service.access.public import FullRecords, Records
from geo_service.balance import Refused, View
from geo_service.exports.frames import TYPES, about, flat
from geo_service.settings import Settings
from layers.definitions import LAYERS, Geometry
from layers.versions import day
from layers.vocabulary import State

STATES = "states"
"""The layer of the ground dissolved by state and district; it is worked out, and holds no records."""

STATES_LABEL = "Ground by state"

GAP = "COVERAGE GAP: this date lies before the first record; nothing is known of the ground then."
"""What is said of a date on which nothing was recorded yet."""

NAMES = (*LAYERS, STATES)
"""The layers that an export may hold, in order."""


class Incomplete(Refused):
    """An export would hold more or fewer records than are stored; it is not written."""


@dataclass(frozen=True)
class Content:
    """What is exported of a view.

    Attributes:
        seen: the view.
        settings: the store's settings.
        records: the records as the one who asks may see them.
        layers: the layers, in order; `states` among them where it is wanted.
    """

    seen: View
    settings: Settings
    records: Records
    layers: tuple[str, ...]

    def in_force(self, layer: str) -> gpd.GeoDataFrame:
        """Return the records of a layer in force and not withdrawn, in order of id; lists are lists."""
        return self.states if layer == STATES else self.records.in_force(self.seen, layer)

    def flat(self, layer: str) -> gpd.GeoDataFrame:
        """Return a layer as columns that a GIS file can hold (see `flat`)."""
        return self.states if layer == STATES else flat(self.in_force(layer), layer)

    @cached_property
    def states(self) -> gpd.GeoDataFrame:
        """The ground by district and state: `district`, `district_id`, `state`, `m2` and the polygon, degrees."""
        found = balance.zones(self.seen)
        return found[["district", "district_id", "state", "m2", "geometry"]]

    @cached_property
    def about(self) -> dict[str, str]:
        """What the export says of itself: dates, revision, hash, sentences, whom its roads are from."""
        told = dict(about(self.seen, self.settings))
        told["authority"] = self.settings.authority
        told["notice"] += self.records.notice
        if day(self.seen.as_of) < self.seen.snapshot.arrangement.first_day:
            told["coverage_gap"] = GAP
        if owed := self.owed:
            told["attribution"] = "; ".join(owed)
        return told

    @cached_property
    def owed(self) -> list[str]:
        """Whom the roads are owed to, as their records say (OpenStreetMap asks to be named)."""
        if "roads" not in self.layers:
            return []
        frame = self.in_force("roads")
        if "source" not in frame:
            return []
        return sorted({text for text in frame["source"].dropna().astype(str) if "©" in text})

    @property
    def whole(self) -> bool:
        """Whether these are the records as they are recorded, and not what is published of them."""
        return isinstance(self.records, FullRecords)

    def drawn_as(self, layer: str) -> str:
        """Return the type of a layer's geometry, `Unknown` where it has several."""
        if layer == STATES:
            return "MultiPolygon"
        return TYPES[LAYERS[layer].geometry] if self.whole else "Unknown"

    def several(self, layer: str) -> bool:
        """Say whether each geometry of a layer is written as one of several parts."""
        return layer == STATES or (self.whole and LAYERS[layer].geometry in {Geometry.polygon, Geometry.line})

    def check(self, written: Mapping[str, int], *, tiled: bool = False) -> dict[str, int]:
        """Return how many records of each layer were written, where those are all that are stored.

        Args:
            written: by layer.
            tiled: the ground by state was cut into tiles, and there is no number of polygons to compare.

        Raises:
            Incomplete: they are not.
        """
        layers = [layer for layer in self.layers if not (tiled and layer == STATES)]
        for layer in layers:
            there = self._stored(layer)
            if written.get(layer) != there:
                raise Incomplete(
                    f"{there} {layer} are stored and {written.get(layer, 0)} would have been written; nothing was "
                    "exported. Report this."
                )
        return {layer: written[layer] for layer in layers}

    def _stored(self, layer: str) -> int:
        if layer == STATES:
            return len(self.states)
        if self.whole or layer != "incidents":
            return len(self.seen.snapshot.in_force(layer, self.seen.as_of))
        return len(self.in_force(layer))


def label_of(layer: str) -> str:
    """Return what a layer is called for people."""
    return STATES_LABEL if layer == STATES else LAYERS[layer].label.en


def state_label(state: str) -> str:
    """Return what a state of the ground is called for people; what nobody assessed is called so."""
    return {
        State.CHA: "confirmed hazardous area",
        State.SHA: "suspected hazardous area",
        State.cancelled: "cancelled after non-technical survey",
        State.reduced: "reduced after technical survey",
        State.cleared: "cleared",
        State.surveyed_no_evidence: "surveyed, no evidence found",
        State.no_recorded_hazard: "no recorded hazard (not assessed)",
    }[State(state)]


def content_of(
    seen: View, settings: Settings, records: Records | None = None, layers: Sequence[str] | None = None
) -> Content:
    """Return what is exported of a view.

    Args:
        seen: the view; settings: the store's.
        records: the records as the one who asks may see them; None: whole.
        layers: the layers that are wanted; None: all that they may see.

    Raises:
        Refused: a layer that is wanted does not exist, or none is.
        NotAllowed: it is not published.
    """
    records = records or FullRecords()
    if layers is None:
        return Content(seen, settings, records, tuple(name for name in NAMES if _published(seen, records, name)))
    wrong = [name for name in layers if name not in NAMES]
    if wrong or not layers:
        raise Refused(f"layers are some of {', '.join(NAMES)}, not {', '.join(wrong)[:200] or 'none'}")
    for name in layers:
        records.refuse(seen, name)
    return Content(seen, settings, records, tuple(name for name in NAMES if name in layers))


def _published(seen: View, records: Records, layer: str) -> bool:
    try:
        records.refuse(seen, layer)
    except NotAllowed:
        return False
    return True
