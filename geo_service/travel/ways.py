"""The network and its evidence at a view, worked out once for all who ask and moved forward by what changed."""

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from geo_service.balance import View
from geo_service.rasters.copies import Copies
from geo_service.store.log import Log
from geo_service.terrain import height_of, terrain_key
from layers.roads import classes, evidence, network, speeds
from layers.roads.evidence import Evidence
from layers.roads.network import Floats, Network
from layers.roads.rules import Mode, Rules, Unsurveyed
from layers.routing.graph import Ground, ground
from layers.routing.judged import Judged
from layers.routing.snap import Nearby

NO_NETWORK = (
    "There are no roads in force at this date. Load them: clearway roads FILE.osm.pbf for OpenStreetMap, or "
    "clearway load roads FILE for a layer of roads."
)

KEPT = 4
"""Networks, and evidence of dates, that a process keeps; the least used one goes."""

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Laid:
    """A network, and what of it does not depend on any date's evidence.

    Attributes:
        network: the roads in force.
        nearby: its edges, found by where they lie.
        times: by mode, the seconds along each edge, forward and backward.
    """

    network: Network
    nearby: Nearby
    times: dict[Mode, tuple[Floats, Floats]] = field(default_factory=dict)

    def seconds(self, mode: Mode) -> tuple[Floats, Floats]:
        """Return the travel times (s) along each edge, forward and backward; inf where the mode may not go."""
        if mode not in self.times:
            self.times[mode] = speeds.seconds(self.network, mode)
        return self.times[mode]


@dataclass(frozen=True, eq=False)
class Roads:
    """A network on the evidence of a date, as one mode or another travels it.

    Attributes:
        laid: the network.
        evidence: what is known of it.
    """

    laid: Laid
    evidence: Evidence
    _judged: dict[Mode, Judged] = field(default_factory=dict, repr=False)
    _ground: dict[tuple[Mode, Unsurveyed], Ground] = field(default_factory=dict, repr=False)

    def judged(self, mode: Mode) -> Judged:
        """Return what the evidence means to a mode."""
        if mode not in self._judged:
            self._judged[mode] = judged(self.evidence, mode)
        return self._judged[mode]

    def ground(self, mode: Mode, unsurveyed: Unsurveyed) -> Ground:
        """Return what travel over the roads means to a traveller."""
        if (mode, unsurveyed) not in self._ground:
            self._ground[mode, unsurveyed] = ground(self.judged(mode), self.laid.seconds(mode), unsurveyed)
        return self._ground[mode, unsurveyed]

    def connect(self, mode: Mode) -> Callable[[Network], Judged]:
        """Return what judges ways from a place to the road, on the same records."""
        return lambda lines: judged(evidence.beside(self.evidence, lines), mode)


def judged(found: Evidence, mode: Mode) -> Judged:
    """Return what evidence means to a mode."""
    return Judged(
        found,
        mode,
        classes.classes(found, mode),
        classes.lifted(found, mode),
        classes.allowed(found, mode),
        classes.expired(found),
    )


class Ways:
    """The roads of views. Values: the same view gives the same roads, whatever was asked before.

    Args:
        log: the store, whose terrain speeds depend on.
        copies: of its rasters on the disk.
    """

    def __init__(self, log: Log, copies: Copies) -> None:
        self._log, self._copies = log, copies
        self._lock = threading.Lock()
        self._laid: OrderedDict[bytes, Laid] = OrderedDict()
        self._roads: OrderedDict[tuple[int, dt.date, str, bytes], Roads] = OrderedDict()

    def terrain_key(self) -> str:
        """Return what changes with the elevation that speeds depend on."""
        return terrain_key(self._log)

    def at(self, seen: View, rules: Rules) -> Roads:
        """Return the roads in force at a view and their evidence by some rules."""
        with self._lock:
            mark, laid = self._network(seen)
            key = (seen.snapshot.number, seen.as_of, repr(rules), mark)
            return kept(self._roads, key, lambda: self._found(seen, laid, rules))

    def _network(self, seen: View) -> tuple[bytes, Laid]:
        roads = seen.snapshot.in_force("roads", seen.as_of)
        rows = roads["row"].to_numpy(dtype=np.int64) if len(roads) else np.zeros(0, dtype=np.int64)
        mark = hashlib.sha256(rows.tobytes() + self.terrain_key().encode()).digest()

        def make() -> Laid:
            built = network.build(roads, height=height_of(self._log, self._copies))
            return Laid(built, Nearby(built))

        return mark, kept(self._laid, mark, make)

    def _found(self, seen: View, laid: Laid, rules: Rules) -> Roads:
        arrangement = seen.snapshot.arrangement
        before = next((one.evidence for one in reversed(self._roads.values()) if one.evidence.rules == rules), None)
        if before is None:
            return Roads(laid, evidence.find(laid.network, arrangement, seen.as_of, rules))
        return Roads(laid, evidence.moved(before, laid.network, arrangement, seen.as_of, rules))


Key = TypeVar("Key")


def kept(held: OrderedDict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    """Return the value of a key, made where it is not held; the least used one goes."""
    if key not in held:
        held[key] = make()
        while len(held) > KEPT:
            held.popitem(last=False)
    held.move_to_end(key)
    return held[key]
