"""Routes as plain values: the properties of a GeoJSON feature, and the rows of a turn list."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from layers import versions
from layers.roads.classes import Evidenced
from layers.routing.route import Leg, Route
from layers.routing.runs import Neighbour, Run, runs
from layers.routing.verdict import Condition, Judgement, judge
from layers.routing.why import Reason

TURNS = ("from_m", "to_m", "road", "name", "metres", "seconds", "class")
"""The columns of a turn list."""


def properties(route: Route, *, today: dt.date, historical: bool = False) -> dict[str, Any]:
    """Return what is said of a route: dates as `datetime.date`, lengths in metres, times in seconds.

    Args:
        route: the route.
        today: the day on which it is asked.
        historical: the evidence is of another day, or as known at another time.
    """
    told = runs(route)
    said = judge(told, route.ground.judged.mode, route.ground.judged.evidence.rules, today=today, historical=historical)
    return {
        "verdict": said.verdict.value,
        "reasons": [{"code": code, **_facts(run), "width_m": run.width_m} for code, run in said.reasons],
        "conditions": [_condition(condition) for condition in said.conditions],
        "length_m": route.length_m,
        "duration_s": route.duration_s,
        "exposure_m": route.exposure_m,
        "evidence": by_class(told),
        "segments": [
            {**_facts(run), "lifted": run.lifted, "name": run.name, "connector": run.road is None} for run in told
        ],
        "expires_on": said.expires_on,
    }


def _facts(run: Run) -> dict[str, Any]:
    """Return what is said of a run wherever it is named."""
    return {
        "from_m": run.from_m,
        "to_m": run.to_m,
        "class": run.kind.name,
        "source": run.source,
        "date": run.date,
        "nearest_hazard": run.nearest,
        "distance_m": run.distance_m,
        "road": run.road,
        "expires_on": run.expires_on,
    }


def _condition(condition: Condition) -> dict[str, Any]:
    facts = dict(condition.facts)
    neighbours: Sequence[Neighbour] = facts.get("neighbours", ())
    if "neighbours" in facts:
        facts["neighbours"] = [{"layer": n.layer, "id": n.id, "distance_m": n.distance_m} for n in neighbours]
    return {"code": condition.code, "detail": condition.detail, **facts}


def by_class(told: Sequence[Run]) -> dict[str, float]:
    """Return the metres of each class that occurs, the worst first; they sum to the length."""
    found = {kind: sum(run.length_m for run in told if run.kind == kind) for kind in Evidenced}
    return {kind.name: metres for kind, metres in found.items() if metres > 0}


def reason(why: Reason) -> dict[str, Any]:
    """Return why there is no route, as plain values."""
    return {"code": why.code, "detail": why.detail, **why.facts}


def judgement(route: Route, *, today: dt.date, historical: bool = False) -> Judgement:
    """Return the verdict on a route (see `layers.routing.verdict.judge`)."""
    judged = route.ground.judged
    return judge(runs(route), judged.mode, judged.evidence.rules, today=today, historical=historical)


def turns(route: Route) -> list[dict[str, Any]]:
    """Return the roads a route follows, in order, a row each with the columns `TURNS`.

    Names are those of the records; the class is the worst on that stretch. Seconds are shared by the length of each leg
    on its edge, and sum to the duration.
    """
    rows, so_far = [], 0.0
    sections = route.sections
    for road, legs in groupby(route.legs, key=lambda leg: _road(route, leg)):
        group = list(legs)
        metres = sum(leg.length for leg in group)
        # Sections lie on one leg each: their middles cannot fall on a border.
        middle = (sections["from_m"] + sections["to_m"]) / 2
        inside = sections[(middle >= so_far) & (middle < so_far + metres)]
        worst = min(int(route.judged(int(s["stop"])).classes[s["piece"]]) for s in inside)
        row = (so_far, so_far + metres, *road, metres, sum(seconds(route, leg) for leg in group), Evidenced(worst).name)
        rows.append(dict(zip(TURNS, row, strict=True)))
        so_far += metres
    return rows


def seconds(route: Route, leg: Leg) -> float:
    """Return how long a leg takes (s)."""
    if leg.stop >= 0:
        return route.anchors[leg.stop].stop.time / 1e6
    ground = route.ground
    along, against = ground.seconds
    time = along[leg.edge] if leg.begin <= leg.end else against[leg.edge]
    return float(time * leg.length / ground.network.length[leg.edge])


def _road(route: Route, leg: Leg) -> tuple[str | None, str | None]:
    """Return the id and the name of the road of a leg; nothing on a connector."""
    if leg.stop >= 0:
        return None, None
    record = route.ground.network.roads.iloc[route.ground.network.road[leg.edge]]
    name = record.get("name")
    return str(record["id"]), None if versions.is_missing(name) else str(name)
