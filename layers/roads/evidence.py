"""What is known of every piece of road on a date.

Each edge is cut where something changes: the state of the ground under it, the buffer of a hazard, an incident or a
spot, the nearness to open ground. A piece then has one set of facts; what they mean to a traveller depends on the mode,
and is said by `layers.roads.classes`.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from layers import versions
from layers.coverage.arrangement import Arranged
from layers.coverage.opens import OpenGround
from layers.roads import moving
from layers.roads.facts import Facts, Inputs, found, gathered, reaches, together
from layers.roads.network import Network
from layers.roads.outlines import boxes_of_edges
from layers.roads.records import codes_of, sources
from layers.roads.rules import Rules
from layers.roads.stretches import Sets

Ints = NDArray[np.int64]
Rows = NDArray[Any]

PIECES = np.dtype(
    [
        ("edge", "i4"),
        ("begin", "f8"),  # metres along the edge
        ("end", "f8"),
        ("ground", "i1"),  # a place in layers.coverage.state.STATES
        ("source", "i4"),  # the row of `sources` that the state stands on, -1 where there is none
        (
            "blocker",
            "i4",
        ),  # the nearest CHA, else SHA, that it lies on or in whose buffer; else -1
        ("point", "i4"),  # the nearest incident or spot in whose buffer it lies, -1 where there is none
        # The latest day on which one of those that bar it was asserted; evidence must not be older. LONG_AGO: none.
        ("asserted", "i4"),
        ("reported", "i4"),  # the same of its points
        ("nearest", "i4"),  # the nearest open hazard within `listed_m`, -1 where there is none
        ("distance", "f8"),  # how near it comes (m), inf where there is none
        ("exposed", "?"),  # within `exposed_m` of open ground
    ]
)
"""Facts of a piece of road; sorted by edge, then begin; the pieces of an edge fill it. Days are since 1970-01-01."""


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
    return put_together(network, as_of, inputs, found(network, edges, inputs))


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
    if evidence.arrangement is None or evidence.rules != rules:
        return find(network, arrangement, as_of, rules)
    inputs = gathered(arrangement, as_of, rules, evidence.hazards)
    ground = moving.moved_ground(evidence.arrangement, arrangement, versions.day(evidence.as_of), inputs.day)
    if ground is None:
        return find(network, arrangement, as_of, rules)
    half = inputs.half_width(network)
    edge_before = np.arange(len(network))
    if network is not evidence.network:
        old_keys = moving.edge_keys(evidence.network, inputs.half_width(evidence.network))
        edge_before = moving.places_before(old_keys, moving.edge_keys(network, half))
    hazard_before = moving.places_before(evidence.hazards.ids, inputs.hazards.ids)
    point_before = moving.places_before(_names(evidence.points), _names(inputs.points))
    old_reach, new_reach = (
        reaches(evidence.hazards, evidence.points, rules),
        reaches(inputs.hazards, inputs.points, rules),
    )
    h_old, h_new = moving.moved_hazards(evidence.hazards, inputs.hazards, hazard_before)
    p_old, p_new = moving.moved_points(evidence.points, inputs.points, point_before)
    boxes = np.concatenate(
        [
            ground,
            evidence.hazards.boxes[h_old],
            inputs.hazards.boxes[h_new],
            evidence.points.bounds.to_numpy(np.float64).reshape(-1, 4)[p_old],
            inputs.points.bounds.to_numpy(np.float64).reshape(-1, 4)[p_new],
        ]
    )
    wide = half.max(initial=0.0)
    reach = np.concatenate(
        [
            np.full(len(ground), 1.0),
            *(
                one + wide
                for one in (old_reach[0][h_old], new_reach[0][h_new], old_reach[1][p_old], new_reach[1][p_new])
            ),
        ]
    )
    again = (edge_before < 0) | moving.touched(boxes_of_edges(network, np.arange(len(network))), boxes, reach)
    kept = _kept(evidence, edge_before, ~again, hazard_before, point_before)
    fresh = found(network, np.flatnonzero(again), inputs)
    return put_together(network, as_of, inputs, together([kept, fresh]))


def _names(points: gpd.GeoDataFrame) -> NDArray[np.object_]:
    found = np.empty(len(points), dtype=object)
    found[:] = list(zip(points["layer"], points["id"], strict=True))
    return found


def _kept(
    evidence: Evidence, edge_before: Ints, stays: NDArray[np.bool_], hazard_before: Ints, point_before: Ints
) -> Facts:
    """Return the facts of the edges that stay, with edges, hazards and points numbered as they are now."""
    edge_now = np.full(len(evidence.network), -1, dtype=np.int64)
    edge_now[edge_before[stays]] = np.flatnonzero(stays)
    hazard_now = moving.turned(hazard_before, len(evidence.hazards))
    point_now = moving.turned(point_before, len(evidence.points))
    code = codes_of(evidence.sources)
    pieces = evidence.pieces
    place = np.flatnonzero(edge_now[pieces["edge"]] >= 0)
    mine = pieces[place]

    def now(numbers: Ints, named: Ints) -> Ints:
        return np.where(named >= 0, numbers[named], -1) if len(numbers) else named.astype(np.int64)

    barred = Sets(evidence.barring, evidence.barred_by).chosen(place)
    return Facts(
        edge_now[mine["edge"]],
        mine["begin"],
        mine["end"],
        mine["ground"].astype(np.int64),
        now(code, mine["source"]),
        now(hazard_now, mine["blocker"]),
        now(point_now, mine["point"]),
        mine["asserted"].astype(np.int64),
        mine["reported"].astype(np.int64),
        now(hazard_now, mine["nearest"]),
        mine["distance"],
        mine["exposed"],
        Sets(barred.first, hazard_now[barred.names]),
    )


def put_together(network: Network, as_of: versions.Date, inputs: Inputs, facts: Facts) -> Evidence:
    """Return the evidence of a network from the facts of all its edges."""
    pieces = np.zeros(len(facts.edge), dtype=PIECES)
    for name in PIECES.names or ():
        if name != "source":
            pieces[name] = getattr(facts, name)
    table, pieces["source"] = sources(inputs.arrangement, facts.source)
    return Evidence(
        network,
        versions.as_date(as_of),
        inputs.rules,
        pieces,
        inputs.hazards,
        inputs.points,
        table,
        facts.barred.first,
        facts.barred.names,
        inputs.arrangement,
    )
