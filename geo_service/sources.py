"""What was said of a file, and what is remembered of where it came from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from geo_service.store.log import Log


@dataclass(frozen=True)
class Upload:
    """A file and what its sender says of it.

    Attributes:
        layer: whose records it brings.
        content, name: the file.
        crs: its coordinate system, where the file doesn't say.
        mapping: field -> column; set: field -> value for rows without their own.
        message, author: why and who.
        source_layer, encoding, swap_axes: answers to questions that the file raised.
    """

    layer: str
    content: bytes
    name: str
    author: str
    message: str = ""
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    source_layer: str | None = None
    encoding: str | None = None
    swap_axes: bool = False


FILE = ("layer", "content", "name", "author", "message")
"""What an upload is; the rest is what was said of it."""


def said(upload: Upload) -> dict[str, Any]:
    """Return what was said of a file, beside what it is: JSON can hold it."""
    given = {one.name: getattr(upload, one.name) for one in fields(upload) if one.name not in FILE}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in given.items() if value}


def signature(author: str, layer: str, columns: Sequence[str]) -> str:
    """Return the name of a source: the same sender, layer and columns have the same, whatever the file is called."""
    return hashlib.sha256(orjson.dumps([author, layer, sorted(columns)])).hexdigest()


def remembered(log: Log, name: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the mapping that was last used for a source, field -> column."""
    answers = log.answers(name) or {}
    mapping = answers.get("mapping")
    return {str(k): str(v) for k, v in mapping.items() if v in columns} if isinstance(mapping, Mapping) else {}
