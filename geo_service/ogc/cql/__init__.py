"""Filters (OGC CQL2): text and JSON become one tree, which is evaluated over the columns of a holding."""

from typing import Any

import orjson

from geo_service.ogc.cql import text
from geo_service.ogc.cql.evaluation import Evaluation
from geo_service.ogc.cql.values import Mask
from geo_service.ogc.errors import Invalid
from geo_service.ogc.holding import Holding

DEEPEST, MOST_NODES = 40, 2_000
"""How deep the tree of a filter may be, and how many nodes it may have without the vertices of geometries."""


def mask(held: Holding, written: str, language: str, uri: str) -> Mask:
    """Say of each record of a holding whether a filter selects it.

    Args:
        held: the records.
        written: the filter.
        language: cql2-text, cql2-json, or cql-text as drafts of the standard have it.
        uri: the coordinate system of its geometries.

    Raises:
        Invalid: it can't be read, is too large, or names what is not there.
    """
    found = Evaluation(held, uri).condition(tree(written, language))
    return found.true


def tree(written: str, language: str) -> Any:
    """Return a filter as the tree that CQL2 JSON is.

    Raises:
        Invalid: it can't be read, or is too large.
    """
    found = _from_json(written) if language == "cql2-json" else text.parsed(written)
    _bounded(found)
    return found


def _from_json(written: str) -> Any:
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, letter {error.colno}"
        raise Invalid(f"filter: at {place}: {error.msg}", f"filter, {place}") from None


def _bounded(found: Any) -> None:
    """Refuse a tree that is too deep or too large; it is walked without recursion.

    Raises:
        Invalid: it is.
    """
    left, nodes = [(found, 1)], 0
    while left:
        node, depth = left.pop()
        nodes += 1
        if depth > DEEPEST:
            raise Invalid(f"filter is deeper than {DEEPEST} steps", "filter")
        if nodes > MOST_NODES:
            raise Invalid(f"filter has more than {MOST_NODES:,} parts", "filter")
        if isinstance(node, dict):
            if "coordinates" not in node and "geometries" not in node:
                left += [(one, depth + 1) for one in node.values()]
        elif isinstance(node, list):
            left += [(one, depth + 1) for one in node]
