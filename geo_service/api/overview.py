"""What the overview map asks for beside its tiles: the figures of a date, what a search finds, and its words."""

import hashlib
import re
from dataclasses import replace
from http import HTTPStatus

import orjson
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import matches, service_of, unchanged
from geo_service.api.direct import Direct
from geo_service.api.tiles import tile_answer
from geo_service.basemaps import NoBasemap, archive
from geo_service.languages import language_of, words
from geo_service.maps.figures import figures
from geo_service.maps.overview import overview
from geo_service.maps.search import search, told
from geo_service.ogc.reads import read_of
from geo_service.situations import situation
from geo_service.store.errors import NotFound
from geo_service.tiles import matrix
from layers.definitions import LAYERS

router = APIRouter(route_class=Direct, include_in_schema=False)

_PART = re.compile(r"bytes=(?P<first>\d{0,15})-(?P<last>\d{0,15})", re.ASCII)


@router.get("/maps/figures", dependencies=[requires(Role.public)])
def overview_figures(request: Request) -> Response:
    """Return what cards and district table say of a date."""
    read = read_of(request, ("json",), known=("lang",))
    language = language_of(dict(read.pairs).get("lang"))
    return read.answer(
        lambda: orjson.dumps(figures(read.seen, read.records, read.settings, language)), read.tag("figures", language)
    )


@router.get("/maps/overview.html", dependencies=[requires(Role.viewer)])
def overview_file(request: Request) -> Response:
    """Return the overview map of a date as one page with everything in it, to be kept or shown inside another."""
    read = read_of(request, ("html",), known=())
    return read.answer(
        lambda: overview(situation(read.seen, read.settings), mode="embedded").encode(),
        read.tag("overview file"),
        media_type="text/html; charset=utf-8",
        # Opened from the service itself it is of no origin, as it is in a file.
        headers=lambda: {"Content-Security-Policy": "sandbox allow-scripts"},
    )


@router.get("/maps/search", dependencies=[requires(Role.public)])
def overview_search(request: Request) -> Response:
    """Return what a text may mean: coordinates, settlements and districts by any of their names, records by id."""
    read = read_of(request, ("json",), known=("q",))
    asked = dict(read.pairs).get("q", "")

    def make() -> bytes:
        # Half a coordinate is what people type on their way to a whole one: it is answered, not refused.
        try:
            return orjson.dumps({"q": asked, "found": told(search(asked, read.seen, read.records)), "message": None})
        except ValueError as error:
            return orjson.dumps({"q": asked, "found": [], "message": str(error)})

    return read.answer(make, read.tag("search", asked))


@router.get("/maps/ways/{zoom}/{row}/{column}", dependencies=[requires(Role.viewer)])
def overview_ways(request: Request) -> Response:
    """Return a vector tile of the roads by evidence: the worst class that each part has for any mode of travel."""
    # Rules of evidence are settings: they change while revision, date and knowledge stay, so that caches ask again.
    read = replace(read_of(request, ("mvt",), known=()), pinned=False)
    asked = request.path_params
    zoom, row, column = matrix.place(asked["zoom"], asked["row"], asked["column"])
    service, rules = read.service, read.settings.routes

    def make() -> bytes:
        return service.tiles.ways(service.ways.at(read.seen, rules), zoom, row, column, packed=read.packed)

    return tile_answer(read, read.tag("ways", zoom, row, column), make)


@router.get("/maps/water/{zoom}/{row}/{column}", dependencies=[requires(Role.viewer)])
def overview_water(request: Request) -> Response:
    """Return a vector tile of surface water, for what is recorded to be drawn on."""
    # It is filed beside the revisions: it may change while revision, date and knowledge stay, so that caches ask again.
    read = replace(read_of(request, ("mvt",), known=()), pinned=False)
    asked = request.path_params
    zoom, row, column = matrix.place(asked["zoom"], asked["row"], asked["column"])
    known, tiles = read.service.surroundings, read.service.tiles
    if not request.query_params.get("known_at"):
        read = replace(read, seen=known.now(read.seen))

    def make() -> bytes:
        return tiles.water(known.at(read.seen), zoom, row, column, packed=read.packed)

    return tile_answer(read, read.tag("water", known.key(read.seen), zoom, row, column), make)


@router.get("/maps/basemap.pmtiles", dependencies=[requires(Role.public)])
def overview_basemap(request: Request) -> Response:
    """Return the archive of the background, or the part of it that is asked for (Range, RFC 9110 section 14)."""
    service = service_of(request)
    basemap = service.settings.basemap
    if basemap is None or not basemap.pmtiles:
        raise NotFound("no file is set as the background of the map")
    try:
        path = archive(service.log.folder, basemap)
    except NoBasemap as error:
        raise NotFound(str(error)) from None
    about = path.stat()
    tag = f'"{hashlib.sha256(f"{basemap.pmtiles}|{about.st_mtime_ns}|{about.st_size}".encode()).hexdigest()[:32]}"'
    if matches(request, tag):
        return unchanged(tag)
    _check_range(request.headers.get("range"), about.st_size)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    return FileResponse(path, media_type="application/vnd.pmtiles", headers=headers, stat_result=about)


def _check_range(asked: str | None, size: int) -> None:
    """Let through the whole of a file, or one part of it.

    Raises:
        HTTPException: 416, it has no such part, or several are asked for.
    """
    if asked is None:
        return
    found = _PART.fullmatch(asked)
    first, last = (found["first"], found["last"]) if found else ("", "")
    begins = int(first) < size and (not last or int(first) <= int(last)) if first else last.strip("0") != ""
    if not begins:
        text = f"Range is one part of {size} bytes, such as bytes=0-16383"
        raise HTTPException(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, text, {"Content-Range": f"bytes */{size}"})


@router.get("/maps/words/{language}", dependencies=[requires(Role.nobody)])
def overview_words(request: Request) -> Response:
    """Return the words of the pages in a language, with the names of layers and fields."""
    language = request.path_params["language"]
    try:
        catalogue = words(language)
    except KeyError:
        raise NotFound(f"there are no words in {language[:20]!r}") from None
    labels = {
        name: {"": getattr(layer.label, language)} | {one.name: getattr(one.label, language) for one in layer.fields}
        for name, layer in LAYERS.items()
    }
    body = orjson.dumps({"words": dict(catalogue), "labels": labels})
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if matches(request, tag):
        return unchanged(tag)
    return Response(body, media_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})
