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
from layers.roads.facts import Facts, Inputs, found, gathered
from layers.roads.network import Network
from layers.roads.records import sources
from layers.roads.rules import Rules

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
