"""The network and its evidence at a view, worked out once for all who ask and moved forward by what changed."""

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from layers.routing.judged import Judged, judged
from layers.terrain import elevation

from geo_service.balance import View
from layers.roads import evidence, network, speeds
from layers.roads.evidence import Evidence
from layers.roads.network import Floats, Network
from layers.roads.rules import Mode, Rules

KEPT = 4
"""Networks, and evidence of dates, that a process keeps; the least used one goes."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Roads:
    """A network as one mode or another travels it, on the evidence of a date.

    Attributes:
        network: the roads in force.
        evidence: what is known of them.
        times: by mode, the seconds along each edge, forward and backward.
        judgements: by mode, the classes of the pieces.
    """

    network: Network
    evidence: Evidence
    times: dict[Mode, tuple[Floats, Floats]]
    judgements: dict[Mode, Judged]

    def seconds(self, mode: Mode) -> tuple[Floats, Floats]:
        """Return the travel times (s) along each edge, forward and backward; inf where the mode may not go."""
        if mode not in self.times:
            self.times[mode] = speeds.seconds(self.network, mode)
        return self.times[mode]

    def judged(self, mode: Mode) -> Judged:
        """Return what the evidence means to a mode."""
        if mode not in self.judgements:
            self.judgements[mode] = judged(self.evidence, mode)
        return self.judgements[mode]


class Ways:
    """The roads of views. Values: the same view gives the same roads, whatever was asked before.

    Args:
        terrain: the folder of elevation rasters, which may not be there.
    """

    def __init__(self, terrain: Path) -> None:
        self._terrain = terrain
        self._lock = threading.Lock()
        self._networks: OrderedDict[bytes, tuple[Network, dict[Mode, tuple[Floats, Floats]]]] = OrderedDict()
        self._roads: OrderedDict[tuple[int, dt.date, str, bytes], Roads] = OrderedDict()

    def terrain_key(self) -> str:
        """Return what changes with the elevation that speeds depend on."""
        return elevation.key_of(self._terrain)

    def at(self, seen: View, rules: Rules) -> Roads:
        """Return the roads in force at a view and their evidence by some rules."""
        with self._lock:
            mark, found, times = self._network(seen)
            key = (seen.snapshot.number, seen.as_of, repr(rules), mark)
            return kept(self._roads, key, lambda: self._found(seen, found, times, rules))

    def _network(self, seen: View) -> tuple[bytes, Network, dict[Mode, tuple[Floats, Floats]]]:
        roads = seen.snapshot.in_force("roads", seen.as_of)
        rows = roads["row"].to_numpy(dtype=np.int64) if len(roads) else np.zeros(0, dtype=np.int64)
        mark = hashlib.sha256(rows.tobytes() + self.terrain_key().encode()).digest()

        def make() -> tuple[Network, dict[Mode, tuple[Floats, Floats]]]:
            rasters = elevation.rasters_in(self._terrain)
            return network.build(roads, height=lambda lonlat: elevation.heights(lonlat, rasters)), {}

        return (mark, *kept(self._networks, mark, make))

    def _found(self, seen: View, on: Network, times: dict[Mode, tuple[Floats, Floats]], rules: Rules) -> Roads:
        arrangement = seen.snapshot.arrangement
        before = next((one.evidence for one in reversed(self._roads.values()) if one.evidence.rules == rules), None)
        if before is None:
            found = evidence.find(on, arrangement, seen.as_of, rules)
        else:
            found = evidence.moved(before, on, arrangement, seen.as_of, rules)
        return Roads(on, found, times, {})


def kept(held: OrderedDict[object, Value], key: object, make: Callable[[], Value]) -> Value:  # type: ignore[type-arg]
    """Return the value of a key, made where it is not held; the least used one goes."""
    if key not in held:
        held[key] = make()
        while len(held) > KEPT:
            held.popitem(last=False)
    held.move_to_end(key)
    return held[key]
