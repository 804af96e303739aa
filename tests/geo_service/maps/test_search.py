"""What people type finds what they mean, in any of three alphabets and five notations, and nothing that isn't theirs."""

import mgrs
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.geometry import Point, box

from geo_service import balance
from geo_service.access.public import FullRecords, Generalised, PublicRecords
from geo_service.clock import utc_now
from geo_service.maps.search import MOST, coordinates, plain, search
from geo_service.settings import Settings
from geo_service.store.snapshot import Snapshots
from tests.clients.test_map_browser import feature, load

LAT, LON = st.floats(-79.9, -1) | st.floats(1, 83.9), st.floats(-179.9, 179.9)


@pytest.fixture
def seen(log):
    load(log, "settlements", [
        feature(Point(46.3, 39.3), "V-1", name="Ağdam", aliases=["Агдам", "Aghdam"]),
        feature(Point(46.4, 39.4), "V-2", name="Şuşa", aliases=["Шуша", "Shusha"]),
        feature(Point(46.5, 39.5), "V-3", name="Xocavənd", aliases=[]),
    ])  # fmt: skip
    load(log, "districts", [feature(box(46, 39, 47, 40), "D", name="Ağdam rayonu", aliases=["Агдамский район"])])
    rows = [
        feature(box(46.1 + k / 1e4, 39.1, 46.1 + k / 1e4 + 1e-4, 39.1001), f"AZ-AGD-2021-{k:04}", classification="SHA",
                opened_on="2021-01-01")
        for k in range(60)
    ]  # fmt: skip
    load(log, "hazards", rows)
    load(log, "spots", [feature(Point(46.2, 39.2), "AZ-AGD-2021-S1", found_on="2021-01-01")])
    return balance.view(Snapshots(log), Settings(), utc_now)


@pytest.mark.parametrize("text", ["Ağdam", "ağdam", "AGHDAM", "Агдам", "агда"])
def test_a_village_is_found_by_any_of_its_names(seen, text):
    found = search(text, seen, FullRecords())
    assert (found[0].kind, found[0].id, found[0].name) == ("settlements", "V-1", "Ağdam")
    assert found[0].at == (46.3, 39.3)
    assert {one.id for one in found} >= {"V-1", "D"} or "agh" in plain(text)


@pytest.mark.parametrize(("one", "other"), [
    ("Şuşa", "Шуша"), ("Xocavənd", "xocavand"), ("İsmayıllı", "ismayilli"), ("Çıraq", "ÇIRAQ".replace("I", "ı")),
    ("Ёлкино", "yolkino"), ("Göygöl", "GOYGOL"),
])  # fmt: skip
def test_spellings_of_a_name_share_their_letters(one, other):
    assert plain(one) == plain(other)


@given(st.text(max_size=40))
def test_a_reduced_name_is_plain_and_stays_so(text):
    assert plain(plain(text)) == plain(text)
    assert set(plain(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")


def test_records_are_found_by_id_and_never_more_than_fit(seen):
    found = search("az-agd-2021", seen, FullRecords())
    assert len(found) == MOST
    assert search("AZ-AGD-2021-0007", seen, FullRecords())[0].id == "AZ-AGD-2021-0007"
    assert search("AZ-AGD-2021-S1", seen, FullRecords())[0].kind == "spots"
    assert search("", seen, FullRecords()) == []
    assert search("no such thing", seen, FullRecords()) == []


def test_the_public_finds_only_what_is_published_and_only_as_it_is_drawn(seen):
    public = PublicRecords(Generalised(), present=True)
    assert search("AZ-AGD-2021-S1", seen, public) == []
    assert {one.kind for one in search("Ağdam", seen, public)} == {"districts"}
    hidden, whole = (search("AZ-AGD-2021-0007", seen, records)[0].box for records in (public, FullRecords()))
    assert shapely.box(*hidden).contains(shapely.box(*whole))
    assert hidden[2] - hidden[0] >= 1 / 256 - 1e-6


@given(LON, LAT)
def test_a_place_is_found_in_every_notation(
    lon, lat
):  # beyond a degree of the equator: UTM's northings there are short
    read = next(coordinates(f"{lat:.6f}, {lon:.6f}"))
    assert read.at == pytest.approx((lon, lat), abs=1e-6)
    grid = mgrs.MGRS().toMGRS(lat, lon)
    there = next(coordinates(grid)).at
    assert there == pytest.approx((lon, lat), abs=2e-5 / np.cos(np.radians(lat)))
    zone = int(min(60, (lon + 180) // 6 + 1))
    east, north = Transformer.from_crs(
        "EPSG:4326", f"EPSG:{(32700 if lat < 0 else 32600) + zone}", always_xy=True
    ).transform(lon, lat)
    halves = list(coordinates(f"{zone} {east:.2f} {north:.2f}"))
    assert any(one.at == pytest.approx((lon, lat), abs=1e-5) for one in halves)


def test_both_orders_are_offered_where_both_can_be():
    assert [one.at for one in coordinates("39.78, 46.6")] == [(46.6, 39.78), (39.78, 46.6)]
    assert [one.at for one in coordinates("46.6E 39.78N")] == [(46.6, 39.78)]
    assert [one.at for one in coordinates("39.78, 146.6")] == [(146.6, 39.78)]


@pytest.mark.parametrize(("text", "why"), [
    ("95.5 195.5", "there is no such place"), ("PK 21688 04281", "zone and band"), ("38S PK 21688 0428", "even number"),
    ("39°75'N; 46°10'E", "below 60"),
])  # fmt: skip
def test_a_coordinate_that_cannot_be_says_why(text, why):
    with pytest.raises(ValueError, match=why):
        list(coordinates(text))
