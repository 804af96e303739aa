"""Tiles over HTTP: what they hold at once after an edit, for whom, how caches keep them, and what is wrong with a request."""

import gzip

import numpy as np
import orjson
import pytest
from decoder import layers
from ground import tile_at
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.access import tokens
from geo_service.clock import utc_now
from layers.definitions import LAYERS
from tests.geo_service.ogc.cases import PATCH, RECORDS, send

KINDS = ("sqlite",)
HOME = "/collections/{}/tiles/WebMercatorQuad"
ROW, COLUMN = tile_at(46.0025, 39.0025, 14)
TILE = f"{HOME.format('hazards')}/14/{ROW}/{COLUMN}"
MVT = "application/vnd.mapbox-vector-tile"


@pytest.fixture
def filled(client):
    for layer, rows in RECORDS.items():
        send(client, layer, rows)
    return client


def features(answer, layer="hazards"):
    assert answer.status_code in {200, 204}, answer.text
    assert answer.headers.get("content-type", MVT) == MVT
    return {one.properties.get("id"): one for one in layers(answer.content)[layer].features} if answer.content else {}


@pytest.mark.parametrize("layer", RECORDS)
def test_items_and_tiles_hold_the_same_records(filled, layer):
    items = filled.get(f"/collections/{layer}/items", params={"limit": 1000}).json()["features"]
    seen = {}
    row, column = tile_at(46.1, 39.1, 9)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            for y in range(2):
                for x in range(2):
                    seen |= features(
                        filled.get(f"{HOME.format(layer)}/10/{2 * (row + dy) + y}/{2 * (column + dx) + x}"), layer
                    )
    assert set(seen) == {one["id"] for one in items}
    for one in items:
        for name, value in seen[one["id"]].properties.items():
            expected = one["properties"][name]
            assert value == (";".join(expected) if isinstance(expected, list) else expected), name


@pytest.mark.parametrize("layer", LAYERS)
def test_an_empty_layer_and_an_empty_tile_are_empty(client, layer):
    for place in ("0/0/0", "12/5/5", "18/7/7"):
        answer = client.get(f"{HOME.format(layer)}/{place}")
        assert (answer.status_code, answer.content) == (204, b"")


def test_an_edit_is_seen_at_once_and_the_past_stays(filled):
    first = filled.get(TILE)
    assert features(first)["H-000"].properties["classification"] == "CHA"
    assert filled.get(TILE, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    revision = filled.get("/?f=json").json()
    edit = orjson.dumps({"properties": {"status": "worked_on"}})
    assert filled.patch("/collections/hazards/items/H-000", content=edit, headers=PATCH).status_code == 200
    again = filled.get(TILE, headers={"If-None-Match": first.headers["etag"]})
    assert features(again)["H-000"].properties["status"] == "worked_on"
    times = {"as_of": revision["as_of"], "known_at": revision["known_at"]}
    assert filled.get(TILE, params=times).content == first.content
    assert filled.delete("/collections/hazards/items/H-000").status_code == 204
    assert "H-000" not in features(filled.get(TILE))
    cells = layers(filled.get(f"{HOME.format('hazards')}/3/3/5").content)["hazards"].features
    assert sum(one.properties["hazards"] for one in cells) == 24
    assert "H-000" not in features(filled.get(TILE, params={"as_of": "2019-01-01"}))
    assert "H-000" in features(filled.get(TILE, params={"as_of": "2020-06-01"}))


def test_new_records_join_those_drawn_before(filled):
    filled.get(TILE)
    new = orjson.loads(orjson.dumps(RECORDS["hazards"][0])) | {"id": "A-first"}
    send(filled, "hazards", [new])
    found = features(filled.get(TILE))
    assert found["A-first"].paths == found["H-000"].paths
    past = features(filled.get(TILE, params={"as_of": "2020-06-01"}))
    assert past["H-000"].paths == found["H-000"].paths


def test_caching(filled):
    answer = filled.get(TILE)
    assert "no-cache" in answer.headers["cache-control"]
    about = filled.get("/?f=json").json()
    pinned = {"rev": about["revision"], "as_of": about["as_of"], "known_at": about["known_at"]}
    assert "immutable" in filled.get(TILE, params=pinned).headers["cache-control"]
    assert "immutable" not in filled.get(TILE, params=pinned | {"rev": ""}).headers.get("cache-control", "")
    assert filled.get(TILE, params=pinned | {"rev": 1}).status_code == 404
    packed = filled.get(TILE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    plain = filled.get(TILE, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    raw = filled.app.state.service
    held = next(iter(raw.tiles._indexes))
    assert gzip.decompress(raw.tiles.tile(held, 14, ROW, COLUMN, packed=True)) == plain.content


def test_what_is_made_ready_is_what_is_asked_for(filled):
    from geo_service.access.public import FullRecords
    from geo_service.balance import view

    service = filled.app.state.service
    seen = view(service.snapshots, service.settings, service.clock)
    held = service.holdings.at(seen, "hazards", FullRecords())
    service.tiles.prepare(held)
    index = service.tiles.index(held)
    filled.get(TILE)
    assert [one.number for one in service.tiles._indexes.values()] == [index.number]


def test_a_process_keeps_no_more_than_it_may(filled):
    tiles = filled.app.state.service.tiles
    filled.get(TILE)
    held = next(iter(tiles._indexes))
    tiles._most = 5_000
    for k in range(40):
        tiles.tile(held, 14, ROW, COLUMN - k % 3)
        tiles.tile(held, 9, ROW // 32, COLUMN // 32)
        tiles.tile(held, 10 + k % 8, 2, 2)
    assert tiles._size <= 5_000
    assert tiles._size == sum(len(one) + 200 for one in tiles._kept.values())


@pytest.mark.parametrize(
    ("path", "status", "blamed"),
    [
        ("x/0/0", 400, "tileMatrix"),
        ("0/-1/0", 400, "tileRow"),
        ("0/0/1.5", 400, "tileCol"),
        ("0/0/%D9%A1", 400, "tileCol"),
        ("0/0/99999999999999999999", 400, "tileCol"),
        ("0/0/1", 404, None),
        ("3/8/0", 404, None),
        ("19/0/0", 404, None),
        ("0/0/0?x=1", 400, "x"),
        ("0/0/0?as_of=2999-01-01", 400, "as_of"),
        ("0/0/0?f=png", 400, "f"),
    ],
)
def test_what_is_wrong_is_said(client, path, status, blamed):
    answer = client.get(f"{HOME.format('hazards')}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert [one["place"] for one in answer.json().get("errors", [])] == ([blamed] if blamed else [])


def test_what_is_not_there(client):
    assert client.get("/collections/none/tiles/WebMercatorQuad/0/0/0").status_code == 404
    assert client.get("/collections/hazards/tiles/Other/0/0/0").status_code == 404
    assert client.get("/collections/hazards/tiles/Other").status_code == 404
    assert client.get("/tileMatrixSets/Other").status_code == 404
    assert client.get("/collections/hazards/styles/other").status_code == 404
    assert client.get(TILE, headers={"Accept": "image/png"}).status_code == 406


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="/?#\\."), min_size=1, max_size=12),
        min_size=3,
        max_size=3,
    )
)
@settings(max_examples=40)
def test_any_address_is_a_tile_or_told_what_is_wrong(parts):
    from geo_service.ogc.errors import Invalid
    from geo_service.store.errors import NotFound
    from geo_service.tiles.matrix import place

    try:
        zoom, row, column = place(*parts)
    except (Invalid, NotFound):
        return
    assert 0 <= zoom <= 18
    assert 0 <= min(row, column) <= max(row, column) < 2**zoom


def test_the_public_sees_hazards_drawn_outward_and_nothing_else(filled):
    service = filled.app.state.service
    tokens.create(service.log.tokens, utc_now, "one", "viewer")
    service.log.set_setting("public_access", value=True)
    found = features(filled.get(TILE))
    assert set(found["H-000"].properties) == {"id", "classification", "status", "opened_on", "valid_from", "state"}
    ((ring, _),) = found["H-000"].paths
    assert (np.ptp(np.array(ring), axis=0) > 1000).all()
    cells = layers(filled.get(f"{HOME.format('hazards')}/5/12/20").content)["hazards"].features
    assert {name for one in cells for name in one.properties} == {"hazards", "open"}
    assert sum(one.properties["hazards"] for one in cells) == 25
    assert filled.get(f"{HOME.format('roads')}/0/0/0").status_code == 401
    assert filled.get(HOME.format("spots")).status_code == 401
    assert filled.get(f"{HOME.format('incidents')}/0/0/0", params={"as_of": "2021-01-01"}).status_code == 401
    assert filled.get(f"{HOME.format('incidents')}/0/0/0").status_code == 204
    fields = filled.get(HOME.format("hazards"), params={"f": "tilejson"}).json()["vector_layers"][0]["fields"]
    assert "open_m2" not in fields
    assert "SHA_open_m2" not in fields
