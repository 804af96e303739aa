"""Schemas of collections as clients read them (Part 5), and what can be filtered by (Part 3)."""

from geo_service.access.public import FIELDS
from geo_service.features import DERIVED
from geo_service.ogc.asked import WORKED_OUT
from geo_service.ogc.selection import dated_by
from layers.definitions import Field, Kind, Label, Layer
from layers.schema import json_schema, property_schema

_TITLES = {
    "area_m2": ("Area", "on the WGS 84 ellipsoid, worked out"),
    "open_m2": ("Open ground", "what no effective release answers, worked out"),
    "state": ("State", "open, partly_released or released, worked out"),
    "in_effect": ("In effect", "whether the release is in effect on the date, worked out"),
    "handed_over": ("Handed over", "whether the release is in effect and was handed over by the date, worked out"),
    "count": ("Incidents", "incidents in a cell of the published view"),
}
_WORDS = {"state": ["open", "partly_released", "released"]}


def schema_of(layer: Layer, address: str) -> dict[str, object]:
    """Return the schema of a collection's features: what is stored, and read-only what is worked out.

    A property without a value is null in a feature; a `type` names the one type that its values have.
    """
    made = json_schema(layer)
    properties: dict[str, dict[str, object]] = made["properties"]  # type: ignore[assignment]
    geometry = properties.pop("geometry")
    for name in derived(layer):
        field = Field(name, WORKED_OUT[name], Label(*(_TITLES[name][0],) * 3), unit="m2" if "m2" in name else None)
        found = property_schema(field, len(properties))
        found |= {"description": _TITLES[name][1], "readOnly": True}
        if name in _WORDS:
            found["enum"] = _WORDS[name]
        properties[name] = found
    date = properties[dated_by(layer.name)]
    date["x-ogc-role"] = "primary-instant"
    properties["geometry"] = geometry
    return {"$id": address, **made}


def as_seen(schema: dict[str, object], layer: Layer, form: str) -> dict[str, object]:
    """Return a schema of a layer as those see its records who see them in a form: the public sees few properties."""
    if form != "public":
        return schema
    properties: dict[str, dict[str, object]] = schema["properties"]  # type: ignore[assignment]
    shown = {name: one for name, one in properties.items() if name in (*FIELDS[layer.name], "geometry")}
    if "count" in FIELDS[layer.name]:
        # Incidents are published as counts by cell.
        shown["count"] = property_schema(
            Field("count", WORKED_OUT["count"], Label(*(_TITLES["count"][0],) * 3)), len(shown)
        )
        shown["geometry"]["format"] = "geometry-polygon"
    required: list[str] = schema.get("required", [])  # type: ignore[assignment]
    return {**schema, "properties": shown} | (
        {"required": [name for name in required if name in shown]} if "required" in schema else {}
    )


def derived(layer: Layer) -> list[str]:
    """Return the names of what is worked out of a layer's records."""
    return [name for name in DERIVED.get(layer.name, ()) if name != "count"]


def queryables_of(layer: Layer, address: str) -> dict[str, object]:
    """Return what a collection can be filtered by: every property and the geometry."""
    made = schema_of(layer, address)
    made.pop("required")
    properties: dict[str, dict[str, object]] = made["properties"]  # type: ignore[assignment]
    for one in properties.values():
        one.pop("default", None)
        one.pop("readOnly", None)
    return {**made, "additionalProperties": False}


def parameters_of(layer: Layer) -> list[dict[str, object]]:
    """Return each property by which items can be filtered as a parameter of their address (OpenAPI)."""
    made = []
    for name, kind in [(one.name, one.kind) for one in layer.fields] + [(n, WORKED_OUT[n]) for n in derived(layer)]:
        described: dict[str, object] = {"type": "string"}
        if kind in {Kind.integer, Kind.number, Kind.boolean}:
            described = {"type": kind.value}
        elif kind is Kind.date:
            described = {"type": "string", "format": "date"}
        held = "holds" if kind in {Kind.word_list, Kind.text_list} else "is"
        made.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": f"only records whose {name} {held} this",
                "schema": described,
                "style": "form",
                "explode": False,
            }
        )
    return made
