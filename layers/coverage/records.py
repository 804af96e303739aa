"""Version frames as arrays: the sequence of versions that can be in force for each record, and what each one says.

Of a record's versions with one `valid_from` only the last recorded is ever in force, so a *sequence* holds one version
per (record, `valid_from`), in that order, each in force until the next begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.definitions import LAYERS
from layers.vocabulary import Device, Product, QcStatus

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]

NEVER = 2**24
"""A day after every date."""

DEVICES = tuple(sorted(Device))
_BIT = {device.value: 1 << place for place, device in enumerate(DEVICES)}
UNKNOWN = _BIT[Device.unknown]
PRODUCTS = (Product.cancelled, Product.reduced, Product.cleared)
"""From the weakest release to the strongest; a product's rank is its place here plus one."""


@dataclass(frozen=True)
class VersionSequence:
    """The versions of one layer that can be in force, by record and `valid_from`.

    Attributes:
        ids: id of each record, ascending.
        record: (v,) the record of each version.
        begins, ends: (v,) the days [begins, ends) on which the version is in force.
        withdrawn: (v,) bool.
        survey: (v,) whether new information made it (any version of that record and day did).
        first: (v,) whether it is its record's earliest.
        frame: the version frame, a row per version of the sequence.
    """

    layer: str
    ids: Sequence[str]
    record: Ints
    begins: Ints
    ends: Ints
    withdrawn: Bools
    survey: Bools
    first: Bools
    frame: gpd.GeoDataFrame

    def __len__(self) -> int:
        """Return the number of versions."""
        return len(self.record)

    def latest(self, day_of: Ints, marked: Bools) -> Ints:
        """Return for each version the latest `day_of` of the marked versions up to it in its record, else -NEVER."""
        return latest_so_far(np.where(marked, day_of, -NEVER), self.record)

    @cached_property
    def before(self) -> Ints:
        """For each version the last one before it in its record that was not withdrawn, else -1."""
        place = np.where(self.withdrawn, -1, np.arange(len(self)))
        so_far = latest_so_far(place, self.record)
        return np.where(self.first, -1, np.r_[-1, so_far[:-1]] if len(self) else so_far)

    def column(self, name: str) -> Ints:
        """Return a date field as days; `versions.NO_DAY` where empty."""
        return versions.days(self.frame[name])


def latest_so_far(values: Ints, group: Ints) -> Ints:
    """Return the running maximum of `values` within each group; groups lie together, ascending."""
    if not len(values):
        return values
    shift = np.int64(4 * NEVER)
    highest: Ints = np.maximum.accumulate(values + group * shift) - group * shift
    return highest


def sequence(frame: gpd.GeoDataFrame | None, layer_name: str) -> VersionSequence:
    """Return the versions of a layer that can be in force, from a frame of all its versions.

    Raises:
        ValueError: a later version of a hazard or release does not say why it exists (`change`).
    """
    layer = LAYERS[layer_name]
    whole = versions.empty(layer) if frame is None or not len(frame) else versions.typed(frame, layer)
    place = versions.order(whole)
    whole = whole.iloc[place].reset_index(drop=True)
    record, ids = pd.factorize(whole["id"], sort=True)
    begins = versions.days(whole["valid_from"])
    survey = _by_survey(whole, record, layer_name)
    last = np.r_[(record[1:] != record[:-1]) | (begins[1:] != begins[:-1]), True] if len(whole) else np.zeros(0, bool)
    group = np.cumsum(np.r_[True, last[:-1]]) - 1 if len(whole) else np.zeros(0, np.int64)
    any_survey = np.bincount(group, weights=survey, minlength=int(last.sum())) > 0
    kept = whole[last].reset_index(drop=True)
    record, begins = record[last], begins[last]
    first = np.r_[True, record[1:] != record[:-1]][: len(record)]
    ends = np.where(np.r_[first[1:], True], NEVER, np.r_[begins[1:], NEVER])[: len(record)]
    return VersionSequence(
        layer_name, list(ids), record, begins, ends, kept["withdrawn"].to_numpy(bool), any_survey, first, kept
    )


def _by_survey(whole: gpd.GeoDataFrame, record: Ints, layer_name: str) -> Bools:
    """Say which versions bring new information: `change` is survey, or is left out in the first recorded."""
    if "change" not in whole:
        return np.ones(len(whole), dtype=bool)
    by_recording = np.lexsort((whole["row"].to_numpy(), versions.recorded(whole), record))
    ordered = record[by_recording]
    first = np.zeros(len(whole), dtype=bool)
    first[by_recording[np.r_[True, ordered[1:] != ordered[:-1]][: len(whole)]]] = True
    missing = whole["change"].isna().to_numpy() & ~first
    if missing.any():
        which = whole["id"].iloc[int(np.flatnonzero(missing)[0])]
        message = f"{layer_name}: a later version of {which!r} needs change: survey or correction"
        raise ValueError(message)
    return np.asarray((whole["change"].fillna("survey") == "survey").to_numpy(bool))


def masks(lists: Sequence[Sequence[str]], *, empty: int) -> Ints:
    """Return device lists as bit masks; `empty` for a list without entries."""
    seen: dict[tuple[str, ...], int] = {}
    found = np.empty(len(lists), dtype=np.int64)
    for place, entries in enumerate(lists):
        key = tuple(entries)
        if key not in seen:
            seen[key] = sum({_BIT[one] for one in key}) or empty
        found[place] = seen[key]
    return found


def profile(mask: int) -> str:
    """Return a device mask as an exclusive profile, such as `AP_mine+AV_mine`."""
    return "+".join(device.value for device in DEVICES if mask & _BIT[device.value])


@dataclass(frozen=True)
class Hazards:
    """What the versions of hazards say.

    Attributes:
        confirmed: (v,) CHA.
        devices: (v,) bit mask.
        opened: (v,) day.
        worsened: (v,) the latest day up to it on which a survey made it a CHA or added a device category, else -NEVER.
        downgraded: (v,) the latest day up to it on which a survey made an SHA out of a CHA, else -NEVER.
        kept: (v,) whether worse evidence by survey keeps released ground, by a recorded decision.
        born: (records,) the first day on which the record stands anywhere.
    """

    versions: VersionSequence
    confirmed: Bools
    devices: Ints
    opened: Ints
    worsened: Ints
    downgraded: Ints
    kept: Bools
    born: Ints


def hazards(frame: gpd.GeoDataFrame | None) -> Hazards:
    """Read the hazards' versions."""
    seq = sequence(frame, "hazards")
    confirmed = (seq.frame["classification"] == "CHA").to_numpy(bool)
    devices = masks(seq.frame["devices"].tolist(), empty=UNKNOWN)
    opened = seq.column("opened_on")
    before, known = seq.before, seq.before >= 0
    by_survey = seq.survey & ~seq.withdrawn & known
    known_before = devices[before] & ~UNKNOWN
    added = (known_before != 0) & ((devices & ~devices[before] & ~UNKNOWN) != 0)
    keeps = seq.frame["keeps_released"].to_numpy(bool)
    worse = by_survey & ((confirmed & ~confirmed[before]) | added)
    lower = by_survey & ~confirmed & confirmed[before]
    stands = ~seq.withdrawn & (np.maximum(seq.begins, opened) < seq.ends)
    born = np.full(len(seq.ids), NEVER, dtype=np.int64)
    np.minimum.at(born, seq.record[stands], np.maximum(seq.begins, opened)[stands])
    return Hazards(
        seq,
        confirmed,
        devices,
        opened,
        seq.latest(seq.begins, worse & ~keeps),
        seq.latest(seq.begins, lower),
        worse & keeps,
        born,
    )


@dataclass(frozen=True)
class Releases:
    """What the versions of releases say.

    Attributes:
        rank: (v,) 1 cancelled, 2 reduced, 3 cleared.
        completed: (v,) day.
        effective, awaiting: (v,) from which day it is effective, or complete with quality control pending, else NEVER.
        devices: (v,) bit mask of the categories it answers; all bits where it names none.
        names: (v,) whether it names hazards.
        named: pairs version * number of hazards + hazard, ascending.
    """

    versions: VersionSequence
    rank: Ints
    completed: Ints
    effective: Ints
    awaiting: Ints
    devices: Ints
    names: Bools
    named: Ints


def releases(frame: gpd.GeoDataFrame | None, hazard_ids: Sequence[str]) -> Releases:
    """Read the releases' versions against the ids of the hazards they may name."""
    seq = sequence(frame, "releases")
    product = seq.frame["product"].to_numpy()
    rank = np.array([PRODUCTS.index(Product(one)) + 1 for one in product], dtype=np.int64)
    qc = seq.frame["qc_status"].to_numpy()
    completed, qc_on = seq.column("completed_on"), seq.column("qc_on")
    failed = (qc == QcStatus.failed) & (qc_on != versions.NO_DAY)
    # A pass that is not later than a failure on record is the old pass repeated: it lifts nothing.
    last_failure = seq.latest(qc_on, failed)
    passed = (qc == QcStatus.passed) & (qc_on != versions.NO_DAY) & (qc_on > last_failure)
    start = np.where(passed, qc_on, np.where(qc == QcStatus.not_required, completed, NEVER))
    waits = np.where(qc == QcStatus.pending, completed, NEVER)
    lists = seq.frame["hazards"].tolist()
    number = {one: place for place, one in enumerate(hazard_ids)}
    named = sorted({row * len(number) + number[one] for row, ids in enumerate(lists) for one in ids if one in number})
    return Releases(
        seq,
        rank,
        completed,
        np.where(seq.withdrawn, NEVER, start),
        np.where(seq.withdrawn, NEVER, waits),
        masks(seq.frame["devices"].tolist(), empty=-1),
        np.array([bool(ids) for ids in lists], dtype=bool),
        np.array(named, dtype=np.int64),
    )


def _parts_joined(geometry: Geometries) -> Geometries:
    """Return the polygons, multipolygons whose parts only share edges as one: the same ground in a valid form."""
    found = geometry.copy()
    for place in np.flatnonzero((shapely.get_type_id(geometry) == 6) & ~shapely.is_valid(geometry)).tolist():
        parts = shapely.get_parts(geometry[place])
        if shapely.is_valid(parts).all():
            joined = shapely.union_all(parts)
            apart = float(shapely.area(parts).sum())
            if abs(shapely.area(joined) - apart) <= 1e-12 * apart:
                found[place] = joined
    return found


def shapes_of(seq: VersionSequence) -> tuple[Geometries, Ints]:
    """Return the different polygons of each record, in order, and which one each version has (-1: no ground).

    Raises:
        ValueError: a polygon is not valid or the geometry is no polygon.
    """
    geometry = _parts_joined(seq.frame.geometry.to_numpy())
    bare = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    wrong = ~bare & (~np.isin(shapely.get_type_id(geometry), (3, 6)) | ~shapely.is_valid(geometry))
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        why = shapely.is_valid_reason(geometry[place])
        message = (
            f"{seq.layer} {seq.frame['id'].iloc[place]!r}: not a valid polygon ({why}); "
            "repair it first, with layers.reading or shapely.make_valid(method='structure', keep_collapsed=False)"
        )
        raise ValueError(message)
    seen: dict[tuple[int, bytes], int] = {}
    found: list[int] = []
    shape = np.full(len(seq), -1, dtype=np.int64)
    for place, wkb in enumerate(shapely.to_wkb(geometry)):
        if bare[place]:
            continue
        key = (int(seq.record[place]), wkb)
        if key not in seen:
            seen[key] = len(found)
            found.append(place)
        shape[place] = seen[key]
    return geometry[np.array(found, dtype=np.int64)], shape
