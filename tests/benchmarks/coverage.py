"""The balance beside its peers on the same data in one run; prints seconds and ratios.

Peer: geopandas, dissolve by status and overlay with the districts. Work: the m2 of each class in each district.
"""

import argparse
import time
import warnings

import geopandas as gpd
import numpy as np
import shapely

from layers import coverage, measure


def hazards(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return hazards of 30 vertices over 10,000 km2, overlapping as records do."""
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    # The share of ground covered stays the same whatever the count.
    reach = 0.012 * np.sqrt(1_000 / count) * rng.uniform(0.4, 1.6, (count, 1)) * rng.uniform(0.5, 1, (count, 30))
    x, y = 46 + rng.uniform(0, 1.17, (count, 1)), 39 + rng.uniform(0, 0.9, (count, 1))
    polygons = shapely.polygons(np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=2))
    bad = ~shapely.is_valid(polygons)
    polygons[bad] = shapely.make_valid(polygons[bad], method="structure", keep_collapsed=False)
    ids = [f"H{k:07}" for k in range(count)]
    classes = rng.choice(["SHA", "CHA"], count)
    return gpd.GeoDataFrame(
        {"id": ids, "classification": classes, "opened_on": "2010-01-01"}, geometry=polygons, crs=4326
    )


def districts() -> gpd.GeoDataFrame:
    """Return 20 districts that tile the area."""
    boxes = [
        shapely.box(46 + i * 0.234, 39 + j * 0.225, 46 + (i + 1) * 0.234, 39 + (j + 1) * 0.225)
        for i in range(5)
        for j in range(4)
    ]
    return gpd.GeoDataFrame(
        {"id": [f"D{k:02}" for k in range(20)], "name": [f"District {k}" for k in range(20)]}, geometry=boxes, crs=4326
    )


def ours(records: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> float:
    """Return open m2 by our arrangement, every date at once."""
    arrangement = coverage.arrange(records, None, None, area)
    rows = arrangement.partition("2020-01-01")
    inside = rows[rows["district_id"] != ""]
    return float(inside["SHA"].sum() + inside["CHA"].sum())


def theirs(records: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> float:
    """Return open m2 by dissolve and overlay: one date, CHA before SHA."""
    united = records[["classification", "geometry"]].dissolve("classification").reset_index()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        confirmed = united[united["classification"] == "CHA"]
        suspected = united[united["classification"] == "SHA"].overlay(confirmed, how="difference")
        parts = [area.overlay(one[["geometry"]], how="intersection") for one in (confirmed, suspected)]
    return float(sum(measure.areas(one.geometry.to_numpy()).sum() for one in parts))


def timed(work, *given) -> tuple[float, float]:
    """Return the best seconds of three runs, and the answer."""
    best, answer = np.inf, 0.0
    for _ in range(3):
        start = time.perf_counter()
        answer = work(*given)
        best = min(best, time.perf_counter() - start)
    return best, answer


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hazards", type=int, default=10_000)
    count = parser.parse_args().hazards
    records, area = hazards(count), districts()
    mine, here = timed(ours, records, area)
    peer, there = timed(theirs, records, area)
    print(f"{count:,} hazards x class x 20 districts")
    print(f"  Clearway, every date at once, with its certificate  {mine:8.2f} s   {here:,.0f} m2")
    print(f"  geopandas, dissolve and overlay, one date           {peer:8.2f} s   {there:,.0f} m2")
    print(f"  ratio {peer / mine:.1f}x, difference {abs(here - there):.3f} m2")


if __name__ == "__main__":
    main()
