"""The layers as collections of features."""

import hashlib
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from geo_service import features
from geo_service.access.dependencies import requires
from geo_service.access.principals import Role
from geo_service.api.coverage import conditional
from geo_service.api.dependencies import TheRecords, TheService, TheView, answer, tag_of
from geo_service.balance import Refused
from geo_service.store.errors import NotFound
from layers.definitions import LAYERS, Layer
from layers.schema import json_schema

router = APIRouter(tags=["features"], dependencies=[requires(Role.public)])

PAGE, MOST = 10, 10_000
GEOJSON = "application/geo+json"


def layer_of(name: str) -> Layer:
    """Return the layer of a path.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in LAYERS:
        raise NotFound(f"no collection {name!r}; collections: {', '.join(LAYERS)}")
    return LAYERS[name]


def described(layer: Layer, base: str) -> dict[str, object]:
    """Return the description of a collection."""
    home = f"{base}/collections/{layer.name}"
    return {
        "id": layer.name,
        "title": layer.label.en,
        "itemType": "feature",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "links": [
            {"href": home, "rel": "self", "type": "application/json"},
            {"href": f"{home}/items", "rel": "items", "type": GEOJSON},
            {"href": f"{home}/schema", "rel": "describedby", "type": "application/schema+json"},
        ],
    }


def base_of(request: Request) -> str:
    """Return the address that the client reached the service by, without a slash at the end."""
    return str(request.base_url).rstrip("/")


@router.get("/collections")
def collections(request: Request, seen: TheView) -> Response:
    """Return the layers."""
    base = base_of(request)
    body = {
        "links": [{"href": f"{base}/collections", "rel": "self", "type": "application/json"}],
        "collections": [described(layer, base) for layer in LAYERS.values()],
    }
    tag = tag_of(seen, "collections", base)
    return conditional(request, tag, lambda: answer(orjson.dumps(body), "application/json", tag))


@router.get("/collections/{layer}")
def collection(request: Request, seen: TheView, layer: str) -> Response:
    """Return one layer."""
    body = described(layer_of(layer), base_of(request))
    tag = tag_of(seen, layer, base_of(request))
    return conditional(request, tag, lambda: answer(orjson.dumps(body), "application/json", tag))


@router.get("/collections/{layer}/schema")
def schema(request: Request, seen: TheView, layer: str) -> Response:
    """Return what a record of a layer looks like, as JSON Schema."""
    home = f"{base_of(request)}/collections/{layer_of(layer).name}/schema"
    tag = tag_of(seen, layer, "schema", home)
    body = {"$id": home, **json_schema(layer_of(layer))}
    return conditional(request, tag, lambda: answer(orjson.dumps(body), "application/schema+json", tag))


def box_of(text: str | None) -> list[float] | None:
    """Return the box that a text names: west, south, east, north in degrees (six numbers: heights are left out).

    Raises:
        Refused: it is no box.
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [numbers[k] for k in (0, 1, 3, 4)]
    if len(numbers) != 4 or not all(abs(n) <= 360 for n in numbers) or numbers[1] > numbers[3]:
        raise Refused("bbox is west,south,east,north in degrees, such as bbox=46.0,39.0,47.0,40.0")
    return numbers


@router.get("/collections/{layer}/items")
def items(
    request: Request,
    service: TheService,
    seen: TheView,
    records: TheRecords,
    layer: str,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    limit: Annotated[int, Query(ge=1)] = PAGE,
    after: Annotated[str | None, Query(description="the id that the page begins behind")] = None,
) -> Response:
    """Return the records in force and not withdrawn, page by page in order of id."""
    known = layer_of(layer)
    box = box_of(bbox)
    tag = tag_of(seen, layer, "items", records.form, box, limit, after, base_of(request))
    records.refuse(seen, known.name)

    def make() -> Response:
        frame = records.in_force(seen, known.name)
        if box:
            frame = features.within(frame, box)
        matched = len(frame)
        if after is not None:
            frame = frame[(frame["id"] > after).to_numpy()]
        page = frame.iloc[: min(limit, MOST)]
        home = request.url
        links = [{"href": str(home), "rel": "self", "type": GEOJSON}]
        if len(page) < len(frame):
            following = home.include_query_params(after=page["id"].iloc[-1], as_of=seen.as_of, known_at=seen.known_at)
            links.append({"href": str(following), "rel": "next", "type": GEOJSON})
        body = {
            "type": "FeatureCollection",
            "features": features.features(page, known.name),
            "links": links,
            "numberMatched": matched,
            "numberReturned": len(page),
            "timeStamp": seen.snapshot.revision.recorded_at if seen.snapshot.revision else None,
            "as_of": seen.as_of,
            "known_at": seen.known_at,
            "revision": seen.snapshot.number,
            "notice": service.settings.sentences(seen.as_of.isoformat(), seen.known_at) + records.notice,
            "synthetic": service.settings.synthetic,
        }
        return answer(orjson.dumps(body, option=orjson.OPT_UTC_Z), GEOJSON, tag)

    return conditional(request, tag, make)


@router.get("/collections/{layer}/items/{record_id}")
def item(request: Request, seen: TheView, records: TheRecords, layer: str, record_id: str) -> Response:
    """Return one record in force."""
    records.refuse(seen, layer_of(layer).name)
    frame = records.in_force(seen, layer)
    found = frame[(frame["id"] == record_id).to_numpy()]
    if not len(found):
        raise NotFound(f"{layer} has no record {record_id!r} in force at this as_of and known_at")
    home = f"{base_of(request)}/collections/{layer}"
    body = features.features(found, layer)[0]
    # The tag is that of the version, and of what remains of it: a release changes a hazard's state, not its record.
    tag = f'"{hashlib.sha256(orjson.dumps(body)).hexdigest()[:32]}"'
    body["links"] = [
        {"href": f"{home}/items/{record_id}", "rel": "self", "type": GEOJSON},
        {"href": home, "rel": "collection", "type": "application/json"},
    ]
    return conditional(request, tag, lambda: answer(orjson.dumps(body), GEOJSON, tag))
