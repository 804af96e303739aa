"""Which column goes to which field. What no field takes is kept under `extra`."""

from collections.abc import Mapping

from layers.definitions import Layer
from layers.reading.questions import Question

PLACES = ("longitude", "latitude", "easting", "northing", "geometry")
"""Names that a mapping may give besides fields: where the coordinates are."""


def matched(columns: list[str], layer: Layer, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return field -> column: as the mapping says, else by the same name, upper or lower case alike.

    Raises:
        Question: the mapping names a field or a column that does not exist.
    """
    for field, column in mapping.items():
        if field not in layer.names and field not in PLACES:
            raise Question("mapping", f"{layer.name} has no field {field!r}", layer.names)
        if field not in PLACES and column not in columns:
            raise Question("mapping", f"the file has no column {column!r} for {field}", columns)
    taken = set(mapping.values())
    lower = {name.lower(): name for name in reversed(columns) if name not in taken}
    found = {field: lower[field] for field in layer.names if field in lower}
    return found | {field: column for field, column in mapping.items() if field in layer.names}


def known_fields(names: Mapping[str, object], layer: Layer) -> None:
    """Refuse to set a field that the layer does not have.

    Raises:
        Question: it has none of that name.
    """
    for name in names:
        if name not in layer.names:
            raise Question("set", f"{layer.name} has no field {name!r}", layer.names)
