"""From many places to many: matrices of ways, and whether settlements can be reached from where people wait."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_service.balance import Refused, View
from geo_service.settings import Settings
from geo_service.travel.places import place_named
from geo_service.travel.question import fields_of, given, metres_of, place_of, text_of, word_of
from geo_service.travel.ways import NO_NETWORK, Roads
from layers import versions
from layers.roads.classes import HARD, Evidenced
from layers.roads.rules import Mode
from layers.routing.access import Asked, access
from layers.routing.matrix import matrix
from layers.routing.places import Places, places
from layers.routing.stretches import Stretches, stretches

MOST_PLACES, MOST_PAIRS = 1_000, 100_000

Geometries = NDArray[np.object_]
Flags = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, eq=False)
class Met:
    """Roads as one mode travels them, cut where places meet them.

    Attributes:
        roads: the network and its evidence.
        mode: who travels.
        places: where each place meets the road.
        ways: the stretches between nodes, cut at the places.
    """

    roads: Roads
    mode: Mode
    places: Places
    ways: Stretches


def met(roads: Roads, mode: Mode, geometries: Geometries) -> Met:
    """Return roads as a mode travels them, cut where places (points or areas) meet the nearest road open to it.

    Raises:
        Refused: there are no roads, or none that the mode may use.
    """
    if not len(roads.laid.network):
        raise Refused(NO_NETWORK)
    seconds = roads.laid.seconds(mode)
    try:
        spots = places(geometries, roads.evidence, np.isfinite(seconds[0]) | np.isfinite(seconds[1]))
    except ValueError as error:
        raise Refused(str(error)) from None
    return Met(roads, mode, spots, stretches(roads.judged(mode), seconds, (spots.edge, spots.along)))


@dataclasses.dataclass(frozen=True)
class Pairs:
    """A question about many ways: from each origin to each destination."""

    origins: tuple[tuple[float, float], ...]
    destinations: tuple[tuple[float, float], ...]
    mode: Mode = Mode.car
    as_of: str | None = None
    known_at: str | None = None
    max_snap_m: float = 500.0


def pairs_of(body: object) -> Pairs:
    """Return the question that a request's body asks.

    Raises:
        Refused: it is none; the message names the field.
    """
    known = [one.name for one in dataclasses.fields(Pairs)]
    body = fields_of(body, known, '{"origins": [[46.1, 39.2]], "destinations": [[46.7, 39.6]]}')
    found = {}
    for name in ("origins", "destinations"):
        value = body.get(name)
        if not isinstance(value, Sequence) or isinstance(value, str) or not 0 < len(value) <= MOST_PLACES:
            raise Refused(f"{name}: a list of 1 to {MOST_PLACES} places, each [longitude, latitude] in degrees")
        found[name] = tuple(place_of(one, f"{name}[{k}]") for k, one in enumerate(value))
    if len(found["origins"]) * len(found["destinations"]) > MOST_PAIRS:
        raise Refused(f"origins, destinations: at most {MOST_PAIRS:,} pairs at a time; ask in parts")
    return Pairs(
        **found,
        mode=word_of(given(body, "mode", "car"), Mode, "mode"),
        as_of=text_of(body.get("as_of"), "as_of"),
        known_at=text_of(body.get("known_at"), "known_at"),
        max_snap_m=metres_of(given(body, "max_snap_m", 500.0), "max_snap_m", 5_000.0),
    )


def all_pairs(roads: Roads, asked: Pairs) -> list[dict[str, Any]]:
    """Return a row per pair: how long and how far the fastest way is, on what evidence, or why there is none.

    What lies between a place and its road counts as not surveyed; a place too far from a road, or with open ground, its
    buffer or a report between, has no way.
    """
    points = np.asarray(shapely.points([*asked.origins, *asked.destinations]), dtype=object)
    found = met(roads, asked.mode, points)
    n = len(asked.origins)
    table = matrix(found.ways, found.ways.place[:n], found.ways.place[n:])
    far = found.places.distance > asked.max_snap_m
    barred = (found.places.hazards.counts + found.places.points.counts) > 0
    rows = []
    for row in plain(table):
        a, b = row["origin"], row["destination"] + n
        no = _refused(far, barred, a, b)
        if no:
            missing = dict.fromkeys(("seconds", "metres", "surveyed_seconds"))
            row |= {**missing, "worst": "", "verdict": "no_go", "reason": no}
        between = float(found.places.distance[a] + found.places.distance[b])
        if row["seconds"] is not None and between > 0:
            row |= {"worst": "unsurveyed", "verdict": "insufficient_information", "metres": row["metres"] + between}
        rows.append({**row, "snap_m": between})
    return rows


def _refused(far: Flags, barred: Flags, origin: int, destination: int) -> str:
    """Return why places can't be led to the road, "" where they can."""
    if far[origin] or far[destination]:
        return "NO_ROAD"
    return "START_IN_BUFFER" if barred[origin] else "END_IN_BUFFER" if barred[destination] else ""


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as plain values: nothing where a number is missing."""
    columns = {str(name): table[name].tolist() for name in table}
    return [
        {name: None if versions.is_missing(value) else value for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def waiting(settlements: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return how many people are still to return to each settlement: those planned, less those who have."""
    planned, back = (
        pd.to_numeric(settlements[name]).fillna(0.0).to_numpy(np.float64) for name in ("returnees_planned", "returned")
    )
    return np.asarray(np.maximum(planned - back, 0.0))


def sites_of(seen: View, asked: str | None) -> tuple[list[str], Geometries]:
    """Return the names and places of the displacement sites: the one asked for, else all in force.

    Raises:
        Refused: there is none, or none of that name.
    """
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    if asked is not None:
        place = place_named(asked, seen, "site")
        return [asked], np.asarray([shapely.Point(place)], dtype=object)
    sites = frame[(frame["kind"] == "displacement_site").to_numpy(dtype=bool, na_value=False)]
    if not len(sites):
        raise Refused("site: no displacement site is in force; name a settlement or LON,LAT, such as site=46.1,39.2")
    return sites["id"].tolist(), sites.geometry.to_numpy()


def homes_of(seen: View) -> gpd.GeoDataFrame:
    """Return the settlements that people come from, in order of id."""
    frame = seen.snapshot.in_force("settlements", seen.as_of)
    return frame[~(frame["kind"] == "displacement_site").to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)


def reachable(roads: Roads, seen: View, site: str | None, mode: Mode, max_snap_m: float) -> list[dict[str, Any]]:
    """Return for each settlement whether it is reached from a site, on what evidence, or what bars the way.

    Of several sites the one counts from which the evidence is best, then the fastest; where none leads there, the one
    from which the least ground has to be cleared.

    Raises:
        Refused: there is no such site, no settlement or no road, or the site is too far from one.
    """
    names, sites = sites_of(seen, site)
    homes = homes_of(seen)
    if not len(homes):
        raise Refused("there are no settlements in force at this date: load the layer settlements")
    ids = homes["id"].to_numpy(object)
    best: dict[str, tuple[Any, dict[str, Any]]] = {}
    trouble = []
    for name, place in zip(names, sites, strict=True):
        found = met(roads, mode, np.asarray([place, *homes.geometry], dtype=object))
        points = np.array([f"{layer}/{id_}" for layer, id_ in _named(roads)], dtype=object)
        asked = Asked(found.ways, roads.evidence.hazards, found.places, ids, points, max_snap_m)
        try:
            table = access(asked)
        except ValueError as error:
            trouble.append(f"{name}: {error}")
            continue
        for row in plain(table):
            rank = _rank(row)
            if row["settlement"] not in best or rank < best[row["settlement"]][0]:
                best[row["settlement"]] = rank, {**row, "site": name}
    if not best:
        raise Refused(f"site: {'; '.join(trouble)}")
    people = waiting(homes)
    return [
        _told(best[id_][1], str(called), float(count))
        for id_, called, count in zip(ids.tolist(), homes["name"], people, strict=True)
    ]


def _named(roads: Roads) -> list[tuple[str, str]]:
    points = roads.evidence.points
    return list(zip(points["layer"].tolist(), points["id"].tolist(), strict=True))


def _rank(row: Mapping[str, Any]) -> tuple[float, float, float]:
    if row["reached"]:
        return (0.0, -float(Evidenced[row["worst"]]), row["seconds"])
    return (1.0, 0.0, np.inf if row["m2"] is None else row["m2"])


def _told(row: Mapping[str, Any], name: str, people: float) -> dict[str, Any]:
    """Return what is said of a settlement."""
    reached = bool(row["reached"])
    evidence = {kind.name: row[kind.name] for kind in Evidenced if kind > HARD and row[kind.name]}
    return {
        "settlement": row["settlement"],
        "name": name,
        "people_waiting": round(people),
        "site": row["site"],
        "reached": reached,
        "verdict": row["verdict"],
        "worst": row["worst"] or None,
        "duration_s": row["seconds"],
        "length_m": row["metres"],
        "evidence": evidence if reached else {},
        "road_m": row["road_m"],
        "reason": row["reason"] or None,
        "hazards": row["hazards"].split(";") if row["hazards"] else [],
        "m2": row["m2"],
        "bound_m2": row["bound_m2"],
        "proven": row["proven"],
        "points": row["points"].split(";") if row["points"] else [],
    }


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many settlements, and people waiting, stand how."""
    kinds = ("go_with_conditions", "insufficient_information", "no_go")
    return {
        kind: {
            "settlements": sum(row["verdict"] == kind for row in rows),
            "people_waiting": sum(row["people_waiting"] for row in rows if row["verdict"] == kind),
        }
        for kind in kinds
    }


def about(seen: View, settings: Settings, mode: Mode) -> dict[str, Any]:
    """Return what every answer says of itself."""
    return {
        "mode": mode.value,
        "as_of": seen.as_of,
        "known_at": seen.known_at,
        "revision": seen.snapshot.number,
        "notice": settings.sentences(seen.as_of.isoformat(), seen.known_at),
        "synthetic": settings.synthetic,
    }
