"""An index by weights: counted by hand, unmoved by the weights' unit, and never given to whoever lacks a component."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from layers.returning.index import correlation, ranked

NAN = float("nan")
VALUES = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(0, 50).map(float))] * 3), min_size=1, max_size=14)
WEIGHTS = st.fixed_dictionaries({name: st.sampled_from([-3.0, -1.0, 0.5, 1.0, 2.0]) for name in "ab"})


def table(rows):
    return pd.DataFrame(rows, columns=list("abc"), dtype=float)


def test_by_hand():
    rows = table([(0.0, 10.0, 1), (10.0, 30.0, 1), (5.0, 20.0, 1), (NAN, 90.0, 1)])
    found = ranked(rows, {"a": 1.0, "b": 3.0})
    assert found.value[:3].tolist() == pytest.approx([0.0, 1.0, 0.5])
    assert np.isnan(found.value[3])
    assert found.rank.tolist() == [3, 1, 2, 0]
    assert found.lacking == ((), (), (), ("a",))
    assert found.scale == {"a": (0.0, 10.0), "b": (10.0, 30.0)}
    # Of the one that is not ranked nothing enters, not even into the scale.
    assert [(one.component, round(one.factor, 9), one.correlation, one.stay, one.of) for one in found.moved] == [
        ("a", 0.8, 1.0, 3, 3), ("a", 1.2, 1.0, 3, 3), ("b", 0.8, 1.0, 3, 3), ("b", 1.2, 1.0, 3, 3),
    ]  # fmt: skip


def test_less_counts_more_below_zero():
    found = ranked(table([(0, 0, 0), (9, 0, 0)]), {"a": -2.0})
    assert found.rank.tolist() == [1, 2]


def test_an_order_that_hangs_on_a_weight_is_told_so():
    rows = table([(10, 0, 0), (0, 9.9, 0), (0, 10, 0)])
    moved = {(one.component, round(one.factor, 9)): one for one in ranked(rows, {"a": 1.0, "b": 1.005}).moved}
    assert moved["a", 1.2].correlation == pytest.approx(
        stats.spearmanr([1, 0.995, 1.005], [1.2, 0.995, 1.005]).statistic
    )
    assert moved["a", 0.8].correlation == pytest.approx(0.5)  # both others come before it, as the third did
    first = ranked(rows, {"a": 1.0, "b": 1.005}, top=1).moved
    assert [one.stay for one in first] == [1, 0, 0, 1]


@settings(max_examples=60, deadline=None)
@given(VALUES, WEIGHTS, st.floats(1e-3, 1e3))
def test_weights_times_a_constant_keep_the_order_and_missing_ones_are_never_ranked(rows, weights, factor):
    frame = table(rows)
    one, other = ranked(frame, weights), ranked(frame, {name: factor * w for name, w in weights.items()})
    assert one.rank.tolist() == other.rank.tolist()
    assert [m.stay for m in one.moved] == [m.stay for m in other.moved]
    whole = ~frame[list(weights)].isna().any(axis=1).to_numpy()
    assert ((one.rank > 0) == whole).all()
    assert (np.isnan(one.value) == ~whole).all()
    # Whoever is not ranked moves nobody: without them all is the same.
    alone = ranked(frame[whole].reset_index(drop=True), weights)
    assert alone.rank.tolist() == one.rank[whole].tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=12), st.randoms())
def test_the_correlation_is_spearmans(values, random):
    other = values[:]
    random.shuffle(other)
    assume(len(set(values)) > 1)
    expected = stats.spearmanr(values, other).statistic
    assert correlation(np.array(values, float), np.array(other, float)) == pytest.approx(expected, abs=1e-9)


def test_without_an_order_there_is_no_correlation():
    assert correlation(np.array([1.0]), np.array([1.0])) is None
    assert correlation(np.array([1.0, 1.0]), np.array([1.0, 2.0])) is None
    found = ranked(table([(NAN, 1, 1)]), {"a": 1.0})
    assert (found.rank.tolist(), found.moved[0].of) == ([0], 0)


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": NAN}, {"a": float("inf")}, {"x": 1.0}])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match=r"weight|component"):
        ranked(table([(1, 2, 3)]), weights)
