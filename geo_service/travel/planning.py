"""Planning mode: what would have to be cleared so that two places are connected. Its answer is no way to travel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geo_service.balance import Refused
from geo_service.travel.lines import DIGITS, stretch_of
from geo_service.travel.question import Question
from geo_service.travel.reach import Met, met
from geo_service.travel.ways import Roads
from layers.roads.classes import Evidenced
from layers.routing.planning import Planned, planned


def plan_of(roads: Roads, question: Question) -> dict[str, Any]:
    """Return the features and reasons of a plan: the least ground to clear between two places, and the way it opens.

    Raises:
        Refused: a place lies too far from any road, or places to pass are asked for.
    """
    if question.via:
        raise Refused("via: a plan connects two places; ask for each part of the way")
    ends = np.asarray(shapely.points([question.origin, question.destination]), dtype=object)
    found = met(roads, question.mode, ends)
    for name, metres in zip(("from", "to"), found.places.distance.tolist(), strict=True):
        if metres > question.max_snap_m:
            detail = f"{name}: no road within {question.max_snap_m:g} m; the nearest is {metres:.0f} m away"
            return {"features": [], "reasons": [{"code": "NO_ROAD", "detail": detail, "distance_m": metres}]}
    ground = roads.evidence.hazards
    plan = planned(roads.laid.network, found.ways, ground, *found.ways.place.tolist())
    if plan.opening is None or plan.geometry is None:
        detail = "No clearance opens a way: there is no road, or one that is closed by its record."
        return {"features": [], "reasons": [{"code": plan.reason or "NO_ROAD", "detail": detail}]}
    opening = plan.opening
    points = roads.evidence.points.iloc[opening.points]
    facts = {
        "hazards": list(opening.ids),
        "m2": opening.m2,
        "bound_m2": opening.bound_m2,
        "proven": opening.proven,
        "points": [f"{layer}/{id_}" for layer, id_ in zip(points["layer"], points["id"], strict=True)],
    }
    detail = (
        f"Clearing {opening.m2:,.0f} m2 of {len(opening.ids)} hazardous areas opens this way. It is no way to travel."
        if opening.ids or len(points)
        else "This way is open as it is: ask without planning for its verdict."
    )
    reason = {"code": plan.reason or "OPEN_ALREADY", "detail": detail, **facts}
    return {"features": [_feature(found, plan, reason)], "reasons": [reason]}


def _feature(found: Met, plan: Planned, reason: dict[str, Any]) -> dict[str, Any]:
    assert plan.geometry is not None  # noqa: S101
    line = shapely.get_coordinates(plan.geometry)
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": np.round(line, DIGITS).tolist()},
        "properties": {
            "verdict": plan.verdict,
            "planning": True,
            "reasons": [reason],
            "conditions": [],
            "length_m": plan.length_m,
            "duration_s": plan.seconds,
            "exposure_m": None,
            "evidence": plan.metres,
            "segments": _segments(found, plan, line),
            "turns": [],
            "expires_on": None,
        },
    }


def _segments(found: Met, plan: Planned, line: Any) -> list[dict[str, Any]]:
    """Return the way's stretches of one class each, as it lies now."""
    opening, ways = plan.opening, found.ways
    assert opening is not None  # noqa: S101
    pieces, classes = found.roads.evidence.pieces, found.roads.judged(found.mode).classes
    rows: list[list[float]] = []
    at = 0.0
    for stretch, backward in zip(opening.stretches.tolist(), opening.reversed.tolist(), strict=True):
        low, high = np.searchsorted(pieces["edge"], [ways.edge[stretch], ways.edge[stretch] + 1])
        begin = np.clip(pieces["begin"][low:high], ways.begin[stretch], ways.end[stretch])
        end = np.clip(pieces["end"][low:high], ways.begin[stretch], ways.end[stretch])
        some = [(int(kind), float(b - a)) for kind, a, b in zip(classes[low:high], begin, end, strict=True) if b > a]
        for kind, metres in reversed(some) if backward else some:
            if rows and rows[-1][0] == kind:
                rows[-1][2] += metres
            else:
                rows.append([kind, at, at + metres])
            at += metres
    return [_segment(Evidenced(int(kind)).name, begin, end, line) for kind, begin, end in rows]


def _segment(kind: str, begin: float, end: float, line: Any) -> dict[str, Any]:
    coordinates: Sequence[Sequence[float]] = stretch_of(line, begin, end)
    return {"from_m": begin, "to_m": end, "class": kind, "lifted": False, "source": None, "date": None,
            "nearest_hazard": None, "distance_m": None, "coordinates": coordinates}  # fmt: skip
