"""The OpenAPI document, written for the programs that read it: QGIS and GDAL look for exact names at exact places.

A concrete path per collection, `components.parameters.limit` with a default and a maximum, `resultType` with `hits`,
`cql-text` among the filter languages, and each property as a parameter of the query.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from geo_service import __version__
from geo_service.ogc import schemas
from geo_service.ogc.asked import LANGUAGES, MOST, PAGE
from geo_service.ogc.links import GEOJSON, JSON, SCHEMA
from geo_service.ogc.negotiation import FORMS
from geo_service.ogc.pages import FORMS_OF_ITEMS
from geo_service.tiles import openapi as tiles
from layers.definitions import LAYERS, Layer

Piece = dict[str, Any]

PROBLEM = "application/problem+json"
TILE_MATRIX_SET = "WebMercatorQuad"


def _query(name: str, description: str, schema: Piece, **more: object) -> Piece:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
        **more,
    }


def _parameters(systems: Sequence[str]) -> Piece:
    """Return the parameters that the paths share."""
    text: Piece = {"type": "string"}
    system = {"type": "string", "format": "uri", "enum": list(systems)}
    box: Piece = {
        "type": "array",
        "minItems": 4,
        "maxItems": 6,
        "items": {"type": "number"},
    }
    made = [
        _query("limit", "records of a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}),
        _query("offset", "begin behind so many records", {"type": "integer", "minimum": 0, "default": 0}),
        _query("after", "begin behind the record of this id", text),
        _query("bbox", "only records that meet a box", box),
        _query("bbox-crs", "the coordinate system of bbox", system),
        _query("crs", "the coordinate system of the answer", system),
        _query("datetime", "only records of an instant or interval (RFC 3339)", text),
        _query("filter", "only records that a CQL2 condition selects", text),
        _query(
            "filter-lang",
            "the language of filter",
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        ),
        _query("filter-crs", "the coordinate system of geometries in filter", system),
        _query("sortby", "properties to sort by, - before one for descending", {"type": "array", "items": text}),
        _query("properties", "the properties to answer with", {"type": "array", "items": text}),
        _query("skipGeometry", "leave the geometry out", {"type": "boolean", "default": False}),
        _query("resultType", "hits only counts", {"type": "string", "enum": ["results", "hits"], "default": "results"}),
        _query("as_of", "ground date, default today", {"type": "string", "format": "date"}),
        _query("known_at", "knowledge time, default now", {"type": "string", "format": "date-time"}),
        _query("rev", "the revision of known_at", {"type": "integer", "minimum": 0}),
        _query("f", "the form of the answer", {"type": "string"}),
    ]
    found = {one["name"]: one for one in made}
    found["recordId"] = {"name": "recordId", "in": "path", "required": True, "description": "the id", "schema": text}
    return found


def _refs(*names: str) -> list[Piece]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


_TIMES = ("as_of", "known_at", "rev", "f")
_ITEMS = (
    *("limit", "offset", "after", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs"),
    *("sortby", "properties", "skipGeometry", "resultType", "as_of", "known_at", "rev"),
)


def _answers(types: Sequence[str], schema: str | None = None, **more: str) -> Piece:
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"} if schema else {}} for kind in types}
    found: Piece = {"200": {"description": "the answer", "content": content}}
    found |= {"304": {"description": "the client has this very answer"}}
    found |= {"4XX": {"$ref": "#/components/responses/Problem"}}
    return found | {status: {"description": text} for status, text in more.items()}


def _read(operation: str, tag: str, summary: str, parameters: Sequence[Piece], answers: Piece) -> Piece:
    return {
        "operationId": operation,
        "tags": [tag],
        "summary": summary,
        "parameters": list(parameters),
        "responses": answers,
    }


def _write(  # noqa: PLR0913 - what an operation of the document says
    operation: str, layer: Layer, summary: str, *, body: str | None, item: bool, statuses: Piece
) -> Piece:
    made: Piece = {
        "operationId": f"{operation}.{layer.name}",
        "tags": [layer.name],
        "summary": summary,
        "parameters": _refs("recordId") if item else [],
        "responses": {
            **statuses,
            "202": {"description": "kept for review; the record is unchanged until somebody approves"},
            "4XX": {"$ref": "#/components/responses/Problem"},
        },
    }
    if body:
        made["requestBody"] = {
            "required": True,
            "content": {body: {"schema": {"$ref": "#/components/schemas/Feature"}}},
        }
    return made


def _of_layer(layer: Layer) -> Piece:
    """Return the paths of one collection."""
    home, name = f"/collections/{layer.name}", layer.label.en
    label = layer.name
    items = [
        *_refs(*_ITEMS),
        _query("f", "the form of the answer", {"type": "string", "enum": ["geojson", *FORMS_OF_ITEMS]}),
        *schemas.parameters_of(layer),
    ]
    types = [GEOJSON, *(FORMS[form] for form in FORMS_OF_ITEMS if form != "json")]
    one = _refs("recordId", "crs", *_TIMES)
    return {
        home: {"get": _read(f"describe.{label}", label, f"{name}: description", _refs(*_TIMES), _answers([JSON]))},
        f"{home}/schema": {
            "get": _read(f"schema.{label}", label, f"{name}: schema", _refs(*_TIMES), _answers([SCHEMA]))
        },
        f"{home}/queryables": {
            "get": _read(f"queryables.{label}", label, f"{name}: filters", _refs(*_TIMES), _answers([SCHEMA, JSON]))
        },
        f"{home}/items": {
            "get": _read(f"items.{label}", label, name, items, _answers(types, "FeatureCollection")),
            "post": _write(
                "create",
                layer,
                f"{name}: add a record",
                body=GEOJSON,
                item=False,
                statuses={"201": {"description": "added; Location says where"}},
            ),
        },
        f"{home}/items/{{recordId}}": {
            "get": _read(f"item.{label}", label, f"{name}: one record", one, _answers([GEOJSON], "Feature")),
            "put": _write(
                "replace", layer, f"{name}: replace", body=GEOJSON, item=True, statuses={"200": {"description": "done"}}
            ),
            "patch": _write(
                "update",
                layer,
                f"{name}: change",
                body="application/merge-patch+json",
                item=True,
                statuses={"200": {"description": "done"}},
            ),
            "delete": _write(
                "withdraw",
                layer,
                f"{name}: withdraw; its history stays",
                body=None,
                item=True,
                statuses={"204": {"description": "done"}},
            ),
        },
        f"{home}/items/{{recordId}}/versions": {
            "get": _read(
                f"versions.{label}", label, f"{name}: history", _refs("recordId", *_TIMES), _answers([GEOJSON])
            )
        },
    }


def document(base: str, systems: Sequence[str], others: Mapping[str, Any]) -> Piece:
    """Return the document.

    Args:
        base: the address of the service.
        systems: the coordinate systems that the store offers.
        others: the document of all other routes, as the framework writes it.
    """
    paths: Piece = {
        "/": {"get": _read("landing", "service", "Where everything begins", _refs(*_TIMES), _answers([JSON]))},
        "/conformance": {"get": _read("conformance", "service", "What is kept to", _refs("f"), _answers([JSON]))},
        "/collections": {"get": _read("collections", "service", "The layers", _refs(*_TIMES), _answers([JSON]))},
    }
    paths |= tiles.shared(TILE_MATRIX_SET)
    for layer in LAYERS.values():
        paths |= _of_layer(layer) | tiles.of_layer(layer.name, layer.label.en, TILE_MATRIX_SET)
    rest = _plain(others)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Clearway",
            "version": __version__,
            "description": "Explosive hazards, released land and routes: an exact, dated record of the ground. GDAL "
            "before 3.9 pages by ten: open with -oo PAGE_SIZE=10000.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "paths": paths | {path: found for path, found in rest.get("paths", {}).items() if path not in paths},
        "components": {
            "parameters": _parameters(systems),
            "responses": {
                "Problem": {
                    "description": "what is wrong, where, and what to do (RFC 9457)",
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "schemas": {**rest.get("components", {}).get("schemas", {}), **_SCHEMAS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"bearer": []}, {"basic": []}, {"key": []}],
    }


_SCHEMAS: Piece = {
    "Problem": {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    },
    "Feature": {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
        },
    },
    "FeatureCollection": {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
            "timeStamp": {"type": "string", "format": "date-time"},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    },
}


def _plain(node: Any) -> Any:
    """Return a piece of a 3.1 document as 3.0 writes it: what may be null says `nullable`."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _plain(value) for key, value in node.items()}
    choices = made.get("anyOf")
    if isinstance(choices, list):
        left = [one for one in choices if one != {"type": "null"}]
        if len(left) < len(choices):
            made.pop("anyOf")
            made |= {"nullable": True, **(left[0] if len(left) == 1 else {"anyOf": left})}
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if made.pop("contentMediaType", None):
        made["format"] = "binary"
    for bound in ("Minimum", "Maximum"):
        if isinstance(made.get(f"exclusive{bound}"), int | float) and not isinstance(made[f"exclusive{bound}"], bool):
            made[bound.lower()] = made[f"exclusive{bound}"]
            made[f"exclusive{bound}"] = True
    return made
