"""One record, and all its versions."""

import datetime as dt

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from geo_service import features
from geo_service.access.dependencies import requires
from geo_service.access.principals import NotAllowed, Role
from geo_service.api.collections import PAGE
from geo_service.api.direct import Direct
from geo_service.ogc import crs, etags, html, links
from geo_service.ogc.asked import EVERYWHERE, once
from geo_service.ogc.edits import stored
from geo_service.ogc.holding import Holding
from geo_service.ogc.reads import Read, http_date, read_of
from geo_service.store.errors import NotFound
from layers.definitions import Layer

router = APIRouter(route_class=Direct, include_in_schema=False, dependencies=[requires(Role.public, lasting=True)])


@router.get("/collections/{layer}/items/{record_id}")
def item(request: Request) -> Response:
    """Return one record in force."""
    read = read_of(request, ("json", "html"))
    given = once(read.pairs, (*EVERYWHERE, "crs"))
    layer = read.layer()
    wanted = crs.chosen(given.get("crs"), read.systems, "crs")
    held, record_id = read.holding(layer.name), request.path_params["record_id"]
    place = held.place_of(record_id)
    if place is None:
        raise NotFound(f"{layer.name} has no record {record_id[:100]!r} in force at this as_of and known_at")
    text = stored(held, place)
    plain = read.form == "json" and wanted == crs.CRS84 and not read.packed
    tag = etags.tag_of_record(text, "" if plain else f"{read.form} {wanted} {read.packed}{read.language}")

    def headers() -> dict[str, str]:
        found = {"Content-Crs": f"<{wanted}>"}
        if "recorded_at" in held.frame:
            found["Last-Modified"] = http_date(held.frame["recorded_at"].iloc[place].to_pydatetime())
        return found | (html.HEADERS if read.form == "html" else {})

    if read.form == "html":
        row = features.properties(held.frame.iloc[[place]], layer.name)[0]
        shape = held.frame.geometry.iloc[place]
        return read.answer(lambda: html.item(read, layer.name, row, shape), tag, media_type=PAGE, headers=headers)
    return read.answer(
        lambda: feature(read, layer, held, place, wanted), tag, media_type=links.GEOJSON, headers=headers
    )


def feature(read: Read, layer: Layer, held: Holding, place: int, wanted: str) -> bytes:
    """Return a record as GeoJSON with its links, in a coordinate system."""
    body = orjson.loads(stored(held, place))
    if wanted != crs.CRS84:
        moved = crs.outward(held.shapes[[place]], wanted)
        body["geometry"] = features.geojson(moved)[0]
    home = f"{read.base}/collections/{layer.name}"
    address = f"{home}/items/{links.segment(held.ids[place])}"
    kept = [pair for pair in read.pairs if pair[0] not in {"f", "token"}]
    body["links"] = [
        links.link(links.with_query(address, kept), "self", links.GEOJSON),
        links.link(links.with_query(address, [*kept, ("f", "html")]), "alternate", links.HTML),
        links.link(home, "collection", links.JSON),
        links.link(f"{address}/versions", "version-history", links.GEOJSON),
    ]
    body["notice"] = read.settings.sentences(read.seen.as_of.isoformat(), read.seen.known_at) + read.records.notice
    return orjson.dumps(body)


@router.get("/collections/{layer}/items/{record_id}/versions", dependencies=[requires(Role.viewer)])
def versions(request: Request) -> Response:
    """Return all versions of a record as they were recorded, up to `known_at`: what was known, and from when."""
    read = read_of(request, ("json", "html"))
    once(read.pairs, EVERYWHERE)
    layer, record_id = read.layer(), request.path_params["record_id"]
    if read.records.form != "full":
        raise NotAllowed("Only records in force are published; their history needs a token.", known=False)
    frame = read.seen.snapshot.frames[layer.name]
    found = frame[(frame["id"] == record_id).to_numpy()] if len(frame) else frame
    if not len(found):
        raise NotFound(f"{layer.name} has no record {record_id[:100]!r} at this known_at")
    rows = features.features(found, layer.name)
    stamps = zip(found["recorded_at"].tolist(), found["revision"].tolist(), found["changeset"].tolist(), strict=True)
    for one, (recorded_at, revision, changeset) in zip(rows, stamps, strict=True):
        properties: dict[str, object] = one["properties"]  # type: ignore[assignment]
        moment: dt.datetime = recorded_at.to_pydatetime()
        properties["recorded_at"] = moment.isoformat().replace("+00:00", "Z")
        properties["revision"], properties["changeset"] = int(revision), int(changeset)
    address = f"{read.base}/collections/{layer.name}/items/{links.segment(record_id)}"
    tag = read.tag("versions", layer.name, record_id, read.pairs)

    def body() -> bytes:
        made = {
            "type": "FeatureCollection",
            "numberMatched": len(rows),
            "numberReturned": len(rows),
            "timeStamp": read.recorded_at,
            "known_at": read.seen.known_at,
            "revision": read.seen.snapshot.number,
            "notice": read.settings.sentences(read.seen.as_of.isoformat(), read.seen.known_at),
            "synthetic": read.settings.synthetic,
            "links": [
                links.link(f"{address}/versions", "self", links.GEOJSON),
                links.link(address, "item", links.GEOJSON),
            ],
            "features": rows,
        }
        return orjson.dumps(made)

    def page() -> bytes:
        names = ("recorded_at", "revision", "changeset", "valid_from", "change", "withdrawn")
        lines = [list(names)] + [[str(one["properties"].get(name, "")) for name in names] for one in rows]  # type: ignore[attr-defined]
        return html.rendered(
            "listing.html", read, title=html.speech_of(read).t("listing_versions", id=record_id), rows=lines
        )

    if read.form == "html":
        return read.answer(page, tag, media_type=PAGE, headers=lambda: html.HEADERS)
    return read.answer(body, tag, media_type=links.GEOJSON)
