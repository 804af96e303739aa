"""What the overview map asks for beside its tiles: the figures of a date, what a search finds, and its words."""

import hashlib

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.dependencies import matches, unchanged
from geo_service.api.direct import Direct
from geo_service.languages import language_of, words
from geo_service.maps.figures import figures
from geo_service.maps.overview import overview
from geo_service.maps.search import search, told
from geo_service.ogc.reads import read_of
from geo_service.situations import situation
from geo_service.store.errors import NotFound
from layers.definitions import LAYERS

router = APIRouter(route_class=Direct, include_in_schema=False)


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
