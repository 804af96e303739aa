"""Incremental equals rebuilt, to the last bit: forward by what was recorded, backward to what was known."""

from datetime import timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import DAY_BEFORE_EVERYTHING, FIRST_DAY, LAST_DAY, every_version, frames, scenarios

from layers import coverage, versions
from layers.coverage import tables
from layers.coverage.arrangement import arranged, built
from layers.coverage.working import processes
from layers.definitions import LAYERS

ANSWERS = (("district",), ("device",), ("district", "device"), ())


def said(scenario):
    """The scenario's version frames, in order of recording."""
    found = frames(scenario)
    given = {name: getattr(found, name) for name in ("hazards", "releases", "surveys", "districts")}
    return {
        name: versions.in_order_of_recording(versions.typed(frame, LAYERS[name]))
        for name, frame in given.items()
        if frame is not None and len(frame)
    }


def prefix(given, moment):
    cut = {name: versions.known_by(frame, moment) for name, frame in given.items()}
    return {name: frame for name, frame in cut.items() if len(frame)}


def anew(given, size, *, planar=True):
    return arranged(coverage.Arrangement, given, planar=planar, size=size)


def rows_of(arrangement):
    """The tables with borders named by their polygons, each in one order."""
    names = np.array([repr(one) for one in arrangement.borders] or [""], dtype="U200")
    for name, rows in arrangement.tables.items():
        columns = {column: rows[column] for column in rows.dtype.names}
        if "border" in columns:
            columns["border"] = names[rows["border"]]
        frame = pd.DataFrame(columns)
        yield name, frame.sort_values(list(frame), ignore_index=True)


def same_tables(one, other):
    for (name, mine), (_, theirs) in zip(rows_of(one), rows_of(other), strict=True):
        assert mine.equals(theirs), name


def same_answers(one, other, days):
    """Every answer is the same, not nearly the same."""
    for day in days:
        for by in ANSWERS:
            mine, theirs = one.partition(day, by=by), other.partition(day, by=by)
            pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
            assert mine.attrs["total"] == theirs.attrs["total"]
            assert dict(mine.attrs["certificate"]) == dict(theirs.attrs["certificate"])
        pd.testing.assert_frame_equal(one.overlaps(day), other.overlaps(day), check_exact=True)
        pd.testing.assert_frame_equal(one.attention(day), other.attention(day), check_exact=True)
    first, last = min(days), max(days)
    for by in ANSWERS:
        mine, theirs = one.ledger(first, last, by=by), other.ledger(first, last, by=by)
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    mine, theirs = one.timeline(first, last, "month"), other.timeline(first, last, "month")
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


@settings(max_examples=13)
@given(scenarios(), st.sampled_from([2048.0, 512.0]), st.data())
def test_forward_by_changesets_is_as_built_anew(scenario, size, data):
    given_ = said(scenario)
    moments = sorted({version["recorded_at"] for version in every_version(scenario)})
    days = [DAY_BEFORE_EVERYTHING, data.draw(st.sampled_from([FIRST_DAY + timedelta(n) for n in range(14)])), LAST_DAY]
    fresh = {moment: anew(prefix(given_, moment), size) for moment in moments}
    moved = fresh[moments[0]]
    for moment in moments[1:]:
        moved = moved.extended(prefix(given_, moment))
        same_tables(moved, fresh[moment])
    same_answers(moved, fresh[moments[-1]], days)
    # And at an earlier known_at: backwards from what is known now, forwards from what was known first.
    moment = data.draw(st.sampled_from(moments))
    then = moved.at(moment)
    same_tables(then, fresh[moment])
    same_answers(then, fresh[moment], days)
    again = then.extended(given_)
    same_tables(again, moved)


def stars(seed, count, reach=0.02):
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 9)), axis=1)
    out = reach * rng.uniform(0.1, 1, (count, 9)) * rng.uniform(0.1, 1.5, (count, 1))
    x, y = 46 + rng.uniform(0, 0.12, (count, 1)), 39 + rng.uniform(0, 0.12, (count, 1))
    found = shapely.polygons(np.stack([x + out * np.cos(turn), y + out * np.sin(turn)], axis=2))
    return shapely.make_valid(found, method="structure", keep_collapsed=False)


def history(seed, count):
    """Hazards and releases on the ellipsoid, recorded one revision after another, some of them redrawn later."""
    rng = np.random.default_rng(seed)
    ids = [f"H{int(k)}" for k in rng.integers(0, max(count // 2, 1), count)]
    seen = set()
    first = [not (one in seen or seen.add(one)) for one in ids]
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2000, count), unit="D")
    when = pd.Timestamp("2022-01-01T00:00:00Z") + pd.to_timedelta(np.sort(rng.integers(0, 6, count)), unit="D")
    hazards = gpd.GeoDataFrame(
        {
            "id": ids,
            "classification": rng.choice(["SHA", "CHA"], count),
            "devices": [["AP_mine"] if k else ["AV_mine", "UXO"] for k in rng.integers(0, 2, count)],
            "opened_on": ["2012-01-01"] * count,
            "valid_from": [f"{day:%Y-%m-%d}" for day in days],
            "change": [None if one else rng.choice(["survey", "correction"]) for one in first],
            "withdrawn": [not one and bool(rng.integers(0, 4) == 0) for one in first],
            "recorded_at": when,
        },
        geometry=list(stars(seed, count)),
        crs="EPSG:4326",
    )
    some = max(count // 3, 1)
    releases = gpd.GeoDataFrame(
        {
            "id": [f"R{k}" for k in range(some)],
            "product": rng.choice(["cancelled", "reduced", "cleared"], some),
            "completed_on": ["2019-06-01"] * some,
            "qc_status": ["not_required"] * some,
            "recorded_at": when[:some],
        },
        geometry=list(stars(seed + 1, some)),
        crs="EPSG:4326",
    )
    districts = gpd.GeoDataFrame(
        {"id": ["A", "B"], "name": ["a", "b"], "recorded_at": [when[0]] * 2},
        geometry=[shapely.box(45.9, 38.9, 46.05, 39.3), shapely.box(46.05, 38.9, 46.3, 39.3)],
        crs="EPSG:4326",
    )
    found = {"hazards": hazards, "releases": releases, "districts": districts}
    return {name: versions.in_order_of_recording(versions.typed(f, LAYERS[name])) for name, f in found.items()}


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(2, 14), st.sampled_from([2.0**-6, 2.0**-9]))
def test_forward_and_back_on_the_ellipsoid(seed, count, size):
    given_ = history(seed, count)
    moments = sorted(set(given_["hazards"]["recorded_at"]))
    fresh = {moment: anew(prefix(given_, moment), size, planar=False) for moment in moments}
    moved = fresh[moments[0]]
    for moment in moments[1:]:
        moved = moved.extended(prefix(given_, moment))
        same_tables(moved, fresh[moment])
    same_answers(moved, fresh[moments[-1]], ["2014-12-31", "2018-01-01", "2021-01-01"])
    for moment in moments:
        same_tables(moved.at(moment), fresh[moment])


def test_an_edit_works_out_only_the_cells_near_it():
    given_ = history(5, 400)
    early = {name: frame.iloc[:-1] if name == "hazards" else frame for name, frame in given_.items()}
    worked = []
    before = anew(early, 2.0**-9, planar=False)
    before.extended(given_, progress=lambda done, total: worked.append(total))
    assert 0 < worked[-1] < len(before.cells) / 3
    nothing_new = before.extended(early, progress=lambda done, total: pytest.fail("no cell has changed"))
    assert nothing_new.blocks is before.blocks


def test_workers_beside_this_process_change_nothing():
    given_ = history(7, 300)
    alone = anew(given_, 2.0**-9, planar=False)
    with_help = built(alone, workers=processes(2))
    same_tables(alone, with_help)


def test_tables_of_cells_are_taken_out_and_put_in():
    whole = anew(history(3, 60), 2.0**-9, planar=False).tables
    cells = whole.cells["cell"][::3]
    rest = whole.without(cells)
    assert not np.isin(rest.tally["cell"], cells).any()
    kept = np.isin(whole.tally["cell"], cells)
    part = tables.Tables(**{name: rows[np.isin(rows["cell"], cells)] for name, rows in whole.items()})
    assert len(part.tally) == kept.sum()
    for name, rows in tables.merged(rest, part).items():
        assert rows.tobytes() == getattr(whole, name).tobytes(), name
