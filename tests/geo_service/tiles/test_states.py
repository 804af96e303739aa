"""The ground by state in tiles: its faces, and cells whose m2 are those of the balance."""

import numpy as np
import pytest
import shapely
from decoder import layers
from ground import tile_at, units

from geo_service.balance import view
from layers.coverage.zones import state_polygons
from tests.geo_service.ogc.cases import RECORDS, send

KINDS = ("sqlite",)
HOME = "/coverage/tiles/WebMercatorQuad"


@pytest.fixture
def filled(client):
    for layer, rows in RECORDS.items():
        send(client, layer, rows)
    return client


def found(client, place, **times):
    answer = client.get(f"{HOME}/{place}", params=times)
    assert answer.status_code in {200, 204}, answer.text
    return layers(answer.content)["states"].features if answer.content else []


@pytest.mark.parametrize("as_of", ["2020-04-01", "2021-02-15", "2022-01-01"])
@pytest.mark.parametrize("zoom", [0, 5, 9])
def test_the_cells_sum_to_the_balance(filled, zoom, as_of):
    total = filled.get("/coverage", params={"as_of": as_of}).json()["total"]
    sums = dict.fromkeys(("SHA", "CHA", "cancelled", "reduced", "cleared", "surveyed_no_evidence"), 0.0)
    row, column = tile_at(46.1, 39.1, zoom)
    last = 2**zoom - 1
    for y in range(max(row - 2, 0), min(row + 2, last) + 1):
        for x in range(max(column - 2, 0), min(column + 2, last) + 1):
            for one in found(filled, f"{zoom}/{y}/{x}", as_of=as_of):
                for name in sums:
                    sums[name] += one.properties[name]
    for name, m2 in sums.items():
        assert m2 == pytest.approx(total[name], abs=1e-3), name


@pytest.mark.parametrize("as_of", ["2020-04-01", "2022-01-01"])
def test_the_faces_are_the_ground_of_each_state(filled, as_of):
    service = filled.app.state.service
    seen = view(service.snapshots, service.settings, service.clock, as_of)
    wanted = state_polygons(seen.snapshot.arrangement, seen.as_of, by=())
    row, column = tile_at(46.0025, 39.0025, 12)
    drawn = {}
    for one in found(filled, f"12/{row}/{column}", as_of=as_of):
        drawn.setdefault(one.properties["state"], []).append(one.geometry())
    window = shapely.box(0, 0, 4096, 4096)
    for name, shape in zip(wanted["state"], wanted.geometry, strict=True):
        real = units(np.array([shape], dtype=object), 12, row, column)[0].intersection(window)
        if name == "no_recorded_hazard":
            assert name not in drawn
        elif real.area:
            mine = shapely.union_all(drawn[name]).intersection(window)
            assert mine.buffer(1).covers(real)
            assert real.buffer(2).covers(mine)
    assert set(drawn) <= set(wanted["state"])


def test_an_edit_and_a_date_change_them_at_once(filled):
    row, column = tile_at(46.0025, 39.0025, 14)
    before = {one.properties["state"] for one in found(filled, f"14/{row}/{column}")}
    assert before == {"CHA", "cleared"}
    assert {one.properties["state"] for one in found(filled, f"14/{row}/{column}", as_of="2020-06-01")} == {"CHA"}
    assert filled.delete("/collections/hazards/items/H-000").status_code == 204
    assert {one.properties["state"] for one in found(filled, f"14/{row}/{column}")} == {"cleared"}


def test_an_empty_register_has_empty_tiles(client):
    assert found(client, "0/0/0") == []
    assert found(client, "14/1/1") == []
