"""The ground as cells: counted true to area, and never painted better than the worst that is in a cell."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import measure
from layers.questions import Unreadable
from layers.rasters.states import CAUTION, CODES, colour_table, labels, paint
from layers.rasters.zonal import in_plane
from layers.vocabulary import State

STATE = {code: state for state, code in CODES.items()}
RELEASED = {State.cancelled, State.reduced, State.cleared}


def ground(seed, sides=0.2):
    """A district, parted: polygons one upon another, the first on top."""
    rng = np.random.default_rng(seed)
    left = shapely.box(46, 39.5, 46 + sides, 39.5 + sides * 0.8)
    states = {}
    for state in rng.permutation(list(State)[:6])[: rng.integers(1, 7)].tolist():
        x, y = rng.uniform(46, 46 + sides, 4), rng.uniform(39.5, 39.5 + sides * 0.8, 4)
        blobs = shapely.buffer(shapely.points(x, y), rng.uniform(0.002, 0.25, 4) * sides, quad_segs=rng.integers(1, 5))
        states[State(state)] = shapely.intersection(left, shapely.union_all(blobs))
        left = shapely.difference(left, states[State(state)])
    states[State.no_recorded_hazard] = left
    polygons = {one: shapely.MultiPolygon([p for p in shapely.get_parts(g) if p.geom_type == "Polygon"]) for one, g in states.items()}  # fmt: skip
    return {one: shape for one, shape in polygons.items() if not shape.is_empty}


def areas(states):
    return {one: float(measure.areas(np.array([shape]))[0]) for one, shape in states.items()}


@settings(max_examples=6)
@given(st.integers(0, 2**32 - 1))
def test_areas_agree_and_no_cell_reads_better_than_what_is_in_it(seed):
    states = ground(seed)
    painted = paint(states, areas(states), 400.0)
    codes, cells = painted.codes, painted.cells
    cell = cells.dx * cells.dy
    flat = {one: in_plane(shape, painted.crs) for one, shape in states.items()}
    row, column = np.divmod(np.arange(codes.size), cells.columns)
    boxes = shapely.box(
        cells.west + column * cells.dx, cells.north - (row + 1) * cells.dy,
        cells.west + (column + 1) * cells.dx, cells.north - row * cells.dy,
    )  # fmt: skip
    inside = {one: shapely.area(shapely.intersection(boxes, shape)) / cell for one, shape in flat.items()}
    counted, worst = codes.ravel() % 10, np.where(codes.ravel() >= 10, codes.ravel() // 10, codes.ravel() % 10)
    for one in painted.agreements:
        assert one.cells_m2 == (counted == CODES[one.state]).sum() * cell
        # Whole cells can do no better than half a cell; more than a few never miss.
        assert abs(one.cells_m2 - one.exact_m2) <= 2 * cell
        assert one.exact_m2 == pytest.approx(shapely.area(flat[one.state]), rel=1e-6)
    for number in np.flatnonzero(codes.ravel() > 0).tolist():
        there = {one for one, share in inside.items() if share[number] > 1e-4}
        shown, reckoned = STATE[worst[number]], STATE.get(counted[number])
        if reckoned is not None:
            assert inside[reckoned][number] > 0
        for one in there:
            assert CAUTION.index(shown) <= CAUTION.index(one), (shown, there)
    for one in (State.CHA, State.SHA):
        if one in inside:
            touched = inside[one] > 1e-7
            assert not np.isin(
                worst[touched], [CODES[state] for state in State if state not in {State.CHA, State.SHA}]
            ).any()
            assert (codes.ravel()[touched] > 0).all()


def test_a_hazard_smaller_than_a_cell_is_still_there_and_the_file_says_what_is_off():
    square = shapely.box(46, 39.5, 46.004, 39.504)
    tiny = shapely.box(46.001, 39.501, 46.0011, 39.5011)
    states = {State.CHA: tiny, State.cleared: shapely.difference(square, tiny)}
    painted = paint(states, areas(states), 15.0)
    of = {one.state: one for one in painted.agreements}
    assert (of[State.CHA].cells_m2, of[State.CHA].agrees, of[State.cleared].agrees) == (0, False, True)
    assert (painted.codes == 10 * CODES[State.CHA] + CODES[State.cleared]).sum() >= 1
    assert painted.advised_m == pytest.approx(np.sqrt(0.002 * areas(states)[State.CHA]))
    assert all(one.agrees for one in paint(states, areas(states), painted.advised_m).agreements)


def test_the_usual_size_agrees_and_the_colours_are_those_of_the_worst():
    states = ground(3, sides=0.4)
    painted = paint(states, areas(states))
    assert all(one.agrees for one in painted.agreements)
    assert painted.advised_m is None
    assert painted.codes.size < 3_000_000
    table, said = colour_table(), labels()
    assert set(np.unique(painted.codes).tolist()) <= set(table)
    assert table[10 * CODES[State.SHA] + CODES[State.cleared]] == table[CODES[State.SHA]]
    assert table[CODES[State.cleared]] not in {table[CODES[one]] for one in State if one is not State.cleared}
    assert said[27] == "no recorded hazard (not assessed), with SHA in the cell"
    # What is not assessed is never painted as released, whatever else is in the cell.
    released = {table[CODES[one]] for one in RELEASED}
    assert not {table[code] for code in table if 7 in {code // 10, code % 10} and code // 10 in {0, 7}} & released


def test_too_many_cells_and_no_ground_are_refused_with_what_fits():
    states = ground(1)
    with pytest.raises(Unreadable, match="take larger ones, 5 m fit"):
        paint(states, areas(states), 1.0)
    for wrong in (0.0, -5.0, float("nan"), float("inf"), 1e-300):
        with pytest.raises(Unreadable, match="number of metres"):
            paint(states, areas(states), wrong)
    with pytest.raises(Unreadable, match="no ground"):
        paint({}, {})
