"""What programs are told of the tiles of a layer: tile set metadata (OGC 17-083r4), TileJSON 3.0."""

from collections.abc import Sequence

from geo_service.features import DERIVED
from geo_service.ogc.collections import LICENCE
from geo_service.ogc.holding import Holding
from geo_service.ogc.links import HTML, JSON, Link, link, with_query
from geo_service.ogc.negotiation import FORMS
from geo_service.ogc.reads import Read
from geo_service.ogc.schemas import as_seen, schema_of
from geo_service.tiles import matrix, shown
from geo_service.tiles.shapes import HIGHEST
from layers.definitions import LAYERS, Geometry, Layer

MVT = FORMS["mvt"]
SCHEME_REL = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
STYLE = "application/vnd.mapbox.style+json"
DIMENSION = {Geometry.point: 0, Geometry.line: 1, Geometry.polygon: 2}

CELLS = {
    "open": "whether an open hazard touches the cell",
    "CHA_open_m2": "open m2 of the confirmed hazards counted in the cell, each by itself: shared ground counts twice",
    "SHA_open_m2": "open m2 of the suspected hazards counted in the cell, each by itself: shared ground counts twice",
}
"""What the attributes of a cell mean."""


def template(read: Read, layer: str, names: tuple[str, str, str], times: Sequence[tuple[str, str]]) -> str:
    """Return the address of a layer's tiles with places for zoom, row and column."""
    zoom, row, column = (f"{{{one}}}" for one in names)
    address = f"{read.base}/collections/{layer}/tiles/{matrix.NAME}/{zoom}/{row}/{column}"
    return with_query(address, times)


def named_times(read: Read) -> list[tuple[str, str]]:
    """Return the times that a request names; tiles without them are of now whenever they are asked for."""
    return [pair for pair in read.pairs if pair[0] in {"as_of", "known_at", "rev"} and pair[1]]


def title_of(read: Read, layer: Layer) -> str:
    """Return the title of a layer's tiles."""
    return f"{layer.label.en} on {read.seen.as_of}" + (" (SYNTHETIC)" if read.settings.synthetic else "")


def summary(read: Read, layer: Layer) -> dict[str, object]:
    """Return a layer's tile set as the list of tile sets shows it."""
    return {
        "title": title_of(read, layer),
        "dataType": "vector",
        "crs": matrix.CRS,
        "tileMatrixSetURI": matrix.URI,
        "links": _links(read, layer),
    }


def _links(read: Read, layer: Layer) -> list[Link]:
    home, times = f"{read.base}/collections/{layer.name}", named_times(read)
    own = f"{home}/tiles/{matrix.NAME}"
    tiles = template(read, layer.name, ("tileMatrix", "tileRow", "tileCol"), times)
    return [
        link(with_query(own, times), "self", JSON, "Tile set"),
        link(with_query(own, [*times, ("f", "html")]), "alternate", HTML),
        link(with_query(own, [*times, ("f", "tilejson")]), "describedby", FORMS["tilejson"], "TileJSON"),
        {**link(tiles, "item", MVT, "Tiles"), "templated": True},
        link(f"{read.base}/tileMatrixSets/{matrix.NAME}", SCHEME_REL, JSON, "Tile matrix set"),
        link(with_query(f"{home}/styles/default", times), "style", STYLE, "Style"),
        link(home, "collection", JSON),
    ]


def metadata(read: Read, layer: Layer, held: Holding) -> dict[str, object]:
    """Return the description of a layer's tile set."""
    made = summary(read, layer) | {
        "description": notice(read),
        "attribution": read.settings.authority,
        "license": LICENCE,
        "tileMatrixSetLimits": matrix.limits(held.extent),
        "layers": [
            {
                "id": layer.name,
                "title": layer.label.en,
                "dataType": "vector",
                **({"geometryDimension": DIMENSION[layer.geometry]} if layer.geometry in DIMENSION else {}),
                "minTileMatrix": "0",
                "maxTileMatrix": str(HIGHEST),
                "propertiesSchema": _schema(read, layer, held),
            }
        ],
    }
    if held.extent:
        west, south, east, north = held.extent
        crs = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        made["boundingBox"] = {"lowerLeft": [west, south], "upperRight": [east, north], "crs": crs}
    return made


def notice(read: Read) -> str:
    """Return the sentences that every product carries."""
    said = read.settings.sentences(read.seen.as_of.isoformat(), read.seen.known_at)
    return said + read.records.notice + (" SYNTHETIC." if read.settings.synthetic else "")


def _schema(read: Read, layer: Layer, held: Holding) -> dict[str, object]:
    whole = as_seen(schema_of(layer, ""), layer, read.records.form)
    known: dict[str, object] = whole["properties"]  # type: ignore[assignment]
    names = [name for name in shown.names_of(layer.name) if name in held.frame]
    found: dict[str, object] = {name: known.get(name, {}) for name in names}
    # Lists are joined by ; in tiles.
    for name, one in found.items():
        if isinstance(one, dict) and one.get("type") == "array":
            found[name] = {"type": "string", "title": one.get("title", name)}
    return {"type": "object", "properties": found}


def tilejson(read: Read, layer: Layer, held: Holding) -> dict[str, object]:
    """Return the description of a layer's tiles as TileJSON 3.0."""
    made: dict[str, object] = {
        "tilejson": "3.0.0",
        "name": title_of(read, layer),
        "description": notice(read),
        "attribution": read.settings.authority,
        "version": f"{read.seen.snapshot.number}.0.0",
        "scheme": "xyz",
        "tiles": [template(read, layer.name, ("z", "y", "x"), named_times(read))],
        "minzoom": 0,
        "maxzoom": HIGHEST,
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.label.en,
                "minzoom": 0,
                "maxzoom": HIGHEST,
                "fields": _fields(layer.name, held),
            }
        ],
    }
    if held.extent:
        west, south, east, north = held.extent
        made["bounds"] = held.extent
        made["center"] = [(west + east) / 2, (south + north) / 2, 10]
    return made


def _fields(layer: str, held: Holding) -> dict[str, str]:
    """Return what the attributes of a layer's tiles mean, those of its cells among them."""
    definition = LAYERS[layer]
    found = {}
    for name in shown.names_of(layer):
        if name in held.frame:
            derived = name in DERIVED.get(layer, ())
            found[name] = "worked out of the ground" if derived else definition.field_named(name).label.en
    found[layer] = "below zoom 10: how many records are counted in the cell"
    if layer == "hazards":
        found |= {name: text for name, text in CELLS.items() if name == shown.OPEN or "open_m2" in held.frame}
    return found
