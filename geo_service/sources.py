"""What is remembered of where a file came from: the mapping that was used for its like."""

import hashlib
from collections.abc import Mapping, Sequence

import orjson

from geo_service.store.log import Log


def signature(author: str, layer: str, columns: Sequence[str]) -> str:
    """Return the name of a source: the same sender, layer and columns have the same, whatever the file is called."""
    return hashlib.sha256(orjson.dumps([author, layer, sorted(columns)])).hexdigest()


def remembered(log: Log, source: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the mapping that was last used for a source, field -> column; empty where there is none."""
    mapping = (log.answers(source) or {}).get("mapping")
    if not isinstance(mapping, Mapping):
        return {}
    return {str(field): str(column) for field, column in mapping.items() if column in columns}
