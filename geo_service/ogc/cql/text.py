"""CQL2 text to the tree that CQL2 JSON is: both are one language, and only the tree is evaluated."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
import shapely
from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError

from geo_service.ogc.errors import Invalid

Tree = Any
"""A tree of CQL2 JSON: objects of `op` and `args`, `property`, `date`, `timestamp`, `interval`, geometries, values."""

MOST_STEPS = 4_000
"""Words and signs of a filter."""


@v_args(inline=True)
class _ToTree(Transformer[Token, Tree]):
    """Builds the tree from the leaves upward, without recursion, while the text is read."""

    def start(self, found: Tree) -> Tree:
        return found

    def disjunction(self, *parts: Tree) -> Tree:
        return {"op": "or", "args": [one for one in parts if not isinstance(one, Token)]}

    def conjunction(self, *parts: Tree) -> Tree:
        return {"op": "and", "args": [one for one in parts if not isinstance(one, Token)]}

    def not_(self, _: Token, part: Tree) -> Tree:
        return {"op": "not", "args": [part]}

    def compared(self, left: Tree, sign: Token, right: Tree) -> Tree:
        return {"op": "<>" if sign == "!=" else str(sign), "args": [left, right]}

    def like(self, left: Tree, word: Token, right: Tree) -> Tree:
        if word.lower() == "ilike":
            left, right = ({"op": "casei", "args": [one]} for one in (left, right))
        return {"op": "like", "args": [left, right]}

    def not_like(self, left: Tree, _: Token, word: Token, right: Tree) -> Tree:
        return {"op": "not", "args": [self.like(left, word, right)]}

    def between(self, value: Tree, _: Token, low: Tree, __: Token, high: Tree) -> Tree:
        return {"op": "between", "args": [value, low, high]}

    def not_between(self, value: Tree, _: Token, __: Token, low: Tree, ___: Token, high: Tree) -> Tree:
        return {"op": "not", "args": [{"op": "between", "args": [value, low, high]}]}

    def in_(self, value: Tree, _: Token, found: list[Tree]) -> Tree:
        return {"op": "in", "args": [value, found]}

    def not_in(self, value: Tree, _: Token, __: Token, found: list[Tree]) -> Tree:
        return {"op": "not", "args": [{"op": "in", "args": [value, found]}]}

    def null(self, value: Tree, *_: Token) -> Tree:
        return {"op": "isNull", "args": [value]}

    def not_null(self, value: Tree, *_: Token) -> Tree:
        return {"op": "not", "args": [{"op": "isNull", "args": [value]}]}

    def calculated(self, left: Tree, sign: Token, right: Tree) -> Tree:
        return {"op": sign.lower(), "args": [left, right]}

    def signed(self, *parts: Tree) -> Tree:
        sign, value = parts if len(parts) == 2 else ("+", parts[0])
        value = _number(value) if isinstance(value, Token) else value
        if sign == "+":
            return value
        return -value if isinstance(value, int | float) else {"op": "*", "args": [-1, value]}

    def items(self, *parts: Tree) -> list[Tree]:
        return list(parts)

    array = items

    def number(self, token: Token) -> Tree:
        return _number(token)

    def text(self, token: Token) -> Tree:
        return _text(token)

    def moment(self, token: Token) -> Tree:
        return _text(token)

    def boolean(self, token: Token) -> Tree:
        return token.lower() == "true"

    def date(self, _: Token, token: Token) -> Tree:
        return {"date": _text(token)}

    def timestamp(self, _: Token, token: Token) -> Tree:
        return {"timestamp": _text(token)}

    def interval(self, _: Token, start: Tree, end: Tree) -> Tree:
        return {"interval": [start, end]}

    def bbox(self, _: Token, *numbers: Tree) -> Tree:
        return {"bbox": list(numbers)}

    def vertex(self, *_: Tree) -> Tree:
        return None

    def ring(self, *parts: Tree) -> Tree:
        return parts[-1]

    def shape(self, word: Token, *parts: Tree) -> Tree:
        return (word.start_pos, parts[-1].end_pos)

    def geometry(self, place: Tree) -> Tree:
        return {"wkt": place}

    def call(self, name: Token, arguments: list[Tree] | None) -> Tree:
        lower = name.lower()
        return {"op": _NAMES.get(lower, lower), "args": arguments or []}

    def property(self, token: Token) -> Tree:
        return {"property": token[1:-1].replace('""', '"') if token.type == "QUOTED" else str(token)}


_NAMES = {
    **{name: f"s_{name}" for name in ("intersects", "disjoint", "contains", "within")},
    **{name: f"s_{name}" for name in ("touches", "crosses", "overlaps", "equals")},
    "a_containedby": "a_containedBy",
}
"""Names of drafts of the standard."""


def _number(token: Token) -> int | float:
    return int(token) if token.isdecimal() and len(token) < 19 else float(token)


def _text(token: Token) -> str:
    return token[1:-1].replace("''", "'").replace("\\'", "'")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = (files("geo_service.ogc.cql") / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_ToTree(), maybe_placeholders=True)


def parsed(text: str) -> Tree:
    """Return the tree of a filter that is written as text.

    Raises:
        Invalid: it can't be read; the message names the place.
    """
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        place = error.pos_in_stream if isinstance(error, UnexpectedCharacters | UnexpectedToken) else len(text)
        place = len(text) if place is None or place < 0 else min(place, len(text))
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        at = "it ends too early" if ended else f"{text[place : place + 20]!r} is not expected there"
        where = len(text) + 1 if ended else place + 1
        raise Invalid(f"filter: at letter {where}: {at}", f"filter, letter {where}") from None
    except VisitError as error:
        if isinstance(error.orig_exc, Invalid):
            raise error.orig_exc from None
        raise Invalid("filter: a number or word in it can't be read", "filter") from None
    except (OverflowError, ValueError):
        raise Invalid("filter: a number in it is too large", "filter") from None
    return _with_shapes(tree, text)


def _with_shapes(tree: Tree, text: str) -> Tree:
    """Put geometries in the place of their text."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            if "wkt" in node:
                start, end = node.pop("wkt")
                node.update(_shape(text[start:end], start))
            else:
                left += node.values()
    return tree


def _shape(text: str, start: int) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(shapely.to_geojson(shapely.from_wkt(text)))
    except (shapely.errors.GEOSException, ValueError):
        where = f"letter {start + 1}"
        raise Invalid(f"filter: at {where}: {text[:30]!r} is no geometry", f"filter, {where}") from None
    return found
