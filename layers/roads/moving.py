"""What differs between two states of knowledge or two dates, and which edges it concerns."""

import hashlib
import operator
from dataclasses import fields
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers.coverage.arrangement import Arranged
from layers.coverage.opens import OpenGround
from layers.coverage.records import Hazards, Releases, Said, Surveys
from layers.coverage.register import Register
from layers.roads.network import Network
from layers.roads.outlines import drawn, grown

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEW = -1


def places_before(old: NDArray[Any], new: NDArray[Any]) -> Ints:
    """Return where each name of `new` stands in `old`, NEW where it does not; names occur once."""
    if len(old) == len(new) and all(map(operator.eq, old.tolist(), new.tolist())):
        return np.arange(len(new))
    known = {one: place for place, one in enumerate(old.tolist())}
    return np.array([known.get(one, NEW) for one in new.tolist()], dtype=np.int64)


def turned(before: Ints, count: int) -> Ints:
    """Return the way back: where each of `count` old places is now, NEW where it is gone."""
    found = np.full(count, NEW, dtype=np.int64)
    known = before >= 0
    found[before[known]] = np.flatnonzero(known)
    return found


def moved_hazards(old: OpenGround, new: OpenGround, before: Ints) -> tuple[Bools, Bools]:
    """Say which hazards of the old and of the new open ground differ in what roads are judged by.

    Args:
        old, new: the open ground.
        before: where each hazard of the new one stands in the old one, NEW where it does not.
    """
    known = before >= 0
    same = known.copy()
    was, now = before[known], np.flatnonzero(known)
    same[now] &= old.confirmed[was] == new.confirmed[now]
    same[now] &= old.asserted[was] == new.asserted[now]
    a, b = old.accuracy_m[was], new.accuracy_m[now]
    same[now] &= (a == b) | (np.isnan(a) & np.isnan(b))
    same[now] &= same_geometries(old.polygons[was], new.polygons[now])
    return _sides(same, before, len(old))


def moved_points(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, before: Ints) -> tuple[Bools, Bools]:
    """Say which points of before and of now differ in what roads are judged by."""
    known = before >= 0
    same = known.copy()
    was, now = before[known], np.flatnonzero(known)
    for name in ("date", "accuracy_m"):
        same[now] &= old[name].to_numpy()[was] == new[name].to_numpy()[now]
    same[now] &= same_geometries(old.geometry.to_numpy()[was], new.geometry.to_numpy()[now])
    return _sides(same, before, len(old))


def _sides(same: Bools, before: Ints, count: int) -> tuple[Bools, Bools]:
    old = np.ones(count, dtype=bool)
    old[before[same]] = False
    return old, ~same


def same_geometries(one: NDArray[np.object_], other: NDArray[np.object_]) -> Bools:
    """Say which geometries are equal to the bit, pair by pair."""
    same = np.fromiter(map(operator.is_, one, other), dtype=bool, count=len(one))
    differ = np.flatnonzero(~same)
    same[differ] = shapely.to_wkb(one[differ]) == shapely.to_wkb(other[differ])
    return same


def moved_ground(old: Arranged, new: Arranged, day: int, other_day: int) -> Floats | None:
    """Return boxes (n, 4) of all polygons of the records for which something else may hold, on or under the ground.

    Args:
        old, new: what was known; of one log.
        day, other_day: the dates, days since 1970-01-01.

    Returns:
        None where the two are not of one log: their records bear other numbers.
    """
    boxes = []
    for was, now in zip(old.registers.each()[:3], new.registers.each()[:3], strict=True):
        records = _moved_records(was, now, *sorted((day, other_day)))
        if records is None:
            return None
        shapes = max(was.shapes, now.shapes, key=len)
        boxes.append(shapes.bounds[np.isin(shapes.record, records)])
    return np.concatenate(boxes)


def _moved_records(was: Register[Any], now: Register[Any], first: int, last: int) -> Ints | None:
    """Return the records with other versions, or on which a day falls on which they say something else."""
    if was is now and first == last:
        return np.zeros(0, dtype=np.int64)
    common = min(len(was.ids), len(now.ids))
    drawn = min(len(was.shapes), len(now.shapes))
    if was.ids[:common] != now.ids[:common] or not np.array_equal(
        was.shapes.digests[:drawn], now.shapes.digests[:drawn]
    ):
        return None
    turns = np.unique(np.concatenate([one.versions.record[_turns(one.says, first, last)] for one in (was, now)]))
    if was is now:
        return turns
    names = [one.name for one in fields(was.versions)]
    a, b = _columns(was.says, names), _columns(now.says, names)
    many = [np.bincount(one.versions.record, minlength=max(len(was.ids), len(now.ids))) for one in (was, now)]
    alike = many[0] == many[1]
    mine, yours = alike[was.versions.record], alike[now.versions.record]
    differ = np.zeros(int(mine.sum()), dtype=bool)
    for one, other in zip(a, b, strict=True):
        differ |= one[mine] != other[yours]
    return np.unique(np.concatenate([np.flatnonzero(~alike), was.versions.record[mine][differ], turns]))


def _columns(says: Said, names: list[str]) -> list[NDArray[Any]]:
    own = [getattr(says, one.name) for one in fields(says) if one.name != "versions"]
    return [*(getattr(says.versions, name) for name in names), *own]


def _turns(says: Said, first: int, last: int) -> Bools:
    """Say which versions begin to hold, or to count, after the first day and up to the last."""
    days = [says.versions.begins]
    if isinstance(says, Hazards):
        days.append(says.opened)
    elif isinstance(says, Releases):
        days.append(says.effective)
    elif isinstance(says, Surveys):
        days.append(says.surveyed)
    found = np.zeros(len(says.versions), dtype=bool)
    for one in days:
        found |= (one > first) & (one <= last)
    return found


def touched(boxes: Floats, grounds: Floats, reach: Floats) -> Bools:
    """Say which boxes (n, 4) meet one of some grounds (m, 4) grown by their reach (m,) in metres."""
    found = np.zeros(len(boxes), dtype=bool)
    wide = grown(grounds, reach)
    if len(wide) > 64:  # too many to ask one by one
        found[shapely.STRtree(drawn(boxes)).query(drawn(wide))[1]] = True
        return found
    for west, south, east, north in wide.tolist():
        found |= (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return found


def edges_before(old: Network, new: Network, old_half: Floats, new_half: Floats) -> Ints:
    """Return where each edge of a network stands in an older one, NEW where it does not: by keys, where both have them.

    Args:
        old, new: the networks.
        old_half, new_half: half of the width of their edges (m).
    """
    if old.key is not None and new.key is not None and _once(old.key) and _once(new.key):
        found = np.full(len(new), NEW, dtype=np.int64)
        if len(old):
            order = np.argsort(old.key)
            place = order[np.searchsorted(old.key, new.key, sorter=order).clip(max=len(order) - 1)]
            same = old.key[place] == new.key
            found[same] = place[same]
        return found
    return places_before(edge_keys(old, old_half), edge_keys(new, new_half))


def _once(keys: NDArray[np.uint64]) -> bool:
    """Say whether no key stands twice."""
    return len(np.unique(keys)) == len(keys)


def edge_keys(network: Network, half_width: Floats) -> NDArray[np.bytes_]:
    """Return what is equal for edges of one road, course and width alone, and told apart by number if several are.

    Args:
        network: the roads.
        half_width: of each edge (m).
    """
    ids = network.of_road("id")
    seen: dict[bytes, int] = {}
    keys = np.empty(len(network), dtype="S40")
    for k, (low, high) in enumerate(zip(network.first[:-1].tolist(), network.first[1:].tolist(), strict=True)):
        said = hashlib.blake2b(str(ids[k]).encode(), digest_size=16)
        said.update(network.lonlat[low:high].tobytes())
        said.update(network.along[low:high].tobytes())
        said.update(half_width[k : k + 1].tobytes())
        key = said.digest()
        seen[key] = seen.get(key, -1) + 1
        keys[k] = f"{key.hex()}{seen[key]:x}".encode()
    return keys
