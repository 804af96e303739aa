"""The synthetic area: the same for the same seed, whole, by the rules, and with everything that real data has."""

import geopandas as gpd
import pandas as pd
import pytest
import rasterio
import shapely

from geo_service.demo import generate, write
from geo_service.demo.districts import land_of
from geo_service.demo.roads import links_of
from geo_service.demo.settlements import places_of
from geo_service.rasters.copies import Copies
from geo_service.store import open_store
from geo_service.store.errors import WrongState
from geo_service.terrain import terrain_of
from layers import coverage, measure


def silent(done, total):
    """Say nothing."""


@pytest.fixture(scope="module")
def record():
    steps = list(generate(1, 600))
    frames = {}
    for step in steps:
        frame = step.versions.assign(recorded_at=pd.Timestamp(step.recorded_at))
        frames.setdefault(step.layer, []).append(frame)
    return steps, {
        name: gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326) for name, parts in frames.items()
    }


def digest(steps):
    return [(s.recorded_at, s.layer, pd.util.hash_pandas_object(s.versions.drop(columns="geometry").astype(str)).sum(),
             hash(tuple(shapely.to_wkb(s.versions.geometry.to_numpy())))) for s in steps]  # fmt: skip


def test_the_same_seed_writes_the_same_record_and_another_another():
    assert digest(generate(3, 60)) == digest(generate(3, 60))
    assert digest(generate(3, 60)) != digest(generate(4, 60))


def test_the_record_goes_forward_over_years(record):
    moments = [step.recorded_at for step in record[0]]
    assert moments == sorted(set(moments))
    assert (moments[-1] - moments[0]).days > 3 * 365


def test_thirteen_districts_tile_ten_thousand_square_kilometres(record):
    districts = record[1]["districts"]
    areas = measure.areas(districts.geometry.to_numpy())
    union = measure.areas([shapely.union_all(districts.geometry.to_numpy())])[0]
    assert len(districts) == 13
    assert areas.sum() == pytest.approx(1e10, rel=1e-3)
    assert areas.sum() == pytest.approx(union, abs=1)


def test_the_balance_certifies_and_holds_every_state_and_line(record):
    frames = record[1]
    arrangement = coverage.arrange(*(frames[name] for name in ("hazards", "releases", "surveys", "districts")))
    partition = arrangement.partition("2026-06-30")
    assert partition.attrs["certificate"]["passed"]
    total = partition.attrs["total"]
    assert all(total[name] > 0 for name in ("CHA", "SHA", "cleared", "reduced", "cancelled", "surveyed_no_evidence",
                                            "no_recorded_hazard", "pending_qc_m2", "overlap_m2"))  # fmt: skip
    assert "" in partition["district_id"].tolist()
    ledger = arrangement.ledger("1993-12-31", "2026-06-30", by=())
    lines = ledger[ledger["class"] != "total"][
        ["new", "expansion", "reclassified", "cancelled", "reduced", "cleared", "reopened", "corrected"]
    ]
    assert (lines.abs().max() > 0).all()
    # What was known years ago differs, and reproduces itself.
    then = arrangement.partition("2020-01-01", known_at="2022-01-01T00:00:00Z").attrs["total"]
    assert then["SHA"] != arrangement.partition("2020-01-01").attrs["total"]["SHA"]


def test_rows_hold_the_rules(record):
    hazards, releases = record[1]["hazards"], record[1]["releases"]
    inspected = releases["qc_status"].isin(["passed", "failed"])
    assert releases.loc[inspected, "qc_on"].notna().all()
    assert (releases.loc[inspected, "qc_on"] >= releases.loc[inspected, "completed_on"]).all()
    assert {"passed", "pending", "failed", "not_required"} <= set(releases["qc_status"])
    kept = hazards["keeps_released"]
    assert hazards.loc[kept, "note"].notna().all()
    for frame in record[1].values():
        moved = frame["valid_from"].dt.date > frame["recorded_at"].dt.date
        assert not moved.any()
        assert frame.geometry.is_valid.all()
    survey = hazards.sort_values(["id", "valid_from", "recorded_at"]).drop_duplicates(["id", "valid_from"], keep="last")
    before = survey.groupby("id")["opened_on"].shift()
    changed = before.notna() & (before != survey["opened_on"]) & (survey["change"] == "survey")
    assert not changed.any()


def test_every_settlement_can_be_reached():
    land = land_of(1, 10_000.0)
    x, y = places_of(1, land)
    group = list(range(len(x)))
    for a, b in links_of(x, y).tolist():
        group = [group[a] if one == group[b] else one for one in group]
    assert len(set(group)) == 1


def test_names_are_in_three_scripts(record):
    for layer in ("districts", "settlements"):
        frame = record[1][layer]
        assert all(any("\u0400" <= letter <= "\u04ff" for letter in "".join(names)) for names in frame["aliases"])


def test_writing_it_marks_the_store_for_good(data):
    counts = write(data, seed=2, hazards=40, area_km2=2_500.0, progress=silent)
    assert counts["districts"] == 13
    with open_store(data) as log:
        assert log.settings()["synthetic"] is True
        assert log.check() == []
        assert len(log.versions("hazards")) == counts["hazards"]
        assert [(one.name, one.facts.synthetic) for one in terrain_of(log)] == [("terrain", True)]
        with rasterio.open(Copies(log).path(terrain_of(log)[0])) as raster:
            assert raster.tags()["SYNTHETIC"]
    with pytest.raises(WrongState, match="records in this store already"):
        write(data, seed=2, hazards=40, area_km2=2_500.0, progress=silent)
