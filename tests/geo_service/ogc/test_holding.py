"""The ready texts of a holding: the same from many threads at once, from memory or not, and bounded."""

import threading

import numpy as np
import orjson
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_service.access.public import FullRecords
from geo_service.balance import view
from geo_service.ogc import holding, texts
from geo_service.ogc.holding import Holding


@pytest.fixture
def held(hazards):
    service = hazards.app.state.service
    seen = view(service.snapshots, service.settings, service.clock)
    return service.holdings.at(seen, "hazards", FullRecords())


def joined(one, places):
    return orjson.loads(b"[" + b"".join(one.texts(np.asarray(places))).removesuffix(b",") + b"]")


def test_many_threads_get_the_same_texts(held):
    expected = {row["id"]: row for row in joined(held, range(len(held)))}
    for _ in range(20):
        fresh, wrong = Holding("hazards", held.frame, texts.Texts()), []

        def read(seed, fresh=fresh, wrong=wrong):
            places = np.random.default_rng(seed).permutation(len(fresh))
            try:
                found = joined(fresh, places)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
                wrong.append(error)
                return
            wrong += [one for one, k in zip(found, places, strict=True) if one != expected[fresh.ids[k]]]

        threads = [threading.Thread(target=read, args=(k,)) for k in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert wrong == []


@pytest.mark.parametrize("most", [0, 1_500, 10**9])
def test_texts_are_the_same_however_much_is_kept(held, monkeypatch, most):
    expected = joined(held, range(len(held)))
    monkeypatch.setattr(holding, "MOST_BYTES", most)
    kept = texts.Texts(most)
    small = Holding("hazards", held.frame, kept)
    for _ in range(3):
        assert joined(small, range(len(small))) == expected
        assert joined(small, [3, 1]) == [expected[3], expected[1]]
    assert kept._held <= most


def test_a_box_finds_what_brute_force_finds(held):
    shapes = held.shapes

    @given(
        st.tuples(
            *(st.floats(45.9, 46.3, allow_nan=False) for _ in range(2)), *(st.floats(38.9, 39.2) for _ in range(2))
        )
    )
    def check(four):
        west, east, south, north = min(four[:2]), max(four[:2]), min(four[2:]), max(four[2:])
        asked = shapely.box(west, south, east, north)
        assert held.meeting(asked).tolist() == np.flatnonzero(shapely.intersects(shapes, asked)).tolist()
        bent = shapely.Polygon([(west, south), (east, south), (east, north)])
        assert held.meeting(bent).tolist() == np.flatnonzero(shapely.intersects(shapes, bent)).tolist()

    check()


def test_a_selection_is_worked_out_once_and_few_are_kept(held):
    made = []

    def make():
        made.append(1)
        return held.all

    for _ in range(3):
        assert held.selected("one", make) is held.all
    assert len(made) == 1
    for k in range(holding.ANSWERS + 5):
        held.selected(k, make)
    assert len(held._kept) <= holding.ANSWERS


def test_few_holdings_of_a_layer_are_kept(hazards):
    service = hazards.app.state.service
    for day in range(1, 10):
        seen = view(service.snapshots, service.settings, service.clock, as_of=f"2021-01-0{day}")
        assert len(service.holdings.at(seen, "hazards", FullRecords())) == 25
    assert len(service.holdings._kept) == holding.KEPT
