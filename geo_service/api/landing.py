"""Where programs begin: the landing page, what is kept to, and the document of the interface."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.collections import PAGE, shown
from geo_service.api.direct import Direct
from geo_service.api.pages import home
from geo_service.ogc import html, links, openapi
from geo_service.ogc.conformance import CLASSES
from geo_service.ogc.reads import Read, read_of

router = APIRouter(route_class=Direct, include_in_schema=False)


@router.get("/", dependencies=[requires(Role.public)])
def landing(request: Request) -> Response:
    """Return the landing page to programs, and the overview map to browsers."""
    read = read_of(request, ("json", "html"))
    if read.form == "html":
        return home(request, read.service, read.seen, read.records)
    return shown(read, lambda: _landing(read), lambda _: b"", links.JSON)


def _landing(read: Read) -> Mapping[str, object]:
    base, settings = read.base, read.settings
    notice = settings.sentences(read.seen.as_of.isoformat(), read.seen.known_at)
    return {
        "title": f"Clearway, {settings.authority}" + (" (SYNTHETIC)" if settings.synthetic else ""),
        "description": notice + read.records.notice,
        "as_of": read.seen.as_of.isoformat(),
        "known_at": read.seen.known_at,
        "revision": read.seen.snapshot.number,
        "synthetic": settings.synthetic,
        "links": [
            links.link(f"{base}/?f=json", "self", links.JSON),
            links.link(f"{base}/?f=html", "alternate", links.HTML, "The overview map"),
            links.link(f"{base}/api", "service-desc", links.OPENAPI, "The interface"),
            links.link(f"{base}/api.html", "service-doc", links.HTML, "The interface, to read"),
            links.link(f"{base}/conformance", "conformance", links.JSON),
            links.link(f"{base}/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", links.JSON),
            links.link(f"{base}/collections", "data", links.JSON, "The layers"),
            links.link(f"{base}/collections", "http://www.opengis.net/def/rel/ogc/1.0/data", links.JSON),
            links.link(f"{base}/tileMatrixSets", "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", links.JSON),
        ],
    }


@router.get("/conformance", dependencies=[requires(Role.nobody)])
def conformance(request: Request) -> Response:
    """Return the classes of the standards that the service keeps to."""
    read = read_of(request, ("json", "html"), known=())

    def page(made: Mapping[str, Any]) -> bytes:
        return html.rendered(
            "listing.html",
            read,
            title=html.speech_of(read).t("listing_conformance"),
            rows=[[one] for one in made["conformsTo"]],
        )

    return shown(read, lambda: {"conformsTo": list(CLASSES)}, page, links.JSON)


def _document(read: Read) -> dict[str, Any]:
    app = read.request.app
    return openapi.document(read.base, read.systems, app.openapi())


@router.get("/api", dependencies=[requires(Role.nobody)])
def api(request: Request) -> Response:
    """Return the interface as an OpenAPI document."""
    read = read_of(request, ("json",), known=())
    return read.answer(lambda: orjson.dumps(_document(read)), read.tag("api"), media_type=links.OPENAPI)


@router.get("/api.html", dependencies=[requires(Role.nobody)])
def api_page(request: Request) -> Response:
    """Return the interface as a page to read: every address, what it does, what it takes."""
    read = read_of(request, ("html",), known=())

    def make() -> bytes:
        found = _document(read)
        rows = []
        for path, methods in found["paths"].items():
            for method, one in methods.items():
                names = [
                    given.get("name") or str(given.get("$ref", "")).rsplit("/", 1)[-1]
                    for given in one.get("parameters", [])
                ]
                rows.append([method.upper(), path, one.get("summary", ""), ", ".join(names)])
        title = html.speech_of(read).t("listing_api")
        return html.rendered(
            "listing.html", read, title=title, text=found["info"]["description"], rows=rows, english=True
        )

    return read.answer(make, read.tag("api.html"), media_type=PAGE, headers=lambda: html.HEADERS)
