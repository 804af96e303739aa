"""Every date from one arrangement: the timeline is its partitions, the polygons are its areas, categories overlap."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import FIRST_DAY, LAST_DAY, frames, scenarios
from worked_example import END, START, planar_frames

from layers import coverage, measure
from layers.coverage.partition import AREA_COLUMNS, STATE_COLUMNS
from layers.coverage.timeline import steps


def arranged(scenario, **more):
    found = frames(scenario)
    return coverage.arrange(found.hazards, found.releases, found.surveys, found.districts, **more)


@settings(max_examples=15)
@given(scenarios(), st.sampled_from(["month", "quarter", "year"]))
def test_each_row_of_the_timeline_is_the_partition_of_its_date(scenario, step):
    arrangement = arranged(scenario)
    start, end = FIRST_DAY - dt.timedelta(days=400), LAST_DAY
    found = arrangement.timeline(start, end, step)
    assert found["date"].unique().tolist() == [one.isoformat() for one in steps(start, end, step)]
    for date, rows in found.groupby("date"):
        partition = arrangement.partition(date)
        total = rows.iloc[-1]
        assert total["district_id"] is None
        assert {name: total[name] for name in AREA_COLUMNS} == {n: partition.attrs["total"][n] for n in AREA_COLUMNS}
        mine = rows.iloc[:-1].set_index("district_id")
        theirs = partition.set_index("district_id")
        # A timeline has a row for ground outside on all of its dates where it has one on some.
        mine = mine[(mine.index != "") | (mine["area_m2"] > 0) | mine.index.isin(theirs.index)]
        names = ["district", "area_m2", *AREA_COLUMNS]
        pd.testing.assert_frame_equal(mine[names], theirs[names], check_exact=True)


def test_steps_end_with_their_months():
    dates = steps(dt.date(2020, 1, 15), dt.date(2021, 2, 10), "quarter")
    assert [f"{one}" for one in dates] == [
        "2020-01-15", "2020-03-31", "2020-06-30", "2020-09-30", "2020-12-31", "2021-02-10",
    ]  # fmt: skip
    assert steps(dt.date(2020, 2, 29), dt.date(2020, 2, 29), "month") == [dt.date(2020, 2, 29)]
    assert [one.day for one in steps(dt.date(2023, 12, 31), dt.date(2024, 3, 31), "month")] == [31, 31, 29, 31]
    with pytest.raises(ValueError, match="before it begins"):
        steps(dt.date(2021, 1, 1), dt.date(2020, 1, 1), "month")
    with pytest.raises(ValueError, match="month, quarter or year"):
        steps(dt.date(2020, 1, 1), dt.date(2021, 1, 1), "week")


@settings(max_examples=10)
@given(scenarios())
def test_dissolved_polygons_measure_what_the_partition_says(scenario):
    arrangement = arranged(scenario, cell=512.0)
    for by in (("district",), ()):
        zones = arrangement.state_polygons(LAST_DAY, by=by)
        partition = arrangement.partition(LAST_DAY, by=by)
        table = {(row["district_id"], n): row[n] for row in partition.to_dict("records") for n in STATE_COLUMNS}
        found = {(row["district_id"], row["state"]): row["m2"] for row in zones.to_dict("records")}
        for key, area in table.items():
            assert found.get(key, 0.0) == pytest.approx(area, abs=0.01), key
        assert found.keys() <= table.keys()
        assert zones.geometry.is_valid.all()


def test_dissolved_polygons_on_the_ellipsoid():
    rng = np.random.default_rng(2)
    boxes = [shapely.box(x, y, x + 0.03, y + 0.02) for x, y in 46 + rng.uniform(0, 0.1, (12, 2))]
    hazards = gpd.GeoDataFrame(
        {"id": [f"H{k}" for k in range(12)], "classification": ["SHA", "CHA"] * 6, "opened_on": ["2010-01-01"] * 12},
        geometry=boxes,
        crs="EPSG:4326",
    )
    arrangement = coverage.arrange(hazards)
    zones = arrangement.state_polygons("2020-01-01", by=()).set_index("state")
    total = arrangement.partition("2020-01-01").attrs["total"]
    assert zones.loc["SHA", "m2"] == pytest.approx(total["SHA"], rel=1e-9)
    assert zones.loc["CHA", "m2"] == pytest.approx(total["CHA"], rel=1e-9)
    union = measure.areas(np.array([shapely.union_all(zones.geometry.to_numpy())]))[0]
    assert union == pytest.approx(total["SHA"] + total["CHA"], rel=1e-9)


@settings(max_examples=10)
@given(scenarios())
def test_categories_count_every_profile_that_holds_them(scenario):
    arrangement = arranged(scenario)
    profiles = arrangement.partition(LAST_DAY, by=("device",))
    found = arrangement.any_device(LAST_DAY).set_index("device")
    for name in found.index:
        holding = profiles[[name in one.split("+") for one in profiles["device"]]]
        assert found.loc[name, "CHA"] == holding["CHA"].sum()
        assert found.loc[name, "SHA"] == holding["SHA"].sum()
    kept = {name for one in profiles["device"] if one for name in one.split("+")}
    assert kept == set(found.index)


def test_the_worked_example_month_by_month():
    arrangement = coverage.arrange(*planar_frames())
    line = arrangement.timeline(START, END, "month")
    total = line[line["district_id"].isna()].set_index("date")
    assert total["CHA"].to_dict() == {
        "2021-01-01": 300_000.0, "2021-01-31": 300_000.0, "2021-02-28": 300_000.0, "2021-03-31": 250_000.0,
        "2021-04-30": 250_000.0, "2021-05-31": 255_000.0, "2021-06-01": 255_000.0,
    }  # fmt: skip
    assert total.loc["2021-06-01", "SHA"] == 1_588_000.0
