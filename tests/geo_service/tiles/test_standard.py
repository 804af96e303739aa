"""OGC API Tiles, Part 1 (20-057): its abstract tests, by id."""

import pytest
from decoder import layers
from ground import tile_at

from layers.definitions import LAYERS
from tests.geo_service.ogc.cases import RECORDS, send

KINDS = ("sqlite",)
MVT = "application/vnd.mapbox-vector-tile"
TILING_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


@pytest.fixture
def filled(client):
    for layer, rows in RECORDS.items():
        send(client, layer, rows)
    return client


def follow(client, document, rel):
    (one,) = [link for link in document["links"] if link["rel"] == rel]
    answer = client.get(one["href"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(one["type"])
    return answer.json()


def tile_sets(client):
    for collection in client.get("/collections").json()["collections"]:
        for one in follow(client, collection, TILESETS)["tilesets"]:
            yield collection, one


def test_conformance_is_declared(client):
    found = set(client.get("/conformance").json()["conformsTo"])
    names = ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "tilejson")
    assert {f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}" for name in names} <= found


def test_core_tc_op(filled):
    """/conf/core/tc-op: a GET of the tile template answers for every collection."""
    for _, one in tile_sets(filled):
        (item,) = [link for link in one["links"] if link["rel"] == "item"]
        assert item["templated"]
        address = item["href"].format(tileMatrix=0, tileRow=0, tileCol=0)
        assert filled.get(address).status_code == 200
        assert filled.head(address).content == b""


@pytest.mark.parametrize("name", ["tileMatrix", "tileRow", "tileCol"])
def test_core_parameters(filled, name):
    """/conf/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition."""
    (item,) = [link for link in next(tile_sets(filled))[1]["links"] if link["rel"] == "item"]
    values = {"tileMatrix": 0, "tileRow": 0, "tileCol": 0}
    assert f"{{{name}}}" in item["href"]
    assert filled.get(item["href"].format(**values | {name: "x"})).status_code == 400
    assert filled.get(item["href"].format(**values | {name: 99})).status_code == 404


def test_core_tc_success_and_error(filled):
    """/conf/core/tc-success, tc-error: 200 with the tile's type, 204 without content, 404 outside of the matrix."""
    home = "/collections/hazards/tiles/WebMercatorQuad"
    row, column = tile_at(46.0025, 39.0025, 12)
    assert filled.get(f"{home}/12/{row}/{column}").headers["content-type"] == MVT
    assert filled.get(f"{home}/12/0/0").status_code == 204
    assert filled.get(f"{home}/12/4096/0").status_code == 404


def test_tileset_desc_links(filled):
    """/conf/tileset/desc-links: self, templated item, tiling scheme; /conf/tileset/success."""
    for collection, one in tile_sets(filled):
        found = follow(filled, one, "self")
        assert found["links"] == one["links"]
        assert found["tileMatrixSetURI"] == URI
        assert found["crs"].endswith("/3857")
        assert found["dataType"] == "vector"
        assert [layer["id"] for layer in found["layers"]] == [collection["id"]]
        assert follow(filled, found, TILING_SCHEME)["uri"] == URI
        assert follow(filled, found, "collection")["id"] == collection["id"]


def test_tileset_limits_hold_every_tile(filled):
    """The tile matrix limits of /conf/tms/tilematrixsetlimits name the tiles that are not empty."""
    home = "/collections/hazards/tiles/WebMercatorQuad"
    limits = filled.get(home).json()["tileMatrixSetLimits"]
    assert [one["tileMatrix"] for one in limits] == [str(zoom) for zoom in range(19)]
    seen = set()
    for one in limits[12:13]:
        for row in range(one["minTileRow"], one["maxTileRow"] + 1):
            for column in range(one["minTileCol"], one["maxTileCol"] + 1):
                answer = filled.get(f"{home}/12/{row}/{column}")
                seen |= (
                    {found.properties["id"] for found in layers(answer.content)["hazards"].features}
                    if answer.content
                    else set()
                )
    assert len(seen) == 25


def test_tilesets_list(filled):
    """/conf/tilesets-list/tileset-links, tilesetslist-op, tilesetslist-success; /conf/geodata-tilesets/..."""
    assert {collection["id"] for collection, _ in tile_sets(filled)} == set(LAYERS)
    for _, one in tile_sets(filled):
        assert one["title"]
        assert {"dataType", "crs", "tileMatrixSetURI", "links"} <= set(one)
    assert (
        "text/html" in filled.get("/collections/hazards/tiles", headers={"Accept": "text/html"}).headers["content-type"]
    )


def test_tile_matrix_sets(filled):
    """The landing page leads to the tile matrix sets, and the set is that of the register of OGC."""
    found = follow(filled, filled.get("/?f=json").json(), TILING_SCHEMES)
    (one,) = found["tileMatrixSets"]
    made = follow(filled, one, "self")
    assert (made["id"], made["uri"], made["orderedAxes"]) == ("WebMercatorQuad", URI, ["X", "Y"])
    first, second = made["tileMatrices"][0], made["tileMatrices"][10]
    # OGC 17-083r4, annex D.1.
    assert first["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert first["cellSize"] == pytest.approx(156543.033928041, rel=1e-12)
    assert first["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], rel=1e-12)
    assert (second["id"], second["matrixWidth"], second["matrixHeight"], second["tileWidth"]) == ("10", 1024, 1024, 256)
    assert second["scaleDenominator"] == pytest.approx(545978.773465544, rel=1e-12)


def test_tilejson(filled):
    """/conf/tilejson/content: TileJSON with tiles, zooms, bounds and the layer's fields."""
    for collection, one in tile_sets(filled):
        made = follow(filled, one, "describedby")
        assert (made["tilejson"], made["minzoom"], made["maxzoom"], made["scheme"]) == ("3.0.0", 0, 18, "xyz")
        (address,) = made["tiles"]
        answer = filled.get(address.format(z=0, y=0, x=0))
        layer = layers(answer.content)[collection["id"]]
        (described,) = made["vector_layers"]
        assert described["id"] == layer.name
        for feature in layer.features:
            assert set(feature.properties) <= set(described["fields"])
        assert made["bounds"] == collection["extent"]["spatial"]["bbox"][0]
        assert "No recorded hazard is not absence of hazard" in made["description"]


def test_named_times_go_on_into_the_tiles(filled):
    home = "/collections/hazards/tiles/WebMercatorQuad"
    made = filled.get(home, params={"f": "tilejson", "as_of": "2020-03-05"}).json()
    assert made["tiles"][0].endswith("/{z}/{y}/{x}?as_of=2020-03-05")
    (item,) = [one for one in filled.get(home, params={"as_of": "2020-03-05"}).json()["links"] if one["rel"] == "item"]
    assert item["href"].endswith("/{tileMatrix}/{tileRow}/{tileCol}?as_of=2020-03-05")


def test_mvt(filled):
    """/conf/mvt/content: version 2, extent 4096, the layer named after the collection, ids as a property."""
    for layer in RECORDS:
        answer = filled.get(f"/collections/{layer}/tiles/WebMercatorQuad/0/0/0")
        (one,) = layers(answer.content).values()
        assert (one.name, one.version, one.extent) == (layer, 2, 4096)
        if layer != "hazards":
            assert all(isinstance(feature.properties["id"], str) for feature in one.features)


def test_the_interface_names_the_tiles(filled):
    paths = filled.get("/api").json()["paths"]
    for layer in LAYERS:
        found = paths[f"/collections/{layer}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"]["get"]
        assert found["operationId"].endswith(".collection.vector.getTile")
        assert [one["name"] for one in found["parameters"] if "name" in one] == ["tileMatrix", "tileRow", "tileCol"]
    for path in (
        "/tileMatrixSets",
        "/tileMatrixSets/WebMercatorQuad",
        "/collections/roads/tiles",
        "/collections/roads/styles/default",
    ):
        assert path in paths
        assert filled.get(path).status_code == 200


@pytest.mark.parametrize("layer", LAYERS)
def test_styles_name_what_tiles_have(filled, layer):
    listed = filled.get(f"/collections/{layer}/styles").json()
    (one,) = listed["styles"]
    style = filled.get(one["links"][0]["href"]).json()
    assert style["version"] == 8
    (source,) = style["sources"].values()
    assert filled.get(source["tiles"][0].format(z=0, y=0, x=0)).status_code == 200
    fields = filled.get(f"/collections/{layer}/tiles/WebMercatorQuad", params={"f": "tilejson"}).json()[
        "vector_layers"
    ][0]["fields"]
    ids = [drawn["id"] for drawn in style["layers"]]
    assert len(ids) == len(set(ids))
    for drawn in style["layers"]:
        assert drawn["source-layer"] == layer
        for name in named(drawn["filter"]):
            assert name in {*fields, "count"}, name


def named(condition):
    if condition[0] == "all":
        return [name for one in condition[1:] for name in named(one)]
    return [condition[1]]
