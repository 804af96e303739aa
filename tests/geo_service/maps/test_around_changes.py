"""Around changes a page draws the nearest records and says how many it leaves out: missing ones are never in silence."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_service.differences import Change
from geo_service.maps.review import AROUND, EDGE, around


@pytest.mark.parametrize("most", [1, 7, 40, 1000])
def test_the_nearest_are_drawn_and_the_others_counted(most):
    rng = np.random.default_rng(most)

    def frame(count):
        west, south = rng.uniform(46, 47, count), rng.uniform(39, 40, count)
        return gpd.GeoDataFrame(
            {"id": np.arange(count)}, geometry=shapely.box(west, south, west + 0.01, south + 0.01), crs=4326
        )

    records = {"districts": frame(3), "releases": frame(30), "hazards": frame(60)}
    shapes = frame(4).geometry.to_numpy()
    changes = [Change(str(k), "added", dt.date(2020, 1, 1), None, None, one, ()) for k, one in enumerate(shapes)]
    found, lacking = around(records, changes, most)
    west, south, east, north = shapely.total_bounds(shapes)
    by = EDGE * max(east - west, north - south)
    missed = 0
    for name in AROUND:
        inside = records[name][
            shapely.intersects(
                records[name].geometry.to_numpy(), shapely.box(west - by, south - by, east + by, north + by)
            )
        ]
        far = {row.id: min(row.geometry.distance(one) for one in shapes) for row in inside.itertuples()}
        drawn = set(found[name]["id"])
        assert len(drawn) == min(len(inside), most)
        assert max((far[one] for one in drawn), default=0) <= min(
            (far[one] for one in far.keys() - drawn), default=np.inf
        )
        missed += len(inside) - len(drawn) if name != "districts" else 0
    assert lacking == missed
    assert around(records, [], most)[1] == 0
