"""Only ground that was looked at has a label; distances, shares and rankings agree with counting by hand."""

import datetime as dt
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_case import BEGIN, CELL_M, END, KNOWN, LATER, LOOKED, area, frame, joined, squares

from layers.likelihood import NotEnough, Settings
from layers.likelihood.covering import counted, covered_m2, without
from layers.likelihood.features import DENSITY, DISTANCE, FARTHEST_M, Ground, density, features, log_distance
from layers.likelihood.grid import grid_over
from layers.likelihood.known import known, version_frames
from layers.likelihood.labels import found_between
from layers.likelihood.methods import METHODS, teach
from layers.likelihood.panel import Panel, origins_of
from layers.likelihood.scores import brier, found_within, pr_auc, recall_at, reliability
from layers.likelihood.validation import split

GRID = grid_over(area(6000), CELL_M)
HERE = [[2500, 3500]]
"""The middle of a cell: all that happens in these cases happens there."""
CELL = 2 * 6 + 2


def looked(settings=None, **frames):
    """What became known of the cell at HERE in 2020: None where nobody looked, else whether there was contamination."""
    records = version_frames(frames)
    before, after = (known(records, GRID, day) for day in (BEGIN, END))
    found = found_between(records, GRID, before, after, settings or Settings())
    others = np.delete(np.arange(36), CELL)
    assert not found.looked[others].any()
    assert not (found.positive & ~found.looked).any()
    return bool(found.positive[CELL]) if found.looked[CELL] else None


def hazard(date=KNOWN, side=400, classification="SHA", **fields):
    return frame("hazards", squares(HERE, side), date, classification=classification, **({"id": ["H"]} | fields))


def again(date=LOOKED, side=400, classification="SHA", **fields):
    """A later version of the hazard, which was opened when it was."""
    later = hazard(date, side, classification, **fields)
    return joined(hazard(), later.assign(opened_on=KNOWN))


def release(product, date=LOOKED, side=400, **fields):
    return frame("releases", squares(HERE, side), date, product=product, **fields)


def spot(date, kind="item"):
    return frame("spots", shapely.points(HERE), date, kind=kind)


FINDS = Settings(finds_recorded=True)
CASES = {
    "nobody looked": (None, {}),
    "a known hazard alone": (None, {"hazards": hazard()}),
    "a new suspected area": (True, {"hazards": hazard(LOOKED)}),
    "a hazard that became known in time but holds from long ago": (True, {"hazards": hazard(KNOWN).assign(recorded_at=pd.Timestamp(f"{LOOKED}T00:00:00Z"))}),
    "a hazard known too late": (None, {"hazards": hazard(LOOKED).assign(recorded_at=pd.Timestamp(f"{LATER}T00:00:00Z"))}),
    "a known hazard that a survey enlarged": (True, {"hazards": again(side=700, change="survey")}),
    "a known hazard that a correction enlarged": (None, {"hazards": again(side=700, change="correction")}),
    "a known hazard that a survey told of again": (None, {"hazards": again(change="survey")}),
    "a suspected area that a survey confirmed": (True, {"hazards": again(classification="CHA", change="survey")}),
    "a known hazard that was withdrawn": (None, {"hazards": again(change="correction", withdrawn=True)}),
    "a new hazard on ground known to be one": (None, {"hazards": joined(hazard(side=700), hazard(LOOKED, id=["N"]))}),
    "a new hazard on ground that was released": (True, {"hazards": joined(hazard(side=700), hazard(LOOKED, id=["N"])), "releases": release("cancelled", KNOWN, 900)}),
    "a new hazard on ground cleared but not yet checked": (None, {"hazards": joined(hazard(side=700), hazard(LOOKED, id=["N"])), "releases": release("cleared", KNOWN, 900, qc_status="pending")}),
    "a survey without evidence": (False, {"surveys": frame("surveys", squares(HERE, 400), LOOKED)}),
    "a survey of a corner": (None, {"surveys": frame("surveys", squares(HERE, 300), LOOKED)}),
    "a survey of long ago": (None, {"surveys": frame("surveys", squares(HERE, 400), KNOWN)}),
    "a survey without evidence beside a new hazard": (True, {"hazards": hazard(LOOKED, 20), "surveys": frame("surveys", squares(HERE, 900), LOOKED)}),
    "a hazard that was cancelled": (False, {"hazards": hazard(), "releases": release("cancelled")}),
    "a hazard that was reduced": (False, {"hazards": hazard(), "releases": release("reduced")}),
    "a hazard that was reduced, with a find": (True, {"hazards": hazard(), "releases": release("reduced"), "spots": spot("2020-05-01")}),
    "a hazard that was cleared": (None, {"hazards": hazard(), "releases": release("cleared")}),
    "a hazard that was cleared, where finds are recorded": (False, {"hazards": hazard(), "releases": release("cleared"), "settings": FINDS}),
    "a hazard that was cleared, with a find": (True, {"hazards": hazard(), "releases": release("cleared"), "spots": spot("2020-05-01")}),
    "a hazard that was cleared, with an indication": (None, {"hazards": hazard(), "releases": release("cleared"), "spots": spot("2020-05-01", "indication")}),
    "a hazard that was cleared, with a find long before": (None, {"hazards": hazard(), "releases": release("cleared"), "spots": spot(KNOWN)}),
    "a find where nobody works": (None, {"spots": spot(LOOKED)}),
    "an accident": (None, {"incidents": frame("incidents", shapely.points(HERE), LOOKED, kind="accident")}),
}  # fmt: skip


@pytest.mark.parametrize(("outcome", "frames"), CASES.values(), ids=CASES)
def test_what_looking_found(outcome, frames):
    assert looked(**frames) is outcome


def test_later_incidents_and_ground_are_counted_apart():
    records = version_frames(
        {
            "hazards": joined(hazard(side=300), hazard(LOOKED, side=500, id=["N"])),
            "incidents": frame("incidents", shapely.points(HERE * 3), LOOKED, kind="accident"),
        }
    )
    found = found_between(records, GRID, known(records, GRID, BEGIN), known(records, GRID, END), Settings())
    assert found.found_m2[CELL] == pytest.approx(500**2 - 300**2)
    assert found.incidents.sum() == found.incidents[CELL] == 3


SEED = st.integers(0, 2**32 - 1)


@settings(max_examples=8)
@given(SEED)
def test_cover_distance_and_counts_are_those_of_each_cell_by_itself(seed):
    rng = np.random.default_rng(seed)
    round_area = area().set_geometry([shapely.Point(3300, 2800).buffer(2900)])
    grid = grid_over(round_area, 1000)
    polygons = shapely.buffer(shapely.points(rng.uniform(0, 6000, (6, 2))), rng.uniform(50, 1500, 6), quad_segs=3)
    points = shapely.points(rng.uniform(-500, 6500, (20, 2)))
    union = shapely.union_all(polygons)
    covered, count, far = covered_m2(grid, polygons), counted(grid, points), log_distance(grid, polygons)
    for cell, square in enumerate(grid.polygons):
        assert covered[cell] == pytest.approx(square.intersection(union).area, abs=1e-3)
        assert count[cell] == shapely.contains_properly(square, points).sum()
        away = shapely.distance(shapely.points(grid.centres[cell]), polygons).min()
        assert far[cell] == pytest.approx(np.log1p(away / 100))
        assert grid.area_m2[cell] == pytest.approx(square.intersection(round_area.geometry[0]).area)
    assert grid.area_m2.sum() == pytest.approx(round_area.geometry[0].area)
    rest = without(polygons[:3], polygons[3:])
    assert shapely.area(rest) == pytest.approx(
        [one.difference(shapely.union_all(polygons[3:])).area for one in polygons[:3]], abs=1e-3
    )


def test_nothing_known_is_far_and_thin_and_an_even_density_knows_no_edge():
    assert (log_distance(GRID, np.array([], dtype=object)) == np.log1p(FARTHEST_M / 100)).all()
    assert (density(GRID, np.zeros(36), 2000) == 0).all()
    np.testing.assert_allclose(density(GRID, np.full(36, 7.0), 2000), 1.0)


def test_terrain_tells_its_slope():
    x, y = GRID.centres.T
    ground = Ground(elevation=0.1 * x, slope=None)
    assert "slope" not in features(GRID, known(version_frames({}), GRID, BEGIN), ground)
    from layers.likelihood.features import ground_of

    told = ground_of(GRID, None, lambda places: 0.3 * places[:, 0] + 0.4 * places[:, 1])
    np.testing.assert_allclose(told.slope, 0.5)
    np.testing.assert_allclose(told.elevation, 0.3 * x + 0.4 * y)


def random_panel(seed, size=20, periods=2):
    rng = np.random.default_rng(seed)
    grid = grid_over(area(size * 1000), 1000)
    n = len(grid) * periods
    return grid, Panel(
        features=pd.DataFrame({"a": rng.random(n)}),
        cell=np.tile(np.arange(len(grid)), periods),
        period=np.repeat(np.arange(periods), len(grid)),
        block=np.tile(grid.blocks(4000), periods),
        looked=rng.random(n) < 0.5,
        positive=rng.random(n) < 0.3,
        found_m2=rng.random(n),
        incidents=rng.random(n),
        origins=(dt.date(2019, 12, 31), dt.date(2020, 12, 31), dt.date(2021, 12, 31)),
    )


@settings(max_examples=5)
@given(SEED, st.sampled_from([0.0, 1000.0, 2500.0]))
def test_no_block_is_in_training_and_test(seed, margin_m):
    grid, panel = random_panel(seed)
    tested_once = np.zeros(len(panel.cell), dtype=int)
    for train, tested in split(panel, grid, Settings(block_m=4000, margin_m=margin_m, seed=seed % 100)):
        assert not set(panel.block[train]) & set(panel.block[tested])
        assert panel.looked[train].all()
        apart = np.linalg.norm(
            grid.centres[panel.cell[train]][:, None] - grid.centres[np.unique(panel.cell[tested])], axis=2
        )
        assert apart.min() >= max(margin_m, 1000)
        tested_once += tested
    assert (tested_once[panel.looked] == 1).all()
    assert len(np.unique(panel.block)) == 25


def test_a_margin_that_leaves_nothing_to_train_on_is_refused():
    grid, panel = random_panel(1)
    with pytest.raises(NotEnough, match="a training part has not both"):
        list(split(panel, grid, Settings(block_m=4000, margin_m=20_000)))


@settings(max_examples=20)
@given(SEED, st.floats(0.01, 1))
def test_what_is_found_in_a_share_is_the_mean_over_orders_of_ties(seed, share):
    rng = np.random.default_rng(seed)
    score, weight, size = rng.integers(0, 3, 4).astype(float), rng.random(4), np.ones(4)
    orders = [list(order) for order in permutations(range(4)) if (np.diff(score[list(order)]) <= 0).all()]
    room = np.clip(share * 4 - np.arange(4), 0, 1)
    mean = np.mean([(weight[order] * room).sum() for order in orders])
    assert found_within(score, weight, size, share) == pytest.approx(mean)
    shuffled = rng.permutation(4)
    assert found_within(score[shuffled], weight[shuffled], size, share) == pytest.approx(mean)
    assert recall_at(score, weight, size, np.zeros(4, dtype=int), 1.0) == pytest.approx(1.0)


def test_scores_of_the_best_and_of_none():
    positive = np.array([True, True, False, False])
    assert pr_auc(positive, np.array([4.0, 3.0, 2.0, 1.0])) == 1.0
    assert pr_auc(positive, np.zeros(4)) == 0.5
    assert np.isnan(pr_auc(~positive & positive, np.zeros(4)))
    assert brier(positive, positive.astype(float)) == 0.0
    assert brier(positive, np.full(4, 0.5)) == 0.25
    assert np.isnan(recall_at(np.zeros(4), np.zeros(4), np.ones(4), np.zeros(4, dtype=int), 0.1))
    rows = reliability(positive, np.array([0.9, 0.7, 0.2, 0.1]))
    assert rows["found"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert rows["n"].sum() == 4


@pytest.mark.parametrize("name", METHODS)
def test_a_method_tells_likelihoods_whatever_is_unknown_and_follows_no_curve_beyond_what_it_learned(name):
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {DISTANCE: rng.uniform(0, 7, 200), DENSITY: rng.uniform(0, 3, 200), "elevation": rng.normal(800, 90, 200)}
    )
    table.loc[:50, "elevation"] = np.nan
    table["slope"] = np.nan
    taught = teach(name, table, table[DISTANCE].to_numpy() + rng.normal(0, 1, 200) < 3, seed=1)
    told = taught.likelihood(table)
    assert ((told >= 0) & (told <= 1)).all()
    assert told[table[DISTANCE] < 1].mean() > told[table[DISTANCE] > 5].mean() or name == "plain density"
    least, most = taught.bounds
    assert "slope" not in taught.columns
    for far, bound in ((-1e9, least), (1e9, most)):
        beyond = table.assign(**dict.fromkeys(taught.columns, far))
        nearest = table.assign(**{one: bound[k] for k, one in enumerate(taught.columns)})
        np.testing.assert_array_equal(taught.likelihood(beyond), taught.likelihood(nearest))


def test_days_to_look_ahead_from():
    records = version_frames({"hazards": joined(hazard("2015-03-01", id=["a"]), hazard("2019-03-01", id=["b"]))})
    until = dt.date(2019, 3, 1)
    ends = [dt.date(year, 12, 31) for year in (2015, 2016, 2017, 2018)]
    assert origins_of(records, until, Settings()) == (*ends, until)
    assert origins_of(records, until, Settings(most_origins=2)) == (*ends[-2:], until)
    assert origins_of(records, until, Settings(origins=("2018-05-01", "2020-01-01"))) == (dt.date(2018, 5, 1), until)
    with pytest.raises(NotEnough, match="no day before"):
        origins_of(records, until, Settings(origins=("2020-01-01",)))
