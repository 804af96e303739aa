"""What is known of every piece of road on a date.

Each edge is cut where something changes: the state of the ground under it, the buffer of a hazard, an incident or a
spot, the nearness to open ground. A piece then has one set of facts; what they mean to a traveller depends on the mode,
and is said by `layers.roads.classes`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.opens import OpenGround
from layers.roads import moving
from layers.roads.facts import PIECES, Facts, Inputs, found, gathered, reaches, spliced, together
from layers.roads.network import Network
from layers.roads.outlines import boxes_of_edges
from layers.roads.records import codes_of, sources
from layers.roads.rules import Rules
from layers.roads.stretches import Sets

__all__ = ["PIECES", "Evidence", "find", "moved"]

Ints = NDArray[np.int64]
Rows = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The facts of all pieces of a network on a date.

    Attributes:
        network: the roads.
        as_of: the date.
        rules: the rules they were found by.
        pieces: (p,) the pieces, of the type `PIECES`.
        hazards: the open ground; `blocker` and `nearest` are rows of it.
        points: incidents and spots that block, a row each: `layer`, `id`, `date`, `accuracy_m`, geometry.
        sources: releases in effect and surveys that ground under roads stands on, a row each: `layer`, `id`, `date`
            (completed or surveyed), `product`, `handed_over_on`, `depth_cm`, `row` of the version in its layer's frame.
        barring: (p + 1,) where the hazards that bar each piece begin in `barred_by`.
        barred_by: rows of `hazards` on whose open ground, or in whose buffer, a piece lies; ascending within a piece.
        arrangement: the records it was found from.
        boxes: (e, 4) west, south, east, north of each edge.
        inputs: what it was found from, beside the roads.
    """

    network: Network
    as_of: dt.date
    rules: Rules
    pieces: Rows
    hazards: OpenGround
    points: gpd.GeoDataFrame
    sources: gpd.GeoDataFrame
    barring: Ints
    barred_by: Ints
    arrangement: Arranged | None = field(default=None, repr=False)
    boxes: NDArray[np.float64] | None = field(default=None, repr=False)
    inputs: Inputs | None = field(default=None, repr=False)


def find(network: Network, arrangement: Arranged, as_of: versions.Date, rules: Rules | None = None) -> Evidence:
    """Return what is known of every piece of road on a date.

    Args:
        network: the roads.
        arrangement: the ground and the points, as known; in longitude and latitude.
        as_of: the date.
        rules: buffers and accuracies; the defaults where left out.

    Raises:
        ValueError: the arrangement is planar: distances on roads are measured in longitude and latitude.
    """
    rules = rules or Rules()
    inputs = gathered(arrangement, as_of, rules)
    edges = np.arange(len(network))
    facts = found(network, edges, inputs)
    table, facts.pieces["source"] = sources(inputs.arrangement, facts.pieces["source"].astype(np.int64))
    return _put_together(network, as_of, inputs, facts, table, boxes_of_edges(network, edges))


def moved(
    evidence: Evidence,
    network: Network,
    arrangement: Arranged,
    as_of: versions.Date,
    rules: Rules | None = None,
) -> Evidence:
    """Return what is known of every piece of road, from what was known before: equal to `find` to the last digit.

    Only edges that something new comes near are looked at: hazards whose open ground, class, accuracy or assertion
    differ, other records whose versions differ or that begin or end between the dates, points, and other edges.

    Args:
        evidence: found before, from the same log of records: at another date, or of more or less knowledge.
        network, arrangement, as_of, rules: as in `find`.
    """
    rules = rules or Rules()
    if evidence.arrangement is None or evidence.boxes is None or evidence.rules != rules:
        return find(network, arrangement, as_of, rules)
    inputs = gathered(arrangement, as_of, rules, evidence.hazards)
    ground = moving.moved_ground(evidence.arrangement, arrangement, versions.day(evidence.as_of), inputs.day)
    if ground is None:
        return find(network, arrangement, as_of, rules)
    half = inputs.half_width(network)
    edge_before, boxes = np.arange(len(network)), evidence.boxes
    if network is not evidence.network:
        edge_before = moving.edges_before(evidence.network, network, inputs.half_width(evidence.network), half)
        boxes = boxes_of_edges(network, np.arange(len(network)))
    hazard_before = moving.places_before(evidence.hazards.ids, inputs.hazards.ids)
    point_before = moving.places_before(_names(evidence.points), _names(inputs.points))
    grounds, reach = [ground], [np.full(len(ground), 1.0)]
    wide = half.max(initial=0.0)
    for now, hazards, points in zip(
        (False, True),
        moving.moved_hazards(evidence.hazards, inputs.hazards, hazard_before),
        moving.moved_points(evidence.points, inputs.points, point_before),
        strict=True,
    ):
        one: Inputs | Evidence = inputs if now else evidence
        far, beside = reaches(one.hazards, one.points, rules)
        bounds = shapely.bounds(one.points.geometry.to_numpy()).reshape(-1, 4)
        grounds += [one.hazards.boxes[hazards], bounds[points]]
        reach += [far[hazards] + wide, beside[points] + wide]
    again = (edge_before < 0) | moving.touched(boxes, np.concatenate(grounds), np.concatenate(reach))
    fresh = found(network, np.flatnonzero(again), inputs)
    edge_now = moving.turned(np.where(again, moving.NEW, edge_before), len(evidence.network))
    table, source_now = _sources_now(evidence, edge_now, fresh, inputs)
    numbers = {
        "source": source_now,
        "point": moving.turned(point_before, len(evidence.points)),
        "blocker": moving.turned(hazard_before, len(evidence.hazards)),
    }
    kept = _renamed(evidence, numbers | {"nearest": numbers["blocker"]})
    if network is evidence.network:
        facts = spliced(kept, np.flatnonzero(again), fresh)
    else:
        facts = together([_moved_edges(kept, edge_now), fresh])
    return _put_together(network, as_of, inputs, facts, table, boxes)


def beside(evidence: Evidence, lines: Network) -> Evidence:
    """Return what is known of other lines, such as ways from places to the road, from the same records.

    Raises:
        ValueError: the evidence does not say what it was found from.
    """
    inputs = evidence.inputs
    if inputs is None:
        raise ValueError("this evidence was put together by hand: find it from records")
    edges = np.arange(len(lines))
    facts = found(lines, edges, inputs)
    said, known = facts.pieces["source"].astype(np.int64), codes_of(evidence.sources)
    if np.isin(said, [-1, *known.tolist()]).all():
        # The records under them are among those under roads, as a rule: no frame has to be made.
        order = np.argsort(known)
        place = (
            order[np.searchsorted(known, said, sorter=order).clip(max=max(len(known) - 1, 0))] if len(known) else said
        )
        table, rows = evidence.sources, np.where(said >= 0, place, -1)
    else:
        table, rows = sources(inputs.arrangement, said)
    facts.pieces["source"] = rows
    return _put_together(lines, evidence.as_of, inputs, facts, table, boxes_of_edges(lines, edges))


def _names(points: gpd.GeoDataFrame) -> NDArray[np.object_]:
    names = np.empty(len(points), dtype=object)
    names[:] = list(zip(points["layer"], points["id"], strict=True))
    return names


def _sources_now(evidence: Evidence, edge_now: Ints, fresh: Facts, inputs: Inputs) -> tuple[gpd.GeoDataFrame, Ints]:
    """Return the sources of the edges that stay and of fresh facts, and where each source of before is among them.

    Fresh facts get the rows of their sources instead of the codes.
    """
    codes, pieces = codes_of(evidence.sources), evidence.pieces
    used = np.zeros(len(codes) + 1, dtype=bool)  # the last: pieces without source
    used[pieces["source"][edge_now[pieces["edge"]] >= 0]] = True
    said = fresh.pieces["source"].astype(np.int64)
    table, rows = sources(inputs.arrangement, np.concatenate([np.where(used[:-1], codes, -1), said]))
    fresh.pieces["source"] = rows[len(codes) :]
    return table, rows[: len(codes)]


def _renamed(evidence: Evidence, numbers: Mapping[str, Ints]) -> Facts:
    """Return the facts of before with the rows that columns name as they are numbered now (-1: gone)."""
    pieces, barred = evidence.pieces, evidence.barred_by
    other = {name: now for name, now in numbers.items() if not np.array_equal(now, np.arange(len(now)))}
    if other:
        pieces = pieces.copy()
    for name, now in other.items():
        pieces[name] = np.where(pieces[name] >= 0, now[pieces[name]], -1)
    if "blocker" in other:
        barred = other["blocker"][barred]
    return Facts(pieces, Sets(evidence.barring, barred))


def _moved_edges(facts: Facts, edge_now: Ints) -> Facts:
    """Return the facts of the edges that stay, by the numbers they have now (-1: gone)."""
    place = np.flatnonzero(edge_now[facts.pieces["edge"]] >= 0)
    pieces = facts.pieces[place]
    pieces["edge"] = edge_now[pieces["edge"]]
    return Facts(pieces, facts.barred.chosen(place))


def _put_together(  # noqa: PLR0913, PLR0917
    network: Network,
    as_of: versions.Date,
    inputs: Inputs,
    facts: Facts,
    table: gpd.GeoDataFrame,
    boxes: NDArray[np.float64],
) -> Evidence:
    """Return the evidence of a network from the facts of all its edges, their sources as rows of the table."""
    return Evidence(
        network,
        versions.as_date(as_of),
        inputs.rules,
        facts.pieces,
        inputs.hazards,
        inputs.points,
        table,
        facts.barred.first,
        facts.barred.names,
        inputs.arrangement,
        boxes,
        inputs,
    )
