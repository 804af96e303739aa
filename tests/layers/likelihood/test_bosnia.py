"""Real areas and incidents of western Bosnia: the model beside plain distance, and the truth about which is better.

The files have no dates and do not say where survey looked. So what is over (cleared areas, lifted minefields, incidents)
stands for what was known first, suspected areas for what was found after, and each sheet of the map from its first mark
to its last for the ground that was looked at.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers import likelihood, measure, reading
from layers.likelihood import Settings
from layers.likelihood.methods import METHODS

FIRST, AFTER = "1999-01-01", "2001-01-01"
FILES = ("suspect_areas_simplyfied", "cleared_areas_simplyfied", "incidents", "lifted_minefields")


@pytest.fixture(scope="module")
def bosnia(shared):
    folder = shared / "bosnia"

    def load(name, layer, **values):
        return reading.load(folder / f"{name}.geojson", layer, set_values=values).versions

    raw = pd.concat([gpd.read_file(folder / f"{name}.geojson") for name in FILES])
    raw = raw[~(raw.geometry.isna() | raw.geometry.is_empty)]
    corners = raw.bounds.groupby(raw["fileId"].to_numpy()).agg(
        {"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"}
    )
    sheets = shapely.box(*corners.to_numpy().T)
    suspected = load(FILES[0], "hazards", classification="SHA", opened_on=AFTER)
    cleared = load(FILES[1], "hazards", classification="CHA", opened_on=FIRST)
    return {
        "districts": gpd.GeoDataFrame(
            {"id": list(corners.index), "name": list(corners.index)}, geometry=sheets, crs=4326
        ),
        "surveys": gpd.GeoDataFrame({"id": list(corners.index), "surveyed_on": AFTER}, geometry=sheets, crs=4326),
        "hazards": pd.concat([suspected, cleared], ignore_index=True),
        "incidents": load(FILES[2], "incidents", kind="accident", occurred_on=FIRST),
        "spots": load(FILES[3], "spots", kind="item", found_on=FIRST),
    }


def test_the_model_stands_beside_plain_distance_and_is_no_better(bosnia, capsys):
    found = likelihood.fit(bosnia, until="2001-12-31", settings=Settings(origins=("2000-01-01",)))
    scores, text = found.scores(), found.explain()
    with capsys.disabled():
        print(f"\n{text}")
    assert list(scores.index) == list(METHODS)
    assert scores["pr_auc"].between(0, 1).all()
    assert scores.loc["plain distance", "pr_auc"] > 2 * found.base_rate, "hazards do lie near what was known"
    assert abs(scores.loc[found.model, "pr_auc"] - scores.loc["plain distance", "pr_auc"]) < 0.06
    assert not found.better
    assert "is no better than plain distance" in text
    assert found.method == "plain distance"
    assert np.abs(found.reliability()["told"] - found.reliability()["found"]).max() < 0.05
    assert found.surface.grid.area_m2.sum() == pytest.approx(
        measure.areas([shapely.union_all(bosnia["districts"].geometry.to_numpy())])[0], rel=1e-4
    )
    later = bosnia["hazards"].query("classification == 'SHA'")
    assert found.panel.found_m2.sum() < measure.areas(later.geometry.to_numpy()).sum()
    assert found.panel.found_m2.sum() > 0.5 * measure.areas(later.geometry.to_numpy()).sum()
