"""What strangers call our fields and words, as `synonyms.toml` lists them."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from layers.definitions import Layer
from layers.reading.naming import simple


@cache
def _listed() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("synonyms.toml").read_text(encoding="utf-8"))


def names_of(layer: Layer, field: str) -> frozenset[str]:
    """Return what a field of a layer may be called, its labels among them."""
    label = layer.field_named(field).label
    listed = _listed()["fields"]
    own = (*listed["any"].get(field, ()), *listed.get(layer.name, {}).get(field, ()))
    return frozenset(simple(one) for one in (field, label.en, label.az, label.ru, *own))


@cache
def _texts(kind: type[StrEnum]) -> dict[str, str]:
    known = _listed()["words"].get(kind.__name__, {})
    return {simple(text): word.value for word in kind for text in (word.value, *known.get(word.value, ()))}


def word_of(kind: type[StrEnum], text: str) -> str | None:
    """Return the word that a text means; None where it means none that is known."""
    return _texts(kind).get(simple(text))


def is_closed(text: str) -> bool:
    """Say whether a status says that a hazard is closed, and not how."""
    return simple(text) in _listed()["closed"]["texts"]


def is_total(column: str) -> bool:
    """Say whether a column counts the killed and the injured together."""
    return simple(column) in _listed()["total"]["names"]


@cache
def _units() -> tuple[tuple[str, str], ...]:
    pairs = ((text, unit) for unit, texts in _listed()["units"].items() for text in texts)
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def unit_of(column: str) -> str | None:
    """Return the unit that the name of a column of areas ends in; None where it names none."""
    name = simple(column)
    return next((unit for text, unit in _units() if name.endswith(f" {text}")), None)


def without_unit(column: str) -> str:
    """Return a column's simple name without the unit at its end."""
    name = simple(column)
    return name.removesuffix(next((text for text, _ in _units() if name.endswith(f" {text}")), "")).strip()
