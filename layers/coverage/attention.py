"""What a person must look at on a date, each with its m2: facts of the ground, and what is missing from records."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.cutting import within
from layers.coverage.facts import CODES, LAYER_OF
from layers.coverage.partition import open_sets
from layers.coverage.records import NEVER
from layers.coverage.tables import FACTS, UNIT, opening

Ints = NDArray[np.int64]

MEANING = {
    "cancellation_over_confirmed": "a cancellation lies over a confirmed hazardous area, and answers nothing there",
    "released_ground_reopened": "released ground is open again",
    "released_ground_kept": "worse evidence, but the released ground was kept by decision (keeps_released)",
    "correction_onto_released": "a correction brought the hazard onto released ground",
    "correction_moves_opened_on": "a correction moved opened_on to or before a release's completion",
    "release_names_unknown": "the release names a hazard that does not exist or was withdrawn",
    "cleared_without_qc": "cleared ground counts as released without quality control",
    "found_after_release": "an accident or spot is later than the release covering it",
    "confirmed_left_open": "a confirmed hazardous area left open ground by withdrawal or downgrade",
    "withdrawn_on_released": "the hazard was withdrawn on ground that a release covers; releasing it is enough",
    "cleared_without_depth": "a cleared release does not say to which depth",
    "released_without_record": "ground was released on which no hazard has stood; probably a misplaced polygon",
    "survey_over_open": "a survey without evidence lies over open ground, and closes nothing there",
}
"""What each code of the list means, for people."""

_PUBLISHED = {code: code.removesuffix("_by_release") for code in CODES}

PAIRS = 20_000_000
"""Pairs of hazards over the same ground that are listed; the ground of more is counted in `overlap_m2` all the same."""


@dataclass(frozen=True)
class Item:
    """One thing to look at: the record, the other record it concerns, from which day, and how many m2."""

    code: str
    layer: str
    id: str
    other: str | None
    since: str | None
    m2: float


def attention(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return what a person must look at, as of a date: code, layer, id, other, since, m2, message."""
    day = versions.day(as_of)
    items = [
        *_of_ground(arrangement, day),
        *_of_releases(arrangement, day),
        *_unknown_names(arrangement, day),
        *_found_after_release(arrangement, day),
    ]
    frame = pd.DataFrame([asdict(one) for one in items], columns=list(Item.__dataclass_fields__), dtype=object)
    frame = frame.astype({"m2": float})
    order = ["code", "m2", "id", "other", "since"]
    frame = frame.sort_values(order, ascending=[True, False, True, True, True], kind="stable", ignore_index=True)
    frame["message"] = frame["code"].map(MEANING)
    return frame


def _of_ground(arrangement: Arranged, day: int) -> Iterator[Item]:
    """Facts of the ground, summed over it by record, day and other record."""
    parts = (one.facts for one in arrangement.blocks.values())
    rows = np.concatenate([np.zeros(0, FACTS), *(x[(x["begins"] <= day) & (day < x["ends"])] for x in parts)])
    names = ("code", "record", "other", "since")
    if not len(rows):
        return
    rows = rows[np.lexsort([rows[name] for name in reversed(names)])]
    first = np.flatnonzero(opening(rows, names))
    sums = np.add.reduceat(rows["amount"], first)
    registers = arrangement.registers
    for row, amount in zip(rows[first], sums.tolist(), strict=True):
        code = CODES[row["code"]]
        layer, second = LAYER_OF[code]
        other = None if second is None else getattr(registers, second).ids[row["other"]]
        since = versions.date_of(int(row["since"])).isoformat()
        yield Item(_PUBLISHED[code], layer, getattr(registers, layer).ids[row["record"]], other, since, amount * UNIT)


def _of_releases(arrangement: Arranged, day: int) -> Iterator[Item]:
    """What is missing from releases in force."""
    register, rel = arrangement.registers.releases, arrangement.releases
    seq = rel.versions
    now = np.flatnonzero(seq.in_force(day) & (rel.completed <= day) & (seq.shape >= 0) & (rel.rank == 3))
    row = seq.row[now]
    unchecked = (register.frame["qc_status"].to_numpy()[row] == "not_required").astype(bool)
    unsaid = register.frame["depth_cm"].isna().to_numpy()[row]
    for code, which in (("cleared_without_qc", unchecked), ("cleared_without_depth", unsaid)):
        for k in now[which].tolist():
            since = versions.date_of(int(rel.completed[k])).isoformat()
            area = float(register.shapes.areas[seq.shape[k]])
            yield Item(code, "releases", register.ids[seq.record[k]], None, since, area)


def _unknown_names(arrangement: Arranged, day: int) -> Iterator[Item]:
    """Releases that name hazards which do not exist on the day, or were withdrawn."""
    register, rel = arrangement.registers.releases, arrangement.releases
    seq = rel.versions
    naming = np.flatnonzero(rel.names & seq.in_force(day) & (rel.completed <= day) & (seq.shape >= 0))
    if not len(naming):
        return
    hazards = arrangement.registers.hazards
    standing = hazards.versions.in_force(day)
    known = {hazards.ids[k] for k in hazards.versions.record[standing].tolist()}
    for k in naming.tolist():
        for name in rel.named[k]:
            if name not in known:
                since = versions.date_of(int(rel.completed[k])).isoformat()
                area = float(register.shapes.areas[seq.shape[k]])
                yield Item("release_names_unknown", "releases", register.ids[seq.record[k]], name, since, area)


def _found_after_release(arrangement: Arranged, day: int) -> Iterator[Item]:
    """Accidents and spots on ground that was released before."""
    register, rel = arrangement.registers.releases, arrangement.releases
    seq = rel.versions
    now = np.flatnonzero((seq.begins <= day) & (day < seq.ends) & (rel.effective < NEVER) & (seq.shape >= 0))
    ground = register.shapes.polygons[seq.shape[now]]
    for layer, field in (("incidents", "occurred_on"), ("spots", "found_on")):
        frame = arrangement.points[layer]
        if not len(frame) or not len(now):
            continue
        points = versions.in_force(frame, versions.date_of(day))
        if layer == "incidents":
            points = points[(points["kind"] == "accident").to_numpy(bool)]
        on = versions.days(points[field])
        release, point = shapely.STRtree(points.geometry.to_numpy()).query(ground, predicate="intersects")
        late = (on[point] > rel.completed[now[release]]) & (on[point] <= day)
        for p, k in zip(point[late].tolist(), now[release[late]].tolist(), strict=True):
            since = versions.date_of(int(on[p])).isoformat()
            id_ = str(points["id"].iloc[p])
            yield Item("found_after_release", layer, id_, register.ids[seq.record[k]], since, 0.0)


def overlaps(arrangement: Arranged, as_of: versions.Date) -> pd.DataFrame:
    """Return the pairs of hazards that are both unanswered on some ground: hazard, other, m2, the largest first.

    Where k hazards lie over each other, every one of their k (k - 1) / 2 pairs is listed with that ground; the
    `overlap_m2` of the partition counts it k - 1 times. Where that makes more than `PAIRS` pairs, as thousands of
    copies of one polygon do, ground is taken in order until they are reached, and `attrs["pairs_left_out"]` says how
    many are missing.
    """
    day = versions.day(as_of)
    rows = open_sets(arrangement, day)
    ids = np.array(arrangement.registers.hazards.ids, dtype=object)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(ids.astype(str), kind="stable")] = np.arange(len(ids))
    hazard = rank[rows["hazard"]] if len(rows) else np.zeros(0, dtype=np.int64)
    place = np.searchsorted(arrangement.cells["cell"], rows["cell"])
    order = np.lexsort((hazard, rows["border"], rows["set"], place))
    key = (place[order], rows["set"][order], rows["border"][order])
    changes = np.zeros(len(order), dtype=bool)
    changes[:1] = True
    for one in key:
        changes[1:] |= one[1:] != one[:-1]
    atom = np.cumsum(changes) - 1
    hazard, amount = hazard[order], rows["amount"][order]
    after = np.searchsorted(atom, atom, side="right") - np.arange(len(atom)) - 1
    total = int(after.sum())
    after = np.where(np.cumsum(after) <= PAIRS, after, 0)
    one = np.repeat(np.arange(len(atom)), after)
    two = one + 1 + within(after)
    keys, inverse = np.unique(hazard[one] * max(len(ids), 1) + hazard[two], return_inverse=True)
    sums = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sums, inverse.ravel(), amount[one])
    by_rank = np.sort(ids.astype(str)) if len(ids) else ids
    frame = pd.DataFrame(
        {
            "hazard": pd.Series(by_rank[keys // max(len(ids), 1)], dtype=object),
            "other": pd.Series(by_rank[keys % max(len(ids), 1)], dtype=object),
            "m2": sums * UNIT,
        }
    )
    frame = frame[frame["m2"] > 0]
    frame = frame.sort_values(["m2", "hazard", "other"], ascending=[False, True, True], ignore_index=True)
    frame.attrs["pairs_left_out"] = total - int(after.sum())
    return frame
