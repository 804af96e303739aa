"""The subject of a statement on the ground of a view: its shape, the ground around it that is answered for, its way."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from geo_service.balance import Refused, View
from geo_service.settings import Settings
from geo_service.statements.plane import Plane
from geo_service.statements.question import Question
from geo_service.travel import answers
from geo_service.travel.told import WAY
from geo_service.travel.ways import NO_NETWORK
from layers import measure

if TYPE_CHECKING:
    from geo_service.api.dependencies import Service

Box = tuple[float, float, float, float]

BRIEF = ("verdict", "length_m", "duration_s", "exposure_m", "expires_on")
"""What it says of the ways beside it."""


@dataclass(frozen=True)
class Subject:
    """What is stated about.

    Attributes:
        about: what it is, as plain values: its kind and names.
        shape: where it lies (degrees): a parcel, a settlement, a way.
        ground: the polygon whose ground is answered for (degrees).
        road: the ways between two places, as plain values; None where it is no road.
    """

    about: dict[str, Any]
    shape: shapely.Geometry
    ground: shapely.Geometry
    road: dict[str, Any] | None = None


def subject(question: Question, seen: View, service: "Service") -> Subject:
    """Return the subject of a question on the ground of a view.

    Raises:
        Refused: there is no such settlement, no road at all, or a place can't be used; the message says which.
    """
    if question.parcel is not None:
        return Subject({"kind": "parcel"}, question.parcel, question.parcel)
    if question.settlement is not None:
        return _settlement(question, seen, service.settings)
    return _road(question, service)


def refuse_outside(ground: shapely.Geometry, area: Box | None) -> None:
    """Let through ground that lies in the area of operations.

    Raises:
        Refused: some of it lies beyond the area's edge, where nothing is known; the message says how much.
    """
    if area is None:
        return
    west, south, east, north = area
    beyond = shapely.difference(ground, shapely.box(*area))
    if beyond.is_empty:
        return
    outside = float(measure.areas(np.array([beyond]))[0]) if beyond.area > 0 else 0.0
    if outside <= 0:
        return
    raise Refused(
        f"{outside:,.0f} m2 of the ground lie outside the area of operations (longitude {west:.4f} to {east:.4f}, "
        f"latitude {south:.4f} to {north:.4f}): nothing is known there, and nothing is stated. Ask for the part inside"
    )


def _settlement(question: Question, seen: View, settings: Settings) -> Subject:
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    found = frame[frame["id"] == question.settlement]
    if not len(found):
        raise Refused(
            f"settlement: none in force on {seen.as_of} has the id {question.settlement!r}; the search of the map and "
            "/collections/settlements/items show the ids"
        )
    row, shape = found.iloc[0], found.geometry.iloc[0]
    radius = question.radius_m or settings.statements.radius_m
    aliases = row["aliases"] if isinstance(row["aliases"], list) else []
    about = {
        "kind": "settlement",
        "id": str(row["id"]),
        "name": str(row["name"]),
        "aliases": [str(one) for one in aliases],
        "radius_m": radius,
    }
    return Subject(about, shape, Plane.around(shape).grown(shape, radius))


def _road(question: Question, service: "Service") -> Subject:
    if question.way is None:
        raise AssertionError
    settings, clock = service.settings, service.clock
    one = answers.asked(question.way, service.snapshots, settings, clock)
    told = answers.answered(one, service.ways, settings, clock)
    # As it will be read again: dates as text.
    found = orjson.loads(orjson.dumps(told))
    if any(one.get("detail") == NO_NETWORK for one in found.get("reasons", ())):
        raise Refused(f"from, to: {NO_NETWORK}")
    features = found["features"]
    corridor = question.corridor_m or settings.statements.corridor_m
    places = [list(question.way.origin), list(question.way.destination)]
    about = {"kind": "road", "from": places[0], "to": places[1], "mode": found["mode"]}
    about |= {"unsurveyed": found["unsurveyed"], "corridor_m": corridor}
    road: dict[str, Any] = {
        "verdict": "no_way",
        "reasons": found["reasons"],
        "ways": len(features),
        "chosen": None,
        "attribution": found["attribution"],
    }
    if not features:
        shape: shapely.Geometry = shapely.MultiPoint(places)
        return Subject(about, shape, Plane.around(shape).grown(shape, corridor), road)
    # Of all that no other beats in time and exposure, the least exposed one; the others are named beside it.
    best = min(features, key=lambda one: (one["properties"]["exposure_m"], one["properties"]["duration_s"]))
    properties = best["properties"]
    shape = shapely.LineString(best["geometry"]["coordinates"])
    road |= {
        "verdict": properties["verdict"],
        "chosen": {name: properties[name] for name in WAY},
        "others": [{name: one["properties"][name] for name in BRIEF} for one in features if one is not best],
    }
    return Subject(about, shape, Plane.around(shape).grown(shape, corridor), road)
