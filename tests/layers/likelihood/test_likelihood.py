"""A likelihood: it finds a relation that is there, says so where there is none, and never lowers caution."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from survey_case import BEGIN, END, KNOWN, LATER, LINE, LOOKED, area, frame, invented, joined, squares

from layers import likelihood
from layers.likelihood import Attention, Evidence, NotEnough, Settings, attention, fit
from layers.likelihood.methods import METHODS, MODELS, PLAIN
from layers.likelihood.surface import SENTENCES
from layers.likelihood.validation import validate

SETTINGS = Settings(block_m=8000, margin_m=1000, origins=(BEGIN,))


def settings(**other):
    return dataclasses.replace(SETTINGS, **other)


@pytest.fixture(scope="module")
def planted():
    return fit(invented(3, planted=True), lines=LINE, until=END, settings=SETTINGS)


def test_a_planted_relation_is_found_better_than_by_distance(planted):
    scores = planted.scores()
    assert planted.better
    assert planted.surface.better
    assert planted.method in MODELS
    assert scores.loc[planted.model, "pr_auc"] > scores.loc["plain distance", "pr_auc"] + 0.2
    assert scores.loc[planted.model, "recall_m2_20"] > scores.loc["plain distance", "recall_m2_20"] + 0.2
    assert scores.loc[planted.model, "brier"] < scores.loc[planted.model, "brier_base"] - 0.05
    assert f"({planted.model}) is better than plain distance" in planted.explain()
    near = shapely.distance(shapely.points(planted.surface.grid.centres), LINE.geometry[0]) < 3000
    assert planted.surface.likelihood[near].mean() > 3 * planted.surface.likelihood[~near].mean()


def test_its_likelihood_is_as_often_right_as_it_says(planted):
    rows = planted.reliability(planted.model)
    assert rows["n"].sum() == planted.panel.looked.sum()
    assert abs(rows["told"] - rows["found"]).mean() < 0.1
    assert (rows["n"] * rows["found"]).sum() == pytest.approx(planted.panel.positive[planted.panel.looked].sum())


def test_the_scores_have_a_row_per_method_and_the_text_tells_them(planted):
    scores, text = planted.scores(), planted.explain()
    assert list(scores.index) == list(METHODS)
    assert {"pr_auc", "pr_auc_sd", "brier", "recall_m2_5", "recall_m2_10_sd", "recall_incidents_20"} <= set(scores)
    assert (
        (scores.drop(columns=[name for name in scores if name.endswith("_sd")]) >= 0)
        & (scores.drop(columns=[name for name in scores if name.endswith("_sd")]) <= 1)
    ).all(axis=None)
    assert f"{planted.base_rate:.3f}" in text
    for method in METHODS:
        assert f"{scores.loc[method, 'pr_auc']:.3f} ± {scores.loc[method, 'pr_auc_sd']:.3f}" in text
    assert "density of hazards, wide lies beyond all that was learned from" in text, "more is known now than then"
    for sentence in (*SENTENCES, "not assessed; it was learned from neither", "Former lines have no dates"):
        assert sentence in text


def test_an_area_without_a_relation_says_no_better():
    found = fit(invented(1, planted=False), lines=LINE, until=END, settings=SETTINGS)
    scores = found.scores()
    assert not found.better
    assert found.surface.better is False
    assert found.method in PLAIN
    assert "is no better than plain distance" in found.explain()
    assert "plan by evidence, not by it" in found.explain()
    assert (abs(scores["pr_auc"] - found.base_rate) < 0.12).all()


def test_shuffled_labels_are_found_as_often_as_by_chance(planted):
    panel = planted.panel
    shuffled = panel.positive.copy()
    shuffled[panel.looked] = np.random.default_rng(4).permutation(shuffled[panel.looked])
    told = validate(dataclasses.replace(panel, positive=shuffled), planted.surface.grid, SETTINGS).folds
    for method in MODELS:
        assert abs(told.loc[told["method"] == method, "pr_auc"].mean() - panel.base_rate) < 0.1


def test_the_same_seed_tells_the_same_and_later_records_change_nothing(planted):
    frames = invented(3, planted=True)
    late = pd.Timestamp(f"{LATER}T12:00:00Z")
    anywhere = squares(np.random.default_rng(9).uniform(0, 40_000, (200, 2)), 900)
    # Some describe the ground from long before on: as known then, they were not there.
    back_dated = frame("hazards", anywhere[:100], KNOWN, classification="CHA").assign(recorded_at=late)
    back_dated["id"] = [f"late-{k}" for k in range(100)]
    corrected = frames["hazards"].iloc[:25].assign(recorded_at=late, change="correction", withdrawn=True)
    frames["hazards"] = joined(frames["hazards"].assign(change=None, withdrawn=False), back_dated, corrected)
    frames["surveys"] = joined(frames["surveys"], frame("surveys", anywhere[100:], LATER))
    frames["spots"] = frame("spots", shapely.centroid(anywhere), LATER, kind="item")
    again = fit(frames, lines=LINE, until=END, settings=SETTINGS)
    pd.testing.assert_frame_equal(again.panel.features, planted.panel.features)
    pd.testing.assert_frame_equal(again.validated.folds, planted.validated.folds)
    np.testing.assert_array_equal(again.surface.likelihood, planted.surface.likelihood)
    np.testing.assert_array_equal(again.surface.evidence, planted.surface.evidence)
    assert again.explain() == planted.explain()


def test_the_surface_leaves_what_nobody_looked_at_not_assessed(planted):
    surface, cells = planted.surface, planted.surface.frame
    assert cells["likelihood"].between(0, 1).all()
    assert len(cells) == 1600
    looked_at = shapely.union_all(
        np.r_[invented(3, planted=True)["surveys"].geometry, invented(3, planted=True)["hazards"].geometry]
    )
    untouched = ~shapely.intersects(cells.geometry.to_numpy(), looked_at)
    assert 500 < untouched.sum() < 1600
    assert (cells["evidence"][untouched] == "not_assessed").all()
    assert not (cells["evidence"][~untouched] == "not_assessed").any()
    assert (cells["attention"] >= 1).all(), "nothing here was looked at as a whole"
    assert (cells["attention"][cells["likelihood"] >= surface.first] == Attention.first).all()
    assert cells.attrs["better"] is True
    assert SENTENCES[0] in cells.attrs["note"]


def test_a_geotiff_carries_values_places_and_sentences(planted, tmp_path):
    planted.write_geotiff(tmp_path / "likelihood.tif")
    with rasterio.open(tmp_path / "likelihood.tif") as raster:
        read = raster.read(1)
        assert np.isnan(raster.nodata)
        assert raster.tags()["method"] == planted.method
        assert raster.tags()["better_than_plain"] == "true"
        assert all(sentence in raster.tags()["note"] for sentence in SENTENCES)
        xy = planted.surface.grid.centres
        sampled = np.array([value[0] for value in raster.sample(xy)])
    np.testing.assert_array_equal(read, planted.surface.image.astype(np.float32))
    np.testing.assert_array_equal(sampled, planted.surface.likelihood.astype(np.float32))


def test_a_geotiff_has_nothing_outside_a_round_area_in_its_projection(tmp_path):
    from layers.likelihood.grid import grid_over
    from layers.likelihood.surface import Surface

    lonlat = area().set_geometry([shapely.Point(46.5, 39.8).buffer(0.2)], crs="EPSG:4326")
    grid = grid_over(lonlat, 2000)
    evidence = np.full(len(grid), Evidence.not_assessed, dtype=object)
    Surface(
        grid, np.full(len(grid), 0.5), evidence, "plain distance", False, pd.Timestamp(END).date(), 0.5, 0.6
    ).write_geotiff(tmp_path / "a.tif")
    with rasterio.open(tmp_path / "a.tif") as raster:
        read = raster.read(1)
        assert raster.crs.to_dict()["proj"] == "laea"
    assert np.isnan(read[0, 0])
    assert np.isfinite(read).sum() == len(grid)
    from layers.measure import areas

    assert grid.area_m2.sum() == pytest.approx(areas(lonlat.geometry.to_numpy())[0], rel=1e-4)


EVIDENCE = st.sampled_from(list(Evidence))
LIKELIHOOD = st.one_of(st.floats(0, 1), st.just(float("nan")))


@hypothesis_settings(max_examples=50)
@given(
    st.lists(st.tuples(LIKELIHOOD, EVIDENCE, st.floats(0, 1)), min_size=1, max_size=8), st.floats(0, 1), st.floats(0, 1)
)
def test_a_likelihood_can_only_raise_attention(cells, one, other):
    soon, first = sorted((one, other))
    told, evidence, more = (list(column) for column in zip(*cells, strict=True))
    words, before = np.array(evidence, dtype=object), np.array(evidence, dtype=object)

    def asked(likelihoods):
        return attention(np.array(likelihoods), words, soon=soon, first=first)

    none = attention(np.full(len(told), np.nan), words, soon=soon, first=first)
    assert (asked(told) >= none).all()
    assert (asked(np.fmax(told, more)) >= asked(told)).all()
    assert (
        none[[word in {Evidence.not_assessed, Evidence.partly_looked_at} for word in evidence]] == Attention.soon
    ).all()
    assert (none[[word == Evidence.hazard_recorded for word in evidence]] == Attention.first).all()
    assert (words == before).all()


def test_attention_refuses_words_and_bounds_that_make_no_sense():
    with pytest.raises(ValueError, match="must not be below soon"):
        attention(np.array([0.5]), np.array(["not_assessed"], dtype=object), soon=0.5, first=0.4)
    with pytest.raises(ValueError, match="released"):
        attention(np.array([0.5]), np.array(["released"], dtype=object), soon=0.5, first=0.5)


def few(n_yes, n_no, spread=39_000.0):
    """Frames with so many cells of either kind, at random in a corner of the area."""
    rng = np.random.default_rng(5)
    cells = rng.choice(int(spread / 1000) ** 2, n_yes + n_no, replace=False)
    xy = np.column_stack([cells % int(spread / 1000), cells // int(spread / 1000)]) * 1000.0 + 500
    return {
        "districts": area(),
        "hazards": joined(
            frame("hazards", squares([[20_000, 20_000]], 500), KNOWN, classification="SHA"),
            frame("hazards", squares(xy[:n_yes], 250), LOOKED, classification="SHA"),
        ),
        "surveys": frame("surveys", squares(xy[n_yes:], 600), LOOKED),
    }


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ({}, "no hazards, releases or surveys"),
        ({"hazards": few(2, 2)["hazards"]}, "Give districts"),
        (few(10, 300), r"10 cells with contamination .* too few; 30 are needed. Record more hazards"),
        (few(300, 12), r"12 cells looked at in vain .* too few"),
        (few(300, 0), r"No ground was looked at in vain .* surveys without evidence"),
        (few(80, 80, spread=14_000), r"in \d blocks of 8 km; 5 are needed .* far from each other"),
        (few(80, 80) | {"hazards": few(80, 80)["hazards"].iloc[1:]}, "looks the same"),
    ],
    ids=["nothing", "no area", "few finds", "few in vain", "none in vain", "few blocks", "nothing known before"],
)
def test_records_that_cannot_carry_it_are_refused(frames, message):
    with pytest.raises(NotEnough, match=message):
        fit(frames, until=END, settings=SETTINGS)


def test_records_of_one_year_hold_no_day_to_look_ahead_from():
    frames = few(40, 40)
    frames["hazards"] = frames["hazards"].iloc[1:]
    with pytest.raises(NotEnough, match=r"no day before 2020-06-01 .* `origins`"):
        fit(frames)


def test_too_many_cells_are_refused_and_settings_explain_themselves():
    with pytest.raises(NotEnough, match="Choose larger cells"):
        fit(few(1, 1), until=END, settings=settings(cell_m=10))
    with pytest.raises(ValueError, match="folds is 1; it must be 2 or more"):
        settings(folds=1)
    with pytest.raises(ValueError, match="block_m is 500"):
        settings(block_m=500)
    with pytest.raises(ValueError, match="hazards and districts: one says its coordinate system"):
        fit(few(1, 1) | {"hazards": few(1, 1)["hazards"].set_crs("EPSG:32638")}, until=END)


def test_its_colours_are_no_colours_of_the_map():
    import re
    from pathlib import Path

    import geo_service

    folder = Path(geo_service.__file__).parent
    texts = [
        (folder / name).read_text()
        for name in ("styles.py", "tiles/styles.py", "printing/symbols.py", "travel/tracks.py", "static/map.js")
    ]
    used = {tuple(bytes.fromhex(one)) for text in texts for one in re.findall(r"#([0-9A-Fa-f]{6})\b", text)}
    used |= {tuple(map(int, one)) for text in texts for one in re.findall(r"\"(\d+),(\d+),(\d+),\d+\"", text)}
    coloured = np.array([one for one in used if max(one) - min(one) > 25], dtype=float)
    assert len(coloured) > 10
    ramp = np.array([tuple(bytes.fromhex(one[1:])) for one in likelihood.RAMP], dtype=float)
    assert np.linalg.norm(ramp[:, None] - coloured, axis=2).min() > 30
    grey = 0.299 * ramp[:, 0] + 0.587 * ramp[:, 1] + 0.114 * ramp[:, 2]
    assert (np.diff(grey) < -15).all(), "darker with each step, also in grey print"
    assert likelihood.colours(np.array([0.0, 1.0, np.nan])).tolist() == [
        likelihood.RAMP[0],
        likelihood.RAMP[-1],
        "#FFFFFF00",
    ]
