"""The layers as collections: their list, each one's description, schema and queryables."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import NotAllowed, Role
from geo_service.api.direct import Direct
from geo_service.languages.written import layer_name
from geo_service.ogc import html, links, schemas
from geo_service.ogc.collections import described
from geo_service.ogc.reads import Read, read_of
from layers.definitions import LAYERS, Layer

router = APIRouter(route_class=Direct, include_in_schema=False, dependencies=[requires(Role.public, lasting=True)])

PAGE = "text/html; charset=utf-8"


def shown(
    read: Read, body: Callable[[], Mapping[str, object]], page: Callable[[Mapping[str, object]], bytes], media_type: str
) -> Response:
    """Return a document as JSON, or as a page to read."""
    tag = read.tag(read.request.url.path, read.pairs)
    if read.form == "html":
        return read.answer(lambda: page(body()), tag, media_type=PAGE, headers=lambda: html.HEADERS)
    return read.answer(lambda: orjson.dumps(body()), tag, media_type=media_type)


@router.get("/collections")
def collections(request: Request) -> Response:
    """Return the layers that the one who asks may see."""
    read = read_of(request, ("json", "html"), known=())

    def body() -> Mapping[str, object]:
        found = []
        for layer in LAYERS.values():
            try:
                found.append(described(read, layer))
            except NotAllowed:
                continue
        own = f"{read.base}/collections"
        ways = [links.link(own, "self", links.JSON), links.link(f"{own}?f=html", "alternate", links.HTML)]
        return {"links": ways, "collections": found}

    def page(made: Mapping[str, object]) -> bytes:
        speech = html.speech_of(read)
        rows = [
            [
                {"href": f"{read.base}/collections/{one['id']}?f=html", "text": layer_name(speech, one["id"])},
                speech.t("items_count", all=speech.number(one["itemCount"])),
            ]
            for one in made["collections"]  # type: ignore[attr-defined]
        ]
        return html.rendered("listing.html", read, title=speech.t("listing_collections"), rows=rows)

    return shown(read, body, page, links.JSON)


@router.get("/collections/{layer}")
def collection(request: Request) -> Response:
    """Return one layer."""
    read = read_of(request, ("json", "html"), known=())
    layer = read.layer()
    read.records.refuse(read.seen, layer.name)

    def page(made: Mapping[str, object]) -> bytes:
        home = f"{read.base}/collections/{layer.name}"
        speech = html.speech_of(read)
        count = speech.number(int(str(made["itemCount"])))
        rows: list[list[object]] = [[speech.t("listing_records"), count]]
        rows += [
            [speech.t(f"listing_{name}"), {"href": f"{home}/{name}?f=html", "text": name}]
            for name in ("items", "schema", "queryables")
        ]
        # When it holds and what it does not say stands on every page, in its language.
        return html.rendered("listing.html", read, title=layer_name(speech, layer.name), rows=rows)

    return shown(read, lambda: described(read, layer), page, links.JSON)


def _schema(request: Request, name: str, make: Callable[[Layer, str], dict[str, object]]) -> Response:
    read = read_of(request, ("json", "html"), known=())
    layer = read.layer()
    read.records.refuse(read.seen, layer.name)
    address = f"{read.base}/collections/{layer.name}/{name}"

    def page(made: Mapping[str, object]) -> bytes:
        properties: Mapping[str, Mapping[str, Any]] = made["properties"]  # type: ignore[assignment]
        rows = [
            [
                key,
                one.get("title", ""),
                one.get("type", one.get("format", "")),
                ", ".join(map(str, one.get("enum", []))),
            ]
            for key, one in properties.items()
        ]
        speech = html.speech_of(read)
        title = f"{layer_name(speech, layer.name)}: {speech.t(f'listing_{name}')}"
        return html.rendered("listing.html", read, title=title, rows=rows)

    # GDAL asks for queryables as GeoJSON or JSON, and takes them as JSON only.
    asked = request.headers.get("accept", "")
    plain = name == "queryables" and "schema+json" not in asked and "application/" in asked
    return shown(
        read,
        lambda: schemas.as_seen(make(layer, address), layer, read.records.form),
        page,
        links.JSON if plain else links.SCHEMA,
    )


@router.get("/collections/{layer}/schema")
def schema(request: Request) -> Response:
    """Return what a record of a layer looks like, as JSON Schema."""
    return _schema(request, "schema", schemas.schema_of)


@router.get("/collections/{layer}/queryables")
def queryables(request: Request) -> Response:
    """Return what a layer can be filtered by, as JSON Schema."""
    return _schema(request, "queryables", schemas.queryables_of)
