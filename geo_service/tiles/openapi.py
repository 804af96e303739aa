"""The paths of tiles in the OpenAPI document: concrete ones per collection, as its other paths are."""

from typing import Any

from geo_service.tiles.shapes import HIGHEST

Piece = dict[str, Any]

MVT = "application/vnd.mapbox-vector-tile"
JSON = "application/json"
_TIMES = tuple({"$ref": f"#/components/parameters/{name}"} for name in ("as_of", "known_at", "rev"))
_FORM = {"$ref": "#/components/parameters/f"}
_PROBLEM = {"4XX": {"$ref": "#/components/responses/Problem"}}


def _read(operation: str, tag: str, summary: str, parameters: tuple[Piece, ...], kind: str = JSON) -> Piece:
    answers: Piece = {"200": {"description": "the answer", "content": {kind: {"schema": {}}}}}
    answers["304"] = {"description": "the client has this very answer"}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": summary,
            "parameters": [*parameters, *_TIMES, _FORM],
            "responses": answers | _PROBLEM,
        }
    }


def _number(name: str, description: str, most: int) -> Piece:
    schema = {"type": "integer", "minimum": 0, "maximum": most}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


PLACE = (
    _number("tileMatrix", "the zoom", HIGHEST),
    _number("tileRow", "the row, from the north", (1 << HIGHEST) - 1),
    _number("tileCol", "the column, from the west", (1 << HIGHEST) - 1),
)


def shared(set_name: str) -> Piece:
    """Return the paths of the tile matrix sets."""
    return {
        "/tileMatrixSets": _read("getTileMatrixSetsList", "tiles", "The tile matrix sets", ()),
        f"/tileMatrixSets/{set_name}": _read("getTileMatrixSet", "tiles", "The tile matrix set", ()),
    }


def of_layer(layer: str, title: str, set_name: str) -> Piece:
    """Return the paths of the tiles of one collection."""
    home = f"/collections/{layer}"
    tile = _read(f"{layer}.collection.vector.getTile", layer, f"{title}: a vector tile", PLACE, MVT)
    tile["get"]["responses"]["204"] = {"description": "nothing is in this tile"}
    return {
        f"{home}/tiles": _read(f"{layer}.collection.vector.getTileSetsList", layer, f"{title}: tile sets", ()),
        f"{home}/tiles/{set_name}": _read(f"{layer}.collection.vector.getTileSet", layer, f"{title}: tiles", ()),
        f"{home}/tiles/{set_name}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
        f"{home}/styles": _read(f"{layer}.getStyles", layer, f"{title}: styles", ()),
        f"{home}/styles/default": _read(f"{layer}.getStyle", layer, f"{title}: style", ()),
    }
