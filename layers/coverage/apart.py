"""Figures computed a second time, another way, for the certificate: by overlay of whole polygons, without faces."""

import numpy as np
import shapely
from numpy.typing import NDArray

from layers import measure
from layers.coverage.arrangement import Arranged
from layers.coverage.records import NEVER

Geometries = NDArray[np.object_]
EMPTY = shapely.Polygon()


def open_union_m2(arrangement: Arranged, day: int) -> float:
    """Return the m2 of the union of open ground on a day.

    Each hazard standing on the day loses the polygons of the releases that answer it - but for the ground that a
    survey brought to it after the release was completed - and the rest of all hazards is united.
    """
    rest = unanswered(arrangement, day)
    if not len(rest):
        return 0.0
    united = shapely.disjoint_subset_union_all(rest)
    return float(measure.areas(np.array([united]), planar=arrangement.planar)[0])


def unanswered(arrangement: Arranged, day: int) -> Geometries:
    """Return the unanswered ground of each hazard standing on a day, by overlay."""
    hz, rel = arrangement.hazards, arrangement.releases
    seq = hz.versions
    ground = seq.frame.geometry.to_numpy()
    now = np.flatnonzero(
        (seq.begins <= day) & (day < seq.ends) & ~seq.withdrawn & (hz.opened <= day) & ~shapely.is_missing(ground)
    )
    r = rel.versions
    r_ground = r.frame.geometry.to_numpy()
    effective = np.flatnonzero(
        (r.begins <= day) & (day < r.ends) & (rel.effective <= day) & (rel.effective < NEVER)
        & ~shapely.is_missing(r_ground)
    )  # fmt: skip
    tree = shapely.STRtree(r_ground[effective])
    hazard, release = tree.query(ground[now], predicate="intersects")
    h, e = now[hazard], effective[release]
    since = np.maximum(hz.worsened[h], hz.opened[h])
    records = len(seq.ids)
    named = np.isin(e * records + seq.record[h], rel.named)
    fits = (rel.completed[e] >= since) & (~rel.names[e] | named) & ((hz.devices[h] & ~rel.devices[e]) == 0)
    fits &= (rel.rank[e] > 1) | ~(hz.confirmed[h] | (hz.downgraded[h] > rel.completed[e]))
    rest = ground[now].copy()
    taken: dict[int, list[shapely.Geometry]] = {}
    for place, version, by in zip(hazard[fits].tolist(), h[fits].tolist(), e[fits].tolist(), strict=True):
        answer = r_ground[by]
        for later in _arrivals(arrangement, version, int(rel.completed[by])):
            answer = shapely.difference(answer, later)
        taken.setdefault(place, []).append(answer)
    for place, answers in taken.items():
        rest[place] = shapely.difference(rest[place], shapely.union_all(answers))
    return rest


def _arrivals(arrangement: Arranged, version: int, completed: int) -> list[shapely.Geometry]:
    """Return the ground that surveys after `completed` brought to a hazard, up to one of its versions."""
    seq = arrangement.hazards.versions
    ground = seq.frame.geometry.to_numpy()
    found = []
    v = version
    while not seq.first[v]:
        if seq.survey[v] and not seq.withdrawn[v] and seq.begins[v] > completed and ground[v] is not None:
            gone = seq.withdrawn[v - 1] or ground[v - 1] is None
            found.append(ground[v] if gone else shapely.difference(ground[v], ground[v - 1]))
        v -= 1
    return found


def reported_beside_computed(arrangement: Arranged, day: int) -> list[dict[str, float]]:
    """Return the hazards in force that report an area, with the computed one (m2)."""
    seq = arrangement.hazards.versions
    reported = seq.frame["reported_area_m2"].to_numpy(np.float64)
    shape = arrangement.shapes.of_version[0]
    now = np.flatnonzero((seq.begins <= day) & (day < seq.ends) & ~seq.withdrawn & ~np.isnan(reported) & (shape >= 0))
    return [
        {
            "id": seq.ids[seq.record[v]],
            "reported_m2": float(reported[v]),
            "computed_m2": float(arrangement.shapes.areas[shape[v]]),
        }
        for v in now.tolist()
    ]
