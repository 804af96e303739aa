"""The evaluation of a filter over a holding: every step is an array, and what is empty is neither true nor false.

Logic has three values, as in SQL: a comparison with nothing is unknown, and NOT of unknown stays unknown; a record is
selected where the whole is true.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo_service.ogc.cql.values import (
    Mask,
    Values,
    column,
    geometry_of,
    interval_of,
    is_number,
    literal,
    time_of,
)
from geo_service.ogc.errors import Invalid
from geo_service.ogc.holding import Holding

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_CALCULATE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "div": lambda left, right: np.trunc(np.divide(left, right)),
    "^": np.power,
}
_SPATIAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects,
    "s_contains": shapely.contains,
    "s_within": shapely.within,
    "s_touches": shapely.touches,
    "s_crosses": shapely.crosses,
    "s_overlaps": shapely.overlaps,
    "s_equals": shapely.equals,
}
_ARRAYS: Mapping[str, Callable[[set[str], set[str]], bool]] = {
    "a_equals": operator.eq,
    "a_contains": operator.ge,
    "a_containedBy": operator.le,
    "a_overlaps": lambda left, right: bool(left & right),
}
TEMPORAL = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects", "t_during", "t_contains")


@dataclass(frozen=True)
class Truth:
    """Where a condition is true, and where it is true or false and not unknown."""

    true: Mask
    sure: Mask


class Evaluation:
    """The evaluation of one filter over one holding; geometries of the filter are written in `uri`."""

    def __init__(self, held: Holding, uri: str) -> None:
        self._held, self._uri, self._n = held, uri, len(held)
        self._conditions: Mapping[str, Callable[[str, Sequence[Any]], Truth]] = {
            "and": self._joined,
            "or": self._joined,
            "not": self._negated,
            "isNull": self._null,
            "like": self._like,
            "between": self._between,
            "in": self._in,
            **dict.fromkeys(_COMPARE, self._comparison),
            **dict.fromkeys((*_SPATIAL, "s_disjoint"), self._spatial),
            **dict.fromkeys(_ARRAYS, self._arrays),
            **dict.fromkeys(TEMPORAL, self._temporal),
        }

    def condition(self, node: Any) -> Truth:
        """Return where a condition holds.

        Raises:
            Invalid: it is none, or names what is not there.
        """
        if isinstance(node, bool):
            return Truth(np.full(self._n, node), np.ones(self._n, dtype=bool))
        if isinstance(node, dict) and "property" in node:
            return self._flag(node)
        if not isinstance(node, dict) or not isinstance(node.get("op"), str):
            raise Invalid("filter: a condition is expected where a value stands", "filter")
        name, parts = _operation(node)
        if name not in self._conditions:
            raise Invalid(f"filter: {name[:30]!r} is no condition; these are: {', '.join(self._conditions)}", "filter")
        return self._conditions[name](name, parts)

    def value(self, node: Any) -> Values:
        """Return the values of an expression.

        Raises:
            Invalid: it is none, or names what is not there.
        """
        match node:
            case {"property": str(name)}:
                return column(self._held, name)
            case {"date": text} | {"timestamp": text}:
                return literal("time", time_of(text))
            case {"interval": ends}:
                return interval_of(ends)
            case {"op": "casei"}:
                return self._lower(*_exactly("casei", _operation(node)[1], 1))
            case {"op": str(name)} if name in _CALCULATE:
                return self._calculated(name, *_exactly(name, _operation(node)[1], 2))
        return self._single(node)

    def _single(self, node: Any) -> Values:
        if isinstance(node, dict) and "op" not in node and {"bbox", "coordinates", "geometries"} & node.keys():
            return geometry_of(node, self._uri)
        match node:
            case bool():
                return literal("boolean", node)
            case str():
                return literal("text", node)
            case list():
                return literal("list", [self._plain(one) for one in node])
        if is_number(node):
            return literal("number", float(node))
        raise Invalid("filter: a value is expected where something else stands", "filter")

    def _flag(self, node: Mapping[str, Any]) -> Truth:
        found = self.value(node)
        if found.kind != "boolean":
            raise Invalid(
                f"filter: {str(node['property'])[:50]!r} alone is no condition; compare it with a value", "filter"
            )
        return self._truth(found.data, found.present)

    def _negated(self, name: str, parts: Sequence[Any]) -> Truth:
        inner = self.condition(_exactly(name, parts, 1)[0])
        return Truth(inner.sure & ~inner.true, inner.sure)

    def _null(self, name: str, parts: Sequence[Any]) -> Truth:
        found = self.value(_exactly(name, parts, 1)[0])
        return self._truth(~found.present, np.ones(1, dtype=bool))

    def _comparison(self, name: str, parts: Sequence[Any]) -> Truth:
        left, right = (self.value(one) for one in _exactly(name, parts, 2))
        return self._compared(name, left, right)

    def _truth(self, true: Any, sure: Any) -> Truth:
        sure = np.broadcast_to(np.asarray(sure, dtype=bool), self._n)
        return Truth(np.broadcast_to(np.asarray(true, dtype=bool), self._n) & sure, sure)

    def _joined(self, name: str, parts: Sequence[Any]) -> Truth:
        if not parts:
            raise Invalid(f"filter: {name} joins conditions, and has none", "filter")
        found = [self.condition(one) for one in parts]
        every, some = (np.logical_and.reduce, np.logical_or.reduce)
        if name == "and":
            true = every([one.true for one in found])
            return Truth(true, true | some([one.sure & ~one.true for one in found]))
        true = some([one.true for one in found])
        return Truth(true, true | every([one.sure for one in found]))

    def _compared(self, name: str, left: Values, right: Values) -> Truth:
        left, right = _alike(left, right)
        if left.kind not in {"text", "number", "boolean", "time"}:
            raise Invalid(f"filter: {left.kind} values are not compared by {name}", "filter")
        sure = left.present & right.present
        if left.kind != "text":
            return self._truth(_COMPARE[name](left.data, right.data), sure)
        if name in {"=", "<>"}:
            return self._truth(_COMPARE[name](left.data, right.data), sure)
        texts = (np.where(one.present, one.data, "") for one in (left, right))
        return self._truth(_COMPARE[name](*texts), sure)

    def _between(self, name: str, parts: Sequence[Any]) -> Truth:
        if len(parts) == 2 and isinstance(parts[1], list):
            parts = [parts[0], *parts[1]]  # as drafts of the standard write it
        value, low, high = (self.value(one) for one in _exactly(name, parts, 3))
        above, below = self._compared(">=", value, low), self._compared("<=", value, high)
        return Truth(above.true & below.true, above.sure & below.sure)

    def _in(self, name: str, parts: Sequence[Any]) -> Truth:
        value, among = _exactly(name, parts, 2)
        if not isinstance(among, list) or not among:
            raise Invalid("filter: in needs a list of values", "filter")
        found = self.value(value)
        each = [self._compared("=", found, self.value(one)) for one in among]
        true = np.logical_or.reduce([one.true for one in each])
        return Truth(true, true | np.logical_and.reduce([one.sure for one in each]))

    def _like(self, name: str, parts: Sequence[Any]) -> Truth:
        found, wanted = (self.value(one) for one in _exactly(name, parts, 2))
        if found.kind != "text" or wanted.kind != "text" or not wanted.literal:
            raise Invalid("filter: like compares a text property with a pattern", "filter")
        matching = pattern_of(str(wanted.data[0]))
        texts = zip(found.data.tolist(), found.present.tolist(), strict=True)
        return self._truth([ok and matching.fullmatch(text) is not None for text, ok in texts], found.present)

    def _lower(self, node: Any) -> Values:
        found = self.value(node)
        if found.kind != "text":
            raise Invalid("filter: casei is of text", "filter")
        lower = np.empty(len(found.data), dtype=object)
        lower[:] = [one.casefold() if isinstance(one, str) else one for one in found.data.tolist()]
        return Values("text", lower, found.present, literal=found.literal)

    def _calculated(self, name: str, left: Any, right: Any) -> Values:
        one, other = self.value(left), self.value(right)
        if one.kind != "number" or other.kind != "number":
            raise Invalid(f"filter: {name} calculates with numbers only", "filter")
        with np.errstate(all="ignore"):
            data = np.asarray(_CALCULATE[name](one.data, other.data), dtype=np.float64)
        return Values("number", data, one.present & other.present & np.isfinite(data))

    def _spatial(self, name: str, parts: Sequence[Any]) -> Truth:
        left, right = _exactly(name, parts, 2)
        one, other = self.value(left), self.value(right)
        if one.kind != "geometry" or other.kind != "geometry":
            raise Invalid(f"filter: {name} compares geometries", "filter")
        if name == "s_disjoint":
            met = self._spatial("s_intersects", parts)
            return Truth(met.sure & ~met.true, met.sure)
        try:
            if one.literal == other.literal:
                found = _SPATIAL[name](one.data, other.data)
            else:
                found = self._spatial_near(name, one, other)
        except shapely.errors.GEOSException:
            raise Invalid(f"filter: {name} can't be worked out for a geometry in it", "filter") from None
        return self._truth(found, one.present & other.present)

    def _spatial_near(self, name: str, one: Values, other: Values) -> Mask:
        """Compare the records near a geometry of the filter: what is not near meets it in no way."""
        shape = (one if one.literal else other).data[0]
        found = np.zeros(self._n, dtype=bool)
        if shape.is_empty:
            return found
        near = self._held.meeting(shape)
        if name == "s_intersects":
            found[near] = True
            return found
        shapes = self._held.shapes[near]
        pair = (shape, shapes) if one.literal else (shapes, shape)
        found[near] = _SPATIAL[name](*pair)
        return found

    def _arrays(self, name: str, parts: Sequence[Any]) -> Truth:
        left, right = _exactly(name, parts, 2)
        sides = []
        for one in (self.value(left), self.value(right)):
            if one.kind not in {"list", "text"}:
                raise Invalid(f"filter: {name} compares lists", "filter")
            cells = [set(cell) if isinstance(cell, list) else {str(cell)} for cell in one.data.tolist()]
            sides.append(cells * self._n if len(cells) == 1 and self._n != 1 else cells)
        compare = _ARRAYS[name]
        return self._truth([compare(*pair) for pair in zip(*sides, strict=True)] if self._n else [], True)  # noqa: FBT003

    def _temporal(self, name: str, parts: Sequence[Any]) -> Truth:
        left, right = _exactly(name, parts, 2)
        one, other = self.value(left), self.value(right)
        one, other = _alike(one, other) if "interval" not in {one.kind, other.kind} else (one, other)
        (start, end), (first, last) = _span(one, name), _span(other, name)
        found = {
            "t_after": start > last,
            "t_before": end < first,
            "t_disjoint": (start > last) | (end < first),
            "t_equals": (start == first) & (end == last),
            "t_intersects": (start <= last) & (end >= first),
            "t_during": (start > first) & (end < last),
            "t_contains": (start < first) & (end > last),
        }[name]
        return self._truth(found, one.present & other.present)

    def _plain(self, node: Any) -> str:
        if isinstance(node, str):
            return node
        if is_number(node):
            return f"{node:g}"
        raise Invalid("filter: a list holds texts and numbers", "filter")


def _operation(node: Mapping[str, Any]) -> tuple[str, list[Any]]:
    parts = node.get("args", [])
    parts = [parts] if isinstance(parts, dict) else parts
    if not isinstance(parts, list):
        raise Invalid(f"filter: args of {str(node['op'])[:30]!r} is no list", "filter")
    return str(node["op"]), parts


def _exactly(name: str, parts: Sequence[Any], count: int) -> Sequence[Any]:
    if len(parts) != count:
        raise Invalid(f"filter: {name[:30]} takes {count} arguments, not {len(parts)}", "filter")
    return parts


def _alike(left: Values, right: Values) -> tuple[Values, Values]:
    """Return two sides of one kind: a text beside a date is read as one.

    Raises:
        Invalid: they are not of one kind.
    """
    if left.kind == right.kind:
        return left, right
    for one, other in ((left, right), (right, left)):
        if one.kind == "time" and other.kind == "text" and other.literal:
            read = literal("time", time_of(other.data[0]))
            return (left, read) if other is right else (read, right)
        if one.kind == "number" and other.kind == "text" and other.literal and _numeric(str(other.data[0])):
            read = literal("number", float(str(other.data[0])))
            return (left, read) if other is right else (read, right)
        if one.kind == "boolean" and other.literal and other.kind == "number" and other.data[0] in {0.0, 1.0}:
            read = literal("boolean", bool(other.data[0]))
            return (left, read) if other is right else (read, right)
    raise Invalid(f"filter: a {left.kind} is compared with a {right.kind}", "filter")


def _numeric(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", text) is not None


def _span(values: Values, name: str) -> tuple[Any, Any]:
    if values.kind == "interval":
        start, end = values.data[0]
        return start, end
    if values.kind != "time":
        raise Invalid(f"filter: {name} compares dates, times and intervals", "filter")
    return values.data, values.data


def pattern_of(text: str) -> re.Pattern[str]:
    r"""Return what a LIKE pattern matches: `%` any letters, `_` one, `\` before either means itself.

    Letters between two `%` are taken at their first place, so that no pattern takes longer than text times pattern.
    """
    pieces: list[str] = []
    k = 0
    many = False
    while k < len(text):
        letter = text[k]
        if letter == "%":
            many = True
            k += 1
            continue
        if letter == "\\" and k + 1 < len(text) and text[k + 1] in "%_\\":
            k += 1
            letter = re.escape(text[k])
        else:
            letter = "." if letter == "_" else re.escape(letter)
        if many:
            pieces.append("*")
            many = False
        pieces.append(letter)
        k += 1
    return _compiled(pieces, ends_open=many)


def _compiled(pieces: Sequence[str], *, ends_open: bool) -> re.Pattern[str]:
    """Join pieces; each run behind a `%` but the last is an atomic group, which is never taken back."""
    runs: list[list[str]] = [[]]
    for piece in pieces:
        if piece == "*":
            runs.append([])
        else:
            runs[-1].append(piece)
    made = "".join(runs[0])
    for place, run in enumerate(runs[1:], start=1):
        last = place == len(runs) - 1 and not ends_open
        body = "".join(run)
        made += f".*{body}" if last else f"(?>.*?{body})"
    return re.compile(made + (".*" if ends_open else ""), re.DOTALL)
