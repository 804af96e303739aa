"""Vector tiles over HTTP: OGC API Tiles (20-057) for the tile matrix set WebMercatorQuad, TileJSON and styles."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.collections import shown
from geo_service.api.dependencies import matches
from geo_service.api.direct import Direct
from geo_service.ogc import html, links
from geo_service.ogc.reads import Read, read_of
from geo_service.store.errors import NotFound
from geo_service.tiles import matrix, styles, tilesets
from geo_service.tiles.shapes import HIGHEST

router = APIRouter(route_class=Direct, include_in_schema=False, dependencies=[requires(Role.public, lasting=True)])

DEFAULT = "default"
"""The name of the style that there is of every layer."""


@router.get("/tileMatrixSets")
def matrix_sets(request: Request) -> Response:
    """Return the tile matrix sets."""
    read = read_of(request, ("json", "html"), known=())
    own = f"{read.base}/tileMatrixSets"
    one = {"id": matrix.NAME, "title": matrix.NAME, "uri": matrix.URI, "crs": matrix.CRS}
    ways = [links.link(f"{own}/{matrix.NAME}", "self", links.JSON)]

    def body() -> Mapping[str, object]:
        return {"links": [links.link(own, "self", links.JSON)], "tileMatrixSets": [{**one, "links": ways}]}

    rows = [[{"href": f"{own}/{matrix.NAME}?f=html", "text": matrix.NAME}]]
    return shown(read, body, _page(read, "Tile matrix sets", rows), links.JSON)


@router.get("/tileMatrixSets/{matrix_set}")
def matrix_set(request: Request) -> Response:
    """Return a tile matrix set."""
    read = read_of(request, ("json", "html"), known=())
    matrix.check_name(request.path_params["matrix_set"])
    made = matrix.definition()
    rows = [[one["id"], one["scaleDenominator"]] for one in made["tileMatrices"]]  # type: ignore[attr-defined]
    return shown(read, lambda: made, _page(read, matrix.NAME, rows), links.JSON)


@router.get("/collections/{layer}/tiles")
def of_layer(request: Request) -> Response:
    """Return the tile sets of a layer."""
    read = read_of(request, ("json", "html"), known=())
    layer = read.layer()
    read.records.refuse(read.seen, layer.name)
    home = f"{read.base}/collections/{layer.name}"

    def body() -> Mapping[str, object]:
        ways = [links.link(f"{home}/tiles", "self", links.JSON), links.link(home, "collection", links.JSON)]
        return {"links": ways, "tilesets": [tilesets.summary(read, layer)]}

    rows = [[{"href": f"{home}/tiles/{matrix.NAME}?f=html", "text": matrix.NAME}]]
    return shown(read, body, _page(read, f"{layer.label.en}: tiles", rows), links.JSON)


@router.get("/collections/{layer}/tiles/{matrix_set}")
def tile_set(request: Request) -> Response:
    """Return the description of a layer's tiles."""
    read = read_of(request, ("json", "tilejson", "html"), known=())
    matrix.check_name(request.path_params["matrix_set"])
    layer = read.layer()
    held = read.holding(layer.name)
    home = f"{read.base}/collections/{layer.name}"
    rows: list[list[object]] = [
        [{"href": f"{home}/tiles/{matrix.NAME}?f=tilejson", "text": "TileJSON"}],
        [{"href": f"{home}/styles/{DEFAULT}", "text": "style"}],
    ]
    make = tilesets.tilejson if read.form == "tilejson" else tilesets.metadata
    return shown(read, lambda: make(read, layer, held), _page(read, tilesets.title_of(read, layer), rows), links.JSON)


@router.get("/collections/{layer}/tiles/{matrix_set}/{zoom}/{row}/{column}")
def tile(request: Request) -> Response:
    """Return a tile: every record from zoom 10 up, and cells that count every record below."""
    read, (zoom, row, column) = tile_asked(request)
    layer = read.layer().name
    tag = read.tag("tile", layer, zoom, row, column)
    return tile_answer(
        read, tag, lambda: read.service.tiles.tile(read.holding(layer), zoom, row, column, packed=read.packed)
    )


def tile_asked(request: Request) -> tuple[Read, tuple[int, int, int]]:
    """Return what is read for a tile, and its zoom, row and column."""
    read = read_of(request, ("mvt",), known=())
    asked = request.path_params
    matrix.check_name(asked["matrix_set"])
    return read, matrix.place(asked["zoom"], asked["row"], asked["column"])


def tile_answer(read: Read, tag: str, make: Callable[[], bytes]) -> Response:
    """Return a tile, 204 where it is empty, 304 to a client that has it; `make` packs it for a client that asks."""
    headers = {"ETag": tag, "Cache-Control": read.caching, "Vary": "Accept, Accept-Encoding"}
    if matches(read.request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    body = make()
    if not body:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    if read.packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=tilesets.MVT)


@router.get("/coverage/tiles/{matrix_set}/{zoom}/{row}/{column}", dependencies=[requires(Role.viewer)])
def states(request: Request) -> Response:
    """Return a tile of the ground by state: faces from zoom 10 up, below cells with the m2 of each state."""
    read, (zoom, row, column) = tile_asked(request)
    tag = read.tag("states", zoom, row, column)
    return tile_answer(read, tag, lambda: read.service.tiles.states(read.seen, zoom, row, column, packed=read.packed))


@router.get("/collections/{layer}/styles")
def styles_of(request: Request) -> Response:
    """Return the styles of a layer."""
    read = read_of(request, ("json", "html"), known=())
    layer = read.layer()
    read.records.refuse(read.seen, layer.name)
    own = f"{read.base}/collections/{layer.name}/styles"

    def body() -> Mapping[str, object]:
        ways = [links.link(f"{own}/{DEFAULT}", "stylesheet", tilesets.STYLE)]
        made = {"id": DEFAULT, "title": layer.label.en, "links": ways}
        return {"links": [links.link(own, "self", links.JSON)], "default": DEFAULT, "styles": [made]}

    rows = [[{"href": f"{own}/{DEFAULT}", "text": DEFAULT}]]
    return shown(read, body, _page(read, f"{layer.label.en}: styles", rows), links.JSON)


@router.get("/collections/{layer}/styles/{style}")
def style(request: Request) -> Response:
    """Return a style that QGIS and MapLibre apply to a layer's tiles."""
    read = read_of(request, ("json",), known=())
    layer, name = read.layer(), request.path_params["style"]
    read.records.refuse(read.seen, layer.name)
    if name != DEFAULT:
        raise NotFound(f"{layer.name} has no style {name[:50]!r}; there is {DEFAULT}")
    tiles = tilesets.template(read, layer.name, ("z", "y", "x"), tilesets.named_times(read))
    return shown(
        read,
        lambda: styles.style(layer.name, tilesets.title_of(read, layer), read.settings.authority, tiles, HIGHEST),
        _page(read, layer.label.en, []),
        links.JSON,
    )


def _page(read: Read, title: str, rows: list[list[object]] | list[list[dict[str, str]]]) -> Callable[[object], bytes]:
    return lambda _: html.rendered("listing.html", read, title=title, rows=rows)
