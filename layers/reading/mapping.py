"""Which column goes to which field: as it was sent, by its name, by what strangers call it, by what it holds.

A guess is made only where nothing else fits as well, and every one is shown. What no field takes is kept under `extra`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from layers.definitions import Field, Kind, Layer
from layers.reading.answers import COLUMN, NONE, Answers
from layers.reading.naming import simple
from layers.reading.questions import Question
from layers.reading.synonyms import names_of, unit_of, without_unit, word_of

PLACES = (
    "longitude",
    "latitude",
    "easting",
    "northing",
    "zone",
    "geometry",
    "bearing",
    "distance",
    "north",
    "declination",
)
"""Names that a mapping may give besides fields: where the coordinates are."""

SAMPLE = 200
"""Different values of a column that are looked at to say what it holds."""

Fits = Callable[[Field, object], bool]
"""Says whether a value can be read as a field's."""


@dataclass
class Matched:
    """Where each field is.

    Attributes:
        columns: field -> column.
        guessed: field -> why that column, for those that were neither sent nor called like the field.
        unclear: sentences about columns that could have been a field's and were left.
    """

    columns: dict[str, str]
    guessed: dict[str, str] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)


def matched(columns: list[str], layer: Layer, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return field -> column: as the mapping says, else by the same name, upper or lower case alike.

    Raises:
        Question: the mapping names a field or a column that does not exist.
    """
    _there(mapping, columns, layer)
    taken = set(mapping.values())
    lower = {name.lower(): name for name in reversed(columns) if name not in taken}
    found = {field_: lower[field_] for field_ in layer.names if field_ in lower}
    return found | {field_: column for field_, column in mapping.items() if field_ in layer.names}


def located(  # noqa: PLR0913
    columns: Mapping[str, list[object]],
    layer: Layer,
    mapping: Mapping[str, str],
    *,
    fits: Fits,
    answers: Answers | None = None,
    given: Mapping[str, object] | None = None,
) -> Matched:
    """Return the column of each field that has one, those among them that were guessed.

    Args:
        columns: the file's columns.
        layer: whose fields are looked for.
        mapping: field -> column, as it was sent; it wins.
        fits: says whether a value can be read as a field's.
        answers: what was answered to `column.FIELD`.
        given: values set for the whole load; their fields are not guessed.

    Raises:
        Question: the mapping names what does not exist, or a required field could be in several columns.
    """
    answered = answers.columns if answers else {}
    sent = dict(mapping) | {name: column for name, column in answered.items() if column is not None}
    found = Matched(matched(list(columns), layer, sent))
    found.guessed = {
        name: "as it was sent" for name, column in found.columns.items() if name in sent and name != column
    }
    settled = found.columns.keys() | answered.keys() | (given or {}).keys()
    open_fields = [one for one in layer.fields if one.name not in settled]
    free = [name for name in columns if name not in {*found.columns.values(), *sent.values()}]
    _by_name(found, columns, free, open_fields, layer, fits)
    free = [name for name in free if name not in found.columns.values()]
    _by_content(found, columns, free, [one for one in open_fields if one.name not in found.columns])
    return found


def _there(sent: Mapping[str, str], columns: list[str], layer: Layer) -> None:
    for name, column in sent.items():
        if name not in layer.names and name not in PLACES:
            raise Question("mapping", f"{layer.name} has no field {name!r}", layer.names)
        if name not in PLACES and column not in columns:
            raise Question("mapping", f"the file has no column {column!r} for {name}", columns)


def _by_name(  # noqa: PLR0913, PLR0917
    found: Matched,
    columns: Mapping[str, list[object]],
    free: list[str],
    open_fields: list[Field],
    layer: Layer,
    fits: Fits,
) -> None:
    """Take columns that are called as strangers call a field, where that is one column and one field."""
    names = {one.name: names_of(layer, one.name) for one in layer.fields}
    claims = {name: [one for one in layer.fields if _called(name, one, names[one.name])] for name in free}
    for one in open_fields:
        called = [name for name, claimed in claims.items() if one in claimed]
        alone = [name for name in called if len(claims[name]) == 1 and _holds(columns[name], one, fits)]
        if len(alone) == 1:
            found.columns[one.name] = alone[0]
            found.guessed[one.name] = "by its name"
        elif len(alone) > 1:
            _unclear(found, one, alone)


def _called(column: str, one: Field, names: frozenset[str]) -> bool:
    return simple(column) in names or (
        one.unit == "m2" and unit_of(column) is not None and without_unit(column) in names
    )


def _unclear(found: Matched, one: Field, among: list[str]) -> None:
    if one.required:
        message = f"{one.name} could be in several columns: send it again with {COLUMN}{one.name}, one of them"
        raise Question(f"{COLUMN}{one.name}", message, (*among, NONE))
    found.unclear.append(f"{one.name} could be in {' or '.join(among)}; neither was taken, mapping names one")


def _by_content(found: Matched, columns: Mapping[str, list[object]], free: list[str], open_fields: list[Field]) -> None:
    """Take the column for a required word where one alone holds nothing but its words, whatever it is called."""
    for one in open_fields:
        if one.kind is not Kind.word or not one.required or one.words is None:
            continue
        among = [name for name in free if _only(columns[name], one.words)]
        if len(among) == 1:
            found.columns[one.name] = among[0]
            found.guessed[one.name] = "by what it holds"
        elif among:
            _unclear(found, one, among)


def _sample(values: list[object]) -> list[object]:
    present = (str(one) if isinstance(one, list | dict) else one for one in values if one is not None and one != "")
    return list(dict.fromkeys(islice(present, 50 * SAMPLE)))[:SAMPLE]


def _holds(values: list[object], one: Field, fits: Fits) -> bool:
    """Say whether at least half of a column's values can be read as a field's."""
    sample = _sample(values)
    return bool(sample) and sum(fits(one, value) for value in sample) >= 0.5 * len(sample)


def _only(values: list[object], kind: type[StrEnum]) -> bool:
    """Say whether a column holds nothing but words of a kind, as strangers say them."""
    sample = _sample(values)
    return bool(sample) and all(isinstance(one, str) and word_of(kind, one) is not None for one in sample)


def known_fields(names: Mapping[str, object], layer: Layer) -> None:
    """Refuse to set a field that the layer does not have.

    Raises:
        Question: it has none of that name.
    """
    for name in names:
        if name not in layer.names:
            raise Question("set", f"{layer.name} has no field {name!r}", layer.names)
