"""The descriptions of the collections: what they hold, where and when it lies, and what leads on from there."""

from geo_service.ogc import crs
from geo_service.ogc.links import GEOJSON, HTML, JSON, SCHEMA, Link, link, with_query
from geo_service.ogc.negotiation import FORMS
from geo_service.ogc.reads import Read
from geo_service.ogc.selection import dated_by
from layers.definitions import Layer

SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TILES_REL = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"

LICENCE = "Explosive ordnance information: only for the purpose it was given for, with its date and its sentences"


def described(read: Read, layer: Layer) -> dict[str, object]:
    """Return the description of a collection at a view.

    Raises:
        NotAllowed: it is not published.
    """
    held, home = read.holding(layer.name), f"{read.base}/collections/{layer.name}"
    return {
        "id": layer.name,
        "title": layer.label.en,
        "description": f"{layer.label.en} in force on {read.seen.as_of}, as known on {read.seen.known_at}. "
        f"{read.settings.sentences(read.seen.as_of.isoformat(), read.seen.known_at)}",
        "license": LICENCE,
        "attribution": read.settings.authority,
        "itemType": "feature",
        "extent": _extent(read, layer),
        "crs": list(read.systems),
        "storageCrs": crs.CRS84,
        "itemCount": len(held),
        "links": _links(home, layer, read.times()),
    }


def _links(home: str, layer: Layer, times: list[tuple[str, str]]) -> list[Link]:
    items, label = f"{home}/items", layer.label.en
    return [
        link(home, "self", JSON),
        link(f"{home}?f=html", "alternate", HTML),
        link(items, "items", GEOJSON, f"{label} as GeoJSON"),
        *(
            link(f"{items}?f={form}", "items", FORMS[form], f"{label} as {form}")
            for form in ("fgb", "csv", "geojsonseq", "html")
        ),
        link(f"{home}/schema", "describedby", SCHEMA, f"Schema of {label}"),
        link(f"{home}/schema", SCHEMA_REL, SCHEMA, f"Schema of {label}"),
        link(f"{home}/queryables", QUERYABLES_REL, SCHEMA, f"What {label} can be filtered by"),
        link(f"{home}/tiles", TILES_REL, JSON, f"{label} as vector tiles"),
        link(with_query(items, [("f", "gpkg"), *times]), "enclosure", FORMS["gpkg"], "all records as GeoPackage"),
        link(with_query(items, [("f", "parquet"), *times]), "enclosure", FORMS["parquet"], "all records as GeoParquet"),
    ]


def _extent(read: Read, layer: Layer) -> dict[str, object]:
    held = read.holding(layer.name)
    extent: dict[str, object] = {}
    if held.extent:
        extent["spatial"] = {"bbox": [held.extent], "crs": crs.CRS84}
    name = dated_by(layer.name)
    dates = held.frame[name].dropna() if name in held.frame else None
    if dates is not None and len(dates):
        ends = [one.date().isoformat() + "T00:00:00Z" for one in (dates.min(), dates.max())]
        extent["temporal"] = {"interval": [ends], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return extent
