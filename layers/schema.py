"""JSON Schema of a layer's records (2020-12), derived from its definition."""

from layers.definitions import Field, Geometry, Kind, Layer

_TYPES: dict[Kind, dict[str, object]] = {
    Kind.text: {"type": "string"},
    Kind.date: {"type": "string", "format": "date"},
    Kind.integer: {"type": "integer"},
    Kind.number: {"type": "number"},
    Kind.boolean: {"type": "boolean"},
    Kind.word: {"type": "string"},
    Kind.word_list: {"type": "array"},
    Kind.text_list: {"type": "array"},
}
_FORMATS = {
    Geometry.polygon: "geometry-multipolygon",
    Geometry.point: "geometry-point",
    Geometry.line: "geometry-multilinestring",
    Geometry.point_or_polygon: "geometry-any",
}


def json_schema(layer: Layer) -> dict[str, object]:
    """Return the schema of the properties of a layer's records, its geometry among them."""
    properties = {one.name: property_schema(one, place) for place, one in enumerate(layer.fields)}
    properties["geometry"] = {"title": "Geometry", "format": _FORMATS[layer.geometry], "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": layer.label.en,
        "properties": properties,
        "required": list(layer.required),
    }


def property_schema(field: Field, place: int) -> dict[str, object]:
    """Return the schema of one field, which stands at a place among the others."""
    found = _TYPES[field.kind] | {"title": field.label.en, "x-ogc-propertySeq": place + 1}
    words = [word.value for word in field.words] if field.words else None
    if field.kind in {Kind.word_list, Kind.text_list}:
        found["items"] = {"type": "string", "enum": words} if words else {"type": "string"}
    elif words:
        found["enum"] = words
    if field.minimum is not None:
        found["minimum"] = field.minimum
    if field.default is not None:
        found["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    if field.unit:
        found["x-ogc-unit"] = field.unit
    if field.name == "id":
        found["x-ogc-role"] = "id"
    return found
