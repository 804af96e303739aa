"""The ground under roads is that of the record: against the counter, which knows nothing of geometry."""

from datetime import datetime

import geopandas as gpd
import numpy as np
import pytest
import shapely
from counter import Counter, in_force
from hypothesis import given, settings
from hypothesis import strategies as st
from road_lines import network_of
from scenarios import CELL_M, dates, frames, knowledge, scenarios
from shapely import affinity

from layers import coverage, versions
from layers.coverage.opens import open_ground
from layers.coverage.state import STATES, is_released
from layers.roads.evidence import find
from layers.roads.rules import Rules

DEGREES = 0.01
WEST, SOUTH = 46.013, 39.007
SMALL = Rules(buffer_m=1, k=0, exposed_m=5, listed_m=5, road_width_m=2)


def placed(geometry):
    k = DEGREES / CELL_M
    return affinity.affine_transform(geometry, [k, 0, 0, k, WEST, SOUTH])


def arranged(scenario):
    """The scenario on the ellipsoid, a cell a hundredth of a degree."""
    layers = [one if one is None else one.set_crs(4326) for one in frames(scenario, reshape=placed)]
    return coverage.arrange(*layers)


def rows_of_cells(scenario):
    """A road through the middle of each row of cells, from outside to outside."""
    width, height = (max(cell[k] for cell in scenario.areas) + 1 for k in (0, 1))
    lines = []
    for j in range(height):
        y = SOUTH + (j + 0.51) * DEGREES
        lines.append([(WEST - 0.004, y), (WEST + width * DEGREES + 0.004, y)])
    return network_of(lines), width


def piece_at(evidence, edge, lon):
    """The piece of an edge that runs along a parallel at a longitude: the edge is straight, so a share of it."""
    first, last = evidence.network.first[edge : edge + 2]
    west, east = evidence.network.lonlat[[first, last - 1], 0]
    at = (lon - west) / (east - west) * evidence.network.length[edge]
    mine = np.flatnonzero(evidence.pieces["edge"] == edge)
    return int(mine[np.searchsorted(evidence.pieces["begin"][mine], at, side="right") - 1])


@settings(max_examples=60)
@given(scenarios(), st.data())
def test_ground_under_a_road_is_that_of_the_cell(scenario, data):
    known_at = data.draw(knowledge(scenario))
    day = data.draw(dates)
    arrangement = arranged(scenario).at(known_at)
    network, width = rows_of_cells(scenario)
    evidence = find(network, arrangement, day, SMALL)
    counter = Counter(scenario, known_at)
    opened = open_ground(arrangement, day)
    for j in range(len(network)):
        for i in range(width):
            ground = counter.ground((i, j), day)
            place = piece_at(evidence, j, WEST + (i + 0.5) * DEGREES)
            piece = evidence.pieces[place]
            assert STATES[piece["ground"]].value == ground.state
            barred = evidence.barred_by[evidence.barring[place] : evidence.barring[place + 1]]
            assert set(evidence.hazards.ids[barred]) == ground.unanswered
            assert set(evidence.hazards.ids) == set(opened.ids)
            check_source(evidence, piece, counter, (i, j), day)


def check_source(evidence, piece, counter, cell, day):
    state = STATES[piece["ground"]].value
    if is_released(piece["ground"]):
        source = evidence.sources.iloc[piece["source"]]
        assert (source["layer"], source["product"]) == ("releases", state)
        assert counter.is_effective_there(source["id"], cell, day)
        said = in_force(counter.releases[source["id"]], day)
        assert versions.as_date(source["date"]) == said["completed_on"]
        standing = [hazard for hazard in counter.hazards if counter.stands(hazard, cell, day)]
        if standing:
            # It answers a hazard that nothing stronger answers.
            limited = [
                h
                for h in standing
                if counter.answers(source["id"], h, cell, day)
                and counter.strongest([r for r in counter.releases if counter.answers(r, h, cell, day)], day) == state
            ]
            assert limited
    elif state == "surveyed_no_evidence":
        source = evidence.sources.iloc[piece["source"]]
        assert source["layer"] == "surveys"
        surveyed = [s for s in counter.surveys if counter.is_surveyed(s, cell, day)]
        assert source["id"] in surveyed
        latest = max(in_force(counter.surveys[s], day)["surveyed_on"] for s in surveyed)
        assert versions.as_date(source["date"]) == latest
    else:
        assert piece["source"] == -1


def fills(evidence):
    """The pieces of every edge lie end to end from its beginning to its end."""
    pieces, e = evidence.pieces, len(evidence.network)
    first = np.searchsorted(pieces["edge"], np.arange(e + 1))
    assert (np.diff(pieces["edge"]) >= 0).all()
    for k in range(e):
        mine = pieces[first[k] : first[k + 1]]
        assert mine["begin"][0] == 0
        assert mine["end"][-1] == evidence.network.length[k]
        assert (mine["begin"][1:] == mine["end"][:-1]).all()
        assert len(mine) == 1 or (mine["end"] - mine["begin"] > 0.5e-3).all()


@settings(max_examples=25)
@given(scenarios(), dates)
def test_pieces_fill_their_edges(scenario, day):
    network, _ = rows_of_cells(scenario)
    fills(find(network, arranged(scenario), day))


def square(west, south, east, north):
    return shapely.box(west, south, east, north)


def hazards(*polygons, **said):
    n = len(polygons)
    columns = {
        "id": [f"H{k}" for k in range(n)],
        "classification": "SHA",
        "opened_on": "2020-01-01",
        "positional_accuracy_m": 5.0,
        **said,
    }
    return gpd.GeoDataFrame(columns, geometry=list(polygons), crs=4326)


def cleared(*polygons, **said):
    n = len(polygons)
    columns = {
        "id": [f"C{k}" for k in range(n)],
        "product": "cleared",
        "completed_on": "2020-06-01",
        "qc_status": "passed",
        "qc_on": "2020-06-02",
        **said,
    }
    return gpd.GeoDataFrame(columns, geometry=list(polygons), crs=4326)


def states(evidence):
    return [STATES[one].value for one in evidence.pieces["ground"]]


def test_a_hazard_cleared_along_its_own_line_leaves_nothing_open_on_the_road():
    """The release has more vertices than the hazard: crossings differ in the last digits, and no block is left."""
    plain = shapely.Polygon([(46.01, 39.0), (46.0203, 39.0007), (46.019, 39.011), (46.0097, 39.0099)])
    dense = shapely.segmentize(plain, 0.0003)
    network = network_of([[(46.0, 39.0031), (46.03, 39.0077)], [(46.0, 39.0049), (46.0301, 39.0050)]])
    evidence = find(network, coverage.arrange(hazards(plain), cleared(dense)), "2021-01-01")
    assert len(evidence.hazards) == 0
    assert states(evidence) == ["no_recorded_hazard", "cleared", "no_recorded_hazard"] * 2
    assert (evidence.pieces["nearest"] == -1).all()


def test_a_road_along_the_boundary_lies_inside_the_hazard():
    hazard = square(46.01, 39.0, 46.02, 39.01)
    along_the_edge = [(46.0, 39.01), (46.03, 39.01)]
    evidence = find(network_of([along_the_edge]), coverage.arrange(hazards(hazard)), "2021-01-01", SMALL)
    on = [piece for piece in evidence.pieces if STATES[piece["ground"]].value == "SHA"]
    assert sum(piece["end"] - piece["begin"] for piece in on) == pytest.approx(evidence.network.length[0] / 3, abs=1e-3)


def test_a_road_along_the_boundary_of_a_release_is_not_cleared():
    """A tie takes the more dangerous state: what the release shares with the hazard's rim stays open to the road."""
    hazard, release = square(46.01, 39.0, 46.02, 39.01), square(46.01, 39.0, 46.02, 39.01)
    road = [(46.0, 39.01), (46.03, 39.01)]
    bigger = square(46.01, 39.0, 46.02, 39.02)
    evidence = find(network_of([road]), coverage.arrange(hazards(bigger), cleared(release)), "2021-01-01", SMALL)
    assert states(evidence).count("cleared") == 0
    assert "SHA" in states(evidence)
    evidence = find(network_of([road]), coverage.arrange(hazards(hazard), cleared(bigger)), "2021-01-01", SMALL)
    assert "SHA" not in states(evidence)


def test_slivers_do_not_bar_a_road():
    """A release drawn a hair short of the hazard's edge leaves less than a square metre: the hazard is released."""
    hazard = square(46.01, 39.0, 46.02, 39.01)
    release = square(46.01, 39.0, 46.02 - 4e-9, 39.01)
    arrangement = coverage.arrange(hazards(hazard), cleared(release))
    evidence = find(network_of([[(46.0, 39.005), (46.03, 39.005)]]), arrangement, "2021-01-01")
    assert arrangement.partition("2021-01-01").attrs["total"]["hazards_open"] == 0
    assert len(evidence.hazards) == 0
    assert set(states(evidence)) == {"no_recorded_hazard", "cleared"}


def test_planar_records_are_refused():
    planar = hazards(square(0, 0, 100, 100)).set_crs(None, allow_override=True)
    with pytest.raises(ValueError, match="give the records a CRS"):
        find(network_of([[(46.0, 39.0), (46.1, 39.0)]]), coverage.arrange(planar), "2021-01-01")


def test_knowledge_of_the_future_is_not_used():
    """A moment between two approvals: what was recorded later changes nothing."""
    rows = hazards(square(46.01, 39.0, 46.02, 39.01), square(46.021, 39.0, 46.025, 39.01))
    rows["recorded_at"] = [
        datetime.fromisoformat("2020-02-01T00:00:00Z"),
        datetime.fromisoformat("2020-09-01T00:00:00Z"),
    ]
    arrangement = coverage.arrange(rows)
    network = network_of([[(46.0, 39.005), (46.03, 39.005)]])
    then = find(network, arrangement.at("2020-05-01T00:00:00Z"), "2020-05-01")
    assert then.hazards.ids.tolist() == ["H0"]
    assert find(network, arrangement, "2020-05-01").hazards.ids.tolist() == ["H0", "H1"]
