"""The answer to a question about a way: a feature per alternative, or the reasons why there is none."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from geo_service.balance import Refused, View, view
from geo_service.clock import Clock
from geo_service.settings import Settings
from geo_service.store.snapshot import Snapshots
from geo_service.travel.lines import DIGITS, stretch_of
from geo_service.travel.planning import plan_of
from geo_service.travel.question import Question
from geo_service.travel.ways import NO_NETWORK, Roads, Ways
from layers import versions
from layers.roads.rules import Rules
from layers.routing import answer as told
from layers.routing.barring import opens
from layers.routing.route import Route
from layers.routing.routes import Found, Limits, routes
from layers.routing.snap import Anchor


@dataclasses.dataclass(frozen=True)
class Asked:
    """A question, and what it is answered from.

    Attributes:
        question: what is asked.
        seen: the records at its date and knowledge time.
        rules: the programme's rules, with the buffer that the question asks for.
        historical: it asks about another day than today, or about an earlier knowledge.
    """

    question: Question
    seen: View
    rules: Rules
    historical: bool


def asked(question: Question, snapshots: Snapshots, settings: Settings, clock: Clock) -> Asked:
    """Return a question with what it is answered from.

    Raises:
        Refused: its date is to come, its knowledge time before the first record, or neither is a time.
    """
    seen = view(snapshots, settings, clock, question.as_of, question.known_at)
    historical = seen.as_of != settings.today(clock) or question.known_at is not None
    rules = settings.routes
    if question.buffer_m is not None:
        rules = dataclasses.replace(rules, buffer_m=question.buffer_m)
    return Asked(question, seen, rules, historical)


def answered(one: Asked, ways: Ways, settings: Settings, clock: Clock) -> dict[str, Any]:
    """Return the answer as a GeoJSON FeatureCollection with the fields of the contract.

    Raises:
        Refused: a place can't be used; the message names it.
    """
    return {"type": "FeatureCollection", **_about(one, settings), **_features(one, ways, settings, clock)}


def _about(one: Asked, settings: Settings) -> dict[str, Any]:
    seen, question = one.seen, one.question
    return {
        "from": question.origin,
        "to": question.destination,
        "via": question.via,
        "mode": question.mode.value,
        "unsurveyed": question.unsurveyed.value,
        "planning": question.planning,
        "as_of": seen.as_of,
        "known_at": seen.known_at,
        "revision": seen.snapshot.number,
        "historical": one.historical,
        "notice": settings.sentences(seen.as_of.isoformat(), seen.known_at),
        "synthetic": settings.synthetic,
    }


def _features(one: Asked, ways: Ways, settings: Settings, clock: Clock) -> dict[str, Any]:
    roads = ways.at(one.seen, one.rules)
    gap = versions.day(one.seen.as_of) < one.seen.snapshot.arrangement.first_day
    told_of = {"coverage_gap": gap, "attribution": attribution(roads)}
    if not len(roads.laid.network):
        return {**told_of, "features": [], "reasons": [{"code": "NO_ROAD", "detail": NO_NETWORK}]}
    if one.question.planning:
        return {**told_of, **plan_of(roads, one.question), "capped": False}
    found = found_on(roads, one.question)
    today = settings.today(clock)
    said = [told.properties(way, today=today, historical=one.historical) for way in found.alternatives]
    features = [feature(way, properties) for way, properties in zip(found.alternatives, said, strict=True)]
    return {
        **told_of,
        "features": features,
        "reasons": [told.reason(why) for why in found.reasons],
        "capped": found.capped,
        "front": found.front,
        "snapped": [_snapped(anchor) for anchor in found.anchors],
    }


def _snapped(anchor: Anchor) -> dict[str, Any]:
    return {"place": anchor.at, "road": anchor.touch.lonlat, "distance_m": anchor.touch.metres}


def found_on(roads: Roads, question: Question) -> Found:
    """Return the routes that answer a question.

    Raises:
        Refused: a place can't be used; the message names it.
    """
    ground = roads.ground(question.mode, question.unsurveyed)
    limits = Limits(max_alternatives=question.max_alternatives, max_snap_m=question.max_snap_m)
    places = [question.origin, *question.via, question.destination]
    try:
        return routes(
            ground, roads.laid.nearby, places, connect=roads.connect(question.mode), opening=opens, limits=limits
        )
    except ValueError as error:
        raise Refused(str(error)) from None


def attribution(roads: Roads) -> list[str]:
    """Return whom the roads are owed to, as their records say (OpenStreetMap asks to be named)."""
    if "source" not in roads.laid.network.roads:
        return []
    sources = roads.laid.network.roads["source"].dropna().astype(str)
    return sorted({source for source in sources if "©" in source})


def feature(route: Route, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return a route as a feature; every segment carries its own line."""
    line = np.round(route.lonlat, DIGITS)
    segments = [
        {**part, "coordinates": stretch_of(route.lonlat, part["from_m"], part["to_m"])}
        for part in properties["segments"]
    ]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": line.tolist()},
        "properties": {**properties, "segments": segments, "turns": told.turns(route)},
    }


def turns_of(answer: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return the turn lists of an answer's routes, a row per road, with the verdict on every row."""
    return [
        {
            "route": number,
            "verdict": one["properties"]["verdict"],
            "expires_on": one["properties"]["expires_on"],
            **turn,
        }
        for number, one in enumerate(answer["features"], start=1)
        for turn in one["properties"]["turns"]
    ]
